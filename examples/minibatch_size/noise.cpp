// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/minibatch_size/noise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "runtime/train/minibatch.h"
#include "runtime/train/trainer.h"

namespace {

void add(Gradient& sum, double factor, const examples::Values& gradients) {
  size_t at = 0;
  for (const auto& [name, values] : gradients) {
    if (sum.size() < at + values.size()) sum.resize(at + values.size(), 0);
    for (float value : values) sum[at++] += factor * double(value);
  }
}

double squared_distance(const Gradient& a, double scale, const Gradient& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] * scale - b[i]) * (a[i] * scale - b[i]);
  return sum;
}

}  // namespace

Gradient full_gradient(graphc::Instance& net, const graphc::Dataset& rows) {
  Gradient sum;
  std::vector<uint32_t> part;
  for (uint64_t first = 0; first < rows.rows; first += part.size()) {
    part.resize(std::min<uint64_t>(net.module().max_rows, rows.rows - first));
    std::iota(part.begin(), part.end(), uint32_t(first));
    add(sum, double(part.size()) / double(rows.rows), examples::gradients(net, rows, part));
  }
  return sum;
}

Noise measure_noise(graphc::Instance& net, const graphc::Dataset& rows, const Gradient& full, uint32_t minibatch,
                    const std::vector<int>& counts) {
  Gradient sum(full.size(), 0);
  double length = squared_distance(full, 0, full), squares = 0;
  graphc::Minibatches minibatches(rows.rows, minibatch, /*seed=*/1, graphc::Sampling::independent);
  Noise noise{minibatch, 0, 0, {}, {}};
  for (int i = 0; i < counts.back(); ++i) {
    Gradient gradient;
    examples::Values values = examples::gradients(net, rows, minibatches.get(0, uint64_t(i)));
    add(gradient, 1, values), add(sum, 1, values);
    squares += squared_distance(gradient, 1, full);
    if (i + 1 == counts[noise.of_mean.size()])
      noise.of_mean.push_back(std::sqrt(squared_distance(sum, 1.0 / (i + 1), full) / length));
  }
  noise.variance = squares / counts.back() / length;
  for (int count : counts) noise.expected.push_back(std::sqrt(noise.variance / count));
  noise.of_one_row = noise.variance * minibatch * double(rows.rows - 1) / double(rows.rows - minibatch);
  return noise;
}

std::vector<graphc::Panel> noise_panels(const Rows& rows, int64_t units, const std::vector<uint32_t>& minibatches,
                                        const std::vector<int>& draws) {
  graphc::Program program = compile_network(rows, units, 512);
  graphc::Instance net = program.instance(1);
  graphc::Panel variance, bias;
  variance.title = "Variance of a minibatch's gradient", variance.x.title = "rows of a minibatch",
  variance.x.log = variance.y.log = true;
  variance.y.title = "share of the gradient's square";
  bias.title = "Mean of many minibatches' gradients, start", bias.x.title = "minibatches", bias.x.log = bias.y.log = true;
  bias.y.title = "distance from the full one";
  for (bool trained : {false, true}) {
    if (trained) {
      graphc::TrainSettings settings;
      graphc::train(net, rows.train, settings);
    }
    Gradient full = full_gradient(net, rows.train);
    std::printf(
        "\nGradients %s; distances as shares of the full gradient's length, 1 / sqrt(n) law in brackets\n"
        "  size     variance   x size, corrected   mean of",
        trained ? "after an epoch of minibatches of 32" : "at the start");
    for (int count : draws) std::printf("%14d", count);
    std::printf("\n");
    graphc::Series series{trained ? "after an epoch" : "at the start", {}, graphc::Mark::line_with_points};
    for (uint32_t minibatch : minibatches) {
      Noise noise = measure_noise(net, rows.train, full, minibatch, draws);
      std::printf("  %4u %12.6g %12.6g              ", minibatch, noise.variance, noise.of_one_row);
      graphc::Series of_mean{std::to_string(minibatch), {}, graphc::Mark::line_with_points};
      of_mean.color = graphc::ramp_color(double(bias.series.size()) / double(minibatches.size()));
      for (size_t i = 0; i < draws.size(); ++i) {
        std::printf("  %.4f (%.4f)", noise.of_mean[i], noise.expected[i]);
        of_mean.points.push_back({double(draws[i]), noise.of_mean[i]});
      }
      std::printf("\n");
      std::fflush(stdout);
      series.points.push_back({double(minibatch), noise.variance});
      if (!trained) bias.series.push_back(of_mean);
    }
    variance.series.push_back(series);
  }
  return {variance, bias};
}
