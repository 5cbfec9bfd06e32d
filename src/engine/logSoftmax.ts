/** Log-probabilities of all classes, for decoding and prediction. */

import type { Context } from './context.ts';
import type { SoftmaxLayout } from './headLayout.ts';
import { linearForward } from './linear.ts';
import { at, PANEL, type PanelMatrix, shifted } from './panels.ts';

/** The output layer on `rows` rows of features from their row 0 on: (rows, classes) into `to` from `offset` on. */
export function logProbabilitiesOf(
  context: Context,
  features: PanelMatrix,
  rows: number,
  to: Float32Array,
  offset: number,
): void {
  const { layout } = context;
  const { vocabulary: V, cutoffs } = layout.options.model;
  const { classes } = layout.output;
  if (!cutoffs) {
    logSoftmax(context, layout.output, features, rows, to, offset, classes);
    return;
  }
  const head = new Float32Array(rows * classes);
  logSoftmax(context, layout.output, features, rows, head, 0, classes);
  for (let row = 0; row < rows; row++) {
    to.set(head.subarray(row * classes, row * classes + cutoffs[0]), offset + row * V);
  }
  layout.tails.forEach(({ first, softmax, projected, projection }, i) => {
    linearForward(context, projection, projected, 0, features, 0, rows);
    logSoftmax(context, softmax, projected, rows, to, offset + first, V);
    for (let row = 0; row < rows; row++) {
      const cluster = head[row * classes + cutoffs[0] + i];
      const start = offset + row * V + first;
      for (let token = start; token < start + softmax.classes; token++) to[token] += cluster;
    }
  });
}

/** Log-probabilities of a softmax's classes for some rows of its input, `stride` apart in `to`. */
export function logSoftmax(
  context: Context,
  softmax: SoftmaxLayout,
  input: PanelMatrix,
  rows: number,
  to: Float32Array,
  offset: number,
  stride: number,
): void {
  const { kernels, layout, f32 } = context;
  const { logits, classes, blockRows } = softmax;
  const { largest, sums } = layout;
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    linearForward(context, softmax, logits, 0, shifted(input, 0, first), 0, count);
    for (let row = 0; row < count; row++) {
      for (let token = 0; token < classes; token += PANEL) {
        const from = at(logits, token / PANEL, row) / 4;
        to.set(f32.subarray(from, from + Math.min(PANEL, classes - token)), offset + (first + row) * stride + token);
      }
    }
    kernels.softmaxExponentials(logits.base, logits.step, count, logits.panels, largest, sums);
    for (let row = 0; row < count; row++) {
      const shift = f32[largest / 4 + row * PANEL] + Math.log(f32[sums / 4 + row * PANEL]);
      const start = offset + (first + row) * stride;
      for (let i = start; i < start + classes; i++) to[i] -= shift;
    }
  }
}
