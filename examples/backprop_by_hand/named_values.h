// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A network compiled such that every named value of its gradient's graph can be seen.
#pragma once

#include <graphc.h>

#include "examples/backprop_by_hand/network.h"

namespace graphc {

using Values = std::map<std::string, std::vector<float>>;

class NamedValues {
 public:
  // Builds C = mean over the rows of the sum over j of (a_L[j] - y[j])^2, and compiles its entry `grad`.
  NamedValues(const Network& network, const std::string& name);

  // Forward values "z1", "a1", ..., partial derivatives "dC/da3", ..., and "loss". Throws where the JIT and the evaluator
  // differ in a bit, or a partial derivative is not what the entry `grad` reports as grad.w3.
  Values run(const std::vector<Example>& examples) const;

  // Named values that at least two named partial derivatives read, with those.
  const std::vector<std::pair<std::string, std::vector<std::string>>>& shared() const { return shared_; }
  bool has_fma() const { return jit_.plan().target.fma; }

 private:
  void name_values(const Graph& grad);
  void find_shared(const Graph& grad);
  Values run(const Program& program, const std::string& entry, const std::vector<Example>& examples) const;

  const Network network_;
  std::map<ValueId, std::string> names_;  // in the graph of `grad`
  std::vector<std::pair<std::string, std::vector<std::string>>> shared_;
  Program trained_, jit_, evaluator_;  // the model; every named value as an output, compiled and evaluated
};

}  // namespace graphc
