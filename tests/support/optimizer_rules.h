// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every optimizer of the library as a plain loop in f64 writes it: one element's step, from its paper or framework.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace graphc_test {

struct OptimizerRule {
  std::string name;
  std::map<std::string, double> numbers;  // as the optimizer is called; all of them that the rule depends on
  // t counts from 1; `state` begins as zeros.
  std::function<void(double g, double& w, int t, double* state)> step;
};

// With this learning rate, and this weight decay where the optimizer has one.
std::vector<OptimizerRule> optimizer_rules(double rate, double weight_decay = 1e-3);

}  // namespace graphc_test
