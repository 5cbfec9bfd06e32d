/** The bump allocator that lays out the shared memory of an engine, and blocks of columns in panel matrices. */

import { type Address, address, PANEL, type PanelMatrix, panelsOf, ROW } from '../../kernels/index.ts';

/**
 * Columns of a row-major matrix, or its rows, that lie in panels: `blocks` times `size`, each block beginning a panel
 * of its own. The gates of a cell, and the two directions of a layer side by side, are such blocks.
 */
export interface Columns {
  blocks: number;
  size: number;
}

export function columnPanels({ blocks, size }: Columns): number {
  return blocks * panelsOf(size);
}

/** Bytes at the start of the memory that the kernels keep for their constants. */
const RESERVED = 4096;

/** Gives out addresses one after the other, each on a cache line. */
export interface Arena {
  bytes: number;
  /** Bytes of activations, [first, last). */
  readonly activationRanges: [first: number, last: number][];
  reserve(bytes: number): Address;
  /** Packed weights: panels without gaps, read from start to end. */
  weights(rows: number, panels: number): PanelMatrix;
  /**
   * Activations: the same rows of all panels are read together, so panels lie an odd number of cache lines past a
   * multiple of 4 KB apart, lest those rows fall into the same lines of the first-level cache.
   */
  activations(rows: number, panels: number): PanelMatrix;
}

export function createArena(): Arena {
  const arena: Arena = {
    bytes: RESERVED,
    activationRanges: [],
    reserve(bytes) {
      const start = arena.bytes;
      arena.bytes += Math.ceil(bytes / ROW) * ROW;
      return address(start);
    },
    weights(rows, panels) {
      const step = rows * ROW;
      return { base: arena.reserve(panels * step), step, panels };
    },
    activations(rows, panels) {
      const step = Math.ceil((rows * ROW) / 4096) * 4096 + 33 * ROW;
      const base = arena.reserve(panels * step);
      arena.activationRanges.push([base, arena.bytes]);
      return { base, step, panels };
    },
  };
  return arena;
}

/** Rows of a packed weight that holds `rows` rows: whole panels of them. */
export function paddedRows(rows: number): number {
  return panelsOf(rows) * PANEL;
}
