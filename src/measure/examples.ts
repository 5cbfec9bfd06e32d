/** Examples as they are measured: read by the model's own vocabularies, and counted. */

import type { Model } from '../ask/index.ts';
import { type Documents, type ExamplePart, type ExampleTask, readExamples } from '../text/index.ts';
import type { MeterOptions, Source } from './meter.ts';

export interface Counted {
  /** Examples, and tokens of what is read and written; how many of these the vocabularies lack. */
  examples: number;
  tokens: number;
  unknown: number;
}

/** Sequences that are predicted in one call. */
export const GROUP = 1024;

/**
 * Reads the examples of a source, whose labels may be `unseen`, and lets go of them when they have been used; returns what came of
 * that, with their numbers.
 */
export async function withExamples<T>(
  task: ExampleTask,
  { config, tokenizer, targetTokenizer, labels }: Model,
  { paths, reading, part }: Source,
  { onRemark }: Pick<MeterOptions, 'onRemark'>,
  use: (part: ExamplePart, unseen: readonly string[]) => T | Promise<T>,
): Promise<T & Counted> {
  const maxLength = config.options.maxLength!;
  const corpus = await readExamples(paths, { ...reading, task, tokenizer, targetTokenizer, labels, maxLength });
  try {
    corpus.remarks.forEach(onRemark);
    const measured = corpus[part]!;
    const { examples, statistics, targetStatistics } = measured;
    return {
      ...(await use(measured, corpus.unseen)),
      examples: examples.inputs.lengths.length,
      tokens: statistics.tokens + (targetStatistics?.tokens ?? 0),
      unknown: statistics.unknown + (targetStatistics?.unknown ?? 0),
    };
  } finally {
    corpus.close();
  }
}

/** Token ids of some documents. */
export function sequencesOf({ tokens, starts, lengths }: Documents, first: number, end: number): Int32Array[] {
  return Array.from(lengths.subarray(first, end), (length, i) => {
    const ids = new Int32Array(length);
    tokens.read(starts[first + i], length, ids, 0);
    return ids;
  });
}
