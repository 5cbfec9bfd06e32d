/** Class weights: the gradient of a batch is the weighted sum of those of its classes. */

import { describe, expect, it } from 'vitest';
import { expectClose } from '../compare.ts';
import { modelConfig, raggedLengths, randomBatch } from '../reference/random.ts';
import { ADAM, readValues, withEngine } from './support.ts';

const WEIGHTS = [0.25, 4, 1.5];
const SHAPE = { steps: 6, batchSize: 7, fresh: true };

describe.each(['classify', 'tag'] as const)('class weights of %s', (task) => {
  const model = modelConfig({ task, hidden: 9, vocabulary: 11, classes: WEIGHTS.length });
  const batch = randomBatch(model, { ...SHAPE, lengths: raggedLengths(6, 7) }, 1);
  const shape = { model, batchSize: 7, sequenceLength: 6 };

  it.each([0, 0.2])('are in the gradients, with label smoothing %s, and not in the loss', async (labelSmoothing) => {
    const training = { optimizer: { ...ADAM, clip: 0 }, dropout: 0, labelSmoothing, seed: 1 };
    const expected = await withEngine({ ...shape, training }, async (engine) => {
      const whole = await engine.train(batch, 0);
      const sums: Record<string, Float64Array> = {};
      for (const [id, weight] of WEIGHTS.entries()) {
        const { tokens } = await engine.train({ ...batch, targets: batch.targets.map((t) => (t === id ? t : -1)) }, 0);
        for (const [name, values] of Object.entries(readValues(engine.gradients))) {
          sums[name] ??= new Float64Array(values.length);
          values.forEach((value, i) => {
            sums[name][i] += (weight * tokens * value) / whole.tokens;
          });
        }
      }
      return { loss: whole.loss, gradients: sums };
    });
    await withEngine({ ...shape, threads: 2, training: { ...training, classWeights: WEIGHTS } }, async (engine) => {
      const { loss } = await engine.train(batch, 0);
      expect(loss).toBeCloseTo(expected.loss, 6);
      expectClose(readValues(engine.gradients), expected.gradients, 1e-5, 'gradients', 1e-3);
    });
  });
});
