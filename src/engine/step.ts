/**
 * A training step or an evaluation of one chunk, as each thread runs it: pack, forward, output layer, backward, weight gradients,
 * norm, update. Barriers lie between phases in which one thread reads what another has written.
 */

import { attentionBackward, attentionForward } from './attention.ts';
import { backwardLevel } from './backward.ts';
import { bridgeBackward, bridgeForward } from './bridge.ts';
import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { forwardStack } from './forward.ts';
import { inputGradients, levelGradients } from './gradients.ts';
import type { Layout } from './layout.ts';
import { clearPanels } from './linear.ts';
import { outputLayer } from './output.ts';
import { packWeights } from './pack.ts';
import { at, PANEL, type PanelMatrix } from './panels.ts';
import { applyDropout } from './pass.ts';
import { poolBackward, poolForward } from './pool.ts';
import { FEATURE_STREAM, type StackLayout } from './stack-layout.ts';
import { gradientNorm, updateParameters } from './update.ts';

export interface StepOutcome {
  /** Summed cross-entropy of the positions with a target, and that by the past alone (`fill`). */
  lossSum: number;
  pastLossSum: number;
  /** Positions whose target was the likeliest; 0 with an adaptive softmax. */
  right: number;
  gradientNorm: number;
  applied: boolean;
}

export function runStep(context: Context, chunk: Chunk): StepOutcome {
  const { threads, layout } = context;
  context.lap('between steps');
  if (chunk.fresh) clearState(context);
  packWeights(context, chunk.training);
  forward(context, chunk);
  const { features } = layout;
  if (chunk.training && features.dropped) dropFeatures(context, chunk, features.dropped, features.matrix);
  outputLayer(context, chunk);
  const lossSum = sumLosses(context, chunk, layout.losses);
  const pastLossSum = layout.past ? sumLosses(context, chunk, layout.pastLosses) : 0;
  const right = layout.tails.length === 0 ? sumRight(context, chunk) : 0;
  let norm = 0;
  let applied = Number.isFinite(lossSum + pastLossSum);
  if (chunk.training) {
    backward(context, chunk);
    inputGradients(context, chunk);
    threads.barrier();
    context.lap('barrier');
    norm = gradientNorm(context, chunk);
    applied &&= Number.isFinite(norm);
    if (applied) updateParameters(context, chunk, norm);
    context.lap('optimizer');
  }
  if (applied) carryState(context, chunk);
  else if (threads.rank === 0) clearActivations(context);
  threads.barrier();
  context.lap('barrier');
  return { lossSum, pastLossSum, right, gradientNorm: norm, applied };
}

/** From the tokens to what the output layer reads. */
export function forward(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  const [first, second] = layout.stacks;
  forwardStack(context, chunk, first);
  if (layout.bridges.length > 0) {
    threads.barrier();
    bridgeForward(context);
  }
  if (second) forwardStack(context, chunk, second);
  context.lap('gates');
  threads.barrier();
  context.lap('barrier');
  if (layout.attention) attentionForward(context, layout.attention);
  if (layout.pool) {
    poolForward(context, chunk, first, layout.pool);
    threads.barrier();
  }
}

/** From the gradients of the features to those of all weights but the embeddings. */
function backward(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  const { stacks, attention, pool, features } = layout;
  if (features.dropped) dropFeatures(context, chunk, features.gradient!, features.gradient!);
  if (attention) attentionBackward(context, attention);
  if (pool) {
    poolBackward(context, chunk, stacks[0], pool);
    threads.barrier();
  }
  for (const stack of [...stacks].reverse()) {
    if (stack.shape.name === 'encoder') {
      bridgeBackward(context);
      if (!attention) clearOutputGradient(context, chunk, stack);
    }
    for (const level of [...stack.levels].reverse()) {
      backwardLevel(context, chunk, stack, level);
      // At once, while the gradients of the level's sums are still in a cache.
      levelGradients(context, chunk, stack, level);
    }
  }
}

function dropFeatures(context: Context, chunk: Chunk, to: PanelMatrix, from: PanelMatrix): void {
  const { threads } = context;
  const [first, last] = shareOf(chunk.outputRows, threads.rank, threads.count);
  applyDropout(context, chunk, FEATURE_STREAM, to, from, first, last - first);
  threads.barrier();
}

/** Of an encoder whose outputs nothing reads. */
function clearOutputGradient(context: Context, chunk: Chunk, stack: StackLayout): void {
  const { layout, threads } = context;
  const B = layout.options.batchSize;
  const top = stack.levels[stack.levels.length - 1];
  const [first, last] = shareOf(chunk.spans[stack.sequence].steps * B, threads.rank, threads.count);
  clearPanels(context, top.dOutput!, first, last - first);
  threads.barrier();
}

function sumLosses({ f64 }: Context, chunk: Chunk, losses: number): number {
  const first = losses / 8;
  let sum = 0;
  for (let i = first; i < first + chunk.outputRows; i++) sum += f64[i];
  return sum;
}

function sumRight({ i32, layout }: Context, chunk: Chunk): number {
  const first = layout.right / 4;
  let sum = 0;
  for (let i = first; i < first + chunk.outputRows; i++) sum += i32[i];
  return sum;
}

/** The recurrent state that goes on from chunk to chunk: that of layers forward in time, h and, in an LSTM, c. */
export function carriedStates({ stacks, options }: Layout): { name: string; matrix: PanelMatrix }[] {
  const { task = 'lm' } = options.model;
  if (task !== 'lm' && task !== 'fill') return [];
  return stacks[0].levels.flatMap(({ layers: [{ level, h, c }] }) => [
    { name: `h_l${level}`, matrix: h },
    ...(c ? [{ name: `c_l${level}`, matrix: c }] : []),
  ]);
}

/** Every row starts from zero. */
function clearState(context: Context): void {
  const { layout, threads } = context;
  const [first, last] = shareOf(layout.options.batchSize, threads.rank, threads.count);
  for (const { matrix } of carriedStates(layout)) clearPanels(context, matrix, first, last - first);
}

/** Each row's state after the last position that counts becomes the state before the next chunk. */
function carryState(context: Context, chunk: Chunk): void {
  const { f32, i32, layout, threads } = context;
  const B = layout.options.batchSize;
  const lengths = layout.sequences[0].lengths / 4;
  const [first, last] = shareOf(B, threads.rank, threads.count);
  for (let row = first, end = row; row < last; row = end) {
    const length = Math.min(i32[lengths + row], chunk.carry);
    while (end < last && Math.min(i32[lengths + end], chunk.carry) === length) end++;
    if (length === 0) continue;
    for (const { matrix } of carriedStates(layout)) {
      for (let u = 0; u < matrix.panels; u++) {
        const from = at(matrix, u, length * B + row) / 4;
        f32.copyWithin(at(matrix, u, row) / 4, from, from + (end - row) * PANEL);
      }
    }
  }
}

/**
 * After a step that was not finite: what is left in rows that a later chunk does not reach must not be NaN, for 0 * NaN
 * is NaN.
 */
function clearActivations({ f32, layout }: Context): void {
  for (const [first, last] of layout.activations) f32.fill(0, first / 4, last / 4);
}
