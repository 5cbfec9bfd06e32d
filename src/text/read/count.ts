/** How often each type occurs, and how much text that is. */

import { EOS, type Scanner, SPECIAL_TOKENS, UNK } from '../tokens/index.ts';
import type { TokenStore } from '../types.ts';

export interface TextStatistics {
  /** Code points of the text, one for each line end that is an `<eos>`. */
  characters: number;
  /** The `<eos>` of line ends included. */
  tokens: number;
  /** Tokens that are `<unk>`. */
  unknown: number;
  /**
   * Bits that it takes to spell what the unknown tokens stand for: 8 for each byte of their UTF-8, and 8 for the end of each. A
   * `<unk>` that the text itself has stands for nothing else.
   */
  spellingBits: number;
}

/** What counting needs to know of types. */
export type Types = Pick<Scanner, 'size' | 'spaced'>;

export interface TypeCounts {
  /** Occurrences by provisional id. */
  byType: Float64Array;
  tokens: number;
  /** Spaces implied between tokens. */
  spaces: number;
}

/** Counts the ids that it is given, in order. */
export interface TypeCounter {
  add(ids: Int32Array, count: number): void;
  /** The counts so far, for the types known so far. */
  counts(): TypeCounts;
}

export function createTypeCounter(types: Types): TypeCounter {
  let byType = new Float64Array(1 << 10);
  let spaced = new Uint8Array(1 << 10);
  let known = 0;
  let tokens = 0;
  let spaces = 0;
  let before = 0;

  const learnTypes = (): void => {
    const size = types.size();
    if (size > byType.length) {
      byType = enlarged(byType, new Float64Array(size * 2));
      spaced = enlarged(spaced, new Uint8Array(size * 2));
    }
    if (types.spaced) for (; known < size; known++) spaced[known] = types.spaced(known) ? 1 : 0;
  };

  return {
    add(ids, count) {
      learnTypes();
      addCounts(ids, count, byType);
      if (types.spaced && count > 0) {
        spaces += countPairs(ids, count, spaced) + (before & spaced[ids[0]]);
        before = spaced[ids[count - 1]];
      }
      tokens += count;
    },
    counts() {
      learnTypes();
      return { byType: byType.slice(0, types.size()), tokens, spaces };
    },
  };
}

/** The counts of ranges [start, end) of tokens. */
export function countRanges(tokens: TokenStore, types: Types, ranges: Iterable<[number, number]>): TypeCounts {
  const counter = createTypeCounter(types);
  const ids = new Int32Array(1 << 16);
  for (const [start, end] of ranges) {
    for (let from = start; from < end; from += ids.length) {
      const count = Math.min(ids.length, end - from);
      tokens.read(from, count, ids, 0);
      counter.add(ids, count);
    }
  }
  return counter.counts();
}

/** The counts of what is in `whole` but not in `part`. */
export function subtractCounts(whole: TypeCounts, part: TypeCounts): TypeCounts {
  return {
    byType: whole.byType.map((count, id) => count - part.byType[id]),
    tokens: whole.tokens - part.tokens,
    spaces: whole.spaces - part.spaces,
  };
}

/** Code points of the counted text, one for each `<eos>`. */
function countCharacters({ byType, spaces }: TypeCounts, types: Scanner): number {
  let characters = spaces;
  byType.forEach((count, id) => {
    if (count > 0) characters += id === EOS ? count : count * types.characters(id);
  });
  return characters;
}

/** Figures of the counted text, whose types a table maps to ids. */
export function statistics(counts: TypeCounts, types: Scanner, table: Uint32Array): TextStatistics {
  let unknown = 0;
  let spellingBits = 0;
  counts.byType.forEach((count, id) => {
    if (count === 0 || table[id] !== UNK) return;
    unknown += count;
    const text = types.text(id);
    if (text !== SPECIAL_TOKENS[UNK]) spellingBits += count * 8 * (Buffer.byteLength(text) + 1);
  });
  return { characters: countCharacters(counts, types), tokens: counts.tokens, unknown, spellingBits };
}

// Loops without calls, which run faster.

function addCounts(ids: Int32Array, count: number, byType: Float64Array): void {
  for (let i = 0; i < count; i++) byType[ids[i]]++;
}

function countPairs(ids: Int32Array, count: number, spaced: Uint8Array): number {
  let pairs = 0;
  for (let i = 1; i < count; i++) pairs += spaced[ids[i - 1]] & spaced[ids[i]];
  return pairs;
}

function enlarged<T extends Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
