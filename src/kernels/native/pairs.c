/*
 * Products with operands rounded to bfloat16, as assembly/pairs.ts has them. A processor with AVX-512 and bfloat16 takes a
 * pair at once (`vdpbf16ps`): it adds the product of the upper halves first, then that of the lower halves, each with one
 * rounding, with denormals as 0. With the earlier k in the upper half that is a sum over k in order. Others multiply and
 * add the rounded operands in that order, and get the same bits but for denormals.
 */

#include "contract.h"
#include "vector.h"

#define UPPER 0xffff0000u

/** Rounded to nearest even to bfloat16, in the upper half of each lane. Denormals become 0, a NaN stays one. */
INLINE bits rounded(vector x) {
  const bits u = (bits)x, magnitude = u & 0x7fffffffu;
  const bits nan = (bits)(magnitude > 0x7f800000u), small = (bits)(magnitude < 0x00800000u);
  const bits nearest = u + 0x7fffu + ((u >> 16) & 1u);
  return ((u & small & 0x80000000u) | ((u | 0x400000u) & nan) | (nearest & ~(small | nan))) & UPPER;
}

INLINE uint32_t roundedFloat(float x) {
  uint32_t u;
  __builtin_memcpy(&u, &x, 4);
  const uint32_t magnitude = u & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return (u | 0x400000u) & UPPER;
  return magnitude < 0x00800000u ? u & 0x80000000u : (u + 0x7fffu + ((u >> 16) & 1u)) & UPPER;
}

/** Two rows of a panel as pairs, the first one's in the upper halves. */
INLINE void pairRows(char *to, const char *first, const char *second) {
#ifdef __AVX512BF16__
  static const uint16_t order[32] __attribute__((aligned(64))) = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                                  21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                                  11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(load(first), load(second));
  _mm512_storeu_si512(to, _mm512_permutexvar_epi16(_mm512_load_si512(order), halves));
#else
  UNROLL for (int v = 0; v < VECTORS; v++) {
    const bits pairs = rounded(load(first + v * BYTES)) | (rounded(load(second + v * BYTES)) >> 16);
    store(to + v * BYTES, (vector)pairs);
  }
#endif
}

void KERNEL(packPairs)(char *memory, uint32_t toAt, uint32_t toStep, uint32_t fromAt, int stride, int rows,
                       int columns) {
  const int whole = columns & -PANEL;
  for (int r = 0; r < rows; r += 2) {
    char *to = memory + toAt + (size_t)(r / 2) * ROW;
    const char *first = memory + fromAt + (size_t)r * stride * 4, *second = first + (size_t)stride * 4;
    const int alone = r + 1 == rows;
    int j = 0;
    for (; j < whole && !alone; j += PANEL, to += toStep) pairRows(to, first + j * 4, second + j * 4);
    for (; j < columns; to += toStep) {
      for (int i = 0; i < PANEL && j < columns; i++, j++) {
        const uint32_t low = alone ? 0 : roundedFloat(((const float *)second)[j]) >> 16;
        ((uint32_t *)to)[i] = roundedFloat(((const float *)first)[j]) | low;
      }
    }
  }
}

void KERNEL(packPairsTransposed)(char *memory, uint32_t toAt, uint32_t toStep, uint32_t fromAt, int stride, int rows,
                                 int columns) {
  for (int r = 0; r < rows; r++) {
    const float *from = (const float *)(memory + fromAt) + (size_t)r * stride;
    uint32_t *to = (uint32_t *)(memory + toAt + (size_t)(r / PANEL) * toStep) + r % PANEL;
    int k = 0;
    for (; k + PANEL <= columns; k += PANEL) {
      uint32_t row[PANEL];
      UNROLL for (int v = 0; v < VECTORS; v++)
        store((char *)row + v * BYTES, (vector)rounded(load((const char *)(from + k) + v * BYTES)));
      UNROLL for (int i = 0; i < PANEL; i += 2, to += PANEL) *to = row[i] | (row[i + 1] >> 16);
    }
    for (; k < columns; k += 2, to += PANEL)
      *to = roundedFloat(from[k]) | (k + 1 < columns ? roundedFloat(from[k + 1]) >> 16 : 0);
  }
}

/** Rows and blocks of A that are converted at a time, to be read by all panels of W. */
#define SOME_ROWS 96
#define SOME_BLOCKS 32

/** What a block of a row becomes: eight pairs, or 16 rounded floats where there is no instruction for pairs. */
#ifdef __AVX512BF16__
#define BLOCK 32
#else
#define BLOCK ROW
#endif

/** Converts a block of a row; the earlier k of a pair comes into its upper half. */
INLINE void convertBlock(char *to, const char *from) {
#ifdef __AVX512BF16__
  const __m256i halves = (__m256i)_mm512_cvtneps_pbh(load(from));
  _mm256_storeu_si256((__m256i *)to, _mm256_rol_epi32(halves, 16));
#else
  UNROLL for (int v = 0; v < VECTORS; v++) store(to + v * BYTES, (vector)rounded(load(from + v * BYTES)));
#endif
}

/** Sums += a pair of k: `x` the row's pair or two floats, for P panels of weights as pairs. */
INLINE void addPair(const int R, const int P, vector sums[MOST_ROWS][MOST_VECTORS], const char *a, size_t aRow,
                    const char *w, size_t wStep) {
#ifdef __AVX512BF16__
  __m512bh weights[MOST_VECTORS];
  UNROLL for (int p = 0; p < P; p++) weights[p] = (__m512bh)_mm512_loadu_si512(w + p * wStep);
  UNROLL for (int r = 0; r < R; r++) {
    const __m512bh x = (__m512bh)_mm512_set1_epi32(*(const int *)(a + r * aRow));
    UNROLL for (int p = 0; p < P; p++) sums[r][p] = _mm512_dpbf16_ps(sums[r][p], x, weights[p]);
  }
#else
  vector upper[MOST_VECTORS], lower[MOST_VECTORS];
  UNROLL for (int v = 0; v < P * VECTORS; v++) {
    const bits pairs = (bits)load(w + (v / VECTORS) * wStep + (v % VECTORS) * BYTES);
    upper[v] = (vector)(pairs & UPPER);
    lower[v] = (vector)(pairs << 16);
  }
  UNROLL for (int r = 0; r < R; r++) {
    const float *x = (const float *)(a + r * aRow);
    const vector first = splat(x[0]), second = splat(x[1]);
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      sums[r][v] = madd(second, lower[v], madd(first, upper[v], sums[r][v]));
  }
#endif
}

/** C (R rows x P panels) += converted rows, `aRow` bytes apart, times weights, over `blocks` blocks of k. */
INLINE void tilePairs(const int R, const int P, char *c, size_t cStep, const char *a, size_t aRow, const char *w,
                      size_t wStep, int blocks) {
  vector sums[MOST_ROWS][MOST_VECTORS];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      sums[r][v] = load(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES);
  for (int pair = 0; pair < blocks * PANEL / 2; pair++)
    addPair(R, P, sums, a + pair * (BLOCK / 8), aRow, w + pair * ROW, wStep);
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      store(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES, sums[r][v]);
}

#undef HEIGHT
#define HEIGHT(R, P) case R: tilePairs(R, P, c, cStep, a, aRow, w, wStep, blocks); break;

static void anyPairs(int rows, int panels, char *c, size_t cStep, const char *a, size_t aRow, const char *w,
                     size_t wStep, int blocks) {
  if (panels == TOGETHER) {
    switch (rows) { HEIGHTS(TOGETHER) }
  } else {
    switch (rows) { HEIGHTS(1) }
  }
}

void KERNEL(productPairs)(char *memory, uint32_t cAt, uint32_t cStep, uint32_t aAt, uint32_t aStep, uint32_t wAt,
                          uint32_t wStep, int rows, int panels, int blocks) {
  char near[SOME_ROWS * SOME_BLOCKS * BLOCK] __attribute__((aligned(64)));
  for (int row = 0; row < rows; row += SOME_ROWS) {
    const int some = least(SOME_ROWS, rows - row), tiles = (some + TALLEST - 1) / TALLEST;
    for (int first = 0; first < blocks; first += SOME_BLOCKS) {
      const int depth = least(SOME_BLOCKS, blocks - first);
      const size_t aRow = (size_t)depth * BLOCK;
      for (int block = 0; block < depth; block++) {
        const char *from = memory + aAt + (size_t)(first + block) * aStep + (size_t)row * ROW;
        for (int r = 0; r < some; r++) convertBlock(near + r * aRow + block * BLOCK, from + r * ROW);
      }
      char *c = memory + cAt + (size_t)row * ROW;
      const char *w = memory + wAt + (size_t)first * PANEL / 2 * ROW;
      int panel = 0;
      if (some == 1) {
        for (; panel + ROW_PANELS <= panels; panel += ROW_PANELS)
          tilePairs(1, ROW_PANELS, c + (size_t)panel * cStep, cStep, near, aRow, w + (size_t)panel * wStep, wStep,
                    depth);
      }
      for (; panel < panels; panel += TOGETHER) {
        const int together = least(TOGETHER, panels - panel);
        int left = some, done = 0;
        for (int tile = tiles; tile > 0; tile--) {
          const int height = (left + tile - 1) / tile;
          anyPairs(height, together, c + (size_t)panel * cStep + done * ROW, cStep, near + done * aRow, aRow,
                   w + (size_t)panel * wStep, wStep, depth);
          left -= height;
          done += height;
        }
      }
    }
  }
}

/** Panels of B that `productColumnsPairs` converts at a time: with the rows of a pass a quarter of the second-level cache. */
#define SOME_PANELS 33

#ifdef __AVX512BF16__

/** Rows of A and B a pass. */
#define PASS 256

/** A converted panel of a pass: pairs of its rows. */
#define PASS_BYTES (PASS / 2 * ROW)

INLINE void convertPanel(char *to, const char *from, int n) {
  static const char zeros[ROW] __attribute__((aligned(64)));
  for (int row = 0; row < n; row += 2)
    pairRows(to + row / 2 * ROW, from + row * ROW, row + 1 < n ? from + (row + 1) * ROW : zeros);
}

INLINE void tilePairColumns(const int P, char *c, size_t cStep, const char *a, const char *b, int n) {
  vector sums[8][MOST_VECTORS];
  UNROLL for (int r = 0; r < 8; r++)
    UNROLL for (int p = 0; p < P; p++) sums[r][p] = load(c + p * cStep + r * ROW);
  for (int pair = 0; pair < (n + 1) / 2; pair++) {
    __m512bh row[MOST_VECTORS];
    UNROLL for (int p = 0; p < P; p++) row[p] = (__m512bh)_mm512_load_si512(b + p * PASS_BYTES + pair * ROW);
    UNROLL for (int r = 0; r < 8; r++) {
      const __m512bh x = (__m512bh)_mm512_set1_epi32(((const int *)(a + pair * ROW))[r]);
      UNROLL for (int p = 0; p < P; p++) sums[r][p] = _mm512_dpbf16_ps(sums[r][p], x, row[p]);
    }
  }
  UNROLL for (int r = 0; r < 8; r++)
    UNROLL for (int p = 0; p < P; p++) store(c + p * cStep + r * ROW, sums[r][p]);
}

INLINE void pairColumns(const int P, char *c, size_t cStep, const char *a, const char *b, int n) {
  tilePairColumns(P, c, cStep, a, b, n);
  tilePairColumns(P, c + 8 * ROW, cStep, a + 8 * 4, b, n);
}

#else

#define PASS 128

/** A converted panel of a pass: rounded floats. */
#define PASS_BYTES (PASS * ROW)

INLINE void convertPanel(char *to, const char *from, int n) {
  for (int row = 0; row < n; row++) convertBlock(to + row * ROW, from + row * ROW);
}

INLINE void pairColumns(const int P, char *c, size_t cStep, const char *a, const char *b, int n) {
  panelColumns(P, c, cStep, a, b, PASS_BYTES, n);
}

#endif

void KERNEL(productColumnsPairs)(char *memory, uint32_t cAt, uint32_t cStep, uint32_t aAt, uint32_t aStep, uint32_t bAt,
                                 uint32_t bStep, int n, int aPanels, int bPanels, uint32_t sums) {
  char nearA[PASS_BYTES] __attribute__((aligned(64))), nearB[SOME_PANELS * PASS_BYTES] __attribute__((aligned(64)));
  for (int first = 0; first < n; first += PASS) {
    const int count = least(PASS, n - first);
    for (int from = 0; from < bPanels; from += SOME_PANELS) {
      const int some = least(SOME_PANELS, bPanels - from);
      for (int j = 0; j < some; j++)
        convertPanel(nearB + j * PASS_BYTES, memory + bAt + (size_t)(from + j) * bStep + (size_t)first * ROW, count);
      for (int i = 0; i < aPanels; i++) {
        const char *a = memory + aAt + (size_t)i * aStep + (size_t)first * ROW;
        if (sums && from == 0) columnSums(memory + sums + i * ROW, a, count);
        convertPanel(nearA, a, count);
        char *c = memory + cAt + (size_t)from * cStep + (size_t)i * PANEL * ROW;
        int j = 0;
        for (; j + ACROSS <= some; j += ACROSS)
          pairColumns(ACROSS, c + (size_t)j * cStep, cStep, nearA, nearB + j * PASS_BYTES, count);
#if ACROSS == 3
        if (some - j == 2) pairColumns(2, c + (size_t)j * cStep, cStep, nearA, nearB + j * PASS_BYTES, count);
        if (some - j == 1) pairColumns(1, c + (size_t)j * cStep, cStep, nearA, nearB + j * PASS_BYTES, count);
#endif
      }
    }
  }
}
