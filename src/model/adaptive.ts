/** The choice of an adaptive softmax's cut-offs from the frequencies of the tokens. */

import { type Cluster, clusters } from './clusters.ts';

/**
 * What a class takes besides its product, as multiply-adds: exponential, and memory that logits go through several
 * times. Without it narrow clusters would seem cheaper than they are: with 100,000 words the choice would train 15 to
 * 20 % slower.
 */
const CLASS_COST = 64;
/** Candidates for a cut-off in each doubling of the vocabulary. */
const CANDIDATES_PER_DOUBLING = 8;

/**
 * One or two cut-offs (`ModelConfig.cutoffs`) with which an adaptive softmax costs least in the mean over the
 * positions. The cost is counted in multiply-adds of a forward pass, with c the first cut-off, n the number of
 * clusters, H the hidden size, and for a cluster the share of the targets in it, its width (H/4, then H/16) and its
 * size:
 *
 *     (c + n) * (H + 64)  +  sum over the clusters of  share * (width * H + (width + 64) * size)
 *
 * where 64 stands for what a class takes besides its product. A backward pass takes twice as much, which does not
 * change the choice; what is done once a step (packing and update of the weights) is left out. The idea is that of
 * Grave et al. 2017, section 4, whose model of the cost is a GPU's. Cut-offs are searched on a grid that gets coarser
 * with the id, as the cost is flat near its minimum.
 *
 * `counts` holds the occurrences of each token by id, V in all, from frequent to rare apart from the special tokens:
 * the order that word vocabularies have. Only their ratios matter.
 *
 * @throws RangeError for fewer than two tokens, and when all counts are 0.
 *
 * @example
 * const counts = Float64Array.from({ length: 100_000 }, (_, id) => 1 / (id + 1));
 * chooseCutoffs(counts, 256); // [609, 16384]
 */
export function chooseCutoffs(counts: ArrayLike<number>, hidden: number): number[] {
  const vocabulary = counts.length;
  const before = runningSums(counts);
  const total = before[vocabulary];
  if (vocabulary < 2 || !(total > 0)) throw new RangeError('cut-offs need two tokens or more, and their counts');

  const tailCost = ({ first, size, width }: Cluster): number => {
    const share = (before[first + size] - before[first]) / total;
    return share * (width * hidden + (width + CLASS_COST) * size);
  };
  const cost = (cutoffs: number[]): number => {
    const head = (cutoffs[0] + cutoffs.length) * (hidden + CLASS_COST);
    return clusters({ cutoffs, hidden, vocabulary }).reduce((sum, cluster) => sum + tailCost(cluster), head);
  };

  const candidates = candidateCutoffs(vocabulary);
  let best: number[] = [];
  let lowest = Infinity;
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

/** Ids from 1 to `vocabulary` - 1, each by about the same factor above the one before. */
function candidateCutoffs(vocabulary: number): number[] {
  const steps = Math.ceil(Math.log2(vocabulary) * CANDIDATES_PER_DOUBLING);
  const ids = Array.from({ length: steps }, (_, step) => Math.round(2 ** (step / CANDIDATES_PER_DOUBLING)));
  return [...new Set(ids)].filter((id) => id < vocabulary);
}
