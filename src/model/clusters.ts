/** The clusters of an adaptive softmax. */

import type { ModelConfig } from './config.ts';

/** A cluster of the adaptive softmax: its first token, how many it has, and the width to which the hidden state is projected. */
export interface Cluster {
  first: number;
  size: number;
  width: number;
}

/** The clusters of an adaptive softmax; cluster i has width H / 4^(i+1), as in PyTorch's `AdaptiveLogSoftmaxWithLoss`. */
export function clusters(config: Pick<ModelConfig, 'cutoffs' | 'hidden' | 'vocabulary'>): Cluster[] {
  const { cutoffs, hidden, vocabulary } = config;
  return cutoffs.map((first, i) => ({
    first,
    size: (cutoffs[i + 1] ?? vocabulary) - first,
    width: Math.max(1, Math.floor(hidden / 4 ** (i + 1))),
  }));
}
