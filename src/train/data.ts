/** From the files of a run to its batches: of a text for `lm` and `fill`, of examples for the other tasks. */

import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, option } from '../errors.ts';
import type { Task } from '../model/index.ts';
import { type CompleteOptions, isExampleTask } from '../options/index.ts';
import type { CorpusFile, RunConfig, Vocabularies } from '../run/index.ts';
import type { BatchSource } from '../text/index.ts';
import { readExampleData } from './example-data.ts';
import { readTextData } from './text-data.ts';

/** Trained on when no file is given. */
const DEFAULT_CORPORA: { readonly [T in Task]: string } = {
  lm: 'tales.txt',
  fill: 'tales.txt',
  classify: 'names.tsv',
  tag: 'tags.tsv',
  translate: 'numbers.tsv',
};

/** Name of a run on the default corpus. */
export function defaultName(task: Task): string {
  return basename(DEFAULT_CORPORA[task], extname(DEFAULT_CORPORA[task]));
}

export interface TrainingData extends Vocabularies {
  batches: BatchSource;
  /** Absent without a validation set. */
  validation?: BatchSource;
  /** Most time steps of a batch. */
  sequenceLength: number;
  /** `translate`: of its sources. */
  sourceLength?: number;
  /** Tokens of the training part, on both sides. */
  tokens: number;
  /** Number of examples to train on and to validate on; absent for texts. */
  examples?: { train: number; valid: number };
  /** Tokens of the longest example. */
  longest?: NonNullable<RunConfig['longest']>;
  /** Share of the positions computed in training that are padding. */
  padding: number;
  /** Files read, for `config.json`. */
  files: CorpusFile[];
  /** Shares of the tokens that the vocabulary lacks. */
  unknownShare: { train: number; valid: number };
  /** Occurrences of each token in the training part, by id; for texts. */
  countTokens?(): Float64Array;
  /** Files of a folder that were left out because they are empty or not text. */
  skipped: string[];
  close(): void;
}

/**
 * Reads the files of a run and cuts them into batches. Without `known` vocabularies they are made from the training part.
 *
 * @throws InputError for files that are no text, for a line that is no example of the task, and for a text that is too short for
 *   one batch.
 */
export async function readTrainingData(options: CompleteOptions, known?: Vocabularies): Promise<TrainingData> {
  const { files, valid, task } = options;
  if (valid !== null && task !== 'classify' && statSync(valid, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError(`${option('valid', valid)} is a folder: name one file.`);
  }
  const standard = fileURLToPath(new URL(`../../corpora/${DEFAULT_CORPORA[task]}`, import.meta.url));
  const paths = files.length === 0 ? [standard] : files;
  return isExampleTask(task) ? readExampleData(paths, task, options, known) : readTextData(paths, options, known);
}
