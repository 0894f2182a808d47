// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/batch_norm/gamma_and_beta.h"

#include <algorithm>
#include <cmath>

namespace {

constexpr uint32_t rows = 256;

std::vector<float> evenly(double low, double high) {
  std::vector<float> values(rows);
  for (uint32_t i = 0; i < rows; ++i) values[i] = static_cast<float>(low + (high - low) * (i + 0.5) / rows);
  return values;
}

}  // namespace

OneUnit learn_threshold(bool affine) {
  graphc::Builder b("threshold");
  auto x = b.input("x", {graphc::batch, 1}), y = b.target("y", {graphc::batch, 1});
  double flag = affine ? 1 : 0;
  auto z = b.layer("batch_norm", "norm", {{b.dense("unit", x, 1)}, {{"scale", flag}, {"shift", flag}}});
  b.output("z", z);
  b.output("p", sigmoid(z));
  b.minimize(binary_cross_entropy(z, y), graphc::sgd({.learning_rate = 1}));
  graphc::Program program = graphc::compile(b, {.max_rows = rows});
  graphc::Instance net = program.instance(1);

  std::vector<float> xs = evenly(-2, 2), ys, z_values(rows), p(rows);
  for (float value : xs) ys.push_back(value > 0.5f ? 1 : 0);
  OneUnit result{};
  for (int step = 0; step < 2000; ++step) result.loss = net.step({{"x", xs}, {"y", ys}}, rows).loss;
  net.predict({{"x", xs}}, rows, {{"z", z_values}, {"p", p}});
  for (uint32_t i = 0; i < rows; ++i) {
    result.curve.push_back({xs[i], p[i]});
    result.steepest = std::max(result.steepest, std::fabs(double(z_values[i])));
  }
  return result;
}

Identity learn_identity() {
  graphc::Builder b("identity");
  auto x = b.input("x", {graphc::batch, 1});
  auto error = b.batch_norm("norm", x) - x;
  b.minimize(mean(error * error), graphc::sgd({.learning_rate = 0.1}));
  graphc::Program program = graphc::compile(b, {.max_rows = rows});
  graphc::Instance net = program.instance(1);

  std::vector<float> xs = evenly(3 - 5 * std::sqrt(3), 3 + 5 * std::sqrt(3));
  double mean = 0, square = 0;
  for (double value : xs) mean += value / rows, square += value * value / rows;
  Identity result{mean, std::sqrt(square - mean * mean), 0, 0, 0, 0};
  for (int step = 0; step < 100; ++step) {
    result.loss = net.step({{"x", xs}}, rows).loss;
    if (step == 0) result.first_loss = result.loss;
  }
  result.gamma = net.get("norm.gamma")[0], result.beta = net.get("norm.beta")[0];
  return result;
}

SetIdentity set_identity(const graphc::Dataset& data) {
  constexpr double epsilon = 1e-5;
  auto network = [&](bool norm) {
    graphc::Builder b("net");
    auto z = b.dense("hidden", b.standardize("scaled", b.input("x", {graphc::batch, 64})), 64);
    if (norm) z = b.layer("batch_norm", "norm", {{z}, {{"epsilon", epsilon}}});
    auto logits = b.dense("logits", sigmoid(z), 10);
    b.output("logits", logits);
    b.minimize(cross_entropy(logits, b.target("y", graphc::classes(10))), graphc::sgd({}));
    return graphc::compile(b, {.max_rows = 128});
  };
  graphc::Program plain_program = network(false), norm_program = network(true);
  graphc::Instance plain = plain_program.instance(1), norm = norm_program.instance(1);
  auto xs = data.find("x")->as<float>();
  auto ys = data.find("y")->as<int32_t>();
  plain.fit({{"x", xs}}, data.rows);
  norm.fit({{"x", xs}}, data.rows);
  norm.set_hyper("learning_rate", 0);  // some steps for the running mean and variance alone
  for (uint32_t step = 0; step < 8; ++step) norm.step({{"x", xs.subspan(step * 128 * 64)}, {"y", ys.subspan(step * 128)}}, 128);

  std::vector<float> mean = norm.get("norm.mean"), gamma = norm.get("norm.var");
  for (float& value : gamma) value = static_cast<float>(std::sqrt(value + epsilon));
  norm.set("norm.gamma", gamma);
  norm.set("norm.beta", mean);
  std::vector<float> a = plain.predict({{"x", xs}}, data.rows), c = norm.predict({{"x", xs}}, data.rows);
  SetIdentity result{};
  for (size_t i = 0; i < a.size(); ++i) {
    result.difference = std::max(result.difference, std::fabs(double(a[i]) - c[i]));
    result.largest = std::max(result.largest, std::fabs(double(a[i])));
  }
  return result;
}
