/** What may stand in one blank of a text, and how well it joins what stands beside it. */

import { createFilter, createTop, draw } from '../decode/index.ts';
import { createRandom } from '../random.ts';
import type { FillSteps, Half, Reached } from './fill-steps.ts';

/** Tokens on either side of a blank that count for how well a filling joins. */
const BESIDE = 8;
/** Chains of Gibbs sampling for each length, and rounds in each of which every token is drawn once. */
const CHAINS = 8;
const ROUNDS = 8;
/** Random streams of the chains start here. */
const FIRST_STREAM = 0x20000;

/** A blank between two texts that have been read up to it. */
export interface Gap {
  left: readonly number[];
  right: readonly number[];
  past: Reached;
  future: Reached;
  alone: Reached;
  /** What the past says about each token of `left`, and the future about each of `right`: (V) each. */
  pastOfLeft: Float32Array[];
  futureOfRight: Float32Array[];
}

export interface Candidate {
  tokens: number[];
  /** Natural log of the probability of each token, given all others. */
  logProbabilities: number[];
  /**
   * How well it joins, with no favour for long ones or short ones: log-probabilities, given all others, of its tokens
   * and of the eight on either side, and those, given the ones before alone, of its tokens and of the eight behind, all
   * added up.
   */
  score: number;
}

export function readGap(steps: FillSteps, left: readonly number[], right: readonly number[]): Gap {
  const read = (half: Half, tokens: readonly number[]): { end: Reached; before: Float32Array[] } => {
    let end = half.start(1);
    const before: Float32Array[] = [];
    for (const token of tokens) {
      before.push(end.logProbabilities);
      end = half.next(end, [token]);
    }
    return { end, before };
  };
  const forwards = read(steps.past, left);
  const backwards = read(steps.future, [...right].reverse());
  return {
    left,
    right,
    past: forwards.end,
    future: backwards.end,
    alone: read(steps.alone, left).end,
    pastOfLeft: forwards.before,
    futureOfRight: backwards.before.reverse(),
  };
}

/** The (V) log-probabilities of a position: what row `i` of the past and row `j` of the future say about it, together. */
export function meet(past: Float32Array, i: number, future: Float32Array, j: number, V: number): Float32Array {
  const sum = new Float32Array(V);
  let largest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < V; id++) {
    sum[id] = past[i * V + id] + future[j * V + id];
    if (sum[id] > largest) largest = sum[id];
  }
  let total = 0;
  for (let id = 0; id < V; id++) total += Math.exp(sum[id] - largest);
  const shift = largest + Math.log(total);
  for (let id = 0; id < V; id++) sum[id] -= shift;
  return sum;
}

/** What a half says before each of the columns of tokens that it reads, from `start` on; a column has a token for each row. */
function follow(half: Half, start: Reached, columns: readonly (readonly number[])[]): Float32Array[] {
  let here = start;
  return columns.map((tokens) => {
    const { logProbabilities } = here;
    here = half.next(here, tokens);
    return logProbabilities;
  });
}

/** Judges fillings of one length. */
export function judge(steps: FillSteps, gap: Gap, fillings: readonly (readonly number[])[]): Candidate[] {
  const V = steps.vocabulary;
  const rows = fillings.map(() => 0);
  const n = fillings[0].length;
  const right = gap.right.slice(0, BESIDE);
  const left = gap.left.slice(Math.max(0, gap.left.length - BESIDE));
  const before = gap.left.length - left.length;
  const all = (tokens: readonly number[]): number[][] => tokens.map((token) => fillings.map(() => token));
  const blank = Array.from({ length: n }, (_, at) => fillings.map((tokens) => tokens[at]));
  const onwards = [...blank, ...all(right)];
  const backwards = [...all(left), ...blank];
  const past = follow(steps.past, steps.past.select(gap.past, rows), onwards);
  const alone = follow(steps.alone, steps.alone.select(gap.alone, rows), onwards);
  const future = follow(steps.future, steps.future.select(gap.future, rows), [...backwards].reverse()).reverse();
  return fillings.map((tokens, row) => {
    const logProbabilities = tokens.map((token, at) => meet(past[at], row, future[left.length + at], row, V)[token]);
    const beside = [
      ...left.map((token, at) => meet(gap.pastOfLeft[before + at], 0, future[at], row, V)[token]),
      ...right.map((token, at) => meet(past[n + at], row, gap.futureOfRight[at], 0, V)[token]),
    ];
    const byPast = onwards.map((column, at) => alone[at][row * V + column[row]]);
    const score = [...logProbabilities, ...beside, ...byPast].reduce((sum, one) => sum + one, 0);
    return { tokens: [...tokens], logProbabilities, score };
  });
}

/** The likeliest tokens for a blank of one, given all others, the likeliest first. */
export function singleFillings(
  steps: FillSteps,
  gap: Gap,
  { forbidden, most }: { forbidden: readonly number[]; most: number },
): Candidate[] {
  const V = steps.vocabulary;
  const values = meet(gap.past.logProbabilities, 0, gap.future.logProbabilities, 0, V);
  const top = createTop(Math.min(most, V));
  for (let id = 0; id < V; id++) if (!forbidden.includes(id)) top.offer(values[id], id);
  const ids = Array.from(top.ids.subarray(0, top.take()));
  return judge(
    steps,
    gap,
    ids.map((id) => [id]),
  );
}

/**
 * Fillings of `least` to `most` tokens by a beam search: those of one token by past and future, longer ones by what the
 * past alone says, at each length the `width` likeliest that begin with one of the length before.
 */
export function beamFillings(
  steps: FillSteps,
  gap: Gap,
  { least, most, forbidden, width }: { least: number; most: number; forbidden: readonly number[]; width: number },
): Candidate[] {
  const V = steps.vocabulary;
  const allowed = new Uint8Array(V).fill(1);
  for (const id of forbidden) allowed[id] = 0;
  const top = createTop(width);
  let live: { tokens: number[]; total: number }[] = [{ tokens: [], total: 0 }];
  let { alone } = gap;
  const found = least > 1 ? [] : singleFillings(steps, gap, { forbidden, most: width });
  for (let length = 1; length <= most; length++) {
    const { logProbabilities } = alone;
    for (const [row, { total }] of live.entries()) {
      for (let id = 0, at = row * V; id < V; id++, at++) {
        if (allowed[id]) top.offer(total + logProbabilities[at], at);
      }
    }
    const best = Array.from(top.ids.subarray(0, top.take()), (at) => ({ row: Math.floor(at / V), id: at % V, at }));
    live = best.map(({ row, id, at }) => ({
      tokens: [...live[row].tokens, id],
      total: live[row].total + logProbabilities[at],
    }));
    const fillings = live.map(({ tokens }) => tokens);
    if (length > 1 && length >= least) found.push(...judge(steps, gap, fillings));
    if (length === most) break;
    alone = steps.alone.select(
      alone,
      best.map(({ row }) => row),
    );
    alone = steps.alone.next(
      alone,
      best.map(({ id }) => id),
    );
  }
  return found;
}

/**
 * Draws fillings of `n` tokens by Gibbs sampling: chains that begin with tokens drawn from the past alone, and whose
 * tokens are then drawn anew one by one, given all others, round by round. Returns what is left of the first `samples`
 * chains, and the best score that any chain came across.
 */
export function gibbsFillings(
  steps: FillSteps,
  gap: Gap,
  n: number,
  options: { forbidden: readonly number[]; temperature: number; seed: number; samples: number },
): { samples: Candidate[]; best: number } {
  const { forbidden, temperature, seed, samples } = options;
  const V = steps.vocabulary;
  const filter = createFilter(V, { forbidden, temperature });
  const chains = Array.from({ length: Math.max(CHAINS, samples) }, (_, i) => ({
    tokens: new Array<number>(n).fill(0),
    random: createRandom(seed, FIRST_STREAM + i),
  }));
  const rows = chains.map(() => 0);
  const column = (at: number): number[] => chains.map(({ tokens }) => tokens[at]);
  let alone = steps.alone.select(gap.alone, rows);
  for (let at = 0; at < n; at++) {
    for (const [i, { tokens, random }] of chains.entries()) {
      tokens[at] = draw(filter(alone.logProbabilities, i, []), random.uniform());
    }
    if (at < n - 1) alone = steps.alone.next(alone, column(at));
  }
  const met: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const columns = Array.from({ length: n }, (_, i) => column(n - 1 - i));
    const future = follow(steps.future, steps.future.select(gap.future, rows), columns).reverse();
    let past = steps.past.select(gap.past, rows);
    for (let at = 0; at < n; at++) {
      for (const [i, { tokens, random }] of chains.entries()) {
        const values = meet(past.logProbabilities, i, future[at], i, V);
        tokens[at] = draw(filter(values, 0, []), random.uniform());
      }
      if (at < n - 1) past = steps.past.next(past, column(at));
    }
    met.push(...chains.map(({ tokens }) => [...tokens]));
  }
  const judged = judge(steps, gap, met);
  return {
    samples: judged.slice(-chains.length).slice(0, samples),
    best: Math.max(...judged.map(({ score }) => score)),
  };
}
