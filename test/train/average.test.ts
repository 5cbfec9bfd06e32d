import { describe, expect, it } from 'vitest';
import { addToAverage, withAverage } from '../../src/train/average.ts';

/** An engine with one weight. */
function weightOf(value: number) {
  const tensor = (data: number[]) => [{ name: 'w', shape: [data.length], data: Float32Array.from(data) }];
  const [parameters, average] = [tensor([value]), tensor([0])];
  return {
    parameters,
    average,
    addToAverage: async (rest: number) => {
      const [p, a] = [parameters[0].data, average[0].data];
      a[0] = p[0] + rest * (a[0] - p[0]);
    },
    exchangeAverage: async () => {
      const [kept] = parameters[0].data;
      parameters[0].data.set(average[0].data);
      average[0].data[0] = kept;
    },
  };
}

/** The average after `steps` steps, in which the weight is that of each step. */
async function averageOf(steps: number, weight: (step: number) => number): Promise<number> {
  const engine = weightOf(0);
  for (let step = 1; step <= steps; step++) {
    engine.parameters[0].data[0] = weight(step);
    await addToAverage(engine, step);
  }
  return engine.average[0].data[0];
}

describe('the average', () => {
  it('is the weights themselves after the first step, and where they do not change', async () => {
    for (const steps of [1, 2, 10, 11, 20, 500]) expect(await averageOf(steps, () => 3)).toBe(3);
  });

  it('weighs a step by about its number to the nineteenth power', async () => {
    const weights = Array.from({ length: 10 }, (_, i) => {
      let product = 1;
      for (let k = 0; k < 19; k++) product *= i + 1 + k;
      return product;
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let one = 1; one <= 10; one++) {
      expect(await averageOf(10, (step) => (step === one ? 1 : 0))).toBeCloseTo(weights[one - 1] / total, 6);
    }
  });

  it('lags behind by a twentieth of the steps, whatever their number', async () => {
    for (const steps of [200, 1000, 10_000]) {
      const lag = 1 - (await averageOf(steps, (step) => step)) / steps;
      expect(lag).toBeGreaterThan(0.02);
      expect(lag).toBeLessThan(0.06);
    }
  });

  it('is in the place of the weights for as long as asked, whatever happens meanwhile', async () => {
    const engine = weightOf(1);
    const seen = await withAverage(engine, async () => [engine.parameters[0].data[0], engine.average[0].data[0]]);
    expect(seen).toEqual([0, 1]);
    const failing = withAverage(engine, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect([engine.parameters[0].data[0], engine.average[0].data[0]]).toEqual([1, 0]);
  });
});
