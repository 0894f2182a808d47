// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the size of a unit's gradient depends on how many units it is connected with: many fans in one network.
#pragma once

#include <vector>

#include "examples/example.h"

// Root mean squares over the 16 units of a group and the examples, of the gradient of one example's cost.
struct FanRow {
  int fan;
  double weights;     // the whole dC/dw of a unit that has `fan` inputs: its length
  double element;     // one element of it
  double activation;  // dC/da of a unit that feeds `fan` units
};
std::vector<FanRow> measure_fan(const graphc::Initializer& weights);
