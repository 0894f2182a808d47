/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Prints the size of the parameters and the loss of one step. */
#include <stdio.h>

#include "digits.h"
#include "runtime/abi/graphc_slots.h"

static digits_params params;
static digits_state state;
static digits_workspace workspace;
static float x[DIGITS_MAX_ROWS * 64];
static int32_t y[DIGITS_MAX_ROWS];

int main(void) {
  const graphc_region regions[] = {{&params, sizeof params}, {&state, sizeof state}};
  digits_report report;
  graphc_status status = digits_init(&params, &state, 1);
  if (status == GRAPHC_OK) status = digits_step(&params, &state, &workspace, x, y, DIGITS_MAX_ROWS, NULL, &report, NULL);
  printf("%u bytes, loss %.4f: %s\n", DIGITS_PARAMS_BYTES, (double)report.loss, graphc_status_text(status));
  return status != GRAPHC_OK || graphc_slots_bytes(regions, 2) != GRAPHC_SLOTS_HEAD + DIGITS_PARAMS_BYTES + DIGITS_STATE_BYTES;
}
