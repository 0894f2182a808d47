// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which rows are held out: at random, or of each class in proportion.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace graphc {

struct Split {
  std::vector<uint32_t> test, train;  // in the order drawn; test has ceil(fraction * rows)
};

// The course's split: sklearn's train_test_split(rows, test_size=fraction, random_state=seed): the first rows of a permutation
// are the test's. Throws Error where either part would be empty.
Split split_rows(uint64_t rows, double test_fraction, uint32_t seed);

// `labels` has each row's class. As many rows of each class as its share of all asks for, rounded down, then one more where most
// was cut off (the lower class first) until the sum is right. Errors as above.
Split split_stratified(std::span<const int32_t> labels, double test_fraction, uint32_t seed);

}  // namespace graphc
