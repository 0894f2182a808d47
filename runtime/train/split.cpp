// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/split.h"

#include <cmath>
#include <limits>
#include <string>

#include "runtime/train/error.h"
#include "runtime/train/random.h"

namespace graphc {

Split split_rows(uint64_t rows, double test_fraction, uint32_t seed) {
  if (!(test_fraction > 0 && test_fraction < 1))
    throw Error("split: the test part must lie between 0 and 100 %, not " + std::to_string(test_fraction * 100) + " %");
  if (rows > std::numeric_limits<uint32_t>::max()) throw Error("split: more than 4294967295 rows");
  auto test = static_cast<uint64_t>(std::ceil(test_fraction * static_cast<double>(rows)));
  if (test == 0 || test >= rows)
    throw Error("split: " + std::to_string(rows) + " rows are too few for a test part of " + std::to_string(test_fraction * 100) +
                " %");
  Twister twister(seed);
  std::vector<uint32_t> order = permutation(twister, static_cast<uint32_t>(rows));
  auto cut = order.begin() + static_cast<std::ptrdiff_t>(test);
  return {{order.begin(), cut}, {cut, order.end()}};
}

}  // namespace graphc
