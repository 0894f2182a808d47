// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/quality.h"

#include <doctest/doctest.h>

using namespace graphc;

TEST_CASE("quality of classes: macro precision, recall and F1") {
  // Labels 0 0 0 1 1 2, taken for 0 0 1 1 2 1. Class 3 neither occurs nor is predicted.
  std::vector<int32_t> labels{0, 0, 0, 1, 1, 2}, taken{0, 0, 1, 1, 2, 1};
  std::vector<float> scores(labels.size() * 4, 0);
  for (size_t r = 0; r < labels.size(); r++) scores[4 * r + size_t(taken[r])] = 1;
  Quality q = quality_of_classes(scores, labels, 4, {});
  REQUIRE(q.values.size() == 3);
  CHECK(q.values[0].second == doctest::Approx((1 + 1.0 / 3 + 0) / 3));
  CHECK(q.values[1].second == doctest::Approx((2.0 / 3 + 0.5 + 0) / 3));
  CHECK(q.values[2].second == doctest::Approx((0.8 + 0.4 + 0) / 3));
  CHECK(q.confusion->accuracy() == 0.5);
}

TEST_CASE("quality of numbers: MSE, MAE, R2") {
  std::vector<float> y{1, 2, 3, 6}, p{1, 3, 3, 4};
  Quality q = quality_of_numbers(p, y);
  CHECK(q.values[0].second == doctest::Approx(5.0 / 4));
  CHECK(q.values[1].second == doctest::Approx(3.0 / 4));
  CHECK(q.values[2].second == doctest::Approx(1 - 5.0 / 14));
  CHECK(quality_of_numbers(p, std::vector<float>(4, 2.f)).values[2].second == 0);
}
