/** How likely a language model finds texts, token by token. */

import { createTop } from '../decode/index.ts';
import { InputError } from '../errors.ts';
import { BOS, EOS, UNK } from '../text/index.ts';
import { type AskOptions, namer } from './inputs.ts';
import { demandTask, type Model } from './model.ts';
import { labelId, streamPrompt } from './sample.ts';

export interface ScoreOptions extends AskOptions {
  /** Tokens, the likeliest first, that each token's `alternatives` list; 0 by default. */
  alternatives?: number | undefined;
}

/** A token of the vocabulary where it might stand. */
export interface TokenProbability {
  token: string;
  /** Natural log of its probability, given the tokens before it. */
  logProbability: number;
}

export interface ScoredToken extends TokenProbability {
  /** What it adds to the text. */
  text: string;
  /** How many tokens are likelier there, and one; equal ones are ranked by id. */
  rank: number;
  alternatives: TokenProbability[];
}

export interface Score {
  /** Sum of the tokens' log-probabilities, in nats. */
  logProbability: number;
  /** Perplexity: e to minus their mean. */
  perplexity: number;
  /** What is told: the text's tokens, with the `<eos>` of a document. */
  tokens: ScoredToken[];
  /** How many of them the vocabulary lacks; they count as `<unk>`. */
  unknown: number;
}

/** Texts that are scored side by side. */
const GROUP = 64;

/**
 * The probability of each text. In a model of `lines` a text is a document, with its `<eos>`; in one of `labelled` documents it is
 * `label<TAB>text`, and the label is a token of it. In a model of a stream a text stands after a line end, and its own is
 * told only where that is a token of the line, as in pre-tokenized text.
 *
 * @example
 * import { load, score } from 'gatelm';
 * const [{ logProbability, perplexity }] = score(load('runs/my'), ['The fox said good morning.']);
 *
 * @throws InputError for a text without a token, a label that the model does not know, and a model of another task.
 */
export function score(model: Model, texts: readonly string[], options: ScoreOptions = {}): Score[] {
  demandTask(model, 'lm');
  const where = namer(options, texts.length);
  const sequences = texts.map((text, i) => sequenceOf(model, text, where(i)));
  // Texts of like length side by side, the longest first, so that those that go on are always the first rows.
  const order = sequences.map((_, i) => i).sort((a, b) => sequences[b].ids.length - sequences[a].ids.length);
  const scores: Score[] = new Array(texts.length);
  for (let first = 0; first < order.length; first += GROUP) {
    const group = order.slice(first, first + GROUP);
    scoreGroup(
      model,
      group.map((i) => sequences[i]),
      options.alternatives ?? 0,
    ).forEach((one, row) => {
      scores[group[row]] = one;
    });
  }
  return scores;
}

/** Token ids, of which those from `first` on are told. */
interface Sequence {
  ids: number[];
  first: number;
}

function sequenceOf({ tokenizer, config }: Model, text: string, where: string): Sequence {
  const { format } = config.options;
  if (format === 'stream') {
    const before = streamPrompt(tokenizer, '');
    const ids = tokenizer.encode(text);
    if (ids.length === 0) throw new InputError(`${where} is empty: give at least one token.`);
    return { ids: [...before, ...ids, ...(tokenizer.scheme.lineEndTokens ? [EOS] : [])], first: before.length };
  }
  if (format === 'lines') return { ids: [BOS, ...tokenizer.encode(text), EOS], first: 1 };
  const tab = text.indexOf('\t');
  if (tab < 0) throw new InputError(`${where} has no tab between label and text: write label<TAB>text.`);
  return {
    ids: [BOS, labelId(tokenizer, text.slice(0, tab)), ...tokenizer.encode(text.slice(tab + 1)), EOS],
    first: 1,
  };
}

/** Scores of sequences, the longest of which come first. */
function scoreGroup(model: Model, sequences: readonly Sequence[], most: number): Score[] {
  const { steps, tokenizer } = model;
  const V = tokenizer.vocabulary.length;
  const top = createTop(Math.max(1, most));
  const found = sequences.map((): ScoredToken[] => []);
  const texts = sequences.map((sequence) => textsOf(model, sequence));
  let state = steps.start(sequences.length);
  let rows = sequences.length;
  for (let at = 0; ; at++) {
    const live = sequences.filter(({ ids }) => at + 1 < ids.length);
    if (live.length === 0) break;
    if (live.length < rows) state = steps.select(state, [...live.keys()]);
    rows = live.length;
    const step = steps.next(
      state,
      live.map(({ ids }) => ids[at]),
    );
    ({ state } = step);
    for (const [row, { ids, first }] of live.entries()) {
      if (at + 1 < first) continue;
      const values = step.logProbabilities.subarray(row * V, (row + 1) * V);
      const described = (id: number) => ({ token: tokenizer.vocabulary[id], logProbability: values[id] });
      if (most > 0) values.forEach((value, id) => void top.offer(value, id));
      const alternatives = Array.from(top.ids.subarray(0, top.take()), described);
      const id = ids[at + 1];
      found[row].push({ ...described(id), text: texts[row][at + 1 - first], rank: rankOf(values, id), alternatives });
    }
  }
  return found.map((tokens, row) => {
    const logProbability = tokens.reduce((sum, one) => sum + one.logProbability, 0);
    const { ids, first } = sequences[row];
    const unknown = ids.slice(first).filter((id) => id === UNK).length;
    return { logProbability, perplexity: Math.exp(-logProbability / tokens.length), tokens, unknown };
  });
}

function rankOf(values: Float32Array, id: number): number {
  let rank = 1;
  for (let other = 0; other < values.length; other++) {
    if (values[other] > values[id] || (values[other] === values[id] && other < id)) rank++;
  }
  return rank;
}

/** What each token that is told adds to the text. */
function textsOf({ tokenizer }: Model, { ids, first }: Sequence): string[] {
  const { vocabulary, labels } = tokenizer;
  const firstLabel = vocabulary.length - labels.length;
  const decode = tokenizer.streamDecoder(true);
  const texts = ids.map((id) => {
    const text = decode(id);
    if (id >= firstLabel) return `${labels[id - firstLabel]}\t`;
    return id === EOS ? '' : text;
  });
  texts[texts.length - 1] += decode();
  return texts.slice(first);
}
