// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A label for each token of a row: compiled code and evaluator agree, and the last label of the last row is checked too.
#include <doctest/doctest.h>

#include "compiler/graphc.h"
#include "runtime/train/error.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

TEST_CASE("class labels of several tokens a row") {
  constexpr int64_t window = 6, tokens = 5;
  constexpr uint32_t rows = 7;
  Builder b("tokens");
  Tensor x = b.input("x", {batch, window}, DType::i32), y = b.target("y", classes(tokens, {batch, window}));
  Tensor table = b.parameter("table", {tokens, 8}, {"normal"});
  Tensor logits = b.dense("logits", gather(table, x), tokens);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), adam({.learning_rate = 0.05}));
  Random random(4);
  std::vector<int32_t> xs, ys;
  for (int64_t i = 0; i < rows * window; i++) xs.push_back(int32_t(random.below(tokens))), ys.push_back((xs.back() * 2 + 1) % int32_t(tokens));
  auto trained = [&](CompileOptions options) {
    options.max_rows = rows;
    Program program = compile(b, options);
    Instance net = program.instance(2);
    float loss = 0;
    for (int s = 0; s < 60; s++) loss = net.step({{"x", xs}, {"y", ys}}, rows).loss;
    auto weights = net.get("table");
    weights.push_back(loss);
    std::vector<int32_t> bad = ys;
    bad.back() = tokens;
    CHECK_THROWS_WITH_AS(net.step({{"x", xs}, {"y", bad}}, rows), doctest::Contains("has 5 at element 41, labels must lie in 0..4"), Error);
    CHECK(net.get("table") == std::vector<float>(weights.begin(), weights.end() - 1));
    return weights;
  };
  auto jit = trained({});
  CHECK(jit.back() < 0.1);
  CHECK(trained({.backend = CompileOptions::evaluator}) == jit);
}
