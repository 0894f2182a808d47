// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Zhang et al. 2017, theorem 1: a network of two layers with 2n + d weights takes any n values at any n points of d dimensions,
//   c(x) = sum over j of w_j max(a . x - b_j, 0)
// a is any direction in which the points differ. With z_i = a . x_i sorted and b_1 < z_1 <= b_2 < z_2 ..., the matrix
// max(z_i - b_j, 0) is triangular with a positive diagonal, so w solves a triangular system. Nothing is trained.
#pragma once

#include "examples/random_labels/tasks.h"

struct Fit {
  uint64_t points, weights;
  double smallest_gap;   // between two neighbours, as a share of the range of z
  double double_error;   // largest |c(x_i) - y_i|: w and the sum in double,
  double compiled_error; // and as the compiled network gives it, in f32
  uint64_t right;        // points whose label is the nearest whole number to the compiled network's value
};

// The labels are the values. Of 64 random directions a, the one with the largest smallest gap.
Fit fit_exactly(const Images& images, uint64_t points);
