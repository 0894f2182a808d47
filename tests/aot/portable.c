/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Ten training steps of the digits on any machine, without a C library: prints the hashes of params and state and the bits of
 * the last loss, as the JIT's test program does. */
#include "digits.h"
#include "examples/firmware/machine.h"
#include "tests/aot/rows.h"

static digits_params params;
static digits_state state;
static digits_workspace workspace;
static float x[DIGITS_MAX_ROWS * 64];
static int32_t y[DIGITS_MAX_ROWS];

static char *hexadecimal(char *to, uint32_t value) {
  int shift;
  for (shift = 28; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[(value >> shift) & 15];
  return to;
}

static int fail(const char *what, graphc_status status) {
  put_line(what);
  put_line(graphc_status_text(status));
  return 1;
}

int run(void) {
  digits_report report;
  union { float value; uint32_t bits; } loss;
  char text[32], *end = text;
  uint32_t step;
  graphc_status status = digits_init(&params, &state, 1);
  if (status != GRAPHC_OK) return fail("init", status);
  for (step = 0; step < 10; step++) {
    fill_rows(step, x, y);
    status = digits_step(&params, &state, &workspace, x, y, step % 4 == 3 ? 23 : 32, NULL, &report, NULL);
    if (status != GRAPHC_OK) return fail("step", status);
  }
  loss.value = report.loss;
  end = hexadecimal(end, hash_bytes(&params, sizeof params));
  *end++ = ' ';
  end = hexadecimal(end, hash_bytes(&state, sizeof state));
  *end++ = ' ';
  end = hexadecimal(end, loss.bits);
  *end = 0;
  put_line(text);
  return 0;
}
