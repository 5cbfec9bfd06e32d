/*
 * The vector that all kernels here are written in: 16 floats with AVX-512, 8 with AVX2, 4 with NEON. The compiler's flags
 * say which; a row of a panel, 16 floats, is VECTORS of them. The operators of C work on its lanes; multiply-adds are written
 * out (`madd`, one rounding), and the compiler may not make any of its own (-ffp-contract=off), so that the bits are those
 * of the WebAssembly kernels. `lesser` and `larger` give their first operand where either is a NaN.
 */

#ifndef VECTOR_H
#define VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"

/** Columns of a panel, and bytes of its row. */
#define PANEL 16
#define ROW 64

/** A kernel's name has its instruction set behind it: `productRows_avx2`. */
#define JOIN(name, set) name##_##set
#define JOINED(name, set) JOIN(name, set)
#define KERNEL(name) JOINED(name, INSTRUCTIONS)

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#if defined(__AVX512F__)

#include <immintrin.h>
#define LANES 16
typedef __m512 vector;
INLINE vector load(const char *from) { return _mm512_loadu_ps(from); }
INLINE void store(char *to, vector x) { _mm512_storeu_ps(to, x); }
INLINE vector splat(float x) { return _mm512_set1_ps(x); }
INLINE vector madd(vector a, vector b, vector c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vector squareRoot(vector x) { return _mm512_sqrt_ps(x); }
INLINE vector lesser(vector a, vector b) { return _mm512_min_ps(b, a); }
INLINE vector larger(vector a, vector b) { return _mm512_max_ps(b, a); }

#elif defined(__AVX2__)

#include <immintrin.h>
#define LANES 8
typedef __m256 vector;
INLINE vector load(const char *from) { return _mm256_loadu_ps((const float *)from); }
INLINE void store(char *to, vector x) { _mm256_storeu_ps((float *)to, x); }
INLINE vector splat(float x) { return _mm256_set1_ps(x); }
INLINE vector madd(vector a, vector b, vector c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vector squareRoot(vector x) { return _mm256_sqrt_ps(x); }
INLINE vector lesser(vector a, vector b) { return _mm256_min_ps(b, a); }
INLINE vector larger(vector a, vector b) { return _mm256_max_ps(b, a); }

#else

#include <arm_neon.h>
#define LANES 4
typedef float32x4_t vector;
INLINE vector load(const char *from) { return vld1q_f32((const float *)from); }
INLINE void store(char *to, vector x) { vst1q_f32((float *)to, x); }
INLINE vector splat(float x) { return vdupq_n_f32(x); }
INLINE vector madd(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
INLINE vector squareRoot(vector x) { return vsqrtq_f32(x); }
INLINE vector lesser(vector a, vector b) { return vbslq_f32(vcltq_f32(b, a), b, a); }
INLINE vector larger(vector a, vector b) { return vbslq_f32(vcltq_f32(a, b), b, a); }

#endif

/** Vectors of a panel's row, and bytes of a vector. */
#define VECTORS (PANEL / LANES)
#define BYTES (4 * LANES)

/** The lanes of a vector as integers, on which the compiler has the operators of C. */
typedef uint32_t bits __attribute__((vector_size(BYTES)));

/** Lane by lane the one or the other; `chosen` has all bits of a lane or none, as comparisons give them. */
INLINE vector either(bits chosen, vector one, vector other) {
  return (vector)((chosen & (bits)one) | (~chosen & (bits)other));
}

/** For each vector of some rows of a panel; `at` is its place. */
#define EACH(rows) for (size_t at = 0, end = (size_t)(rows) * ROW; at < end; at += BYTES)

INLINE int least(int a, int b) { return a < b ? a : b; }
INLINE int most(int a, int b) { return a > b ? a : b; }

#endif
