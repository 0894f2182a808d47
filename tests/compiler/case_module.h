// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiles hand-made graphs: each becomes an entry of one module, run on its own memory.
#pragma once

#include <memory>

#include "compiler/codegen/codegen.h"
#include "compiler/plan/schedule.h"
#include "ir/evaluate.h"

namespace graphc_test {

class CaseModule {
 public:
  explicit CaseModule(uint32_t max_rows) : max_rows_(max_rows) { module_.name = "cases"; }

  // The graph's inputs must have equal types wherever their names are equal; give `number` names of its own.
  void add(graphc::Graph graph, const std::vector<std::pair<std::string, graphc::Type>>& inputs);
  void compile(const graphc::Target& target, bool fused, const graphc::AdjustSchedule& adjust = {});
  // Parameters are part of the bindings; what updates them comes behind the outputs.
  void add_parameter(const std::string& name, const graphc::Type& type);

  // Outputs of an entry for these inputs, from machine code, with all memory between guard pages. `poison` fills the
  // workspace before.
  std::vector<graphc::Array> run(const std::string& entry, const graphc::Bindings& bindings, const graphc_hooks* hooks = nullptr, int poison = 0xFF);
  // The same from the evaluator, on the same simplified graph.
  std::vector<graphc::Array> oracle(const std::string& entry, const graphc::Bindings& bindings) const;
  const graphc::PlanModule& plan() const { return plan_; }

 private:
  uint32_t max_rows_, calls_ = 0;
  graphc::Module module_;
  graphc::PlanModule plan_;
  std::unique_ptr<graphc::Jit> jit_;
};

// Empty where all elements have the same bits (two NaNs count as equal); else where the first difference is.
std::string difference(const graphc::Array& a, const graphc::Array& b);

}  // namespace graphc_test
