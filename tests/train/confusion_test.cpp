// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/confusion.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/train/linear_module.h"

using namespace graphc;

TEST_CASE("confusion: counts, text, picture") {
  Confusion matrix(3, {"cat", "dog"});
  std::vector<float> scores = {0.7f, 0.2f, 0.1f, 0.1f, 0.1f, 0.8f, NAN, 0.5f, 0.5f, 0.f, 0.f, 0.f};
  std::vector<int32_t> labels = {0, 0, 1, 0};
  matrix.add(scores, labels);
  CHECK(matrix.count(0, 0) == 2);  // ties go to the first
  CHECK(matrix.count(0, 2) == 1);
  CHECK(matrix.count(1, 1) == 1);
  CHECK(matrix.total() == 4);
  CHECK(matrix.accuracy() == 0.75);
  CHECK(matrix.text() ==
        "label  cat dog   2    recall\n"
        "cat      2   .   1    66.7 %\n"
        "dog      .   1   .   100.0 %\n"
        "2        .   .   .         -\n"
        "  precision of cat    100.0 %\n"
        "  precision of dog    100.0 %\n"
        "  precision of 2        0.0 %\n"
        "accuracy 0.7500 on 4 rows; rows are labels, columns predictions\n");
  CHECK(matrix.svg("a < b").find("a &lt; b") != std::string::npos);
  CHECK(Confusion(100, {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"}).svg().ends_with("</svg>\n"));
}

TEST_CASE("confusion: what it refuses") {
  Confusion matrix(2);
  CHECK_ERROR("class 2 is outside 0..1", matrix.add(2, 0));
  CHECK_ERROR("class -1 is outside 0..1", matrix.add(0, -1));
  CHECK_ERROR("3 scores are not 1 rows of 2 classes", matrix.add(std::vector<float>(3), std::vector<int32_t>(1)));
  CHECK_ERROR("0 classes", Confusion(0));
}
