/**
 * Updates of a slice of the flat block of parameters, with PyTorch's definitions and constants. `scale` is the
 * clipping coefficient; `decay` is the weight decay: added to the gradient (L2), for AdamW taken off the parameter.
 * Slices are multiples of 8 elements.
 *
 * Moments that fade away are cut to 0 below 1e-30.
 */

import { cut, madd } from './math';

/** x *= factor, for the moments of rows that missed updates; n is a multiple of 4. */
export function scale(x: usize, n: i32, factor: f32): void {
  for (const end = x + <usize>n * 4; x < end; x += 16) v128.store(x, cut(f32x4.mul(v128.load(x), f32x4.splat(factor))));
}

/** The sum of squares of n elements in double precision; n is a multiple of 4. */
export function sumSquares(x: usize, n: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (const end = x + <usize>n * 4; x < end; x += 16) {
    const v = v128.load(x);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  const s = f64x2.add(a, b);
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/**
 * Adam (Kingma and Ba 2015), and AdamW (Loshchilov and Hutter 2019) when `decoupled` is 1 - learningRate *
 * weightDecay and `decay` is 0; `decoupled` is 1 for Adam. `rate` is learningRate / (1 - 0.9^t), `correction` is 1 /
 * sqrt(1 - 0.999^t).
 */
export function adam(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: i32,
  scale: f32,
  rate: f32,
  correction: f32,
  decay: f32,
  decoupled: f32,
): void {
  for (const end = p + <usize>n * 4; p < end; p += 32) {
    const old0 = f32x4.mul(v128.load(p, 0), f32x4.splat(decoupled));
    const old1 = f32x4.mul(v128.load(p, 16), f32x4.splat(decoupled));
    const g0 = madd(old0, f32x4.splat(decay), f32x4.mul(v128.load(g, 0), f32x4.splat(scale)));
    const g1 = madd(old1, f32x4.splat(decay), f32x4.mul(v128.load(g, 16), f32x4.splat(scale)));
    const m0 = cut(madd(f32x4.sub(g0, v128.load(m, 0)), f32x4.splat(0.1), v128.load(m, 0)));
    const m1 = cut(madd(f32x4.sub(g1, v128.load(m, 16)), f32x4.splat(0.1), v128.load(m, 16)));
    const v0 = cut(madd(f32x4.mul(g0, g0), f32x4.splat(0.001), f32x4.mul(v128.load(v, 0), f32x4.splat(0.999))));
    const v1 = cut(madd(f32x4.mul(g1, g1), f32x4.splat(0.001), f32x4.mul(v128.load(v, 16), f32x4.splat(0.999))));
    const root0 = madd(f32x4.sqrt(v0), f32x4.splat(correction), f32x4.splat(1e-8));
    const root1 = madd(f32x4.sqrt(v1), f32x4.splat(correction), f32x4.splat(1e-8));
    const new0 = f32x4.sub(old0, f32x4.div(f32x4.mul(m0, f32x4.splat(rate)), root0));
    const new1 = f32x4.sub(old1, f32x4.div(f32x4.mul(m1, f32x4.splat(rate)), root1));
    v128.store(m, m0, 0);
    v128.store(m, m1, 16);
    v128.store(v, v0, 0);
    v128.store(v, v1, 16);
    v128.store(p, new0, 0);
    v128.store(p, new1, 16);
    g += 32;
    m += 32;
    v += 32;
  }
}

/** RMSProp (Hinton's lecture 6e, 2012): v = 0.99 v + 0.01 g^2, p -= rate * g / (sqrt(v) + 1e-8). */
export function rmsprop(p: usize, g: usize, v: usize, n: i32, scale: f32, rate: f32, decay: f32): void {
  for (const end = p + <usize>n * 4; p < end; p += 32) {
    const old0 = v128.load(p, 0);
    const old1 = v128.load(p, 16);
    const g0 = madd(old0, f32x4.splat(decay), f32x4.mul(v128.load(g, 0), f32x4.splat(scale)));
    const g1 = madd(old1, f32x4.splat(decay), f32x4.mul(v128.load(g, 16), f32x4.splat(scale)));
    const v0 = cut(madd(f32x4.mul(g0, g0), f32x4.splat(0.01), f32x4.mul(v128.load(v, 0), f32x4.splat(0.99))));
    const v1 = cut(madd(f32x4.mul(g1, g1), f32x4.splat(0.01), f32x4.mul(v128.load(v, 16), f32x4.splat(0.99))));
    const root0 = f32x4.add(f32x4.sqrt(v0), f32x4.splat(1e-8));
    const root1 = f32x4.add(f32x4.sqrt(v1), f32x4.splat(1e-8));
    const new0 = f32x4.sub(old0, f32x4.div(f32x4.mul(g0, f32x4.splat(rate)), root0));
    const new1 = f32x4.sub(old1, f32x4.div(f32x4.mul(g1, f32x4.splat(rate)), root1));
    v128.store(v, v0, 0);
    v128.store(v, v1, 16);
    v128.store(p, new0, 0);
    v128.store(p, new1, 16);
    g += 32;
    v += 32;
  }
}

/** Stochastic gradient descent with momentum 0.9 (Sutskever et al. 2013): m = 0.9 m + g, p -= rate * m. */
export function sgd(p: usize, g: usize, m: usize, n: i32, scale: f32, rate: f32, decay: f32): void {
  for (const end = p + <usize>n * 4; p < end; p += 32) {
    const old0 = v128.load(p, 0);
    const old1 = v128.load(p, 16);
    const g0 = madd(old0, f32x4.splat(decay), f32x4.mul(v128.load(g, 0), f32x4.splat(scale)));
    const g1 = madd(old1, f32x4.splat(decay), f32x4.mul(v128.load(g, 16), f32x4.splat(scale)));
    const m0 = cut(madd(v128.load(m, 0), f32x4.splat(0.9), g0));
    const m1 = cut(madd(v128.load(m, 16), f32x4.splat(0.9), g1));
    const new0 = f32x4.sub(old0, f32x4.mul(m0, f32x4.splat(rate)));
    const new1 = f32x4.sub(old1, f32x4.mul(m1, f32x4.splat(rate)));
    v128.store(m, m0, 0);
    v128.store(m, m1, 16);
    v128.store(p, new0, 0);
    v128.store(p, new1, 16);
    g += 32;
    m += 32;
  }
}
