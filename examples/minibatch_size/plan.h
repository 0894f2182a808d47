// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is measured: on MNIST, and in the short form on the digits.
#pragma once

#include <cstdint>
#include <vector>

struct Plan {
  int64_t units;
  uint64_t epochs, full_epochs;  // full: a step is an epoch, so it takes more of them
  uint64_t seeds;
  std::vector<uint32_t> minibatches, timed;
  std::vector<int> draws;
  uint32_t known_rows;  // until the training loss is below known_loss
  double known_loss;
  uint64_t known_seeds;
  double common_rate;
};

inline const Plan long_plan{.units = 128,
                            .epochs = 10,
                            .full_epochs = 100,
                            .seeds = 3,
                            .minibatches = {1, 32, 100, 128, 512},
                            .timed = {1, 8, 16, 32, 64, 96, 100, 112, 120, 127, 128, 129, 192, 200, 256, 500, 512},
                            .draws = {10, 100, 500},
                            .known_rows = 2000,
                            .known_loss = 0.01,
                            .known_seeds = 5,
                            .common_rate = 0.1};
inline const Plan short_plan{.units = 32,
                             .epochs = 10,
                             .full_epochs = 100,
                             .seeds = 1,
                             .minibatches = {1, 32, 100, 128, 512},
                             .timed = {},
                             .draws = {10, 100},
                             .known_rows = 1197,
                             .known_loss = 0.05,
                             .known_seeds = 1,
                             .common_rate = 0.5};
