/** From the files of a run to its batches. */

import { createHash, type Hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.ts';
import {
  type BatchSource,
  type CorpusPart,
  documentBatches,
  evaluationBatches,
  readCorpus,
  streamBatches,
  type Tokenizer,
  type TokenStore,
} from '../text/index.ts';
import type { CorpusFile } from './config.ts';
import type { CompleteOptions } from './options.ts';

/** Trained on when no file is given. */
const DEFAULT_CORPUS = fileURLToPath(new URL('../../corpora/tales.txt', import.meta.url));

export interface TrainingData {
  tokenizer: Tokenizer;
  batches: BatchSource;
  /** Absent without a validation set. */
  validation?: BatchSource;
  /** Files read, for `config.json`. */
  files: CorpusFile[];
  /** Shares of the tokens that the vocabulary lacks. */
  unknownShare: { train: number; valid: number };
  /** Occurrences of each token in the training part, by id. */
  countTokens(): Float64Array;
  /** Files of a folder that were left out because they are empty or not text. */
  skipped: string[];
  close(): void;
}

/**
 * Reads the text of a run and cuts it into batches. Without `tokenizer` one is made from the training part.
 *
 * @throws InputError for files that are no text, and for a text that is too short for one batch.
 */
export async function readTrainingData(options: CompleteOptions, tokenizer?: Tokenizer): Promise<TrainingData> {
  const { files, valid, format, lossy, valSplit, seed } = options;
  const { pretokenized, lowercase, normalizeNewlines, minCount, vocabSize } = options;
  if (valid !== null && statSync(valid, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`--valid ${valid} is a folder: name one file.`);
  }
  const limits = vocabSize === null ? { minCount } : { minCount, vocabSize };
  const fresh = { kind: options.tokenizer, pretokenized, lowercase, normalizeNewlines, ...limits };
  const { onText, recorded } = recordFiles();
  const corpus = await readCorpus(files.length === 0 ? [DEFAULT_CORPUS] : files, {
    format,
    tokenizer: tokenizer ?? fresh,
    lossy,
    valSplit,
    seed,
    onText,
    ...(valid === null ? {} : { valid: [valid] }),
  });
  try {
    return {
      tokenizer: corpus.tokenizer,
      batches: trainingBatches(corpus.train, options),
      ...(corpus.valid ? { validation: wholeBatches(corpus.valid, options) } : {}),
      files: corpus.files.map(recorded),
      unknownShare: { train: unknownShare(corpus.train), valid: corpus.valid ? unknownShare(corpus.valid) : 0 },
      countTokens: () => countTokens(corpus.train, corpus.tokenizer.vocabulary.length),
      skipped: corpus.skipped,
      close: corpus.close,
    };
  } catch (error) {
    corpus.close();
    throw error;
  }
}

function countTokens(part: CorpusPart, vocabulary: number): Float64Array {
  const counts = new Float64Array(vocabulary);
  const ids = new Int32Array(65_536);
  const add = (store: TokenStore, first: number, end: number) => {
    for (let start = first; start < end; start += ids.length) {
      const count = Math.min(ids.length, end - start);
      store.read(start, count, ids, 0);
      for (let i = 0; i < count; i++) counts[ids[i]]++;
    }
  };
  if (part.format === 'stream') {
    add(part.tokens, 0, part.tokens.length);
  } else {
    const { tokens, starts, lengths } = part.documents;
    starts.forEach((start, i) => {
      add(tokens, start, start + lengths[i]);
    });
  }
  return counts;
}

type Shape = Pick<CompleteOptions, 'batchSize' | 'seqLength' | 'seed'>;

function trainingBatches(part: CorpusPart, { batchSize, seqLength: sequenceLength, seed }: Shape): BatchSource {
  if (part.format === 'stream') return streamBatches(part.tokens, { batchSize, sequenceLength });
  return documentBatches(part.documents, { batchSize, sequenceLength, seed, shuffle: true });
}

/** Batches that hold each token of a part once, in order. */
export function wholeBatches(part: CorpusPart, { batchSize, seqLength: sequenceLength, seed }: Shape): BatchSource {
  if (part.format === 'stream') return evaluationBatches(part.tokens, { batchSize, sequenceLength });
  return documentBatches(part.documents, { batchSize, sequenceLength, seed });
}

function unknownShare({ statistics }: CorpusPart): number {
  return statistics.unknown / statistics.tokens;
}

/** Takes the sums of files while they are read, as they may change before or after. */
function recordFiles(): { onText(name: string, bytes: Uint8Array): void; recorded(name: string): CorpusFile } {
  const sums = new Map<string, { hash: Hash; bytes: number }>();
  return {
    onText(name, bytes) {
      const sum = sums.get(name) ?? { hash: createHash('sha256'), bytes: 0 };
      sums.set(name, sum);
      sum.hash.update(bytes);
      sum.bytes += bytes.length;
    },
    recorded(name) {
      const { hash, bytes } = sums.get(name)!;
      const isPipe = statSync(name, { throwIfNoEntry: false })?.isFIFO() ?? false;
      return { path: resolve(name), bytes, sha256: isPipe ? null : hash.copy().digest('hex') };
    },
  };
}

/** Throws an InputError unless `found` are the files that a run recorded, wherever they are now. */
export function checkSameFiles(recorded: readonly CorpusFile[], found: readonly CorpusFile[]): void {
  recorded.forEach(({ path, sha256 }, i) => {
    if (sha256 === null) throw new InputError(`${path} was a pipe, so that the run can't go on: train on a file.`);
    if (found[i]?.sha256 !== sha256) {
      throw new InputError(
        `${found[i]?.path ?? path} is not the text that the run began with: put that back, or start a new run.`,
      );
    }
  });
  if (found.length > recorded.length) {
    throw new InputError(`The run began with ${recorded.length} files, not ${found.length}: give the same ones.`);
  }
}
