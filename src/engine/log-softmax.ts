/**
 * Log-probabilities of all classes, for decoding and prediction. Where several threads call these, the first one's `to`
 * gets them.
 */

import type { Address } from '../kernels/index.ts';
import { type Context, shareOf } from './context.ts';
import type { SoftmaxLayout } from './head-layout.ts';
import { linearForward } from './linear.ts';
import { at, PANEL, type PanelMatrix, shifted } from './panels.ts';

/**
 * The output layer on `rows` rows of features from their row 0 on: (rows, classes) into `to` from `offset` on. All
 * threads of the context call it with the same rows; only the first needs `to`.
 */
export function logProbabilitiesOf(
  context: Context,
  features: PanelMatrix,
  rows: number,
  to: Float32Array | undefined,
  offset: number,
): void {
  const { layout, threads } = context;
  const { vocabulary: V, cutoffs } = layout.options.model;
  const { classes } = layout.output;
  if (!cutoffs) {
    logSoftmax(context, layout.output, features, rows, to, offset, classes);
    return;
  }
  const head = new Float32Array(rows * classes);
  logSoftmax(context, layout.output, features, rows, head, 0, classes);
  for (let row = 0; to && row < rows; row++) {
    to.set(head.subarray(row * classes, row * classes + cutoffs[0]), offset + row * V);
  }
  layout.tails.forEach(({ first, softmax, projected, projection }, i) => {
    if (threads.rank === 0) linearForward(context, projection, projected, 0, features, 0, rows);
    threads.barrier();
    logSoftmax(context, softmax, projected, rows, to, offset + first, V);
    for (let row = 0; to && row < rows; row++) {
      const cluster = head[row * classes + cutoffs[0] + i];
      const start = offset + row * V + first;
      for (let token = start; token < start + softmax.classes; token++) to[token] += cluster;
    }
  });
}

/** Panels that one row's product takes together (kernels/assembly/tile-panels.ts). */
const TOGETHER = 4;
/** With fewer panels one thread has them sooner than two have met. */
const SHARED_PANELS = 32;

/** Log-probabilities of a softmax's classes for some rows of its input, `stride` apart in `to`. */
export function logSoftmax(
  context: Context,
  softmax: SoftmaxLayout,
  input: PanelMatrix,
  rows: number,
  to: Float32Array | undefined,
  offset: number,
  stride: number,
): void {
  const { threads } = context;
  const { logits, blockRows } = softmax;
  const count = logits.panels < SHARED_PANELS ? 1 : threads.count;
  if (threads.rank >= count) return;
  const [from, end] = shareOf(Math.ceil(logits.panels / TOGETHER), threads.rank, count);
  for (let first = 0; first < rows; first += blockRows) {
    const these = Math.min(blockRows, rows - first);
    // The first thread still reads the block before.
    if (count > 1 && first > 0) threads.barrier();
    const inputRows = shifted(input, 0, first);
    const last = Math.min(logits.panels, end * TOGETHER);
    linearForward(context, softmax, logits, 0, inputRows, 0, these, from * TOGETHER, last);
    if (count > 1) threads.barrier();
    if (to && threads.rank === 0) normalize(context, softmax, these, to, offset + first * stride, stride);
  }
}

/** Log-probabilities of the first `rows` rows of logits; these become exponentials. */
function normalize(
  { kernels, layout, f32 }: Context,
  { logits, classes }: SoftmaxLayout,
  rows: number,
  to: Float32Array,
  offset: number,
  stride: number,
): void {
  const { largest, sums } = layout;
  for (let row = 0; row < rows; row++) {
    for (let token = 0; token < classes; token += PANEL) {
      const from = at(logits, token / PANEL, row) / 4;
      const start = offset + row * stride + token;
      const count = Math.min(PANEL, classes - token);
      for (let i = 0; i < count; i++) to[start + i] = f32[from + i];
    }
  }
  kernels.softmaxExponentials(logits, rows, logits.panels, largest as Address, sums as Address);
  for (let row = 0; row < rows; row++) {
    const shift = f32[largest / 4 + row * PANEL] + Math.log(f32[sums / 4 + row * PANEL]);
    const start = offset + row * stride;
    for (let i = start; i < start + classes; i++) to[i] -= shift;
  }
}
