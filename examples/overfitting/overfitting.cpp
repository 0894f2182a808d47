// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Under-fitting, over-fitting, and what the course has against it: L1, L2, dropout, early stopping. One hidden layer of ReLUs on
// few images.
//   example_overfitting [PICTURE.svg] [--data SPEC] [--short]     without SPEC: the digits; --short: fewer of everything
#include <cstdio>

#include "examples/overfitting/capacity.h"
#include "examples/overfitting/regularisation.h"

namespace {

void run(const examples::Arguments& arguments) {
  bool is_short = arguments.is_short, digits = arguments.data.empty();
  Data data = load_data(arguments.data, digits ? 200 : 1000, digits ? 500 : 2000);
  examples::print_class_of_numbers(graphc::compile(network({}, data.images)));
  Length length = is_short ? Length{30, 1} : Length{100, 3};
  std::printf(
      "%d training, %d validation, %d test images; %d epochs, %d seeds\n"
      "train, validation, test: cross-entropy at the end; near 0: share of the hidden weights within 0.001; weight: their root "
      "mean square\n\n",
      int(data.train.rows), int(data.validation.rows), int(data.test.rows), int(length.epochs), length.seeds);
  graphc::Chart chart{"Over-fitting", "One hidden layer of ReLUs, 256 where nothing else is said, on " +
                                          std::to_string(data.train.rows) +
                                          " images; SGD 0.05, momentum 0.9, minibatches of 50; means over " +
                                          std::to_string(length.seeds) + " seeds"};
  for (auto measure : {measure_capacity, compare_penalties, compare_dropout})
    for (graphc::Panel& panel : measure(data, length, is_short)) chart.panels.push_back(std::move(panel));
  stop_early(data, length);
  chart.columns = 3;
  examples::save(chart, arguments);
}

}  // namespace

int main(int count, char** arguments) { return examples::run(count, arguments, run); }
