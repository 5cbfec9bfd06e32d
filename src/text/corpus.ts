/** Reads text files into tokens: training and validation part, tokenizer, and what there is to say about them. */

import { InputError } from '../errors.ts';
import { createRandom } from '../random.ts';
import { type Documents, shuffle } from './documents.ts';
import { findTextFiles, readText } from './files.ts';
import { createScanner, type Scanner } from './scan.ts';
import { createTokenStore, type GrowingTokenStore, type StoreOptions, sliceTokens } from './token-store.ts';
import { createTokenizer } from './tokenizer.ts';
import { EOS, type Tokenizer, type TokenizerOptions, type TokenStore, UNK } from './types.ts';
import { buildVocabulary, indexVocabulary, mapTypes, type VocabularyLimits } from './vocabulary.ts';
import { MAX_VOCABULARY } from './word-table.ts';

/** `stream`: one long text. `lines`: each line that is not empty is a document; it ends at LF, CRLF or CR. */
export type CorpusFormat = 'stream' | 'lines';

/** A tokenizer to be made from the training part. The switches are off by default, the limits 1 and none. */
export interface NewTokenizer extends Partial<TokenizerOptions>, Partial<VocabularyLimits> {
  kind: TokenizerOptions['kind'];
}

export interface CorpusOptions extends StoreOptions {
  format: CorpusFormat;
  tokenizer: NewTokenizer | Tokenizer;
  /** Put U+FFFD in the place of bytes that are not UTF-8, instead of refusing the file. */
  lossy?: boolean;
  /** Share of the tokens (the last ones) or lines (a seeded choice) for validation, from 0, which is the default, to below 1. */
  valSplit?: number;
  /** Files or folders for validation, in place of a share of the others. */
  valid?: readonly string[];
  /** Chooses the lines for validation; 0 by default. */
  seed?: number;
}

export interface TextStatistics {
  /** Code points of the text, one for each line end that is an `<eos>`. */
  characters: number;
  /** The `<eos>` of line ends included. */
  tokens: number;
  /** Tokens that the vocabulary lacks. */
  unknown: number;
}

/** A part of a corpus, by its format. */
export type CorpusPart = { statistics: TextStatistics } & (
  | { format: 'stream'; tokens: TokenStore }
  | { format: 'lines'; documents: Documents }
);

export interface Corpus {
  tokenizer: Tokenizer;
  train: CorpusPart;
  valid: CorpusPart | undefined;
  /** Files read, in order, those for validation last. */
  files: string[];
  /** Files of a folder that were left out because they are empty or not text. */
  skipped: string[];
  /** Bytes of text read. */
  bytes: number;
  /** Gives back memory and disk space. */
  close(): void;
}

/** Kind of random numbers that choose lines for validation. */
const SPLIT_STREAM = 1;

/**
 * Reads the files and folders `paths`, each file once. Files of a `stream` follow each other without anything between them.
 *
 * A new tokenizer takes its vocabulary from the training part alone, so that what only the validation part has counts
 * there as unknown, as it will in use.
 *
 * @example
 * const corpus = await readCorpus(['alice.txt'], { format: 'stream', tokenizer: { kind: 'char' }, valSplit: 0.1 });
 * if (corpus.train.format === 'stream') console.log(corpus.train.tokens.length);
 * corpus.close();
 *
 * @throws InputError for files that can't be read as text, for a part without text, and for an empty vocabulary;
 *   RunError if there is no room for the tokens.
 */
export async function readCorpus(paths: readonly string[], options: CorpusOptions): Promise<Corpus> {
  const { format, lossy = false, valSplit = 0, seed = 0 } = options;
  const form = 'vocabulary' in options.tokenizer ? options.tokenizer.options : newOptions(options.tokenizer);
  const lineEnds = format === 'lines' ? 'eos' : form.normalizeNewlines ? 'normalize' : 'keep';
  const types = createScanner(form, lineEnds);
  const store = createTokenStore(options);
  const lengths = format === 'lines' ? createLengths() : undefined;
  const endLines = format === 'lines' || form.pretokenized;
  try {
    const train = await findTextFiles(paths);
    const valid = await findTextFiles(options.valid ?? []);
    let bytes = await readFiles(train.files, lossy, types, store, lengths, endLines);
    const boundary = { tokens: store.length, documents: lengths?.count() ?? 0 };
    bytes += await readFiles(valid.files, lossy, types, store, lengths, endLines);

    const separate = valid.files.length > 0;
    const parts = lengths
      ? splitDocuments(store, lengths.take(), separate ? boundary.documents : undefined, valSplit, seed)
      : splitStream(store, separate ? boundary.tokens : Math.floor(store.length * (1 - valSplit)));
    const counts = parts.map((part) => countTypes(store, types, part.ranges));
    const tokenizer =
      'vocabulary' in options.tokenizer
        ? options.tokenizer
        : createTokenizer(
            buildVocabulary(types, counts[0].byType, form, {
              minCount: options.tokenizer.minCount ?? 1,
              vocabSize: options.tokenizer.vocabSize ?? MAX_VOCABULARY,
            }),
            form,
          );
    const table = mapTypes(types, indexVocabulary(tokenizer.vocabulary), form.lowercase);
    store.map(table);
    const [trainPart, validPart] = parts.map(({ data }, i) => ({ ...data, statistics: statistics(counts[i], table) }));
    return {
      tokenizer,
      train: trainPart,
      valid: validPart,
      files: [...train.files, ...valid.files],
      skipped: [...train.skipped, ...valid.skipped],
      bytes,
      close: store.close,
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

function newOptions({ kind, pretokenized, lowercase, normalizeNewlines }: NewTokenizer): TokenizerOptions {
  return {
    kind,
    pretokenized: pretokenized ?? false,
    lowercase: lowercase ?? false,
    normalizeNewlines: normalizeNewlines ?? false,
  };
}

/** Appends the tokens of the files to `store`, the lengths of their documents to `lengths`; returns the bytes read. */
async function readFiles(
  files: readonly string[],
  lossy: boolean,
  types: Scanner,
  store: GrowingTokenStore,
  lengths: Lengths | undefined,
  endLines: boolean,
): Promise<number> {
  let ids = new Int32Array(1 << 10);
  let bytesRead = 0;
  for (const name of files) {
    let last = EOS as number;
    const take = (count: number): void => {
      if (count > 0) last = ids[count - 1];
      store.append(ids, lengths ? lengths.cut(ids, count) : count);
    };
    for await (const bytes of readText(name, lossy)) {
      if (ids.length < bytes.length + 4) ids = new Int32Array(bytes.length + 4);
      bytesRead += bytes.length;
      take(types.scan(bytes, ids));
    }
    take(types.finish(ids));
    if (endLines && last !== EOS) {
      ids[0] = EOS;
      take(1);
    }
  }
  return bytesRead;
}

/** Lengths of documents as they come in. */
interface Lengths {
  /** Cuts `count` ids after each `<eos>`, drops documents that are empty, and returns how many ids are left. */
  cut(ids: Int32Array, count: number): number;
  count(): number;
  take(): Uint32Array;
}

function createLengths(): Lengths {
  let lengths = new Uint32Array(1 << 10);
  let size = 0;
  let open = 0;
  return {
    cut(ids, count) {
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const id = ids[i];
        if (id === EOS && open === 0) continue;
        ids[kept++] = id;
        open++;
        if (id !== EOS) continue;
        if (size === lengths.length) {
          const longer = new Uint32Array(size * 2);
          longer.set(lengths);
          lengths = longer;
        }
        lengths[size++] = open;
        open = 0;
      }
      return kept;
    },
    count: () => size,
    take: () => lengths.subarray(0, size),
  };
}

/** A part with the ranges of tokens, [start, end), that it is made of. */
interface Part {
  data: { format: 'stream'; tokens: TokenStore } | { format: 'lines'; documents: Documents };
  ranges: Iterable<[number, number]>;
}

/** The tokens up to `boundary`, and the others if there are any to be. */
function splitStream(store: TokenStore, boundary: number): Part[] {
  const part = (start: number, end: number, name: string): Part => {
    if (end - start < 2) {
      throw new InputError(
        `The ${name} text has ${end - start} of at least 2 tokens; give more text or another --val-split.`,
      );
    }
    return { data: { format: 'stream', tokens: sliceTokens(store, start, end - start) }, ranges: [[start, end]] };
  };
  const train = part(0, boundary, 'training');
  return boundary === store.length ? [train] : [train, part(boundary, store.length, 'validation')];
}

/** The documents before number `boundary` and the others; without it, a seeded choice of the share `valSplit` is the second part. */
function splitDocuments(
  store: TokenStore,
  lengths: Uint32Array,
  boundary: number | undefined,
  valSplit: number,
  seed: number,
): Part[] {
  if (store.length >= 2 ** 32) {
    throw new InputError(
      `The corpus has ${store.length} tokens, over the 2^32 that --format lines can hold; split it.`,
    );
  }
  const count = lengths.length;
  const chosen = new Uint8Array(count);
  if (boundary !== undefined) chosen.fill(1, boundary);
  else if (valSplit > 0) {
    const order = Uint32Array.from(chosen, (_, document) => document);
    shuffle(order, createRandom(seed, SPLIT_STREAM));
    const share = Math.max(1, count - Math.floor(count * (1 - valSplit)));
    for (const document of order.subarray(0, share)) chosen[document] = 1;
  }
  const part = (which: number, name: string): Part => {
    const size = chosen.reduce((sum, one) => sum + (one === which ? 1 : 0), 0);
    if (size === 0) throw new InputError(`The ${name} text has no line; give more text or another --val-split.`);
    const documents: Documents = { tokens: store, starts: new Uint32Array(size), lengths: new Uint32Array(size) };
    for (let document = 0, start = 0, i = 0; document < count; document++) {
      if (chosen[document] === which) {
        documents.starts[i] = start;
        documents.lengths[i++] = lengths[document];
      }
      start += lengths[document];
    }
    return { data: { format: 'lines', documents }, ranges: adjacent(documents) };
  };
  const train = part(0, 'training');
  return boundary === undefined && valSplit === 0 ? [train] : [train, part(1, 'validation')];
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

interface TypeCounts {
  byType: Float64Array;
  tokens: number;
  characters: number;
}

function countTypes(store: TokenStore, types: Scanner, ranges: Iterable<[number, number]>): TypeCounts {
  const byType = new Float64Array(types.size());
  const spaced = new Uint8Array(types.size());
  for (let id = EOS + 2; id < spaced.length; id++) spaced[id] = types.spaced(id) ? 1 : 0;
  const ids = new Int32Array(1 << 16);
  let tokens = 0;
  let characters = 0;
  for (const [start, end] of ranges) {
    let before = 0;
    for (let from = start; from < end; from += ids.length) {
      const count = Math.min(ids.length, end - from);
      store.read(from, count, ids, 0);
      for (let i = 0; i < count; i++) {
        const id = ids[i];
        byType[id]++;
        characters += spaced[id] & before;
        before = spaced[id];
      }
    }
    tokens += end - start;
  }
  characters += byType[EOS];
  for (let id = EOS + 2; id < byType.length; id++) {
    if (byType[id] > 0) characters += byType[id] * types.characters(id);
  }
  return { byType, tokens, characters };
}

function statistics({ byType, tokens, characters }: TypeCounts, table: Uint32Array): TextStatistics {
  const unknown = byType.reduce((sum, count, id) => sum + (table[id] === UNK ? count : 0), 0);
  return { characters, tokens, unknown };
}
