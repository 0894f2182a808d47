// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The experiments of "Adam: A Method for Stochastic Optimization" (Kingma & Ba 2015): logistic regression (6.1), two layers with
// dropout (6.2), and the correction of bias on a variational autoencoder (6.4), beside it the course's constant factors.
//   example_optimizers [PICTURE.svg] [--data SPEC] [--short]     without SPEC: the digits; --short: a few epochs of them
#include <cstdio>

#include "examples/optimizers/bias_correction.h"
#include "examples/optimizers/contest.h"

namespace {

using graphc::optimizer;

std::vector<Contender> for_logistic_regression() {
  const graphc::Schedule falling("inverse_sqrt");
  return {{"Adam, rate / sqrt(t)", optimizer("adam"), {0.03, 0.1, 0.3, 1, 3}, falling},
          {"Adam", optimizer("adam"), {0.0003, 0.001, 0.003, 0.01, 0.03}},
          {"SGD, Nesterov 0.9", optimizer("nesterov"), {0.01, 0.03, 0.1, 0.3, 1}},
          {"the same, rate / sqrt(t)", optimizer("nesterov"), {0.1, 0.3, 1, 3, 10}, falling},
          {"AdaGrad", optimizer("adagrad"), {0.01, 0.03, 0.1, 0.3, 1}}};
}

std::vector<Contender> for_two_layers() {
  return {{"AdaGrad", optimizer("adagrad"), {0.003, 0.01, 0.03, 0.1}},
          {"RMSprop", optimizer("rmsprop"), {0.0003, 0.001, 0.003, 0.01}},
          {"SGD, Nesterov 0.9", optimizer("nesterov"), {0.01, 0.03, 0.1, 0.3}},
          {"AdaDelta", optimizer("adadelta"), {0.3, 1, 3, 10}},
          {"Adam", optimizer("adam"), {0.0003, 0.001, 0.003, 0.01}},
          {"the course's Adam", optimizer("adam_course"), {0.0003, 0.001, 0.003, 0.01}}};
}

void run(const examples::Arguments& arguments) {
  Data data{examples::load_images(arguments.data), {}};
  // Of MNIST's 60,000 training images 10,000 are held out; of the digits, those of the course.
  data.parts = graphc::split_dataset(data.images.rows, arguments.data.empty() ? 0.15 : 1.0 / 6, 37);
  examples::print_class_of_numbers(graphc::compile(logistic_regression(data.images, optimizer("adam"))));
  bool is_short = arguments.is_short;
  graphc::Chart chart{"Optimizers",
                      "The experiments of Kingma & Ba 2015; minibatches of 128, each optimizer at its best rate of a grid"};
  chart.panels = {compete("Logistic regression", logistic_regression, for_logistic_regression(), data,
                          is_short ? Length{3, 3, 1} : Length{20, 45, 3}),
                  compete("Two layers of ReLUs, dropout 0.5", two_layers, for_two_layers(), data,
                          is_short ? Length{1, 2, 1} : Length{5, 20, 3})};
  for (graphc::Panel& panel : correct_bias(data, is_short)) chart.panels.push_back(std::move(panel));
  chart.columns = 3;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
