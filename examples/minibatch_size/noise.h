// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The gradient of a minibatch as an estimate of that of all rows.
#pragma once

#include "examples/minibatch_size/network.h"

using Gradient = std::vector<double>;  // of all parameters, one after the other
Gradient full_gradient(graphc::Instance& net, const graphc::Dataset& rows);

struct Noise {
  uint32_t minibatch;
  double variance;               // mean of |g - G|^2 over the draws, as a share of |G|^2; G: the gradient of all rows
  double of_one_row;             // the same times the minibatch's rows, corrected for drawing without replacement
  std::vector<double> of_mean;   // |mean of the first `counts` gradients - G| / |G|
  std::vector<double> expected;  // what it is for independent, unbiased gradients: the root of variance / count
};

// `counts` ascend; the last one is the number of minibatches. The weights are those of `net`; nothing is updated.
Noise measure_noise(graphc::Instance& net, const graphc::Dataset& rows, const Gradient& full, uint32_t minibatch,
                    const std::vector<int>& counts);

// Prints each size's noise at the start and after an epoch of SGD 0.1 on minibatches of 32, seed 1. Draws the variance, and
// how far means of many gradients are off.
std::vector<graphc::Panel> noise_panels(const Rows& rows, int64_t units, const std::vector<uint32_t>& minibatches,
                                        const std::vector<int>& draws);
