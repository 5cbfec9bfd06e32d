/**
 * Arithmetic on four lanes that the kernels share. `madd` is the one operation in which the variants differ: two roundings in
 * `strict`, one in `fma` and `wide`.
 *
 * The kernels write everything twice, for lanes 0-3 and 4-7, with neighbouring loads and stores: V8's revectorization
 * joins such pairs into 256-bit operations.
 */

/** a * b + c. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** a * (1 - a), the slope of the logistic function by its value. */
// @ts-ignore: decorator
@inline
export function logisticSlope(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(f32x4.splat(1), a));
}

/** 1 - a^2, the slope of tanh by its value. */
// @ts-ignore: decorator
@inline
export function tanhSlope(a: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(a, a));
}

/** tanh as a quotient of polynomials, within 4e-7 absolutely; the coefficients are Eigen's (MathFunctionsImpl.h, `ptanh_float`). */
// @ts-ignore: decorator
@inline
export function tanh(value: v128): v128 {
  // A NaN comes through: `pmin` and `pmax` give their first operand when the comparison is false.
  const x = f32x4.pmax(f32x4.pmin(value, f32x4.splat(7.9053111)), f32x4.splat(-7.9053111));
  const x2 = f32x4.mul(x, x);
  let p = madd(x2, f32x4.splat(-2.76076847742355e-16), f32x4.splat(2.00018790482477e-13));
  p = madd(x2, p, f32x4.splat(-8.60467152213735e-11));
  p = madd(x2, p, f32x4.splat(5.12229709037114e-8));
  p = madd(x2, p, f32x4.splat(1.48572235717979e-5));
  p = madd(x2, p, f32x4.splat(6.37261928875436e-4));
  p = madd(x2, p, f32x4.splat(4.89352455891786e-3));
  let q = madd(x2, f32x4.splat(1.19825839466702e-6), f32x4.splat(1.18534705686654e-4));
  q = madd(x2, q, f32x4.splat(2.268434632439e-3));
  q = madd(x2, q, f32x4.splat(4.89352518554385e-3));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** The logistic function 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2. */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  return madd(tanh(f32x4.mul(x, f32x4.splat(0.5))), f32x4.splat(0.5), f32x4.splat(0.5));
}

/** Below this, `expNegative` is exactly 0: its own denormals, and those of products with it, would be slow. */
const EXP_FLOOR: f32 = -64;

/**
 * exp(x) for x <= 0, within 3e-7 relatively; 0 below -64. Range reduction to [-ln 2 / 2, ln 2 / 2] and a polynomial of degree 6
 * (the Taylor coefficients serve at this width; Cephes' `expf` reduces in the same way).
 */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  const clamped = f32x4.pmax(x, f32x4.splat(EXP_FLOOR));
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const magic = f32x4.splat(12582912);
  const shifted = madd(clamped, f32x4.splat(1.44269504), magic);
  const n = f32x4.sub(shifted, magic);
  let r = madd(n, f32x4.splat(-0.693359375), clamped);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  let p = madd(r, f32x4.splat(1.0 / 720), f32x4.splat(1.0 / 120));
  p = madd(r, p, f32x4.splat(1.0 / 24));
  p = madd(r, p, f32x4.splat(1.0 / 6));
  p = madd(r, p, f32x4.splat(0.5));
  p = madd(r, p, f32x4.splat(1));
  p = madd(r, p, f32x4.splat(1));
  const scaled = i32x4.add(p, i32x4.shl(shifted, 23));
  // Not `and(gt)`: a NaN must stay one.
  return v128.andnot(scaled, f32x4.le(x, f32x4.splat(EXP_FLOOR)));
}

/** The sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function laneSum(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  );
}

/** The largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function laneMax(a: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)),
    max<f32>(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)),
  );
}
