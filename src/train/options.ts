/** The options of a training run: what they are, how they are read, filled in, and what a resumed run may change. */

import type { KernelChoice, OptimizerName } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import type { Cell, GruReset } from '../model/index.ts';
import { type OptionSpec, optionTable } from './option-table.ts';
import { refusal } from './readers.ts';
import type { ScheduleName } from './schedule.ts';

/** A run's options, named like the flags. `null` means: not given, or no limit. */
export interface TrainOptions {
  /** Text files or folders; empty for the default corpus. */
  files: string[];
  format: 'stream' | 'lines';
  tokenizer: 'char' | 'word';
  pretokenized: boolean;
  lowercase: boolean;
  /** Tokens seen less often become `<unk>`. */
  minCount: number;
  /** Most tokens in the vocabulary, special ones included; `null` for all. */
  vocabSize: number | null;
  normalizeNewlines: boolean;
  lossy: boolean;
  /** Share of the corpus held out for validation, in [0, 1). */
  valSplit: number;
  /** File to validate on, instead of a share of the corpus. */
  valid: string | null;

  cell: Cell;
  gruReset: GruReset;
  layers: number;
  hidden: number;
  /** Embedding size; 0 for one-hot input; `null` for 0 with characters and the hidden size with words or tying. */
  embedding: number | null;
  tie: boolean;
  /** `adaptive` chooses its cut-offs from the frequencies of the training words. */
  softmax: 'exact' | 'adaptive';
  dropout: number;

  /** Tokens per chunk of truncated back-propagation. */
  seqLength: number;
  batchSize: number;
  epochs: number | null;
  steps: number | null;
  minutes: number | null;
  /** Steps between evaluations; `null` for once an epoch, but not more often than every 100 steps. */
  evalEvery: number | null;
  /** Evaluations without improvement before the run stops; `null` for never. */
  patience: number | null;
  /** `500` (steps), `30s` or `5m` between checkpoints, besides those at evaluations. */
  checkpointEvery: string;

  optimizer: OptimizerName;
  /** Peak learning rate; `null` for a default by optimizer and tokenizer. */
  learningRate: number | null;
  schedule: ScheduleName;
  /** Steps over which the learning rate rises from 0. */
  warmup: number;
  /** Largest global norm of the gradient; 0 for no clipping. */
  clip: number;
  weightDecay: number;
  seed: number;

  threads: number;
  kernel: KernelChoice;
  /** Time the phases of the steps. */
  profile: boolean;
}

export type OptionName = keyof TrainOptions;

export const optionNames = Object.keys(optionTable) as OptionName[];

/** `learningRate` -> `--learning-rate`. */
export function flagName(name: OptionName): string {
  return name === 'files' ? 'files' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Checks values by the table; what is absent stays absent. `where` names the source in errors (a file), and is
 * empty for the command line.
 */
export function readOptions(values: object, where = ''): Partial<TrainOptions> {
  const options: Partial<TrainOptions> = {};
  for (const [key, value] of Object.entries(values)) {
    const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!Object.hasOwn(optionTable, name)) {
      throw new InputError(`${where && `${where}: `}there is no option ${JSON.stringify(key)}.`);
    }
    if (value !== undefined) readOption(options, name as OptionName, value, where);
  }
  return options;
}

function readOption<K extends OptionName>(into: Partial<TrainOptions>, name: K, value: unknown, where: string): void {
  const spec: OptionSpec<TrainOptions[K]> = optionTable[name];
  const read = spec.read(value);
  if (read === undefined) {
    throw refusal(where ? `${where}: "${name}"` : flagName(name), spec, value);
  }
  into[name] = read;
}

export const defaultOptions: TrainOptions = readDefaults();

function readDefaults(): TrainOptions {
  const defaults: Record<string, unknown> = {};
  for (const name of optionNames) defaults[name] = optionTable[name].default;
  return defaults as unknown as TrainOptions;
}

/** Options whose defaults depend on nothing any more but the corpus. */
export type CompleteOptions = TrainOptions & { embedding: number; learningRate: number };

/** The default corpus is small: with less, a minute's run is at its best a third of the way. */
const DROPOUT_OF_DEFAULT_CORPUS = 0.4;

/** Options as given, the defaults filled in. Throws an InputError naming the flags of an impossible combination. */
export function completeOptions(given: Partial<TrainOptions>): CompleteOptions {
  const options: TrainOptions = { ...defaultOptions, ...given };
  const refuse = (reason: string): never => {
    throw new InputError(reason);
  };
  if (options.valid !== null) {
    if (given.valSplit) refuse('--valid and --val-split exclude each other: give one of them.');
    options.valSplit = 0;
  }
  if (options.patience !== null && options.valid === null && options.valSplit === 0) {
    refuse('--patience needs a validation set: give --valid or a --val-split above 0.');
  }
  if (options.pretokenized && options.tokenizer !== 'word') refuse('--pretokenized needs --tokenizer word.');
  if (options.gruReset !== defaultOptions.gruReset && options.cell !== 'gru') refuse('--gru-reset needs --cell gru.');
  if (given.dropout && options.layers === 1) refuse('--dropout is between layers: it needs --layers 2 or more.');
  if (given.dropout === undefined && options.files.length === 0) options.dropout = DROPOUT_OF_DEFAULT_CORPUS;
  if (options.layers === 1) options.dropout = 0;
  const embedding = options.embedding ?? (options.tie || options.tokenizer === 'word' ? options.hidden : 0);
  if (options.tie && embedding !== options.hidden) {
    refuse(`--tie needs --embedding ${options.hidden}, the hidden size, not ${embedding}.`);
  }
  if (options.softmax === 'adaptive') {
    if (options.tie) refuse('--softmax adaptive has no output row for each word: leave out --tie.');
    if (options.tokenizer !== 'word')
      refuse('--softmax adaptive is for large vocabularies: it needs --tokenizer word.');
  }
  return { ...options, embedding, learningRate: options.learningRate ?? defaultLearningRate(options) };
}

/** Found on texts of 0.1 and 1 million tokens, 2 x 256 and 2 x 200: the best after some minutes. */
function defaultLearningRate({ optimizer, tokenizer }: TrainOptions): number {
  if (optimizer === 'sgd') return 0.5;
  return tokenizer === 'char' ? 0.008 : 0.003;
}

/**
 * Options for going on with a run: the recorded ones, with what `given` may change. Throws an InputError that names
 * an option that would change the model, or a limit below the recorded one.
 */
export function resumeOptions(recorded: CompleteOptions, given: Partial<TrainOptions>): CompleteOptions {
  for (const name of optionNames) {
    const value = given[name];
    const old = recorded[name];
    const { onResume } = optionTable[name];
    if (value === undefined || value === old || onResume === 'change') continue;
    if (onResume === undefined) {
      throw new InputError(
        `${flagName(name)} ${value} would change the model: the run has ${old}; leave the flag out, or train a new run.`,
      );
    }
    if (old !== null && (value === null || value < old)) {
      throw new InputError(`${flagName(name)} may only be raised when resuming: the run has ${old}, not ${value}.`);
    }
  }
  return { ...recorded, ...given } as CompleteOptions;
}

/** `1m` -> 60 seconds, `500` -> 500 steps. */
export function parseInterval(text: string): { seconds: number } | { steps: number } {
  const count = Number.parseInt(text, 10);
  if (text.endsWith('s')) return { seconds: count };
  return text.endsWith('m') ? { seconds: 60 * count } : { steps: count };
}

/** Minutes of a run without a limit of its own: 5 for a million tokens, growing with the square root, from 0.5 to 60. */
export function defaultMinutes(trainingTokens: number): number {
  return Math.min(60, Math.max(0.5, Number((5 * Math.sqrt(trainingTokens / 1e6)).toFixed(1))));
}
