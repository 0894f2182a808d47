// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ten rows of which nine pull one weight down a little and one pulls it up a lot (Hinton 2012, lecture 6e: why rprop does not
// work with minibatches).
#pragma once

#include "examples/example.h"

enum class Rows {
  linear,    // loss g w: the gradients are 0.1 nine times and -0.9 once, wherever w is; they add up to 0
  quadratic  // loss (w - t)^2 / 2: the same gradients at w = 0, its minimum, the mean of t
};

// The weight at the start, 0, and after each step.
std::vector<double> walk_rows(Rows rows, const graphc::OptimizerCall& optimizer, uint32_t minibatch, int steps);

// The mean and the deviation of the last half of the steps.
struct End {
  double mean, deviation;
};
End end_of(const std::vector<double>& weights);
