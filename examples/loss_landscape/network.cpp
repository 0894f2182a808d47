// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/loss_landscape/network.h"

graphc::Program compile(const Net& net) {
  constexpr int width = 64;
  graphc::Builder b("deep");
  auto layer = [&](const std::string& name, const graphc::Tensor& a) {
    auto z = b.layer("dense", name, {{a}, {{"units", width}, {"bias", 0}}, {{"weight", {"he_uniform"}}}});
    return b.layer("batch_norm", name + "_norm", {{z}, {}});
  };
  auto a = relu(layer("stem", b.standardize("scaled", b.input("x", {graphc::batch, 64}))));
  auto y = b.target("y", graphc::classes(10));
  for (int block = 0; block < net.blocks; ++block) {
    std::string number = std::to_string(block);
    auto z = layer("second" + number, relu(layer("first" + number, a)));
    a = relu(net.residual ? a + z : z);
  }
  auto logits = b.dense("logits", a, 10);
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), graphc::sgd({.learning_rate = 0.01, .weight_decay = net.weight_decay}));
  return graphc::compile(b, {.max_rows = 512});
}

Trained train(const graphc::Program& program, const Training& training, const graphc::DatasetSplit& data) {
  Trained trained{program.instance(training.seed), {}};
  graphc::TrainSettings settings;
  settings.epochs = training.epochs;
  settings.batch = training.batch;
  settings.seed = training.seed;
  settings.test = &data.test;
  settings.hyper = {{"learning_rate", training.learning_rate}};
  trained.result = graphc::train(trained.net, data.train, settings);
  return trained;
}
