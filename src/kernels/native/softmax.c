/* The exponentials of a softmax, as assembly/softmax.ts has them: the lanes of a row are summed in its order. */

#include "contract.h"
#include "math.h"

/** As WebAssembly's `pmax`: the first where they don't compare. */
INLINE float pseudoLargest(float a, float b) { return a < b ? b : a; }

/** As WebAssembly's `max`: a NaN comes through, and 0 is larger than -0. */
INLINE float largerFloat(float a, float b) {
  if (a != a || b != b || (a == 0 && b == 0)) return a + b;
  return a < b ? b : a;
}

/** The largest of a row's 16 floats: of its four vectors of four lanes, then of the lanes. */
INLINE float rowLargest(const float *row) {
  float lanes[4];
  for (int i = 0; i < 4; i++)
    lanes[i] = pseudoLargest(pseudoLargest(row[i], row[4 + i]), pseudoLargest(row[8 + i], row[12 + i]));
  return largerFloat(largerFloat(lanes[0], lanes[1]), largerFloat(lanes[2], lanes[3]));
}

/** The sum of a row's 16 floats: of its four vectors of four lanes in pairs, then of the lanes in pairs. */
INLINE float rowSum(const float *row) {
  float lanes[4];
  for (int i = 0; i < 4; i++) lanes[i] = (row[i] + row[4 + i]) + (row[8 + i] + row[12 + i]);
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

INLINE void splatRow(char *row, float x) {
  UNROLL for (int v = 0; v < VECTORS; v++) store(row + v * BYTES, splat(x));
}

/* Panels in the outer loop, rows in the inner one, so that memory is read in order. */
void KERNEL(softmaxExponentials)(char *memory, uint32_t logitsAt, uint32_t logitsStep, int rows, int panels,
                                 uint32_t largestAt, uint32_t sumsAt) {
  char *logits = memory + logitsAt, *largest = memory + largestAt, *sums = memory + sumsAt;
  const size_t bytes = (size_t)rows * ROW;
  for (size_t at = 0; at < bytes; at += BYTES) store(largest + at, load(logits + at));
  for (int panel = 1; panel < panels; panel++) {
    const char *from = logits + (size_t)panel * logitsStep;
    for (size_t at = 0; at < bytes; at += BYTES) store(largest + at, larger(load(largest + at), load(from + at)));
  }
  for (char *row = largest; row < largest + bytes; row += ROW) splatRow(row, rowLargest((const float *)row));
  for (size_t at = 0; at < bytes; at += BYTES) store(sums + at, splat(0));
  for (int panel = 0; panel < panels; panel++) {
    char *from = logits + (size_t)panel * logitsStep;
    for (size_t at = 0; at < bytes; at += BYTES) {
      const vector e = expNegative(load(from + at) - load(largest + at));
      store(from + at, e);
      store(sums + at, load(sums + at) + e);
    }
  }
  for (char *row = sums; row < sums + bytes; row += ROW) splatRow(row, rowSum((const float *)row));
}

void KERNEL(scaleRows)(char *memory, uint32_t values, uint32_t valuesStep, int rows, int panels, uint32_t factors) {
  for (int panel = 0; panel < panels; panel++) {
    char *from = memory + values + (size_t)panel * valuesStep;
    EACH(rows) store(from + at, load(from + at) * load(memory + factors + at));
  }
}
