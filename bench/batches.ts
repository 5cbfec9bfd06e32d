/**
 * Made-up batches of a piece of training work: rows of a stream, or sequences as long as sentences or as words, sorted
 * by length.
 */

import { createRandom, type Random } from '../src/random.ts';
import type { Batch, Documents, ExampleBatches, Examples } from '../src/text/index.ts';
import { text } from './built.ts';
import { zipfTokens } from './tokens.ts';
import type { TrainWork } from './work.ts';

/** Batches without an end: a few different ones, taken in turn, as a single one would be learnt by heart. */
export interface TrainingBatches {
  /** Time steps of the longest batch, and of its source. */
  longest: number;
  longestSource: number;
  /** Share of the positions that is padding. */
  padding: number;
  /** A batch and its tokens without the padding, those of sources included; valid until the next call. */
  at(step: number): { batch: Batch; tokens: number };
}

/** The lengths of a batch's rows, for a program that makes its own tokens of them. */
export interface BatchShape {
  lengths: number[];
  /** Of a translator, in an order of their own: row b belongs to source row `rows[b]`. */
  sourceLengths?: number[];
  rows?: number[];
}

/** Of a stream. */
const CHUNKS = 16;
/** As many as the program sorts together when it shuffles. */
const POOL = 64;
/**
 * From a batch to the next: prime to the pool and near its golden section, so that any few batches have long ones and
 * short ones.
 */
const STRIDE = 25;

export function trainingBatches(work: TrainWork): TrainingBatches {
  return work.task ? taskBatches(work) : streamBatches(work);
}

function streamBatches({ batchSize, sequenceLength, vocabulary, classes = vocabulary }: TrainWork): TrainingBatches {
  const positions = batchSize * sequenceLength;
  const ids = zipfTokens(vocabulary, positions * CHUNKS + batchSize, 1);
  const next = ids.map((id) => id % classes);
  return {
    longest: sequenceLength,
    longestSource: 0,
    padding: 0,
    at(step) {
      const first = (step % CHUNKS) * positions;
      const inputs = ids.subarray(first, first + positions);
      const targets = next.subarray(first + batchSize, first + batchSize + positions);
      return { batch: { steps: sequenceLength, inputs, targets, fresh: step === 0 }, tokens: positions };
    },
  };
}

function taskBatches(work: TrainWork): TrainingBatches {
  const { longest, longestSource, padding, batch } = sortedBatches(work);
  return {
    longest,
    longestSource,
    padding,
    at(step) {
      const at = batch((step * STRIDE) % POOL);
      return { batch: at, tokens: sum(at.lengths!) + (at.source ? sum(at.source.lengths) : 0) };
    },
  };
}

/** The batches of a task in the order in which they are taken. */
export function batchShapes(work: TrainWork): BatchShape[] {
  const { at } = taskBatches(work);
  return Array.from({ length: POOL }, (_, step) => {
    const { lengths, source } = at(step).batch;
    const target = { lengths: [...lengths!] };
    return source ? { ...target, sourceLengths: [...source.lengths], rows: [...source.rows] } : target;
  });
}

/** What is in all batches of a translator: examples, tokens of sources and targets, and pairs of one of each of an example. */
export function countTokens(work: TrainWork): { sequences: number; sources: number; targets: number; pairs: number } {
  const { inputs, outputs } = createExamples(work);
  return {
    sequences: inputs.lengths.length,
    sources: sum(inputs.lengths),
    targets: sum(outputs.lengths),
    pairs: sum(inputs.lengths.map((length, i) => length * outputs.lengths[i])),
  };
}

function sortedBatches(work: TrainWork): ExampleBatches {
  return text.exampleBatches(work.task!, createExamples(work), { batchSize: work.batchSize, seed: 1 });
}

/** As many examples as a pool of batches has. */
function createExamples({ task, batchSize, sequenceLength, vocabulary, classes = vocabulary }: TrainWork): Examples {
  const random = createRandom(1);
  const draw = task === 'tag' ? sentenceLength : wordLengths;
  const lengths = Array.from({ length: POOL * batchSize }, () => draw(random, sequenceLength));
  return {
    inputs: documents(
      vocabulary,
      Uint32Array.from(lengths, ([input]) => input),
    ),
    outputs: documents(
      classes,
      Uint32Array.from(lengths, ([, output]) => output),
    ),
  };
}

/** Spread like the words of sentences: a gamma distribution of shape 2 and mean 16, from 1 to the longest. */
function sentenceLength(random: Random, longest: number): [number, number] {
  const drawn = Math.round(-8 * Math.log((1 - random.uniform()) * (1 - random.uniform())));
  const length = Math.min(longest, Math.max(1, drawn));
  return [length, length];
}

/** 3 to 14 letters, 8.5 in the mean, and up to three sounds fewer, but 3 at least, with an `<eos>`. */
function wordLengths(random: Random): [number, number] {
  const letters = 3 + random.integer(6) + random.integer(7);
  return [letters, Math.max(3, letters - random.integer(4)) + 1];
}

function documents(vocabulary: number, lengths: Uint32Array): Documents {
  const ids = zipfTokens(vocabulary, sum(lengths), 1);
  let end = 0;
  const starts = lengths.map((length) => {
    end += length;
    return end - length;
  });
  return {
    starts,
    lengths,
    tokens: {
      length: ids.length,
      read(start, count, target, offset, stride = 1) {
        for (let i = 0; i < count; i++) target[offset + i * stride] = ids[start + i];
      },
      close() {},
    },
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
