/** The same bits for any number of threads, for both fused kernels, and after a restart. */

import { describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectSameBits } from '../compare.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, differentKernels, readBits, readValues, usableKernels, withEngine, writeValues } from './support.ts';

const BATCH_SIZE = 7;
const STEPS = 5;
const LENGTHS = [5, 5, 4, 2, 1, 1, 0];

const training = { optimizer: ADAM, dropout: 0.3, seed: 5 };
const kernels = await usableKernels();

function stackedModel(cell: Partial<ModelConfig>): ModelConfig {
  return modelConfig({ ...cell, hidden: 17, layers: 2, embedding: 9, vocabulary: 37 });
}

const ADAPTIVE = modelConfig({ hidden: 33, embedding: 0, vocabulary: 70, cutoffs: [9, 40] });

/** Steps `from` to `to` of a training run: with `lengths` on lines, every second batch of these lengths. Gives the losses. */
async function train(
  engine: Engine,
  model: ModelConfig,
  lengths: number[] | undefined,
  from: number,
  to: number,
): Promise<number[]> {
  const batchSize = lengths?.length ?? BATCH_SIZE;
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const lines = { lengths: step % 2 === 0 ? lengths : undefined, fresh: lengths !== undefined };
    const batch = randomBatch(model, { steps: STEPS, batchSize, ...lines }, step);
    losses.push((await engine.train(batch, 0.02)).loss);
  }
  return losses;
}

/** The bits of everything that four steps leave behind. */
function run(options: Partial<EngineOptions> & { model: ModelConfig }, lengths?: number[]) {
  const batchSize = lengths?.length ?? BATCH_SIZE;
  return withEngine({ batchSize, sequenceLength: STEPS, training, ...options }, async (engine) => {
    const losses = await train(engine, options.model, lengths, 0, 4);
    return {
      losses: new Uint32Array(Float64Array.from(losses).buffer),
      ...readBits([...engine.parameters, ...engine.moments, ...engine.readState()]),
    };
  });
}

async function expectSameForAnyThreads(options: Parameters<typeof run>[0], lengths?: number[]): Promise<void> {
  const [alone, two, three] = await Promise.all([1, 2, 3].map((threads) => run({ ...options, threads }, lengths)));
  expectSameBits(two, alone, '2 threads');
  expectSameBits(three, alone, '3 threads');
}

const different = await differentKernels();

describe.each(different)('the %s kernel gives the same bits for any number of threads', (kernel) => {
  it.each([
    ...CELLS.flatMap((cell) => [
      { name: `${cellName(cell)}, a stream`, model: stackedModel(cell), lengths: undefined },
      { name: `${cellName(cell)}, ragged lines`, model: stackedModel(cell), lengths: LENGTHS },
    ]),
    { name: 'an adaptive softmax', model: ADAPTIVE, lengths: LENGTHS },
  ])('$name', async ({ model, lengths }) => {
    await expectSameForAnyThreads({ model, kernel }, lengths);
  });

  it('tied weights, more threads than rows', async () => {
    const model = modelConfig({ hidden: 33, embedding: 33, tie: true, vocabulary: 70 });
    const runs = [1, 2, 3].map((threads) =>
      withEngine({ model, kernel, threads, batchSize: 2, sequenceLength: STEPS, training }, async (engine) => {
        for (let step = 0; step < 3; step++) {
          await engine.train(randomBatch(model, { steps: STEPS, batchSize: 2 }, step), 0.02);
        }
        return readBits(engine.parameters);
      }),
    );
    const [alone, two, three] = await Promise.all(runs);
    expectSameBits(two, alone, '2 threads');
    expectSameBits(three, alone, '3 threads');
  });
});

describe('threads that take shares of the units give the bits of one that computes all', () => {
  it.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('$name', async ({ cell }) => {
    const model = modelConfig({ ...cell, hidden: 128, layers: 2, embedding: 24, vocabulary: 37 });
    await expectSameForAnyThreads({ model }, [5, 2]);
  });
});

describe('the kernels with fused multiply-add', () => {
  const both = kernels.filter((kernel) => kernel !== 'strict');

  it.each([
    ...CELLS.map((cell) => ({ name: cellName(cell), model: stackedModel(cell) })),
    { name: 'an adaptive softmax', model: ADAPTIVE },
  ])('give the same bits: $name', async ({ model }) => {
    const runs = await Promise.all(both.map((kernel) => run({ model, kernel })));
    for (const other of runs.slice(1)) expectSameBits(other, runs[0], both.join(' and '));
  });
});

describe('training', () => {
  const model = stackedModel({ cell: 'lstm' });
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS, threads: 2, training };

  it('repeats itself, but for another seed of dropout', async () => {
    const first = await run(options);
    expectSameBits(await run(options), first, 'the same run again');
    expect(await run({ ...options, training: { ...training, seed: 6 } })).not.toEqual(first);
  });

  it('goes on after a restart with the bits of a run that was not stopped', async () => {
    const { losses: _, ...through } = await run(options);
    const stopped = await withEngine(options, async (engine) => {
      await train(engine, model, undefined, 0, 2);
      const { updates } = engine;
      const state = engine.readState();
      return { parameters: readValues(engine.parameters), moments: readValues(engine.moments), state, updates };
    });
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, stopped.parameters);
      writeValues(engine.moments, stopped.moments);
      engine.writeState(stopped.state);
      engine.updates = stopped.updates;
      await train(engine, model, undefined, 2, 4);
      const resumed = readBits([...engine.parameters, ...engine.moments, ...engine.readState()]);
      expectSameBits(resumed, through, 'the resumed run');
    });
  });
});
