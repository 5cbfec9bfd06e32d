/**
 * exp and log in double precision, of WebAssembly's own operations alone, and so the same on every machine and in every
 * variant; within two units in the last place.
 */

/** 1.5 * 2^52: added to a number it leaves the nearest integer in the low bits. */
const SHIFT: f64 = 6755399441055744;
/** ln 2 in two parts, of which the first times any exponent is exact. */
const LN2_HIGH: f64 = 6.93147180369123816490e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;

/**
 * exp(x) for x below 700; 0 below -708, where the result would be denormal. The argument is reduced to [-ln 2 / 2, ln 2 / 2],
 * where the Taylor polynomial of degree 13 is off by 4e-18.
 */
// @ts-ignore: decorator
@inline
export function exp(x: f64): f64 {
  if (x != x) return x;
  if (x < -708) return 0;
  const shifted = x * 1.4426950408889634 + SHIFT;
  const n = shifted - SHIFT;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  let p: f64 = 1 / 6227020800.0;
  p = p * r + 1 / 479001600.0;
  p = p * r + 1 / 39916800.0;
  p = p * r + 1 / 3628800.0;
  p = p * r + 1 / 362880.0;
  p = p * r + 1 / 40320.0;
  p = p * r + 1 / 5040.0;
  p = p * r + 1 / 720.0;
  p = p * r + 1 / 120.0;
  p = p * r + 1 / 24.0;
  p = p * r + 1 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return reinterpret<f64>(reinterpret<i64>(p) + (reinterpret<i64>(shifted) << 52));
}

/**
 * log(x) for normal x above 0. With x = 2^k m, m in [sqrt(1/2), sqrt(2)), and s = (m - 1) / (m + 1), log(m) is
 * 2 artanh(s); the polynomial is fdlibm's (e_log.c, Sun Microsystems 1993).
 */
export function log(x: f64): f64 {
  if (!(x > 0) || x == Infinity) return x;
  let bits = reinterpret<i64>(x);
  // 0x3fe6a09e is the upper half of sqrt(1/2).
  const k = (bits - 0x3fe6a09e00000000) >> 52;
  bits -= k << 52;
  const f = reinterpret<f64>(bits) - 1;
  const s = f / (2 + f);
  const z = s * s;
  let p: f64 = 1.479819860511658591e-1;
  p = p * z + 1.531383769920937332e-1;
  p = p * z + 1.818357216161805012e-1;
  p = p * z + 2.222219843214978396e-1;
  p = p * z + 2.857142874366239149e-1;
  p = p * z + 3.999999999940941908e-1;
  p = p * z + 6.666666666666735130e-1;
  const half = 0.5 * f * f;
  const n = <f64>k;
  return n * LN2_HIGH - (half - (s * (half + p * z) + n * LN2_LOW) - f);
}
