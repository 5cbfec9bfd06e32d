/* The GRU's pointwise parts, as assembly/gru.ts has them, operation by operation. */

#include "contract.h"
#include "math.h"

void KERNEL(gruAfterForward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t h, int rows) {
  char *zr = memory + zAt, *zu = zr + zStep, *zx = zu + zStep, *zh = zx + zStep;
  EACH(rows) {
    const vector r = logistic(load(zr + at)), u = logistic(load(zu + at));
    const vector n = tanhOf(madd(r, load(zh + at), load(zx + at)));
    store(zr + at, r);
    store(zu + at, u);
    store(zx + at, n);
    store(memory + h + at, madd(u, load(memory + hPrevious + at) - n, n));
  }
}

void KERNEL(gruBeforeGates)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t resetH,
                            int rows) {
  char *zr = memory + zAt, *zu = zr + zStep;
  EACH(rows) {
    const vector r = logistic(load(zr + at)), u = logistic(load(zu + at));
    store(zr + at, r);
    store(zu + at, u);
    store(memory + resetH + at, r * load(memory + hPrevious + at));
  }
}

void KERNEL(gruBeforeForward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t h, int rows) {
  char *zu = memory + zAt + zStep, *zn = zu + zStep;
  EACH(rows) {
    const vector n = tanhOf(load(zn + at));
    store(zn + at, n);
    store(memory + h + at, madd(load(zu + at), load(memory + hPrevious + at) - n, n));
  }
}

void KERNEL(gruSimpleForward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t h, int rows) {
  char *zu = memory + zAt, *zn = zu + zStep;
  EACH(rows) {
    const vector u = logistic(load(zu + at)), n = tanhOf(load(zn + at));
    store(zu + at, u);
    store(zn + at, n);
    store(memory + h + at, madd(u, load(memory + hPrevious + at) - n, n));
  }
}
