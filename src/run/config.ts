/** `config.json`: everything needed to repeat a run. Checked field by field when it is read. */

import { createHash } from 'node:crypto';
import { InputError } from '../errors.ts';
import type { ModelConfig } from '../model/index.ts';
import { type CompleteOptions, completeOptions, isExampleTask, readOptions } from '../options/index.ts';

/** Raised when an older program could no longer read what is written. 1: language models only. */
export const CONFIG_FORMAT = 2;

/** A corpus file as it was when the run began. */
export interface CorpusFile {
  /** Absolute. */
  path: string;
  /** Of its text, without a byte-order mark. */
  bytes: number;
  /** SHA-256 of the text that was read, in hexadecimal; `null` for a pipe, which can't be read twice. */
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
  const { cell, gruReset, layers, hidden, embedding, tie, task, bidirectional, merge, pool, attention } = options;
  return {
    ...{ task, cell, gruReset, layers, hidden, embedding, tie, vocabulary },
    classes: classes ?? vocabulary,
    cutoffs: cutoffs ?? [],
    bidirectional: bidirectional ?? false,
    merge: merge ?? 'concat',
    pool: pool ?? 'last',
    attention: attention ?? 'none',
  };
}

/** The text of a `config.json`. */
export function configText(config: RunConfig): string {
  return `${JSON.stringify({ ...config, checksum: checksum(config) }, null, 2)}\n`;
}

/** SHA-256 of a configuration as it is written, in hexadecimal: with a digit of it changed it would be a valid one still. */
function checksum(config: Omit<RunConfig, 'options'> & { options: object }): string {
  const { format, gatelm, node, options, vocabulary, classes, longest, cutoffs, corpus, kernel, initFrom } = config;
  const sizes = format === 1 ? [vocabulary] : [vocabulary, classes, longest];
  const weights = format === 1 ? [] : [initFrom];
  const text = JSON.stringify([format, gatelm, node, options, ...sizes, cutoffs, corpus, kernel, ...weights]);
  return createHash('sha256').update(text).digest('hex');
}

/** Reads the text of a `config.json`, of this format or an older one, as one of this format; `path` is for the errors. */
export function parseConfig(text: string, path: string): RunConfig {
  const refuse = (problem: string): never => {
    throw new InputError(`${path} is damaged: ${problem}.`);
  };
  const json = parseJson(text, path);
  const root = isObject(json) ? json : refuse('not a JSON object');
  const field = (name: keyof RunConfig | 'checksum'): unknown => (Object.hasOwn(root, name) ? root[name] : undefined);
  const count = (value: unknown, name: string, least: number): number =>
    Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : refuse(`"${name}" is no count`);
  const string = (value: unknown, name: string): string =>
    typeof value === 'string' ? value : refuse(`"${name}" is no text`);
  const hash = (value: unknown): string =>
    /^[0-9a-f]{64}$/.test(string(value, 'sha256')) ? (value as string) : refuse('"sha256" is no checksum');

  const format = count(field('format'), 'format', 1);
  if (format > CONFIG_FORMAT) {
    throw new InputError(
      `${path} is from a newer version of gatelm (format ${format}; this one reads up to ${CONFIG_FORMAT}): update the program.`,
    );
  }
  const given = field('options');
  const corpus = field('corpus');
  const files = (Array.isArray(corpus) ? corpus : refuse('"corpus" is no list')).map((file: unknown): CorpusFile => {
    if (!isObject(file)) return refuse('"corpus" holds something that is no file');
    const sha256 = file.sha256 === null ? null : hash(file.sha256);
    return { path: string(file.path, 'path'), bytes: count(file.bytes, 'bytes', 0), sha256 };
  });
  const from = format === 1 ? null : field('initFrom');
  const initFrom =
    from === null
      ? null
      : isObject(from)
        ? { path: string(from.path, 'path'), sha256: hash(from.sha256) }
        : refuse('"initFrom" is no object');
  const listed = field('cutoffs');
  const cutoffs =
    listed === null
      ? null
      : Array.isArray(listed)
        ? listed.map((cut) => count(cut, 'cutoffs', 1))
        : refuse('"cutoffs" is no list');
  const options = readOptions(isObject(given) ? given : refuse('"options" is no object'), path);
  const classes = format === 1 || field('classes') === null ? null : count(field('classes'), 'classes', 1);
  const sizes = format === 1 ? null : field('longest');
  const longest =
    sizes === null
      ? null
      : isObject(sizes)
        ? { input: count(sizes.input, 'longest', 1), output: count(sizes.output, 'longest', 1) }
        : refuse('"longest" is no object');
  const config = {
    format,
    gatelm: string(field('gatelm'), 'gatelm'),
    node: string(field('node'), 'node'),
    options,
    vocabulary: count(field('vocabulary'), 'vocabulary', 5),
    classes,
    longest,
    cutoffs,
    corpus: files,
    kernel: string(field('kernel'), 'kernel'),
    initFrom,
  };
  if (field('checksum') !== checksum(config)) {
    refuse('its checksum differs; restore it from a copy, and change options by flags');
  }
  // Runs from before there was label smoothing had none, whatever a task's default is now.
  const complete = completeOptions({ labelSmoothing: 0, ...options });
  const rising = (cutoffs ?? []).every((cut, i) => cut < ((cutoffs ?? [])[i + 1] ?? config.vocabulary));
  if ((complete.softmax === 'adaptive') !== (cutoffs !== null && cutoffs.length > 0) || !rising) {
    refuse('"cutoffs" does not fit the softmax and the vocabulary');
  }
  if (isExampleTask(complete.task) !== (classes !== null) || (classes === null) !== (longest === null)) {
    refuse('"classes" and "longest" do not fit the task');
  }
  return { ...config, format: CONFIG_FORMAT, options: complete };
}

/** Parses JSON; `path` is for the error. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is damaged: it is not JSON (${(error as Error).message.replace(/\s+/g, ' ')}).`, {
      cause: error,
    });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
