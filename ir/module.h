// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Module is one table of parameters and state, and several graphs over it, the entries: init, step, grad, apply, eval,
// predict. A Model is what the user wrote: the forward graph, what it reports, and what to minimise how.
#pragma once

#include <map>

#include "ir/graph.h"

namespace graphc {

enum class Role : uint8_t { parameter, optimizer, running, fitted };
const char* name(Role role);

struct Initializer {
  std::string name = "zeros";  // a composite of kind initializer
  std::map<std::string, double> numbers = {};
};

struct Variable {
  std::string name;
  Type type;
  Role role = Role::parameter;
  Initializer initializer = {};
  std::string of = {};     // fitted: "INPUT:mean" or "INPUT:scale"
  bool trainable = true;   // of a parameter: false where it is frozen
  Place place = {};
};

struct HyperParameter {
  std::string name;
  DType dtype = DType::f32;
  double value = 0;  // the default
};

struct InputSpec {
  std::string name;
  Type type;
  int64_t classes = 0;  // class labels lie in [0, classes); 0: not labels
  bool is_target = false;
  Place place = {};
};

struct Module {
  std::string name;
  std::vector<Variable> variables;
  std::vector<HyperParameter> hypers;
  std::vector<InputSpec> inputs;
  std::vector<Graph> entries;

  const Graph* entry(const std::string& name) const;
  const Variable* variable(const std::string& name) const;
  const InputSpec* input(const std::string& name) const;
  const HyperParameter* hyper(const std::string& name) const;
};

struct OptimizerCall {
  std::string name;                       // a composite of kind optimizer
  std::map<std::string, double> numbers;  // as given; the others take their defaults
  Place place = {};
};

struct Minimize {
  ValueId loss;
  OptimizerCall optimizer;
  std::string step = "step";       // the entry's name
  std::vector<std::string> over;   // names or prefixes of the parameters it trains; empty: all
};

struct Model {
  Module tables;     // without entries
  Graph forward;     // over inputs and variables; its outputs are predict's
  std::vector<Output> metrics;
  std::vector<Minimize> losses;
};

}  // namespace graphc
