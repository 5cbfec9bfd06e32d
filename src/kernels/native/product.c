/*
 * Matrix products on panel matrices, as assembly/product.ts has them: every element of C is summed over k in order, with
 * one rounding for each k, whatever tile it falls into, so that the bits are those of the variants `wide` and `fma`.
 *
 * A tile of C stays in registers while k goes by: `R` rows by `P` panels, both known when compiling.
 */

#include "contract.h"
#include "vector.h"

/** The tallest tile, and the panels side by side in it; more of these for few rows, to hide a multiply-add's latency. */
#if LANES == 16
#define TALLEST 12
#define TOGETHER 2
#else
#define TALLEST 6
#define TOGETHER 1
#endif
/** Panels side by side for a single row, as decoding one stream has it. */
#define ROW_PANELS (LANES == 16 ? 8 : LANES == 8 ? 4 : 2)

/** Blocks of 16 k a pass: the weights that a tile reads stay in the first-level cache for all tiles of a panel. */
#define DEPTH 16
/** Rows times blocks of A that stay in the second-level cache, 512 KB, while all panels of W go by. */
#define NEAR 8192

/** Vectors of sums, and of a row of weights, in any tile: as arrays of fixed size they become registers. */
#define MOST_ROWS 12
#define MOST_VECTORS 8

INLINE void tileRows(const int R, const int P, char *c, size_t cStep, const char *a, size_t aStep, const char *w,
                     size_t wStep, int blocks) {
  vector sums[MOST_ROWS][MOST_VECTORS];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      sums[r][v] = load(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES);
  for (; blocks > 0; blocks--, a += aStep) {
    for (int k = 0; k < PANEL; k++, w += ROW) {
      vector weights[MOST_VECTORS];
      UNROLL for (int v = 0; v < P * VECTORS; v++) weights[v] = load(w + (v / VECTORS) * wStep + (v % VECTORS) * BYTES);
      UNROLL for (int r = 0; r < R; r++) {
        const vector x = splat(((const float *)(a + r * ROW))[k]);
        UNROLL for (int v = 0; v < P * VECTORS; v++) sums[r][v] = madd(x, weights[v], sums[r][v]);
      }
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      store(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES, sums[r][v]);
}

/** The cases of a switch over a tile's height, with HEIGHT as one of them. */
#if LANES == 16
#define HEIGHTS(P) \
  HEIGHT(1, P) HEIGHT(2, P) HEIGHT(3, P) HEIGHT(4, P) HEIGHT(5, P) HEIGHT(6, P) HEIGHT(7, P) HEIGHT(8, P) \
  HEIGHT(9, P) HEIGHT(10, P) HEIGHT(11, P) HEIGHT(12, P)
#else
#define HEIGHTS(P) HEIGHT(1, P) HEIGHT(2, P) HEIGHT(3, P) HEIGHT(4, P) HEIGHT(5, P) HEIGHT(6, P)
#endif

#define HEIGHT(R, P) case R: tileRows(R, P, c, cStep, a, aStep, w, wStep, blocks); break;

/** A tile of at most `TALLEST` rows, and `TOGETHER` panels or one. */
static void anyTile(int rows, int panels, char *c, size_t cStep, const char *a, size_t aStep, const char *w,
                    size_t wStep, int blocks) {
  if (panels == TOGETHER) {
    switch (rows) { HEIGHTS(TOGETHER) }
  } else {
    switch (rows) { HEIGHTS(1) }
  }
}

/** One row times some panels, side by side as many as hide the latency. */
static void singleRow(char *c, size_t cStep, const char *a, size_t aStep, const char *w, size_t wStep, int panels,
                      int blocks) {
  for (; panels >= ROW_PANELS; panels -= ROW_PANELS, c += ROW_PANELS * cStep, w += ROW_PANELS * wStep)
    tileRows(1, ROW_PANELS, c, cStep, a, aStep, w, wStep, blocks);
  for (; panels > 0; panels--, c += cStep, w += wStep) tileRows(1, 1, c, cStep, a, aStep, w, wStep, blocks);
}

void KERNEL(productRows)(char *memory, uint32_t cAt, uint32_t cStep, uint32_t aAt, uint32_t aStep, uint32_t wAt,
                         uint32_t wStep, int rows, int panels, int blocks) {
  char *c = memory + cAt;
  const char *a = memory + aAt, *w = memory + wAt;
  if (rows == 0) return;
  if (rows == 1) {
    singleRow(c, cStep, a, aStep, w, wStep, panels, blocks);
    return;
  }
  const int tiles = (rows + TALLEST - 1) / TALLEST;
  const int span = most(DEPTH, (NEAR / rows) & -DEPTH);
  for (int first = 0; first < blocks; first += span) {
    const int last = least(first + span, blocks);
    for (int panel = 0; panel < panels; panel += TOGETHER) {
      const int together = least(TOGETHER, panels - panel);
      for (int block = first; block < last; block += DEPTH) {
        const int depth = least(DEPTH, last - block);
        const char *wi = w + (size_t)panel * wStep + (size_t)block * PANEL * ROW;
        const char *ai = a + (size_t)block * aStep;
        char *ci = c + (size_t)panel * cStep;
        int left = rows;
        for (int tile = tiles; tile > 0; tile--) {
          /* Heights that differ by one at most. */
          const int height = (left + tile - 1) / tile;
          anyTile(height, together, ci, cStep, ai, aStep, wi, wStep, depth);
          left -= height;
          ci += height * ROW;
          ai += height * ROW;
        }
      }
    }
  }
}

/** Rows of A and B a pass of `productColumns`: those of a tile's panels stay in the first-level cache. */
#define CHUNK 192

/** Panels of B side by side in a tile of `productColumns`. */
#if LANES == 16
#define ACROSS 3
#else
#define ACROSS 1
#endif

INLINE void tileColumns(const int R, const int P, char *c, size_t cStep, const char *a, const char *b, size_t bStep,
                        int n) {
  vector sums[MOST_ROWS][MOST_VECTORS];
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      sums[r][v] = load(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES);
  for (; n > 0; n--, a += ROW, b += ROW) {
    vector row[MOST_VECTORS];
    UNROLL for (int v = 0; v < P * VECTORS; v++) row[v] = load(b + (v / VECTORS) * bStep + (v % VECTORS) * BYTES);
    UNROLL for (int r = 0; r < R; r++) {
      const vector x = splat(((const float *)a)[r]);
      UNROLL for (int v = 0; v < P * VECTORS; v++) sums[r][v] = madd(x, row[v], sums[r][v]);
    }
  }
  UNROLL for (int r = 0; r < R; r++)
    UNROLL for (int v = 0; v < P * VECTORS; v++)
      store(c + (v / VECTORS) * cStep + r * ROW + (v % VECTORS) * BYTES, sums[r][v]);
}

/** A panel of A by some panels of B: in tiles of half its columns, or of 6, 5 and 5. */
INLINE void panelColumns(const int P, char *c, size_t cStep, const char *a, const char *b, size_t bStep, int n) {
#if LANES == 16
  tileColumns(8, P, c, cStep, a, b, bStep, n);
  tileColumns(8, P, c + 8 * ROW, cStep, a + 8 * 4, b, bStep, n);
#else
  tileColumns(6, P, c, cStep, a, b, bStep, n);
  tileColumns(5, P, c + 6 * ROW, cStep, a + 6 * 4, b, bStep, n);
  tileColumns(5, P, c + 11 * ROW, cStep, a + 11 * 4, b, bStep, n);
#endif
}

/** sums (16) += the sums of a panel's columns over n rows. */
static void columnSums(char *sums, const char *a, int n) {
  UNROLL for (int v = 0; v < VECTORS; v++) {
    vector sum = load(sums + v * BYTES);
    for (int row = 0; row < n; row++) sum += load(a + row * ROW + v * BYTES);
    store(sums + v * BYTES, sum);
  }
}

void KERNEL(productColumns)(char *memory, uint32_t cAt, uint32_t cStep, uint32_t aAt, uint32_t aStep, uint32_t bAt,
                            uint32_t bStep, int n, int aPanels, int bPanels, uint32_t sums) {
  char *c = memory + cAt;
  const char *a = memory + aAt, *b = memory + bAt;
  for (int first = 0; first < n; first += CHUNK) {
    const int count = least(CHUNK, n - first);
    for (int i = 0; i < aPanels; i++) {
      const char *ai = a + (size_t)i * aStep + (size_t)first * ROW;
      if (sums) columnSums(memory + sums + i * ROW, ai, count);
      int j = 0;
      const char *bj = b + (size_t)first * ROW;
      char *cij = c + (size_t)i * PANEL * ROW;
      for (; j + ACROSS <= bPanels; j += ACROSS, bj += ACROSS * bStep, cij += ACROSS * cStep)
        panelColumns(ACROSS, cij, cStep, ai, bj, bStep, count);
#if ACROSS == 3
      if (bPanels - j == 2) panelColumns(2, cij, cStep, ai, bj, bStep, count);
      if (bPanels - j == 1) panelColumns(1, cij, cStep, ai, bj, bStep, count);
#endif
    }
  }
}
