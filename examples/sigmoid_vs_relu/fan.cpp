// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/sigmoid_vs_relu/fan.h"

#include <cmath>
#include <random>

namespace {

constexpr int fans[] = {1, 4, 16, 64, 256, 1024}, group = 16;
constexpr uint32_t examples_measured = 64;

std::string named(const char* name, int fan) { return name + std::to_string(fan); }

// For each fan a group of 16 sigmoid units with so many inputs ("in"), and 16 units that feed so many sigmoid units
// ("out"). The cost is the course's, C0 = sum over all outputs j of (a_j - y_j)^2.
graphc::Model network(const graphc::Initializer& weights) {
  graphc::Builder b("fan");
  graphc::Tensor cost = b.constant(0);
  auto add_layer = [&](const std::string& name, graphc::Tensor x, int units) {
    auto a = sigmoid(b.layer("dense", name, {{x}, {{"units", units}, {"bias", 0}}, {{"weight", weights}}}));
    auto error = a - b.target(name + "_y", {graphc::batch, units});
    cost = cost + mean(reduce_sum(error * error, {1}));
  };
  for (int fan : fans) {
    add_layer(named("in", fan), b.input(named("in_x", fan), {graphc::batch, fan}), group);
    // dC/da of an activation is what reaches a number that is added to it.
    auto a = b.input(named("out_a", fan), {graphc::batch, group}) + b.parameter(named("added", fan), {group}, {"zeros"});
    add_layer(named("out", fan), a, fan);
  }
  b.minimize(cost, graphc::sgd({}));
  return b.finish();
}

// Inputs of variance 1 and targets between 0 and 1.
graphc::Dataset random_rows() {
  std::mt19937 generator(1);  // its numbers are the same everywhere
  graphc::Dataset data;
  data.rows = examples_measured;
  auto add = [&](const std::string& name, int width, double low, double high) {
    std::vector<float> values(examples_measured * static_cast<size_t>(width));
    for (float& value : values) value = static_cast<float>(low + (high - low) * generator() / 4294967296.0);
    data.add(name, values, examples_measured, {width});
  };
  for (int fan : fans) {
    add(named("in_x", fan), fan, -std::sqrt(3), std::sqrt(3));
    add(named("in", fan) + "_y", group, 0, 1);
    add(named("out_a", fan), group, -std::sqrt(3), std::sqrt(3));
    add(named("out", fan) + "_y", fan, 0, 1);
  }
  return data;
}

}  // namespace

std::vector<FanRow> measure_fan(const graphc::Initializer& weights) {
  graphc::Program program = graphc::compile(network(weights), {.max_rows = 1});
  graphc::Instance net = program.instance(1);
  graphc::Dataset data = random_rows();
  std::vector<FanRow> result;
  for (int fan : fans) result.push_back({fan, 0, 0, 0});
  for (uint32_t row = 0; row < data.rows; ++row) {
    examples::Values gradient = examples::gradients(net, data, {&row, 1});
    for (FanRow& sum : result) {
      sum.weights += std::pow(examples::norm(gradient.at(named("in", sum.fan) + ".weight")), 2);
      sum.activation += std::pow(examples::norm(gradient.at(named("added", sum.fan))), 2);
    }
  }
  for (FanRow& row : result) {
    double units = double(group) * data.rows;
    row.weights = std::sqrt(row.weights / units), row.activation = std::sqrt(row.activation / units);
    row.element = row.weights / std::sqrt(row.fan);
  }
  return result;
}
