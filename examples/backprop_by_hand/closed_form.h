// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same partial derivatives by the chain rule as a person writes it down, in double.
#pragma once

#include "examples/backprop_by_hand/network.h"

namespace graphc {

using Values64 = std::map<std::string, std::vector<double>>;

// Keys: "dC/da2", "dC/dz2", "dC/dw2", "dC/db2", ... For one example the values of C0. For n, those of w and b are means over
// the examples, and a and z are left out. Weights lie as [k][j]: k an input of the layer, j a unit.
Values64 closed_form(const Network& network, const std::vector<Example>& examples);

}  // namespace graphc
