/**
 * Dropout (Srivastava et al. 2014, inverted: what is kept is divided by 1 - p), with masks from Philox4x32-10 (Salmon
 * et al. 2011). A mask is a function of (seed, update, layer, position, column), so that forward and backward, on any
 * thread, see the same one.
 */

import { rowBytes } from './panel';

/** High 32 bits of four products of unsigned 32-bit integers. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/**
 * to = from * mask / (1 - p), in place where both are the same; panel matrices (rows x panels). Row r is at
 * `position` + r of the chunk; `threshold` is p * 2^32. One call of Philox gives the four words of four columns: lane
 * l, word w is column 4w + l.
 */
export function dropout(
  to: usize,
  toStep: usize,
  from: usize,
  fromStep: usize,
  rows: i32,
  firstPanel: i32,
  panels: i32,
  threshold: u32,
  scale: f32,
  seedLow: i32,
  seedHigh: i32,
  update: i32,
  layer: i32,
  position: i32,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  const limit = i32x4.splat(<i32>threshold);
  const kept = f32x4.splat(scale);
  for (let panel = firstPanel; panel < firstPanel + panels; panel++) {
    for (let r = 0; r < rows; r++) {
      const source = from + <usize>panel * fromStep + rowBytes(r);
      const target = to + <usize>panel * toStep + rowBytes(r);
      let c0 = i32x4.splat(position + r);
      let c1 = i32x4.add(i32x4.splat(panel << 2), i32x4(0, 1, 2, 3));
      let c2 = i32x4.splat(update);
      let c3 = i32x4.splat(layer);
      let k0 = seedLow;
      let k1 = seedHigh;
      for (let round = 0; round < 10; round++) {
        const high0 = multiplyHigh(c0, multiplier0);
        const high1 = multiplyHigh(c2, multiplier1);
        const low0 = i32x4.mul(c0, multiplier0);
        const low1 = i32x4.mul(c2, multiplier1);
        c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
        c1 = low1;
        c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
        c3 = low0;
        k0 += 0x9e3779b9;
        k1 += 0xbb67ae85;
      }
      v128.store(target, v128.and(f32x4.mul(v128.load(source, 0), kept), i32x4.ge_u(c0, limit)), 0);
      v128.store(target, v128.and(f32x4.mul(v128.load(source, 16), kept), i32x4.ge_u(c1, limit)), 16);
      v128.store(target, v128.and(f32x4.mul(v128.load(source, 32), kept), i32x4.ge_u(c2, limit)), 32);
      v128.store(target, v128.and(f32x4.mul(v128.load(source, 48), kept), i32x4.ge_u(c3, limit)), 48);
    }
  }
}
