/**
 * The output layer: logits, softmax, cross-entropy, and their gradients. It works on blocks of rows, so that with a
 * large vocabulary the logits never exist all at once; within a block rows are shared out, then the tiles of the
 * weight's gradient.
 *
 * With an adaptive softmax (Grave et al. 2017) the head is such a layer over all positions, and each tail another one over the
 * positions whose target it holds, with a projection before it.
 */

import type { Address } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { shareLinearGradient } from './gradients.ts';
import type { SoftmaxLayout, TailLayout } from './head-layout.ts';
import type { Features } from './layout.ts';
import { clearPanels, linearBackward, linearForward } from './linear.ts';
import { at, PANEL, type PanelMatrix, ROW, shifted } from './panels.ts';

/** Rows of a work item at most: their inputs stay in the second-level cache. */
const ITEM_ROWS = 96;

/** The rows that a softmax works on. */
interface SoftmaxRows {
  rows: number;
  /** Their inputs, from row 0 on, and where the inputs' gradients go. */
  input: PanelMatrix;
  dInput: PanelMatrix | undefined;
  /** The inputs' gradients are added to what is there. */
  add?: boolean;
  /** Address of their targets, -1 where there is none. */
  targets: number;
  /** Address of each position's loss. */
  losses: number;
  /** Address of where it is said whether the target was the likeliest, 1 or 0, if that is asked for. */
  right?: number;
  /** Address of their positions; 0: row r is position r. The loss is added to what there is for the position. */
  positions: number;
}

/** Fills `losses` and, in training, the output layer's gradients and those of the features. */
export function outputLayer(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  const { features, past, targets } = layout;
  const rowsOf = ({ matrix, dropped, gradient }: Features, losses: number): SoftmaxRows => ({
    rows: chunk.outputRows,
    input: (chunk.training && dropped) || matrix,
    dInput: chunk.training ? gradient : undefined,
    targets,
    losses,
    positions: 0,
  });
  // The classes of an adaptive softmax's head are not all tokens.
  const right = layout.tails.length === 0 ? { right: layout.right } : {};
  softmaxLayer(context, chunk, layout.output, { ...rowsOf(features, layout.losses), ...right });
  let first = 0;
  layout.tails.forEach((tail, i) => {
    tailLayer(context, chunk, tail, first, chunk.tailRows[i]);
    first += chunk.tailRows[i];
  });
  if (past) {
    threads.barrier();
    softmaxLayer(context, chunk, past.output, { ...rowsOf(past.features, layout.pastLosses), add: true });
    if (chunk.training) clearOuterStates(context, chunk);
  }
  threads.barrier();
  context.lap('barrier');
}

/** `fill`: nothing reads the past's state after the last token, nor the future's before the first. */
function clearOuterStates(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  if (threads.rank > 0) return;
  const { batchSize: B, model } = layout.options;
  const [past, future] = layout.stacks.map(({ levels }) => levels[model.layers - 1].layers[0]);
  clearPanels(context, past.dh!, chunk.spans[0].steps * B, B);
  clearPanels(context, future.dh!, 0, B);
}

function softmaxLayer(context: Context, chunk: Chunk, softmax: SoftmaxLayout, all: SoftmaxRows): void {
  const { threads } = context;
  // Blocks of the same size, and in each as many work items of the same size for every thread.
  const blocks = Math.max(1, Math.ceil(all.rows / softmax.blockRows));
  const blockRows = Math.max(1, Math.ceil(all.rows / blocks));
  // A tail without rows has a gradient too: 0.
  for (let first = 0; first === 0 || first < all.rows; first += blockRows) {
    // The tiles of the block before read the logits that this one overwrites.
    if (first > 0) threads.barrier();
    const rows = Math.min(blockRows, all.rows - first);
    const items = threads.count * Math.ceil(rows / (threads.count * ITEM_ROWS));
    const itemRows = Math.ceil(rows / Math.max(1, items));
    threads.share(items, (item) => {
      const start = item * itemRows;
      const count = Math.min(itemRows, rows - start);
      if (count > 0) softmaxBlock(context, chunk, softmax, all, first + start, start, count);
    });
    context.lap('softmax');
    threads.barrier();
    context.lap('barrier');
    if (!chunk.training) continue;
    shareLinearGradient(context, softmax, softmax.logits, shifted(all.input, 0, first), rows, first > 0);
    context.lap('weight gradients');
  }
}

/** Rows from `first` on, at row `row` of the block of logits. */
function softmaxBlock(
  context: Context,
  chunk: Chunk,
  softmax: SoftmaxLayout,
  all: SoftmaxRows,
  first: number,
  row: number,
  rows: number,
): void {
  const { kernels, layout, f32, f64, i32 } = context;
  const { logits } = softmax;
  const z = at(logits, 0, row);
  linearForward(context, softmax, logits, row, all.input, first, rows);

  const largest = layout.largest + first * ROW;
  const sums = layout.sums + first * ROW;
  const targets = all.targets / 4 + first;
  const lossAt = (r: number): number =>
    all.losses / 8 + (all.positions === 0 ? first + r : i32[all.positions / 4 + first + r]);
  const logitAt = (r: number, token: number): number => at(logits, token >> 4, row + r) / 4 + (token & 15);
  const targetLogits = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) targetLogits[r] = f32[logitAt(r, target)];
  }
  kernels.softmaxExponentials({ base: z, step: logits.step }, rows, logits.panels, largest as Address, sums as Address);
  for (let r = 0; r < rows; r++) {
    let loss = 0;
    if (i32[targets + r] >= 0) {
      loss = Math.log(f32[sums / 4 + r * PANEL]) + f32[largest / 4 + r * PANEL] - targetLogits[r];
    }
    if (all.positions === 0) f64[lossAt(r)] = loss;
    else f64[lossAt(r)] += loss;
    if (all.right) {
      const likeliest = i32[targets + r] >= 0 && targetLogits[r] === f32[largest / 4 + r * PANEL];
      i32[all.right / 4 + first + r] = likeliest ? 1 : 0;
    }
  }
  if (!all.dInput) return;

  // d loss / d logit = (probability - wanted) / tokens, where the target is wanted, and with label smoothing all classes a bit.
  const factors = sums / 4;
  for (let r = 0; r < rows; r++) {
    const factor = i32[targets + r] < 0 ? 0 : 1 / (f32[factors + r * PANEL] * chunk.tokens);
    f32.fill(factor, factors + r * PANEL, factors + (r + 1) * PANEL);
  }
  kernels.scaleRows({ base: z, step: logits.step }, rows, logits.panels, sums as Address);
  const { labelSmoothing = 0 } = layout.options.training!;
  if (labelSmoothing > 0) {
    for (let r = 0; r < rows; r++) {
      const shift = i32[targets + r] < 0 ? 0 : labelSmoothing / (softmax.classes * chunk.tokens);
      f32.fill(shift, factors + r * PANEL, factors + (r + 1) * PANEL);
    }
    kernels.shiftRows({ base: z, step: logits.step }, rows, softmax.classes, sums as Address);
  }
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) f32[logitAt(r, target)] -= (1 - labelSmoothing) / chunk.tokens;
  }
  linearBackward(context, softmax, all.dInput, first, logits, row, rows, all.add);
}

/** A tail over its `rows` positions, listed from index `first` on. */
function tailLayer(context: Context, chunk: Chunk, tail: TailLayout, first: number, rows: number): void {
  const { kernels, layout, threads } = context;
  const { hidden, projected, dProjected, softmax, projection } = tail;
  const { matrix, gradient } = layout.features;
  const positions = layout.tailPositions + first * 4;
  const items = Math.ceil(rows / ITEM_ROWS);
  const item = (index: number): [row: number, count: number] => [
    index * ITEM_ROWS,
    Math.min(ITEM_ROWS, rows - index * ITEM_ROWS),
  ];
  threads.share(items, (index) => {
    const [row, count] = item(index);
    const from = positions + row * 4;
    kernels.gatherRows({ base: at(hidden, 0, row), step: hidden.step }, matrix, from as Address, count, hidden.panels);
    linearForward(context, projection, projected, row, hidden, row, count);
  });
  threads.barrier();
  softmaxLayer(context, chunk, softmax, {
    rows,
    input: projected,
    dInput: dProjected,
    targets: layout.tailTargets + first * 4,
    losses: layout.losses,
    positions,
  });
  if (!chunk.training || !dProjected || !gradient) return;
  shareLinearGradient(context, projection, dProjected, hidden, rows);
  threads.barrier();
  threads.share(items, (index) => {
    const [row, count] = item(index);
    linearBackward(context, projection, hidden, row, dProjected, row, count);
    const to = positions + row * 4;
    kernels.scatterRows(gradient, { base: at(hidden, 0, row), step: hidden.step }, to as Address, count, hidden.panels);
  });
  context.lap('softmax');
}
