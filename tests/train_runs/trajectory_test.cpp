// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R16: trajectories against a program in plain f64 loops that shares nothing with graphc: a two-layer tanh network with
// softmax and cross-entropy, its gradient by hand, and every optimizer as its paper writes it.
#include <doctest/doctest.h>

#include <array>

#include <cmath>
#include <map>

#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "compiler/codegen/codegen.h"
#include "ir/evaluate.h"
#include "tests/support/optimizer_rules.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr int in = 12, hidden = 20, classes_ = 5, rows = 16, steps_per_epoch = 40;
using Vector = std::vector<double>;
using Parameters = std::map<std::string, Vector>;

// Mean cross-entropy over the rows and its gradient.
Parameters gradient(const Parameters& p, const Vector& x, const std::vector<int32_t>& y) {
  Parameters g;
  for (const auto& [name, v] : p) g[name] = Vector(v.size(), 0.0);
  for (int r = 0; r < rows; r++) {
    Vector h(hidden), z(classes_), dh(hidden, 0.0);
    for (int j = 0; j < hidden; j++) {
      double s = p.at("a.bias")[j];
      for (int i = 0; i < in; i++) s += x[r * in + i] * p.at("a.weight")[i * hidden + j];
      h[j] = std::tanh(s);
    }
    double most = -1e300, total = 0;
    for (int c = 0; c < classes_; c++) {
      z[c] = p.at("b.bias")[c];
      for (int j = 0; j < hidden; j++) z[c] += h[j] * p.at("b.weight")[j * classes_ + c];
      most = std::max(most, z[c]);
    }
    for (int c = 0; c < classes_; c++) total += std::exp(z[c] - most);
    for (int c = 0; c < classes_; c++) {
      double dz = (std::exp(z[c] - most) / total - (c == y[r])) / rows;
      g["b.bias"][c] += dz;
      for (int j = 0; j < hidden; j++) {
        g["b.weight"][j * classes_ + c] += h[j] * dz;
        dh[j] += p.at("b.weight")[j * classes_ + c] * dz;
      }
    }
    for (int j = 0; j < hidden; j++) {
      double ds = dh[j] * (1 - h[j] * h[j]);
      g["a.bias"][j] += ds;
      for (int i = 0; i < in; i++) g["a.weight"][i * hidden + j] += x[r * in + i] * ds;
    }
  }
  return g;
}

// Weight decay is for weights, so biases have a rule without it.
class Reference {
 public:
  Reference(Parameters start, OptimizerRule weights, OptimizerRule biases) : p(std::move(start)), weights_(std::move(weights)), biases_(std::move(biases)) {
    for (const auto& [name, v] : p) state_[name].resize(v.size());
  }
  void step(const Parameters& gradients) {
    t_++;
    for (const auto& [name, g] : gradients)
      for (size_t i = 0; i < g.size(); i++) (name.ends_with(".bias") ? biases_ : weights_).step(g[i], p[name][i], t_, state_[name][i].data());
  }
  Parameters p;

 private:
  OptimizerRule weights_, biases_;
  std::map<std::string, std::vector<std::array<double, 4>>> state_;
  int t_ = 0;
};

Model network(const OptimizerCall& optimizer) {
  Builder b("trajectory");
  Tensor x = b.input("x", {batch, in}), y = b.target("y", classes(classes_));
  Tensor logits = b.dense("b", tanh(b.dense("a", x, hidden)), classes_);
  b.minimize(cross_entropy(logits, y), optimizer);
  return b.finish();
}

double relative_l2(const std::vector<float>& a, const Vector& b) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < b.size(); i++) difference += (a[i] - b[i]) * (a[i] - b[i]), norm += b[i] * b[i];
  return std::sqrt(difference / norm);
}

}  // namespace

TEST_CASE("trajectories of every optimizer against plain f64 loops") {
  // A rate as f32 has it, so that both programs take the same steps.
  const double rate = float(0.01);
  auto rules = optimizer_rules(rate), without_decay = optimizer_rules(rate, 0);
  for (size_t rule = 0; rule < rules.size(); rule++) {
    const OptimizerRule& o = rules[rule];
    if (o.name == "sign_sgd" || o.name.starts_with("rprop")) continue;  // near 0 the sign of a gradient is chance: see the test below
    Model model = network(optimizer(o.name, o.numbers));
    Program program = compile(model, {.max_rows = rows});
    Instance net = program.instance(5);
    Parameters start;
    for (const char* name : {"a.weight", "a.bias", "b.weight", "b.bias"}) {
      auto v = net.get(name);
      start[name] = Vector(v.begin(), v.end());
    }
    // Zero biases would leave their first step without a size to compare with.
    Random random(8);
    for (const char* name : {"a.bias", "b.bias"}) {
      for (double& x : start[name]) x = float(random.uniform(0.1, 0.5));
      net.set(name, std::vector<float>(start[name].begin(), start[name].end()));
    }
    Reference reference(start, o, without_decay[rule]);

    // The f64 evaluator walks the same graph.
    Module module = build_module(model, {.max_rows = rows});
    const Graph& step = *module.entries.find("step");
    Bindings bindings{rows, {}, {}, {{"learning_rate", rate}}};
    for (const Variable& v : module.variables) {
      Array array{DType::f32, v.type.shape.at(1), {}};
      array.data.assign(size_t(array.count()), v.initializer.numbers.count("value") ? v.initializer.numbers.at("value") : 0.0);
      if (start.count(v.name)) array.data = start[v.name];
      bindings.variables[v.name] = array;
    }
    for (int s = 1; s <= steps_per_epoch; s++) {
      std::vector<float> x;
      std::vector<int32_t> y;
      for (int i = 0; i < rows * in; i++) x.push_back(float(random.uniform(-1, 1)));
      for (int i = 0; i < rows; i++) y.push_back(int32_t(random.below(classes_)));
      net.step({{"x", x}, {"y", y}}, rows);
      reference.step(gradient(reference.p, Vector(x.begin(), x.end()), y));
      bindings.inputs["x"] = {DType::f32, {rows, in}, Vector(x.begin(), x.end())};
      bindings.inputs["y"] = {DType::i32, {rows}, Vector(y.begin(), y.end())};
      auto values = evaluate(step, bindings, Precision::f64);
      for (const Update& u : step.updates) bindings.variables[u.variable].data = values[u.value].data;
      if (s != 1 && s != steps_per_epoch) continue;
      for (const auto& parameter : reference.p) {
        const std::string& name = parameter.first;
        const Vector& wanted = parameter.second;
        CHECK_MESSAGE(relative_l2(net.get(name), wanted) <= (s == 1 ? 1e-6 : 1e-5), o.name << ", " << name << " after step " << s);
        double worst = 0;
        for (size_t i = 0; i < wanted.size(); i++) worst = std::max(worst, std::fabs(bindings.variables[name].data[i] - wanted[i]));
        CHECK_MESSAGE(worst <= 1e-12, o.name << ", f64 " << name << " after step " << s << ": " << worst);
      }
    }
  }
}

// Least squares far from its minimum: no gradient comes near 0 but where an element of Rprop turns, and there it is large.
TEST_CASE("trajectories of the optimizers that see signs only") {
  const double rate = float(0.01);
  auto rules = optimizer_rules(rate), without_decay = optimizer_rules(rate, 0);
  int met = 0;
  for (size_t rule = 0; rule < rules.size(); rule++) {
    const OptimizerRule& o = rules[rule];
    if (o.name != "sign_sgd" && !o.name.starts_with("rprop")) continue;
    met++;
    Builder b("squares");
    Tensor x = b.input("x", {batch, in}), y = b.target("y", Shape{batch, 2});
    b.minimize(mean_squared_error(b.dense("a", x, 2), y), optimizer(o.name, o.numbers));
    Program program = compile(b, {.max_rows = rows});
    Instance net = program.instance(5);
    Parameters start;
    for (const char* name : {"a.weight", "a.bias"}) {
      auto v = net.get(name);
      start[name] = Vector(v.begin(), v.end());
    }
    Reference reference(start, o, without_decay[rule]);
    for (int s = 1; s <= steps_per_epoch; s++) {
      // Positive inputs and a target far above: each gradient is negative.
      std::vector<float> xs, ys;
      Random random{uint64_t(s)};
      for (int i = 0; i < rows * in; i++) xs.push_back(float(random.uniform(0.5, 1)));
      for (int i = 0; i < rows * 2; i++) ys.push_back(float(random.uniform(1e4, 1.1e4)));
      Parameters g;
      g["a.weight"] = Vector(in * 2, 0.0), g["a.bias"] = Vector(2, 0.0);
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < 2; c++) {
          double value = reference.p["a.bias"][size_t(c)];
          for (int i = 0; i < in; i++) value += xs[size_t(r * in + i)] * reference.p["a.weight"][size_t(i * 2 + c)];
          double d = 2 * (value - ys[size_t(r * 2 + c)]) / (rows * 2);
          g["a.bias"][size_t(c)] += d;
          for (int i = 0; i < in; i++) g["a.weight"][size_t(i * 2 + c)] += xs[size_t(r * in + i)] * d;
        }
      net.step({{"x", xs}, {"y", ys}}, rows);
      reference.step(g);
      if (s == 1 || s == steps_per_epoch)
        for (const auto& parameter : reference.p) {
          double error = relative_l2(net.get(parameter.first), parameter.second);
          CHECK_MESSAGE(error <= (s == 1 ? 1e-6 : 1e-5), o.name << ", " << parameter.first << " after step " << s << ": " << error);
        }
    }
  }
  CHECK(met == 3);
}
