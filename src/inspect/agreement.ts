/**
 * Whether a language model prefers the right one of two forms after a prefix: the verb that agrees with its subject,
 * after Linzen, Dupoux and Goldberg 2016, "Assessing the ability of LSTMs to learn syntax-sensitive dependencies".
 */

import type { EngineStepModel } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import { type Tokenizer, UNK } from '../text/index.ts';

/** A line of a file of pairs. */
export interface Pair {
  /** From 1. */
  line: number;
  prefix: string;
  right: string;
  wrong: string;
  /** Nouns between the subject and the form, and words between the two; only in files of five columns. */
  attractors?: number;
  distance?: number;
}

/**
 * Reads `prefix<TAB>right<TAB>wrong` or `prefix<TAB>right<TAB>wrong<TAB>attractors<TAB>distance` lines; empty ones are left out.
 *
 * @throws InputError that names the file and the line, for a line of another form.
 */
export function parsePairs(text: string, file: string): Pair[] {
  const pairs: Pair[] = [];
  let columns = 0;
  for (const [i, row] of text.split(/\r\n|\n|\r/).entries()) {
    if (row === '') continue;
    const line = i + 1;
    const refuse = (problem: string): never => {
      throw new InputError(`${file}, line ${line}: ${problem}.`);
    };
    const cells = row.split('\t');
    if (columns === 0) columns = cells.length;
    if (cells.length !== 3 && cells.length !== 5) {
      refuse(`${cells.length} columns; write prefix, right form and wrong form with a tab between them`);
    }
    if (cells.length !== columns) refuse(`${cells.length} columns, while the lines before it have ${columns}`);
    const [prefix, right, wrong, attractors, distance] = cells.map((cell) => cell.trim());
    if (prefix === '') refuse('the prefix is empty');
    if (right === '' || wrong === '') refuse('a form is empty');
    if (right === wrong) refuse(`both forms are ${JSON.stringify(right)}`);
    if (columns === 3) {
      pairs.push({ line, prefix, right, wrong });
      continue;
    }
    const count = (cell: string, name: string): number =>
      /^\d{1,9}$/.test(cell) ? Number(cell) : refuse(`the ${name} ${JSON.stringify(cell)} is no whole number`);
    pairs.push({
      line,
      prefix,
      right,
      wrong,
      attractors: count(attractors, 'number of attractors'),
      distance: count(distance, 'distance'),
    });
  }
  if (pairs.length === 0) throw new InputError(`${file} has no pairs: write prefix<TAB>right<TAB>wrong lines.`);
  return pairs;
}

/** What a model makes of a pair. */
export interface Judgement {
  pair: Pair;
  /** Tokens before the place where the forms differ, `<bos>` not counted. */
  length: number;
  /** Natural log of how much likelier the right form is than the wrong one; above 0 the model is right. */
  margin: number;
  correct: boolean;
}

/** How a model reads a text: with `<bos>` before each line of it or not. */
export interface Reading {
  steps: EngineStepModel;
  tokenizer: Tokenizer;
  /** Token before the prefix, if the model knows one. */
  bos: number | undefined;
}

/**
 * Judges pairs by the total log-probability of each form after its prefix. For a model of characters a form ends with the space
 * behind it: without it a form that begins the other one ("run", "runs") would always win.
 *
 * Pairs whose forms are the same to the model, as it knows neither, are left out and counted in `unknown`.
 *
 * @throws InputError that names file and line, where one form's tokens begin the other's.
 */
export function judgePairs(
  { steps, tokenizer, bos }: Reading,
  pairs: readonly Pair[],
  file: string,
): { judgements: Judgement[]; unknown: number; unknownPrefixes: number } {
  const end = tokenizer.scheme.impliesSpace ? '' : ' ';
  const start = bos === undefined ? [] : [bos];
  const asked: { pair: Pair; shared: number }[] = [];
  const sequences: Sequence[] = [];
  let unknown = 0;
  let unknownPrefixes = 0;
  for (const pair of pairs) {
    const encode = (form: string): number[] => [...start, ...tokenizer.encode(`${pair.prefix} ${form}${end}`)];
    const right = encode(pair.right);
    const wrong = encode(pair.wrong);
    let shared = 0;
    while (shared < right.length && right[shared] === wrong[shared]) shared++;
    if (shared === right.length && shared === wrong.length) {
      unknown++;
      continue;
    }
    if (shared === right.length || shared === wrong.length) {
      throw new InputError(`${file}, line ${pair.line}: one form begins with the other, and would always win.`);
    }
    if (right.slice(start.length, shared).includes(UNK)) unknownPrefixes++;
    asked.push({ pair, shared });
    sequences.push({ tokens: right, from: shared }, { tokens: wrong, from: shared });
  }
  const scores = scoreSequences(steps, sequences);
  const judgements = asked.map(({ pair, shared }, i) => {
    const margin = scores[2 * i] - scores[2 * i + 1];
    return { pair, length: shared - start.length, margin, correct: margin > 0 };
  });
  return { judgements, unknown, unknownPrefixes };
}

/** Tokens of which those from index `from` on (1 or more) are to be scored, given all before. */
interface Sequence {
  tokens: readonly number[];
  from: number;
}

/** Sequences that go side by side as rows. */
const ROWS = 256;

/** The total log-probability of each sequence's tokens from its `from` on. */
function scoreSequences(model: EngineStepModel, sequences: readonly Sequence[]): Float64Array {
  const scores = new Float64Array(sequences.length);
  const order = sequences.map((_, i) => i).sort((a, b) => sequences[b].tokens.length - sequences[a].tokens.length);
  for (let first = 0; first < order.length; first += ROWS) {
    let live = order.slice(first, first + ROWS);
    let state = model.start(live.length);
    for (let t = 0; ; t++) {
      // The last token is predicted, but not read. Longest first, so that those at their end are the last rows.
      const going = live.filter((i) => t + 1 < sequences[i].tokens.length);
      if (going.length === 0) break;
      if (going.length < live.length) state = model.select(state, [...going.keys()]);
      live = going;
      const next = model.next(
        state,
        live.map((i) => sequences[i].tokens[t]),
      );
      state = next.state;
      for (const [row, i] of live.entries()) {
        const { tokens, from } = sequences[i];
        if (t + 1 >= from) scores[i] += next.logProbabilities[row * model.vocabulary + tokens[t + 1]];
      }
    }
  }
  return scores;
}

/** How many pairs of a kind there are, and the share that the model judges rightly. */
export interface Share {
  pairs: number;
  accuracy: number;
}

/** Judgements by a number that they have (say the distance), smallest first; those without it are left out. */
export function tabulate(
  judgements: readonly Judgement[],
  key: (judgement: Judgement) => number | undefined,
): (Share & { key: number })[] {
  const groups = new Map<number, Judgement[]>();
  for (const judgement of judgements) {
    const value = key(judgement);
    if (value === undefined) continue;
    const group = groups.get(value) ?? [];
    groups.set(value, group);
    group.push(judgement);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([value, group]) => ({ key: value, ...share(group) }));
}

/** All of some judgements; without any the accuracy is NaN. */
export function share(judgements: readonly Judgement[]): Share {
  const right = judgements.filter(({ correct }) => correct).length;
  return { pairs: judgements.length, accuracy: right / judgements.length };
}
