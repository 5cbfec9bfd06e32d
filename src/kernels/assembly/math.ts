/**
 * Arithmetic on four lanes that the kernels share. `madd` is the one operation in which the variants differ: two
 * roundings in `strict`, one in `fma` and `wide`.
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

/** x, or 0 where |x| is at most 1e-30: WebAssembly can't flush denormals, and they cost a hundred times more. */
// @ts-ignore: decorator
@inline
export function cut(x: v128): v128 {
  return v128.and(x, f32x4.gt(f32x4.abs(x), f32x4.splat(1e-30)));
}

/** a * (1 - a), the slope of the logistic function by its value. */
// @ts-ignore: decorator
@inline
export function logisticSlope(a: v128): v128 {
  return f32x4.mul(a, f32x4.sub(constant(14), a));
}

/** 1 - a^2, the slope of tanh by its value. */
// @ts-ignore: decorator
@inline
export function tanhSlope(a: v128): v128 {
  return f32x4.sub(constant(14), f32x4.mul(a, a));
}

/**
 * The constants below, in memory: V8 builds a constant vector anew at every use, which takes longer than loading it.
 * They lie in the first page, which the arena leaves alone.
 */
const CONSTANTS: usize = memory.data<f32>([
  // tanh: the bound of its argument, then numerator and denominator, the highest powers first.
  7.9053111, -7.9053111, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8,
  1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3, 1.19825839466702e-6, 1.18534705686654e-4,
  2.268434632439e-3, 4.89352518554385e-3,
  // 13: one half and one.
  0.5, 1,
  // 15: exp: the floor of its argument, 1.5 * 2^23, 1 / ln 2, -ln 2 in two parts, the Taylor coefficients above 1/2.
  -64, 12582912, 1.44269504, -0.693359375, 2.12194440e-4, 0.0013888889, 0.0083333333, 0.041666667, 0.16666667,
]);

// @ts-ignore: decorator
@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + index * 4);
}

/**
 * tanh as a quotient of polynomials, within 4e-7 absolutely; the coefficients are Eigen's (MathFunctionsImpl.h,
 * `ptanh_float`).
 */
// @ts-ignore: decorator
@inline
export function tanh(value: v128): v128 {
  // A NaN comes through: `pmin` and `pmax` give their first operand when the comparison is false.
  const x = f32x4.pmax(f32x4.pmin(value, constant(0)), constant(1));
  const x2 = f32x4.mul(x, x);
  let p = madd(x2, constant(2), constant(3));
  p = madd(x2, p, constant(4));
  p = madd(x2, p, constant(5));
  p = madd(x2, p, constant(6));
  p = madd(x2, p, constant(7));
  p = madd(x2, p, constant(8));
  let q = madd(x2, constant(9), constant(10));
  q = madd(x2, q, constant(11));
  q = madd(x2, q, constant(12));
  return f32x4.div(f32x4.mul(x, p), q);
}

/** The logistic function 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2. */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  return madd(tanh(f32x4.mul(x, constant(13))), constant(13), constant(13));
}

/**
 * exp(x) for x <= 0, within 3e-7 relatively; exactly 0 below -64, for its own denormals, and those of products with
 * it, would be slow. Range reduction to [-ln 2 / 2, ln 2 / 2] and a polynomial of degree 6 (the Taylor coefficients
 * serve at this width; Cephes' `expf` reduces in the same way).
 */
// @ts-ignore: decorator
@inline
export function expNegative(x: v128): v128 {
  const floor = constant(15);
  const magic = constant(16);
  const clamped = f32x4.pmax(x, floor);
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const shifted = madd(clamped, constant(17), magic);
  const n = f32x4.sub(shifted, magic);
  let r = madd(n, constant(18), clamped);
  r = madd(n, constant(19), r);
  let p = madd(r, constant(20), constant(21));
  p = madd(r, p, constant(22));
  p = madd(r, p, constant(23));
  p = madd(r, p, constant(13));
  p = madd(r, p, constant(14));
  p = madd(r, p, constant(14));
  const scaled = i32x4.add(p, i32x4.shl(shifted, 23));
  // Not `and(gt)`: a NaN must stay one.
  return v128.andnot(scaled, f32x4.le(x, floor));
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
