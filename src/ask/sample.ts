/** Texts from a language model. */

import {
  beam,
  type Hypothesis,
  type RepetitionOptions,
  type SampledToken,
  sample as sampleTokens,
} from '../decode/index.ts';
import { InputError, option } from '../errors.ts';
import { type Named, nearest, refuseUnknown } from '../options/index.ts';
import { BOS, EOS, PAD, type Tokenizer, UNK } from '../text/index.ts';
import { demandTask, type Model } from './model.ts';

/** What a text begins with, how long it may be, and how it may repeat itself. */
export interface StartOptions extends RepetitionOptions {
  /** Text to go on from. Empty (default): the start of a document, or of a line. */
  prompt?: string | undefined;
  /**
   * For a model of `labelled` documents: the label that the text is to be of. By default the model chooses one, and
   * writes it before the text with a tab between them.
   */
  label?: string | undefined;
  /** Most tokens of a text: 500 by default for characters, 150 for words. */
  length?: number | undefined;
  /** Lets `<unk>`, `<bos>` and `<pad>` be drawn, and writes them. */
  allowSpecial?: boolean | undefined;
}

export interface SampleOptions extends StartOptions {
  /** How many samples. 1 by default. */
  samples?: number | undefined;
  /** 0 to 2^53 - 1; a random one by default. */
  seed?: number | undefined;
  /** 1 keeps the model's distribution, less sharpens it, 0 is greedy; 0.8 by default. */
  temperature?: number | undefined;
  /** Keeps the k likeliest tokens; 0 (default) all. */
  topK?: number | undefined;
  /** Keeps the likeliest tokens that make up this probability; 1 (default) all. */
  topP?: number | undefined;
  /** Keeps the tokens at least this share as likely as the likeliest; 0 (default) all. */
  minP?: number | undefined;
  /** Texts that end a sample and are left out of it. */
  stop?: readonly string[] | undefined;
}

const START_OPTIONS: Named<StartOptions> = {
  ...{ prompt: true, label: true, length: true, allowSpecial: true },
  ...{ repetitionPenalty: true, repetitionWindow: true, noRepeatNgram: true },
};
const SAMPLE_OPTIONS: Named<SampleOptions> = {
  ...START_OPTIONS,
  ...{ samples: true, seed: true, temperature: true, topK: true, topP: true, minP: true },
  stop: true,
};

/**
 * Draws samples token by token; the text pieces of one sample, joined, are its text, without the prompt. In a model of `lines` or
 * `labelled` documents a sample is a document, and ends where the model ends it.
 *
 * @throws InputError for an option that there is not or out of its range, a label that the model does not know, and a model of another task.
 */
export function sample(model: Model, options: SampleOptions = {}): Generator<SampledToken, void, undefined> {
  refuseUnknown(options, SAMPLE_OPTIONS);
  const { prompt = '', label, length, seed, temperature = 0.8, allowSpecial = false, ...rest } = options;
  const start = frame(model, options);
  return sampleTokens(model.steps, {
    ...rest,
    temperature,
    ...start,
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
    decoder: () => pieces(model, allowSpecial, start.prompt.length, prompt),
  });
}

export interface SearchOptions extends StartOptions {
  /** Hypotheses kept at each step, and the most that are returned; 1 is greedy decoding. */
  width: number;
  /** Above 0 favours longer texts; 0 (default) ranks by log-probability alone. */
  lengthPenalty?: number | undefined;
  /** Searches of `width / groups` hypotheses each that are kept apart: diverse beam search. 1 by default. */
  groups?: number | undefined;
  /** With `groups`: what a token loses, in nats, for each hypothesis of the groups before that takes it; 0.5 by default. */
  diversity?: number | undefined;
}

const SEARCH_OPTIONS: Named<SearchOptions> = {
  ...START_OPTIONS,
  width: true,
  lengthPenalty: true,
  groups: true,
  diversity: true,
};

/** Looks for the likeliest texts by beam search, best first; of several groups the best of each come first. Throws an InputError as `sample` does. */
export function search(model: Model, options: SearchOptions): (Hypothesis & { text: string })[] {
  refuseUnknown(options, SEARCH_OPTIONS);
  const { prompt = '', label, length, allowSpecial = false, ...rest } = options;
  const start = frame(model, options);
  return beam(model.steps, { ...rest, ...start }).map((hypothesis) => {
    const decode = pieces(model, allowSpecial, start.prompt.length, prompt);
    for (const id of start.prompt) decode(id);
    return { ...hypothesis, text: hypothesis.tokens.map(decode).join('') + decode() };
  });
}

/** What samples and searches have in common. */
export function frame(model: Model, { prompt = '', label, length, allowSpecial = false }: StartOptions) {
  demandTask(model, 'lm');
  const { tokenizer, config } = model;
  const { format } = config.options;
  const labelled = format === 'labelled';
  if (label !== undefined && !labelled) {
    throw new InputError(
      `${option('label')} is for runs of ${option('format', 'labelled')}, and ${model.folder} is none: leave it out.`,
    );
  }
  if (labelled && label === undefined && prompt !== '') {
    throw new InputError(
      `In a run of ${option('format', 'labelled')} a prompt needs a label before it: give ${option('label')} too.`,
    );
  }
  const documents = format !== 'stream';
  // `<eos>` occurs at the end of a document, or of a pre-tokenized line.
  const never = [
    ...(allowSpecial ? [] : [UNK, BOS, PAD]),
    ...(documents || tokenizer.scheme.lineEndTokens ? [] : [EOS]),
  ];
  const chosen = label === undefined ? [] : [labelId(tokenizer, label)];
  // A document has one label, which it begins with.
  const labels = tokenizer.labels.map((_, i) => firstLabel(tokenizer) + i);
  return {
    prompt: documents ? [BOS, ...chosen, ...tokenizer.encode(prompt)] : streamPrompt(tokenizer, prompt),
    length: length ?? tokenizer.scheme.lengths.sample,
    forbidden: [...never, ...labels],
    ...(labelled && label === undefined ? { first: labels } : {}),
    ...(documents ? { eos: EOS } : {}),
  };
}

/** Without a text, the end of a line. */
export function streamPrompt(tokenizer: Tokenizer, prompt: string): number[] {
  const tokens = tokenizer.encode(prompt);
  if (tokens.length > 0) return tokens;
  const lineEnd = tokenizer.encode('\n').filter((id) => id !== UNK);
  return lineEnd.length > 0 ? lineEnd : [EOS];
}

/** Labels are the last of the vocabulary. */
function firstLabel({ vocabulary, labels }: Tokenizer): number {
  return vocabulary.length - labels.length;
}

/** Labels that an error lists. */
const MOST_LISTED = 10;

export function labelId(tokenizer: Tokenizer, label: string): number {
  const at = tokenizer.labels.indexOf(label);
  if (at >= 0) return firstLabel(tokenizer) + at;
  const meant = nearest(label, tokenizer.labels);
  if (meant !== undefined) {
    throw new InputError(`The model does not know the label ${JSON.stringify(label)}: did you mean ${meant}?`);
  }
  const known = tokenizer.labels.slice(0, MOST_LISTED).join(', ');
  throw new InputError(
    `The model does not know the label ${JSON.stringify(label)}: give one of its ${tokenizer.labels.length}, such as ${known}.`,
  );
}

/**
 * The part of a prompt that is tokens: all but spaces at its end that a tokenizer of words leaves out, as it puts them between words by
 * itself.
 */
export function promptRead({ tokenizer }: Pick<Model, 'tokenizer'>, prompt: string): string {
  const bare = prompt.replace(/[ \t]+$/, '');
  return tokenizer.encode(bare).join() === tokenizer.encode(prompt).join() ? bare : prompt;
}

/**
 * The text that each token adds, first those of the prompt, then those behind it, which go on from `prompt` as it is; a label that
 * the model chose is written out, with a tab behind it.
 */
export function pieces(
  model: Model,
  allowSpecial: boolean,
  promptTokens: number,
  prompt: string,
): (id?: number) => string {
  const { tokenizer } = model;
  const decode = tokenizer.streamDecoder(allowSpecial);
  const first = firstLabel(tokenizer);
  let ahead = promptTokens;
  let spaced = promptRead(model, prompt) !== prompt;
  return (id) => {
    const text = decode(id);
    if (ahead-- > 0) return text;
    if (id !== undefined && id >= first && !allowSpecial) return `${tokenizer.labels[id - first]}\t`;
    if (!spaced || text === '') return text;
    spaced = false;
    return text.replace(/^ /, '');
  };
}
