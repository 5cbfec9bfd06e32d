/** From a model's log-probabilities to the tokens that may be drawn, and how likely each is. */

import { demand, nothingLeft } from './demand.ts';
import { createRepetition, type RepetitionOptions } from './repetition.ts';
import { createTop } from './top.ts';

/**
 * What changes the model's distribution, in the order in which it is applied. With every default the distribution is the
 * model's own, forbidden tokens left out.
 */
export interface FilterOptions extends RepetitionOptions {
  /** Token ids that are never drawn: `<unk>`, `<bos>` and `<pad>`, and `<eos>` for a model that knows no documents. */
  forbidden: readonly number[];
  /**
   * Log-probabilities are divided by it: 1 (default) keeps the distribution, less sharpens it, 0 is greedy: only the
   * likeliest token is left.
   */
  temperature?: number | undefined;
  /** Keeps the K likeliest tokens (Fan et al. 2018). 0 (default) keeps all. */
  topK?: number | undefined;
  /**
   * Keeps the fewest of the likeliest tokens whose probabilities, of what is left by then, reach this sum (nucleus
   * sampling, Holtzman et al. 2020). 1 (default) keeps all.
   */
  topP?: number | undefined;
  /** Keeps the tokens at least this many times as likely as the likeliest one (Nguyen et al. 2024). 0 (default) keeps all. */
  minP?: number | undefined;
}

/** Tokens that may be drawn, each with a weight in proportion to its probability. */
export interface Candidates {
  /** Only the first `count` entries of `ids` and `weights` count. */
  count: number;
  readonly ids: Uint32Array;
  readonly weights: Float64Array;
  /** Sum of the weights, added up in their order. */
  total: number;
}

/**
 * Filters row `row` of (rows, V) log-probabilities of what comes after the tokens `text`, which are asked for where something is
 * to repeat less. The result is valid until the next call.
 */
export type Filter = (logProbabilities: Float32Array, row: number, text: readonly number[]) => Candidates;

/**
 * Buckets for finding the nucleus, by how far below the likeliest token's a log-probability is; the last one takes all
 * that is further.
 */
const BUCKETS = 512;
const PER_NAT = 32;

/**
 * Makes a filter for a vocabulary of V tokens, with all the memory that it ever needs. Arithmetic is in double
 * precision. One call takes O(V) time, plus the ranking of K tokens for top-k and of a few for top-p.
 *
 * @throws InputError for an option out of its range. @throws RunError (from the filter) when no token is left.
 */
export function createFilter(vocabulary: number, options: FilterOptions): Filter {
  const { forbidden, temperature = 1, topK = 0, topP = 1, minP = 0 } = options;
  const repetition = createRepetition(options);
  demand(temperature >= 0 && temperature < Infinity, 'temperature', temperature, '0 (greedy) or more');
  demand(Number.isSafeInteger(topK) && topK >= 0, 'top-k', topK, 'a whole number of tokens, or 0 for all');
  demand(topP > 0 && topP <= 1, 'top-p', topP, 'a probability above 0 and up to 1');
  demand(minP >= 0 && minP <= 1, 'min-p', minP, 'a probability from 0 to 1');

  const greedy = temperature === 0;
  const most = greedy ? 1 : topK === 0 ? vocabulary : Math.min(topK, vocabulary);
  const divisor = greedy ? 1 : temperature;
  const top = createTop(most < vocabulary || topP < 1 ? most : 1);
  const scores = new Float64Array(vocabulary);
  const ids = new Uint32Array(vocabulary);
  const weights = new Float64Array(vocabulary);
  const masses = new Float64Array(BUCKETS);
  const candidates: Candidates = { count: 0, ids, weights, total: 0 };

  /** Leaves the `most` likeliest of the first `count` ids; returns their number. */
  const keepTop = (count: number): number => {
    for (let i = 0; i < count; i++) top.offer(scores[ids[i]], ids[i]);
    const kept = top.take();
    for (let i = 0; i < kept; i++) ids[i] = top.ids[i];
    return kept;
  };

  /** Gives the first `count` ids their weights, 1 for a token with the score `best`; returns the sum. */
  const weigh = (count: number, best: number): number => {
    let total = 0;
    for (let i = 0; i < count; i++) {
      weights[i] = Math.exp((scores[ids[i]] - best) / divisor);
      total += weights[i];
    }
    return total;
  };

  /**
   * Leaves the fewest of the likeliest, among the first `count`, whose weights reach `target`; returns their number.
   * Buckets of like probability are summed first, so that only the ids of the bucket in which the sum is reached have
   * to be ranked.
   */
  const keepNucleus = (count: number, best: number, target: number): number => {
    const bucket = (id: number): number => Math.min(BUCKETS - 1, Math.floor(((best - scores[id]) / divisor) * PER_NAT));
    masses.fill(0);
    for (let i = 0; i < count; i++) masses[bucket(ids[i])] += weights[i];
    let edge = 0;
    let sum = 0;
    while (edge < BUCKETS - 1 && sum + masses[edge] < target) sum += masses[edge++];
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const at = bucket(ids[i]);
      if (at === edge) top.offer(scores[ids[i]], ids[i]);
      if (at >= edge) continue;
      ids[kept] = ids[i];
      weights[kept++] = weights[i];
    }
    const ranked = top.take();
    for (let i = 0; i < ranked && sum < target; i++) {
      ids[kept] = top.ids[i];
      weights[kept] = Math.exp((scores[top.ids[i]] - best) / divisor);
      sum += weights[kept++];
    }
    return kept;
  };

  /** Leaves the ids, among the first `count`, whose weight is at least `least`; returns their number. */
  const keepFrom = (least: number, count: number): number => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      if (weights[i] < least) continue;
      ids[kept] = ids[i];
      weights[kept++] = weights[i];
    }
    return kept;
  };

  return (logProbabilities, row, text) => {
    const offset = row * vocabulary;
    for (let id = 0; id < vocabulary; id++) scores[id] = logProbabilities[offset + id];
    repetition?.lower(scores, text);
    for (const id of forbidden) scores[id] = Number.NEGATIVE_INFINITY;

    let count = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let id = 0; id < vocabulary; id++) {
      if (!(scores[id] > Number.NEGATIVE_INFINITY)) continue;
      ids[count++] = id;
      if (scores[id] > best) best = scores[id];
    }
    if (count === 0) throw nothingLeft(options.noRepeatNgram);

    if (most < count) count = keepTop(count);
    let total = weigh(count, best);
    if (topP < 1) count = keepNucleus(count, best, topP * total);
    if (minP > 0) count = keepFrom(minP, count);
    total = 0;
    for (let i = 0; i < count; i++) total += weights[i];
    candidates.count = count;
    candidates.total = total;
    return candidates;
  };
}

/** The token at `uniform`, a number in [0, 1), on the line along which the candidates' probabilities lie end to end. */
export function draw({ count, ids, weights, total }: Candidates, uniform: number): number {
  const target = uniform * total;
  let sum = weights[0];
  let i = 0;
  while (sum <= target && i < count - 1) sum += weights[++i];
  return ids[i];
}
