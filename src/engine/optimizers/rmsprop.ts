/** RMSProp (Hinton's lecture 6e, 2012), as PyTorch has it. */

import type { Optimizer } from './optimizer.ts';

export const rmsprop: Optimizer = {
  summary: 'size of recent gradients',
  moments: ['v'],
  decays: [0.99],
  update(kernels, { value, gradient, moments: [v], count }, { learningRate, weightDecay, scale }) {
    kernels.rmsprop(value, gradient, v, count, scale, learningRate, weightDecay);
  },
};
