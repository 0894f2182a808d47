// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/batch_norm/network.h"

#include <algorithm>
#include <cmath>

#include "runtime/train/observer.h"

namespace {

constexpr uint64_t steps_between_looks = 12;

std::string output_name(int layer) { return "input" + std::to_string(layer); }

std::vector<float> column(std::span<const float> values, int unit) {
  std::vector<float> result;
  for (size_t i = size_t(unit); i < values.size(); i += width) result.push_back(values[i]);
  return result;
}

struct Looks : graphc::Observer {
  graphc::Instance& net;
  const graphc::Dataset& data;
  std::string output;
  std::vector<std::vector<Quantiles>> quantiles{width};

  Looks(graphc::Instance& net, const graphc::Dataset& data, int layer) : net(net), data(data), output(output_name(layer)) {}
  void look(uint64_t step) {
    std::vector<float> values = net.predict({{"x", data.find("x")->as<float>()}}, data.rows, output);
    for (int unit = 0; unit < width; ++unit) {
      std::vector<float> of_unit = column(values, unit);
      std::sort(of_unit.begin(), of_unit.end());
      auto at = [&](double share) { return double(of_unit[size_t(share * double(of_unit.size() - 1))]); };
      quantiles[size_t(unit)].push_back({double(step), at(0.15), at(0.5), at(0.85)});
    }
  }
  void begin(const graphc::RunStart&) override { look(0); }
  void step(const graphc::StepReport& report) override {
    if (report.run_step % steps_between_looks == 0) look(report.run_step);
  }
};

}  // namespace

graphc::Model network(Norm norm, int depth) {
  graphc::Builder b("deep");
  auto a = b.standardize("scaled", b.input("x", {graphc::batch, 64}));
  auto y = b.target("y", graphc::classes(10));
  for (int layer = 0; layer < depth; ++layer) {
    std::string number = std::to_string(layer);
    auto z = b.dense("hidden" + number, a, width);
    double affine = norm == Norm::full ? 1 : 0;
    if (norm != Norm::none) z = b.layer("batch_norm", "norm" + number, {{z}, {{"scale", affine}, {"shift", affine}}});
    b.output(output_name(layer), z);
    a = sigmoid(z);
  }
  auto logits = b.dense("logits", a, 10);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), graphc::sgd({.learning_rate = 0.1}));
  return b.finish();
}

Run train(Norm norm, int depth, uint64_t epochs, const graphc::DatasetSplit& data, bool look) {
  graphc::Program program = graphc::compile(network(norm, depth), {.max_rows = 32});
  graphc::Instance net = program.instance(1);
  Looks looks(net, data.train, depth - 1);
  graphc::TrainSettings settings;
  settings.epochs = epochs;
  settings.batch = 32;
  settings.test = &data.test;
  if (look) settings.observers = {&looks};
  Run run{graphc::train(net, data.train, settings), {}, {}};
  run.quantiles = std::move(looks.quantiles);
  for (int layer = 0; layer < depth; ++layer)
    run.inputs.push_back(net.predict({{"x", data.train.find("x")->as<float>()}}, data.train.rows, output_name(layer)));
  return run;
}

double spread(const Run& run, size_t look) {
  double sum = 0;
  for (const std::vector<Quantiles>& unit : run.quantiles) sum += unit[look].high - unit[look].low;
  return sum / width;
}

double movement(const Run& run, size_t look) {
  double sum = 0;
  for (const std::vector<Quantiles>& unit : run.quantiles)
    sum += std::fabs(unit[look].median - unit[look - 1].median) / ((unit[look - 1].high - unit[look - 1].low) / 2);
  return sum / width;
}

double straightness(std::span<const float> inputs) {
  double sum = 0;
  for (int unit = 0; unit < width; ++unit) {
    double n = 0, x1 = 0, y1 = 0, xx = 0, xy = 0, yy = 0;
    for (double x : column(inputs, unit)) {
      double y = 1 / (1 + std::exp(-x));
      n += 1, x1 += x, y1 += y, xx += x * x, xy += x * y, yy += y * y;
    }
    double covariance = xy - x1 * y1 / n;
    sum += covariance * covariance / ((xx - x1 * x1 / n) * (yy - y1 * y1 / n));
  }
  return sum / width;
}
