/**
 * What lies in the shared memory: panel matrices, the form of every activation and packed weight (described in
 * kernels/assembly/product.ts), parameters, and the bump allocator that lays them out.
 */

/** Columns of a panel. */
export const PANEL = 16;
/** Bytes of a panel's row: one cache line. */
export const ROW = 64;

/** Panels that `columns` columns take. */
export function panelsOf(columns: number): number {
  return Math.ceil(columns / PANEL);
}

/** A parameter on the flat block: byte addresses of its value and gradient (0 without training). */
export interface Parameter {
  name: string;
  shape: number[];
  /** Floats from the start of the block; a multiple of 16. */
  offset: number;
  value: number;
  gradient: number;
}

export interface PanelMatrix {
  base: number;
  /** Bytes from panel to panel. */
  step: number;
  panels: number;
}

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

/** The address of row `row` of panel `panel`. */
export function at(matrix: PanelMatrix, panel: number, row: number): number {
  return matrix.base + panel * matrix.step + row * ROW;
}

/** The same matrix from another row and panel on; negative numbers go back. */
export function shifted(matrix: PanelMatrix, panel: number, row: number, panels = matrix.panels - panel): PanelMatrix {
  return { base: at(matrix, panel, row), step: matrix.step, panels };
}

/** Bytes at the start of the memory that the kernels keep for their constants. */
const RESERVED = 4096;

/** Gives out addresses one after the other, each on a cache line. */
export interface Arena {
  bytes: number;
  /** Bytes of activations, [first, last). */
  readonly activationRanges: [first: number, last: number][];
  reserve(bytes: number): number;
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
      const address = arena.bytes;
      arena.bytes += Math.ceil(bytes / ROW) * ROW;
      return address;
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
