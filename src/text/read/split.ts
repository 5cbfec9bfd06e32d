/** Cuts what was read into documents, and into a training and a validation part. */

import { InputError, option } from '../../errors.ts';
import { createRandom } from '../../random.ts';
import { EOS, type Scanner } from '../tokens/index.ts';
import type { Documents, LinesPart, StreamPart, TokenStore } from '../types.ts';
import { fileName } from './files.ts';
import { ENOUGH } from './mistakes.ts';
import { joinTokens } from './token-store.ts';

/** A part of a corpus, with the ranges of tokens, [start, end), that it is made of. */
export interface SplitPart<T extends StreamPart | LinesPart> {
  data: T;
  ranges: Iterable<[number, number]>;
}

export interface Split<T extends StreamPart | LinesPart = StreamPart | LinesPart> {
  train: SplitPart<T>;
  valid: SplitPart<T> | undefined;
}

/** @throws InputError unless `share` can be that of a validation part. */
export function checkShare(share: number): void {
  if (!(share >= 0 && share < 1)) {
    throw new InputError(`${option('valSplit')} is ${share}; give a share from 0 to below 1.`);
  }
}

/** The error for files to train on, or to measure, that have not even what a single part needs. */
export function refuseEmpty(files: readonly string[], has: string): never {
  throw new InputError(`${files.length === 1 ? fileName(files[0]) : 'The text'} has ${has}; give more text.`);
}

/**
 * Files of a stream, the tokens of each from where the one before ends up to `ends[i]`: the last `share` of each is for validation, or
 * where `separate` files from number `first` on are for that, all of these and nothing of the others.
 * `shares` are the tokens of each file in both parts.
 */
export function splitStream(
  store: TokenStore,
  ends: readonly number[],
  how: { share: number } | { first: number },
): Split<StreamPart> & { shares: { train: number; valid: number }[] } {
  const shares: { train: number; valid: number }[] = [];
  const train: [number, number][] = [];
  const valid: [number, number][] = [];
  let start = 0;
  ends.forEach((end, i) => {
    const boundary = 'share' in how ? start + Math.floor((end - start) * (1 - how.share)) : i < how.first ? end : start;
    if (boundary > start) train.push([start, boundary]);
    if (end > boundary) valid.push([boundary, end]);
    shares.push({ train: boundary - start, valid: end - boundary });
    start = end;
  });
  const part = (ranges: [number, number][], name: string): SplitPart<StreamPart> => {
    const length = ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    if (length < 2) {
      throw new InputError(
        `The ${name} text has ${length} of at least 2 tokens; give more text or another ${option('valSplit')}.`,
      );
    }
    return { data: { format: 'stream', tokens: joinTokens(store, ranges) }, ranges };
  };
  return {
    train: part(train, 'training'),
    valid: 'share' in how && how.share === 0 ? undefined : part(valid, 'validation'),
    shares,
  };
}

/** A growing row of lengths. */
export interface Lengths {
  push(length: number): void;
  /** Those so far. */
  all(): Uint32Array;
}

export function createLengths(): Lengths {
  let lengths = new Uint32Array(1 << 10);
  let size = 0;
  return {
    push(length) {
      if (size === lengths.length) {
        const longer = new Uint32Array(size * 2);
        longer.set(lengths);
        lengths = longer;
      }
      lengths[size++] = length;
    },
    all: () => lengths.subarray(0, size),
  };
}

/** Lengths of documents, found as their tokens come in. */
export interface DocumentCutter {
  /** Ends a document at each `<eos>` of the first `count` ids. */
  cut(ids: Int32Array, count: number): void;
  /** How many documents were left out, as they had nothing but white space. */
  blank(): number;
  /** Lengths so far, `<eos>` included. */
  lengths(): Uint32Array;
}

/** Gives the tokens of documents to `take`, without those that are empty or nothing but white space. */
export function createDocumentCutter(
  types: Pick<Scanner, 'size' | 'blank'>,
  take: (ids: Int32Array, count: number) => void,
): DocumentCutter {
  const lengths = createLengths();
  let open = 0;
  /** The white space that the open document begins with, while nothing else has come. */
  let held: number[] = [];
  let dropped = 0;
  const isBlank = (ids: Int32Array, from: number, to: number): boolean => {
    for (let i = from; i < to; i++) if (!types.blank(ids[i])) return false;
    return true;
  };
  return {
    blank: () => dropped,
    cut(ids, count) {
      let kept = 0;
      for (let from = 0; from < count; ) {
        const at = ids.indexOf(EOS, from);
        const ends = at >= 0 && at < count;
        const to = ends ? at + 1 : count;
        if (open === 0 && isBlank(ids, from, ends ? at : to)) {
          if (!ends) for (let i = from; i < to; i++) held.push(ids[i]);
          else {
            if (held.length > 0 || at > from) dropped++;
            held = [];
          }
        } else {
          if (held.length > 0) {
            take(Int32Array.from(held), held.length);
            open = held.length;
            held = [];
          }
          if (kept < from) ids.copyWithin(kept, from, to);
          kept += to - from;
          open += to - from;
          if (ends) {
            lengths.push(open);
            open = 0;
          }
        }
        from = to;
      }
      take(ids, kept);
    },
    lengths: lengths.all,
  };
}

/** Kind of random numbers that choose lines for validation. */
const SPLIT_STREAM = 1;

/**
 * 1 for each of `count` documents that a seeded choice of the given share takes, at least one (Knuth 1981, algorithm
 * 3.4.2 S).
 */
export function chooseDocuments(count: number, share: number, seed: number): Uint8Array {
  const random = createRandom(seed, SPLIT_STREAM);
  const chosen = new Uint8Array(count);
  let wanted = Math.max(1, count - Math.floor(count * (1 - share)));
  for (let document = 0; document < count && wanted > 0; document++) {
    if (random.integer(count - document) < wanted) {
      chosen[document] = 1;
      wanted--;
    }
  }
  return chosen;
}

/**
 * Takes out of the choice, of the documents with a label that none of the others has, the first: a model can only learn
 * what the training part has. Labels, `count` different ones in all, are the first `most` tokens of a document;
 * `lengths` are those of all documents, in order. Reads on only until every label has been seen.
 *
 * @throws InputError if nothing is left of a choice among many.
 */
export function keepLabels(
  chosen: Uint8Array,
  store: TokenStore,
  lengths: Uint32Array,
  count: number,
  most = Number.POSITIVE_INFINITY,
): void {
  const kept = new Set<number>();
  for (const which of [0, 1]) {
    let start = 0;
    for (let document = 0; document < lengths.length && kept.size < count; start += lengths[document++]) {
      if (chosen[document] !== which) continue;
      const labels = new Int32Array(Math.min(lengths[document], most));
      store.read(start, labels.length, labels, 0);
      if (which === 1 && labels.every((label) => kept.has(label))) continue;
      chosen[document] = 0;
      for (const label of labels) kept.add(label);
    }
  }
  if (lengths.length >= ENOUGH && !chosen.includes(1)) {
    throw new InputError(
      `Each of the ${lengths.length} examples has a label that no other has, so that none is left to validate on: see whether the columns are the wrong way round (${option('columns')}), or give ${option('valSplit', 0)}.`,
    );
  }
}

/**
 * The documents that are not chosen, and those that are; without a choice, there is no validation part. Takes `lengths` over, as
 * millions of lines are too many to hold twice. Errors call a document by `name`.
 */
export function splitDocuments(
  store: TokenStore,
  lengths: Uint32Array,
  chosen: Uint8Array | undefined,
  name = 'line',
): Split<LinesPart> {
  if (store.length >= 2 ** 32) {
    throw new InputError(
      `The corpus has ${store.length} tokens, over the 2^32 that ${option('format', 'lines')} can hold; read it as ${option('format', 'stream')}.`,
    );
  }
  const validSize = chosen?.reduce((sum, one) => sum + one, 0) ?? 0;
  const part = (which: number, text: string, size: number, partLengths: Uint32Array): SplitPart<LinesPart> => {
    if (size === 0)
      throw new InputError(`The ${text} text has no ${name}; give more text or another ${option('valSplit')}.`);
    const starts = new Uint32Array(size);
    for (let document = 0, start = 0, i = 0; document < lengths.length; document++) {
      const length = lengths[document];
      if ((chosen?.[document] ?? 0) === which) {
        starts[i] = start;
        partLengths[i++] = length;
      }
      start += length;
    }
    const documents: Documents = { tokens: store, starts, lengths: partLengths.subarray(0, size) };
    return { data: { format: 'lines', documents }, ranges: adjacent(documents) };
  };
  // The training part last, because its lengths move to the front of `lengths`.
  const valid = chosen && part(1, 'validation', validSize, new Uint32Array(validSize));
  return { train: part(0, 'training', lengths.length - validSize, lengths), valid };
}

/** The ranges of tokens that documents cover, adjacent documents in one. */
function* adjacent({ starts, lengths }: Documents): Generator<[number, number]> {
  for (let i = 0; i < starts.length; ) {
    const start = starts[i];
    let end = start;
    while (i < starts.length && starts[i] === end) end += lengths[i++];
    yield [start, end];
  }
}
