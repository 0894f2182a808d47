// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The course's split: sklearn's train_test_split(rows, test_size=fraction, random_state=seed).
#pragma once

#include <cstdint>
#include <vector>

namespace graphc {

struct Split {
  std::vector<uint32_t> test, train;  // in the order drawn: the permutation's first ceil(fraction * rows), then the rest
};

// Throws Error where either part would be empty.
Split split_rows(uint64_t rows, double test_fraction, uint32_t seed);

}  // namespace graphc
