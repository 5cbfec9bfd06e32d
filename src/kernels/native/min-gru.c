/* minGRU's pointwise part, as assembly/min-gru.ts has it, operation by operation. */

#include "contract.h"
#include "math.h"

/** x + 0.5 from 0 up, below it the logistic function, which stays below 0.5. */
INLINE vector candidate(vector x) {
  const vector low = lesser(logistic(x), splat(0.49999997f));
  return either((bits)(x >= splat(0)), x + splat(0.5f), low);
}

void KERNEL(minGruForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t h, int rows) {
  char *zu = memory + z, *zn = zu + zStep;
  EACH(rows) {
    const vector u = logistic(load(zu + at)), g = candidate(load(zn + at));
    const vector previous = load(memory + hPrevious + at);
    store(zu + at, u);
    store(zn + at, g);
    store(memory + h + at, madd(u, g - previous, previous));
  }
}
