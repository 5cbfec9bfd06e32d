/**
 * What is measured, here and in the peers: plain data, so that a child process in any language can be handed a piece of it.
 */

import type { ModelConfig } from '../src/model/index.ts';
import { countTokens } from './batches.ts';
import { model } from './built.ts';

/** Cells that the peers have too, and the gates of each. */
const GATES = { lstm: 4, gru: 3, rnn: 1 };
type MeasuredCell = keyof typeof GATES;

/**
 * A whole training step: forward, backward, clipping to norm 1, Adam; no dropout. A language model reads rows of a
 * stream, whose state is carried from chunk to chunk; the other tasks read sequences of different lengths, each batch
 * starting anew.
 */
export interface TrainWork {
  kind: 'train';
  name: string;
  cell: MeasuredCell;
  layers: number;
  hidden: number;
  vocabulary: number;
  /** 0 for one-hot input. */
  embedding: number;
  tie: boolean;
  /** Of an adaptive softmax; without them it is exact. */
  cutoffs?: readonly number[];
  batchSize: number;
  /** Of the longest sequence, for a task that has sequences. */
  sequenceLength: number;
  /** With layers in both directions, but for the decoder's, and general attention; without it, a language model. */
  task?: 'tag' | 'translate';
  /** What the output chooses from, if not the vocabulary. */
  classes?: number;
}

/** Drawing tokens from a model of characters, one at a time for each stream. */
export interface SampleWork {
  kind: 'sample';
  name: string;
  cell: MeasuredCell;
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
  cell: MeasuredCell,
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

/** A tagger of words. */
function tagging(batchSize: number): TrainWork {
  const shape = { task: 'tag', tie: false, classes: 17, sequenceLength: 60 } as const;
  return { ...words(2, 128, batchSize), ...shape, name: 'tagger, LSTM 2 x 128' };
}

/** An encoder and decoder from letters to up to 14 sounds and an `<eos>`. */
function translating(batchSize: number): TrainWork {
  const shape = { task: 'translate', classes: 50, sequenceLength: 15 } as const;
  return { ...characters('lstm', 2, 128, batchSize, 40), ...shape, name: 'translator, LSTM 2 x 128' };
}

export const TASK_GRID: readonly TrainWork[] = [tagging(64), tagging(32), translating(64)];

/**
 * The layers of a task as they are in a language model: in one direction, over rows of a stream, with an embedding or
 * without and as many classes as the task has, so that nothing but the task differs.
 */
export function asLanguageModel({ task, layers, hidden, classes, batchSize }: TrainWork): TrainWork {
  return task === 'tag'
    ? { ...words(layers, hidden, batchSize), tie: false, classes: classes! }
    : characters('lstm', layers, hidden, batchSize, classes);
}

/** The model of a piece of work; a GRU in PyTorch's form. */
export function modelOf(work: TrainWork | SampleWork): ModelConfig {
  const { cell, layers, hidden, vocabulary } = work;
  const common = { cell, layers, hidden, vocabulary };
  if (work.kind === 'sample') return model.completeModel(common);
  const { embedding, tie, cutoffs, task, classes } = work;
  return model.completeModel({
    ...common,
    embedding,
    tie,
    ...(cutoffs ? { cutoffs } : {}),
    ...(classes ? { classes } : {}),
    ...(task ? { task, bidirectional: true, attention: 'general' } : {}),
  });
}

/**
 * Floating-point operations a token of the matrix products alone: forward once, backward twice, two operations for each
 * weight. The first layer's input counts only if there is an embedding to multiply; looking a one-hot token up is not
 * work. For an exact softmax.
 */
export function operationsPerToken(work: TrainWork): number {
  const { task, layers, hidden, vocabulary, classes = vocabulary } = work;
  if (task === undefined) return 6 * (stackProducts(work, 1) + hidden * classes);
  const width = 2 * hidden;
  if (task === 'tag') return 6 * (stackProducts(work, 2) + width * classes);
  // Of a translator, the mean over the tokens of sources and targets.
  const { sequences, sources, targets, pairs } = countTokens(work);
  const bridge = 2 * layers * width * hidden;
  const attention = width * hidden + (width + hidden) * hidden;
  const decoder = stackProducts(work, 1) + attention + hidden * classes;
  // A score and a share of the context for each source token that a target token attends to.
  const all = sources * stackProducts(work, 2) + targets * decoder + pairs * 2 * width + sequences * bridge;
  return (6 * all) / (sources + targets);
}

/** Weights that a token meets in the recurrent layers. */
function stackProducts({ cell, layers, hidden, embedding }: TrainWork, directions: number): number {
  const inputs = embedding + (layers - 1) * directions * hidden;
  return directions * GATES[cell] * hidden * (inputs + layers * hidden);
}
