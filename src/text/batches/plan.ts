/** Which documents share a batch, and in what order batches come: as little padding as a seeded shuffle allows. */

import { createRandom, type Random } from '../../random.ts';

export interface PlanOptions {
  /** B, rows of a batch. */
  batchSize: number;
  /** Chooses the orders. */
  seed: number;
  /** A new order each epoch; false by default, which is by falling size. */
  shuffle?: boolean;
}

export interface Groups {
  /** Documents; those of group g are from g * B on, by falling size if the order is not a shuffle. */
  order: Uint32Array;
  /** Groups, in the order in which they come. */
  groups: Uint32Array;
}

/** Batches of documents whose sizes are sorted together. */
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
 * Groups of B documents of about one size. So that all epochs have as many batches, documents are first sorted by the number of
 * chunks that they take; within those of one number the order is random, and sizes are sorted in pools of 64 batches.
 * `chunks` must not fall where `size` grows.
 */
export function planGroups(
  count: number,
  size: (document: number) => number,
  chunks: (document: number) => number,
  options: PlanOptions,
  epoch: number,
): Groups {
  const { batchSize, seed } = options;
  const random = createRandom(seed, ORDER_STREAM + epoch);
  const order = Uint32Array.from({ length: count }, (_, document) => document);
  if (options.shuffle) {
    shuffle(order, random);
    sortFalling(order, chunks);
    const pool = POOL_BATCHES * batchSize;
    for (let start = 0; start < order.length; ) {
      // A pool does not reach into documents with another number of chunks.
      const inFirst = chunks(order[start]);
      let end = start + 1;
      while (end < order.length && end < start + pool && chunks(order[end]) === inFirst) end++;
      sortFalling(order.subarray(start, end), size);
      start = end;
    }
  } else {
    sortFalling(order, size);
  }
  const groups = Uint32Array.from({ length: Math.ceil(count / batchSize) }, (_, group) => group);
  if (options.shuffle) shuffle(groups, random);
  return { order, groups };
}

/** Chunks that a row of some length takes: each has up to `sequenceLength` time steps and starts `carry` after the one before. */
export function countChunks(length: number, sequenceLength: number, carry: number): number {
  return length === 0 ? 0 : 1 + Math.max(0, Math.ceil((length - sequenceLength) / carry));
}

/** How documents are cut into chunks. */
export interface Cut {
  /** Chunks of a document of some length; a longer one does not have fewer. */
  chunks(length: number): number;
  /** Time steps of one of these chunks, 0 past the last. */
  steps(length: number, chunk: number): number;
}

export interface Plan {
  /** Documents; rows of group g are those from g * B on, by falling length. */
  order: Uint32Array;
  /** Group of each batch of the epoch, and which of its chunks the batch is. */
  batchGroup: Uint32Array;
  batchChunk: Uint32Array;
  /** Positions in all batches, padding included. */
  positions: number;
}

/** The batches of an epoch of documents that go on from batch to batch: all the chunks of a group, then those of the next. */
export function planEpoch(lengths: Uint32Array, cut: Cut, options: PlanOptions, epoch: number): Plan {
  const { batchSize } = options;
  const lengthOf = (document: number): number => lengths[document];
  const chunksOf = (document: number): number => cut.chunks(lengths[document]);
  const { order, groups } = planGroups(lengths.length, lengthOf, chunksOf, options, epoch);
  const batches: number[] = [];
  const parts: number[] = [];
  let positions = 0;
  for (const group of groups) {
    const rows = order.subarray(group * batchSize, (group + 1) * batchSize);
    sortFalling(rows, lengthOf);
    const longest = lengths[rows[0]];
    for (let chunk = 0; chunk < cut.chunks(longest); chunk++) {
      batches.push(group);
      parts.push(chunk);
      positions += cut.steps(longest, chunk) * batchSize;
    }
  }
  return { order, batchGroup: Uint32Array.from(batches), batchChunk: Uint32Array.from(parts), positions };
}

/** Keeps the plan of the epoch that was asked for last. */
export function lastEpoch<T>(plan: (epoch: number) => T): (epoch: number) => T {
  let last = plan(0);
  let planned = 0;
  return (epoch) => {
    if (epoch !== planned) {
      last = plan(epoch);
      planned = epoch;
    }
    return last;
  };
}

/** Sorts documents by falling key, equal ones in the order they had: a counting sort, as many share a key. */
export function sortFalling(documents: Uint32Array, key: (document: number) => number): void {
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
