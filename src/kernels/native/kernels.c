/* All kernels, for one instruction set: INSTRUCTIONS, as the compiler's flags have it. */

#include "product.c"

#include "pairs.c"

#include "gates.c"

#include "softmax.c"
