/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The rows that the C driver and the JIT train on, and a hash of the result (FNV-1a, 32 bits). */
#ifndef GRAPHC_TESTS_AOT_ROWS_H
#define GRAPHC_TESTS_AOT_ROWS_H

#include <stddef.h>
#include <stdint.h>

static inline void fill_rows(uint32_t step, float *x, int32_t *y) {
  uint32_t i, state = 12345u + step;
  for (i = 0; i < 32 * 64; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) / 8388608.0f - 1.0f;
  }
  for (i = 0; i < 32; i++) {
    state = state * 1664525u + 1013904223u;
    y[i] = (int32_t)((state >> 16) % 10u);
  }
}

static inline uint32_t hash_bytes(const void *data, size_t size) {
  const unsigned char *p = (const unsigned char *)data;
  uint32_t hash = 2166136261u;
  size_t i;
  for (i = 0; i < size; i++) hash = (hash ^ p[i]) * 16777619u;
  return hash;
}

#endif
