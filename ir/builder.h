// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The C++ front end: describes a model. The text language builds through the same class, so both give the same module.
#pragma once

#include <unordered_set>

#include "ir/composite.h"

namespace graphc {

// What a target holds: class labels below `count`, i32 of this shape.
struct Classes {
  int64_t count;
  Shape shape = {batch};
};
inline Classes classes(int64_t count, const Shape& shape = {batch}) { return {count, shape}; }

struct SgdOptions {
  double learning_rate = 0.01, momentum = 0, weight_decay = 0;
};
struct AdamOptions {
  double learning_rate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
};
OptimizerCall sgd(const SgdOptions& options);
OptimizerCall adam(const AdamOptions& options);
// Any optimizer of the library, by name: optimizer("rmsprop", {{"learning_rate", 0.01}}).
OptimizerCall optimizer(const std::string& name, const std::map<std::string, double>& numbers = {});

class Builder : public GraphBuilder {
 public:
  explicit Builder(std::string name);

  using Location = SourceLocation;
  Tensor input(const std::string& name, const Shape& shape, DType dtype = DType::f32, Location at = Location::current());
  Tensor target(const std::string& name, Classes classes, Location at = Location::current());
  Tensor target(const std::string& name, const Shape& shape, Location at = Location::current());  // f32
  Tensor parameter(const std::string& name, const Shape& shape, const Initializer& initializer, Location at = Location::current());
  // Any variable; a second one of the same name is an error.
  Tensor variable(Variable variable);

  Tensor dense(const std::string& name, Tensor x, int64_t units, Location at = Location::current());
  Tensor standardize(const std::string& name, Tensor x, Location at = Location::current());
  Tensor dropout(const std::string& name, Tensor x, double rate, Location at = Location::current());
  Tensor batch_norm(const std::string& name, Tensor x, Location at = Location::current());
  // Any composite of the library, by name.
  Tensor layer(const std::string& composite, const std::string& name, const Arguments& arguments, Location at = Location::current());

  void label(Tensor value, const std::string& name) { graph().set_label(value.id, name); }
  void output(const std::string& name, Tensor value, Location at = Location::current());
  void metric(const std::string& name, Tensor value, Location at = Location::current());  // a scalar
  void minimize(Tensor loss, const OptimizerCall& optimizer, std::vector<std::string> over = {}, const std::string& step = "step",
                Location at = Location::current());
  void freeze(const std::string& pattern, Location at = Location::current());  // a name or a prefix; * matches anything

  // For layers. A value that steps compute and another one, made before it, that stands for it in eval and predict.
  Tensor in_training(Tensor training, Tensor inference);
  // The variable's new value in every training step that needs `because`.
  void update(Tensor variable, Tensor value, Tensor because);
  // 32 random bits an element, other ones in each training step and for each name.
  Tensor training_bits(const std::string& name, const Shape& shape);

  const InputSpec* find_input(Tensor value) const;  // where the value is an input itself
  const Model& model() const { return model_; }
  // Checks that the description is complete; the result is what `compile` takes.
  Model finish() const;

 private:
  void claim(const std::string& name);
  Model model_;
  std::unordered_set<std::string> names_;  // of variables and inputs
};

// `pattern` names `name`: equal, a prefix up to a dot, or with * for any run of characters.
bool matches(const std::string& pattern, const std::string& name);

}  // namespace graphc
