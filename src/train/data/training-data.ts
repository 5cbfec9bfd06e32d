/** What a run is trained on, and how it is come by: the contract of the readers of texts and of examples. */

import type { CompleteOptions } from '../../options/index.ts';
import type { CorpusFile, RunConfig, Vocabularies } from '../../run/index.ts';
import type { BatchSource, FileShare, Remark, TagSchemeFound } from '../../text/index.ts';
import type { Unknown } from './vocabulary.ts';

export interface TrainingData extends Vocabularies {
  batches: BatchSource;
  /** Absent without a validation set. */
  validation?: BatchSource;
  /** Whether validation counts right answers too, and the best weights are those that give most of them. */
  accuracy: boolean;
  /** Rows of a batch: what was asked for, or what a short text has enough for. */
  batchSize: number;
  /** Most time steps of a batch. */
  sequenceLength: number;
  /** Of the sources, where the outputs are sequences of their own. */
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
  /** What the vocabularies lack. */
  unknown: { train: Unknown; valid: Unknown };
  /** Occurrences of each token in the training part, by id; for texts. */
  countTokens?(): Float64Array;
  /** What the scheme of the tags of the training part is, where the output keeps its rule. */
  tagScheme?: TagSchemeFound;
  /** Occurrences of each label or tag in the training part, by id; for examples that have such. */
  countLabels?(): Float64Array;
  /** Tokens for training and validation file by file, where a text of several files has been parted. */
  shares: FileShare[];
  /** What there is to say about how the files were read. */
  remarks: Remark[];
  close(): void;
}

/**
 * Reads files and folders and cuts them into batches. Without `known` vocabularies they are made from the training part.
 *
 * @throws InputError for what is no text, or no example of the task, and for too little of it.
 */
export type DataReader = (
  paths: readonly string[],
  options: CompleteOptions,
  known?: Vocabularies,
) => Promise<TrainingData>;
