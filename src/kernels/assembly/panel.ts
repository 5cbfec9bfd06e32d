/** The measures of a panel, which product.ts describes. */

/** Columns of a panel. */
// @ts-ignore: decorator
@inline
export const PANEL: i32 = 16;

/** Bytes of a panel's row: one cache line. */
// @ts-ignore: decorator
@inline
export const ROW: usize = 64;

/** Bytes of a vector, four of which are a row. */
// @ts-ignore: decorator
@inline
export const VECTOR: usize = 16;

/** The panel that a column is in. */
// @ts-ignore: decorator
@inline
export function panelOf(column: i32): i32 {
  return column >> 4;
}

/** The place of a column in its panel. */
// @ts-ignore: decorator
@inline
export function columnIn(column: i32): i32 {
  return column & 15;
}

/** Bytes that some rows of a panel take. */
// @ts-ignore: decorator
@inline
export function rowBytes(rows: i32): usize {
  return <usize>rows << 6;
}
