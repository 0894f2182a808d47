// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A whole data set through eval or predict, in blocks of the compiled maximum.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/train/dataset.h"
#include "runtime/train/instance.h"

namespace graphc {

Score evaluate(Instance& net, const Dataset& dataset, std::string_view entry = "eval");  // sample-weighted means

// One output of predict (the first, where `output` is empty): shape [rows, ...].
StoredTensor predict(Instance& net, const Dataset& dataset, std::string_view output = {});

// standardize's statistics from the data set's columns, rows in file order.
void fit(Instance& net, const Dataset& dataset);

}  // namespace graphc
