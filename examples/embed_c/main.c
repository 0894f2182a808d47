/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Two networks that train inside a C99 program, all memory static: the exclusive or, and the digits, whose parameters
 * survive a power cut after any byte.
 *   example_embed_c DIGITS.csv STORE EPOCHS     goes on from what STORE holds, until EPOCHS are done */
#include <stdio.h>
#include <stdlib.h>

#include "digits.h"
#include "examples/embed_c/digits_data.h"
#include "examples/embed_c/file_slots.h"
#include "xor.h"

/* Everything that the networks need; this is all there is. */
static xor_params small_params;
static xor_state small_state;
static xor_workspace small_workspace;

static digits_params params;
static digits_state state;
static digits_workspace workspace;
static uint32_t epoch; /* how many are done */

static digits_data data;
static uint16_t order[digits_train_rows];
static float x[DIGITS_MAX_ROWS * digits_pixels];
static int32_t y[DIGITS_MAX_ROWS];

static void want(graphc_status status, const char* what) {
  if (status == GRAPHC_OK) return;
  fprintf(stderr, "%s: %s\n", what, status <= GRAPHC_SLOTS_NONE ? graphc_slots_text(status) : graphc_status_text(status));
  exit(1);
}

static void train_xor(void) {
  static const float points[4 * 2] = {0, 0, 0, 1, 1, 0, 1, 1};
  static const int32_t labels[4] = {0, 1, 1, 0};
  float probability[4 * 2];
  xor_report report;
  int step;
  want(xor_init(&small_params, &small_state, /*seed*/ 1), "xor_init");
  for (step = 0; step < 500; step++)
    want(xor_step(&small_params, &small_state, &small_workspace, points, labels, 4, NULL, &report, NULL), "xor_step");
  want(xor_predict(&small_params, &small_state, &small_workspace, points, 4, probability, NULL), "xor_predict");
  printf("xor: loss %.9g, probability of 1: %.3f %.3f %.3f %.3f\n\n", report.loss, probability[1], probability[3], probability[5],
         probability[7]);
}

static uint32_t at_most(uint32_t rows) { return rows < DIGITS_MAX_ROWS ? rows : DIGITS_MAX_ROWS; }

/* The mean loss of the epoch. */
static double train_epoch(void) {
  digits_report report;
  double loss = 0;
  uint32_t first, rows;
  digits_order(epoch, order);
  for (first = 0; first < digits_train_rows; first += rows) {
    rows = at_most(digits_train_rows - first);
    digits_gather(&data, order + first, rows, x, y);
    want(digits_step(&params, &state, &workspace, x, y, rows, NULL, &report, NULL), "digits_step");
    loss += (double)report.loss * rows;
  }
  return loss / digits_train_rows;
}

static double test_accuracy(void) {
  digits_report report;
  double right = 0;
  uint32_t first, rows, r;
  uint16_t test[DIGITS_MAX_ROWS];
  for (first = 0; first < digits_test_rows; first += rows) {
    rows = at_most(digits_test_rows - first);
    for (r = 0; r < rows; r++) test[r] = (uint16_t)(digits_train_rows + first + r);
    digits_gather(&data, test, rows, x, y);
    want(digits_eval(&params, &state, &workspace, x, y, rows, &report, NULL), "digits_eval");
    right += (double)report.accuracy * rows;
  }
  return right / digits_test_rows;
}

/* The first start: random parameters, and the pixels' mean and scale for the layer `scaled`. */
static void begin_digits(void) {
  float mean[digits_pixels], scale[digits_pixels];
  want(digits_init(&params, &state, /*seed*/ 1), "digits_init");
  digits_statistics(&data, mean, scale);
  want(digits_set_state(&state, digits_state_scaled_mean, mean), "digits_set_state");
  want(digits_set_state(&state, digits_state_scaled_scale, scale), "digits_set_state");
}

static void train_digits(const graphc_slots* slots, uint32_t epochs) {
  const graphc_region regions[] = {{&params, sizeof params}, {&state, sizeof state}, {&epoch, sizeof epoch}};
  graphc_status status = graphc_slots_load(slots, DIGITS_FINGERPRINT, regions, 3);
  if (status == GRAPHC_SLOTS_NONE)
    begin_digits();
  else
    want(status, "graphc_slots_load");
  while (epoch < epochs) {
    double loss = train_epoch();
    epoch++;
    printf("digits: epoch %u  loss %.9g  test accuracy %.4f\n", (unsigned)epoch, loss, test_accuracy());
    want(graphc_slots_save(slots, DIGITS_FINGERPRINT, regions, 3), "graphc_slots_save");
  }
}

int main(int count, char** arguments) {
  static file_slots storage;
  if (count != 4) {
    fprintf(stderr, "usage: %s DIGITS.csv STORE EPOCHS\n", arguments[0]);
    return 2;
  }
  if (digits_read(arguments[1], &data)) {
    fprintf(stderr, "%s: cannot be read, or is not the digits' CSV\n", arguments[1]);
    return 2;
  }
  if (file_slots_open(&storage, arguments[2],
                      GRAPHC_SLOTS_HEAD + GRAPHC_SLOTS_ROUND(sizeof params) + GRAPHC_SLOTS_ROUND(sizeof state) +
                          GRAPHC_SLOTS_ROUND(sizeof epoch))) {
    fprintf(stderr, "%s: cannot be opened\n", arguments[2]);
    return 2;
  }
  printf("Numbers of targets %s FMA\n\n", DIGITS_FUSED_MULTIPLY_ADD ? "with" : "without");
  train_xor();
  train_digits(&storage.slots, (uint32_t)strtoul(arguments[3], NULL, 10));
  file_slots_close(&storage);
  return 0;
}
