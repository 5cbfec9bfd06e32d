/**
 * The recurrent cells, one row and one time step at a time, in double precision and plain loops.
 * Equations, gate order and the two biases are those of PyTorch's nn.RNN, nn.GRU and nn.LSTM; the GRU that resets
 * before the recurrent matrix is version 1 of Cho et al. 2014, with PyTorch's gate order and meaning of z.
 */

import type { GruReset, ModelConfig } from '../../src/model/config.ts';
import { affine, affineBackward } from './affine.ts';

/** Weights of one layer, or their gradients. Matrices are row-major. */
export interface LayerWeights {
  /** (G*H, I) */
  input: Float64Array;
  /** (G*H, H) */
  recurrent: Float64Array;
  /** (G*H) */
  inputBias: Float64Array;
  /** (G*H) */
  recurrentBias: Float64Array;
}

/** The recurrent state of one row in one layer, or its gradient; `c` stays zero for cells other than the LSTM. */
export interface CellState {
  /** (H) */
  h: Float64Array;
  /** (H) */
  c: Float64Array;
}

/** What one step of a cell leaves for the way back. */
export interface CellStep {
  /** (I) */
  x: Float64Array;
  before: CellState;
  after: CellState;
  /** (G*H) after their nonlinearities. */
  gates: Float64Array;
  /** (H) for the GRU: what its reset gate multiplies. */
  reset: Float64Array;
}

export interface Cell {
  forward(weights: LayerWeights, x: Float64Array, before: CellState): CellStep;
  /** Given the gradient of `step.after`, adds to `gradients` and returns the gradients of `step.x` and `step.before`. */
  backward(
    weights: LayerWeights,
    step: CellStep,
    after: CellState,
    gradients: LayerWeights,
  ): { x: Float64Array; before: CellState };
}

export function createCell(config: ModelConfig): Cell {
  if (config.cell === 'rnn') return rnn;
  return config.cell === 'lstm' ? lstm : gru(config.gruReset);
}

export const zeroState = (hidden: number): CellState => ({ h: new Float64Array(hidden), c: new Float64Array(hidden) });

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const rnn: Cell = {
  forward(weights, x, before) {
    const fromInput = affine(weights.input, weights.inputBias, x);
    const fromState = affine(weights.recurrent, weights.recurrentBias, before.h);
    const h = fromInput.map((value, j) => Math.tanh(value + fromState[j]));
    return { x, before, after: { h, c: before.c }, gates: h, reset: h };
  },
  backward(weights, step, after, gradients) {
    const sum = step.gates.map((h, j) => after.h[j] * (1 - h ** 2));
    const x = affineBackward(weights.input, step.x, sum, gradients.input, gradients.inputBias);
    const h = affineBackward(weights.recurrent, step.before.h, sum, gradients.recurrent, gradients.recurrentBias);
    return { x, before: { h, c: after.c } };
  },
};

/** Gates i, f, g, o. */
const lstm: Cell = {
  forward(weights, x, before) {
    const H = before.h.length;
    const fromInput = affine(weights.input, weights.inputBias, x);
    const fromState = affine(weights.recurrent, weights.recurrentBias, before.h);
    const gates = fromInput.map((value, k) => {
      const sum = value + fromState[k];
      return Math.floor(k / H) === 2 ? Math.tanh(sum) : sigmoid(sum);
    });
    const after = zeroState(H);
    for (let j = 0; j < H; j++) {
      after.c[j] = gates[H + j] * before.c[j] + gates[j] * gates[2 * H + j];
      after.h[j] = gates[3 * H + j] * Math.tanh(after.c[j]);
    }
    return { x, before, after, gates, reset: after.h };
  },
  backward(weights, step, after, gradients) {
    const H = after.h.length;
    const sum = new Float64Array(4 * H);
    const c = new Float64Array(H);
    for (let j = 0; j < H; j++) {
      const i = step.gates[j];
      const f = step.gates[H + j];
      const g = step.gates[2 * H + j];
      const o = step.gates[3 * H + j];
      const squashed = Math.tanh(step.after.c[j]);
      const cell = after.c[j] + after.h[j] * o * (1 - squashed ** 2);
      sum[j] = cell * g * i * (1 - i);
      sum[H + j] = cell * step.before.c[j] * f * (1 - f);
      sum[2 * H + j] = cell * i * (1 - g ** 2);
      sum[3 * H + j] = after.h[j] * squashed * o * (1 - o);
      c[j] = cell * f;
    }
    const x = affineBackward(weights.input, step.x, sum, gradients.input, gradients.inputBias);
    const h = affineBackward(weights.recurrent, step.before.h, sum, gradients.recurrent, gradients.recurrentBias);
    return { x, before: { h, c } };
  },
};

/** Gates r, z, n. The recurrent weights are taken apart: rows of r and z, and rows of n. */
function gru(reset: GruReset): Cell {
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
