/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "examples/embed_c/digits_data.h"

#include <math.h>
#include <stdio.h>

int digits_read(const char* csv, digits_data* data) {
  FILE* file = fopen(csv, "r");
  int row, column, failed = !file;
  for (row = 0; row < digits_rows && !failed; row++)
    for (column = 0; column <= digits_pixels && !failed; column++) {
      unsigned value = 0;
      failed = fscanf(file, column ? ",%u" : "%u", &value) != 1 || value > (column < digits_pixels ? 16u : 9u);
      *(column < digits_pixels ? &data->pixel[row][column] : &data->label[row]) = (uint8_t)value;
    }
  if (file) fclose(file);
  return failed;
}

void digits_statistics(const digits_data* data, float mean[digits_pixels], float scale[digits_pixels]) {
  int p, row;
  for (p = 0; p < digits_pixels; p++) {
    double sum = 0, squares = 0, average;
    for (row = 0; row < digits_train_rows; row++) sum += data->pixel[row][p];
    average = sum / digits_train_rows;
    for (row = 0; row < digits_train_rows; row++) squares += (data->pixel[row][p] - average) * (data->pixel[row][p] - average);
    mean[p] = (float)average;
    scale[p] = squares > 0 ? (float)sqrt(squares / digits_train_rows) : 1;
  }
}

void digits_order(uint32_t epoch, uint16_t order[digits_train_rows]) {
  uint32_t i, random = 2654435761u * (epoch + 1);
  for (i = 0; i < digits_train_rows; i++) order[i] = (uint16_t)i;
  for (i = digits_train_rows - 1; i > 0; i--) {
    uint32_t other;
    uint16_t kept = order[i];
    random = random * 1664525u + 1013904223u;
    other = (random >> 8) % (i + 1);
    order[i] = order[other];
    order[other] = kept;
  }
}

void digits_gather(const digits_data* data, const uint16_t* rows, uint32_t count, float* x, int32_t* y) {
  uint32_t r, p;
  for (r = 0; r < count; r++) {
    for (p = 0; p < digits_pixels; p++) *x++ = data->pixel[rows[r]][p];
    *y++ = data->label[rows[r]];
  }
}
