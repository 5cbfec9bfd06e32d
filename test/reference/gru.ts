/**
 * The three GRUs, a row and a time step at a time: PyTorch's, which resets after the recurrent matrix; version 1 of Cho
 * et al. 2014, which resets before it, with PyTorch's gate order and meaning of z; and the simplified one, which has no
 * reset gate. With layer normalization each sum is normalized; after the matrix the candidate's two parts apart.
 */

import type { GruReset } from '../../src/model/config.ts';
import { affine, affineBackward } from './affine.ts';
import { type Cell, type LayerWeights, sigmoid, sumsOf, zeroState } from './cells.ts';
import { layerNorm, layerNormBackward } from './layer-norm.ts';

/** Gates r, z, n. The recurrent weights are taken apart: rows of r and z, and rows of n. */
export function gru(reset: GruReset): Cell {
  const split = (weights: LayerWeights, H: number) => ({
    gates: weights.recurrent.subarray(0, 2 * H * H),
    gatesBias: weights.recurrentBias.subarray(0, 2 * H),
    candidate: weights.recurrent.subarray(2 * H * H),
    candidateBias: weights.recurrentBias.subarray(2 * H),
  });
  /** Sums before they are normalized: of both gates, of the candidate's input, and what `product` gives. */
  const sums = (weights: LayerWeights, x: Float64Array, h: Float64Array) => {
    const H = h.length;
    const recurrent = split(weights, H);
    const fromInput = affine(weights.input, weights.inputBias, x);
    return {
      gates: affine(recurrent.gates, recurrent.gatesBias, h).map((value, k) => value + fromInput[k]),
      input: fromInput.subarray(2 * H),
      product: (vector: Float64Array) => affine(recurrent.candidate, recurrent.candidateBias, vector),
    };
  };
  const times = (a: Float64Array, b: Float64Array) => a.map((value, j) => value * b[j]);
  const plus = (a: Float64Array, b: Float64Array) => a.map((value, j) => value + b[j]);
  return {
    forward(weights, x, before) {
      const H = before.h.length;
      const { norm } = weights;
      const { gates: gateSums, input, product } = sums(weights, x, before.h);
      const gates = new Float64Array(3 * H);
      gates.set(layerNorm(norm, gateSums, H).map(sigmoid));
      const r = gates.subarray(0, H);
      const multiplied = reset === 'before' ? before.h : layerNorm(norm, product(before.h), H, 3);
      const candidate =
        reset === 'before'
          ? layerNorm(norm, plus(input, product(times(r, before.h))), H, 2)
          : plus(layerNorm(norm, input, H, 2), times(r, multiplied));
      const after = zeroState(H);
      for (let j = 0; j < H; j++) {
        const z = gates[H + j];
        const n = Math.tanh(candidate[j]);
        gates[2 * H + j] = n;
        after.h[j] = (1 - z) * n + z * before.h[j];
      }
      return { x, before, after, gates, reset: multiplied };
    },
    backward(weights, step, after, gradients) {
      const H = after.h.length;
      const { norm } = weights;
      const recurrent = split(weights, H);
      const recurrentGradients = split(gradients, H);
      const { gates: gateSums, input, product } = sums(weights, step.x, step.before.h);
      const r = step.gates.subarray(0, H);
      const sum = new Float64Array(2 * H);
      const candidate = new Float64Array(H);
      const h = new Float64Array(H);
      const addToState = (gradient: Float64Array) => {
        for (let j = 0; j < H; j++) h[j] += gradient[j];
      };
      for (let j = 0; j < H; j++) {
        const z = step.gates[H + j];
        const n = step.gates[2 * H + j];
        sum[H + j] = after.h[j] * (step.before.h[j] - n) * z * (1 - z);
        candidate[j] = after.h[j] * (1 - z) * (1 - n ** 2);
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
      const candidateSum = reset === 'before' ? plus(input, product(times(r, step.before.h))) : input;
      const fromCandidate = layerNormBackward(norm, candidateSum, candidate, H, gradients.norm, 2);
      const gated = reset === 'before' ? productBackward(times(r, step.before.h), fromCandidate) : candidate;
      for (let j = 0; j < H; j++) sum[j] = gated[j] * step.reset[j] * r[j] * (1 - r[j]);
      const multiplied = times(r, gated);
      if (reset === 'before') addToState(multiplied);
      else {
        const raw = layerNormBackward(norm, product(step.before.h), multiplied, H, gradients.norm, 3);
        addToState(productBackward(step.before.h, raw));
      }

      const gates = layerNormBackward(norm, gateSums, sum, H, gradients.norm);
      addToState(
        affineBackward(recurrent.gates, step.before.h, gates, recurrentGradients.gates, recurrentGradients.gatesBias),
      );
      const fromInput = Float64Array.from([...gates, ...fromCandidate]);
      const x = affineBackward(weights.input, step.x, fromInput, gradients.input, gradients.inputBias);
      return { x, before: { h, c: after.c } };
    },
  };
}

/** Gates z, n: h = (1 - z) * n + z * h', with n = tanh(W_n x + b_n + U_n h' + b'_n). */
export const simplifiedGru: Cell = {
  forward(weights, x, before) {
    const H = before.h.length;
    const sums = layerNorm(weights.norm, sumsOf(weights, x, before.h), H);
    const gates = sums.map((sum, k) => (k < H ? sigmoid : Math.tanh)(sum));
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
    const raw = layerNormBackward(weights.norm, sumsOf(weights, step.x, step.before.h), sum, H, gradients.norm);
    const x = affineBackward(weights.input, step.x, raw, gradients.input, gradients.inputBias);
    const h = affineBackward(weights.recurrent, step.before.h, raw, gradients.recurrent, gradients.recurrentBias);
    return { x, before: { h: h.map((value, j) => value + after.h[j] * step.gates[j]), c: after.c } };
  },
};
