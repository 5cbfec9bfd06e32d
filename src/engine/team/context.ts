/**
 * What the code of a step works with on one thread: kernels and views on the shared memory, and how the work is shared out.
 */

import type { Address, Kernels, Precision } from '../../kernels/index.ts';
import type { Phase } from './profile.ts';
import type { Threads } from './threads.ts';

export interface Context {
  /** Shared by all threads. */
  memory: WebAssembly.Memory;
  kernels: Kernels;
  threads: Threads;
  f32: Float32Array;
  f64: Float64Array;
  i32: Int32Array;
  /** B, rows of a batch. */
  batchSize: number;
  /**
   * True: each thread takes a share of the panels of hidden units and all rows, with a barrier at every time step. False: a
   * share of the rows.
   */
  splitPanels: boolean;
  /** Of the products that give the weights' gradients. */
  precision: Precision;
  /** This thread's scratch for a tile of a weight's gradient. */
  tile: Address;
  /** Charges the time since the last call to a phase; does nothing unless the engine profiles. */
  lap(phase: Phase): void;
}

/** Threads' shares of `count` things, as even as can be. */
export function shareOf(count: number, rank: number, threads: number): [first: number, last: number] {
  return [Math.floor((count * rank) / threads), Math.floor((count * (rank + 1)) / threads)];
}

/** This thread's share of `count` things. */
export function ownShare({ threads }: Context, count: number): [first: number, last: number] {
  return shareOf(count, threads.rank, threads.count);
}

/** A barrier, charged as waiting; the time before it goes to `phase`. */
export function synchronize({ threads, lap }: Context, phase: Phase): void {
  lap(phase);
  threads.barrier();
  lap('barrier');
}

/** The part of some rows of a layer, those of a batch or more, and of its panels that one thread computes. */
export interface Region {
  firstRow: number;
  lastRow: number;
  /** Panels of hidden units. */
  firstPanel: number;
  lastPanel: number;
  /** Panels of the layer below that get a gradient from this thread. */
  firstInput: number;
  lastInput: number;
}

/** This thread's share of `rows` rows of a layer of `panels` panels on an input of `inputPanels`. */
export function regionOf(context: Context, panels: number, inputPanels: number, rows = context.batchSize): Region {
  const { splitPanels } = context;
  const [firstRow, lastRow] = splitPanels ? [0, rows] : ownShare(context, rows);
  const [firstPanel, lastPanel] = splitPanels ? ownShare(context, panels) : [0, panels];
  const [firstInput, lastInput] = splitPanels ? ownShare(context, inputPanels) : [0, inputPanels];
  return { firstRow, lastRow, firstPanel, lastPanel, firstInput, lastInput };
}
