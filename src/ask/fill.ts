/** Filling the blanks of a text. A blank is four underscores or more. */

import { InputError } from '../errors.ts';
import { type Named, refuseUnknown } from '../options/index.ts';
import { BOS, EOS, PAD, UNK } from '../text/index.ts';
import { beamFillings, type Candidate, gibbsFillings, readGap, singleFillings } from './fill-blank.ts';
import { createFillSteps, type FillSteps } from './fill-steps.ts';
import { ASK_OPTIONS, type AskOptions, namer } from './inputs.ts';
import { demandTask, type Model } from './model.ts';

export interface FillOptions extends AskOptions {
  /** Tokens in each blank; by default the number, up to 12 characters or 3 words, that joins best. */
  length?: number | undefined;
  /** Hypotheses of the beam search for the fillings that join best; 16 by default. */
  beam?: number | undefined;
  /** Draws fillings by Gibbs sampling instead: from the model's distribution at 1, from a sharper one below. */
  temperature?: number | undefined;
  /** With `temperature`: how many are drawn (1 by default), and the seed (1 by default). */
  samples?: number | undefined;
  seed?: number | undefined;
  /** Most fillings that a search returns; 1 by default. */
  top?: number | undefined;
}

const FILL_OPTIONS: Named<FillOptions> = {
  ...ASK_OPTIONS,
  ...{ length: true, beam: true, temperature: true, samples: true, seed: true, top: true },
};

/** A text with its blanks filled. */
export interface Filling {
  text: string;
  /** Its parts before, between and behind the blanks. */
  between: string[];
  /** What stands in each blank. */
  blanks: string[];
  /** The ids of its tokens. */
  tokens: number[][];
  /** Natural log of the probability of each of them, given all other tokens of the text. */
  logProbabilities: number[][];
  /** How well the last blank that was filled joins, in nats: see `Candidate`. */
  score: number;
}

/** A blank in a text: four underscores or more. */
export const BLANK = /_{4,}/g;
/** Hypotheses of the search. */
const WIDTH = 16;

/**
 * Fills the blanks of each text, the fillings that join best first. One of a single token is read off the model;
 * several tokens are found by a beam search, or with `temperature` drawn by Gibbs sampling, each given all others
 * (Berglund et al. 2015). Several blanks are filled one after the other, and then once more, each given what stands in
 * all others.
 *
 * @throws InputError for a text without a blank, an option that there is not or out of its range, several fillings of a text with several
 *   blanks, and a model of another task.
 */
export function fill(model: Model, texts: readonly string[], options: FillOptions = {}): Filling[][] {
  demandTask(model, 'fill');
  refuseUnknown(options, FILL_OPTIONS);
  const where = namer(options, texts.length);
  const blanked = texts.map((text, i) => cut(model, text, where(i), options));
  const steps = createFillSteps(model);
  const lineEnds = options.lines
    ? model.tokenizer.vocabulary.flatMap((token, id) => (/[\n\r]/.test(token) ? [id] : []))
    : [];
  const forbidden = [UNK, BOS, EOS, PAD, ...lineEnds];
  return blanked.map((text) => fillBlanks(model, steps, text, forbidden, options));
}

/** A text between its blanks, as it is and as ids; the first and the last are what stands before and behind the blanks. */
interface BlankedText {
  texts: string[];
  ids: number[][];
}

function cut(
  { tokenizer, config }: Pick<Model, 'config' | 'tokenizer'>,
  text: string,
  where: string,
  options: FillOptions,
): BlankedText {
  const texts = text.split(BLANK);
  if (texts.length === 1) throw new InputError(`${where} has no blank: write four underscores where one is, ____.`);
  if (texts.length > 2 && ((options.top ?? 1) > 1 || (options.samples ?? 1) > 1)) {
    throw new InputError(
      `${where} has ${texts.length - 1} blanks, and only one can be filled in several ways: ask for one filling.`,
    );
  }
  const ids = tokenizer.encodeAround(texts);
  const last = ids.length - 1;
  if (config.options.format === 'lines') {
    ids[0].unshift(BOS);
    ids[last].push(EOS);
  } else {
    // A line begins and ends there, as nothing else is known.
    const lineEnd = tokenizer.encode('\n').filter((id) => id !== UNK);
    if (ids[0].length === 0) ids[0].push(...lineEnd);
    if (ids[last].length === 0) ids[last].push(...lineEnd);
  }
  return { texts, ids };
}

function fillBlanks(
  model: Model,
  steps: FillSteps,
  { texts, ids }: BlankedText,
  forbidden: readonly number[],
  options: FillOptions,
): Filling[] {
  const { tokenizer } = model;
  const most = options.length ?? tokenizer.scheme.lengths.blank;
  const lengths = { least: options.length ?? 1, most };
  const filled: Candidate[] = [];
  const before = (i: number): number[] => [
    ...ids[0],
    ...filled.slice(0, i).flatMap(({ tokens }, j) => [...tokens, ...ids[j + 1]]),
  ];
  const behind = (i: number): number[] => [
    ...ids[i + 1],
    ...filled.slice(i + 1).flatMap(({ tokens }, j) => [...tokens, ...ids[i + j + 2]]),
  ];
  const blanks = ids.length - 1;
  let found: Candidate[] = [];
  for (let i = 0; i < blanks; i++) {
    found = candidates(steps, before(i), behind(i), lengths, forbidden, options);
    filled.push(found[0]);
  }
  for (let i = 0; blanks > 1 && i < blanks; i++) {
    const { length } = filled[i].tokens;
    [filled[i]] = candidates(steps, before(i), behind(i), { least: length, most: length }, forbidden, options);
  }
  return (blanks > 1 ? [filled] : found.map((one) => [one])).map((fillings) => describe(model, texts, ids, fillings));
}

/** Fillings of one blank, those that join best first, or as they were drawn. */
function candidates(
  steps: FillSteps,
  left: readonly number[],
  right: readonly number[],
  { least, most }: { least: number; most: number },
  forbidden: readonly number[],
  { beam = WIDTH, temperature, samples = 1, seed = 1, top = 1 }: FillOptions,
): Candidate[] {
  const gap = readGap(steps, left, right);
  if (temperature !== undefined) {
    const draws = { forbidden, temperature, seed, samples };
    const drawn = Array.from({ length: most - least + 1 }, (_, i) => gibbsFillings(steps, gap, least + i, draws));
    return drawn.reduce((a, b) => (b.best > a.best ? b : a)).samples;
  }
  if (most === 1) return singleFillings(steps, gap, { forbidden, most: top });
  const found = beamFillings(steps, gap, { least, most, forbidden, width: Math.max(beam, top) });
  return found.sort((a, b) => b.score - a.score).slice(0, top);
}

function describe(
  { tokenizer, predictor }: Pick<Model, 'tokenizer' | 'predictor'>,
  texts: readonly string[],
  ids: readonly (readonly number[])[],
  fillings: readonly Candidate[],
): Filling {
  const blanks = fillings.map(({ tokens }) => tokenizer.decode(tokens));
  const whole = ids.flatMap((part, i) => (i === 0 ? part : [...fillings[i - 1].tokens, ...part]));
  const [values] = predictor.logProbabilities([whole]);
  const V = tokenizer.vocabulary.length;
  let at = ids[0].length;
  const logProbabilities = fillings.map(({ tokens }, i) => {
    const own = tokens.map((token, j) => values[(at + j) * V + token]);
    at += tokens.length + ids[i + 1].length;
    return own;
  });
  const between = tokenizer.spaceAround(texts, blanks);
  return {
    text: between.map((part, i) => (i === 0 ? part : blanks[i - 1] + part)).join(''),
    between,
    blanks,
    tokens: fillings.map(({ tokens }) => tokens),
    logProbabilities,
    score: fillings.at(-1)!.score,
  };
}
