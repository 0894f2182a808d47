// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The three networks of the Adam paper's experiments, and the images they learn.
#pragma once

#include "examples/example.h"

struct Data {
  examples::Images images;
  graphc::DatasetSplit parts;  // of them
};

using Network = graphc::Model (*)(const examples::Images& images, const graphc::OptimizerCall& optimizer);
// Section 6.1.
graphc::Model logistic_regression(const examples::Images& images, const graphc::OptimizerCall& optimizer);
// Section 6.2: two layers of ReLUs with dropout. 256 units each with pictures of MNIST's size, where the paper has 1,000.
graphc::Model two_layers(const examples::Images& images, const graphc::OptimizerCall& optimizer);
// Section 6.4: one hidden layer of softplus units on either side of a Gaussian code. 64 units and 16 numbers with MNIST, where
// the paper has 500 and 50. The loss is the negative variational bound of an image, in nats.
graphc::Model variational_autoencoder(const examples::Images& images, const graphc::OptimizerCall& optimizer);
