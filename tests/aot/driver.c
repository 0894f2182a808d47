/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A C99 program with nothing but the object and graphc_abi.h: trains on made-up rows and prints what the JIT's test
 * program prints. Also the refusals: nothing may be written where the status is negative. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/abi/graphc_abi.h"
#include "tests/aot/rows.h"

graphc_status digits_entry_init(void *, void *, void *, const void *const *, void *const *, uint32_t, const void *, const graphc_hooks *);
graphc_status digits_entry_step(void *, void *, void *, const void *const *, void *const *, uint32_t, const void *, const graphc_hooks *);

static void *memory(size_t bytes) {
  char *p = (char *)malloc(bytes + 64);
  size_t over = (size_t)p % 64;
  memset(p, 0xFF, bytes + 64);
  return over ? p + 64 - over : p;
}

static int failures;
static void expect(const char *what, graphc_status got, graphc_status wanted) {
  if (got == wanted) return;
  printf("%s: status %d instead of %d\n", what, (int)got, (int)wanted);
  failures++;
}

int main(int argc, char **argv) {
  size_t params_bytes, state_bytes, workspace_bytes;
  char *params, *state, *workspace, *before;
  float x[32 * 64], loss, accuracy;
  int32_t y[32];
  const void *inputs[2];
  void *outputs[2];
  struct { uint32_t size; float learning_rate; } hyper = {4, 0.1f};
  uint32_t step;
  if (argc != 4) return 2;
  params_bytes = (size_t)atol(argv[1]), state_bytes = (size_t)atol(argv[2]), workspace_bytes = (size_t)atol(argv[3]);
  params = (char *)memory(params_bytes), state = (char *)memory(state_bytes), workspace = (char *)memory(workspace_bytes);
  before = (char *)memory(params_bytes);
  inputs[0] = x, inputs[1] = y, outputs[0] = &loss, outputs[1] = &accuracy;

  expect("init", digits_entry_init(params, state, workspace, NULL, NULL, 1, NULL, NULL), GRAPHC_OK);
  for (step = 0; step < 20; step++) {
    fill_rows(step, x, y);
    expect("step", digits_entry_step(params, state, workspace, inputs, outputs, step % 4 == 3 ? 23 : 32, NULL, NULL), GRAPHC_OK);
  }
  printf("%08x %08x %.9g\n", (unsigned)hash_bytes(params, params_bytes), (unsigned)hash_bytes(state, state_bytes), (double)loss);

  memcpy(before, params, params_bytes);
  expect("null", digits_entry_step(params, state, NULL, inputs, outputs, 32, NULL, NULL), GRAPHC_NULL_POINTER);
  expect("misaligned", digits_entry_step(params + 4, state, workspace, inputs, outputs, 32, NULL, NULL), GRAPHC_MISALIGNED);
  expect("no rows", digits_entry_step(params, state, workspace, inputs, outputs, 0, NULL, NULL), GRAPHC_BAD_ROWS);
  expect("too many rows", digits_entry_step(params, state, workspace, inputs, outputs, 33, NULL, NULL), GRAPHC_BAD_ROWS);
  expect("short hyper", digits_entry_step(params, state, workspace, inputs, outputs, 32, &hyper, NULL), GRAPHC_BAD_HYPER);
  y[7] = 10;
  expect("label", digits_entry_step(params, state, workspace, inputs, outputs, 32, NULL, NULL), GRAPHC_BAD_LABEL);
  y[7] = -1;
  expect("negative label", digits_entry_step(params, state, workspace, inputs, outputs, 32, NULL, NULL), GRAPHC_BAD_LABEL);
  y[7] = 1;
  expect("params for state", digits_entry_step(state, params, workspace, inputs, outputs, 32, NULL, NULL), GRAPHC_WRONG_MODEL);
  x[0] = 1e30f * 1e30f;
  x[0] -= x[0];
  expect("pixel that is no number", digits_entry_step(params, state, workspace, inputs, outputs, 32, NULL, NULL), GRAPHC_NOT_FINITE);
  if (memcmp(before, params, params_bytes)) printf("a refusal changed the parameters\n"), failures++;
  return failures != 0;
}
