/* The LSTM's pointwise part, as assembly/lstm.ts has it, operation by operation. */

#include "contract.h"
#include "math.h"

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
