/**
 * What the code of a step works with on one thread: kernels and views on the shared memory, and this thread's share of
 * a layer.
 */

import { type Kernels, type KernelVariant, loadKernels } from '../kernels/index.ts';
import { type Layout, PHASES } from './layout.ts';
import type { Threads } from './threads.ts';

/** Phases that `--profile` tells apart. */
export const PHASE_NAMES = [
  'pack',
  'input product',
  'recurrent product',
  'gates',
  'softmax',
  'weight gradients',
  'optimizer',
  'attention',
  'barrier',
  'between steps',
] as const;
export type Phase = (typeof PHASE_NAMES)[number];

/** The part of a layer's rows and units that one thread computes. */
export interface Region {
  firstRow: number;
  lastRow: number;
  /** Panels of hidden units. */
  firstUnit: number;
  lastUnit: number;
  /** Panels of the layer below that get a gradient from this thread. */
  firstInput: number;
  lastInput: number;
}

export interface Context {
  /** Shared by all threads. */
  memory: WebAssembly.Memory;
  layout: Layout;
  kernels: Kernels;
  threads: Threads;
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  /**
   * True: each thread takes a share of the hidden units and all rows, with a barrier at every time step. False: a share
   * of the rows.
   */
  splitUnits: boolean;
  /** Charges the time since the last call to a phase; does nothing unless the engine profiles. */
  lap(phase: Phase): void;
}

/** Threads' shares of `count` things, as even as can be. */
export function shareOf(count: number, rank: number, threads: number): [first: number, last: number] {
  return [Math.floor((count * rank) / threads), Math.floor((count * (rank + 1)) / threads)];
}

/** Weights of a layer above this no longer fit a core's second-level cache, so each thread keeps to a share of the units. */
const SPLIT_UNITS_BYTES = 4 << 20;

function splitsUnits(layout: Layout): boolean {
  const { model, batchSize, threads } = layout.options;
  const weightBytes = layout.form.gates * model.hidden * model.hidden * 4;
  return threads > 1 && (weightBytes >= SPLIT_UNITS_BYTES || batchSize < 2 * threads) && model.hidden >= 32 * threads;
}

/** This thread's share of a layer of `units` panels on an input of `inputPanels`. */
export function regionOf(context: Context, units: number, inputPanels: number): Region {
  const { rank, count } = context.threads;
  const B = context.layout.options.batchSize;
  const [firstRow, lastRow] = context.splitUnits ? [0, B] : shareOf(B, rank, count);
  const [firstUnit, lastUnit] = context.splitUnits ? shareOf(units, rank, count) : [0, units];
  const [firstInput, lastInput] = context.splitUnits ? shareOf(inputPanels, rank, count) : [0, inputPanels];
  return { firstRow, lastRow, firstUnit, lastUnit, firstInput, lastInput };
}

export function createContext(
  memory: WebAssembly.Memory,
  layout: Layout,
  variant: KernelVariant,
  threads: Threads,
): Context {
  return {
    memory,
    layout,
    kernels: loadKernels(variant, memory),
    threads,
    f32: new Float32Array(memory.buffer),
    f64: new Float64Array(memory.buffer),
    i32: new Int32Array(memory.buffer),
    splitUnits: splitsUnits(layout),
    lap: layout.options.profile ? stopwatch(memory, layout, threads.rank) : () => {},
  };
}

/** Adds the time between calls to the phases' places in the shared memory. */
function stopwatch(memory: WebAssembly.Memory, layout: Layout, rank: number): (phase: Phase) => void {
  const seconds = new Float64Array(memory.buffer, layout.profile + rank * PHASES * 8, PHASES);
  let last = performance.now();
  return (phase) => {
    const now = performance.now();
    seconds[PHASE_NAMES.indexOf(phase)] += (now - last) / 1000;
    last = now;
  };
}
