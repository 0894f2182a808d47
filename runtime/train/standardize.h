// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What standardize needs: mean and population standard deviation of each feature, in f64, rows in order (Welford is not used:
// two passes, so that the result is the textbook's sum).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace graphc {

struct Statistics {
  std::vector<double> mean, scale;  // scale is 1 where the column is constant
};

// `row(i)` gives row i's values (`width` of them, valid until the next call). `features` divides width: element e of a row
// belongs to feature e % features. `what` names the data in errors (values that are not finite).
Statistics column_statistics(uint64_t rows, uint64_t width, uint64_t features, const std::string& what,
                             const std::function<std::span<const double>(uint64_t)>& row);

}  // namespace graphc
