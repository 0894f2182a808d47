// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A composite is one record (DESIGN 4): name, doc, typed arguments with defaults, and `build`, which writes it with ops.
// The text language, the C++ builder, `graphc help` and the tests all read this record. Lines in library/library_list.def.
#pragma once

#include <limits>

#include "ir/module.h"
#include "ir/tensor.h"

namespace graphc {

class Builder;

enum class CompositeKind : uint8_t { function, layer, loss, penalty, metric, optimizer, initializer };
const char* name(CompositeKind kind);

struct ArgumentDef {
  const char* name;
  enum Kind : uint8_t { tensor, number, integer, flag, initializer } kind;
  const char* doc;
  std::optional<double> value = {};       // the default of a number, integer or flag; without one it must be given
  const char* initializer_name = nullptr;  // the default of an initializer
  bool optional = false;                   // a tensor that may be absent
  double low = -std::numeric_limits<float>::max(), high = std::numeric_limits<float>::max();  // of numbers
  bool below_high = false;                 // high itself is outside

  ArgumentDef range(double from, double to = std::numeric_limits<float>::max()) const {
    ArgumentDef a = *this;
    return a.low = from, a.high = to, a;
  }
  ArgumentDef share() const {  // [0, 1)
    ArgumentDef a = range(0, 1);
    return a.below_high = true, a;
  }
};

struct CompositeDef;

// What a call of a composite was given, by the record's names.
struct Arguments {
  std::vector<Tensor> tensors;  // in the record's order; an optional one that is absent is Tensor(), at the end it may be left out
  std::map<std::string, double> numbers = {};
  std::map<std::string, Initializer> initializers = {};
};

struct CompositeContext {
  GraphBuilder& b;
  const CompositeDef& def;
  std::vector<Tensor> tensors;            // one for each of the record; an absent one has no builder
  std::map<std::string, double> numbers;  // complete: defaults are filled in
  std::map<std::string, Initializer> initializers;
  Builder* module = nullptr;  // layers: where their variables go
  std::string layer;          // layers: the name that prefixes them

  double number(const std::string& name) const { return numbers.at(name); }
  int64_t integer(const std::string& name) const { return int64_t(numbers.at(name)); }
  bool flag(const std::string& name) const { return numbers.at(name) != 0; }
  bool given(size_t tensor) const { return tensors[tensor].builder != nullptr; }
  // Layers: LAYER.suffix. An initializer sees the shape as (in, out).
  Tensor parameter(const std::string& suffix, const Shape& shape, const Initializer& initializer);
  Tensor fitted(const std::string& suffix, const Shape& shape, const std::string& of, double initial);
  Tensor running(const std::string& suffix, const Shape& shape, double initial);  // state that eval and predict read
  [[noreturn]] void fail(const std::string& message, std::vector<std::string> notes = {}) const;
};

struct CompositeVjp {
  const Body& body;
  std::vector<Tensor> operands;  // the record's tensors first
  std::vector<Tensor> results;
  std::vector<std::optional<Tensor>> cotangents;  // of the results
  double number(const std::string& name) const;
};

// One parameter's update. `state` and `shared` add variables of role optimizer to the module.
struct OptimizerContext {
  GraphBuilder& b;
  Module& module;
  const CompositeDef& def;
  std::map<std::string, double> numbers;
  std::string parameter_name;
  Tensor parameter, gradient;
  std::string prefix = {};            // of the names of run-time numbers and shared state: empty, or the step's where there are several
  std::string shared_name = {};       // OPTIMIZER, and its group where the group's numbers are its own
  double base_learning_rate = 0;      // of the optimizer; a group's own rate is a multiple of it
  bool decays = true;                 // weight_decay: weights only, unless a group says otherwise

  double number(const std::string& name) const { return numbers.at(name); }
  double weight_decay() const { return decays ? number("weight_decay") : 0; }
  Tensor decayed_gradient() const;  // gradient + weight_decay parameter
  // The run-time number `learning_rate`, times what this parameter's group makes of it.
  Tensor learning_rate();
  Tensor state(const std::string& suffix, double initial = 0);  // like the parameter: PARAMETER.suffix
  // One scalar for all parameters of this optimizer, OPTIMIZER.suffix, which becomes next(value) each step; the new value.
  Tensor shared(const std::string& suffix, double initial, const std::function<Tensor(Tensor)>& next);
  void update(Tensor state, Tensor value);
};

struct InitializerContext {
  GraphBuilder& b;
  Type type;
  std::map<std::string, double> numbers;
  Tensor seed_lo, seed_hi;
  int64_t stream;  // hash of the variable's name

  double number(const std::string& name) const { return numbers.at(name); }
  Tensor uniform();  // f32 in [0, 1), 24 bits
  Tensor normal();   // f32, mean 0, standard deviation 1
  double fan_in() const;   // of a dense weight (in, out): in
  double fan_out() const;
};

struct CompositeDef {
  const char* name;
  const char* doc;  // one sentence with the formula and its source
  CompositeKind kind;
  std::vector<ArgumentDef> arguments;
  // Exactly one of the three.
  Tensor (*build)(CompositeContext&) = nullptr;
  Tensor (*build_optimizer)(OptimizerContext&) = nullptr;  // the parameter's new value
  Tensor (*build_initializer)(InitializerContext&) = nullptr;
  Cotangents (*vjp)(const CompositeVjp&) = nullptr;  // where numerically better than the body's
  // Looks at the operands before the call is made: refuses them with a remedy, or returns a better composite's result.
  std::optional<Tensor> (*prepare)(GraphBuilder& b, const Arguments& arguments) = nullptr;
  std::vector<Case> cases = {};  // of functions, losses and metrics
};

std::span<const CompositeDef* const> all_composites();
const CompositeDef* find_composite(const std::string& name);

// Checks and completes the numbers of a call: unknown names ("did you mean"), missing ones, whole numbers and flags.
std::map<std::string, double> complete_numbers(GraphBuilder& b, const CompositeDef& def, const std::map<std::string, double>& given);

// Applies a function, layer, loss or metric. `layer` and `module` matter to layers only.
Tensor apply(GraphBuilder& b, const CompositeDef& def, const Arguments& arguments, Builder* module = nullptr, const std::string& layer = "");

// A variable of role optimizer, made where the module has none of that name; its value before the step.
Tensor optimizer_variable(GraphBuilder& b, Module& module, const std::string& name, const Type& type, double initial);

// A stream number from a name, for random keys: the low 31 bits of xxHash64.
int64_t stream_of(const std::string& name);

#define GRAPHC_COMPOSITE(name)
#define GRAPHC_FUNCTION1(name) Tensor name(Tensor x, std::map<std::string, double> numbers = {});
#define GRAPHC_FUNCTION(name) Tensor name(const std::vector<Tensor>& tensors, std::map<std::string, double> numbers = {});
#define GRAPHC_FUNCTION2(name) Tensor name(Tensor a, Tensor b, std::map<std::string, double> numbers = {});
#include "ir/library/library_list.def"

}  // namespace graphc
