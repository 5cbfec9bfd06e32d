/** The measures of a panel, which product.ts describes, and the sums of its columns. */

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

/** sums (16) += the sums of a panel's columns over n rows. */
export function columnSums(sums: usize, a: usize, n: i32): void {
  let s0 = v128.load(sums, 0);
  let s1 = v128.load(sums, 16);
  let s2 = v128.load(sums, 32);
  let s3 = v128.load(sums, 48);
  for (const end = a + rowBytes(n); a < end; a += ROW) {
    s0 = f32x4.add(s0, v128.load(a, 0));
    s1 = f32x4.add(s1, v128.load(a, 16));
    s2 = f32x4.add(s2, v128.load(a, 32));
    s3 = f32x4.add(s3, v128.load(a, 48));
  }
  v128.store(sums, s0, 0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
}
