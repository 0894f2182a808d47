/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * digits.gc with average(0.5): digits_average gives the moving average of what the steps left behind. */
#include <math.h>
#include <stdio.h>

#include "digits.h"
#include "tests/aot/rows.h"

static digits_params params, averaged;
static digits_state state;
static digits_workspace workspace;
static float x[DIGITS_MAX_ROWS * 64];
static int32_t y[DIGITS_MAX_ROWS];

int main(void) {
  double wanted = 0;
  uint32_t step;
  int right;
  if (digits_init(&params, &state, 1) || digits_average(&params, &state, &averaged)) return 2;
  right = averaged.hidden_weight[77] == params.hidden_weight[77];
  for (step = 0; step < 4; step++) {
    fill_rows(step, x, y);
    if (digits_step(&params, &state, &workspace, x, y, 32, NULL, NULL, NULL)) return 2;
    wanted = step ? 0.5 * wanted + 0.5 * (double)params.hidden_weight[77] : (double)params.hidden_weight[77];
  }
  if (digits_average(&params, &state, &averaged)) return 2;
  right &= fabs((double)averaged.hidden_weight[77] - wanted) < 1e-6 && averaged.hidden_weight[77] != params.hidden_weight[77];
  right &= digits_check(&averaged, &state) == GRAPHC_OK && digits_average(&params, &state, NULL) == GRAPHC_NULL_POINTER;
  printf("the average is %.9g, wanted %.9g\n", (double)averaged.hidden_weight[77], wanted);
  return !right;
}
