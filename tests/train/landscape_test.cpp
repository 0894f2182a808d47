// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/landscape.h"

#include <doctest/doctest.h>

#include <cmath>

#include "runtime/train/evaluate.h"
#include "tests/train/linear_module.h"

using namespace graphc;
using namespace graphc_test;

TEST_CASE("landscape: each filter of a direction is as long as the weights'") {
  graphc_tensor dense{};
  dense.rank = 2, dense.shape[0] = 3, dense.shape[1] = 2, dense.role = GRAPHC_ROLE_PARAMETER;
  std::vector<float> values{1, 0, 2, 0, 2, 0};  // columns of length 3 and 0
  std::vector<float> d = direction(dense, values, 7, 0);
  auto length = [&](size_t begin, size_t step, size_t count) {
    double square = 0;
    for (size_t i = 0; i < count; ++i) square += double(d[begin + i * step]) * d[begin + i * step];
    return std::sqrt(square);
  };
  CHECK(length(0, 2, 3) == doctest::Approx(3));
  CHECK(length(1, 2, 3) == 0);
  CHECK(direction(dense, values, 7, 0) == d);
  CHECK(direction(dense, values, 8, 0) != d);
  CHECK(direction(dense, values, 7, 1) != d);
  dense.rank = 3, dense.shape[0] = 2, dense.shape[1] = 1, dense.shape[2] = 3;  // filters along the first axis
  values = {3, 0, 4, 0, 0, 1};
  d = direction(dense, values, 7, 0);
  CHECK(length(0, 1, 3) == doctest::Approx(5));
  CHECK(length(3, 1, 3) == doctest::Approx(1));
  dense.rank = 1;
  CHECK(direction(dense, values, 7, 0) == std::vector<float>(6));
}

TEST_CASE("landscape: texts and refusals") {
  Landscape l{{-1, 0, 1}, {3, 1, 2}, 10};
  CHECK(l.centre() == 1);
  CHECK(landscape_csv(l) == "a,loss\n-1,3\n0,1\n1,2\n");
  l.loss = {9, 8, 7, 6, 5, 4, 3, 2, 1};
  CHECK(landscape_csv(l).starts_with("a,b,loss\n-1,-1,9\n0,-1,8\n"));
  CHECK(landscape_svg(l, "a < b").find("a &lt; b") != std::string::npos);
  l.metric_names = {"accuracy"}, l.metrics = {{.1, .2, .3, .4, .5, .6, .7, .8, .9}};
  CHECK(landscape_csv(l).starts_with("a,b,loss,accuracy\n-1,-1,9,0.1\n0,-1,8,0.2\n"));
  l.loss[0] = 900, l.metrics[0][0] = 0.01;
  CHECK(landscape_svg(l).find("loss, from 1 to 900, logarithmic<") != std::string::npos);
  CHECK(landscape_svg(l).find("accuracy, from 0.01 to 0.9<") != std::string::npos);  // a metric is not drawn so
  CHECK_ERROR("choose one of these endings", write_landscape("x.png", l, ""));
  Instance net(&linear_module(), nullptr, 5);
  Dataset none;
  CHECK_ERROR("an odd number", landscape(net, none, {.points = 4}));
  CHECK_ERROR("the range must be positive", landscape(net, none, {.range = 0}));
}
