/** Beam search: the likeliest continuations, looked for with a fixed number of hypotheses side by side. */

import { RunError } from '../errors.ts';
import { allBut, demand } from './filter.ts';
import { feedPrompt } from './prompt.ts';
import { createTop } from './top.ts';
import type { StepModel } from './types.ts';

export interface BeamOptions {
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
  lengthPenalty?: number;
  /** The token that finishes a hypothesis; without it all go on to the length. */
  eos?: number;
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
  /** What it is ranked by: the sum over its length penalty. */
  score: number;
  /** False for one that was cut at the length. */
  finished: boolean;
}

/** A hypothesis as the search sees it: its last token, and the hypothesis that it extends. */
interface Node {
  parent: Node | undefined;
  token: number;
  logProbability: number;
  total: number;
  score: number;
}

/**
 * Returns up to `width` hypotheses, best first. At each step the `width` likeliest extensions of the live hypotheses
 * are kept; those that end at `<eos>` are finished, the others live on. The search ends when no live hypothesis can
 * come to be among the `width` best finished ones any more, or at the length, where the live ones are ranked with the
 * finished. Equal scores are ranked in the order of finishing; among those of one step by parent, then by token; those
 * cut at the length come last.
 *
 * @throws InputError for an option out of its range.
 * @throws RunError when the model gives no allowed token a probability.
 */
export function beam<S>(model: StepModel<S>, options: BeamOptions): Hypothesis[] {
  const { prompt, width, length, lengthPenalty = 0, eos, forbidden, first } = options;
  demand(Number.isSafeInteger(width) && width >= 1, 'beam width', width, 'a whole number from 1');
  demand(Number.isSafeInteger(length) && length >= 1, 'length', length, 'a whole number of tokens from 1');
  demand(lengthPenalty >= 0 && lengthPenalty < Infinity, 'length penalty', lengthPenalty, '0 or more');

  const V = model.vocabulary;
  const penalty = (n: number): number => ((5 + n) / 6) ** lengthPenalty;
  const without = (ids: readonly number[]): Uint8Array => {
    const left = new Uint8Array(V).fill(1);
    for (const id of ids) left[id] = 0;
    return left;
  };
  const later = without(forbidden);
  const atFirst = first === undefined ? later : without(allBut(first, V));
  const top = createTop(width);
  const ranked = (nodes: Node[]): Node[] => nodes.sort((a, b) => b.score - a.score).slice(0, width);

  let { state, logProbabilities } = feedPrompt(model, prompt);
  let live: (Node | undefined)[] = [undefined];
  let finished: Node[] = [];
  for (let n = 1; ; n++) {
    const allowed = n === 1 ? atFirst : later;
    for (const [row, parent] of live.entries()) {
      const total = parent?.total ?? 0;
      for (let id = 0, at = row * V; id < V; id++, at++) {
        if (allowed[id]) top.offer(total + logProbabilities[at], at);
      }
    }
    const count = top.take();
    const extensions = Array.from(top.ids.subarray(0, count), (at): Node & { row: number } => {
      const row = Math.floor(at / V);
      const parent = live[row];
      const total = (parent?.total ?? 0) + logProbabilities[at];
      return { row, parent, token: at % V, logProbability: logProbabilities[at], total, score: total / penalty(n) };
    });
    const ended = extensions.filter(({ token }) => token === eos);
    const going = extensions.filter(({ token }) => token !== eos);
    finished = ranked([...finished, ...ended]);
    if (going.length === 0) break;
    if (n === length) {
      finished = ranked([...finished, ...going]);
      break;
    }
    // Log-probabilities only ever lower a total, and the penalty is kindest at the full length.
    const reachable = going[0].total / penalty(length);
    if (finished.length === width && finished[width - 1].score >= reachable) break;
    live = going;
    state = model.select(
      state,
      going.map(({ row }) => row),
    );
    const tokens = going.map(({ token }) => token);
    ({ state, logProbabilities } = model.next(state, tokens));
  }
  if (finished.length === 0) {
    throw new RunError(
      'The model gives no allowed token a probability, so that nothing can be found; check its weights.',
    );
  }
  return finished.map((node) => unwind(node, eos));
}

function unwind(last: Node, eos: number | undefined): Hypothesis {
  const tokens: number[] = [];
  const logProbabilities: number[] = [];
  for (let node: Node | undefined = last; node !== undefined; node = node.parent) {
    tokens.push(node.token);
    logProbabilities.push(node.logProbability);
  }
  return {
    tokens: tokens.reverse(),
    logProbabilities: logProbabilities.reverse(),
    logProbability: last.total,
    score: last.score,
    finished: last.token === eos,
  };
}
