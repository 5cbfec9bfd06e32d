/** What the kernels' tests share: memory with numbers in it, and elements of panel matrices. */

import { expect } from 'vitest';
import {
  type Address,
  address,
  at,
  f32Index,
  type Kernels,
  type KernelVariant,
  loadKernels,
  PANEL,
  type PanelMatrix,
  type Panels,
  ROW,
  variantReports,
} from '../../src/kernels/index.ts';
import type { NativeLibrary } from '../../src/kernels/native.ts';
import { createRandom } from '../../src/random.ts';

/** Kernels on a memory of their own. */
export interface Bench {
  kernels: Kernels;
  floats: Float32Array;
  /** An address with room for `floats` floats, filled with numbers in (-1, 1). */
  random(floats: number): Address;
  /** A panel matrix filled likewise. */
  matrix(rows: number, panels: number): PanelMatrix;
}

export function bench(variant: KernelVariant, library?: () => NativeLibrary): Bench {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const floats = new Float32Array(memory.buffer);
  const random = createRandom(7);
  let next = 8192;
  const fill = (count: number): Address => {
    const start = address(next);
    next += Math.ceil((count * 4) / ROW) * ROW;
    for (let i = 0; i < count; i++) floats[f32Index(start) + i] = 2 * random.uniform() - 1;
    return start;
  };
  return {
    kernels: loadKernels(variant, memory, library),
    floats,
    random: fill,
    matrix: (rows, panels) => ({ base: fill(panels * rows * PANEL), step: rows * ROW, panels }),
  };
}

/** Where element (row, column) of a panel matrix is among the floats. */
export function place(matrix: Panels, row: number, column: number): number {
  return f32Index(at(matrix, Math.floor(column / PANEL), row)) + (column % PANEL);
}

/**
 * Expects a float32 sum to be that of `terms`, within what rounding can do to it in any order: n u times the sum of the
 * magnitudes (Higham 2002, "Accuracy and Stability of Numerical Algorithms", 4.2), with n one larger for terms that are
 * rounded products.
 */
export function expectSum(actual: number, terms: readonly number[]): void {
  let sum = 0;
  let magnitudes = 0;
  for (const term of terms) {
    sum += term;
    magnitudes += Math.abs(term);
  }
  expect(Math.abs(actual - sum)).toBeLessThanOrEqual((terms.length + 1) * 2 ** -24 * magnitudes);
}

/** The variants that this machine can run. */
export const usable = variantReports()
  .filter((report) => report.usable)
  .map(({ variant }) => variant);
