/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * How long one row of the digits takes from C, and 32 of them with any and with a fixed number of rows: a training step and a
 * prediction, median and 99th percentile, in turns with FANN (libfann, a C library for small networks) where WITH_FANN is defined.
 * FANN has the same layers, tanh and a rate of 0.1, but squared errors of sigmoids instead of cross-entropy, and no
 * standardisation: less work. See run.sh. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "all_rows.h"
#include "any_rows.h"
#include "one_row.h"
#ifdef WITH_FANN
#include <floatfann.h>
#endif

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static any_rows_params any_params;
static any_rows_state any_state;
static any_rows_workspace any_workspace;
static one_row_params one_params;
static one_row_state one_state;
static one_row_workspace one_workspace;
static all_rows_params all_params;
static all_rows_state all_state;
static all_rows_workspace all_workspace;
enum { most_rows = 32 };
static float x[most_rows * 64], probability[most_rows * 10];
static int32_t y[most_rows];

static void any_step(void) { any_rows_step(&any_params, &any_state, &any_workspace, x, y, 1, NULL, NULL, NULL); }
static void any_predict(void) { any_rows_predict(&any_params, &any_state, &any_workspace, x, 1, probability, NULL); }
static void one_step(void) { one_row_step(&one_params, &one_state, &one_workspace, x, y, 1, NULL, NULL, NULL); }
static void one_predict(void) { one_row_predict(&one_params, &one_state, &one_workspace, x, 1, probability, NULL); }
static void any_step_32(void) { any_rows_step(&any_params, &any_state, &any_workspace, x, y, most_rows, NULL, NULL, NULL); }
static void any_predict_32(void) { any_rows_predict(&any_params, &any_state, &any_workspace, x, most_rows, probability, NULL); }
static void all_step_32(void) { all_rows_step(&all_params, &all_state, &all_workspace, x, y, most_rows, NULL, NULL, NULL); }
static void all_predict_32(void) { all_rows_predict(&all_params, &all_state, &all_workspace, x, most_rows, probability, NULL); }
#ifdef WITH_FANN
static struct fann *network;
static float wanted[10];
static void fann_step(void) { fann_train(network, x, wanted); }
static void fann_predict(void) { fann_run(network, x); }
#endif

enum { rounds = 20, calls_of_round = 2000, calls = rounds * calls_of_round };

struct contender {
  const char *name;
  void (*call)(void);
  double *times;
};

static int less(const void *a, const void *b) {
  double x_ = *(const double *)a, y_ = *(const double *)b;
  return (x_ > y_) - (x_ < y_);
}

static void fill(uint32_t call) {
  uint32_t i, bits = call * 2654435761u + 1u;
  for (i = 0; i < most_rows * 64; i++) {
    bits = bits * 1664525u + 1013904223u;
    x[i] = (float)(bits >> 28);
  }
  for (i = 0; i < most_rows; i++) y[i] = (int32_t)((call + i) % 10u);
#ifdef WITH_FANN
  for (i = 0; i < 10; i++) wanted[i] = i == call % 10u;
#endif
}

int main(void) {
  struct contender all[] = {{"graphc, up to 32 rows: step", any_step, NULL}, {"graphc, one row: step", one_step, NULL},
#ifdef WITH_FANN
                            {"FANN: step", fann_step, NULL},
#endif
                            {"graphc, up to 32 rows: predict", any_predict, NULL}, {"graphc, one row: predict", one_predict, NULL},
#ifdef WITH_FANN
                            {"FANN: predict", fann_predict, NULL},
#endif
                            {"graphc, up to 32 rows: step of 32", any_step_32, NULL}, {"graphc, 32 rows: step of 32", all_step_32, NULL},
                            {"graphc, up to 32 rows: predict 32", any_predict_32, NULL}, {"graphc, 32 rows: predict 32", all_predict_32, NULL}};
  size_t c, contenders = sizeof all / sizeof all[0];
  uint32_t round, i;
  if (any_rows_init(&any_params, &any_state, 1) || one_row_init(&one_params, &one_state, 1) || all_rows_init(&all_params, &all_state, 1)) return 1;
#ifdef WITH_FANN
  network = fann_create_standard(3, 64, 100, 10);
  fann_set_activation_function_hidden(network, FANN_SIGMOID_SYMMETRIC);
  fann_set_activation_function_output(network, FANN_SIGMOID);
  fann_set_training_algorithm(network, FANN_TRAIN_INCREMENTAL);
  fann_set_learning_rate(network, 0.1f);
#endif
  for (c = 0; c < contenders; c++) all[c].times = (double *)malloc(calls * sizeof(double));
  for (round = 0; round < rounds; round++)
    for (c = 0; c < contenders; c++)
      for (i = 0; i < calls_of_round; i++) {
        double begin;
        fill(i);
        begin = now_us();
        all[c].call();
        all[c].times[round * calls_of_round + i] = now_us() - begin;
      }
  for (c = 0; c < contenders; c++) {
    qsort(all[c].times, calls, sizeof(double), less);
    printf("%-34s median %8.2f us, 99 %% below %8.2f us\n", all[c].name, all[c].times[calls / 2], all[c].times[calls / 100 * 99]);
  }
  return 0;
}
