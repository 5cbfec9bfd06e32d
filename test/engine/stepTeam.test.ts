/** Decoding on several threads: the same bits as on one. */

import { describe, expect, it } from 'vitest';
import { createStepModel } from '../../src/engine/index.ts';
import { modelConfig } from '../reference/random.ts';
import { tensorsOf } from './support.ts';

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
    for (let step = 0, together = 0; together < TOGETHER; step++) {
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

  it('are not called for a small model', () => {
    const config = modelConfig({ hidden: 32, vocabulary: 9 });
    const steps = createStepModel(config, tensorsOf(config, 4).tensors, 'auto', 4);
    const until = performance.now() + 60;
    while (performance.now() < until) steps.next(steps.start(64), new Array(64).fill(5));
    expect(steps.threads).toBe(1);
  });
});

function bytes({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
