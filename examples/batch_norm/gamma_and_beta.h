// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What gamma and beta are for, on problems small enough to see it.
#pragma once

#include <vector>

#include "examples/example.h"

// One unit, p = sigmoid(batch_norm(w x + b)), learns whether x > 0.5.
struct OneUnit {
  double loss, steepest;             // at the end: mean cross-entropy, largest |input of the sigmoid|
  std::vector<graphc::Point> curve;  // x, p
};
OneUnit learn_threshold(bool affine);

// y = batch_norm(x) learns y = x, where x has mean 3 and standard deviation 5.
struct Identity {
  double mean, deviation;  // of x
  double gamma, beta, first_loss, loss;
};
Identity learn_identity();

// A net without batch norm, and one with it whose gamma and beta are set so that it is the identity: the largest difference
// of two logits over all rows, and the largest logit.
struct SetIdentity {
  double difference, largest;
};
SetIdentity set_identity(const graphc::Dataset& data);
