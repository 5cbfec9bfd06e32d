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

void KERNEL(softmaxExponentials)(char *memory, uint32_t logitsAt, uint32_t logitsStep, int rows, int panels,
                                 uint32_t largestAt, uint32_t sumsAt) {
  char *logits = memory + logitsAt, *largest = memory + largestAt, *sums = memory + sumsAt;
  for (int row = 0; row < rows; row++, logits += ROW, largest += ROW, sums += ROW) {
    UNROLL for (int v = 0; v < VECTORS; v++) {
      vector most = load(logits + v * BYTES);
      for (int panel = 1; panel < panels; panel++)
        most = larger(most, load(logits + (size_t)panel * logitsStep + v * BYTES));
      store(largest + v * BYTES, most);
    }
    splatRow(largest, rowLargest((const float *)largest));
    UNROLL for (int v = 0; v < VECTORS; v++) {
      const vector most = load(largest + v * BYTES);
      vector sum = splat(0);
      for (int panel = 0; panel < panels; panel++) {
        char *at = logits + (size_t)panel * logitsStep + v * BYTES;
        const vector e = expNegative(load(at) - most);
        sum += e;
        store(at, e);
      }
      store(sums + v * BYTES, sum);
    }
    splatRow(sums, rowSum((const float *)sums));
  }
}

void KERNEL(scaleRows)(char *memory, uint32_t values, uint32_t valuesStep, int rows, int panels, uint32_t factors) {
  for (int panel = 0; panel < panels; panel++) {
    char *from = memory + values + (size_t)panel * valuesStep;
    EACH(rows) store(from + at, load(from + at) * load(memory + factors + at));
  }
}
