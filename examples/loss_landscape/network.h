// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The nets that are compared: fully connected, with batch normalisation, of the blocks of a residual net, whose shortcuts may be
// left out.
#pragma once

#include <graphc.h>

#include "runtime/train/trainer.h"

struct Net {
  int blocks;  // of two layers each
  bool residual;
  double weight_decay = 0;
};

struct Training {
  double learning_rate;
  uint32_t batch;
  uint64_t epochs, seed;  // the seed: of the initial values and of the minibatches
};

struct Trained {
  graphc::Instance net;
  graphc::TrainResult result;
};

graphc::Program compile(const Net& net);
Trained train(const graphc::Program& program, const Training& training, const graphc::DatasetSplit& data);
