/** Stochastic gradient descent with momentum 0.9 (Sutskever et al. 2013). */

import type { Optimizer } from './optimizer.ts';

export const sgd: Optimizer = {
  summary: 'momentum 0.9',
  learningRate: 0.5,
  moments: ['momentum'],
  decays: [0.9],
  update(kernels, { value, gradient, moments: [momentum], count }, { learningRate, weightDecay, scale }) {
    kernels.sgd(value, gradient, momentum, count, scale, learningRate, weightDecay);
  },
};
