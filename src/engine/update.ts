/** The end of a training step: the gradient's norm, clipping, and the optimizer, each thread on its slices of the flat block. */

import type { Chunk } from './chunk.ts';
import { type Context, shareOf } from './context.ts';
import { SLICE } from './layout.ts';

/** Norm of the whole gradient. Slices have a fixed size and their sums a fixed order, so the bits don't depend on the threads. */
export function gradientNorm(context: Context): number {
  const { kernels, layout, threads, f64 } = context;
  const slices = layout.blockSize / SLICE;
  const squares = layout.squares / 8;
  const [first, last] = shareOf(slices, threads.rank, threads.count);
  for (let slice = first; slice < last; slice++) {
    f64[squares + slice] = kernels.sumSquares(layout.gradients + slice * SLICE * 4, SLICE);
  }
  threads.barrier();
  let sum = 0;
  for (let slice = 0; slice < slices; slice++) sum += f64[squares + slice];
  return Math.sqrt(sum);
}

export function updateParameters(context: Context, chunk: Chunk, norm: number): void {
  const { kernels, layout, threads } = context;
  const { name, weightDecay, clip } = layout.options.training!.optimizer;
  // PyTorch's coefficient (torch.nn.utils.clip_grad_norm_).
  const scale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const rate = chunk.learningRate;
  const [first, last] = shareOf(layout.blockSize / SLICE, threads.rank, threads.count);
  const offset = first * SLICE * 4;
  const n = (last - first) * SLICE;
  const p = layout.values + offset;
  const g = layout.gradients + offset;
  const [first1, second] = layout.moments.map((moment) => moment + offset);
  switch (name) {
    case 'adam':
    case 'adamw': {
      const t = chunk.update + 1;
      const decoupled = name === 'adamw' ? 1 - rate * weightDecay : 1;
      const decay = name === 'adamw' ? 0 : weightDecay;
      const correction = 1 / Math.sqrt(1 - 0.999 ** t);
      kernels.adam(p, g, first1, second, n, scale, rate / (1 - 0.9 ** t), correction, decay, decoupled);
      return;
    }
    case 'rmsprop':
      kernels.rmsprop(p, g, first1, n, scale, rate, weightDecay);
      return;
    case 'sgd':
      kernels.sgd(p, g, first1, n, scale, rate, weightDecay);
  }
}
