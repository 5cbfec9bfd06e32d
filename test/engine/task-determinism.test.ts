/**
 * Every task gives the same bits for any number of threads, and goes on after a restart with those of a run that was
 * not stopped.
 */

import { describe, it } from 'vitest';
import type { Engine, EngineOptions } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectSameBits } from '../compare.ts';
import { CELLS, taskModels, taskName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, differentKernels, readBits, readValues, usableKernels, withEngine, writeValues } from './support.ts';

const STEPS = 5;
const LENGTHS = [5, 5, 4, 2, 1, 1, 0];
/** So few rows and so many units that threads take shares of the units. */
const FEW = [5, 2];

const training = { optimizer: ADAM, dropout: 0.3, seed: 5 };
const kernels = await usableKernels();

type Options = Partial<EngineOptions> & { model: ModelConfig };

/** Steps `from` to `to` of a training run: every second batch with these lengths. */
async function train(engine: Engine, model: ModelConfig, lengths: number[], from: number, to: number) {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const shape = step % 2 === 0 ? { lengths, fresh: true } : model.task === 'fill' ? { carry: 3 } : {};
    const batch = randomBatch(model, { steps: STEPS, batchSize: lengths.length, ...shape }, step);
    losses.push((await engine.train(batch, 0.02)).loss);
  }
  return losses;
}

const everything = (engine: Engine) => readBits([...engine.parameters, ...engine.moments, ...engine.readState()]);

const optionsFor = (options: Options, lengths: number[]) => ({
  batchSize: lengths.length,
  sequenceLength: STEPS,
  training,
  ...options,
});

/** The bits of everything that four steps leave behind. */
function run(options: Options, lengths: number[]) {
  return withEngine(optionsFor(options, lengths), async (engine) => {
    const losses = await train(engine, options.model, lengths, 0, 4);
    return { losses: new Uint32Array(Float64Array.from(losses).buffer), ...everything(engine) };
  });
}

async function expectSameForAnyThreads(options: Options, lengths: number[]): Promise<void> {
  const [alone, two, three] = await Promise.all([1, 2, 3].map((threads) => run({ ...options, threads }, lengths)));
  expectSameBits(two, alone, '2 threads');
  expectSameBits(three, alone, '3 threads');
}

/** Each network with one of the cells, from `first` on in turn. */
function networks(sizes: Partial<ModelConfig>, first = 0) {
  return taskModels(sizes).map((network, i) => {
    const model = { ...network, ...CELLS[(first + i) % CELLS.length] };
    return { name: taskName(model), model };
  });
}

/** Its embeddings are updated by the rows in use. */
const LARGE = modelConfig({
  cell: 'gru',
  task: 'translate',
  bidirectional: true,
  attention: 'general',
  hidden: 9,
  embedding: 8,
  vocabulary: 3000,
  classes: 2500,
});
const SIZES = { hidden: 17, embedding: 9, vocabulary: 37, classes: 35 };

const different = await differentKernels();

describe.each(different)('the %s kernel gives the same bits for any number of threads', (kernel) => {
  it.each([...networks(SIZES, different.indexOf(kernel)), { name: 'large embeddings', model: LARGE }])(
    '$name',
    async ({ model }) => {
      await expectSameForAnyThreads({ model, kernel }, LENGTHS);
    },
  );
});

describe('threads that take shares of the units give the bits of one that computes all', () => {
  const sizes = { ...SIZES, hidden: 100, embedding: 24 };

  it.each([...networks(sizes, 3), ...networks(sizes, 4)])('$name', async ({ model }) => {
    await expectSameForAnyThreads({ model, kernel: kernels[kernels.length - 1] }, FEW);
  });
});

describe('the kernels with fused multiply-add', () => {
  const both = kernels.filter((kernel) => kernel !== 'strict');

  it.each(networks(SIZES, 1))('give the same bits: $name', async ({ model }) => {
    const runs = await Promise.all(both.map((kernel) => run({ model, kernel }, LENGTHS)));
    for (const other of runs.slice(1)) expectSameBits(other, runs[0], both.join(' and '));
  });
});

describe('training goes on after a restart', () => {
  it.each([...networks(SIZES, 2), { name: 'large embeddings', model: LARGE }])('$name', async ({ model }) => {
    const options = optionsFor({ model, threads: 2 }, LENGTHS);
    const { losses: _, ...through } = await run(options, LENGTHS);
    const stopped = await withEngine(options, async (engine) => {
      await train(engine, model, LENGTHS, 0, 3);
      const { updates } = engine;
      const state = engine.readState();
      return { parameters: readValues(engine.parameters), moments: readValues(engine.moments), state, updates };
    });
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, stopped.parameters);
      writeValues(engine.moments, stopped.moments);
      engine.writeState(stopped.state);
      engine.updates = stopped.updates;
      await train(engine, model, LENGTHS, 3, 4);
      expectSameBits(everything(engine), through, 'the resumed run');
    });
  });
});
