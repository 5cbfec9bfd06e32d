/** A softmax whose logits don't exist all at once: several blocks of rows give what one would. */

import { describe, expect, it } from 'vitest';
import type { Linear } from '../../src/engine/parts/index.ts';
import { createPlan } from '../../src/engine/plan.ts';
import type { EngineOptions } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runModel, zeroStates } from '../reference/model.ts';
import { globalNorm } from '../reference/optimizer.ts';
import { modelConfig, randomBatch, randomParameters } from '../reference/random.ts';
import { ADAM, differentKernels, readBits, readValues, withEngine } from './support.ts';

const BATCH_SIZE = 125;
const STEPS = 4;

const kernels = await differentKernels();

const sizes: Partial<ModelConfig> = { cell: 'rnn', hidden: 8, embedding: 8, vocabulary: 9000 };

function optionsFor(model: ModelConfig): EngineOptions {
  const training = { optimizer: ADAM, dropout: 0, seed: 1 };
  return { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2, kernel: 'strict', training };
}

describe.each([
  { name: 'an exact softmax', model: modelConfig(sizes), several: [true] },
  {
    name: 'a cluster of an adaptive softmax',
    model: modelConfig({ ...sizes, cutoffs: [20, 30] }),
    several: [false, false, true],
  },
])('$name in several blocks', ({ model, several }) => {
  const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, fresh: true }, 1);
  const options = optionsFor(model);
  const expected = runModel(model, randomParameters(model, 1), batch, zeroStates(model, BATCH_SIZE));

  it('has logits for fewer rows than there are', () => {
    const blockRows = createPlan(options).network.heads[0].linears.flatMap((linear: Linear & { blockRows?: number }) =>
      linear.blockRows === undefined ? [] : [linear.blockRows],
    );
    const rows = [0, ...model.cutoffs].map((first, i) => {
      const end = [...model.cutoffs, model.vocabulary][i];
      return i === 0 ? batch.targets.length : batch.targets.filter((target) => target >= first && target < end).length;
    });
    expect(blockRows.map((most, i) => most < rows[i])).toEqual(several);
  });

  it.each(kernels)('agrees with the reference model: %s kernel', async (kernel) => {
    await withEngine({ ...options, kernel }, async (engine) => {
      const { lossSum, tokens } = await engine.evaluate(batch);
      const { loss, gradientNorm } = await engine.train(batch, 0.01);
      expect(loss).toBe(lossSum / tokens);
      expectNumberClose(loss, expected.loss, 1e-5, 'loss');
      expectClose(readValues(engine.gradients), expected.gradients, 1e-5, 'gradients');
      expectNumberClose(gradientNorm, globalNorm(expected.gradients), 1e-5, 'norm');
    });
  });

  it('gives the same bits for any number of threads', async () => {
    const runs = [1, 2, 3].map((threads) =>
      withEngine({ ...options, threads }, async (engine) => {
        await engine.train(batch, 0.01);
        return readBits([...engine.gradients, ...engine.parameters]);
      }),
    );
    const [alone, two, three] = await Promise.all(runs);
    expectSameBits(two, alone, '2 threads');
    expectSameBits(three, alone, '3 threads');
  });
});
