/**
 * A training step or an evaluation of one chunk, as each thread runs it: pack, forward, output layer, backward, weight gradients,
 * norm, update. Barriers lie between phases in which one thread reads what another has written.
 */

import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { inputGradients, layerGradients } from './gradients.ts';
import { outputLayer } from './output.ts';
import { packWeights } from './pack.ts';
import { at, PANEL, type PanelMatrix, ROW } from './panels.ts';
import { backwardLayer, forwardLayers } from './recurrent.ts';
import { gradientNorm, updateParameters } from './update.ts';

export interface StepOutcome {
  /** Summed cross-entropy of the positions with a target. */
  lossSum: number;
  gradientNorm: number;
  applied: boolean;
}

export function runStep(context: Context, chunk: Chunk): StepOutcome {
  const { threads } = context;
  context.lap('barrier');
  if (chunk.fresh) clearState(context);
  packWeights(context, chunk.training);
  forwardLayers(context, chunk);
  context.lap('gates');
  threads.barrier();
  context.lap('barrier');
  outputLayer(context, chunk);
  const lossSum = sumLosses(context, chunk);
  let norm = 0;
  let applied = true;
  if (chunk.training) {
    for (const layer of [...context.layout.layers].reverse()) {
      backwardLayer(context, chunk, layer);
      // At once, while the gradients of the layer's sums are still in a cache.
      layerGradients(context, chunk, layer);
    }
    inputGradients(context, chunk);
    threads.barrier();
    context.lap('barrier');
    norm = gradientNorm(context, chunk);
    applied = Number.isFinite(lossSum) && Number.isFinite(norm);
    if (applied) updateParameters(context, chunk, norm);
    context.lap('optimizer');
  }
  if (applied) carryState(context, chunk);
  else if (threads.rank === 0) clearActivations(context);
  threads.barrier();
  context.lap('barrier');
  return { lossSum, gradientNorm: norm, applied };
}

function sumLosses(context: Context, chunk: Chunk): number {
  const { f64, layout } = context;
  const first = layout.losses / 8;
  const last = first + chunk.steps * layout.options.batchSize;
  let sum = 0;
  for (let i = first; i < last; i++) sum += f64[i];
  return sum;
}

/** Panel matrices that hold states: h and, in an LSTM, c. */
function states(context: Context): PanelMatrix[] {
  return context.layout.layers.flatMap(({ h, c }) => (c ? [h, c] : [h]));
}

/** Every row starts from zero. */
function clearState(context: Context): void {
  const { kernels, layout, threads } = context;
  const [first, last] = shareOf(layout.options.batchSize, threads.rank, threads.count);
  for (const state of states(context)) {
    for (let u = 0; u < state.panels; u++) kernels.clear(at(state, u, first), ((last - first) * ROW) / 4);
  }
}

/** Each row's state after its last valid position becomes the state before the next chunk. */
function carryState(context: Context, chunk: Chunk): void {
  const { f32, i32, layout, threads } = context;
  const B = layout.options.batchSize;
  const lengths = layout.lengths / 4;
  const [first, last] = shareOf(B, threads.rank, threads.count);
  for (let row = first, end = row; row < last; row = end) {
    const length = Math.min(i32[lengths + row], chunk.steps);
    while (end < last && Math.min(i32[lengths + end], chunk.steps) === length) end++;
    if (length === 0) continue;
    for (const state of states(context)) {
      for (let u = 0; u < state.panels; u++) {
        const from = at(state, u, length * B + row) / 4;
        f32.copyWithin(at(state, u, row) / 4, from, from + (end - row) * PANEL);
      }
    }
  }
}

/** After a step that was not finite: what is left in rows that a later chunk does not reach must not be NaN, for 0 * NaN is NaN. */
function clearActivations(context: Context): void {
  const { f32, layout } = context;
  const matrices = layout.layers.flatMap(({ h, c, resetH, dropped, embedded, z }) => [
    h,
    c,
    resetH,
    dropped,
    embedded,
    z,
  ]);
  for (const matrix of [...matrices, ...layout.dh, layout.dState]) {
    if (matrix) f32.fill(0, matrix.base / 4, (matrix.base + matrix.panels * matrix.step) / 4);
  }
}
