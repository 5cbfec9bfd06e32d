/**
 * gatelm as a library: train a recurrent language model on text files, load it, sample from it, evaluate it.
 *
 * @example
 * import { evaluate, load, sample, train } from 'gatelm';
 *
 * const { run } = await train({ files: ['my.txt'], hidden: 128, minutes: 1 });
 * const model = load(run);
 * for (const { text } of sample(model, { prompt: 'Once', temperature: 0.8 })) process.stdout.write(text);
 * console.log((await evaluate(model, ['other.txt'])).perplexity);
 */

import { beam, type Hypothesis, type SampledToken, sample as sampleTokens } from './decode/index.ts';
import { createStepModel, type EngineStepModel } from './engine/index.ts';
import { BOS, EOS, PAD, type Tokenizer, UNK } from './text/index.ts';
import {
  completeOptions,
  type DoneEvent,
  findRun,
  loadRun,
  modelConfig,
  type Place,
  type Run,
  readOptions,
  resumeTraining,
  runTraining,
  startTraining,
  type TrainEvent,
  type Training,
  type TrainOptions,
} from './train/index.ts';

export type { Hypothesis, SampledToken } from './decode/index.ts';
export { InputError, RunError } from './errors.ts';
export type { Tokenizer } from './text/index.ts';
export type { Place, Run, RunConfig, TrainEvent, TrainOptions } from './train/index.ts';
export { type Evaluation, evaluate } from './train/index.ts';

/** Where a training run is written, and who hears of it. */
export interface TrainSurroundings extends Place {
  /** Folder of a run to go on with; then limits may be raised, and options that would change the model are refused. */
  resume?: string;
  /** Called after each step, evaluation and checkpoint, and waited for. */
  onEvent?: (event: TrainEvent) => void | Promise<void>;
  /** Aborting it ends the run after the step in hand, with a checkpoint. */
  signal?: AbortSignal;
}

/**
 * Trains a model and writes its run folder. Options are those of `lm train`, in camel case, with the same defaults. Returns
 * the last event and the run's folder.
 *
 * @throws InputError for options or files that are wrong, before anything is written.
 * @throws RunError when training fails; the last checkpoint stays whole.
 */
export async function train(
  options: Partial<TrainOptions> & TrainSurroundings = {},
): Promise<{ run: string; done: DoneEvent }> {
  const { out, name, overwrite, resume, onEvent, signal, ...rest } = options;
  const given = readOptions(rest);
  const training: Training =
    resume === undefined
      ? await startTraining(completeOptions(given), { out, name, overwrite })
      : await resumeTraining(resume, given);
  try {
    let last: TrainEvent | undefined;
    for await (const event of runTraining(training, signal)) {
      last = event;
      await onEvent?.(event);
    }
    return { run: training.folder, done: last as DoneEvent };
  } finally {
    await training.close();
  }
}

/** A model that is ready to write and to be measured. */
export interface Model extends Run {
  /** From a state and a token to the next state and log-probabilities. */
  steps: EngineStepModel;
}

/**
 * Loads the best weights of a run; without a folder, of the newest run in `runs/`.
 *
 * @throws InputError if there is no run, or it is damaged, incomplete or from a newer version.
 */
export function load(folder?: string): Model {
  const run = loadRun(findRun(folder));
  return { ...run, steps: createStepModel(modelConfig(run.config), run.parameters) };
}

export interface SampleOptions {
  /** Text to go on from. Empty (default): the start of a document, or of a line. */
  prompt?: string;
  /** Most tokens of a sample: 500 by default for characters, 150 for words. */
  length?: number;
  /** How many samples. 1 by default. */
  samples?: number;
  /** 0 to 2^53 - 1; a random one by default. */
  seed?: number;
  /** 1 keeps the model's distribution, less sharpens it, 0 is greedy; 0.8 by default. */
  temperature?: number;
  /** Keeps the k likeliest tokens; 0 (default) all. */
  topK?: number;
  /** Keeps the likeliest tokens that make up this probability; 1 (default) all. */
  topP?: number;
  /** Keeps the tokens at least this share as likely as the likeliest; 0 (default) all. */
  minP?: number;
  /** Above 1 repeats less; 1 by default. */
  repetitionPenalty?: number;
  /** Texts that end a sample and are left out of it. */
  stop?: readonly string[];
  /** Lets `<unk>`, `<bos>` and `<pad>` be drawn, and writes them. */
  allowSpecial?: boolean;
}

/**
 * Draws samples token by token; the text pieces of one sample, joined, are its text, without the prompt. In a model of `lines` a
 * sample is a document, and ends where the model ends it.
 *
 * @throws InputError for an option out of its range.
 */
export function sample(model: Model, options: SampleOptions = {}): Generator<SampledToken, void, undefined> {
  const { prompt, length, seed, allowSpecial = false, ...rest } = options;
  return sampleTokens(model.steps, {
    temperature: 0.8,
    ...rest,
    prompt: promptTokens(model, prompt),
    length: length ?? defaultLength(model.tokenizer),
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    forbidden: forbiddenTokens(model, allowSpecial),
    decoder: () => model.tokenizer.streamDecoder(allowSpecial),
    ...(endsAtEos(model) ? { eos: EOS } : {}),
  });
}

export interface SearchOptions {
  /** As for `sample`. */
  prompt?: string;
  length?: number;
  allowSpecial?: boolean;
  /** Hypotheses kept at each step, and the most that are returned; 1 is greedy decoding. */
  width: number;
  /** Above 0 favours longer texts; 0 (default) ranks by log-probability alone. */
  lengthPenalty?: number;
}

/** Looks for the likeliest texts by beam search, best first. Throws an InputError for an option out of its range. */
export function search(model: Model, options: SearchOptions): (Hypothesis & { text: string })[] {
  const { prompt, length, allowSpecial = false, ...rest } = options;
  const tokens = promptTokens(model, prompt);
  const found = beam(model.steps, {
    ...rest,
    prompt: tokens,
    length: length ?? defaultLength(model.tokenizer),
    forbidden: forbiddenTokens(model, allowSpecial),
    ...(endsAtEos(model) ? { eos: EOS } : {}),
  });
  return found.map((hypothesis) => {
    const decode = model.tokenizer.streamDecoder(allowSpecial);
    for (const id of tokens) decode(id);
    return { ...hypothesis, text: hypothesis.tokens.map(decode).join('') };
  });
}

/** What a sample is fed first: its prompt, after `<bos>` in a model of documents; without one, the end of a line. */
function promptTokens({ tokenizer, config }: Run, prompt = ''): number[] {
  const tokens = tokenizer.encode(prompt);
  if (config.options.format === 'lines') return [BOS, ...tokens];
  if (tokens.length > 0) return tokens;
  const lineEnd = tokenizer.encode('\n').filter((id) => id !== UNK);
  return lineEnd.length > 0 ? lineEnd : [EOS];
}

function forbiddenTokens(model: Run, allowSpecial: boolean): number[] {
  const never = allowSpecial ? [] : [UNK, BOS, PAD];
  return knowsEos(model) ? never : [...never, EOS];
}

/** Whether `<eos>` occurred in training: at the end of a document, or of a pre-tokenized line. */
function knowsEos({ config }: Run): boolean {
  return config.options.format === 'lines' || config.options.pretokenized;
}

function endsAtEos({ config }: Run): boolean {
  return config.options.format === 'lines';
}

function defaultLength({ kind }: Tokenizer): number {
  return kind === 'char' ? 500 : 150;
}
