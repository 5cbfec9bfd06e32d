/* Runs every native kernel on made-up numbers, and prints what each leaves in the memory as a hash: see arm.ts. */

#include <stdio.h>

#include "../../src/kernels/native/kernels.c"

#define FLOATS (1 << 20)

static float memory[FLOATS] __attribute__((aligned(64)));
static char *const base = (char *)memory;

/** Numbers in (-2, 2), the same ones each time. */
static void fill(void) {
  uint32_t state = 1;
  for (int i = 0; i < FLOATS; i++) {
    state = state * 1664525u + 1013904223u;
    memory[i] = ((int32_t)state >> 8) / 4194304.0f;
  }
}

/** FNV-1a of the whole memory. */
static void show(const char *name) {
  uint64_t hash = 14695981039346656037u;
  for (int i = 0; i < FLOATS * 4; i++) hash = (hash ^ (unsigned char)base[i]) * 1099511628211u;
  printf("%s %016llx\n", name, (unsigned long long)hash);
}

#define RUN(name, ...) fill(); KERNEL(name)(base, __VA_ARGS__); show(#name)

/** Panels far enough apart for any matrix here, and places for some of them. */
#define STEP 32768
#define AT(matrix) ((uint32_t)(matrix) * 20 * STEP)

int main(void) {
  for (int rows = 1; rows <= 300; rows = rows * 2 + 1) {
    printf("%d rows\n", rows);
    RUN(productRows, AT(0), STEP, AT(1), STEP, AT(2), STEP, rows, 5, 18);
    RUN(productColumns, AT(0), STEP, AT(1), STEP, AT(2), STEP, rows, 2, 5, AT(3));
    fill();
    KERNEL(packPairs)(base, AT(2), STEP, AT(3), 83, 285, 71);
    show("packPairs");
    KERNEL(productPairs)(base, AT(0), STEP, AT(1), STEP, AT(2), STEP, rows, 5, 18);
    show("productPairs");
    RUN(packPairsTransposed, AT(2), STEP, AT(3), 285, 71, 285);
    RUN(productColumnsPairs, AT(0), STEP, AT(1), STEP, AT(2), STEP, rows, 2, 5, AT(3));
    RUN(lstmForward, AT(0), STEP, AT(1), AT(2), AT(3), rows);
    RUN(lstmBackward, AT(0), STEP, AT(1), AT(2), AT(3), AT(4), rows);
    RUN(gruAfterForward, AT(0), STEP, AT(1), AT(2), rows);
    RUN(gruAfterBackward, AT(0), STEP, AT(1), AT(2), AT(3), rows);
    RUN(gruBeforeGates, AT(0), STEP, AT(1), AT(2), rows);
    RUN(gruBeforeForward, AT(0), STEP, AT(1), AT(2), rows);
    RUN(gruBeforeBackward, AT(0), STEP, AT(1), AT(2), AT(3), rows);
    RUN(rnnForward, AT(0), AT(1), rows);
    RUN(softmaxExponentials, AT(0), STEP, rows, 9, AT(1), AT(2));
  }
  return 0;
}
