/** `config.json`: everything needed to repeat a run. Checked field by field when it is read. */

import { createHash } from 'node:crypto';
import { InputError } from '../errors.ts';
import type { ModelConfig } from '../model/index.ts';
import { type CompleteOptions, completeOptions, readOptions, type TrainOptions } from '../options/index.ts';
import { type Checks, checksOf, isObject, parseJson } from './json.ts';
import { OUTPUTS } from './outputs.ts';

/** Raised when an older program could no longer read what is written. 1: language models only. */
export const CONFIG_FORMAT = 2;

/** A corpus file as it was when the run began. */
export interface CorpusFile {
  /** Absolute. */
  path: string;
  /** Of its text, without a byte-order mark. */
  bytes: number;
  /** SHA-256 of the text that was read, in hexadecimal; older programs wrote `null` for a pipe. */
  sha256: string | null;
}

/** Where a run's weights came from, when not from its seed. */
export interface InitialWeights {
  /** Absolute, of the other run's folder. */
  path: string;
  /** SHA-256 of its `model.safetensors` as it was then, in hexadecimal. */
  sha256: string;
}

export interface RunConfig {
  format: number;
  /** The program that wrote it, and the Node that it ran on. */
  gatelm: string;
  node: string;
  options: CompleteOptions;
  /** Vocabulary size of the input, the special tokens included. */
  vocabulary: number;
  /** Labels, tags, or the size of the target's vocabulary; `null` where the output is the input's vocabulary. */
  classes: number | null;
  /** Tokens of the longest input and output in the corpus; `null` for tasks that read a text. */
  longest: { input: number; output: number } | null;
  /** Cut-offs of an adaptive softmax, `null` for an exact one. */
  cutoffs: number[] | null;
  /** Files read, in order; the last one is that of `--valid`, if it was given. */
  corpus: CorpusFile[];
  /** Variant that the run began with. */
  kernel: string;
  /** `null` without `--init-from`. */
  initFrom: InitialWeights | null;
}

export function modelConfig({
  options,
  vocabulary,
  classes,
  cutoffs,
}: Pick<RunConfig, 'options' | 'vocabulary' | 'classes' | 'cutoffs'>): ModelConfig {
  const {
    cell,
    gruReset,
    layerNorm,
    layers,
    hidden,
    embedding,
    tie,
    task,
    bidirectional,
    merge,
    pool,
    output,
    attention,
  } = options;
  return {
    ...{ task, cell, gruReset, layerNorm, layers, hidden, embedding, tie, vocabulary },
    classes: classes ?? vocabulary,
    cutoffs: cutoffs ?? [],
    bidirectional: bidirectional ?? false,
    merge: merge ?? 'concat',
    pool: pool ?? 'last',
    output,
    attention: attention ?? 'none',
  };
}

/** The text of a `config.json`. */
export function configText(config: RunConfig): string {
  return `${JSON.stringify({ ...config, checksum: checksum(config) }, null, 2)}\n`;
}

/** A configuration as a file has it, whose options an older program may have written. */
type WrittenConfig = Omit<RunConfig, 'options'> & { options: Partial<TrainOptions> };

/** SHA-256 of a configuration as it is written, in hexadecimal: with a digit of it changed it would be a valid one still. */
function checksum(config: WrittenConfig): string {
  const { format, gatelm, node, options, vocabulary, classes, longest, cutoffs, corpus, kernel, initFrom } = config;
  const sizes = format === 1 ? [vocabulary] : [vocabulary, classes, longest];
  const weights = format === 1 ? [] : [initFrom];
  const text = JSON.stringify([format, gatelm, node, options, ...sizes, cutoffs, corpus, kernel, ...weights]);
  return createHash('sha256').update(text).digest('hex');
}

/** Reads the text of a `config.json`, of this format or an older one, as one of this format; `path` is for the errors. */
export function parseConfig(text: string, path: string): RunConfig {
  const checks = checksOf(path);
  const json = parseJson(text, path);
  const root = isObject(json) ? json : checks.refuse('not a JSON object');
  const written = readFields(root, checks, path);
  if (ownField(root, 'checksum') !== checksum(written)) {
    checks.refuse('its checksum differs; restore it from a copy, and change options by flags');
  }
  // Runs from before there was label smoothing had none, whatever a task's default is now; nor was there another precision.
  const options = completeOptions({ labelSmoothing: 0, precision: 'f32', ...written.options });
  const config = { ...written, format: CONFIG_FORMAT, options };
  checkSizes(config, checks);
  return config;
}

/** Each field by itself. */
function readFields(root: Record<string, unknown>, checks: Checks, path: string): WrittenConfig {
  const { count, text, list, object } = checks;
  const field = (name: keyof RunConfig): unknown => ownField(root, name);
  const format = count(field('format'), 'format', 1);
  if (format > CONFIG_FORMAT) {
    throw new InputError(
      `${path} is from a newer version of gatelm (format ${format}; this one reads up to ${CONFIG_FORMAT}): update the program.`,
    );
  }
  // Format 1 has neither `classes` nor `longest` nor `initFrom`.
  const since2 = (name: keyof RunConfig): unknown => (format === 1 ? null : field(name));
  const corpus = list(field('corpus'), 'corpus').map((file) => readCorpusFile(file, checks));
  const initFrom = orNull(since2('initFrom'), (from) => readInitialWeights(object(from, 'initFrom'), checks));
  const cutoffs = orNull(field('cutoffs'), (cuts) => list(cuts, 'cutoffs').map((cut) => count(cut, 'cutoffs', 1)));
  const options = readOptions(object(field('options'), 'options'), path);
  const classes = orNull(since2('classes'), (value) => count(value, 'classes', 1));
  const longest = orNull(since2('longest'), (value) => readLongest(object(value, 'longest'), checks));
  return {
    format,
    gatelm: text(field('gatelm'), 'gatelm'),
    node: text(field('node'), 'node'),
    options,
    vocabulary: count(field('vocabulary'), 'vocabulary', 5),
    classes,
    longest,
    cutoffs,
    corpus,
    kernel: text(field('kernel'), 'kernel'),
    initFrom,
  };
}

/** Not what the object inherits. */
function ownField(root: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(root, name) ? root[name] : undefined;
}

function orNull<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null ? null : read(value);
}

function readCorpusFile(file: unknown, { refuse, text, count, sha256 }: Checks): CorpusFile {
  if (!isObject(file)) return refuse('"corpus" holds something that is no file');
  const sum = orNull(file.sha256, sha256);
  return { path: text(file.path, 'path'), bytes: count(file.bytes, 'bytes', 0), sha256: sum };
}

function readInitialWeights({ path, sha256 }: Record<string, unknown>, checks: Checks): InitialWeights {
  return { path: checks.text(path, 'path'), sha256: checks.sha256(sha256) };
}

function readLongest({ input, output }: Record<string, unknown>, { count }: Checks): RunConfig['longest'] {
  return { input: count(input, 'longest', 1), output: count(output, 'longest', 1) };
}

/** Refuses sizes that do not fit each other or the options. */
function checkSizes({ options, vocabulary, classes, longest, cutoffs }: RunConfig, { refuse }: Checks): void {
  const cuts = cutoffs ?? [];
  const rising = cuts.every((cut, i) => cut < (cuts[i + 1] ?? vocabulary));
  if ((options.softmax === 'adaptive') !== cuts.length > 0 || !rising) {
    refuse('"cutoffs" does not fit the softmax and the vocabulary');
  }
  const ownOutputs = OUTPUTS[options.task] !== 'inputs';
  if (ownOutputs !== (classes !== null) || (classes === null) !== (longest === null)) {
    refuse('"classes" and "longest" do not fit the task');
  }
}
