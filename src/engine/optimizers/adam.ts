/** Adam (Kingma and Ba 2015, algorithm 1), and AdamW, with its decay decoupled (Loshchilov and Hutter 2019, algorithm 2). */

import type { Optimizer } from './optimizer.ts';

const MEAN = 0.9;
const SQUARES = 0.999;

function adamWith(decoupled: boolean): Optimizer {
  return {
    summary: decoupled ? 'adam, weight decay decoupled' : 'mean and size of recent gradients',
    moments: ['m', 'v'],
    decays: [MEAN, SQUARES],
    update(kernels, { value, gradient, moments: [m, v], count }, { learningRate, weightDecay, scale, number }) {
      const rate = learningRate / (1 - MEAN ** number);
      const correction = 1 / Math.sqrt(1 - SQUARES ** number);
      const decay = decoupled ? 0 : weightDecay;
      const kept = decoupled ? 1 - learningRate * weightDecay : 1;
      kernels.adam(value, gradient, m, v, count, scale, rate, correction, decay, kept);
    },
  };
}

export const adam = adamWith(false);
export const adamw = adamWith(true);
