/**
 * The end of a training step: the gradient's norm, clipping, and the optimizer. Each thread takes slices of the flat
 * block; a large embedding, whose gradient is zero but for the rows that the chunk uses, goes by groups of those rows
 * instead.
 */

import type { Address } from '../kernels/index.ts';
import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { ROW_GROUP, SLICE, type SparseRows } from './layout.ts';

/** Norm of the whole gradient. Slices have a fixed size and their sums a fixed order, so the bits don't depend on the threads. */
export function gradientNorm(context: Context, chunk: Chunk): number {
  const { kernels, layout, threads, f64 } = context;
  const squares = layout.squares / 8;
  eachDenseRun(context, (first, last) => {
    for (let slice = first; slice < last; slice++) {
      f64[squares + slice] = kernels.sumSquares((layout.gradients + slice * SLICE * 4) as Address, SLICE);
    }
  });
  const groups = chunk.usedRows.map((rows) => Math.ceil(rows / ROW_GROUP));
  layout.sparse.forEach((sparse, i) => {
    threads.share(groups[i], (group) => {
      let sum = 0;
      eachRow(context, sparse, chunk.usedRows[i], group, (row, width) => {
        sum += kernels.sumSquares((sparse.embedding.gradient + row * width * 4) as Address, width);
      });
      f64[sparse.squares / 8 + group] = sum;
    });
  });
  threads.barrier();
  let sum = 0;
  for (const [first, last] of layout.denseSlices) {
    for (let slice = first; slice < last; slice++) sum += f64[squares + slice];
  }
  layout.sparse.forEach((sparse, i) => {
    for (let group = 0; group < groups[i]; group++) sum += f64[sparse.squares / 8 + group];
  });
  return Math.sqrt(sum);
}

export function updateParameters(context: Context, chunk: Chunk, norm: number): void {
  const { kernels, layout, threads, f32 } = context;
  const { clip } = layout.options.training!.optimizer;
  // PyTorch's coefficient (torch.nn.utils.clip_grad_norm_).
  const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  eachDenseRun(context, (first, last) => {
    applyOptimizer(context, chunk, scale, first * SLICE * 4, (last - first) * SLICE);
  });
  const decays = momentDecays(context);
  layout.sparse.forEach((sparse, i) => {
    threads.share(Math.ceil(chunk.usedRows[i] / ROW_GROUP), (group) => {
      eachRow(context, sparse, chunk.usedRows[i], group, (row, width) => {
        const offset = (sparse.embedding.offset + row * width) * 4;
        const lastUpdate = sparse.lastUpdate / 4 + row;
        const missed = chunk.update - f32[lastUpdate];
        if (missed > 0) {
          layout.moments.forEach((moment, k) => {
            kernels.scale((moment + offset) as Address, width, decays[k] ** missed);
          });
        }
        f32[lastUpdate] = chunk.update + 1;
        applyOptimizer(context, chunk, scale, offset, width);
      });
    });
  });
}

/** Calls `visit` with this thread's part of each run of slices that are updated densely. */
function eachDenseRun({ layout, threads }: Context, visit: (first: number, last: number) => void): void {
  for (const [start, end] of layout.denseSlices) {
    const [first, last] = shareOf(end - start, threads.rank, threads.count);
    if (last > first) visit(start + first, start + last);
  }
}

/** Calls `visit` with each of a group's rows of an embedding, and their width. */
function eachRow(
  { i32 }: Context,
  { embedding, used }: SparseRows,
  usedRows: number,
  group: number,
  visit: (row: number, width: number) => void,
): void {
  const last = Math.min(usedRows, (group + 1) * ROW_GROUP);
  for (let item = group * ROW_GROUP; item < last; item++) visit(i32[used / 4 + item], embedding.shape[1]);
}

/** What each moment loses in an update with no gradient. */
function momentDecays({ layout }: Context): number[] {
  switch (layout.options.training!.optimizer.name) {
    case 'adam':
    case 'adamw':
      return [0.9, 0.999];
    case 'rmsprop':
      return [0.99];
    case 'sgd':
      return [0.9];
  }
}

/** Updates n parameters from a byte offset of the flat block on. */
function applyOptimizer(context: Context, chunk: Chunk, scale: number, offset: number, n: number): void {
  const { kernels, layout } = context;
  const { name, weightDecay } = layout.options.training!.optimizer;
  const rate = chunk.learningRate;
  const p = layout.values + offset;
  const g = layout.gradients + offset;
  const first = layout.moments[0] + offset;
  switch (name) {
    case 'adam':
    case 'adamw': {
      const t = chunk.update + 1;
      const decoupled = name === 'adamw' ? 1 - rate * weightDecay : 1;
      const decay = name === 'adamw' ? 0 : weightDecay;
      const correction = 1 / Math.sqrt(1 - 0.999 ** t);
      const second = layout.moments[1] + offset;
      kernels.adam(
        p as Address,
        g as Address,
        first as Address,
        second as Address,
        n,
        scale,
        rate / (1 - 0.9 ** t),
        correction,
        decay,
        decoupled,
      );
      return;
    }
    case 'rmsprop':
      kernels.rmsprop(p as Address, g as Address, first as Address, n, scale, rate, weightDecay);
      return;
    case 'sgd':
      kernels.sgd(p as Address, g as Address, first as Address, n, scale, rate, weightDecay);
  }
}
