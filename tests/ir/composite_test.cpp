// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records of composites: their arguments, initializers and optimizers. Functions and losses are in tests/ops.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "compiler/passes/attach_optimizer.h"
#include "ir/builder.h"
#include "ir/evaluate.h"
#include "ir/verify.h"

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

// ---- optimizers: steps on loss = sum (w - target)^2, so the gradient is 2 (w - target), against the formula in plain doubles

static const Numbers target{0.5, -1.5, 3};

static std::vector<Numbers> trajectory(const OptimizerCall& optimizer, int steps, std::set<std::string>* state = nullptr) {
  Builder b("m");
  Tensor w = b.parameter("w", {3}, {"zeros"});
  b.minimize(sum_of_squares(w - b.constant(target, {DType::f32, {3}})), optimizer);
  Module module = attach_optimizer(b.finish());
  verify(module);
  Bindings bindings;
  for (const HyperParameter& h : module.hypers) bindings.hypers[h.name] = h.value;
  auto apply_updates = [&](const char* entry) {
    const Graph& graph = *module.entry(entry);
    auto values = evaluate(graph, bindings, Precision::f64);
    for (const Update& u : graph.updates) bindings.variables[u.variable] = values[u.value];
  };
  apply_updates("init");
  std::vector<Numbers> result;
  for (int i = 0; i < steps; i++) {
    apply_updates("step");
    result.push_back(bindings.variables.at("w").data);
  }
  if (state)
    for (const Variable& v : module.variables)
      if (v.role == Role::optimizer) state->insert(v.name);
  return result;
}

static void check_trajectory(const std::vector<Numbers>& got,
                             const std::function<void(double gradient, double& w, int t, double* state)>& rule) {
  for (size_t i = 0; i < target.size(); i++) {
    double w = 0, state[4] = {};
    for (size_t t = 0; t < got.size(); t++) {
      rule(2 * (w - target[i]), w, int(t) + 1, state);
      CHECK(std::fabs(got[t][i] - w) <= 1e-12 * std::max(1.0, std::fabs(w)));
    }
  }
}

TEST_CASE("sgd") {
  check_trajectory(trajectory(sgd({.learning_rate = 0.1}), 5), [](double g, double& w, int, double*) { w -= 0.1 * g; });
}

TEST_CASE("sgd with momentum and weight decay") {
  std::set<std::string> state;
  auto got = trajectory(sgd({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01}), 5, &state);
  CHECK(state == std::set<std::string>{"w.velocity"});
  check_trajectory(got, [](double g, double& w, int, double* s) {
    g += 0.01 * w;
    s[0] = 0.9 * s[0] + g;
    w -= 0.1 * s[0];
  });
}

// Kingma & Ba, section 2: a_t = a sqrt(1 - b2^t) / (1 - b1^t); w -= a_t m / (sqrt(v) + e sqrt(1 - b2^t)), which is algorithm 1.
TEST_CASE("adam") {
  std::set<std::string> state;
  auto got = trajectory(adam({.learning_rate = 0.1, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3}), 6, &state);
  CHECK(state == std::set<std::string>{"w.m", "w.v", "adam.beta1_power", "adam.beta2_power"});
  check_trajectory(got, [](double g, double& w, int t, double* s) {
    s[0] = 0.8 * s[0] + 0.2 * g;
    s[1] = 0.95 * s[1] + 0.05 * g * g;
    double m = s[0] / (1 - std::pow(0.8, t)), v = s[1] / (1 - std::pow(0.95, t));
    w -= 0.1 * m / (std::sqrt(v) + 1e-3);
  });
}
