// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/random_labels/two_layers.h"

#include <graphc.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/train/random.h"

namespace {

graphc::Program compile_network(int64_t width, int64_t units) {
  graphc::Builder b("two_layers");
  auto x = b.input("x", {graphc::batch, width});
  auto y = b.target("y", {graphc::batch, 1});
  auto a = b.parameter("a", {width, 1}, {"zeros"});
  auto thresholds = b.parameter("b", {units}, {"zeros"});
  auto w = b.parameter("w", {units, 1}, {"zeros"});
  auto z = graphc::contract(x, a);
  auto value = graphc::contract(graphc::relu(z - thresholds), w);
  b.output("value", value);
  b.output("z", z);
  b.minimize(graphc::mean_squared_error(value, y), graphc::sgd({}));
  return graphc::compile(b, {.max_rows = 250});
}

struct Direction {
  std::vector<float> a, z;
  std::vector<uint32_t> order;  // of the points, by z
  double smallest_gap = -1;
};

// z is what the compiled network computes, so that its rounding is part of the problem that is solved.
Direction try_direction(graphc::Instance& net, const graphc::Arrays& inputs, uint64_t points, uint64_t width, uint32_t seed) {
  Direction d;
  graphc::Twister twister(seed);
  graphc::NormalNumbers normal(twister);
  d.a.resize(width);
  for (float& value : d.a) value = float(normal());
  net.set("a", d.a);
  d.z = net.predict(inputs, points, "z");
  d.order.resize(points);
  std::iota(d.order.begin(), d.order.end(), 0u);
  std::ranges::sort(d.order, {}, [&](uint32_t i) { return d.z[i]; });
  double gap = INFINITY;
  for (uint64_t i = 1; i < points; ++i) gap = std::min(gap, double(d.z[d.order[i]]) - double(d.z[d.order[i - 1]]));
  d.smallest_gap = gap / (double(d.z[d.order.back()]) - double(d.z[d.order[0]]));
  return d;
}

}  // namespace

Fit fit_exactly(const Images& images, uint64_t points) {
  uint64_t width = images.width();
  std::vector<float> x(images.pixels.begin(), images.pixels.begin() + int64_t(points * width));
  graphc::Instance net = compile_network(int64_t(width), int64_t(points)).instance();
  graphc::NamedArray input{"x", x};
  graphc::Arrays inputs{std::span(&input, 1)};
  Direction best;
  for (uint32_t seed = 1; seed <= 64; ++seed)
    if (Direction d = try_direction(net, inputs, points, width, seed); d.smallest_gap > best.smallest_gap) best = std::move(d);

  // b_1 below all, every other b at the point before its own: where it may be, and w grows least.
  std::vector<double> z, w;
  std::vector<float> b;
  for (uint32_t i : best.order) z.push_back(double(best.z[i]));
  b.push_back(float(z[0] - (z.back() - z[0]) / double(points)));
  for (uint64_t i = 0; i + 1 < points; ++i) b.push_back(float(z[i]));
  auto value_at = [&](uint64_t i) {  // the units that are not active add 0
    double sum = 0;
    for (uint64_t j = 0; j < std::min<uint64_t>(i + 1, w.size()); ++j) sum += w[j] * (z[i] - double(b[j]));
    return sum;
  };
  auto label = [&](uint64_t i) { return double(images.labels[best.order[i]]); };
  for (uint64_t i = 0; i < points; ++i) w.push_back((label(i) - value_at(i)) / (z[i] - double(b[i])));

  net.set("a", best.a);
  net.set("b", b);
  net.set("w", std::vector<float>(w.begin(), w.end()));
  std::vector<float> values = net.predict(inputs, points, "value");
  Fit fit{points, width + b.size() + w.size(), best.smallest_gap, 0, 0, 0};
  for (uint64_t i = 0; i < points; ++i) {
    double given = double(values[best.order[i]]);
    fit.double_error = std::max(fit.double_error, std::fabs(value_at(i) - label(i)));
    fit.compiled_error = std::max(fit.compiled_error, std::fabs(given - label(i)));
    fit.right += std::lround(given) == std::lround(label(i));
  }
  return fit;
}
