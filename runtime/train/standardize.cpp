// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/standardize.h"

#include <algorithm>
#include <cmath>

#include "runtime/train/error.h"

namespace graphc {

Statistics column_statistics(uint64_t rows, uint64_t width, uint64_t features, const std::string& what,
                             const std::function<std::span<const double>(uint64_t)>& row) {
  Statistics result{std::vector<double>(features), std::vector<double>(features)};
  std::vector<double> low(features), high(features);
  for (uint64_t r = 0; r < rows; ++r) {
    std::span<const double> values = row(r);
    for (uint64_t e = 0, f = 0; e < width; ++e, f = f + 1 < features ? f + 1 : 0) {
      if (!std::isfinite(values[e]))
        throw Error(what + ": row " + std::to_string(r) + ", element " + std::to_string(e) +
                    " is not a finite number; remove or replace it");
      bool first = r == 0 && e < features;
      low[f] = first ? values[e] : std::min(low[f], values[e]);
      high[f] = first ? values[e] : std::max(high[f], values[e]);
      result.mean[f] += values[e];
    }
  }
  double count = static_cast<double>(rows) * static_cast<double>(width / features);
  for (uint64_t f = 0; f < features; ++f) result.mean[f] = low[f] == high[f] ? low[f] : result.mean[f] / count;
  for (uint64_t r = 0; r < rows; ++r) {
    std::span<const double> values = row(r);
    for (uint64_t e = 0, f = 0; e < width; ++e, f = f + 1 < features ? f + 1 : 0) {
      double distance = values[e] - result.mean[f];
      result.scale[f] += distance * distance;
    }
  }
  for (uint64_t f = 0; f < features; ++f) {
    double scale = std::sqrt(result.scale[f] / count);
    // A scale that f32 cannot hold (or would divide to infinity) is a constant column for all purposes.
    result.scale[f] = low[f] == high[f] || !(scale >= 1e-37) || !(scale <= 1e38) ? 1 : scale;
  }
  return result;
}

}  // namespace graphc
