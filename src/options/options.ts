/** The options of a training run: what they are, how they are read, filled in, and what a resumed run may change. */

import type { OptimizerName } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import type { KernelChoice } from '../kernels/index.ts';
import type { Attention, Cell, GruReset, Merge, Pool, Task } from '../model/index.ts';
import type { ExampleTask, TokenizerName } from '../text/index.ts';
import { DROPOUT_OF_DEFAULT_CORPUS, defaultLearningRate, MAX_LENGTH, taskDefaults } from './defaults.ts';
import { refusal } from './readers.ts';
import { type OptionSpec, optionTable } from './table.ts';

export type ScheduleName = 'constant' | 'cosine' | 'linear' | 'step';

/**
 * A run's options, named like the flags. `null` means: not given, no limit, or of no use for the task. Behind each is
 * its default for language models; those of other tasks that differ are in `taskDefaults`.
 */
export interface TrainOptions {
  /** UTF-8 text files or folders of them; `[]` for the default corpus of the task, which is the default. */
  files: string[];
  /** What is learnt; `lm`. */
  task: Task;
  /** How a text is divided, of no meaning for tasks that read examples; `stream`. */
  format: 'stream' | 'lines' | 'labelled';
  /** A token is a Unicode code point, or a word or mark; `char`. */
  tokenizer: TokenizerName;
  /** `translate`: the target's; `null` for the same kind as the source's. */
  targetTokenizer: TokenizerName | null;
  /** `classify`, `tag`, `translate`: most tokens of an example, on either side; `null` for 1,000. */
  maxLength: number | null;
  /** Words are what white space parts, and a line's end is `<eos>`; false. */
  pretokenized: boolean;
  /** The text in lower case; false. */
  lowercase: boolean;
  /** Tokens seen less often become `<unk>`; 1. */
  minCount: number;
  /** Most tokens in the vocabulary, special ones included; `null` for all. */
  vocabSize: number | null;
  /** CRLF and CR are read as LF; false. */
  normalizeNewlines: boolean;
  /** U+FFFD stands for bytes that are not UTF-8, which are an error otherwise; false. */
  lossy: boolean;
  /** Share of the corpus held out for validation, in [0, 1); 0.1. */
  valSplit: number;
  /** File to validate on, instead of a share of the corpus; `null` for none. */
  valid: string | null;

  /** The recurrent cell; `lstm`. */
  cell: Cell;
  /** Where a GRU resets its state: `before` the matrix, `after` it, or not at all, `none`; `after`. */
  gruReset: GruReset;
  /** Recurrent layers; 2. */
  layers: number;
  /** Hidden size of each layer; 256. */
  hidden: number;
  /** `classify`, `tag`, and the encoder of `translate`: layers in both directions of time; `null` for on. */
  bidirectional: boolean | null;
  /** Of bidirectional layers; `null` for `concat`. */
  merge: Merge | null;
  /** `classify`; `null` for `max`. */
  pool: Pool | null;
  /** `translate`; `null` for `general`. */
  attention: Attention | null;
  /** Embedding size; 0 for one-hot input; `null` for 0 with characters and the hidden size with words or tying. */
  embedding: number | null;
  /** The output layer shares the embedding's weights; false. */
  tie: boolean;
  /** `adaptive` chooses its cut-offs from the frequencies of the training words; `exact`. */
  softmax: 'exact' | 'adaptive';
  /** Share of the states between layers that a step sets to 0, in [0, 1); 0.1, for the default corpus 0.4. */
  dropout: number;
  /** Share of the tokens read that a batch of training makes unknown; `classify`, `tag` and `translate`; 0. */
  tokenDropout: number;

  /** Time steps of a chunk of truncated back-propagation; 64. */
  seqLength: number;
  /** Sequences side by side in a step; 32. */
  batchSize: number;
  /**
   * Limits of the run, of which the first that is reached ends it; `null` for none, and with none at all `minutes` by
   * the text's size.
   */
  epochs: number | null;
  steps: number | null;
  minutes: number | null;
  /** Steps between evaluations; `null` for once an epoch, but not more often than every 100 steps. */
  evalEvery: number | null;
  /** Evaluations without improvement before the run stops; `null` for never. */
  patience: number | null;
  /** `500` (steps), `30s` or `5m` between checkpoints, besides those at evaluations; `1m`. */
  checkpointEvery: string;

  /** `adam`. */
  optimizer: OptimizerName;
  /** Peak learning rate; `null` for a default by optimizer, task and tokenizer. */
  learningRate: number | null;
  /** How the learning rate falls; `cosine`. */
  schedule: ScheduleName;
  /** Steps over which the learning rate rises from 0; 20. */
  warmup: number;
  /** Largest global norm of the gradient; 0 for no clipping; 1. */
  clip: number;
  /** Decoupled with `adamw`, else added to the gradient; 0. */
  weightDecay: number;
  /** Share of the target's probability that training wants spread evenly over all classes, in [0, 1); 0. */
  labelSmoothing: number;
  /** Of the initial weights, dropout, and the choice and order of examples; 1. */
  seed: number;

  /** Threads to compute on, which changes no result; all cores. */
  threads: number;
  /** `auto`, the fastest that this machine can run and that passes a check. */
  kernel: KernelChoice;
  /** Time the phases of the steps; false. */
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

/** An option's default as the help shows it, with those of the tasks that have another. */
export function shownDefault(name: OptionName): string {
  const text = (value: unknown): string => (value === false ? 'off' : String(value));
  const { default: standard, defaultText } = optionTable[name];
  const others = Object.entries(taskDefaults).flatMap(([task, defaults]) =>
    defaults[name] === undefined ? [] : [`${task}: ${text(defaults[name])}`],
  );
  return [defaultText ?? text(standard), ...others].join('; ');
}

/** Options whose defaults depend on nothing any more but the corpus. */
export type CompleteOptions = TrainOptions & { embedding: number; learningRate: number };

/** Options as given, the defaults filled in. Throws an InputError naming the flags of an impossible combination. */
export function completeOptions(given: Partial<TrainOptions>): CompleteOptions {
  const task = given.task ?? defaultOptions.task;
  const options: TrainOptions = { ...defaultOptions, ...taskDefaults[task], ...given };
  const refuse = (reason: string): never => {
    throw new InputError(reason);
  };
  completeTask(options, refuse);
  if (options.valid !== null) {
    if (given.valSplit) refuse('--valid and --val-split exclude each other: give one of them.');
    options.valSplit = 0;
  }
  if (options.patience !== null && options.valid === null && options.valSplit === 0) {
    refuse('--patience needs a validation set: give --valid or a --val-split above 0.');
  }
  if (options.pretokenized && options.tokenizer !== 'word') refuse('--pretokenized needs --tokenizer word.');
  if (options.gruReset !== defaultOptions.gruReset && options.cell !== 'gru') refuse('--gru-reset needs --cell gru.');
  const betweenLayersOnly = options.task === 'lm' || options.task === 'fill';
  if (given.dropout && betweenLayersOnly && options.layers === 1) {
    refuse('--dropout is between layers: it needs --layers 2 or more.');
  }
  if (given.dropout === undefined && options.files.length === 0 && betweenLayersOnly) {
    options.dropout = DROPOUT_OF_DEFAULT_CORPUS;
  }
  if (betweenLayersOnly && options.layers === 1) options.dropout = 0;
  const words = options.tokenizer === 'word' || options.targetTokenizer === 'word';
  const embedding = options.embedding ?? (options.tie || words ? options.hidden : 0);
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

/** Fills in what only the task at hand has, and refuses by name what it has not. */
function completeTask(options: TrainOptions, refuse: (reason: string) => never): void {
  const { task, hidden } = options;
  if (options.bidirectional && task === 'lm') {
    refuse(
      '--bidirectional would show a language model the tokens that it is to tell: leave it out, or train with --task fill.',
    );
  }
  if (options.bidirectional && task === 'fill') {
    refuse(
      '--task fill reads both ways as it is, in two stacks that see no position itself: leave out --bidirectional.',
    );
  }
  if (task === 'fill' && options.format === 'labelled') refuse('--format labelled is for --task lm, not fill.');
  if (task === 'tag' && options.tokenizer !== 'word') {
    refuse('--task tag takes the tokens of its file as words: leave out --tokenizer char.');
  }
  for (const name of optionNames) {
    const { tasks, default: standard } = optionTable[name];
    // What is off is not used anyway.
    if (tasks === undefined || tasks.includes(task) || options[name] === standard || !options[name]) continue;
    const others = tasks.length === 1 ? tasks[0] : `${tasks.slice(0, -1).join(', ')} or ${tasks.at(-1)}`;
    refuse(`${flagName(name)} is for --task ${others}, not ${task}: leave it out.`);
  }
  if (isExampleTask(task)) {
    options.maxLength ??= MAX_LENGTH;
    options.bidirectional ??= true;
    if (options.merge === 'sum' && !options.bidirectional) refuse('--merge is for bidirectional layers: leave it out.');
    options.merge = options.bidirectional ? (options.merge ?? 'concat') : null;
  }
  if (task === 'classify') options.pool ??= 'max';
  if (task === 'translate') {
    options.targetTokenizer ??= options.tokenizer;
    options.attention ??= 'general';
    if (options.attention === 'dot' && options.merge === 'concat') {
      refuse(
        `--attention dot needs states of one width, but those of a bidirectional encoder are 2 x ${hidden} side by side: add --merge sum, or take --attention general.`,
      );
    }
  }
}

/** Whether a task's files hold examples, each read as a whole, in place of a text. */
export function isExampleTask(task: Task): task is ExampleTask {
  return task === 'classify' || task === 'tag' || task === 'translate';
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
