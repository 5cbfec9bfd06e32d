/** Label smoothing against the double-precision reference, of every kind of softmax and every task. */

import { describe, expect, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { runTask } from '../reference/model.ts';
import { taskModels, taskName } from '../reference/networks.ts';
import { modelConfig, raggedLengths, randomBatch } from '../reference/random.ts';
import { ADAM, differentKernels, readValues, withEngine } from './support.ts';

const TOLERANCE = 1e-5;
/** As in task-gradients.test.ts. */
const SMALLEST = 1e-3;

const kernels = await differentKernels();
const sizes = { hidden: 17, embedding: 9, vocabulary: 37 };
const models = [
  modelConfig({ ...sizes, embedding: 17, tie: true }),
  modelConfig({ ...sizes, cutoffs: [16, 20] }),
  ...taskModels({ ...sizes, classes: 19 }).filter(({ task, output }) => task !== 'lm' && output === 'softmax'),
].map((model) => ({ model, name: `${taskName(model)}${model.cutoffs ? ', adaptive' : ''}` }));

describe.each(kernels)('label smoothing of the %s kernel', (kernel) => {
  it.each(models)('is in the gradients, and not in the loss: $name', async ({ model }) => {
    const shape = { steps: 6, batchSize: 7, fresh: true };
    const batch = randomBatch(model, { ...shape, lengths: raggedLengths(6, 7) }, 1);
    const training = { optimizer: ADAM, dropout: 0, labelSmoothing: 0.3, seed: 1 };
    await withEngine({ model, batchSize: 7, sequenceLength: 6, threads: 2, kernel, training }, async (engine) => {
      const parameters = readValues(engine.parameters);
      const plain = runTask(model, parameters, batch);
      const expected = runTask(model, parameters, batch, { smoothing: 0.3 });
      const { loss } = await engine.train(batch, 0.01);
      expectNumberClose(loss, plain.loss, TOLERANCE, 'loss');
      expectClose(readValues(engine.gradients), expected.gradients, TOLERANCE, 'gradients', SMALLEST);
      expect(expected.gradients).not.toEqual(plain.gradients);
    });
  });
});
