/**
 * Where things lie in the shared memory: addresses, and panel matrices, the form of every activation and packed weight
 * and the kernels' only matrix form.
 *
 * A panel matrix keeps its columns in panels of 16: panel p holds columns 16p to 16p+15 of all rows, row after row, 64
 * bytes each. Columns are padded with zeros to whole panels.
 */

/** Columns of a panel. */
export const PANEL = 16;
/** Bytes of a panel's row: one cache line. */
export const ROW = 64;

declare const bytes: unique symbol;

/** A byte in the shared memory. A type of its own, so that no count, step or index is taken for one. */
export type Address = number & { readonly [bytes]: true };

/** What a kernel gets for an operand that is left out. */
export const NOWHERE = 0 as Address;

/** The address of a byte, counted from the start of the memory. */
export function address(bytes: number): Address {
  return bytes as Address;
}

/** The address `bytes` behind another; negative numbers go back. */
export function offsetBy(from: Address, bytes: number): Address {
  return (from + bytes) as Address;
}

/** The index of an address in a Float32Array over the whole memory. */
export function f32Index(at: Address): number {
  return at / 4;
}

/** The index of an address, a multiple of 8, in a Float64Array over the whole memory. */
export function f64Index(at: Address): number {
  return at / 8;
}

/** The index of an address in an Int32Array over the whole memory. */
export function i32Index(at: Address): number {
  return at / 4;
}

export interface PanelMatrix {
  /** The first row of the first panel. */
  base: Address;
  /** Bytes from panel to panel. */
  step: number;
  panels: number;
}

/** A panel matrix as a kernel gets it, which is told beside how many rows and panels to work on. */
export type Panels = Pick<PanelMatrix, 'base' | 'step'>;

/** Panels that `columns` columns take. */
export function panelsOf(columns: number): number {
  return Math.ceil(columns / PANEL);
}

/** The address of row `row` of panel `panel`. */
export function at(matrix: Panels, panel: number, row: number): Address {
  return offsetBy(matrix.base, panel * matrix.step + row * ROW);
}

/** The same matrix from another row and panel on; negative numbers go back. */
export function shifted(matrix: PanelMatrix, panel: number, row: number, panels = matrix.panels - panel): PanelMatrix {
  return { base: at(matrix, panel, row), step: matrix.step, panels };
}
