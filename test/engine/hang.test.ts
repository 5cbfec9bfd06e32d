/**
 * A worker that never comes to the end of a step is reported after a while, not waited for, and the engine can still be
 * closed.
 */

import type { WorkerOptions } from 'node:worker_threads';
import { afterEach, expect, it, vi } from 'vitest';
import { createEngine } from '../../src/engine/index.ts';
import { RunError } from '../../src/errors.ts';
import { modelConfig, randomBatch } from '../reference/random.ts';
import { ADAM } from './support.ts';

/** What each worker does instead of its work, if anything. */
const instead: string[] = vi.hoisted(() => []);

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>();
  return {
    ...threads,
    Worker: class extends threads.Worker {
      constructor(file: URL, options: WorkerOptions) {
        const code = instead[(options.workerData as { rank: number }).rank];
        if (code) super(code, { ...options, eval: true });
        else super(file, options);
      }
    },
  };
});

afterEach(() => {
  vi.useRealTimers();
});

const model = modelConfig({ hidden: 16, vocabulary: 20 });
const size = { steps: 4, batchSize: 4 };
const options = { model, batchSize: 4, sequenceLength: 4, threads: 2, kernel: 'strict' } as const;
const batch = randomBatch(model, { ...size, fresh: true }, 1);

it.each([
  ['runs in circles', 0, 'for (;;);'],
  ['runs in circles', 1, 'for (;;);'],
  ['waits for what does not come', 1, 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ['hears nothing', 1, 'setInterval(() => {}, 1000);'],
])('a worker that %s: %i', async (_, rank, code) => {
  instead.length = 0;
  instead[rank] = code;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const engine = await createEngine({ ...options, training: { optimizer: ADAM, dropout: 0, seed: 1 } });
  let settled = false;
  const step = engine.train(batch, 0.001).finally(() => {
    settled = true;
  });
  const reported = expect(step).rejects.toThrow(new RunError('A training step took longer than 10 minutes.'));
  await vi.advanceTimersByTimeAsync(9 * 60_000);
  expect(settled).toBe(false);
  await vi.advanceTimersByTimeAsync(60_000);
  await reported;
  await expect(engine.train(batch, 0.001)).rejects.toThrow('10 minutes');
  await engine.close();
});
