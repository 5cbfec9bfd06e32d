/* Updates of parameters, as assembly/optimizer.ts and lion.ts have them, operation by operation. */

#include "contract.h"
#include "math.h"

/** The vector from float i on, of n floats, and its place. Of 16 lanes the last 8 may lie behind them. */
INLINE vector get(const char *floats, int i, int n) {
  const char *from = floats + (size_t)i * sizeof(float);
#if LANES > 8
  if (n - i < LANES) return _mm512_maskz_loadu_ps(0xff, from);
#endif
  (void)n;
  return load(from);
}

INLINE void put(char *floats, int i, int n, vector x) {
  char *to = floats + (size_t)i * sizeof(float);
#if LANES > 8
  if (n - i < LANES) {
    _mm512_mask_storeu_ps(to, 0xff, x);
    return;
  }
#endif
  (void)n;
  store(to, x);
}

void KERNEL(scale)(char *memory, uint32_t xAt, int n, float factor) {
  char *x = memory + xAt;
  for (int i = 0; i < n; i += LANES) put(x, i, n, cut(get(x, i, n) * splat(factor)));
}

void KERNEL(adam)(char *memory, uint32_t pAt, uint32_t gAt, uint32_t mAt, uint32_t vAt, int n, float scale, float rate,
                  float correction, float decay, float decoupled) {
  char *p = memory + pAt, *g = memory + gAt, *m = memory + mAt, *v = memory + vAt;
  for (int i = 0; i < n; i += LANES) {
    const vector old = get(p, i, n) * splat(decoupled), oldMean = get(m, i, n);
    const vector gradient = madd(old, splat(decay), get(g, i, n) * splat(scale));
    const vector mean = cut(madd(gradient - oldMean, splat(0.1f), oldMean));
    const vector squares = cut(madd(gradient * gradient, splat(0.001f), get(v, i, n) * splat(0.999f)));
    const vector root = madd(squareRoot(squares), splat(correction), splat(1e-8f));
    put(m, i, n, mean);
    put(v, i, n, squares);
    put(p, i, n, old - mean * splat(rate) / root);
  }
}

void KERNEL(rmsprop)(char *memory, uint32_t pAt, uint32_t gAt, uint32_t vAt, int n, float scale, float rate,
                     float decay) {
  char *p = memory + pAt, *g = memory + gAt, *v = memory + vAt;
  for (int i = 0; i < n; i += LANES) {
    const vector old = get(p, i, n);
    const vector gradient = madd(old, splat(decay), get(g, i, n) * splat(scale));
    const vector squares = cut(madd(gradient * gradient, splat(0.01f), get(v, i, n) * splat(0.99f)));
    put(v, i, n, squares);
    put(p, i, n, old - gradient * splat(rate) / (squareRoot(squares) + splat(1e-8f)));
  }
}

void KERNEL(sgd)(char *memory, uint32_t pAt, uint32_t gAt, uint32_t mAt, int n, float scale, float rate, float decay) {
  char *p = memory + pAt, *g = memory + gAt, *m = memory + mAt;
  for (int i = 0; i < n; i += LANES) {
    const vector old = get(p, i, n);
    const vector gradient = madd(old, splat(decay), get(g, i, n) * splat(scale));
    const vector moment = cut(madd(get(m, i, n), splat(0.9f), gradient));
    put(m, i, n, moment);
    put(p, i, n, old - moment * splat(rate));
  }
}

/** The sign of each lane: -1, 0 or 1. */
INLINE vector sign(vector x) {
  const bits positive = (bits)(x > splat(0)) & (bits)splat(1);
  return (vector)(positive | ((bits)(x < splat(0)) & (bits)splat(-1)));
}

void KERNEL(lion)(char *memory, uint32_t pAt, uint32_t gAt, uint32_t mAt, int n, float scale, float rate, float decay) {
  char *p = memory + pAt, *g = memory + gAt, *m = memory + mAt;
  for (int i = 0; i < n; i += LANES) {
    const vector old = get(p, i, n), oldMoment = get(m, i, n);
    const vector gradient = get(g, i, n) * splat(scale);
    const vector step = sign(madd(gradient, splat(0.1f), oldMoment * splat(0.9f)));
    put(m, i, n, cut(madd(gradient, splat(0.01f), oldMoment * splat(0.99f))));
    put(p, i, n, old - madd(old, splat(decay), step) * splat(rate));
  }
}
