/** A worker that ends or throws ends the run with its reason; nothing hangs. */

import type { Worker, WorkerOptions } from 'node:worker_threads';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createEngine } from '../../src/engine/index.ts';
import { RunError } from '../../src/errors.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM } from './support.ts';

const workers: Worker[] = vi.hoisted(() => []);
/** What the next workers are given besides. */
const given: { data: object } = vi.hoisted(() => ({ data: {} }));

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>();
  return {
    ...threads,
    Worker: class extends threads.Worker {
      constructor(file: URL, options: WorkerOptions) {
        super(file, { ...options, workerData: { ...options.workerData, ...given.data } });
        workers.push(this);
      }
    },
  };
});

beforeEach(() => {
  workers.length = 0;
  given.data = {};
});

/** Large enough that a step is still going on when something happens to it. */
const model = modelConfig({ hidden: 256, layers: 2, vocabulary: 60 });
const options = {
  model,
  batchSize: 64,
  sequenceLength: 64,
  threads: 2,
  kernel: 'strict',
  training: { optimizer: ADAM, dropout: 0, seed: 1 },
} as const;
const batch = randomBatch(model, { steps: 64, batchSize: 64, fresh: true }, 1);

describe('an engine', () => {
  it.each([0, 1])('says that worker %i ended in mid-step, then and at every later call', async (rank) => {
    const engine = await createEngine(options);
    await engine.train(batch, 0.001);
    const reason = new RegExp(`^Worker ${rank} of the engine ended unexpectedly`);
    const stopped = expect(engine.train(batch, 0.001)).rejects.toThrow(reason);
    await workers[rank].terminate();
    await stopped;
    await expect(engine.train(batch, 0.001)).rejects.toThrow(RunError);
    await engine.close();
  });

  it('says that its workers were built from other sources', async () => {
    given.data = { sources: '0'.repeat(64) };
    const engine = await createEngine(options);
    const reason = /^Worker [01] of the engine failed: it was built from other sources .* run npm run build/;
    await expect(engine.train(batch, 0.001)).rejects.toThrow(reason);
    await engine.close();
  });

  it('says what a worker threw', async () => {
    const engine = await createEngine(options);
    // Not a chunk: the step's code trips over it, in one worker only.
    workers[1].postMessage(null);
    await expect(engine.train(batch, 0.001)).rejects.toThrow(/null/);
    await engine.close();
  });

  it('can be closed in mid-step', async () => {
    const engine = await createEngine(options);
    const stopped = expect(engine.train(batch, 0.001)).rejects.toThrow('closed');
    await engine.close();
    await stopped;
  });
});

describe('a model that does not fit', () => {
  it('is refused with the numbers and the flags that help, before anything is allocated', async () => {
    const huge = { ...options, model: modelConfig({ hidden: 60_000 }) };
    await expect(createEngine(huge)).rejects.toThrow(
      /^This model needs [\d,]+ MB of memory, the limit is [\d,]+ MB; lower hidden, batchSize, seqLength or vocabSize\.$/,
    );
  });
});
