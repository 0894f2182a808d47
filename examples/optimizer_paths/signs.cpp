// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/optimizer_paths/signs.h"

#include <cmath>

#include "runtime/train/minibatch.h"

std::vector<double> walk_rows(Rows rows, const graphc::OptimizerCall& optimizer, uint32_t minibatch, int steps) {
  graphc::Builder b("rows");
  auto g = b.input("gradient", {graphc::batch, 1});  // at w = 0
  auto w = b.parameter("w", {}, {"zeros"});
  b.minimize(rows == Rows::linear ? mean(g * w) : mean((w + g) * (w + g)) * 0.5, optimizer);
  graphc::Program program = graphc::compile(b, {.max_rows = 10});
  graphc::Instance net = program.instance(1);

  std::vector<float> gradients(10, 0.1f);
  gradients[9] = -0.9f;
  graphc::Minibatches minibatches(10, minibatch, /*seed=*/1, graphc::Sampling::epoch);
  uint64_t per_epoch = minibatches.per_epoch();
  std::vector<double> weights{0};
  for (uint64_t i = 0; i < uint64_t(steps); ++i) {
    std::vector<float> drawn;
    for (uint32_t row : minibatches.get(i / per_epoch, i % per_epoch)) drawn.push_back(gradients[row]);
    net.step({{"gradient", drawn}}, uint32_t(drawn.size()));
    weights.push_back(net.get("w")[0]);
  }
  return weights;
}

End end_of(const std::vector<double>& weights) {
  double sum = 0, squares = 0, count = 0;
  for (size_t i = weights.size() / 2; i < weights.size(); ++i) sum += weights[i], squares += weights[i] * weights[i], ++count;
  double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}
