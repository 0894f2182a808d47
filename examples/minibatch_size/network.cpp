// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/minibatch_size/network.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>

#include "runtime/train/entry.h"
#include "runtime/train/feeder.h"
#include "runtime/train/observer.h"
#include "runtime/train/trainer.h"

Rows load_rows(const std::string& spec) {
  examples::Images images = examples::load_images(spec);
  graphc::DatasetSplit outer = graphc::split_dataset(images.rows, 1.0 / 6, 37), inner = graphc::split_dataset(outer.train, 0.2, 37);
  return {std::move(inner.train), std::move(inner.test), std::move(outer.test), images.pixels, images.white};
}

Rows with_fewer_rows(const Rows& rows, uint32_t count) {
  Rows result = rows;
  result.train = graphc::first_rows(rows.train, count);
  return result;
}

graphc::Program compile_network(const Rows& rows, int64_t units, uint32_t minibatch) {
  graphc::Builder b("one_hidden_layer");
  auto x = b.input("x", {graphc::batch, rows.pixels});
  auto y = b.target("y", graphc::classes(10));
  auto hidden =
      relu(b.layer("dense", "hidden", {{x * (1 / rows.largest)}, {{"units", double(units)}}, {{"weight", {"he_uniform"}}}}));
  auto logits = b.dense("logits", hidden, 10);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), graphc::sgd({.learning_rate = 0.1}));
  return graphc::compile(b, {.max_rows = minibatch});
}

double Run::validation_loss() const {
  if (result.stop != graphc::Stop::finished || !result.history.back().validation) return INFINITY;
  double loss = result.history.back().validation->loss;
  return std::isfinite(loss) ? loss : INFINITY;
}

namespace {

graphc::TrainSettings settings_of(const graphc::Instance& net, const Rows& rows, double learning_rate, uint64_t epochs,
                                  uint64_t seed) {
  graphc::TrainSettings settings;
  settings.epochs = epochs;
  settings.batch = net.module().max_rows;
  settings.seed = seed;
  settings.test = &rows.test;
  settings.hyper = {{"learning_rate", learning_rate}};
  return settings;
}

struct UntilBelow : graphc::Observer {
  double loss;
  explicit UntilBelow(double loss) : loss(loss) {}
  void end_epoch(const graphc::EpochRecord& epoch, uint64_t, const std::vector<std::string>&) override {
    if (epoch.train.loss < loss) stop();
  }
};

}  // namespace

Run train(const graphc::Program& program, const Rows& rows, double learning_rate, uint64_t epochs, uint64_t seed) {
  graphc::Instance net = program.instance(seed);
  graphc::TrainSettings settings = settings_of(net, rows, learning_rate, epochs, seed);
  settings.validation = &rows.validation;
  return {learning_rate, graphc::train(net, rows.train, settings)};
}

graphc::TrainResult train_until(const graphc::Program& program, const Rows& rows, double learning_rate, double loss,
                                uint64_t seed) {
  graphc::Instance net = program.instance(seed);
  graphc::TrainSettings settings = settings_of(net, rows, learning_rate, 5000, seed);
  UntilBelow below(loss);
  settings.observers = {&below};
  return graphc::train(net, rows.train, settings);
}

std::vector<Run> try_rates(const graphc::Program& program, const Rows& rows, double first, uint64_t epochs) {
  auto rate = [&](int place) {  // 0: first
    static const double factors[] = {1, 2, 5};
    int start = int(std::lround(3 * std::log10(first))) + place;
    int factor = ((start % 3) + 3) % 3;
    return factors[factor] * std::pow(10, (start - factor) / 3);
  };
  std::vector<Run> runs{train(program, rows, rate(0), epochs, 1)};
  for (int direction : {1, -1}) {
    double lowest = runs[0].validation_loss();
    for (int place = direction;; place += direction) {
      runs.push_back(train(program, rows, rate(place), epochs, 1));
      if (!(runs.back().validation_loss() < lowest)) break;
      lowest = runs.back().validation_loss();
    }
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.learning_rate < b.learning_rate; });
  return runs;
}

const Run& best(const std::vector<Run>& runs) {
  return *std::min_element(runs.begin(), runs.end(),
                           [](const Run& a, const Run& b) { return a.validation_loss() < b.validation_loss(); });
}

namespace {

struct Timed {
  graphc::Program program;
  graphc::Instance net;
  graphc::Instance::Entry& entry;
  graphc::Feeder feeder;
  uint32_t minibatch;

  Timed(const Rows& rows, int64_t units, uint32_t minibatch)
      : program(compile_network(rows, units, minibatch)),
        net(program.instance(1)),
        entry(net.entry("step")),
        feeder(rows.train, entry.info(), minibatch),
        minibatch(minibatch) {}
  // Of at least 2048 rows. The processor's time, which others that run beside this program do not lengthen.
  double measure() {
    const void* const* inputs = feeder.range(0, minibatch);
    uint32_t steps = (2047 + minibatch) / minibatch;
    net.score(entry, inputs, minibatch);
    std::clock_t start = std::clock();
    for (uint32_t i = 0; i < steps; ++i) net.score(entry, inputs, minibatch);
    return double(std::clock() - start) * 1e6 / CLOCKS_PER_SEC / (double(steps) * minibatch);
  }
};

}  // namespace

std::map<uint32_t, double> microseconds_per_row(const Rows& rows, int64_t units, const std::vector<uint32_t>& minibatches,
                                                int rounds) {
  std::vector<std::unique_ptr<Timed>> timed;
  for (uint32_t minibatch : minibatches) timed.push_back(std::make_unique<Timed>(rows, units, minibatch));
  std::map<uint32_t, double> least;
  for (int round = 0; round < rounds; ++round)
    for (auto& one : timed) {
      double time = one->measure();
      double& known = least.emplace(one->minibatch, time).first->second;
      known = std::min(known, time);
    }
  return least;
}
