/* All kernels, for one instruction set: INSTRUCTIONS, as the compiler's flags have it. */

#include "product.c"

#include "pairs.c"

#include "lstm.c"

#include "gru.c"

#include "rnn.c"

#include "min-gru.c"

#include "softmax.c"

#include "optimizer.c"

#include "dropout.c"
