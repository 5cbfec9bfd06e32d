/** Drawing texts from a model token by token, many at once. */

import { createRandom, type Random } from '../random.ts';
import { allBut, demand } from './demand.ts';
import { createFilter, draw, type Filter, type FilterOptions } from './filter.ts';
import { type Fed, feedPrompt } from './prompt.ts';
import { type StopMatcher, stopMatcher } from './stop.ts';
import type { StepModel } from './types.ts';

export interface SampleOptions<S = unknown> extends FilterOptions {
  /** What the samples continue, at least one token; they don't repeat it. */
  prompt: ArrayLike<number>;
  /** The state after the first tokens of the prompt, of which one at least is left; by default the zero state before them all. */
  after?: Fed<S> | undefined;
  /** Most tokens of a sample. */
  length: number;
  /** How many samples, drawn as rows of one batch. 1 by default. */
  samples?: number | undefined;
  /** Integer from 0 to 2^53 - 1. Sample i under a seed is the same however many are drawn with it. */
  seed: number;
  /** The only ids that a sample's first token may be, even forbidden ones; without it, all that are not forbidden. */
  first?: readonly number[];
  /** The token that ends a sample; without it none does. */
  eos?: number;
  /** Makes a `Tokenizer.streamDecoder` for one sample; it is fed the prompt first, and called without an id at the end. */
  decoder: () => (id?: number) => string;
  /** Texts that end a sample; they are left out of its text, and are not looked for in the prompt. */
  stop?: readonly string[] | undefined;
}

export interface SampledToken {
  /** Which sample it belongs to, from 0. */
  sample: number;
  token: number;
  /** Natural log of the model's own probability of the token: before temperature, penalty and filters. */
  logProbability: number;
  /** The text that is now certain: it lags behind the tokens while these may be becoming a stop text. */
  text: string;
  /** Set on a sample's last token: drawn `<eos>`, completed a stop text, or reached the length. */
  end?: 'eos' | 'stop' | 'length';
}

/** Random streams of the samples start here, apart from those of training under the same seed. */
const FIRST_STREAM = 0x10000;

/** What a sample carries from token to token besides its row of the model's state. */
interface Row {
  sample: number;
  random: Random;
  /** All tokens, the prompt's included. */
  text: number[];
  decode: (id?: number) => string;
  matcher: StopMatcher;
}

/**
 * Draws samples, yielding their tokens as they come: the first token of each sample, then the second of each that is not
 * at its end, and so on. Temperature 0 is greedy decoding.
 *
 *     for (const { text } of sample(model, { prompt, length: 200, seed: 1, forbidden: [UNK, BOS, PAD], decoder })) process.stdout.write(text);
 *
 * @throws InputError, before anything is drawn, for an option out of its range.
 * @throws RunError when the model gives no allowed token a probability.
 */
export function sample<S>(model: StepModel<S>, options: SampleOptions<S>): Generator<SampledToken, void, undefined> {
  const { prompt, length, samples = 1, stop = [] } = options;
  demand(Number.isSafeInteger(length) && length >= 0, 'length', length, 'a whole number of tokens');
  demand(Number.isSafeInteger(samples) && samples >= 1, 'number of samples', samples, 'a whole number from 1');
  const filter = createFilter(model.vocabulary, options);
  const filterFirst =
    options.first === undefined
      ? filter
      : createFilter(model.vocabulary, { ...options, forbidden: allBut(options.first, model.vocabulary) });
  const rows = Array.from({ length: samples }, (_, index): Row => {
    const decode = options.decoder();
    for (let i = 0; i < prompt.length; i++) decode(prompt[i]);
    const random = createRandom(options.seed, FIRST_STREAM + index);
    return { sample: index, random, text: Array.from(prompt), decode, matcher: stopMatcher(stop) };
  });
  return generate(model, filterFirst, filter, rows, options);
}

function* generate<S>(
  model: StepModel<S>,
  filterFirst: Filter,
  filter: Filter,
  rows: Row[],
  { prompt, after, length, eos }: SampleOptions<S>,
): Generator<SampledToken, void, undefined> {
  if (length === 0) return;
  const { vocabulary } = model;
  let { state, logProbabilities } = feedPrompt(model, prompt, after);
  let live = rows;
  /** Rows of `state`: one after the prompt, which all samples share; then one a live sample. */
  let width = 1;
  for (let step = 1; ; step++) {
    const allowed = step === 1 ? filterFirst : filter;
    const drawn = live.map((row, i): SampledToken => {
      const at = width === 1 ? 0 : i;
      const token = draw(allowed(logProbabilities, at, row.text), row.random.uniform());
      row.text.push(token);
      const logProbability = logProbabilities[at * vocabulary + token];
      const text = row.matcher.push(row.decode(token));
      const end = token === eos ? 'eos' : row.matcher.stopped ? 'stop' : step === length ? 'length' : undefined;
      if (end === undefined) return { sample: row.sample, token, logProbability, text };
      return {
        sample: row.sample,
        token,
        logProbability,
        text: text + row.matcher.push(row.decode()) + row.matcher.flush(),
        end,
      };
    });
    // Only now, because whoever takes the tokens may use the model in between, which invalidates `logProbabilities`.
    yield* drawn;

    const going = live.flatMap((_, i) => (drawn[i].end === undefined ? [i] : []));
    if (going.length === 0) return;
    if (going.length !== width) state = model.select(state, width === 1 ? going.map(() => 0) : going);
    live = going.map((i) => live[i]);
    width = live.length;
    const tokens = going.map((i) => drawn[i].token);
    ({ state, logProbabilities } = model.next(state, tokens));
  }
}
