// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers against one another on one network, each at the learning rate that is best for it.
#pragma once

#include "examples/optimizers/networks.h"
#include "runtime/train/trainer.h"

constexpr uint32_t minibatch = 128;

struct Contender {
  std::string name;
  graphc::OptimizerCall optimizer;
  std::vector<double> rates;
  graphc::Schedule schedule = {};
};

struct Length {
  uint64_t grid_epochs, epochs;
  int seeds;
};

// Mean training loss of each epoch, every minibatch before its update; infinite from an epoch on that met a loss that is not
// finite. The test accuracy is left in `accuracy` where one is asked for.
std::vector<double> train(graphc::Instance& net, const Data& data, double rate, uint64_t epochs, uint64_t seed,
                          const graphc::Schedule& schedule = {}, double* accuracy = nullptr);

// Chooses each contender's rate by the loss of the last epoch of a short run with seed 1, trains it with every seed, prints
// both, and gives the curves: means over the seeds.
graphc::Panel compete(const std::string& title, Network network, const std::vector<Contender>& contenders, const Data& data,
                      const Length& length);
