// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R17: what must not change, or change in a known way, when the problem does. On compiled code.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "compiler/graphc.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr int64_t width = 20, classes_ = 7;
constexpr uint32_t rows = 24;

struct Batch {
  std::vector<float> x;
  std::vector<int32_t> y;
};

Batch draw(uint64_t seed) {
  Random random{seed};
  Batch b;
  for (int64_t i = 0; i < rows * width; i++) b.x.push_back(float(random.uniform(-1, 1)));
  for (uint32_t i = 0; i < rows; i++) b.y.push_back(int32_t(random.below(classes_)));
  return b;
}

// The loss times `factor`.
Program network(const OptimizerCall& optimizer, double factor = 1, uint32_t max_rows = rows) {
  Builder b("net");
  Tensor x = b.input("x", {batch, width}), y = b.target("y", classes(classes_));
  Tensor loss = cross_entropy(b.dense("b", tanh(b.dense("a", x, 40)), classes_), y);
  b.minimize(factor == 1 ? loss : loss * factor, optimizer);
  return compile(b, {.max_rows = max_rows});
}

const std::vector<std::string> parameters{"a.weight", "a.bias", "b.weight", "b.bias"};

std::map<std::string, std::vector<float>> gradients_of(Instance& net, const float* x, const int32_t* y, uint32_t count) {
  std::map<std::string, std::vector<float>> result;
  OutputArrays outputs;
  std::vector<NamedOutput> named;
  for (const std::string& p : parameters) result["grad." + p] = net.get(p);
  for (auto& [name, values] : result) named.push_back({name, values});
  net.run("grad", {{"x", x}, {"y", y}}, OutputArrays(named), count);
  return result;
}

double relative(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); i++) difference += std::pow(double(a[i]) - b[i], 2), size += std::pow(double(b[i]), 2);
  return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("the order of the rows changes a gradient by rounding only") {
  Instance net = network(sgd({})).instance(3);
  Batch b = draw(1), reversed = b;
  for (uint32_t r = 0; r < rows; r++) {
    std::copy_n(b.x.begin() + r * width, width, reversed.x.begin() + (rows - 1 - r) * width);
    reversed.y[rows - 1 - r] = b.y[r];
  }
  auto one = gradients_of(net, b.x.data(), b.y.data(), rows), other = gradients_of(net, reversed.x.data(), reversed.y.data(), rows);
  for (const auto& g : one) CHECK_MESSAGE(relative(other[g.first], g.second) < 1e-6, g.first);
}

TEST_CASE("gradients of micro-batches, weighted by their rows, add up to the minibatch's") {
  Instance net = network(sgd({})).instance(3);
  Batch b = draw(2);
  auto whole = gradients_of(net, b.x.data(), b.y.data(), rows);
  std::map<std::string, std::vector<float>> sum;
  for (auto [first, count] : {std::pair{0u, 5u}, {5u, 12u}, {17u, 7u}})
    for (const auto& [name, g] : gradients_of(net, b.x.data() + first * width, b.y.data() + first, count)) {
      sum[name].resize(g.size());
      for (size_t i = 0; i < g.size(); i++) sum[name][i] += g[i] * float(count) / float(rows);
    }
  for (const auto& g : whole) CHECK_MESSAGE(relative(sum[g.first], g.second) < 1e-6, g.first);
}

TEST_CASE("accumulate(n) trains as one minibatch of all rows does") {
  Instance whole = network(adam({.learning_rate = 0.01})).instance(3);
  Instance parts = network(adam({.learning_rate = 0.01}).accumulate_over(3)).instance(3);
  for (uint64_t s = 0; s < 5; s++) {
    Batch b = draw(s + 10);
    whole.step({{"x", b.x}, {"y", b.y}}, rows);
    for (auto [first, count] : {std::pair{0u, 5u}, {5u, 12u}, {17u, 7u}}) parts.step({{"x", b.x.data() + first * width}, {"y", b.y.data() + first}}, count);
  }
  for (const std::string& p : parameters) CHECK_MESSAGE(relative(parts.get(p), whole.get(p)) < 1e-4, p);
}

TEST_CASE("twice the loss, twice the gradient, bit for bit") {
  Instance once = network(sgd({})).instance(3), twice = network(sgd({}), 2).instance(3);
  Batch b = draw(4);
  auto one = gradients_of(once, b.x.data(), b.y.data(), rows), two = gradients_of(twice, b.x.data(), b.y.data(), rows);
  for (auto& g : one) {
    for (float& x : g.second) x *= 2;
    CHECK_MESSAGE(g.second == two[g.first], g.first);
  }
}

TEST_CASE("Adam without epsilon does not see a factor of the loss that is a power of two") {
  Instance once = network(adam({.learning_rate = 0.01, .epsilon = 0})).instance(3);
  Instance scaled = network(adam({.learning_rate = 0.01, .epsilon = 0}), 64).instance(3);
  for (uint64_t s = 0; s < 5; s++) {
    Batch b = draw(s + 20);
    once.step({{"x", b.x}, {"y", b.y}}, rows);
    scaled.step({{"x", b.x}, {"y", b.y}}, rows);
  }
  for (const std::string& p : parameters) CHECK_MESSAGE(once.get(p) == scaled.get(p), p);
}

TEST_CASE("norms, dropout, penalties and clipping: compiled code and evaluator agree in bits, and so do all numbers of threads") {
  auto build = [] {
    Builder b("all");
    Tensor x = b.input("x", {batch, width}), y = b.target("y", classes(classes_));
    Tensor h = b.dropout("drop", tanh(b.batch_norm("norm", b.dense("a", x, 40))), 0.3);
    h = b.layer("layer_norm", "ln", {{h}});
    b.output("p", softmax(b.dense("b", h, classes_)));
    b.minimize(cross_entropy(b.dense("c", h, classes_), y, {{"smoothing", 0.1}}),
               adam({.learning_rate = 0.01, .weight_decay = 1e-3}).penalty("l1", 1e-4).clip_gradients(Clip::global_norm, 0.5).average_with(0.9).accumulate_over(2));
    return b.finish();
  };
  auto run = [&](CompileOptions options, uint32_t threads) {
    options.max_rows = rows;
    Program program = compile(build(), options);
    Instance net = program.instance(7);
    if (threads > 1) net.set_threads(threads);
    for (uint64_t s = 0; s < 6; s++) {
      Batch b = draw(s);
      net.step({{"x", b.x}, {"y", b.y}}, s == 3 ? 11 : rows);
    }
    std::vector<float> all;
    for (uint32_t v = 0; v < program.module().variables; v++)
      if (program.module().variable[v].dtype == GRAPHC_F32)
        for (float e : net.get(program.module().variable[v].name)) all.push_back(e);
    for (float e : net.predict({{"x", draw(9).x}}, rows)) all.push_back(e);
    return all;
  };
  auto jit = run({}, 1);
  CHECK(std::all_of(jit.begin(), jit.end(), [](float x) { return std::isfinite(x); }));
  CHECK(run({.backend = CompileOptions::evaluator}, 1) == jit);
  CHECK(run({.fused = false}, 1) == jit);
  for (uint32_t threads : {2u, 4u, 7u}) CHECK(run({}, threads) == jit);
}
