/** minGRU (Feng et al. 2024), a row and a time step at a time. */

import { affine, affineBackward } from './affine.ts';
import { type Cell, sigmoid, zeroState } from './cells.ts';

/** Gates z, n: h = (1 - z) * h' + z * n, with n = W_n x + b_n + 0.5 where the sum is not negative, else its sigmoid. */
export const minGru: Cell = {
  forward(weights, x, before) {
    const H = before.h.length;
    const gates = affine(weights.input, weights.inputBias, x).map((sum, k) =>
      k >= H && sum >= 0 ? sum + 0.5 : sigmoid(sum),
    );
    const after = zeroState(H);
    for (let j = 0; j < H; j++) after.h[j] = (1 - gates[j]) * before.h[j] + gates[j] * gates[H + j];
    return { x, before, after, gates, reset: before.h };
  },
  backward(weights, step, after, gradients) {
    const H = after.h.length;
    const sum = new Float64Array(2 * H);
    for (let j = 0; j < H; j++) {
      const z = step.gates[j];
      const n = step.gates[H + j];
      sum[j] = after.h[j] * (n - step.before.h[j]) * z * (1 - z);
      // n is 0.5 where its sum is 0.
      sum[H + j] = after.h[j] * z * (n >= 0.5 ? 1 : n * (1 - n));
    }
    const x = affineBackward(weights.input, step.x, sum, gradients.input, gradients.inputBias);
    return { x, before: { h: after.h.map((value, j) => value * (1 - step.gates[j])), c: after.c } };
  },
};
