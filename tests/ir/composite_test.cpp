// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records of composites: their arguments and initializers. Functions and losses are in tests/ops, optimizers in optimizer_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ir/builder.h"
#include "ir/evaluate.h"

using namespace graphc;

using Numbers = std::vector<double>;

static std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("names are unique, and every argument can be given") {
  std::set<std::string> names;
  for (const CompositeDef* def : all_composites()) {
    INFO(std::string(def->name));
    CHECK(names.insert(def->name).second);
    CHECK(find_composite(def->name) == def);
    CHECK(std::string(def->doc).size() > 0);
    std::set<std::string> arguments;
    for (const ArgumentDef& a : def->arguments) {
      CHECK(arguments.insert(a.name).second);
      CHECK((a.kind == ArgumentDef::initializer) == (a.initializer_name != nullptr));
      if (a.initializer_name) CHECK(find_composite(a.initializer_name));
    }
  }
  CHECK(find_composite("nothing") == nullptr);
}

TEST_CASE("mistakes in arguments") {
  GraphBuilder b("g");
  Tensor x = b.constant(1, Type{DType::f32, {3}});
  CHECK(error_of([&] {
          leaky_relu(x, {{"slop", 0.1}});
        }) == "error: leaky_relu: no argument named slop\n  note: did you mean slope?");
  CHECK(error_of([&] { relu(x, {{"slope", 0.1}}); }).find("it takes x") != std::string::npos);
  CHECK(error_of([&] { leaky_relu(x, {{"slope", INFINITY}}); }).find("must be finite") != std::string::npos);
  CHECK(error_of([&] { apply(b, *find_composite("mean_squared_error"), {{x}}); }).find("takes 2 tensors, got 1") !=
        std::string::npos);
  CHECK(error_of([&] { apply(b, *find_composite("sgd"), {{x}}); }).find("cannot be applied to tensors") != std::string::npos);
  CHECK(error_of([&] { apply(b, *find_composite("dense"), {{x}, {{"units", 3}}}); }).find("needs a model") != std::string::npos);
  CHECK(error_of([&] { apply(b, *find_composite("dense"), {{x}}); }).find("the argument units is missing") != std::string::npos);
  CHECK(error_of([&] {
          apply(b, *find_composite("dense"), {{x}, {{"units", 2.5}}});
        }).find("must be a whole number") != std::string::npos);
  CHECK(error_of([&] {
          apply(b, *find_composite("dense"), {{x}, {{"units", 2}, {"bias", 2}}});
        }).find("true or false") != std::string::npos);
  CHECK(error_of([&] {
          apply(b, *find_composite("dense"), {{x}, {{"units", 2}}, {{"weight", {"zeroes"}}}});
        }).find("no initializer") != std::string::npos);
  CHECK(error_of([&] { cross_entropy(softmax(x), b.constant(0, DType::i32)); }).find("takes logits, but is given a softmax") !=
        std::string::npos);
}

TEST_CASE("cross_entropy_of_probabilities of a softmax takes the stable form") {
  GraphBuilder b("g");
  Tensor x = b.constant({1000, 0, -1000}, {DType::f32, {1, 3}}), y = b.constant(2, Type{DType::i32, {1}});
  Tensor loss = cross_entropy_of_probabilities(softmax(x), y);
  b.graph().outputs = {{"loss", loss.id}};
  CHECK(evaluate(b.graph(), {}, Precision::f32_fused)[loss.id].data[0] == 2000);
}

// ---- initializers

static Numbers initial(const std::string& initializer, const std::string& variable, const Shape& shape, double seed = 1,
                       const std::map<std::string, double>& numbers = {}) {
  GraphBuilder b("init");
  const CompositeDef& def = *find_composite(initializer);
  InitializerContext context{b,
                             {DType::f32, shape},
                             complete_numbers(b, def, numbers),
                             b.constant(seed, DType::i32),
                             b.constant(0, DType::i32),
                             stream_of(variable)};
  Tensor value = def.build_initializer(context);
  CHECK(value.type() == context.type);
  b.graph().outputs = {{"value", value.id}};
  return evaluate(b.graph(), {}, Precision::f32_fused)[value.id].data;
}

static void check_range(const Numbers& values, double low, double high) {
  auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
  CHECK(*smallest >= low);
  CHECK(*largest <= high);
  // Close to its ends, and centred: the range is used.
  double span = high - low, mean = 0;
  for (double x : values) mean += x / double(values.size());
  CHECK(*smallest < low + 0.01 * span);
  CHECK(*largest > high - 0.01 * span);
  CHECK(std::fabs(mean - (low + high) / 2) < 0.02 * span);
}

TEST_CASE("initial values lie in their ranges") {
  for (double x : initial("zeros", "w", {3, 4})) CHECK(x == 0);
  for (double x : initial("ones", "w", {3, 4})) CHECK(x == 1);
  for (double x : initial("constant_value", "w", {3}, 1, {{"value", 0.25}})) CHECK(x == 0.25);
  double glorot = std::sqrt(6.0 / (64 + 100)), he = std::sqrt(6.0 / 64);
  check_range(initial("glorot_uniform", "w", {64, 100}), -glorot, glorot);
  check_range(initial("he_uniform", "w", {64, 100}), -he, he);
  check_range(initial("uniform", "w", {64, 100}), -0.05, 0.05);
  check_range(initial("uniform", "w", {64, 100}, 1, {{"low", 2}, {"high", 3}}), 2, 3);
}

TEST_CASE("initial values depend on seed and name alone") {
  Numbers w = initial("uniform", "a.weight", {5, 7});
  CHECK(initial("uniform", "a.weight", {5, 7}) == w);
  CHECK(initial("uniform", "b.weight", {5, 7}) != w);
  CHECK(initial("uniform", "a.weight", {5, 7}, 2) != w);
  CHECK(std::set(w.begin(), w.end()).size() > 30);
}

TEST_CASE("fans: dense weights are (in, out), convolutions (out, in, window)") {
  GraphBuilder b("g");
  auto fans = [&](const Shape& shape) {
    InitializerContext c{b, {DType::f32, shape}, {}, {}, {}, 0};
    return std::pair(c.fan_in(), c.fan_out());
  };
  CHECK(fans({64, 100}) == std::pair(64.0, 100.0));
  CHECK(fans({16, 8, 3, 3}) == std::pair(72.0, 144.0));
  CHECK(fans({10}) == std::pair(10.0, 10.0));
  CHECK(fans({}) == std::pair(1.0, 1.0));
}
