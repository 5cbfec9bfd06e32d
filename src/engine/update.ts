/**
 * The end of a training step: the gradient's norm, clipping, and the optimizer. Each thread takes slices of the flat block; a large
 * embedding, whose gradient is zero but for the rows that the chunk uses, goes by groups of those rows instead.
 */

import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { ROW_GROUP, SLICE, type SparseRows } from './layout.ts';

/** Norm of the whole gradient. Slices have a fixed size and their sums a fixed order, so the bits don't depend on the threads. */
export function gradientNorm(context: Context, chunk: Chunk): number {
  const { kernels, layout, threads, f64 } = context;
  const slices = layout.blockSize / SLICE;
  const squares = layout.squares / 8;
  const [first, last] = denseShare(context);
  for (let slice = first; slice < last; slice++) {
    f64[squares + slice] = kernels.sumSquares(layout.gradients + slice * SLICE * 4, SLICE);
  }
  const groups = Math.ceil(chunk.usedRows / ROW_GROUP);
  const rowSquares = layout.sparse ? layout.sparse.squares / 8 : 0;
  threads.share(groups, (group) => {
    let sum = 0;
    eachRow(context, layout.sparse!, chunk, group, (offset) => {
      sum += kernels.sumSquares(layout.gradients + offset, layout.options.model.embedding);
    });
    f64[rowSquares + group] = sum;
  });
  threads.barrier();
  let sum = 0;
  for (let slice = layout.firstDenseSlice; slice < slices; slice++) sum += f64[squares + slice];
  for (let group = 0; group < groups; group++) sum += f64[rowSquares + group];
  return Math.sqrt(sum);
}

export function updateParameters(context: Context, chunk: Chunk, norm: number): void {
  const { kernels, layout, threads, f32 } = context;
  const { clip } = layout.options.training!.optimizer;
  // PyTorch's coefficient (torch.nn.utils.clip_grad_norm_).
  const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const [first, last] = denseShare(context);
  applyOptimizer(context, chunk, scale, first * SLICE * 4, (last - first) * SLICE);
  const { sparse } = layout;
  if (!sparse) return;
  const E = layout.options.model.embedding;
  const decays = momentDecays(context);
  threads.share(Math.ceil(chunk.usedRows / ROW_GROUP), (group) => {
    eachRow(context, sparse, chunk, group, (offset, row) => {
      const lastUpdate = sparse.lastUpdate / 4 + row;
      const missed = chunk.update - f32[lastUpdate];
      if (missed > 0) {
        layout.moments.forEach((moment, i) => {
          kernels.scale(moment + offset, E, decays[i] ** missed);
        });
      }
      f32[lastUpdate] = chunk.update + 1;
      applyOptimizer(context, chunk, scale, offset, E);
    });
  });
}

/** This thread's slices of what is updated densely. */
function denseShare({ layout, threads }: Context): [first: number, last: number] {
  const start = layout.firstDenseSlice;
  const [first, last] = shareOf(layout.blockSize / SLICE - start, threads.rank, threads.count);
  return [start + first, start + last];
}

/** Calls `visit` with the byte offset on the flat block and the number of each of a group's rows. */
function eachRow(
  { i32, layout }: Context,
  sparse: SparseRows,
  chunk: Chunk,
  group: number,
  visit: (offset: number, row: number) => void,
): void {
  const last = Math.min(chunk.usedRows, (group + 1) * ROW_GROUP);
  for (let item = group * ROW_GROUP; item < last; item++) {
    const row = i32[sparse.used / 4 + item];
    visit(row * layout.options.model.embedding * 4, row);
  }
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
      kernels.adam(p, g, first, second, n, scale, rate / (1 - 0.9 ** t), correction, decay, decoupled);
      return;
    }
    case 'rmsprop':
      kernels.rmsprop(p, g, first, n, scale, rate, weightDecay);
      return;
    case 'sgd':
      kernels.sgd(p, g, first, n, scale, rate, weightDecay);
  }
}
