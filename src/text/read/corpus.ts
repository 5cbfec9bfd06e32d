/** Reads text files into tokens: training and validation part, tokenizer, and what there is to say about them. */

import { option } from '../../errors.ts';
import {
  createScanner,
  EOS,
  fitTokenizer,
  type NewTokenizer,
  roomFor,
  type Scanner,
  SPECIAL_TOKENS,
  scanWhole,
  schemeOf,
  type Tokenizer,
  type TokenizerOptions,
  tokenizerForm,
} from '../tokens/index.ts';
import type { Documents, LinesPart, StreamPart } from '../types.ts';
import {
  countRanges,
  createTypeCounter,
  statistics,
  subtractCounts,
  type TextStatistics,
  type TypeCounter,
} from './count.ts';
import { fileName, readPieces } from './files.ts';
import { findTextFiles, type IsOwn, leftOutRemarks } from './find-files.ts';
import { type LabelledScanner, withLabels } from './labels.ts';
import type { LinePlace } from './lines.ts';
import { repeatedRemarks } from './mistakes.ts';
import { type Remark, shortList } from './remarks.ts';
import {
  checkShare,
  chooseDocuments,
  createDocumentCutter,
  type DocumentCutter,
  keepLabels,
  refuseEmpty,
  type Split,
  splitDocuments,
  splitStream,
} from './split.ts';
import { createFormats, type FormatOptions } from './tables/formats.ts';
import { createTokenStore, type GrowingTokenStore, type StoreOptions } from './token-store.ts';

/**
 * `stream`: one long text. `lines`: each line that is not empty is a document; it ends at LF, CRLF or CR. `labelled`:
 * such a line is `label<TAB>text`, and its document begins with a token of the label, `<label:Russian>`.
 */
export type CorpusFormat = 'stream' | 'lines' | 'labelled';

export interface CorpusOptions extends StoreOptions, FormatOptions {
  format: CorpusFormat;
  tokenizer: NewTokenizer | Tokenizer;
  /** Put U+FFFD in the place of bytes that are not UTF-8, instead of refusing the file. */
  lossy?: boolean;
  /** Refuse labels that are not known, in place of reading them as `<unk>`. */
  strict?: boolean;
  /** Share of the tokens (the last ones of each file) or lines (a seeded choice) for validation, from 0, which is the default, to below 1. */
  valSplit?: number;
  /** Files or folders for validation, in place of a share of the others. */
  valid?: readonly string[];
  /** Chooses the lines for validation; 0 by default. */
  seed?: number;
  /** What folders hold that this program wrote itself, and that is no text. */
  isOwn?: IsOwn;
  /** Called with a file and its text, piece by piece, as it is read; a piece is valid during the call. */
  onText?: (file: string, bytes: Uint8Array) => void;
}

/** A part of a corpus, by its format; that of `labelled` is `lines`. */
export type CorpusPart = { statistics: TextStatistics } & (StreamPart | LinesPart);

export interface FileShare {
  file: string;
  train: number;
  valid: number;
}

export interface Corpus {
  tokenizer: Tokenizer;
  train: CorpusPart;
  valid: CorpusPart | undefined;
  /** Files read, in order, those for validation last. */
  files: string[];
  /** What there is to say about how the files were read. */
  remarks: Remark[];
  /** Tokens of a stream's files that are for training and for validation, file by file. */
  shares: FileShare[];
  /** Bytes of text read. */
  bytes: number;
  /** Gives back memory and disk space. */
  close(): void;
}

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
  const { valSplit = 0, seed = 0 } = options;
  checkShare(valSplit);
  const form = tokenizerForm(options.tokenizer);
  const reader = createCorpusReader(form, options);
  const { store, types, labelled, cutter } = reader;
  try {
    const trainFiles = await findTextFiles(paths, options.isOwn);
    const validFiles = await findTextFiles(options.valid ?? [], options.isOwn);
    await reader.read(trainFiles.files);
    const trainEnd = { tokens: store.length, documents: cutter?.lengths().length ?? 0 };
    if (cutter && trainEnd.documents === 0) refuseEmpty(trainFiles.files, 'no line');
    if (trainEnd.tokens < 2) refuseEmpty(trainFiles.files, `${trainEnd.tokens} of at least 2 tokens`);
    await reader.read(validFiles.files);

    const separate = validFiles.files.length > 0;
    const files = [...trainFiles.files, ...validFiles.files];
    let parts: Split;
    let shares: FileShare[] = [];
    if (cutter) {
      const lengths = cutter.lengths();
      let chosen: Uint8Array | undefined;
      if (separate) chosen = new Uint8Array(lengths.length).fill(1, trainEnd.documents);
      else if (valSplit > 0) {
        chosen = chooseDocuments(lengths.length, valSplit, seed);
        if (labelled) keepLabels(chosen, store, lengths, labelled.labelCount(), 1);
      }
      parts = splitDocuments(store, lengths, chosen);
    } else {
      const stream = splitStream(
        store,
        reader.ends(),
        separate ? { first: trainFiles.files.length } : { share: valSplit },
      );
      shares = stream.shares.map((share, i) => ({ file: files[i], ...share }));
      parts = stream;
    }

    const whole = reader.counter.counts();
    const validCounts = countRanges(store, types, parts.valid?.ranges ?? []);
    const trainCounts = subtractCounts(whole, validCounts);
    const labels = 'vocabulary' in options.tokenizer ? undefined : labelled?.orderLabels(trainCounts.byType);
    const { tokenizer, table } = fitTokenizer(types, trainCounts.byType, options.tokenizer, labels);
    const ofLabels = labelled?.mapLabels(tokenizer, table, whole.byType, options.strict ?? false) ?? [];
    store.map(table);
    const documents = (part: StreamPart | LinesPart | undefined): Documents[] | undefined =>
      part?.format === 'lines' ? [part.documents] : undefined;
    const [trained, validated] = [documents(parts.train.data), documents(parts.valid?.data)];
    return {
      tokenizer,
      train: { ...parts.train.data, statistics: statistics(trainCounts, types, table) },
      valid: parts.valid && { ...parts.valid.data, statistics: statistics(validCounts, types, table) },
      files,
      shares,
      remarks: [
        ...leftOutRemarks([...trainFiles.leftOut, ...validFiles.leftOut]),
        ...reader.remarks(),
        ...ofLabels,
        ...(trained ? repeatedRemarks(trained, validated) : []),
      ],
      bytes: reader.bytes(),
      close: store.close,
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

interface CorpusReader {
  store: GrowingTokenStore;
  types: Scanner;
  /** `types` if documents have labels. */
  labelled: LabelledScanner | undefined;
  counter: TypeCounter;
  /** For documents only. */
  cutter: DocumentCutter | undefined;
  /** Appends the tokens of files to the store. */
  read(files: readonly string[]): Promise<void>;
  /** Bytes read so far. */
  bytes(): number;
  /** Tokens at the end of each file read so far. */
  ends(): readonly number[];
  remarks(): Remark[];
}

const RETURN = 0x0d;

function createCorpusReader(form: TokenizerOptions, options: CorpusOptions): CorpusReader {
  const lines = options.format === 'lines';
  const place: LinePlace = { file: '', line: 0 };
  const labelled = options.format === 'labelled' ? withLabels(createScanner(form, 'keep'), place) : undefined;
  const types = labelled ?? createScanner(form, lines ? 'eos' : form.normalizeNewlines ? 'normalize' : 'keep');
  const store = createTokenStore(options);
  const counter = createTypeCounter(types);
  const keep = (ids: Int32Array, count: number): void => {
    counter.add(ids, count);
    store.append(ids, count, types.size());
  };
  const cutter = lines || labelled ? createDocumentCutter(types, keep) : undefined;
  /** Whether CR is a character like others. */
  const keepsReturns = !lines && !labelled && !form.normalizeNewlines && !schemeOf(form).lineEndTokens;
  const withReturns = new Set<string>();
  const ends: number[] = [];
  let ids = new Int32Array(1 << 10);
  let bytesRead = 0;
  const how = { lossy: options.lossy, unicode: form.unicode };

  const take = (count: number): void => (cutter ? cutter.cut(ids, count) : keep(ids, count));
  const onText = (name: string, bytes: Uint8Array): void => {
    bytesRead += bytes.length;
    options.onText?.(name, bytes);
  };

  const readFile = async (name: string): Promise<void> => {
    let last: number = EOS;
    for await (const bytes of readPieces(name, how, (piece) => onText(name, piece))) {
      if (keepsReturns && !withReturns.has(name) && bytes.includes(RETURN)) withReturns.add(name);
      ids = roomFor(types, bytes.length, ids);
      const count = types.scan(bytes, ids);
      if (count > 0) last = ids[count - 1];
      take(count);
    }
    const count = types.finish(ids);
    if (count > 0) last = ids[count - 1];
    take(count);
    // A last line without a line end is a line.
    if ((lines || schemeOf(form).lineEndTokens) && last !== EOS) {
      ids[0] = EOS;
      take(1);
    }
  };

  const formats = createFormats(['label', 'text'], options);
  const readLabelled = (name: string, scanner: LabelledScanner): Promise<void> =>
    formats.read(
      name,
      readPieces(name, how, (piece) => onText(name, piece)),
      place,
      {
        row(label, text) {
          ids = roomFor(types, text.length + 2, ids);
          ids[0] = scanner.label(label);
          const count = scanWhole(scanner, text, ids, 1);
          ids[count + 1] = EOS;
          take(count + 2);
        },
        blank() {},
      },
    );

  return {
    store,
    types,
    labelled,
    counter,
    cutter,
    async read(files) {
      for (const name of files) {
        await (labelled ? readLabelled(name, labelled) : readFile(name));
        ends.push(store.length);
      }
    },
    ends: () => ends,
    bytes: () => bytesRead,
    remarks: () => [
      ...formats.remarks(),
      ...('vocabulary' in options.tokenizer ? [] : returnRemarks([...withReturns])),
      ...blankRemarks(cutter?.blank() ?? 0),
      ...markRemarks(types, counter.counts().byType),
      ...(labelled?.remarks() ?? []),
    ],
  };
}

function returnRemarks(files: readonly string[]): Remark[] {
  if (files.length === 0) return [];
  const text = `lines of ${shortList(files.map(fileName))} end with CR, which is a character of the text like others: ${option('normalizeNewlines', true)} reads CRLF and CR as LF.`;
  return [{ about: 'line ends', text, warning: false, count: files.length }];
}

function blankRemarks(count: number): Remark[] {
  if (count === 0) return [];
  const text = `left out, as nothing but white space: ${count} ${count === 1 ? 'line' : 'lines'}.`;
  return [{ about: 'left out', text, warning: false, count }];
}

const MARK = '\ufeff';

/** Byte-order marks inside of a text are characters of it, and most likely not meant to be. */
function markRemarks(types: Scanner, counts: ArrayLike<number>): Remark[] {
  let count = 0;
  for (let id = SPECIAL_TOKENS.length; id < types.size(); id++) if (types.text(id).includes(MARK)) count += counts[id];
  if (count === 0) return [];
  const text = `the text has ${count} byte-order ${count === 1 ? 'mark' : 'marks'} inside, each a character like others: name the files one by one where they have been joined.`;
  return [{ about: 'characters', text, warning: true, count }];
}
