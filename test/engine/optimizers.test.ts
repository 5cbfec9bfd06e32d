/** What holds for every optimizer: its steps are those of the reference, on any number of threads, and go on after a restart. */

import { describe, expect, it } from 'vitest';
import { type Engine, type EngineOptions, type OptimizerName, optimizerNames } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectSameBits } from '../compare.ts';
import { createOptimizerState, updateParameters } from '../reference/optimizer.ts';
import { modelConfig, raggedLengths, randomBatch } from '../reference/random.ts';
import { readBits, readValues, restingElements, usableKernels, withEngine, writeValues } from './support.ts';

const BATCH_SIZE = 7;
const STEPS = 5;
const UPDATES = 4;
const LEARNING_RATE = 0.02;

/** Weights with fewer rows than columns and with more, and (the first) a large embedding that is updated by the rows in use. */
const MODELS = [
  { name: 'embedded', model: modelConfig({ cell: 'gru', hidden: 17, layers: 2, embedding: 24, vocabulary: 1100 }) },
  {
    name: 'a translator',
    model: modelConfig({
      ...{ task: 'translate', cell: 'lstm', hidden: 20, layers: 2, embedding: 9, vocabulary: 37, classes: 23 },
      ...{ bidirectional: true, attention: 'general' },
    }),
  },
  { name: 'one-hot', model: modelConfig({ cell: 'rnn', hidden: 33, layers: 2, embedding: 0, vocabulary: 21 }) },
];
const kernels = await usableKernels();

function optionsFor(name: OptimizerName, model: ModelConfig, changes: Partial<EngineOptions> = {}) {
  const training = { optimizer: { name, weightDecay: 0.1, clip: 0.25 }, dropout: 0.2, seed: 5 };
  return { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2, training, ...changes };
}

/** Every second one has rows that end early. */
function batchOf(model: ModelConfig, step: number): Batch {
  const lengths = step % 2 === 1 ? raggedLengths(STEPS, BATCH_SIZE) : undefined;
  return randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths }, step);
}

/** Steps `from` to `to` of a run of the first of the models. */
async function train(engine: Engine, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) await engine.train(batchOf(MODELS[0].model, step), LEARNING_RATE);
}

/** The bits of everything that a checkpoint keeps. */
function bitsOf(engine: Engine): Record<string, Uint32Array> {
  return readBits([...engine.parameters, ...engine.moments, ...engine.readState()]);
}

function trained(options: ReturnType<typeof optionsFor>): Promise<Record<string, Uint32Array>> {
  return withEngine(options, async (engine) => {
    await train(engine, 0, UPDATES);
    return bitsOf(engine);
  });
}

describe.each(optimizerNames)('%s', (name) => {
  const options = optionsFor(name, MODELS[0].model);

  describe.each(MODELS)('steps as the reference does, from the same gradients: $name', ({ model }) => {
    it.each(kernels)('%s kernel', async (kernel) => {
      const { training, ...sizes } = optionsFor(name, model, { kernel });
      await withEngine({ ...sizes, training }, async (engine) => {
        const state = createOptimizerState(model, readValues(engine.parameters));
        for (let step = 0; step < UPDATES; step++) {
          const before = readValues(engine.parameters);
          const parameters = readValues(engine.parameters);
          const batch = batchOf(model, step);
          await engine.train(batch, LEARNING_RATE);
          const resting = restingElements(engine, model, batch);
          updateParameters(training.optimizer, LEARNING_RATE, parameters, readValues(engine.gradients), state, resting);
          const after = readValues(engine.parameters);
          expectClose(after, parameters, 1e-5, `parameters of step ${step}`);
          for (const weight of Object.keys(after)) expect(after[weight], weight).not.toEqual(before[weight]);
        }
      });
    });
  });

  it('gives the same bits for any number of threads', async () => {
    const [alone, two, three] = await Promise.all([1, 2, 3].map((threads) => trained({ ...options, threads })));
    expectSameBits(two, alone, '2 threads');
    expectSameBits(three, alone, '3 threads');
  });

  it('gives the same bits with the kernels fma and wide', async () => {
    const both = kernels.filter((kernel) => kernel !== 'strict');
    const runs = await Promise.all(both.map((kernel) => trained({ ...options, kernel })));
    for (const other of runs.slice(1)) expectSameBits(other, runs[0], both.join(' and '));
  });

  it('goes on after a restart with the bits of a run that was not stopped', async () => {
    const through = await trained(options);
    const stopped = await withEngine(options, async (engine) => {
      await train(engine, 0, 2);
      const { updates } = engine;
      const state = engine.readState();
      return { parameters: readValues(engine.parameters), moments: readValues(engine.moments), state, updates };
    });
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, stopped.parameters);
      writeValues(engine.moments, stopped.moments);
      engine.writeState(stopped.state);
      engine.updates = stopped.updates;
      await train(engine, 2, UPDATES);
      expectSameBits(bitsOf(engine), through, 'the resumed run');
    });
  });
});
