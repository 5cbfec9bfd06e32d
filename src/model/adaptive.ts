/** The choice of an adaptive softmax's cut-offs from the frequencies of the tokens. */

import { type Cluster, clusters } from './parameters.ts';

/** Candidates for a cut-off in each doubling of the vocabulary. */
const CANDIDATES_PER_DOUBLING = 8;

/**
 * One or two cut-offs (`ModelConfig.cutoffs`) with which an adaptive softmax does the fewest multiply-adds in the mean over the
 * positions. A forward pass takes, with c the first cut-off, n the number of clusters, H the hidden size, and for a cluster the
 * share of the targets in it, its width (H/4, then H/16) and its size:
 *
 *     (c + n) * H  +  sum over the clusters of  share * width * (H + size)
 *
 * The backward pass takes twice that, so that it does not change the choice; neither does what is done once a step (packing and
 * update of the weights), which is left out. This is the cost of Grave et al. 2017, section 4.2, without the constant time that a small
 * product takes on a GPU. Cut-offs are searched on a grid that gets coarser with the id, where the cost is flat.
 *
 * `counts` holds the occurrences of each token by id, V in all, from frequent to rare apart from the special tokens: the order that word
 * vocabularies have. Only ratios matter.
 *
 * @throws RangeError for fewer than two tokens, and when all counts are 0.
 *
 * @example
 * const counts = Float64Array.from({ length: 100_000 }, (_, id) => 1e6 / (id + 1));
 * chooseCutoffs(counts, 256); // [1176, 15052]
 */
export function chooseCutoffs(counts: ArrayLike<number>, hidden: number): number[] {
  const vocabulary = counts.length;
  const before = runningSums(counts);
  const total = before[vocabulary];
  if (vocabulary < 2 || !(total > 0)) throw new RangeError('cut-offs need two tokens or more, and their counts');

  const share = ({ first, size }: Cluster): number => (before[first + size] - before[first]) / total;
  const cost = (cutoffs: number[]): number => {
    const head = (cutoffs[0] + cutoffs.length) * hidden;
    const tails = clusters({ cutoffs, hidden, vocabulary });
    return tails.reduce((sum, tail) => sum + share(tail) * tail.width * (hidden + tail.size), head);
  };

  const candidates = candidateCutoffs(vocabulary);
  let best = [candidates[0]];
  let lowest = cost(best);
  const consider = (cutoffs: number[]): void => {
    const found = cost(cutoffs);
    if (found >= lowest) return;
    lowest = found;
    best = cutoffs;
  };
  candidates.forEach((first, i) => {
    consider([first]);
    for (const second of candidates.slice(i + 1)) consider([first, second]);
  });
  return best;
}

/** Element i is the sum of the first i values. */
function runningSums(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  return sums;
}

/** Ids from 1 to `vocabulary` - 1 whose ratios are about equal. */
function candidateCutoffs(vocabulary: number): number[] {
  const steps = Math.ceil(Math.log2(vocabulary) * CANDIDATES_PER_DOUBLING);
  const ids = Array.from({ length: steps }, (_, step) => Math.round(2 ** (step / CANDIDATES_PER_DOUBLING)));
  return [...new Set(ids)].filter((id) => id < vocabulary);
}
