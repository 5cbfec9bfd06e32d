/**
 * The output layer: logits, softmax, cross-entropy, and their gradients. It works on blocks of positions, so that with a large vocabulary
 * the logits never exist all at once; within a block rows are shared out, then the tiles of the weight's gradient.
 */

import type { Chunk } from './chunk.ts';
import type { Context } from './context.ts';
import { shareWeightGradient } from './gradients.ts';
import { at, PANEL, ROW } from './panels.ts';
import { hiddenGradient } from './recurrent.ts';

/** Rows of a work item at most: their hidden states stay in the second-level cache. */
const ITEM_ROWS = 96;

/** Fills `losses` and, in training, the output layer's gradients and those of the top layer's hidden states. */
export function outputLayer(context: Context, chunk: Chunk): void {
  const { layout, threads } = context;
  const positions = chunk.steps * layout.options.batchSize;
  for (let first = 0; first < positions; first += layout.blockRows) {
    const rows = Math.min(layout.blockRows, positions - first);
    const items = Math.max(threads.count, Math.ceil(rows / ITEM_ROWS));
    const itemRows = Math.ceil(rows / items);
    threads.share(Math.ceil(rows / itemRows), (item) => {
      const start = item * itemRows;
      rowsOfBlock(context, chunk, first + start, start, Math.min(itemRows, rows - start));
    });
    context.lap('softmax');
    threads.barrier();
    context.lap('barrier');
    if (!chunk.training) continue;
    const top = layout.layers[layout.layers.length - 1];
    shareWeightGradient(context, {
      a: layout.logits,
      aPanel: 0,
      aRow: 0,
      b: top.h,
      bRow: first + layout.options.batchSize,
      rows,
      weight: layout.outputWeight,
      bias: layout.outputBias,
      firstOutput: 0,
      outputs: layout.options.model.vocabulary,
      columns: layout.options.model.hidden,
      accumulate: first > 0,
    });
    context.lap('weight gradients');
    threads.barrier();
    context.lap('barrier');
  }
}

/** Positions from `position` on, at row `row` of the block of logits. */
function rowsOfBlock(context: Context, chunk: Chunk, position: number, row: number, rows: number): void {
  const { kernels, layout, f32, f64, i32 } = context;
  const { logits, outputForward: w } = layout;
  const B = layout.options.batchSize;
  const top = layout.layers[layout.layers.length - 1];
  const z = at(logits, 0, row);
  kernels.fillRows(z, logits.step, layout.outputBiasPadded, rows, w.panels);
  kernels.productRows(
    z,
    logits.step,
    at(top.h, 0, position + B),
    top.h.step,
    w.base,
    w.step,
    rows,
    w.panels,
    top.units,
  );

  const largest = layout.largest + position * ROW;
  const sums = layout.sums + position * ROW;
  const targets = layout.targets / 4 + position;
  const losses = layout.losses / 8 + position;
  const logitAt = (r: number, token: number): number => (at(logits, token >> 4, row + r) >> 2) + (token & 15);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    f64[losses + r] = target < 0 ? 0 : f32[logitAt(r, target)];
  }
  kernels.softmaxExponentials(z, logits.step, rows, w.panels, largest, sums);
  for (let r = 0; r < rows; r++) {
    if (i32[targets + r] < 0) continue;
    f64[losses + r] = Math.log(f32[sums / 4 + r * PANEL]) + f32[largest / 4 + r * PANEL] - f64[losses + r];
  }
  if (!chunk.training) return;

  // d loss / d logit = (probability - 1 at the target) / tokens.
  const factors = sums / 4;
  for (let r = 0; r < rows; r++) {
    const factor = i32[targets + r] < 0 ? 0 : 1 / (f32[factors + r * PANEL] * chunk.tokens);
    f32.fill(factor, factors + r * PANEL, factors + (r + 1) * PANEL);
  }
  kernels.scaleRows(z, logits.step, rows, w.panels, sums);
  for (let r = 0; r < rows; r++) {
    const target = i32[targets + r];
    if (target >= 0) f32[logitAt(r, target)] -= 1 / chunk.tokens;
  }
  const back = layout.outputBackward!;
  const dh = hiddenGradient(context, top.index);
  for (let u = 0; u < top.units; u++) kernels.clear(at(dh, u, position + B), (rows * ROW) / 4);
  kernels.productRows(
    at(dh, 0, position + B),
    dh.step,
    z,
    logits.step,
    back.base,
    back.step,
    rows,
    top.units,
    w.panels,
  );
}
