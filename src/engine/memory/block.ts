/**
 * The flat block: all parameters one after the other, and beside them, in the same order, their gradients, their average, and
 * the optimizer's moments. What takes hold of a gradient as a whole (its norm, clipping, the update) goes through it by
 * slices of a fixed size.
 */

import { type Address, offsetBy, PANEL } from '../../kernels/index.ts';
import { elementCount, type ParameterSpec } from '../../model/index.ts';
import type { Arena } from './arena.ts';

/** A parameter on the flat block. */
export interface Parameter extends ParameterSpec {
  /** Floats from the start of the block; a multiple of 16. */
  offset: number;
  value: Address;
  /** Without training it is never read. */
  gradient: Address;
}

/**
 * How a parameter's gradient and update go: both by slices with others, both by the rows that a chunk uses, or the gradient by
 * slices and the update by the matrices that it is made of.
 */
export type UpdateMode = 'slices' | 'rows' | 'matrices';

/** Slices, [first, last). */
export type SliceRun = readonly [first: number, last: number];

export interface FlatBlock {
  parameters: Parameter[];
  /** Floats of the block, a multiple of `SLICE`. */
  size: number;
  /** Slices of the gradients that go by slices. */
  dense: readonly SliceRun[];
  /** Slices of the parameters whose update goes by slices. */
  updated: readonly SliceRun[];
  values: Address;
  gradients: Address;
  average: Address;
  /** As many as the optimizer has. */
  moments: Address[];
}

/** Floats by which the norm is summed and the update shared out: fixed, so that sums don't depend on the number of threads. */
export const SLICE = 4096;

/** Slices begin anew with each parameter that goes by rows, and where parameters go another way than those before. */
export function createBlock(
  arena: Arena,
  specs: readonly ParameterSpec[],
  modeOf: (spec: ParameterSpec) => UpdateMode,
  /** Moments of the optimizer; `undefined` where nothing is trained. */
  moments: number | undefined,
): FlatBlock {
  const placed: { spec: ParameterSpec; offset: number }[] = [];
  const dense: SliceRun[] = [];
  const updated: SliceRun[] = [];
  let size = 0;
  let runStart = 0;
  let last: UpdateMode = 'slices';
  const endRun = (): void => {
    size = Math.ceil(size / SLICE) * SLICE;
    const run: SliceRun = [runStart, size / SLICE];
    runStart = run[1];
    if (run[1] === run[0] || last === 'rows') return;
    dense.push(run);
    if (last === 'slices') updated.push(run);
  };
  for (const spec of specs) {
    const mode = modeOf(spec);
    if (mode !== last || mode === 'rows') endRun();
    last = mode;
    placed.push({ spec, offset: size });
    size += Math.ceil(elementCount(spec.shape) / PANEL) * PANEL;
  }
  endRun();
  const values = arena.reserve(size * 4);
  const gradients = arena.reserve(moments === undefined ? 0 : size * 4);
  const average = arena.reserve(moments === undefined ? 0 : size * 4);
  return {
    parameters: placed.map(({ spec, offset }) => ({
      ...spec,
      offset,
      value: offsetBy(values, offset * 4),
      gradient: offsetBy(gradients, moments === undefined ? 0 : offset * 4),
    })),
    size,
    dense,
    updated,
    values,
    gradients,
    average,
    moments: Array.from({ length: moments ?? 0 }, () => arena.reserve(size * 4)),
  };
}

/** Calls `visit` with this thread's part of each run of slices, as floats of the block: from `offset` on, `count` of them. */
export function eachShareOfRuns(
  runs: readonly SliceRun[],
  share: (count: number) => [first: number, last: number],
  visit: (firstSlice: number, lastSlice: number) => void,
): void {
  for (const [start, end] of runs) {
    const [first, last] = share(end - start);
    if (last > first) visit(start + first, start + last);
  }
}
