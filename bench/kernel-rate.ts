/** How fast the kernels alone run: the two products on matrices of a training step's shape, on one thread. */

import type { KernelVariant, Panels, Precision } from '../src/kernels/index.ts';
import { kernels } from './built.ts';

/** `rows`: activations by packed weights; `columns`: a weight's gradient. */
export type Product = 'rows' | 'columns';

interface Shape {
  /** Rows of C, what is summed over, columns of C; multiples of 16, but for `rows`. */
  rows: number;
  depth: number;
  columns: number;
}

/** 24 rows of a batch by 1 MB of weights; a tile of a gradient over 64 time steps of 64 rows. */
export const SHAPES: Record<Product, Shape> = {
  rows: { rows: 24, depth: 256, columns: 1024 },
  columns: { rows: 64, depth: 4096, columns: 256 },
};

const WINDOWS = 8;

/** GFLOP/s of one product on this thread: the best of some windows of time, after a warm-up of half as long. */
export function kernelRate(variant: KernelVariant, precision: Precision, product: Product, seconds: number): number {
  const { rows, depth, columns } = SHAPES[product];
  const bytes = 4 * (rows * columns + depth * (rows + 2 * columns));
  const pages = Math.ceil(bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Float32Array(memory.buffer).forEach((_, i, all) => {
    all[i] = Math.sin(i);
  });
  const { packPairs, ...loaded } = kernels.loadKernels(variant, memory);
  const { address, NOWHERE, PANEL, ROW } = kernels;
  const matrix = (base: number, height: number): Panels => ({ base: address(base), step: height * ROW });
  const a = 4 * rows * columns;
  const b = a + 4 * rows * depth;
  const c = matrix(0, rows);
  const pairs = precision === 'bf16';
  if (pairs && product === 'rows') {
    packPairs(matrix(b, depth / 2), address(b + 4 * depth * columns), columns, depth, columns);
  }
  const productRows = pairs ? loaded.productPairs : loaded.productRows;
  const productColumns = pairs ? loaded.productColumnsPairs : loaded.productColumns;
  const run =
    product === 'rows'
      ? () =>
          productRows(c, matrix(a, rows), matrix(b, pairs ? depth / 2 : depth), rows, columns / PANEL, depth / PANEL)
      : () => productColumns(c, matrix(a, depth), matrix(b, depth), depth, rows / PANEL, columns / PANEL, NOWHERE);
  /** Calls a second over `time` seconds. */
  const rate = (time: number): number => {
    const began = performance.now();
    let calls = 0;
    let elapsed = 0;
    while (elapsed < time) {
      for (let i = 0; i < 4; i++) run();
      calls += 4;
      elapsed = (performance.now() - began) / 1000;
    }
    return calls / elapsed;
  };
  rate(seconds / 2);
  const best = Math.max(...Array.from({ length: WINDOWS }, () => rate(seconds / WINDOWS)));
  return (best * 2 * rows * depth * columns) / 1e9;
}
