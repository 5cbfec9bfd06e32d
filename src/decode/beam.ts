/** Beam search: the likeliest continuations, looked for with a fixed number of hypotheses side by side. */

import { allBut, demand, nothingLeft } from './demand.ts';
import { feedPrompt } from './prompt.ts';
import { createRepetition, type Repetition, type RepetitionOptions } from './repetition.ts';
import { createTop } from './top.ts';
import type { StepModel } from './types.ts';

export interface BeamOptions extends RepetitionOptions {
  /** What the hypotheses continue, at least one token; they don't repeat it. */
  prompt: ArrayLike<number>;
  /** W, the hypotheses kept at each step, and the most that are returned. 1 is greedy decoding. */
  width: number;
  /** Most tokens of a hypothesis. */
  length: number;
  /**
   * Alpha of Wu et al. 2016, equation 14: hypotheses are ranked by log-probability / ((5 + n) / 6)^alpha, where n
   * counts their tokens with `<eos>`. 0 (default) ranks by log-probability alone, more favours longer ones.
   */
  lengthPenalty?: number | undefined;
  /**
   * G, a divisor of W: as many searches of W / G hypotheses each, side by side, which are kept from going the same way (diverse beam
   * search, Vijayakumar et al. 2016, algorithm 1). 1 by default.
   */
  groups?: number | undefined;
  /**
   * With `groups`: what a token loses, in nats, for each hypothesis of the groups before that takes it at the same step (Hamming
   * diversity, section 4 there). It counts in the choice of tokens alone, not in scores. 0.5 by default.
   */
  diversity?: number | undefined;
  /** The token that finishes a hypothesis; without it all go on to the length. */
  eos?: number | undefined;
  /** Token ids that no hypothesis holds. */
  forbidden: readonly number[];
  /** The only ids that the first token may be, even forbidden ones; without it, all that are not forbidden. */
  first?: readonly number[];
}

export interface Hypothesis {
  /** `<eos>` included, when it ended there. */
  tokens: number[];
  /** Natural log of the model's probability of each token. */
  logProbabilities: number[];
  /** Their sum. */
  logProbability: number;
  /** What it is ranked by: the sum over its length penalty, with the repetition penalty in it. */
  score: number;
  /** False for one that was cut at the length. */
  finished: boolean;
}

/** A hypothesis as the search sees it: its last token, and the hypothesis that it extends. */
interface Node {
  parent: Node | undefined;
  token: number;
  logProbability: number;
  /** Sum of the log-probabilities, those of repeated tokens as the penalty has them. */
  total: number;
  score: number;
  /** Of the model's state that the hypothesis is extended from. */
  row: number;
}

/** Hypotheses that are searched together. */
interface Group {
  /** Rows of the model's state that are its live hypotheses. */
  rows: number[];
  finished: Node[];
}

const DIVERSITY = 0.5;

/**
 * Returns up to `width` hypotheses, best first; of several groups the best of each, then the second of each, and so on, without
 * those that another group has found too. At each step the likeliest extensions of the live hypotheses of a group
 * are kept; those that end at `<eos>` are finished, the others live on. A group's search ends when no live hypothesis can
 * come to be among its best finished ones any more, or at the length, where the live ones are ranked with the
 * finished. Equal scores are ranked in the order of finishing; among those of one step by parent, then by token; those
 * cut at the length come last.
 *
 * @throws InputError for an option out of its range.
 * @throws RunError when the model gives no allowed token a probability.
 */
export function beam<S>(model: StepModel<S>, options: BeamOptions): Hypothesis[] {
  const { prompt, width: all, length, lengthPenalty = 0, groups = 1, diversity = DIVERSITY, eos } = options;
  const { forbidden, first } = options;
  demand(Number.isSafeInteger(all) && all >= 1, 'beam width', all, 'a whole number from 1');
  demand(Number.isSafeInteger(length) && length >= 1, 'length', length, 'a whole number of tokens from 1');
  demand(lengthPenalty >= 0 && lengthPenalty < Infinity, 'length penalty', lengthPenalty, '0 or more');
  const divides = Number.isSafeInteger(groups) && groups >= 1 && all % groups === 0;
  demand(divides, 'number of beam groups', groups, `a divisor of the beam width ${all}`);
  demand(diversity >= 0 && diversity < Infinity, 'beam diversity', diversity, '0 or more');

  const V = model.vocabulary;
  const width = all / groups;
  const penalty = (n: number): number => ((5 + n) / 6) ** lengthPenalty;
  const without = (ids: readonly number[]): Uint8Array => {
    const left = new Uint8Array(V).fill(1);
    for (const id of ids) left[id] = 0;
    return left;
  };
  const later = without(forbidden);
  const atFirst = first === undefined ? later : without(allBut(first, V));
  const repetition = createRepetition(options);
  /** How many hypotheses of the groups before take each token at this step. */
  const taken = new Uint32Array(V);
  const top = createTop(width);
  const ranked = (nodes: Node[]): Node[] => nodes.sort((a, b) => b.score - a.score).slice(0, width);

  let { state, logProbabilities } = feedPrompt(model, prompt);
  /** The hypotheses that the rows of the state belong to: the prompt alone, `undefined`, to begin with. */
  let live: (Node | undefined)[] = [undefined];
  const searches = Array.from({ length: groups }, (): Group => ({ rows: [0], finished: [] }));
  for (let n = 1; ; n++) {
    const allowed = n === 1 ? atFirst : later;
    const values = repetition ? lowered(repetition, logProbabilities, V, live, prompt) : logProbabilities;
    taken.fill(0);
    const next: Node[] = [];
    for (const group of searches) {
      for (const row of group.rows) {
        const total = live[row]?.total ?? 0;
        for (let id = 0, at = row * V; id < V; id++, at++) {
          if (allowed[id]) top.offer(total + values[at] - diversity * taken[id], at);
        }
      }
      const count = top.take();
      const extensions = Array.from(top.ids.subarray(0, count), (at): Node => {
        const row = Math.floor(at / V);
        const parent = live[row];
        const total = (parent?.total ?? 0) + values[at];
        return { row, parent, token: at % V, logProbability: logProbabilities[at], total, score: total / penalty(n) };
      });
      for (const { token } of extensions) taken[token]++;
      const going = extensions.filter(({ token }) => token !== eos);
      group.finished = ranked([...group.finished, ...extensions.filter(({ token }) => token === eos)]);
      if (n === length) group.finished = ranked([...group.finished, ...going]);
      // Log-probabilities only ever lower a total, and the penalty is kindest at the full length.
      const reachable = Math.max(...going.map(({ total }) => total)) / penalty(length);
      const full = group.finished.length === width && group.finished[width - 1].score >= reachable;
      group.rows = n === length || full ? [] : going.map((_, i) => next.length + i);
      if (group.rows.length > 0) next.push(...going);
    }
    if (next.length === 0) break;
    live = next;
    state = model.select(
      state,
      next.map(({ row }) => row),
    );
    const tokens = next.map(({ token }) => token);
    ({ state, logProbabilities } = model.next(state, tokens));
  }
  const found = inTurn(searches.map(({ finished }) => finished.map((node) => unwind(node, eos))));
  if (found.length === 0) throw nothingLeft(options.noRepeatNgram);
  return found;
}

/** The (rows, V) log-probabilities of what comes next, lowered where the hypotheses would repeat themselves. */
function lowered(
  repetition: Repetition,
  logProbabilities: Float32Array,
  V: number,
  live: readonly (Node | undefined)[],
  prompt: ArrayLike<number>,
): Float64Array {
  const values = Float64Array.from(logProbabilities);
  for (const [row, node] of live.entries()) {
    repetition.lower(values.subarray(row * V, (row + 1) * V), [...Array.from(prompt), ...tokensOf(node)]);
  }
  return values;
}

/** The first of each list, the better the sooner, then the second of each, and so on; what was there before is left out. */
function inTurn(lists: readonly Hypothesis[][]): Hypothesis[] {
  const met = new Set<string>();
  const longest = Math.max(...lists.map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, rank) =>
    lists.flatMap((list) => list.slice(rank, rank + 1)).sort((a, b) => b.score - a.score),
  );
  return turns.flat().filter(({ tokens }) => {
    const key = tokens.join();
    if (met.has(key)) return false;
    met.add(key);
    return true;
  });
}

/** The tokens of a hypothesis; none of the prompt alone. */
function tokensOf(last: Node | undefined): number[] {
  const tokens: number[] = [];
  for (let node = last; node !== undefined; node = node.parent) tokens.push(node.token);
  return tokens.reverse();
}

function unwind(last: Node, eos: number | undefined): Hypothesis {
  const logProbabilities: number[] = [];
  for (let node: Node | undefined = last; node !== undefined; node = node.parent)
    logProbabilities.push(node.logProbability);
  logProbabilities.reverse();
  return {
    tokens: tokensOf(last),
    logProbabilities,
    logProbability: logProbabilities.reduce((sum, one) => sum + one, 0),
    score: last.score,
    finished: last.token === eos,
  };
}
