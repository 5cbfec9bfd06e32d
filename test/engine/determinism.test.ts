/** The same bits for any number of threads, for both fused kernels, and after a restart. */

import { describe, expect, it } from 'vitest';
import type { Engine, EngineOptions } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { expectSameBits } from '../compare.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM, CELLS, cellName, readBits, readValues, usableKernels, withEngine, writeValues } from './support.ts';

const BATCH_SIZE = 7;
const STEPS = 5;
const LENGTHS = [5, 5, 4, 2, 1, 1, 0];

const training = { optimizer: ADAM, dropout: 0.3, seed: 5 };
const kernels = await usableKernels();

function stackedModel(cell: Partial<ModelConfig>): ModelConfig {
  return modelConfig({ ...cell, hidden: 17, layers: 2, embedding: 9, vocabulary: 37 });
}

/** Steps `from` to `to` of a training run: every second one ragged if asked. Gives the losses. */
async function train(engine: Engine, model: ModelConfig, ragged: boolean, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const lengths = ragged && step % 2 === 0 ? LENGTHS : undefined;
    const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths, fresh: ragged }, step);
    losses.push((await engine.train(batch, 0.02)).loss);
  }
  return losses;
}

/** The bits of everything that four steps leave behind. */
function run(options: Partial<EngineOptions> & { model: ModelConfig }, ragged = false) {
  return withEngine({ batchSize: BATCH_SIZE, sequenceLength: STEPS, training, ...options }, async (engine) => {
    const losses = await train(engine, options.model, ragged, 0, 4);
    return {
      losses: new Uint32Array(Float64Array.from(losses).buffer),
      ...readBits([...engine.parameters, ...engine.moments, ...engine.readState()]),
    };
  });
}

describe.each(kernels)('the %s kernel gives the same bits for any number of threads', (kernel) => {
  it.each(
    CELLS.flatMap((cell) =>
      [false, true].map((ragged) => ({
        name: `${cellName(cell)}, ${ragged ? 'ragged lines' : 'a stream'}`,
        cell,
        ragged,
      })),
    ),
  )('$name', async ({ cell, ragged }) => {
    const model = stackedModel(cell);
    const alone = await run({ model, kernel, threads: 1 }, ragged);
    for (const threads of [2, 3]) {
      expectSameBits(await run({ model, kernel, threads }, ragged), alone, `${threads} threads`);
    }
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

describe('the kernels fma and wide', () => {
  const both = kernels.filter((kernel) => kernel !== 'strict');

  it.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('give the same bits: $name', async ({ cell }) => {
    const runs = await Promise.all(both.map((kernel) => run({ model: stackedModel(cell), kernel })));
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
      await train(engine, model, false, 0, 2);
      const { updates } = engine;
      const state = engine.readState();
      return { parameters: readValues(engine.parameters), moments: readValues(engine.moments), state, updates };
    });
    await withEngine(options, async (engine) => {
      writeValues(engine.parameters, stopped.parameters);
      writeValues(engine.moments, stopped.moments);
      engine.writeState(stopped.state);
      engine.updates = stopped.updates;
      await train(engine, model, false, 2, 4);
      const resumed = readBits([...engine.parameters, ...engine.moments, ...engine.readState()]);
      expectSameBits(resumed, through, 'the resumed run');
    });
  });
});
