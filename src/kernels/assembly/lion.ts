/** The update of Lion; what is true of all updates is in optimizer.ts. */

import { cut, madd } from './math';

/** The sign of each lane: -1, 0 or 1. */
// @ts-ignore: decorator
@inline
function sign(x: v128): v128 {
  const positive = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.splat(1));
  return v128.or(positive, v128.and(f32x4.lt(x, f32x4.splat(0)), f32x4.splat(-1)));
}

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"), with g multiplied by `scale` first:
 * u = sign(0.9 m + 0.1 g), p -= rate * (u + decay * p), m = 0.99 m + 0.01 g.
 */
export function lion(p: usize, g: usize, m: usize, n: i32, scale: f32, rate: f32, decay: f32): void {
  for (const end = p + (<usize>n << 2); p < end; p += 32) {
    const old0 = v128.load(p, 0);
    const old1 = v128.load(p, 16);
    const oldM0 = v128.load(m, 0);
    const oldM1 = v128.load(m, 16);
    const g0 = f32x4.mul(v128.load(g, 0), f32x4.splat(scale));
    const g1 = f32x4.mul(v128.load(g, 16), f32x4.splat(scale));
    const u0 = sign(madd(g0, f32x4.splat(0.1), f32x4.mul(oldM0, f32x4.splat(0.9))));
    const u1 = sign(madd(g1, f32x4.splat(0.1), f32x4.mul(oldM1, f32x4.splat(0.9))));
    const m0 = cut(madd(g0, f32x4.splat(0.01), f32x4.mul(oldM0, f32x4.splat(0.99))));
    const m1 = cut(madd(g1, f32x4.splat(0.01), f32x4.mul(oldM1, f32x4.splat(0.99))));
    const new0 = f32x4.sub(old0, f32x4.mul(madd(old0, f32x4.splat(decay), u0), f32x4.splat(rate)));
    const new1 = f32x4.sub(old1, f32x4.mul(madd(old1, f32x4.splat(decay), u1), f32x4.splat(rate)));
    v128.store(m, m0, 0);
    v128.store(m, m1, 16);
    v128.store(p, new0, 0);
    v128.store(p, new1, 16);
    g += 32;
    m += 32;
  }
}
