/*
 * The cells' pointwise parts, as assembly/lstm.ts, gru.ts and rnn.ts have them: one panel of 16 units, some rows of one time
 * step, operation by operation. `z` is the first gate's panel, the others follow `zStep` bytes apart.
 */

#include "contract.h"
#include "math.h"

/** For each vector of some rows of a panel; `at` is its place. */
#define EACH(rows) for (size_t at = 0, end = (size_t)(rows) * ROW; at < end; at += BYTES)

void KERNEL(lstmForward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t cPrevious, uint32_t c, uint32_t h,
                         int rows) {
  char *zi = memory + zAt, *zf = zi + zStep, *zg = zf + zStep, *zo = zg + zStep;
  EACH(rows) {
    const vector i = logistic(load(zi + at)), f = logistic(load(zf + at));
    const vector g = tanhOf(load(zg + at)), o = logistic(load(zo + at));
    const vector state = madd(f, load(memory + cPrevious + at), i * g);
    store(zi + at, i);
    store(zf + at, f);
    store(zg + at, g);
    store(zo + at, o);
    store(memory + c + at, state);
    store(memory + h + at, o * tanhOf(state));
  }
}

void KERNEL(lstmBackward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t cPrevious, uint32_t c, uint32_t dhAt,
                          uint32_t dcAt, int rows) {
  char *zi = memory + zAt, *zf = zi + zStep, *zg = zf + zStep, *zo = zg + zStep;
  EACH(rows) {
    const vector i = load(zi + at), f = load(zf + at), g = load(zg + at), o = load(zo + at);
    const vector tanhC = tanhOf(load(memory + c + at)), dh = load(memory + dhAt + at);
    const vector dc = madd(dh * o, tanhSlope(tanhC), load(memory + dcAt + at));
    store(zi + at, dc * g * logisticSlope(i));
    store(zf + at, dc * load(memory + cPrevious + at) * logisticSlope(f));
    store(zg + at, dc * i * tanhSlope(g));
    store(zo + at, dh * tanhC * logisticSlope(o));
    store(memory + dcAt + at, dc * f);
  }
}

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

void KERNEL(gruAfterBackward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t dhAt,
                              uint32_t dhPrevious, int rows) {
  char *zr = memory + zAt, *zu = zr + zStep, *zn = zu + zStep, *zh = zn + zStep;
  EACH(rows) {
    const vector r = load(zr + at), u = load(zu + at), n = load(zn + at), dh = load(memory + dhAt + at);
    const vector dn = (dh - dh * u) * tanhSlope(n);
    const vector du = dh * (load(memory + hPrevious + at) - n) * logisticSlope(u);
    store(zr + at, dn * load(zh + at) * logisticSlope(r));
    store(zu + at, du);
    store(zn + at, dn);
    store(zh + at, dn * r);
    store(memory + dhPrevious + at, madd(dh, u, load(memory + dhPrevious + at)));
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

void KERNEL(gruBeforeBackward)(char *memory, uint32_t zAt, uint32_t zStep, uint32_t hPrevious, uint32_t dhAt,
                               uint32_t dhPrevious, int rows) {
  char *zu = memory + zAt + zStep, *zn = zu + zStep;
  EACH(rows) {
    const vector u = load(zu + at), n = load(zn + at), dh = load(memory + dhAt + at);
    store(zu + at, dh * (load(memory + hPrevious + at) - n) * logisticSlope(u));
    store(zn + at, (dh - dh * u) * tanhSlope(n));
    store(memory + dhPrevious + at, madd(dh, u, load(memory + dhPrevious + at)));
  }
}

void KERNEL(rnnForward)(char *memory, uint32_t z, uint32_t h, int rows) {
  EACH(rows) store(memory + h + at, tanhOf(load(memory + z + at)));
}
