// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ten hidden layers on the digits: how much of the gradient reaches the first ones, with sigmoids and with ReLUs.
//   example_sigmoid_vs_relu [PICTURE.svg]
#include "examples/example.h"
#include "examples/sigmoid_vs_relu/fan.h"
#include "runtime/train/observer.h"

#include <cmath>
#include <cstdio>

namespace {

constexpr int depth = 10, width = 64, epochs = 40;

struct Variant {
  const char* name;
  bool sigmoids;
  graphc::OptimizerCall optimizer;
};

std::string layer_name(int layer) { return layer < depth ? "hidden" + std::to_string(layer + 1) : "logits"; }

graphc::Model network(const Variant& variant) {
  graphc::Builder b("deep");
  auto a = b.standardize("scaled", b.input("x", {graphc::batch, 64}));
  auto y = b.target("y", graphc::classes(10));
  for (int layer = 0; layer < depth; ++layer) {
    std::string initializer = variant.sigmoids ? "glorot_uniform" : "he_uniform";
    auto z = b.layer("dense", layer_name(layer), {{a}, {{"units", width}}, {{"weight", {initializer}}}});
    a = variant.sigmoids ? sigmoid(z) : relu(z);
  }
  auto logits = b.dense("logits", a, 10);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), variant.optimizer);
  return b.finish();
}

struct Measured {
  std::vector<std::vector<double>> norms;  // at the start and after each epoch: of each layer's weight gradient, all training rows
  graphc::TrainResult result;
};

struct Norms : graphc::Observer {
  graphc::Instance& net;
  const graphc::Dataset& data;
  std::vector<std::vector<double>>& norms;

  Norms(graphc::Instance& net, const graphc::Dataset& data, std::vector<std::vector<double>>& norms)
      : net(net), data(data), norms(norms) {}
  void measure() {
    examples::Values gradient = examples::gradients(net, data);
    norms.emplace_back();
    for (int layer = 0; layer <= depth; ++layer) norms.back().push_back(examples::norm(gradient.at(layer_name(layer) + ".weight")));
  }
  void begin(const graphc::RunStart&) override { measure(); }
  void end_epoch(const graphc::EpochRecord&, uint64_t, const std::vector<std::string>&) override { measure(); }
};

Measured train(const Variant& variant, const graphc::DatasetSplit& data) {
  graphc::Program program = graphc::compile(network(variant), {.max_rows = static_cast<uint32_t>(data.train.rows)});
  graphc::Instance net = program.instance(1);
  Measured measured;
  Norms norms(net, data.train, measured.norms);
  graphc::TrainSettings settings;
  settings.epochs = epochs;
  settings.batch = 32;
  settings.test = &data.test;
  settings.observers = {&norms};
  measured.result = graphc::train(net, data.train, settings);
  return measured;
}

graphc::Panel start_panel(const std::vector<Variant>& variants, const std::vector<Measured>& measured) {
  graphc::Panel panel;
  panel.title = "Gradient of each layer at the start", panel.x.title = "layer (11: logits)", panel.x.whole = true;
  panel.y.title = "length of dC/dW", panel.y.log = true;
  for (size_t v = 0; v < 2; ++v) {
    graphc::Series series{variants[v].name, {}, graphc::Mark::line_with_points};
    for (int layer = 0; layer <= depth; ++layer) series.points.push_back({layer + 1.0, measured[v].norms[0][layer]});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel loss_panel(const std::vector<Variant>& variants, const std::vector<Measured>& measured) {
  graphc::Panel panel;
  panel.title = "Loss", panel.x.title = "epoch";
  for (size_t v = 0; v < variants.size(); ++v) {
    graphc::Series series{variants[v].name, {}};
    for (const graphc::EpochRecord& epoch : measured[v].result.history) series.points.push_back({double(epoch.epoch), epoch.train.loss});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel course_panel(const Variant& variant, const Measured& measured) {
  graphc::Panel panel;
  panel.title = std::string("Gradient of each layer: ") + variant.name, panel.x.title = "epoch";
  panel.y.title = "length of dC/dW", panel.y.log = true;
  for (int layer = 0; layer <= depth; ++layer) {
    graphc::Series series{layer % 5 == 0 ? (layer < depth ? "layer " + std::to_string(layer + 1) : "logits") : "", {}};
    series.color = graphc::ramp_color(double(layer) / depth);
    for (size_t epoch = 0; epoch < measured.norms.size(); ++epoch) series.points.push_back({double(epoch), measured.norms[epoch][layer]});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel fan_panel(const std::vector<FanRow>& rows) {
  graphc::Panel panel;
  panel.title = "Gradient of a unit against its fan", panel.x.title = "connected units", panel.x.log = true;
  panel.y.title = "root mean square", panel.y.log = true;
  graphc::Series weights{"dC/dw, by fan in", {}, graphc::Mark::line_with_points}, element{"one element of it", {}, graphc::Mark::line_with_points},
      activation{"dC/da, by fan out", {}, graphc::Mark::line_with_points};
  for (const FanRow& row : rows) {
    weights.points.push_back({double(row.fan), row.weights});
    element.points.push_back({double(row.fan), row.element});
    activation.points.push_back({double(row.fan), row.activation});
  }
  panel.series = {weights, element, activation};
  return panel;
}

void print_norms(const std::vector<Measured>& measured) {
  std::printf("Length of dC/dW of each layer, C the mean loss of all training images\n");
  std::printf("%-10s %12s %12s %12s %12s\n", "", "sigmoid", "", "ReLU", "");
  std::printf("%-10s %12s %12s %12s %12s\n", "layer", "start", "last epoch", "start", "last epoch");
  for (int layer = 0; layer <= depth; ++layer) {
    std::printf("%-10s", layer_name(layer).c_str());
    for (size_t v = 0; v < 2; ++v) std::printf(" %12.5g %12.5g", measured[v].norms.front()[layer], measured[v].norms.back()[layer]);
    std::printf("\n");
  }
  for (size_t v = 0; v < 2; ++v)
    std::printf("%s: the first hidden layer's is %.3g of the last hidden layer's at the start\n", v ? "ReLU" : "sigmoid",
                measured[v].norms[0][0] / measured[v].norms[0][depth - 1]);
}

void run(const examples::Arguments& arguments) {
  const std::vector<Variant> variants{
      {"sigmoid", true, graphc::sgd({.learning_rate = 0.1})},
      {"ReLU", false, graphc::sgd({.learning_rate = 0.1})},
      {"sigmoid, RMSprop", true, graphc::optimizer("rmsprop", {{"learning_rate", 0.001}})},
  };
  graphc::DatasetSplit data = graphc::split_dataset(graphc::load_dataset("digits"), 0.15, 37);
  std::vector<Measured> measured;
  for (const Variant& variant : variants) measured.push_back(train(variant, data));
  examples::print_class_of_numbers(graphc::compile(network(variants[0])));
  print_norms(measured);
  std::printf("\n%-18s %14s %14s %14s\n", "", "first epoch", "last epoch", "test accuracy");
  for (size_t v = 0; v < variants.size(); ++v) {
    const graphc::TrainResult& result = measured[v].result;
    std::printf("%-18s %14.9g %14.9g %14.9g\n", variants[v].name, result.history.front().train.loss, result.history.back().train.loss,
                result.test->metrics[0]);
  }

  std::vector<FanRow> fixed = measure_fan({"normal", {{"deviation", 0.02}}}), lecun = measure_fan({"lecun_normal"});
  std::printf("\nGradient of a unit that is connected with so many others\n");
  std::printf("%6s %14s %14s %14s %20s\n", "fan", "dC/dw, fan in", "one element", "dC/da, fan out", "dC/dw, LeCun weights");
  for (size_t i = 0; i < fixed.size(); ++i)
    std::printf("%6d %14.5g %14.5g %14.5g %20.5g\n", fixed[i].fan, fixed[i].weights, fixed[i].element, fixed[i].activation, lecun[i].weights);

  graphc::Chart chart{"Sigmoid and ReLU", "10 hidden layers of 64 units on the digits, SGD 0.1, minibatches of 32, seed 1"};
  chart.panels = {start_panel(variants, measured), loss_panel(variants, measured), fan_panel(fixed), course_panel(variants[0], measured[0]),
                  course_panel(variants[1], measured[1])};
  chart.columns = 3;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
