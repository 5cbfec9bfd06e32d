/* Dropout, as assembly/dropout.ts has it, with the words of Philox4x32-10 (Salmon et al. 2011) for four rows at once. */

#include <string.h>

#include "contract.h"

/** Rows whose words are drawn together, and vectors of 64-bit lanes that hold a word of their 4 x 4 calls of Philox. */
#define DRAWN 4
#define CALLS (4 * DRAWN)
#define DRAWN_VECTORS (2 * CALLS / LANES)

typedef uint64_t long_words __attribute__((vector_size(BYTES)));
typedef uint32_t half_words __attribute__((vector_size(BYTES / 2)));

/** The lanes' lower halves times b; left to themselves compilers take several times as long. */
INLINE long_words multiplied(long_words a, uint32_t b) {
#if defined(__AVX512F__)
  return (long_words)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
  return (long_words)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#else
  return (long_words)vmull_n_u32(vmovn_u64((uint64x2_t)a), b);
#endif
}

/** Four columns of a row. */
typedef float quarter __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));

/** Word w of the call for column l of row i becomes drawn[w][4 * i + l]. */
INLINE void draw(uint32_t drawn[4][CALLS], const uint32_t counter[4], uint32_t k0, uint32_t k1) {
  for (int v = 0; v < DRAWN_VECTORS; v++) {
    long_words c0, c1, c2, c3;
    for (int lane = 0; lane < LANES / 2; lane++) {
      const uint32_t call = (uint32_t)(v * (LANES / 2) + lane);
      c0[lane] = counter[0] + call / 4;
      c1[lane] = counter[1] + call % 4;
      c2[lane] = counter[2];
      c3[lane] = counter[3];
    }
    uint32_t key0 = k0, key1 = k1;
    // The upper halves of the lanes hold what is left of products; nothing reads them.
    UNROLL for (int round = 0; round < 10; round++) {
      const long_words product0 = multiplied(c0, 0xd2511f53), product1 = multiplied(c2, 0xcd9e8d57);
      c0 = (product1 >> 32) ^ c1 ^ key0;
      c2 = (product0 >> 32) ^ c3 ^ key1;
      c1 = product1;
      c3 = product0;
      key0 += 0x9e3779b9;
      key1 += 0xbb67ae85;
    }
    const long_words all[4] = {c0, c1, c2, c3};
    for (int w = 0; w < 4; w++) {
      const half_words lower = __builtin_convertvector(all[w], half_words);
      memcpy(&drawn[w][v * (LANES / 2)], &lower, sizeof lower);
    }
  }
}

void KERNEL(dropout)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, uint32_t fromStep, int rows, int firstPanel,
                     int panels, uint32_t threshold, float scale, int seedLow, int seedHigh, int update, int layer,
                     int position) {
  for (int panel = firstPanel; panel < firstPanel + panels; panel++) {
    const char *source = memory + from + (size_t)panel * fromStep;
    char *target = memory + to + (size_t)panel * toStep;
    for (int r = 0; r < rows; r += DRAWN) {
      const uint32_t counter[4] = {(uint32_t)position + (uint32_t)r, (uint32_t)panel * 4, (uint32_t)update,
                                   (uint32_t)layer};
      uint32_t drawn[4][CALLS];
      draw(drawn, counter, (uint32_t)seedLow, (uint32_t)seedHigh);
      for (int i = 0; i < least(DRAWN, rows - r); i++) {
        for (int w = 0; w < 4; w++) {
          const size_t at = (size_t)(r + i) * ROW + (size_t)w * sizeof(quarter);
          quarter x;
          words word;
          memcpy(&x, source + at, sizeof x);
          memcpy(&word, &drawn[w][4 * i], sizeof word);
          const words kept = (words)(x * scale) & (words)(word >= threshold);
          memcpy(target + at, &kept, sizeof kept);
        }
      }
    }
  }
}
