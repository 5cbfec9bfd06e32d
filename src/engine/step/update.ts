/**
 * The second half of a training step: the gradient's norm, clipping, and the optimizer. Each thread takes slices of the flat
 * block; a large embedding, whose gradient is zero but for the rows that the chunk uses, goes by groups of those rows
 * instead. What the optimizer updates as matrices goes matrix by matrix.
 */

import { f32Index, f64Index, i32Index, offsetBy } from '../../kernels/index.ts';
import type { Chunk } from '../chunk.ts';
import { eachShareOfRuns, SLICE } from '../memory/index.ts';
import type { Update } from '../optimizers/index.ts';
import { type Plan, ROW_GROUP, type SparseRows } from '../plan.ts';
import { type Context, ownShare } from '../team/index.ts';

/** Norm of the whole gradient. Slices have a fixed size and their sums a fixed order, so the bits don't depend on the threads. */
export function gradientNorm(context: Context, plan: Plan, chunk: Chunk): number {
  const { kernels, threads, f64 } = context;
  const { block, sparse } = plan;
  const squares = f64Index(plan.squares);
  eachShareOfRuns(
    block.dense,
    (count) => ownShare(context, count),
    (first, last) => {
      for (let slice = first; slice < last; slice++) {
        f64[squares + slice] = kernels.sumSquares(offsetBy(block.gradients, slice * SLICE * 4), SLICE);
      }
    },
  );
  const groups = chunk.usedRows.map((rows) => Math.ceil(rows / ROW_GROUP));
  sparse.forEach((rows, i) => {
    threads.share(groups[i], (group) => {
      let sum = 0;
      eachRow(context, rows, chunk.usedRows[i], group, (row, width) => {
        sum += kernels.sumSquares(offsetBy(rows.embedding.gradient, row * width * 4), width);
      });
      f64[f64Index(rows.squares) + group] = sum;
    });
  });
  threads.barrier();
  let sum = 0;
  for (const [first, last] of block.dense) {
    for (let slice = first; slice < last; slice++) sum += f64[squares + slice];
  }
  sparse.forEach((rows, i) => {
    for (let group = 0; group < groups[i]; group++) sum += f64[f64Index(rows.squares) + group];
  });
  return Math.sqrt(sum);
}

export function updateParameters(context: Context, plan: Plan, chunk: Chunk, norm: number): void {
  const { kernels, threads, f32 } = context;
  const { block, sparse, matrices } = plan;
  const { clip, weightDecay } = plan.options.training!.optimizer;
  const optimizer = plan.optimizer!;
  const update: Update = {
    learningRate: chunk.learningRate,
    weightDecay,
    // PyTorch's coefficient (torch.nn.utils.clip_grad_norm_).
    scale: clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1,
    number: chunk.update + 1,
  };
  /** What belongs to the parameters from a float of the flat block on. */
  const placeAt = (offset: number) => ({
    value: offsetBy(block.values, offset * 4),
    gradient: offsetBy(block.gradients, offset * 4),
    moments: block.moments.map((moment) => offsetBy(moment, offset * 4)),
  });
  const apply = (offset: number, count: number): void => {
    optimizer.update(kernels, { count, ...placeAt(offset) }, update);
  };
  eachShareOfRuns(
    block.updated,
    (count) => ownShare(context, count),
    (first, last) => apply(first * SLICE, (last - first) * SLICE),
  );
  sparse.forEach((rows, i) => {
    threads.share(Math.ceil(chunk.usedRows[i] / ROW_GROUP), (group) => {
      eachRow(context, rows, chunk.usedRows[i], group, (row, width) => {
        const offset = rows.embedding.offset + row * width;
        const lastUpdate = f32Index(rows.lastUpdate) + row;
        const missed = chunk.update - f32[lastUpdate];
        if (missed > 0) {
          block.moments.forEach((moment, k) => {
            kernels.scale(offsetBy(moment, offset * 4), width, optimizer.decays[k] ** missed);
          });
        }
        f32[lastUpdate] = update.number;
        apply(offset, width);
      });
    });
  });
  const scratch = offsetBy(matrices.scratch, threads.rank * matrices.scratchBytes);
  threads.share(matrices.shapes.length, (item) => {
    const { offset, ...shape } = matrices.shapes[item];
    optimizer.matrices!.update(kernels, { ...shape, ...placeAt(offset) }, scratch, update);
  });
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
  for (let item = group * ROW_GROUP; item < last; item++) visit(i32[i32Index(used) + item], embedding.shape[1]);
}
