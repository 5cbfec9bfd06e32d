/** A step that would spoil the weights is not taken. */

import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/types.ts';
import { expectSameBits } from '../compare.ts';
import { zeroParameters } from '../reference/model.ts';
import { CELLS, taskModels, taskName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, readBits, withEngine, writeValues } from './support.ts';

const model = modelConfig({ layers: 2 });
const options = { model, threads: 2, training: { optimizer: ADAM, dropout: 0.2, seed: 1 } };
const batch = randomBatch(model, { steps: 4, batchSize: 3, fresh: true }, 1);

const ragged = randomBatch(model, { steps: 4, batchSize: 3, lengths: [4, 2, 1], fresh: true }, 1);

const snapshot = (engine: Engine) => ({
  ...readBits([...engine.parameters, ...engine.moments]),
  updates: Uint32Array.of(engine.updates),
});

describe('a step whose loss or gradient is not finite', () => {
  it.each([NaN, Infinity])('changes neither parameters nor moments: %s in the weights', async (value) => {
    await withEngine(options, async (engine) => {
      await engine.train(batch, 0.01);
      const { data } = engine.parameters.find(({ name }) => name === 'rnn.weight_hh_l1')!;
      const kept = data[3];
      const good = snapshot(engine);
      data[3] = value;
      const broken = snapshot(engine);
      const result = await engine.train(batch, 0.01);
      expect(result.applied).toBe(false);
      expectSameBits(snapshot(engine), broken, 'after the step');

      expect((await engine.evaluate(batch)).lossSum).not.toBeLessThan(Infinity);

      data[3] = kept;
      expectSameBits(snapshot(engine), good, 'with the weight put back');
      const next = await engine.train(ragged, 0.01);
      expect(next.applied).toBe(true);
    });
  });

  it('is not applied when only the gradient overflows', async () => {
    // Zero states make zero logits and a plain loss, but huge output weights reach the gradient of the state.
    const tiny = modelConfig({ cell: 'rnn', vocabulary: 5 });
    await withEngine({ ...options, model: tiny, batchSize: 1, sequenceLength: 1 }, async (engine) => {
      const parameters = zeroParameters(tiny);
      parameters['output.weight'].fill(3e38);
      parameters['output.weight'].fill(-3e38, 4 * tiny.hidden);
      writeValues(engine.parameters, parameters);
      const before = snapshot(engine);
      const step = { steps: 1, inputs: Int32Array.of(2), targets: Int32Array.of(4), fresh: true };
      const result = await engine.train(step, 0.01);
      expect(result.loss).toBeCloseTo(Math.log(5), 5);
      expect(result.applied).toBe(false);
      expectSameBits(snapshot(engine), before, 'after the step');
    });
  });
});

describe('a step of any task whose loss is not finite', () => {
  const networks = taskModels({ layers: 2 }).map((one, i) => ({ ...one, ...CELLS[i % CELLS.length] }));

  it.each(networks.map((network) => ({ name: taskName(network), network })))(
    'leaves nothing behind: $name',
    async ({ network }) => {
      const random = (seed: number, lengths: number[]) =>
        randomBatch(network, { steps: 4, batchSize: 3, lengths, fresh: true }, seed);
      await withEngine({ ...options, model: network }, async (engine) => {
        await engine.train(random(1, [4, 4, 4]), 0.01);
        const short = random(2, [3, 2, 1]);
        const loss = await engine.evaluate(short);
        for (const { data } of engine.parameters) {
          const kept = data[0];
          const good = snapshot(engine);
          data[0] = NaN;
          const result = await engine.train(random(1, [4, 4, 4]), 0);
          data[0] = kept;
          if (result.applied) continue;
          expectSameBits(snapshot(engine), good, 'with the weight put back');
          expect(await engine.evaluate(short)).toEqual(loss);
          const next = await engine.train(short, 0);
          expect(next.applied && Number.isFinite(next.gradientNorm)).toBe(true);
        }
      });
    },
  );
});
