/**
 * The recurrent cells, one row and one time step at a time, in double precision and plain loops.
 * Equations, gate order and the two biases are those of PyTorch's nn.RNN, nn.GRU and nn.LSTM; with layer normalization each sum
 * is normalized before its gate, and c before its tanh.
 */

import type { ModelConfig } from '../../src/model/config.ts';
import { affine, affineBackward } from './affine.ts';
import { gru, simplifiedGru } from './gru.ts';
import { layerNorm, layerNormBackward, type NormWeights } from './layer-norm.ts';
import { minGru } from './min-gru.ts';

/** Weights of one layer, or their gradients. Matrices are row-major. */
export interface LayerWeights {
  /** (G*H, I) */
  input: Float64Array;
  /** (G*H, H); like its bias, nothing in a cell without it. */
  recurrent: Float64Array;
  /** (G*H) */
  inputBias: Float64Array;
  /** (G*H) */
  recurrentBias: Float64Array;
  /** Of the sums, and of c. */
  norm: NormWeights | undefined;
  cellNorm: NormWeights | undefined;
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
  /** (H) for a GRU with a reset gate: what this multiplies. */
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
  if (config.cell === 'lstm') return lstm;
  if (config.cell === 'mingru') return minGru;
  return config.gruReset === 'none' ? simplifiedGru : gru(config.gruReset);
}

export const zeroState = (hidden: number): CellState => ({ h: new Float64Array(hidden), c: new Float64Array(hidden) });

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

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

/** The sums of a cell whose input and state are added up in every gate. */
export function sumsOf(weights: LayerWeights, x: Float64Array, h: Float64Array): Float64Array {
  const fromState = affine(weights.recurrent, weights.recurrentBias, h);
  return affine(weights.input, weights.inputBias, x).map((value, k) => value + fromState[k]);
}

/** Gates i, f, g, o. */
const lstm: Cell = {
  forward(weights, x, before) {
    const H = before.h.length;
    const sums = layerNorm(weights.norm, sumsOf(weights, x, before.h), H);
    const gates = sums.map((sum, k) => (Math.floor(k / H) === 2 ? Math.tanh(sum) : sigmoid(sum)));
    const after = zeroState(H);
    for (let j = 0; j < H; j++) after.c[j] = gates[H + j] * before.c[j] + gates[j] * gates[2 * H + j];
    layerNorm(weights.cellNorm, after.c, H).forEach((value, j) => {
      after.h[j] = gates[3 * H + j] * Math.tanh(value);
    });
    return { x, before, after, gates, reset: after.h };
  },
  backward(weights, step, after, gradients) {
    const H = after.h.length;
    const sum = new Float64Array(4 * H);
    const c = new Float64Array(H);
    const squashed = layerNorm(weights.cellNorm, step.after.c, H).map(Math.tanh);
    const throughH = squashed.map((value, j) => after.h[j] * step.gates[3 * H + j] * (1 - value ** 2));
    const toCell = layerNormBackward(weights.cellNorm, step.after.c, throughH, H, gradients.cellNorm);
    for (let j = 0; j < H; j++) {
      const i = step.gates[j];
      const f = step.gates[H + j];
      const g = step.gates[2 * H + j];
      const o = step.gates[3 * H + j];
      const cell = after.c[j] + toCell[j];
      sum[j] = cell * g * i * (1 - i);
      sum[H + j] = cell * step.before.c[j] * f * (1 - f);
      sum[2 * H + j] = cell * i * (1 - g ** 2);
      sum[3 * H + j] = after.h[j] * squashed[j] * o * (1 - o);
      c[j] = cell * f;
    }
    const raw = layerNormBackward(weights.norm, sumsOf(weights, step.x, step.before.h), sum, H, gradients.norm);
    const x = affineBackward(weights.input, step.x, raw, gradients.input, gradients.inputBias);
    const h = affineBackward(weights.recurrent, step.before.h, raw, gradients.recurrent, gradients.recurrentBias);
    return { x, before: { h, c } };
  },
};
