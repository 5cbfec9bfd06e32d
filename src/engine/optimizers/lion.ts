/**
 * Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2): the step is the sign of 0.9 m + 0.1 g, the
 * same size for every parameter, and the decay is decoupled.
 */

import type { Optimizer } from './optimizer.ts';

export const lion: Optimizer = {
  summary: 'sign of recent gradients, weight decay decoupled',
  learningRate: 0.004,
  moments: ['m'],
  decays: [0.99],
  update(kernels, { value, gradient, moments: [m], count }, { learningRate, weightDecay, scale }) {
    kernels.lion(value, gradient, m, count, scale, learningRate, weightDecay);
  },
};
