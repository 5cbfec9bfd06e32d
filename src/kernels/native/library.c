/*
 * What the library says of itself and of the machine. Each kernel is in it once for each instruction set of the
 * architecture; who loads it asks which of them this processor, and its operating system, can run.
 */

#include <stdint.h>

#include "export.h"

/**
 * How many of the architecture's instruction sets there are here, each of which includes the one before: of AVX2, AVX-512,
 * and AVX-512 with bfloat16; or of NEON.
 */
EXPORTED int supported(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return 1;
  return __builtin_cpu_supports("avx512bf16") ? 3 : 2;
#else
  return 1;
#endif
}

/** The address of a block of memory, for kernels that are given it as a number. */
EXPORTED uint64_t addressOf(void *memory) { return (uint64_t)memory; }
