/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What stands for a device's own data: images of digits, the statistics of their pixels, minibatches. */
#ifndef EXAMPLES_DIGITS_DATA_H
#define EXAMPLES_DIGITS_DATA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { digits_pixels = 64, digits_train_rows = 1527, digits_test_rows = 270, digits_rows = digits_train_rows + digits_test_rows };

/* The last rows are those to test with. */
typedef struct digits_data {
  uint8_t pixel[digits_rows][digits_pixels];
  uint8_t label[digits_rows];
} digits_data;

/* From a CSV of 64 pixels and a label a row. 0, or 1 where the file does not hold that. */
int digits_read(const char* csv, digits_data* data);

/* Of each pixel over the training rows, as graphc's own `standardize` is fitted: where a pixel is always the same, scale is 1. */
void digits_statistics(const digits_data* data, float mean[digits_pixels], float scale[digits_pixels]);

/* The training rows in an order that depends on the epoch alone: so a run can go on in the middle. */
void digits_order(uint32_t epoch, uint16_t order[digits_train_rows]);

/* These rows as the model wants them: x[count][64], y[count]. */
void digits_gather(const digits_data* data, const uint16_t* rows, uint32_t count, float* x, int32_t* y);

#ifdef __cplusplus
}
#endif
#endif
