/**
 * What is measured, here and in the peers: plain data, so that a child process in any language can be handed a piece of it.
 */

import type { Cell, ModelConfig } from '../src/model/index.ts';
import { model } from './built.ts';

/** A whole training step: forward, backward, clipping to norm 1, Adam; no dropout, state carried from chunk to chunk. */
export interface TrainWork {
  kind: 'train';
  name: string;
  cell: Cell;
  layers: number;
  hidden: number;
  vocabulary: number;
  /** 0 for one-hot input. */
  embedding: number;
  tie: boolean;
  /** Of an adaptive softmax; without them it is exact. */
  cutoffs?: readonly number[];
  batchSize: number;
  sequenceLength: number;
}

/** Drawing tokens from a model of characters, one at a time for each stream. */
export interface SampleWork {
  kind: 'sample';
  name: string;
  cell: Cell;
  layers: number;
  hidden: number;
  vocabulary: number;
  streams: number;
}

/** What a child process reports of a piece of work. */
export interface Measurement {
  /** Tokens a second. */
  rate: number;
  /** Largest resident size of the process, in bytes. */
  peakMemory: number;
  /** What the process used of the processors, all threads together. */
  processorSeconds: number;
}

export interface TrainMeasurement extends Measurement {
  /** Bytes of the engine's shared memory. */
  engineMemory: number;
  /** GFLOP/s of the engine's kernel on one core, measured just before and after; the better of the two. */
  kernelRate: number;
  /** Seconds by phase, summed over the threads, if asked for. */
  profile: Record<string, number>;
}

/** The vocabulary of characters of tiny Shakespeare, with the four special tokens. */
export const CHARACTERS = 69;
/** The vocabulary of the Penn Treebank in Mikolov's form. */
const WORDS = 10_000;

export function characters(
  cell: Cell,
  layers: number,
  hidden: number,
  batchSize = 64,
  vocabulary = CHARACTERS,
): TrainWork {
  const name = `${cell === 'rnn' ? 'RNN' : cell.toUpperCase()} ${layers} x ${hidden}`;
  const shape = { cell, layers, hidden, vocabulary, batchSize, sequenceLength: 64 };
  return { kind: 'train', name, embedding: 0, tie: false, ...shape };
}

export function words(layers: number, hidden: number, batchSize: number, vocabulary = WORDS): TrainWork {
  const shape = { layers, hidden, vocabulary, embedding: hidden, batchSize, sequenceLength: 35 };
  return { kind: 'train', name: `LSTM ${layers} x ${hidden}`, cell: 'lstm', tie: true, ...shape };
}

/** A vocabulary for which an exact softmax is too much, in the proportions of tokens.ts. */
export function manyWords(softmax: 'adaptive' | 'exact'): TrainWork {
  const vocabulary = 100_000;
  const work = { ...words(2, 256, 64, vocabulary), tie: false };
  if (softmax === 'exact') return work;
  const counts = Float64Array.from({ length: vocabulary }, (_, id) => 1 / (id + 1));
  return { ...work, cutoffs: model.chooseCutoffs(counts, work.hidden) };
}

export function sampling(streams: number): SampleWork {
  const shape = { cell: 'lstm', layers: 2, hidden: 256, vocabulary: CHARACTERS, streams } as const;
  return { kind: 'sample', name: 'LSTM 2 x 256', ...shape };
}

/** At batch 64. The first is what the slowest peers get; the first three serve for a quick run. */
export const CHARACTER_GRID: readonly TrainWork[] = [
  characters('lstm', 2, 128),
  characters('lstm', 1, 384),
  characters('lstm', 2, 256),
  characters('lstm', 2, 512),
  characters('lstm', 1, 1024),
  characters('gru', 2, 256),
  characters('rnn', 1, 384),
];

/** Smaller and larger batches. */
export const BATCH_GRID: readonly TrainWork[] = [16, 256].flatMap((batchSize) => [
  characters('lstm', 2, 256, batchSize),
  characters('lstm', 1, 384, batchSize),
]);

export const WORD_GRID: readonly TrainWork[] = [words(2, 200, 20), words(2, 200, 64), words(2, 650, 20)];

/** The model of a piece of work; a GRU in PyTorch's form. */
export function modelOf(work: TrainWork | SampleWork): ModelConfig {
  const { cell, layers, hidden, vocabulary } = work;
  const common = { cell, gruReset: 'after', layers, hidden, vocabulary } as const;
  if (work.kind === 'sample') return { ...common, embedding: 0, tie: false };
  const { embedding, tie, cutoffs } = work;
  return { ...common, embedding, tie, ...(cutoffs ? { cutoffs } : {}) };
}

/**
 * Floating-point operations a token of the matrix products alone: forward once, backward twice, two operations for each weight. The first
 * layer's input counts only if there is an embedding to multiply; looking a one-hot token up is not work. For an exact softmax.
 */
export function operationsPerToken({ cell, layers, hidden, embedding, vocabulary }: TrainWork): number {
  const gates = { lstm: 4, gru: 3, rnn: 1 }[cell];
  const inputs = embedding + (layers - 1) * hidden;
  return 6 * (gates * hidden * (inputs + layers * hidden) + hidden * vocabulary);
}
