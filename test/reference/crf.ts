/** A linear-chain CRF (Lafferty et al. 2001) in double precision, by forward and backward sums in logarithms. */

import type { Values } from './model.ts';
import { linear } from './output.ts';

/** Scores of one sequence: (T, K) emissions, (K), (K), (K, K) by row the tag before. */
export interface Chain {
  emissions: Float64Array[];
  start: ArrayLike<number>;
  end: ArrayLike<number>;
  transitions: ArrayLike<number>;
}

export interface ChainSums {
  /** Logarithm of the sum over all sequences of tags. */
  partition: number;
  /** (T, K) log-probabilities of each tag at each position. */
  marginals: Float64Array[];
  /** (T - 1, K * K) log-probabilities of each pair of tags at positions t and t + 1. */
  pairs: Float64Array[];
  /** The tags of the highest score; of equal ones those of the lower number, from the last on. */
  likeliest: number[];
}

export function chainSums({ emissions, start, end, transitions }: Chain): ChainSums {
  const K = start.length;
  const T = emissions.length;
  const tags = Array.from({ length: K }, (_, i) => i);
  const T2 = (i: number, j: number): number => transitions[i * K + j];
  const alpha: number[][] = [];
  const best: number[][] = [];
  for (let t = 0; t < T; t++) {
    const into = (j: number, before: number[]) => tags.map((i) => before[i] + T2(i, j));
    alpha.push(tags.map((j) => emissions[t][j] + (t === 0 ? start[j] : logSum(into(j, alpha[t - 1])))));
    best.push(tags.map((j) => emissions[t][j] + (t === 0 ? start[j] : Math.max(...into(j, best[t - 1])))));
  }
  const beta: number[][] = [tags.map((i) => end[i])];
  for (let t = T - 1; t > 0; t--) {
    const after = beta[0];
    beta.unshift(tags.map((i) => logSum(tags.map((j) => T2(i, j) + emissions[t][j] + after[j]))));
  }
  const partition = logSum(tags.map((i) => alpha[T - 1][i] + end[i]));
  let last = argmax(tags.map((i) => best[T - 1][i] + end[i]));
  const likeliest = [last];
  for (let t = T - 1; t > 0; t--) {
    last = argmax(tags.map((i) => best[t - 1][i] + T2(i, last)));
    likeliest.unshift(last);
  }
  return {
    partition,
    marginals: emissions.map((_, t) => Float64Array.from(tags, (i) => alpha[t][i] + beta[t][i] - partition)),
    pairs: emissions.slice(1).map((emission, t) => {
      const pair = (i: number, j: number) => alpha[t][i] + T2(i, j) + emission[j] + beta[t + 1][j] - partition;
      return Float64Array.from(tags.flatMap((i) => tags.map((j) => pair(i, j))));
    }),
    likeliest,
  };
}

export function chainScore({ emissions, start, end, transitions }: Chain, path: readonly number[]): number {
  const K = start.length;
  const steps = path.map((tag, t) => emissions[t][tag] + (t === 0 ? start[tag] : transitions[path[t - 1] * K + tag]));
  return steps.reduce((sum, step) => sum + step, 0) + end[path[path.length - 1]];
}

/** The same sums by going through all K^T sequences. */
export function enumerated(chain: Chain): ChainSums {
  const K = chain.start.length;
  const T = chain.emissions.length;
  const paths = Array.from({ length: K ** T }, (_, n) =>
    Array.from({ length: T }, (_, t) => Math.floor(n / K ** t) % K),
  );
  const scores = paths.map((path) => chainScore(chain, path));
  const partition = logSum(scores);
  const share = (wanted: (path: number[]) => boolean): number => {
    const own = scores.filter((_, n) => wanted(paths[n]));
    return logSum(own) - partition;
  };
  const tags = Array.from({ length: K }, (_, i) => i);
  return {
    partition,
    marginals: chain.emissions.map((_, t) => Float64Array.from(tags, (i) => share((path) => path[t] === i))),
    pairs: chain.emissions
      .slice(1)
      .map((_, t) =>
        Float64Array.from(tags.flatMap((i) => tags.map((j) => share((path) => path[t] === i && path[t + 1] === j)))),
      ),
    // Numbered with the last tag highest, the first of the best has the lower tags from the last on.
    likeliest: paths[argmax(scores)],
  };
}

/**
 * A row's tags: the loss of those up to the first position without a target, the gradients of the features for `factor`
 * times that, and log-probabilities. Adds to `gradients`.
 */
export function chainLoss(
  parameters: Values,
  features: readonly Float64Array[],
  targets: readonly number[],
  factor: number,
  gradients: Values,
): { sum: number; features: Float64Array[]; logProbabilities: Float64Array[]; likeliest: number[] } {
  const logits = features.map((feature) => linear(parameters, 'output.weight', feature, 'output.bias'));
  const found = targets.indexOf(-1);
  const length = found < 0 ? targets.length : found;
  const start = parameters['crf.start_transitions'];
  const K = start.length;
  const none = { sum: 0, logProbabilities: [] as Float64Array[], likeliest: [] as number[] };
  const zero = new Float64Array(K);
  if (length === 0) return { ...none, features: logits.map((logit) => logit.backward(zero, gradients)) };

  const end = parameters['crf.end_transitions'];
  const transitions = parameters['crf.transitions'];
  const chain = { emissions: logits.slice(0, length).map(({ result }) => result), start, end, transitions };
  const { partition, marginals, pairs, likeliest } = chainSums(chain);
  const slopes = marginals.map((marginal, t) =>
    marginal.map((value, k) => factor * (Math.exp(value) - (targets[t] === k ? 1 : 0))),
  );
  slopes[0].forEach((slope, k) => {
    gradients['crf.start_transitions'][k] += slope;
  });
  slopes[length - 1].forEach((slope, k) => {
    gradients['crf.end_transitions'][k] += slope;
  });
  pairs.forEach((pair, t) => {
    pair.forEach((value, k) => {
      gradients['crf.transitions'][k] += factor * (Math.exp(value) - (targets[t] * K + targets[t + 1] === k ? 1 : 0));
    });
  });
  return {
    sum: partition - chainScore(chain, targets.slice(0, length)),
    features: logits.map((logit, t) => logit.backward(slopes[t] ?? zero, gradients)),
    logProbabilities: marginals,
    likeliest,
  };
}

/** Values one after the other. */
export function joined(values: readonly Float64Array[]): number[] {
  return values.flatMap((one) => [...one]);
}

function logSum(values: readonly number[]): number {
  const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (largest === -Infinity) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

function argmax(values: readonly number[]): number {
  return values.indexOf(values.reduce((a, b) => Math.max(a, b)));
}
