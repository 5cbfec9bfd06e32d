/* The functions of assembly/math.ts, operation by operation: the same polynomials, the same roundings. */

#ifndef MATH_H
#define MATH_H

#include "vector.h"

INLINE vector tanhOf(vector value) {
  const vector x = larger(lesser(value, splat(7.9053111f)), splat(-7.9053111f)), x2 = x * x;
  vector p = madd(x2, splat(-2.76076847742355e-16f), splat(2.00018790482477e-13f));
  p = madd(x2, p, splat(-8.60467152213735e-11f));
  p = madd(x2, p, splat(5.12229709037114e-8f));
  p = madd(x2, p, splat(1.48572235717979e-5f));
  p = madd(x2, p, splat(6.37261928875436e-4f));
  p = madd(x2, p, splat(4.89352455891786e-3f));
  vector q = madd(x2, splat(1.19825839466702e-6f), splat(1.18534705686654e-4f));
  q = madd(x2, q, splat(2.268434632439e-3f));
  q = madd(x2, q, splat(4.89352518554385e-3f));
  return x * p / q;
}

INLINE vector logistic(vector x) {
  const vector half = splat(0.5f);
  return madd(tanhOf(x * half), half, half);
}

/** x, or 0 where |x| is at most 1e-30 or x is no number. */
INLINE vector cut(vector x) {
  const vector magnitude = (vector)((bits)x & 0x7fffffff);
  return (vector)((bits)x & (bits)(magnitude > splat(1e-30f)));
}

INLINE vector logisticSlope(vector a) { return a * (splat(1) - a); }

INLINE vector tanhSlope(vector a) { return splat(1) - a * a; }

INLINE vector expNegative(vector x) {
  const vector bound = splat(-64), magic = splat(12582912);
  const vector clamped = larger(x, bound);
  const vector shifted = madd(clamped, splat(1.44269504f), magic), n = shifted - magic;
  vector r = madd(n, splat(-0.693359375f), clamped);
  r = madd(n, splat(2.12194440e-4f), r);
  vector p = madd(r, splat(0.0013888889f), splat(0.0083333333f));
  p = madd(r, p, splat(0.041666667f));
  p = madd(r, p, splat(0.16666667f));
  p = madd(r, p, splat(0.5f));
  p = madd(r, p, splat(1));
  p = madd(r, p, splat(1));
  const bits scaled = (bits)p + ((bits)shifted << 23);
  return (vector)(scaled & ~(bits)(x <= bound));
}

#endif
