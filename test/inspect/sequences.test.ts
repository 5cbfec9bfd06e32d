/** Pieces of a text of equal length. */

import { describe, expect, it } from 'vitest';
import { equalSequences } from '../../src/inspect/index.ts';
import type { CorpusPart, TokenStore } from '../../src/text/index.ts';

function store(ids: readonly number[]): TokenStore {
  return {
    length: ids.length,
    read(start, count, target, offset) {
      target.set(ids.slice(start, start + count), offset);
    },
    close() {},
  };
}

const statistics = { characters: 0, tokens: 0, unknown: 0, spellingBits: 0 };

describe('equalSequences', () => {
  it('takes windows from the start to the end of a stream', () => {
    const tokens = store(Array.from({ length: 20 }, (_, i) => i));
    const part: CorpusPart = { format: 'stream', tokens, statistics };
    expect(equalSequences(part, 3, 4).map((sequence) => [...sequence])).toEqual([
      [0, 1, 2, 3],
      [8, 9, 10, 11],
      [16, 17, 18, 19],
    ]);
    expect(equalSequences(part, 100, 6)).toHaveLength(3);
    expect(equalSequences(part, 3, 50).map((sequence) => sequence.length)).toEqual([20]);
  });

  it('takes the longest documents, from their start, without an end', () => {
    // <eos> is 2, and <bos> 1.
    const tokens = store([5, 6, 2, 7, 8, 9, 10, 2, 11, 12, 13, 2]);
    const documents = { tokens, starts: Uint32Array.of(0, 3, 8), lengths: Uint32Array.of(3, 5, 4) };
    const part: CorpusPart = { format: 'lines', documents, statistics };
    expect(equalSequences(part, 2, 9).map((sequence) => [...sequence])).toEqual([
      [1, 7, 8, 9],
      [1, 11, 12, 13],
    ]);
    expect(equalSequences(part, 3, 2).map((sequence) => [...sequence])).toEqual([
      [1, 7],
      [1, 11],
      [1, 5],
    ]);
  });
});
