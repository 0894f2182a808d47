// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R16: trajectories against a program in plain f64 loops that shares nothing with graphc: a two-layer tanh network with
// softmax and cross-entropy, its gradient by hand, and three optimizers as their papers write them.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "compiler/codegen/codegen.h"
#include "ir/evaluate.h"
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

struct Optimizer {
  std::string name;
  OptimizerCall call;
  double rate;
};

class Reference {
 public:
  Reference(Parameters start, std::string optimizer, double rate) : p(std::move(start)), optimizer_(std::move(optimizer)), rate_(rate) {
    for (const auto& [name, v] : p) first_[name] = second_[name] = Vector(v.size(), 0.0);
  }
  void step(const Vector& x, const std::vector<int32_t>& y) {
    t_++;
    for (const auto& [name, g] : gradient(p, x, y))
      for (size_t i = 0; i < g.size(); i++) {
        double &w = p[name][i], &m = first_[name][i], &v = second_[name][i];
        if (optimizer_ == "adam") {  // Kingma & Ba, algorithm 1
          m = 0.9 * m + 0.1 * g[i];
          v = 0.999 * v + 0.001 * g[i] * g[i];
          double mean = m / (1 - std::pow(0.9, t_)), square = v / (1 - std::pow(0.999, t_));
          w -= rate_ * mean / (std::sqrt(square) + 1e-8);
        } else {
          double decayed = g[i] + (optimizer_ == "momentum" ? 1e-3 * w : 0);
          m = (optimizer_ == "momentum" ? 0.9 * m : 0) + decayed;
          w -= rate_ * m;
        }
      }
  }
  Parameters p;

 private:
  std::string optimizer_;
  double rate_;
  Parameters first_, second_;
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

TEST_CASE("trajectories of SGD, momentum and Adam against plain f64 loops") {
  // Rates as f32 has them, so that both programs take the same steps.
  const double fast = float(0.1), slow = float(0.01);
  for (const Optimizer& o : {Optimizer{"sgd", sgd({.learning_rate = fast}), fast},
                             Optimizer{"momentum", sgd({.learning_rate = slow, .momentum = 0.9, .weight_decay = 1e-3}), slow},
                             Optimizer{"adam", adam({.learning_rate = slow}), slow}}) {
    Model model = network(o.call);
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
    Reference reference(start, o.name, o.rate);

    // The f64 evaluator walks the same graph.
    Module module = build_module(model, {.max_rows = rows});
    const Graph& step = *module.entry("step");
    Bindings bindings{rows, {}, {}, {{"learning_rate", o.rate}}};
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
      reference.step(Vector(x.begin(), x.end()), y);
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
