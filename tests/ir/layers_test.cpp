// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers that behave otherwise in training than in eval and predict, and those that normalise; initial values.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "compiler/passes/attach_optimizer.h"
#include "compiler/passes/differentiate.h"
#include "ir/builder.h"
#include "ir/evaluate.h"
#include "ir/verify.h"
#include "tests/support/random_arrays.h"

namespace graphc_test {

using namespace graphc;

namespace {

using Numbers = std::vector<double>;

// One layer between the input x f32[batch, width] and the output "y"; the loss is the mean of y^2 times a scale that trains.
struct Net {
  Module module;
  Bindings bindings;

  Net(const Shape& shape, const std::function<Tensor(Builder&, Tensor)>& layer, double seed = 1) {
    Builder b("net");
    Tensor x = b.input("x", shape);
    Tensor scale = b.parameter("scale", {1}, {"ones"});
    Tensor y = layer(b, x * scale);
    b.output("y", y);
    b.minimize(mean(y * y), sgd({.learning_rate = 0}));
    module = attach_optimizer(b.finish());
    verify(module);
    for (const HyperParameter& h : module.hypers) bindings.hypers[h.name] = h.value;
    bindings.hypers["seed_lo"] = seed;
    run("init");
  }

  std::vector<Array> run(const char* entry) {
    const Graph& graph = *module.entries.find(entry);
    auto values = evaluate(graph, bindings, Precision::f64);
    for (const Update& u : graph.updates) bindings.variables[u.variable] = values[u.value];
    return values;
  }
  // The layer's result in training: what the mean of squares in the loss reads.
  double loss(const char* entry) { return run(entry)[*module.entries.find("step")->loss].data[0]; }
  Numbers predict() { return run("predict")[module.entries.find("predict")->outputs[0].value].data; }
  void set_rows(int64_t rows, const Shape& shape, uint64_t seed) {
    Random random(seed);
    bindings.rows = rows;
    bindings.inputs["x"] = random_array(random, {DType::f32, shape}, rows, -2, 2, 2);
  }
  const Numbers& variable(const char* name) const { return bindings.variables.at(name).data; }
};

// Elements of hash_bits and what dropout makes of ones: which were kept.
std::vector<bool> mask(const std::string& name, double seed, int step, int64_t rows, int64_t width) {
  Builder b("mask");
  Tensor x = b.input("x", {batch, width});
  Tensor w = b.parameter("w", {1}, {"ones"});
  b.minimize(mean(b.dropout(name, x * w, 0.25)), sgd({}));
  Module module = attach_optimizer(b.finish());
  Bindings bindings{rows, {{"x", {DType::f32, {rows, width}, Numbers(size_t(rows * width), 1.0)}}}, {}, {}};
  for (const HyperParameter& h : module.hypers) bindings.hypers[h.name] = h.value;
  bindings.hypers["seed_lo"] = seed;
  auto run = [&](const char* entry) {
    auto values = evaluate(*module.entries.find(entry), bindings, Precision::f32_fused);
    for (const Update& u : module.entries.find(entry)->updates) bindings.variables[u.variable] = values[u.value];
    return values;
  };
  run("init");
  for (int i = 0; i < step; i++) run("step");
  const Graph& graph = *module.entries.find("step");
  auto values = run("step");
  std::vector<bool> kept;
  for (ValueId v = 0; v < graph.size() && kept.empty(); v++)
    if (graph[v].op == Op::select && graph[v].type.shape == Shape{batch, width})
      for (double e : values[v].data) kept.push_back(e != 0);
  return kept;
}

double agreement(const std::vector<bool>& a, const std::vector<bool>& b) {
  double same = 0;
  for (size_t i = 0; i < a.size(); i++) same += a[i] == b[i];
  return same / double(a.size());
}

}  // namespace

TEST_CASE("dropout: rate 0 is the identity, inference too, and the kept ones grow") {
  Net none({batch, 5}, [](Builder& b, Tensor x) { return b.dropout("d", x, 0); });
  none.set_rows(4, {batch, 5}, 1);
  CHECK(none.predict() == none.bindings.inputs["x"].data);
  CHECK(none.module.variables.find("random.step") == nullptr);

  Net half({batch, 50}, [](Builder& b, Tensor x) { return b.dropout("d", x, 0.5); });
  half.set_rows(40, {batch, 50}, 1);
  CHECK(half.predict() == half.bindings.inputs["x"].data);
  const Numbers& x = half.bindings.inputs["x"].data;
  double square = std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / double(x.size());
  double first = half.loss("step"), second = half.loss("step");
  CHECK(first != second);
  CHECK(std::fabs(first / (2 * square) - 1) < 0.1);  // half of them, four times as large
  CHECK(half.variable("random.step") == Numbers{2});
  CHECK_THROWS_WITH_AS(Net({batch, 5}, [](Builder& b, Tensor x) { return b.dropout("d", x, 1); }), doctest::Contains("rate must lie in [0, 1)"), CompileError);
}

TEST_CASE("dropout masks differ by seed, layer and step, do not depend on the rows, and have the right share") {
  auto base = mask("d", 1, 0, 200, 100);
  double kept = double(std::count(base.begin(), base.end(), true)) / double(base.size());
  CHECK(std::fabs(kept - 0.75) < 0.012);  // four standard deviations
  CHECK(mask("d", 1, 0, 200, 100) == base);
  const double chance = 0.75 * 0.75 + 0.25 * 0.25;
  for (const auto& other : {mask("d", 2, 0, 200, 100), mask("e", 1, 0, 200, 100), mask("d", 1, 1, 200, 100)})
    CHECK(std::fabs(agreement(base, other) - chance) < 0.014);
  auto fewer = mask("d", 1, 0, 7, 100);
  CHECK(std::equal(fewer.begin(), fewer.end(), base.begin()));
  // Neighbours, along rows and columns.
  for (size_t apart : {size_t(1), size_t(2), size_t(16), size_t(100)}) {
    std::vector<bool> a(base.begin(), base.end() - long(apart)), b(base.begin() + long(apart), base.end());
    CHECK(std::fabs(agreement(a, b) - chance) < 0.014);
  }
}

TEST_CASE("hash_bits: every bit is set in half of the elements, and pairs of bits are independent") {
  GraphBuilder b("bits");
  Tensor bits = hash_bits(b.constant(12345, DType::i32), b.constant(-99, DType::i32), {1 << 14});
  b.graph().outputs.push_back({"bits", bits.id});
  auto values = evaluate(b.graph(), Bindings{1, {}, {}, {}}, Precision::f64)[bits.id].data;
  double n = double(values.size());
  for (int i = 0; i < 32; i++)
    for (int j = 0; j <= i; j++) {
      double count = 0;
      for (double v : values) count += double((uint32_t(int64_t(v)) >> i & 1) ^ (i == j ? 0 : uint32_t(int64_t(v)) >> j & 1));
      CHECK(std::fabs(count / n - 0.5) < 5 * 0.5 / std::sqrt(n));
    }
}

TEST_CASE("batch_norm: statistics of the minibatch in training, running ones else") {
  Net net({batch, 3}, [](Builder& b, Tensor x) { return b.batch_norm("n", x); });
  net.set_rows(5, {batch, 3}, 3);
  const Numbers x = net.bindings.inputs["x"].data;
  CHECK(std::fabs(net.loss("step") - 1) < 1e-4);  // the mean of squares of what has variance 1, but for epsilon
  for (size_t f = 0; f < 3; f++) {
    double mean = 0, square = 0;
    for (size_t r = 0; r < 5; r++) mean += x[3 * r + f] / 5;
    for (size_t r = 0; r < 5; r++) square += (x[3 * r + f] - mean) * (x[3 * r + f] - mean);
    CHECK(net.variable("n.mean")[f] == doctest::Approx(0.1 * mean));
    CHECK(net.variable("n.var")[f] == doctest::Approx(0.9 + 0.1 * square / 4));
    Numbers y = net.predict();
    CHECK(y[f] == doctest::Approx((x[f] - 0.1 * mean) / std::sqrt(0.9 + 0.1 * square / 4 + 1e-5)));
  }
  CHECK(net.module.variables.find("n.mean")->role == Role::running);
}

TEST_CASE("batch_norm: conventions by name, one row, other axes, refusals") {
  auto variance_after = [](const Arguments& numbers, int64_t rows) {
    Net net({batch, 3}, [&](Builder& b, Tensor x) {
      Arguments a = numbers;
      a.tensors = {x};
      return b.layer("batch_norm", "n", a);
    });
    net.set_rows(rows, {batch, 3}, 3);
    net.loss("step");
    return net.variable("n.var")[1];
  };
  double usual = variance_after({{}, {}}, 4);
  CHECK(variance_after({{}, {{"torch_momentum", 0.1}}}, 4) == doctest::Approx(usual));
  CHECK(variance_after({{}, {{"keras_momentum", 0.5}}}, 4) == doctest::Approx(variance_after({{}, {{"torch_momentum", 0.5}}}, 4)));
  CHECK((variance_after({{}, {{"unbiased", 0}}}, 4) - 0.9) * 4 / 3 == doctest::Approx(usual - 0.9));
  CHECK(std::isfinite(variance_after({{}, {}}, 1)));
  CHECK_THROWS_WITH_AS(variance_after({{}, {{"keras_momentum", 0.5}, {"torch_momentum", 0.5}}}, 4), doctest::Contains("say the same thing"), CompileError);
  CHECK_THROWS_WITH_AS(variance_after({{}, {{"axis", 0}}}, 4), doctest::Contains("another axis of features"), CompileError);

  Net channels({batch, 2, 4}, [](Builder& b, Tensor x) { return b.layer("batch_norm", "n", {{x}, {{"axis", 1}}}); });
  channels.set_rows(3, {batch, 2, 4}, 5);
  CHECK(std::fabs(channels.loss("step") - 1) < 1e-4);
  CHECK(channels.variable("n.gamma").size() == 2);
}

TEST_CASE("batch_norm is invariant under x -> a x + b, and can be the identity") {
  auto loss = [](double a, double shift) {
    Net net({batch, 3}, [&](Builder& b, Tensor x) {
      Tensor y = b.layer("batch_norm", "n", {{x * a + shift}, {{"epsilon", 0}}});
      return y * b.constant({1, 2, 3}, {DType::f32, {3}});
    });
    net.set_rows(6, {batch, 3}, 7);
    return net.loss("step");
  };
  CHECK(loss(1, 0) == doctest::Approx(loss(-5, 3)).epsilon(1e-9));
  Net net({batch, 3}, [](Builder& b, Tensor x) { return b.layer("batch_norm", "n", {{x}, {{"epsilon", 0}, {"keras_momentum", 0}, {"unbiased", 0}}}); });
  net.set_rows(6, {batch, 3}, 7);
  net.loss("step");  // the running statistics are now this minibatch's
  for (size_t f = 0; f < 3; f++) {
    net.bindings.variables["n.gamma"].data[f] = std::sqrt(net.variable("n.var")[f]);
    net.bindings.variables["n.beta"].data[f] = net.variable("n.mean")[f];
  }
  Numbers y = net.predict(), x = net.bindings.inputs["x"].data;
  for (size_t i = 0; i < x.size(); i++) CHECK(y[i] == doctest::Approx(x[i]).epsilon(1e-12));
}

TEST_CASE("layer, group and RMS norm: mean 0 and variance 1 within a row, in training as in inference") {
  for (const char* kind : {"layer_norm", "group_norm", "rms_norm"}) {
    INFO(std::string(kind));
    bool grouped = std::string(kind) == "group_norm", centred = std::string(kind) != "rms_norm";
    Net net({batch, 8}, [&](Builder& b, Tensor x) {
      return b.layer(kind, "n", {{x}, grouped ? std::map<std::string, double>{{"groups", 2}} : std::map<std::string, double>{}});
    });
    net.set_rows(3, {batch, 8}, 9);
    Numbers y = net.predict();
    size_t width = grouped ? 4 : 8;
    for (size_t begin = 0; begin < y.size(); begin += width) {
      double mean = 0, square = 0;
      for (size_t i = begin; i < begin + width; i++) mean += y[i] / double(width), square += y[i] * y[i] / double(width);
      if (centred) CHECK(std::fabs(mean) < 1e-9);
      CHECK(square == doctest::Approx(1).epsilon(1e-3));
    }
    double training = net.loss("step"), square = 0;
    for (double e : y) square += e * e / double(y.size());
    CHECK(training == doctest::Approx(square));
  }
}

TEST_CASE("initial values: normal ones have their mean, deviation and tails; orthogonal ones are") {
  auto values = [](const Initializer& initializer, const Shape& shape) {
    Builder b("i");
    Tensor w = b.parameter("w", shape, initializer);
    b.minimize(sum(w * w), sgd({}));
    Module module = attach_optimizer(b.finish());
    Bindings bindings{1, {}, {}, {{"seed_lo", 4}, {"seed_hi", 0}}};
    const Graph& init = *module.entries.find("init");
    return evaluate(init, bindings, Precision::f32_fused)[init.updates[0].value].data;
  };
  auto deviation = [](const Numbers& v) {
    double mean = 0, square = 0;
    for (double x : v) mean += x / double(v.size());
    for (double x : v) square += (x - mean) * (x - mean) / double(v.size());
    return std::sqrt(square);
  };
  Numbers v = values({"normal", {{"mean", 2}, {"deviation", 0.5}}}, {400, 100});
  double mean = std::accumulate(v.begin(), v.end(), 0.0) / double(v.size());
  CHECK(std::fabs(mean - 2) < 0.01);
  CHECK(std::fabs(deviation(v) / 0.5 - 1) < 0.015);
  // Quantiles of the normal distribution: 15.87 % below -1, 2.275 % below -2, 0.135 % above 3.
  auto share = [&](auto is) { return double(std::count_if(v.begin(), v.end(), is)) / double(v.size()); };
  CHECK(std::fabs(share([](double x) { return x < 1.5; }) - 0.15866) < 0.008);
  CHECK(std::fabs(share([](double x) { return x < 1.0; }) - 0.02275) < 0.003);
  CHECK(std::fabs(share([](double x) { return x > 3.5; }) - 0.00135) < 0.0008);
  const Shape shape{200, 50};
  CHECK(deviation(values({"glorot_normal"}, shape)) == doctest::Approx(std::sqrt(2.0 / 250)).epsilon(0.03));
  CHECK(deviation(values({"he_normal"}, shape)) == doctest::Approx(std::sqrt(2.0 / 200)).epsilon(0.03));
  CHECK(deviation(values({"lecun_normal"}, shape)) == doctest::Approx(std::sqrt(1.0 / 200)).epsilon(0.03));
  CHECK(deviation(values({"lecun_uniform"}, shape)) == doctest::Approx(std::sqrt(1.0 / 200)).epsilon(0.03));
  for (const Shape& s : {Shape{12, 12}, Shape{20, 7}, Shape{5, 30}, Shape{1, 4}}) {
    Numbers q = values({"orthogonal", {{"gain", 2}}}, s);
    int64_t rows = s[0].size, columns = s[1].size, few = std::min(rows, columns);
    for (int64_t i = 0; i < few; i++)
      for (int64_t j = 0; j < few; j++) {
        double dot = 0;
        for (int64_t k = 0; k < std::max(rows, columns); k++)
          dot += rows >= columns ? q[size_t(k * columns + i)] * q[size_t(k * columns + j)] : q[size_t(i * columns + k)] * q[size_t(j * columns + k)];
        CHECK(std::fabs(dot - (i == j ? 4 : 0)) < 2e-4);
      }
  }
}

}  // namespace graphc_test
