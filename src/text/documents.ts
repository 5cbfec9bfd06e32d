/** Batches of documents of different lengths, each `<bos> w1 … wn <eos>`, with as little padding as a shuffle allows. */

import { createRandom, type Random } from '../random.ts';
import { type BatchSource, BOS, PAD, type TokenStore } from './types.ts';

/** Documents in a store of tokens: document i is the `lengths[i]` tokens from `starts[i]` on, the last of which is `<eos>`. */
export interface Documents {
  tokens: TokenStore;
  starts: Uint32Array;
  lengths: Uint32Array;
}

export interface DocumentBatchOptions {
  /** B, rows of a batch. */
  batchSize: number;
  /** Largest T of a chunk. */
  sequenceLength: number;
  /** Chooses the orders. */
  seed: number;
  /** A new order each epoch; false by default, which is by falling length. */
  shuffle?: boolean;
}

export interface DocumentBatches extends BatchSource {
  /** Share of the positions of the first epoch that are padding; other epochs differ a little. */
  readonly padding: number;
}

/** Batches of documents whose lengths are sorted together. */
const POOL_BATCHES = 64;
/** The order of epoch e is drawn from stream `ORDER_STREAM + e`. */
const ORDER_STREAM = 2 ** 24;

/** Fisher and Yates, in place. */
function shuffle(values: Uint32Array, random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const value = values[i];
    values[i] = values[j];
    values[j] = value;
  }
}

/**
 * Batches of documents: inputs `<bos> w1 … wn`, targets `w1 … wn <eos>`, one document a row, rows by falling length, `PAD` in inputs
 * and targets past the end. A document longer than the sequence length goes on in the batches that follow, the first of
 * which alone is `fresh`. Each target comes once an epoch. A batch is valid until the next call.
 *
 * Batches of the same number are the same in each run. So that all epochs have as many batches, documents are first sorted by the
 * number of chunks that they take; within those of one number the order is random, and lengths are sorted in pools of 64 batches.
 */
export function documentBatches(documents: Documents, options: DocumentBatchOptions): DocumentBatches {
  const { batchSize, sequenceLength } = options;
  const { tokens, starts, lengths } = documents;
  const inputs = new Int32Array(batchSize * sequenceLength);
  const targets = new Int32Array(batchSize * sequenceLength);
  const valid = new Int32Array(batchSize);
  let plan = planEpoch(lengths, options, 0);
  let planned = 0;
  const batchesPerEpoch = plan.batchGroup.length;
  const tokensPerEpoch = lengths.reduce((sum, length) => sum + length, 0);

  return {
    batchesPerEpoch,
    tokensPerEpoch,
    padding: 1 - tokensPerEpoch / plan.positions,
    batch(index) {
      const epoch = Math.floor(index / batchesPerEpoch);
      if (epoch !== planned) {
        plan = planEpoch(lengths, options, epoch);
        planned = epoch;
      }
      const group = plan.batchGroup[index % batchesPerEpoch];
      const done = plan.batchChunk[index % batchesPerEpoch] * sequenceLength;
      const rows = plan.order.subarray(group * batchSize, (group + 1) * batchSize);
      const left = (row: number): number => Math.max(0, Math.min(sequenceLength, lengths[rows[row]] - done));
      const steps = left(0);
      inputs.fill(PAD, 0, steps * batchSize);
      targets.fill(PAD, 0, steps * batchSize);
      valid.fill(0);
      for (let row = 0; row < rows.length; row++) {
        const count = left(row);
        if (count === 0) break;
        const start = starts[rows[row]] + done;
        valid[row] = count;
        tokens.read(start, count, targets, row, batchSize);
        if (done === 0) {
          inputs[row] = BOS;
          tokens.read(start, count - 1, inputs, batchSize + row, batchSize);
        } else {
          tokens.read(start - 1, count, inputs, row, batchSize);
        }
      }
      return {
        steps,
        inputs: inputs.subarray(0, steps * batchSize),
        targets: targets.subarray(0, steps * batchSize),
        lengths: valid,
        fresh: done === 0,
      };
    },
  };
}

interface Plan {
  /** Documents; rows of group g are those from g * B on, by falling length. */
  order: Uint32Array;
  /** Group of each batch of the epoch, and which of its chunks the batch is. */
  batchGroup: Uint32Array;
  batchChunk: Uint32Array;
  /** Positions in all batches, padding included. */
  positions: number;
}

function planEpoch(lengths: Uint32Array, options: DocumentBatchOptions, epoch: number): Plan {
  const { batchSize, sequenceLength, seed } = options;
  const random = createRandom(seed, ORDER_STREAM + epoch);
  const order = lengths.map((_, document) => document);
  const chunks = (document: number): number => Math.ceil(lengths[document] / sequenceLength);
  if (options.shuffle) {
    shuffle(order, random);
    sortFalling(order, chunks);
    const pool = POOL_BATCHES * batchSize;
    for (let start = 0; start < order.length; ) {
      // A pool does not reach into documents with another number of chunks.
      const size = chunks(order[start]);
      let end = start + 1;
      while (end < order.length && end < start + pool && chunks(order[end]) === size) end++;
      sortFalling(order.subarray(start, end), (document) => lengths[document]);
      start = end;
    }
  } else {
    sortFalling(order, (document) => lengths[document]);
  }

  const groups = Uint32Array.from({ length: Math.ceil(order.length / batchSize) }, (_, group) => group);
  if (options.shuffle) shuffle(groups, random);
  const batches: number[] = [];
  const parts: number[] = [];
  let positions = 0;
  for (const group of groups) {
    const rows = order.subarray(group * batchSize, (group + 1) * batchSize);
    sortFalling(rows, (document) => lengths[document]);
    positions += lengths[rows[0]] * batchSize;
    for (let chunk = 0; chunk < chunks(rows[0]); chunk++) {
      batches.push(group);
      parts.push(chunk);
    }
  }
  return { order, batchGroup: Uint32Array.from(batches), batchChunk: Uint32Array.from(parts), positions };
}

/** Sorts documents by falling key, equal ones in the order they had: a counting sort, as many share a key. */
function sortFalling(documents: Uint32Array, key: (document: number) => number): void {
  if (isFalling(documents, key)) return;
  const counts = new Map<number, number>();
  for (const document of documents) {
    const value = key(document);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const next = new Map<number, number>();
  let position = 0;
  for (const value of [...counts.keys()].sort((a, b) => b - a)) {
    next.set(value, position);
    position += counts.get(value)!;
  }
  for (const document of documents.slice()) {
    const value = key(document);
    const place = next.get(value)!;
    documents[place] = document;
    next.set(value, place + 1);
  }
}

function isFalling(documents: Uint32Array, key: (document: number) => number): boolean {
  let before = Number.POSITIVE_INFINITY;
  for (const document of documents) {
    const value = key(document);
    if (value > before) return false;
    before = value;
  }
  return true;
}
