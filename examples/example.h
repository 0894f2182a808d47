// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the example programs share: the command line, gradients by name, and the end of a program that failed.
#pragma once

#include <graphc.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/train/chart.h"
#include "runtime/train/dataset.h"

namespace examples {

struct Arguments {
  std::string picture;    // PICTURE.svg: where the chart goes; none without
  std::string data;       // --data SPEC
  bool is_short = false;  // --short: the form that the tests run
};

// Parses `[PICTURE.svg] [--data SPEC] [--short]`, calls `run`, gives the exit code.
int run(int count, char** arguments, const std::function<void(const Arguments&)>& run);

void save(const graphc::Chart& chart, const Arguments& arguments);

// Pixels and classes. Empty: the digits.
struct Images {
  graphc::Dataset rows;
  int64_t pixels = 0;
  double white = 0;  // the value of a pixel that is fully on
};
Images load_images(const std::string& spec);

// "Numbers of targets with FMA": a test compares printed numbers only inside one class of targets.
void print_class_of_numbers(const graphc::Program& program);

using Values = std::map<std::string, std::vector<float>>;
// d loss / d parameter by the parameter's name, the loss being the mean over these rows; nothing is updated.
Values gradients(graphc::Instance& net, const graphc::Dataset& data, std::span<const uint32_t> rows);
Values gradients(graphc::Instance& net, const graphc::Dataset& data);  // all rows, at most the module's max_rows

double norm(std::span<const float> values);  // the Euclidean length

}  // namespace examples
