// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ten hidden layers on the digits: how much of the gradient reaches the first ones, with sigmoids and with ReLUs.
//   example_sigmoid_vs_relu [PICTURE.svg]
#include <cmath>
#include <cstdio>

#include "examples/example.h"
#include "examples/sigmoid_vs_relu/fan.h"
#include "runtime/train/observer.h"

namespace {

constexpr int width = 64, epochs = 40, depths[] = {1, 2, 3, 4, 6, 10};

struct Variant {
  const char* name;
  bool sigmoids;
  graphc::OptimizerCall optimizer;
};

std::string layer_name(int layer) { return "hidden" + std::to_string(layer + 1); }

graphc::Model network(const Variant& variant, int depth) {
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
  // At the start and after each epoch: the length of dC/dW of the hidden layers, then of the logits; C is the mean loss of
  // all training rows.
  std::vector<std::vector<double>> norms;
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
    for (int layer = 0; gradient.count(layer_name(layer) + ".weight"); ++layer)
      norms.back().push_back(examples::norm(gradient.at(layer_name(layer) + ".weight")));
    norms.back().push_back(examples::norm(gradient.at("logits.weight")));
  }
  void begin(const graphc::RunStart&) override { measure(); }
  void end_epoch(const graphc::EpochRecord&, uint64_t, const std::vector<std::string>&) override { measure(); }
};

Measured train(const Variant& variant, int depth, const graphc::DatasetSplit& data) {
  graphc::Program program = graphc::compile(network(variant, depth), {.max_rows = static_cast<uint32_t>(data.train.rows)});
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

// Of the deepest networks: sigmoid first, then ReLU.
graphc::Panel start_panel(const std::vector<Variant>& variants, const std::vector<Measured>& measured) {
  graphc::Panel panel;
  panel.title = "Gradient of each layer at the start", panel.x.title = "layer (the last: logits)", panel.x.whole = true;
  panel.y.title = "length of dC/dW", panel.y.log = true;
  for (size_t v = 0; v < measured.size(); ++v) {
    graphc::Series series{variants[v].name, {}, graphc::Mark::line_with_points};
    for (double norm : measured[v].norms[0]) series.points.push_back({double(series.points.size() + 1), norm});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel loss_panel(const std::vector<Variant>& variants, const std::vector<Measured>& measured) {
  graphc::Panel panel;
  panel.title = "Training loss", panel.x.title = "epoch";
  for (size_t v = 0; v < measured.size(); ++v) {
    graphc::Series series{variants[v].name, {}};
    for (const graphc::EpochRecord& epoch : measured[v].result.history)
      series.points.push_back({double(epoch.epoch), epoch.train.loss});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel course_panel(const Variant& variant, const Measured& measured) {
  graphc::Panel panel;
  panel.title = std::string("Gradient of each layer: ") + variant.name, panel.x.title = "epoch";
  panel.y.title = "length of dC/dW", panel.y.log = true;
  size_t layers = measured.norms[0].size();
  for (size_t layer = 0; layer < layers; ++layer) {
    std::string name = layer + 1 == layers ? "logits" : "layer " + std::to_string(layer + 1);
    graphc::Series series{layer % 5 == 0 ? name : "", {}};
    series.color = graphc::ramp_color(double(layer) / double(layers - 1));
    for (size_t epoch = 0; epoch < measured.norms.size(); ++epoch)
      series.points.push_back({double(epoch), measured.norms[epoch][layer]});
    panel.series.push_back(series);
  }
  return panel;
}

graphc::Panel fan_panel(const std::vector<FanRow>& rows) {
  graphc::Panel panel;
  panel.title = "Gradient of a unit against its fan", panel.x.title = "connected units", panel.x.log = true;
  panel.y.title = "root mean square", panel.y.log = true;
  graphc::Series weights{"dC/dw, by fan in", {}, graphc::Mark::line_with_points},
      element{"one element of it", {}, graphc::Mark::line_with_points},
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
  std::printf("%-8s %12s %12s %12s %12s\n", "", "sigmoid", "", "ReLU", "");
  std::printf("%-8s %12s %12s %12s %12s\n", "layer", "start", "last epoch", "start", "last epoch");
  size_t layers = measured[0].norms[0].size();
  for (size_t layer = 0; layer < layers; ++layer) {
    std::printf("%-8s", layer + 1 == layers ? "logits" : layer_name(int(layer)).c_str());
    for (const Measured& one : measured) std::printf(" %12.5g %12.5g", one.norms.front()[layer], one.norms.back()[layer]);
    std::printf("\n");
  }
  std::printf("hidden1 / hidden%zu at the start: sigmoid %.3g, ReLU %.3g\n", layers - 1, measured[0].norms[0][0] / measured[0].norms[0][layers - 2],
              measured[1].norms[0][0] / measured[1].norms[0][layers - 2]);
}

// Prints a row for each depth; gives the training losses, and fills `deepest` with the runs of the first two variants.
graphc::Panel measure_depths(const std::vector<Variant>& variants, const graphc::DatasetSplit& data,
                             std::vector<Measured>& deepest) {
  graphc::Panel panel;
  panel.title = "Training loss after 40 epochs against depth", panel.x.title = "hidden layers", panel.x.whole = true,
  panel.y.log = true;
  std::printf("Training loss of the last epoch, test accuracy\n%-14s", "hidden layers");
  for (const Variant& variant : variants) {
    panel.series.push_back({variant.name, {}, graphc::Mark::line_with_points});
    std::printf(" %24s", variant.name);
  }
  for (int depth : depths) {
    std::printf("\n%-14d", depth);
    for (size_t v = 0; v < variants.size(); ++v) {
      Measured measured = train(variants[v], depth, data);
      double loss = measured.result.history.back().train.loss;
      std::printf(" %16.9g %7.4f", loss, measured.result.test->metrics[0]);
      panel.series[v].points.push_back({double(depth), loss});
      if (depth == depths[std::size(depths) - 1] && v < 2) deepest.push_back(std::move(measured));
    }
  }
  std::printf("\n\n");
  return panel;
}

void run(const examples::Arguments& arguments) {
  const std::vector<Variant> variants{
      {"sigmoid", true, graphc::sgd({.learning_rate = 0.1})},
      {"ReLU", false, graphc::sgd({.learning_rate = 0.1})},
      {"sigmoid, RMSprop 0.003", true, graphc::optimizer("rmsprop", {{"learning_rate", 0.003}})},
  };
  examples::print_class_of_numbers(graphc::compile(network(variants[0], 1)));
  graphc::DatasetSplit data = graphc::split_dataset(graphc::load_dataset("digits"), 0.15, 37);
  std::vector<Measured> deepest;
  graphc::Panel depth_panel = measure_depths(variants, data, deepest);
  print_norms(deepest);

  std::vector<FanRow> fixed = measure_fan({"normal", {{"deviation", 0.02}}}), lecun = measure_fan({"lecun_normal"});
  std::printf("\nGradient of a unit that is connected with so many others\n");
  std::printf("%6s %14s %14s %14s %20s\n", "fan", "dC/dw, fan in", "one element", "dC/da, fan out", "dC/dw, LeCun weights");
  for (size_t i = 0; i < fixed.size(); ++i)
    std::printf("%6d %14.5g %14.5g %14.5g %20.5g\n", fixed[i].fan, fixed[i].weights, fixed[i].element, fixed[i].activation,
                lecun[i].weights);

  graphc::Chart chart{
      "Sigmoid and ReLU",
      "Hidden layers of 64 units on the digits, SGD 0.1, minibatches of 32, seed 1; 10 hidden layers where nothing else is said"};
  chart.panels = {start_panel(variants, deepest),        loss_panel(variants, deepest),         depth_panel,
                  course_panel(variants[0], deepest[0]), course_panel(variants[1], deepest[1]), fan_panel(fixed)};
  chart.columns = 3;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
