/**
 * The three GRUs, a row and a time step at a time: PyTorch's, which resets after the recurrent matrix; version 1 of Cho
 * et al. 2014, which resets before it, with PyTorch's gate order and meaning of z; and the simplified one, which has no
 * reset gate.
 */

import type { GruReset } from '../../src/model/config.ts';
import { affine, affineBackward } from './affine.ts';
import { type Cell, type LayerWeights, sigmoid, zeroState } from './cells.ts';

/** Gates r, z, n. The recurrent weights are taken apart: rows of r and z, and rows of n. */
export function gru(reset: GruReset): Cell {
  const split = (weights: LayerWeights, H: number) => ({
    gates: weights.recurrent.subarray(0, 2 * H * H),
    gatesBias: weights.recurrentBias.subarray(0, 2 * H),
    candidate: weights.recurrent.subarray(2 * H * H),
    candidateBias: weights.recurrentBias.subarray(2 * H),
  });
  return {
    forward(weights, x, before) {
      const H = before.h.length;
      const recurrent = split(weights, H);
      const fromInput = affine(weights.input, weights.inputBias, x);
      const fromState = affine(recurrent.gates, recurrent.gatesBias, before.h);
      const gates = new Float64Array(3 * H);
      for (let k = 0; k < 2 * H; k++) gates[k] = sigmoid(fromInput[k] + fromState[k]);
      const product = (vector: Float64Array) => affine(recurrent.candidate, recurrent.candidateBias, vector);
      const gated = (vector: Float64Array) => vector.map((value, j) => gates[j] * value);
      const multiplied = reset === 'before' ? before.h : product(before.h);
      const candidate = reset === 'before' ? product(gated(multiplied)) : gated(multiplied);
      const after = zeroState(H);
      for (let j = 0; j < H; j++) {
        const z = gates[H + j];
        const n = Math.tanh(fromInput[2 * H + j] + candidate[j]);
        gates[2 * H + j] = n;
        after.h[j] = (1 - z) * n + z * before.h[j];
      }
      return { x, before, after, gates, reset: multiplied };
    },
    backward(weights, step, after, gradients) {
      const H = after.h.length;
      const recurrent = split(weights, H);
      const recurrentGradients = split(gradients, H);
      const r = step.gates.subarray(0, H);
      const sum = new Float64Array(3 * H);
      const h = new Float64Array(H);
      const addToState = (gradient: Float64Array) => {
        for (let j = 0; j < H; j++) h[j] += gradient[j];
      };
      for (let j = 0; j < H; j++) {
        const z = step.gates[H + j];
        const n = step.gates[2 * H + j];
        sum[H + j] = after.h[j] * (step.before.h[j] - n) * z * (1 - z);
        sum[2 * H + j] = after.h[j] * (1 - z) * (1 - n ** 2);
        h[j] = after.h[j] * z;
      }

      const productBackward = (vector: Float64Array, gradient: Float64Array) =>
        affineBackward(
          recurrent.candidate,
          vector,
          gradient,
          recurrentGradients.candidate,
          recurrentGradients.candidateBias,
        );
      const gated = (vector: Float64Array) => vector.map((value, j) => r[j] * value);
      const candidate = sum.subarray(2 * H);
      const gatedGradient = reset === 'before' ? productBackward(gated(step.reset), candidate) : candidate;
      for (let j = 0; j < H; j++) sum[j] = gatedGradient[j] * step.reset[j] * r[j] * (1 - r[j]);
      const multiplied = gated(gatedGradient);
      addToState(reset === 'before' ? multiplied : productBackward(step.before.h, multiplied));

      const gates = sum.subarray(0, 2 * H);
      addToState(
        affineBackward(recurrent.gates, step.before.h, gates, recurrentGradients.gates, recurrentGradients.gatesBias),
      );
      const x = affineBackward(weights.input, step.x, sum, gradients.input, gradients.inputBias);
      return { x, before: { h, c: after.c } };
    },
  };
}

/** Gates z, n: h = (1 - z) * n + z * h', with n = tanh(W_n x + b_n + U_n h' + b'_n). */
export const simplifiedGru: Cell = {
  forward(weights, x, before) {
    const H = before.h.length;
    const fromInput = affine(weights.input, weights.inputBias, x);
    const fromState = affine(weights.recurrent, weights.recurrentBias, before.h);
    const gates = fromInput.map((value, k) => (k < H ? sigmoid : Math.tanh)(value + fromState[k]));
    const after = zeroState(H);
    for (let j = 0; j < H; j++) after.h[j] = (1 - gates[j]) * gates[H + j] + gates[j] * before.h[j];
    return { x, before, after, gates, reset: before.h };
  },
  backward(weights, step, after, gradients) {
    const H = after.h.length;
    const sum = new Float64Array(2 * H);
    for (let j = 0; j < H; j++) {
      const z = step.gates[j];
      const n = step.gates[H + j];
      sum[j] = after.h[j] * (step.before.h[j] - n) * z * (1 - z);
      sum[H + j] = after.h[j] * (1 - z) * (1 - n ** 2);
    }
    const x = affineBackward(weights.input, step.x, sum, gradients.input, gradients.inputBias);
    const h = affineBackward(weights.recurrent, step.before.h, sum, gradients.recurrent, gradients.recurrentBias);
    return { x, before: { h: h.map((value, j) => value + after.h[j] * step.gates[j]), c: after.c } };
  },
};
