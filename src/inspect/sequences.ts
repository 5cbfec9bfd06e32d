/** Pieces of a text of equal length, from all over it. */

import { BOS, type CorpusPart } from '../text/index.ts';

/**
 * Up to `count` sequences of up to `length` tokens. Of a stream, windows at equal distances (a text that is shorter is
 * one sequence). Of documents, the longest ones, each from its `<bos>` on, all cut to the length of the shortest of
 * them without its `<eos>`.
 */
export function equalSequences(part: CorpusPart, count: number, length: number): Int32Array[] {
  if (part.format === 'stream') {
    const { tokens } = part;
    const size = Math.min(length, tokens.length);
    const rows = Math.max(1, Math.min(count, Math.floor(tokens.length / size)));
    return Array.from({ length: rows }, (_, row) => {
      const start = rows === 1 ? 0 : Math.floor((row * (tokens.length - size)) / (rows - 1));
      const sequence = new Int32Array(size);
      tokens.read(start, size, sequence, 0);
      return sequence;
    });
  }
  const { tokens, starts, lengths } = part.documents;
  const longest = Array.from(lengths, (_, i) => i)
    .sort((a, b) => lengths[b] - lengths[a] || a - b)
    .slice(0, count);
  const size = Math.min(length, lengths[longest[longest.length - 1]]);
  return longest.map((document) => {
    const sequence = Int32Array.of(BOS, ...new Int32Array(size - 1));
    tokens.read(starts[document], size - 1, sequence, 1);
    return sequence;
  });
}
