/** Decoding on several threads: the same bits as on one. */

import type { WorkerOptions } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import type { TeamWorkerStart } from '../../../src/engine/decoding/team.ts';
import { createStepModel } from '../../../src/engine/index.ts';
import { modelConfig } from '../../reference/random.ts';
import { tensorsOf } from '../support.ts';

/** Ranks of the threads that were started, and what those to come do instead of their work, if anything. */
const { started, instead, failed } = vi.hoisted(() => ({
  started: [] as number[],
  instead: [] as string[],
  failed: new Int32Array(new SharedArrayBuffer(4)),
}));

vi.mock('node:worker_threads', async (original) => {
  const threads = await original<typeof import('node:worker_threads')>();
  return {
    ...threads,
    Worker: class extends threads.Worker {
      constructor(file: URL, options: WorkerOptions) {
        const data = options.workerData as TeamWorkerStart;
        started.push(data.rank);
        if (instead.length > 0) super(instead[0], { ...options, workerData: { ...data, failed }, eval: true });
        else super(file, options);
      }
    },
  };
});

/** Joins, and fails as soon as there is work. */
const FAILS = `
  const { memory, options, rank, threads, failed } = require('node:worker_threads').workerData;
  const load = (name) => import(${JSON.stringify(new URL('../../../dist/engine/', import.meta.url).href)} + name);
  Promise.all([load('plan.js'), load('team/index.js')]).then(([{ createPlan }, { createThreads, reportFailure }]) => {
    const { control } = createPlan(options);
    createThreads(memory.buffer, control, rank, threads).barrier();
    reportFailure(memory.buffer, control);
    Atomics.store(failed, 0, 1);
  });`;

/** Time steps that are compared once all threads are at work. */
const TOGETHER = 5;

describe('threads that join', () => {
  it.each([
    { what: 'LSTM', cell: 'lstm', layers: 2, hidden: 200, vocabulary: 69, rows: 1, threads: 2 },
    {
      what: 'LSTM with embedding, blocks of logits',
      cell: 'lstm',
      hidden: 70,
      embedding: 70,
      tie: true,
      vocabulary: 70_000,
      rows: 64,
      threads: 2,
    },
    {
      what: 'GRU, reset before',
      cell: 'gru',
      gruReset: 'before',
      layers: 2,
      hidden: 250,
      vocabulary: 30,
      rows: 3,
      threads: 3,
    },
    {
      what: 'RNN, adaptive softmax, groups of rows',
      cell: 'rnn',
      layers: 2,
      hidden: 256,
      vocabulary: 3000,
      cutoffs: [100, 900],
      rows: 70,
      threads: 2,
    },
  ] as const)('change no bit: $what, $rows rows, $threads threads', ({ what, rows, threads, ...shape }) => {
    const config = modelConfig(shape as Parameters<typeof modelConfig>[0]);
    const { tensors } = tensorsOf(config, 6);
    const alone = createStepModel(config, tensors);
    const team = createStepModel(config, tensors, 'auto', threads);
    let here = alone.start(rows);
    let there = team.start(rows);
    const began = performance.now();
    for (let step = 0, together = 0; together < TOGETHER; step++) {
      // Nothing else could end the loop.
      expect(performance.now() - began, 'milliseconds until the others join').toBeLessThan(30_000);
      if (team.threads === threads) together++;
      const tokens = Array.from({ length: rows }, (_, row) => (7 * row + step) % config.vocabulary);
      const expected = alone.next(here, tokens);
      const actual = team.next(there, tokens);
      expect(Buffer.compare(bytes(actual.logProbabilities), bytes(expected.logProbabilities))).toBe(0);
      here = expected.state;
      there = actual.state;
    }
    expect(bytes(there.values)).toEqual(bytes(here.values));
    expect(alone.threads).toBe(1);
  });

  it.each([
    { what: 'a small model', hidden: 32 },
    { what: 'one that normalizes over all units of a row', hidden: 256, layerNorm: true },
  ])('are not called for $what', ({ what: _, ...shape }) => {
    const config = modelConfig({ ...shape, vocabulary: 9 });
    const steps = createStepModel(config, tensorsOf(config, 4).tensors, 'auto', 4);
    started.length = 0;
    const until = performance.now() + 60;
    while (performance.now() < until) steps.next(steps.start(64), new Array(64).fill(5));
    expect(started).toEqual([]);
  });

  it('leave the work to the first one when they fail', () => {
    const config = modelConfig({ cell: 'lstm', layers: 2, hidden: 200, vocabulary: 69 });
    const { tensors } = tensorsOf(config, 6);
    const alone = createStepModel(config, tensors);
    const team = createStepModel(config, tensors, 'auto', 2);
    instead.push(FAILS);
    let here = alone.start(1);
    let there = team.start(1);
    const began = performance.now();
    for (let step = 0, after = 0; after < TOGETHER; step++) {
      expect(performance.now() - began, 'milliseconds until the other has failed').toBeLessThan(30_000);
      if (Atomics.load(failed, 0) === 1) after++;
      const expected = alone.next(here, [step % 69]);
      const actual = team.next(there, [step % 69]);
      expect(Buffer.compare(bytes(actual.logProbabilities), bytes(expected.logProbabilities))).toBe(0);
      here = expected.state;
      there = actual.state;
    }
    expect(team.threads).toBe(1);
    instead.pop();
  });
});

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
