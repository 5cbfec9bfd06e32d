/*
 * What the library says of itself and of the machine. Each kernel is in it once for each instruction set of the
 * architecture; who loads it asks which of them this processor, and its operating system, can run.
 */

#include <stdint.h>

#include "export.h"

#if defined(__x86_64__)

#include <cpuid.h>

/** Registers that the operating system keeps for a thread: bits of XCR0. */
static uint32_t keptRegisters(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

#define HAS(bits, of) (((of) & (bits)) == (bits))

/** How many of AVX2, AVX-512, and AVX-512 with bfloat16 there are here; each includes the one before. */
EXPORTED int supported(void) {
  uint32_t a, b, c, d;
  const uint32_t fma = 1u << 12, systemSaves = 1u << 27, avx2 = 1u << 5;
  const uint32_t foundation = 1u << 16, doubles = 1u << 17, words = 1u << 30, lengths = 1u << 31, bfloat16 = 1u << 5;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !HAS(fma | systemSaves, c)) return 0;
  const uint32_t kept = keptRegisters();
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !HAS(avx2, b) || !HAS(0x06u, kept)) return 0;
  if (!HAS(foundation | doubles | words | lengths, b) || !HAS(0xe6u, kept)) return 1;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) && HAS(bfloat16, a) ? 3 : 2;
}

#else

/** NEON is there on every arm64. */
EXPORTED int supported(void) { return 1; }

#endif

/** The address of a block of memory, for kernels that are given it as a number. */
EXPORTED uint64_t addressOf(void *memory) { return (uint64_t)memory; }
