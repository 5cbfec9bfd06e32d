/**
 * What Muon (Jordan 2024, "Muon: An optimizer for hidden layers in neural networks") needs besides products: the
 * momentum of its gradient, and sums of matrices for the iteration that makes it orthogonal. Both work element by
 * element, on n floats, a multiple of 8.
 */

import { cut, madd } from './math';

/** m = 0.95 m + scale * g, then to = scale * g + 0.95 m: Nesterov's momentum. `to` may be g. */
export function nesterov(to: usize, g: usize, m: usize, n: i32, scale: f32): void {
  for (const end = to + (<usize>n << 2); to < end; to += 32) {
    const g0 = f32x4.mul(v128.load(g, 0), f32x4.splat(scale));
    const g1 = f32x4.mul(v128.load(g, 16), f32x4.splat(scale));
    const m0 = cut(madd(v128.load(m, 0), f32x4.splat(0.95), g0));
    const m1 = cut(madd(v128.load(m, 16), f32x4.splat(0.95), g1));
    const to0 = madd(m0, f32x4.splat(0.95), g0);
    const to1 = madd(m1, f32x4.splat(0.95), g1);
    v128.store(m, m0, 0);
    v128.store(m, m1, 16);
    v128.store(to, to0, 0);
    v128.store(to, to1, 16);
    g += 32;
    m += 32;
  }
}

/** y = a * x + b * y. */
export function axpby(y: usize, x: usize, n: i32, a: f32, b: f32): void {
  for (const end = y + (<usize>n << 2); y < end; y += 32) {
    const y0 = madd(v128.load(x, 0), f32x4.splat(a), f32x4.mul(v128.load(y, 0), f32x4.splat(b)));
    const y1 = madd(v128.load(x, 16), f32x4.splat(a), f32x4.mul(v128.load(y, 16), f32x4.splat(b)));
    v128.store(y, y0, 0);
    v128.store(y, y1, 16);
    x += 32;
  }
}
