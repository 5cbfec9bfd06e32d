/* The vanilla RNN's pointwise part, as assembly/rnn.ts has it, operation by operation. */

#include "contract.h"
#include "math.h"

void KERNEL(rnnForward)(char *memory, uint32_t z, uint32_t h, int rows) {
  EACH(rows) store(memory + h + at, tanhOf(load(memory + z + at)));
}
