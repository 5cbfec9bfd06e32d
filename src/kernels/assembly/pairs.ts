/**
 * Products with operands rounded to nearest even to bfloat16, the upper half of a single-precision number; denormals become
 * 0. Sums are in single precision, over k in order, with one rounding each: a product of two bfloat16 numbers is exact.
 *
 * A *pair matrix* holds a packed weight: row i of a panel has rows 2i and 2i + 1 of its 16 columns, the first of them in the
 * upper half of 32 bits. It is half as large as the panel matrix.
 *
 * This is the plain form, for processors that can't take pairs at once; native/pairs.c is the fast one.
 */

import { madd } from './math';
import { columnIn, columnSums, PANEL, panelOf, ROW, rowBytes } from './panel';

/** The bits of x rounded to bfloat16. */
// @ts-ignore: decorator
@inline
function rounded(x: f32): u32 {
  const bits = reinterpret<u32>(x);
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (bits | 0x400000) & 0xffff0000;
  if (magnitude < 0x800000) return bits & 0x80000000;
  return (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000;
}

/** A float of the memory, rounded, in all lanes. */
// @ts-ignore: decorator
@inline
function roundedSplat(from: usize): v128 {
  return i32x4.splat(rounded(load<f32>(from)));
}

/** Four floats, rounded. */
// @ts-ignore: decorator
@inline
function roundedVector(x: v128): v128 {
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const nearest = i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd);
  const nan = i32x4.gt_s(magnitude, i32x4.splat(0x7f800000));
  const small = i32x4.lt_s(magnitude, i32x4.splat(0x800000));
  const kept = v128.bitselect(v128.or(x, i32x4.splat(0x400000)), nearest, nan);
  return v128.and(
    v128.bitselect(v128.and(x, i32x4.splat(0x80000000)), kept, small),
    i32x4.splat(0xffff0000),
  );
}

// @ts-ignore: decorator
@inline
function upper(pairs: v128): v128 {
  return v128.and(pairs, i32x4.splat(0xffff0000));
}

// @ts-ignore: decorator
@inline
function lower(pairs: v128): v128 {
  return i32x4.shl(pairs, 16);
}

/** Pair matrix (rows x columns) = a row-major matrix, rounded; `stride` floats from row to row. */
export function packPairs(to: usize, toStep: usize, from: usize, stride: i32, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r += 2) {
    const first = from + (<usize>r * stride << 2);
    const second = first + (<usize>stride << 2);
    for (let j = 0; j < columns; j++) {
      const low = r + 1 < rows ? rounded(load<f32>(second + (<usize>j << 2))) >> 16 : 0;
      const target = to + <usize>panelOf(j) * toStep + rowBytes(r >> 1) + (<usize>columnIn(j) << 2);
      store<u32>(target, rounded(load<f32>(first + (<usize>j << 2))) | low);
    }
  }
}

/** Pair matrix (columns x rows) = a row-major matrix (rows x columns), transposed and rounded. */
export function packPairsTransposed(
  to: usize,
  toStep: usize,
  from: usize,
  stride: i32,
  rows: i32,
  columns: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const row = from + (<usize>r * stride << 2);
    const target = to + <usize>panelOf(r) * toStep + (<usize>columnIn(r) << 2);
    for (let k = 0; k < columns; k += 2) {
      const low = k + 1 < columns ? rounded(load<f32>(row + (<usize>k << 2), 4)) >> 16 : 0;
      store<u32>(target + rowBytes(k >> 1), rounded(load<f32>(row + (<usize>k << 2))) | low);
    }
  }
}

/**
 * C (rows x panels) += A (rows x 16 * blocks), rounded, * W (16 * blocks x panels), a pair matrix; the others are panel
 * matrices. `blocks` counts A's panels, `panels` those of W and C.
 */
export function productPairs(
  c: usize,
  cStep: usize,
  a: usize,
  aStep: usize,
  w: usize,
  wStep: usize,
  rows: i32,
  panels: i32,
  blocks: i32,
): void {
  for (let panel = 0; panel < panels; panel++) {
    for (let row = 0; row < rows; row++) {
      const target = c + <usize>panel * cStep + rowBytes(row);
      let weights = w + <usize>panel * wStep;
      let s0 = v128.load(target, 0);
      let s1 = v128.load(target, 16);
      let s2 = v128.load(target, 32);
      let s3 = v128.load(target, 48);
      for (let block = 0; block < blocks; block++) {
        let from = a + <usize>block * aStep + rowBytes(row);
        for (const end = from + ROW; from < end; from += 8) {
          const x = roundedSplat(from);
          const y = roundedSplat(from + 4);
          const w0 = v128.load(weights, 0);
          const w1 = v128.load(weights, 16);
          const w2 = v128.load(weights, 32);
          const w3 = v128.load(weights, 48);
          s0 = madd(y, lower(w0), madd(x, upper(w0), s0));
          s1 = madd(y, lower(w1), madd(x, upper(w1), s1));
          s2 = madd(y, lower(w2), madd(x, upper(w2), s2));
          s3 = madd(y, lower(w3), madd(x, upper(w3), s3));
          weights += ROW;
        }
      }
      v128.store(target, s0, 0);
      v128.store(target, s1, 16);
      v128.store(target, s2, 32);
      v128.store(target, s3, 48);
    }
  }
}

/**
 * C (16 * aPanels rows x bPanels panels) += A' B over n rows, with A and B rounded; all three are panel matrices. When
 * `sums` is not 0, (16 * aPanels) at `sums` += the sums of A's columns, which are not rounded.
 */
export function productColumnsPairs(
  c: usize,
  cStep: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  n: i32,
  aPanels: i32,
  bPanels: i32,
  sums: usize,
): void {
  for (let i = 0; i < aPanels; i++) {
    if (sums) columnSums(sums + rowBytes(i), a + <usize>i * aStep, n);
    for (let j = 0; j < bPanels; j++) {
      for (let column = 0; column < PANEL; column += 2) {
        twoColumns(
          c + <usize>j * cStep + rowBytes(i * PANEL + column),
          a + <usize>i * aStep + (<usize>column << 2),
          b + <usize>j * bStep,
          n,
        );
      }
    }
  }
}

/** Two columns of A times a panel of B. */
function twoColumns(c: usize, a: usize, b: usize, n: i32): void {
  let s0 = v128.load(c, 0);
  let s1 = v128.load(c, 16);
  let s2 = v128.load(c, 32);
  let s3 = v128.load(c, 48);
  let t0 = v128.load(c, 64);
  let t1 = v128.load(c, 80);
  let t2 = v128.load(c, 96);
  let t3 = v128.load(c, 112);
  for (const end = a + rowBytes(n); a < end; a += ROW) {
    const x = roundedSplat(a);
    const y = roundedSplat(a + 4);
    const b0 = roundedVector(v128.load(b, 0));
    const b1 = roundedVector(v128.load(b, 16));
    const b2 = roundedVector(v128.load(b, 32));
    const b3 = roundedVector(v128.load(b, 48));
    s0 = madd(x, b0, s0);
    s1 = madd(x, b1, s1);
    s2 = madd(x, b2, s2);
    s3 = madd(x, b3, s3);
    t0 = madd(y, b0, t0);
    t1 = madd(y, b1, t1);
    t2 = madd(y, b2, t2);
    t3 = madd(y, b3, t3);
    b += ROW;
  }
  v128.store(c, s0, 0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, t0, 64);
  v128.store(c, t1, 80);
  v128.store(c, t2, 96);
  v128.store(c, t3, 112);
}
