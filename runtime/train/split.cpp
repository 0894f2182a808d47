// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "runtime/train/error.h"
#include "runtime/train/random.h"

namespace graphc {

static uint64_t test_rows(uint64_t rows, double test_fraction) {
  if (!(test_fraction > 0 && test_fraction < 1))
    throw Error("split: the test part must lie between 0 and 100 %, not " + std::to_string(test_fraction * 100) + " %");
  if (rows > std::numeric_limits<uint32_t>::max()) throw Error("split: more than 4294967295 rows");
  auto test = static_cast<uint64_t>(std::ceil(test_fraction * static_cast<double>(rows)));
  if (test == 0 || test >= rows)
    throw Error("split: " + std::to_string(rows) + " rows are too few for a test part of " + std::to_string(test_fraction * 100) +
                " %");
  return test;
}

Split split_rows(uint64_t rows, double test_fraction, uint32_t seed) {
  uint64_t test = test_rows(rows, test_fraction);
  Twister twister(seed);
  std::vector<uint32_t> order = permutation(twister, static_cast<uint32_t>(rows));
  auto cut = order.begin() + static_cast<std::ptrdiff_t>(test);
  return {{order.begin(), cut}, {cut, order.end()}};
}

Split split_stratified(std::span<const int32_t> labels, double test_fraction, uint32_t seed) {
  uint64_t test = test_rows(labels.size(), test_fraction);
  struct Class {
    std::vector<uint32_t> rows;
    uint64_t test = 0, cut_off = 0;
  };
  std::map<int32_t, Class> classes;
  for (size_t row = 0; row < labels.size(); ++row) classes[labels[row]].rows.push_back(static_cast<uint32_t>(row));
  uint64_t missing = test;
  std::vector<Class*> by_rest;
  for (auto& [label, c] : classes) {
    c.test = c.rows.size() * test / labels.size();
    c.cut_off = c.rows.size() * test % labels.size();
    missing -= c.test;
    by_rest.push_back(&c);
  }
  std::stable_sort(by_rest.begin(), by_rest.end(), [](const Class* a, const Class* b) { return a->cut_off > b->cut_off; });
  for (uint64_t i = 0; i < missing; ++i) ++by_rest[i]->test;

  Split split;
  Twister twister(seed);
  for (const auto& [label, c] : classes) {
    std::vector<uint32_t> order = permutation(twister, static_cast<uint32_t>(c.rows.size()));
    for (size_t i = 0; i < order.size(); ++i) (i < c.test ? split.test : split.train).push_back(c.rows[order[i]]);
  }
  return split;
}

}  // namespace graphc
