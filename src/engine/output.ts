/**
 * The output layer: logits, softmax, cross-entropy, and their gradients. It works on blocks of rows, so that with a large vocabulary
 * the logits never exist all at once; within a block rows are shared out, then the tiles of the weight's gradient.
 *
 * With an adaptive softmax (Grave et al. 2017) the head is such a layer over all positions, and each tail another one over the
 * positions whose target it holds, with a projection before it.
 */

import type { Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { shareWeightGradient } from './gradients.ts';
import type { SoftmaxLayout, TailLayout } from './layout.ts';
import { at, PANEL, type PanelMatrix, ROW } from './panels.ts';
import { hiddenGradient } from './recurrent.ts';

/** Rows of a work item at most: their inputs stay in the second-level cache. */
const ITEM_ROWS = 96;

/** The rows that a softmax works on. */
interface SoftmaxRows {
  rows: number;
  /** Their inputs, from row `inputRow` of `input` on, and where the inputs' gradients go. */
  input: PanelMatrix;
  inputRow: number;
  dInput: PanelMatrix | undefined;
  /** Address of their targets, -1 where there is none. */
  targets: number;
  /** Address of their positions; 0: row r is position r. The loss is added to what `losses` has for the position. */
  positions: number;
}

/** Fills `losses` and, in training, the output layer's gradients and those of the top layer's hidden states. */
export function outputLayer(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  const B = layout.options.batchSize;
  const top = layout.layers[layout.layers.length - 1];
  softmaxLayer(context, chunk, layout.output, {
    rows: chunk.steps * B,
    input: top.h,
    inputRow: B,
    dInput: chunk.training ? hiddenGradient(context, top.index) : undefined,
    targets: layout.targets,
    positions: 0,
  });
  let first = 0;
  layout.tails.forEach((tail, i) => {
    tailLayer(context, chunk, tail, first, chunk.tailRows[i]);
    first += chunk.tailRows[i];
  });
  threads.barrier();
  context.lap('barrier');
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
    shareWeightGradient(context, {
      a: softmax.logits,
      aPanel: 0,
      aRow: 0,
      b: all.input,
      bRow: all.inputRow + first,
      rows,
      weight: softmax.weight,
      bias: softmax.bias,
      firstOutput: 0,
      outputs: softmax.classes,
      columns: softmax.width,
      accumulate: first > 0,
    });
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
  fillLogits(context, softmax, all.input, all.inputRow + first, row, rows);

  const largest = layout.largest + first * ROW;
  const sums = layout.sums + first * ROW;
  const targets = all.targets / 4 + first;
  const lossAt = (r: number): number =>
    layout.losses / 8 + (all.positions === 0 ? first + r : i32[all.positions / 4 + first + r]);
  const logitAt = (r: number, token: number): number => at(logits, token >> 4, row + r) / 4 + (token & 15);
  const targetLogits = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) targetLogits[r] = f32[logitAt(r, target)];
  }
  kernels.softmaxExponentials(z, logits.step, rows, logits.panels, largest, sums);
  for (let r = 0; r < rows; r++) {
    let loss = 0;
    if (i32[targets + r] >= 0) {
      loss = Math.log(f32[sums / 4 + r * PANEL]) + f32[largest / 4 + r * PANEL] - targetLogits[r];
    }
    if (all.positions === 0) f64[lossAt(r)] = loss;
    else f64[lossAt(r)] += loss;
  }
  if (!all.dInput) return;

  // d loss / d logit = (probability - 1 at the target) / tokens.
  const factors = sums / 4;
  for (let r = 0; r < rows; r++) {
    const factor = i32[targets + r] < 0 ? 0 : 1 / (f32[factors + r * PANEL] * chunk.tokens);
    f32.fill(factor, factors + r * PANEL, factors + (r + 1) * PANEL);
  }
  kernels.scaleRows(z, logits.step, rows, logits.panels, sums);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) f32[logitAt(r, target)] -= 1 / chunk.tokens;
  }
  product(
    context,
    { base: z, step: logits.step, panels: logits.panels },
    softmax.backward!,
    all.dInput,
    all.inputRow + first,
    rows,
  );
}

/** Logits of `rows` rows from row `inputRow` of `input`, into rows from `row` on of the block. */
export function fillLogits(
  { kernels }: Context,
  { logits, forward: w, biasPadded }: SoftmaxLayout,
  input: PanelMatrix,
  inputRow: number,
  row: number,
  rows: number,
): void {
  const z = at(logits, 0, row);
  kernels.fillRows(z, logits.step, biasPadded, rows, w.panels);
  kernels.productRows(
    z,
    logits.step,
    at(input, 0, inputRow),
    input.step,
    w.base,
    w.step,
    rows,
    w.panels,
    w.step / ROW / PANEL,
  );
}

/** Rows from `row` on of `to` = those of `from` (from its row 0) times `w`. */
function product(
  { kernels }: Context,
  from: PanelMatrix,
  w: PanelMatrix,
  to: PanelMatrix,
  row: number,
  rows: number,
): void {
  for (let panel = 0; panel < w.panels; panel++) kernels.clear(at(to, panel, row), (rows * ROW) / 4);
  kernels.productRows(at(to, 0, row), to.step, from.base, from.step, w.base, w.step, rows, w.panels, from.panels);
}

/** A tail over its `rows` positions, listed from index `first` on. */
function tailLayer(context: Context, chunk: Chunk, tail: TailLayout, first: number, rows: number): void {
  const { kernels, layout, threads } = context;
  const { hidden, projected, dProjected, softmax, projection } = tail;
  const B = layout.options.batchSize;
  const top = layout.layers[layout.layers.length - 1];
  const positions = layout.tailPositions + first * 4;
  const items = Math.ceil(rows / ITEM_ROWS);
  const item = (index: number): [row: number, count: number] => [
    index * ITEM_ROWS,
    Math.min(ITEM_ROWS, rows - index * ITEM_ROWS),
  ];
  threads.share(items, (index) => {
    const [row, count] = item(index);
    kernels.gatherRows(
      at(hidden, 0, row),
      hidden.step,
      at(top.h, 0, B),
      top.h.step,
      positions + row * 4,
      count,
      top.units,
    );
    product(context, { ...hidden, base: at(hidden, 0, row) }, tail.projectionForward, projected, row, count);
  });
  threads.barrier();
  softmaxLayer(context, chunk, softmax, {
    rows,
    input: projected,
    inputRow: 0,
    dInput: dProjected,
    targets: layout.tailTargets + first * 4,
    positions,
  });
  if (!chunk.training || !dProjected) return;
  shareWeightGradient(context, {
    a: dProjected,
    aPanel: 0,
    aRow: 0,
    b: hidden,
    bRow: 0,
    rows,
    weight: projection,
    firstOutput: 0,
    outputs: softmax.width,
    columns: layout.options.model.hidden,
  });
  threads.barrier();
  const dh = hiddenGradient(context, top.index);
  threads.share(items, (index) => {
    const [row, count] = item(index);
    product(context, { ...dProjected, base: at(dProjected, 0, row) }, tail.projectionBackward!, hidden, row, count);
    kernels.scatterRows(at(dh, 0, B), dh.step, at(hidden, 0, row), hidden.step, positions + row * 4, count, top.units);
  });
  context.lap('softmax');
}
