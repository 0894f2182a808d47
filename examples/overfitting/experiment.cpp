// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/overfitting/experiment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runtime/train/evaluate.h"
#include "runtime/train/observer.h"
#include "runtime/train/random.h"

namespace {

constexpr uint32_t minibatch = 50;

struct Losses : graphc::Observer {
  graphc::Instance& net;
  const Data& data;
  Run& run;

  Losses(graphc::Instance& net, const Data& data, Run& run) : net(net), data(data), run(run) {}
  void end_epoch(const graphc::EpochRecord& record, uint64_t, const std::vector<std::string>&) override {
    run.train.push_back(graphc::evaluate(net, data.train).loss);
    run.validation.push_back(record.validation->loss);
  }
};

}  // namespace

graphc::Model network(const Setting& setting, const examples::Images& images) {
  graphc::Builder b("one_layer");
  auto x = b.input("x", {graphc::batch, images.pixels}) * (1 / images.white);
  auto y = b.target("y", graphc::classes(10));
  auto hidden = relu(b.layer("dense", "hidden", {{x}, {{"units", double(setting.width)}}, {{"weight", {"he_uniform"}}}}));
  auto logits = b.dense("logits", b.dropout("dropout", hidden, setting.dropout), 10);
  b.metric("accuracy", accuracy(logits, y));
  graphc::OptimizerCall optimizer = graphc::sgd({.learning_rate = 0.05, .momentum = 0.9});
  if (!setting.penalty.empty()) optimizer.penalty(setting.penalty, setting.factor);
  b.minimize(cross_entropy(logits, y), optimizer);
  return b.finish();
}

Data load_data(const std::string& spec, uint32_t train_rows, uint32_t validation_rows) {
  Data data{examples::load_images(spec), {}, {}, {}};
  const graphc::Dataset& all = data.images.rows;
  graphc::Twister twister(37);
  std::vector<uint32_t> order = graphc::permutation(twister, uint32_t(all.rows));
  size_t known = train_rows + validation_rows, end = std::min<size_t>(order.size(), known + 5000);
  std::span<const uint32_t> rows(order);
  data.train = take_rows(all, rows.subspan(0, train_rows));
  data.validation = take_rows(all, rows.subspan(train_rows, validation_rows));
  data.test = take_rows(all, rows.subspan(known, end - known));
  return data;
}

Data with_fewer_rows(const Data& data, uint32_t train_rows) {
  Data fewer = data;
  fewer.train = graphc::first_rows(data.train, train_rows);
  return fewer;
}

Runs train(const Setting& setting, const Data& data, const Length& length) {
  graphc::Program program = graphc::compile(network(setting, data.images), {.max_rows = minibatch});
  Runs runs(size_t(length.seeds));
  for (size_t i = 0; i < runs.size(); ++i) {
    graphc::Instance net = program.instance(i + 1);
    Losses losses(net, data, runs[i]);
    graphc::TrainSettings settings;
    settings.epochs = length.epochs;
    settings.batch = minibatch;
    settings.seed = i + 1;
    settings.validation = &data.validation;
    settings.test = &data.test;
    settings.observers = {&losses};
    if (setting.patience) settings.early_stopping.emplace(graphc::EarlyStopping({{"patience", double(setting.patience)}}));
    graphc::TrainResult result = graphc::train(net, data.train, settings);
    runs[i].test_loss = result.test->loss;
    runs[i].test_accuracy = result.test->metrics[0];
    runs[i].weights = net.get("hidden.weight");
  }
  return runs;
}

double mean(const Runs& runs, const std::function<double(const Run&)>& of) {
  double sum = 0;
  for (const Run& run : runs) sum += of(run);
  return sum / double(runs.size());
}

void add_curves(graphc::Panel& panel, const std::string& name, const Runs& runs) {
  std::string color = graphc::palette_color(panel.series.size() / 2);
  auto add = [&](const char* what, std::vector<double> Run::*values, graphc::Mark mark) {
    graphc::Series series{name + what, {}, mark, color};
    for (size_t epoch = 0; epoch < (runs[0].*values).size(); ++epoch)
      series.points.push_back({double(epoch + 1), mean(runs, [&](const Run& run) { return (run.*values)[epoch]; })});
    panel.series.push_back(series);
  };
  add(", training", &Run::train, graphc::Mark::dashed);
  add(", validation", &Run::validation, graphc::Mark::line);
}

void print_head(const std::string& what) {
  std::printf("%-24s %14s %14s %14s %6s %14s %9s %7s %7s\n", what.c_str(), "train", "validation", "best of it", "epoch", "test",
              "accuracy", "near 0", "weight");
}

void print(const std::string& name, const Runs& runs) {
  std::printf("%-24s %14.9g %14.9g %14.9g %6.1f %14.9g %9.4f %7.4f %7.4f\n", name.c_str(),
              mean(runs, [](const Run& r) { return r.train.back(); }),
              mean(runs, [](const Run& r) { return r.validation.back(); }), mean(runs, best_validation),
              mean(runs, [](const Run& r) { return double(best_epoch(r)); }),
              mean(runs, [](const Run& r) { return r.test_loss; }), mean(runs, [](const Run& r) { return r.test_accuracy; }),
              mean(runs, share_near_zero), mean(runs, deviation));
  std::fflush(stdout);
}

double best_validation(const Run& run) { return *std::min_element(run.validation.begin(), run.validation.end()); }

size_t best_epoch(const Run& run) {
  return size_t(std::min_element(run.validation.begin(), run.validation.end()) - run.validation.begin()) + 1;
}

double epochs_until(const Run& run, double loss) {
  auto at = std::find_if(run.train.begin(), run.train.end(), [&](double value) { return value <= loss; });
  return at == run.train.end() ? NAN : double(at - run.train.begin()) + 1;
}

double share_near_zero(const Run& run) {
  auto count = std::count_if(run.weights.begin(), run.weights.end(), [](float w) { return std::fabs(w) < 1e-3f; });
  return double(count) / double(run.weights.size());
}

double deviation(const Run& run) { return examples::norm(run.weights) / std::sqrt(double(run.weights.size())); }
