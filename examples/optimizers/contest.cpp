// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/optimizers/contest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

std::vector<double> train(graphc::Instance& net, const Data& data, double rate, uint64_t epochs, uint64_t seed,
                          const graphc::Schedule& schedule, double* accuracy) {
  net.init(seed);
  graphc::TrainSettings settings;
  settings.epochs = epochs;
  settings.batch = minibatch;
  settings.seed = seed;
  settings.schedule = schedule;
  settings.hyper = {{"learning_rate", rate}};
  if (accuracy) settings.test = &data.parts.test;
  graphc::TrainResult result = graphc::train(net, data.parts.train, settings);
  std::vector<double> losses;
  for (const graphc::EpochRecord& epoch : result.history) losses.push_back(epoch.train.loss);
  if (result.stop == graphc::Stop::not_finite && !losses.empty()) losses.pop_back();
  losses.resize(epochs, INFINITY);
  if (accuracy) *accuracy = result.test ? result.test->metrics[0] : 0;
  return losses;
}

static double best_rate(graphc::Instance& net, const Contender& contender, const Data& data, uint64_t epochs) {
  std::vector<double> losses;
  std::printf("  %-28s", contender.name.c_str());
  for (double rate : contender.rates) {
    losses.push_back(train(net, data, rate, epochs, 1, contender.schedule).back());
    std::printf("  %g: %.9g", rate, losses.back());
    std::fflush(stdout);
  }
  std::printf("\n");
  return contender.rates[size_t(std::min_element(losses.begin(), losses.end()) - losses.begin())];
}

graphc::Panel compete(const std::string& title, Network network, const std::vector<Contender>& contenders, const Data& data,
                      const Length& length) {
  graphc::Panel panel;
  panel.title = title, panel.x.title = "epoch", panel.x.log = true, panel.y.title = "training loss", panel.y.log = true;
  std::vector<graphc::Instance> nets;
  std::vector<double> rates;
  std::printf("%s\nLearning rate: training loss of epoch %d\n", title.c_str(), int(length.grid_epochs));
  for (const Contender& contender : contenders) {
    nets.push_back(graphc::compile(network(data.images, contender.optimizer), {.max_rows = minibatch}).instance());
    rates.push_back(best_rate(nets.back(), contender, data, length.grid_epochs));
  }
  std::printf("At the best rate, epoch %d: training loss and test accuracy, seed by seed\n", int(length.epochs));
  for (size_t c = 0; c < contenders.size(); ++c) {
    graphc::Series series{contenders[c].name, {}};
    for (uint64_t epoch = 1; epoch <= length.epochs; ++epoch) series.points.push_back({double(epoch), 0});
    std::printf("  %-28s %-6g", contenders[c].name.c_str(), rates[c]);
    for (int seed = 1; seed <= length.seeds; ++seed) {
      double accuracy = 0;
      std::vector<double> losses =
          train(nets[c], data, rates[c], length.epochs, uint64_t(seed), contenders[c].schedule, &accuracy);
      for (size_t e = 0; e < losses.size(); ++e) series.points[e].y += losses[e] / length.seeds;
      std::printf("  %.9g %.4f", losses.back(), accuracy);
      std::fflush(stdout);
    }
    std::printf("\n");
    panel.series.push_back(series);
  }
  std::printf("\n");
  return panel;
}
