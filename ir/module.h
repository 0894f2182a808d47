// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Module is one table of parameters and state, and several graphs over it, the entries: init, step, grad, apply, eval,
// predict. A Model is what the user wrote: the forward graph, what it reports, and what to minimise how.
#pragma once

#include <map>

#include "ir/graph.h"
#include "ir/named_list.h"

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

// What an entry does. A loss has three: step, grad and apply; step_b, grad_b and apply_b; of any other NAME, NAME, grad_NAME and
// apply_NAME. No loss has a name that another verb's entry could have (Builder::minimize), so the name tells the verb.
enum class EntryVerb : uint8_t { init, step, grad, apply, eval, predict };
EntryVerb entry_verb(const std::string& entry);
std::string entry_name(EntryVerb verb, const std::string& step);  // step, grad or apply of the loss with this step

struct Module {
  std::string name;
  NamedList<Variable> variables;
  NamedList<HyperParameter> hypers;
  NamedList<InputSpec> inputs;
  NamedList<Graph> entries;
};

// Other numbers for some parameters.
struct ParameterGroup {
  std::vector<std::string> patterns;
  std::map<std::string, double> numbers;
  Place place = {};
};

// Added to what is minimised: scale times the composite (l1, l2, l2_norm) of each parameter that a pattern matches; without
// patterns, of the weights: the parameters with at least two axes. The reported loss is without it.
struct Penalty {
  std::string composite;
  double scale = 0;
  std::vector<std::string> patterns = {};
  Place place = {};
};

enum class Clip : uint8_t { none, value, norm, global_norm };

struct OptimizerCall {
  std::string name;                       // a composite of kind optimizer
  std::map<std::string, double> numbers;  // as given; the others take their defaults
  Place place = {};
  std::vector<ParameterGroup> groups = {};  // the last one that matches a parameter counts
  std::vector<Penalty> penalties = {};
  Clip clip = Clip::none;
  double clip_limit = 0;
  int64_t accumulate = 1;  // minibatches whose gradients are averaged, row by row, for one update
  double average = 0;      // decay of the parameters' exponential moving average; 0: none is kept
  bool report = false;     // gradient norms and update ratios as metrics

  // For the C++ front end: adam({...}).group({"*.bias"}, {{"weight_decay", 0}}).clip_gradients(Clip::global_norm, 1)
  OptimizerCall& group(std::vector<std::string> over, std::map<std::string, double> with) { return groups.push_back({std::move(over), std::move(with)}), *this; }
  OptimizerCall& penalty(std::string kind, double by, std::vector<std::string> over = {}) { return penalties.push_back({std::move(kind), by, std::move(over)}), *this; }
  OptimizerCall& clip_gradients(Clip by, double limit) { return clip = by, clip_limit = limit, *this; }
  OptimizerCall& accumulate_over(int64_t minibatches) { return accumulate = minibatches, *this; }
  OptimizerCall& average_with(double decay) { return average = decay, *this; }
  OptimizerCall& report_norms() { return report = true, *this; }
};

struct Minimize {
  ValueId loss;
  OptimizerCall optimizer;
  std::string step = "step";       // the entry's name
  std::vector<std::string> over;   // names or prefixes of the parameters it trains; empty: all
};

// A state variable's new value in a training step, of every loss that needs `because`.
struct TrainingUpdate {
  std::string variable;
  ValueId value, because;
};

struct Model {
  Module tables;     // without entries
  Graph forward;     // as in training; over inputs and variables; its outputs are predict's
  std::vector<Output> metrics;
  std::vector<Minimize> losses;
  std::vector<TrainingUpdate> updates;
  std::map<ValueId, ValueId> inference;  // what stands for a value of `forward` in eval and predict; it has the smaller id
};

}  // namespace graphc
