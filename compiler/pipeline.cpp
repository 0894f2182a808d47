// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/pipeline.h"

#include <chrono>
#include <string_view>

#include "compiler/passes/attach_optimizer.h"
#include "compiler/passes/inline_calls.h"
#include "compiler/passes/select_entries.h"
#include "compiler/passes/simplify.h"
#include "compiler/plan/plan.h"
#include "ir/verify.h"

namespace graphc {

namespace {

// Before them: attach_optimizer, which differentiates and makes the entries. After them: plan.
constexpr Pass table[] = {
    {"inline_calls", "composites and expanding ops become ops with a lowering of their own", inline_calls},
    {"simplify", "constants, algebra, common subexpressions, dead code", simplify},
};

struct Order {
  std::string_view first, second, why;
};
constexpr Order pass_order[] = {
    {"inline_calls", "simplify", "a call's body shares subexpressions with what is around it only once it is inlined"},
};

constexpr bool in_order() {
  for (const Order& o : pass_order) {
    size_t first = std::size(table), second = std::size(table);
    for (size_t i = 0; i < std::size(table); i++) {
      if (o.first == table[i].name) first = i;
      if (o.second == table[i].name) second = i;
    }
    if (first >= second || second == std::size(table)) return false;
  }
  return true;
}
static_assert(in_order(), "a row of pass_order is broken or names no pass");

class Runner {
 public:
  explicit Runner(const PipelineOptions& options) : options_(options) {}

  template <class Work> void operator()(const std::string& name, Module& module, Work work) {
    auto start = std::chrono::steady_clock::now();
    work();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    try {
      verify(module);
    } catch (const InternalError& error) {
      throw InternalError("after " + name + ": " + error.what());
    }
    if (options_.observe) options_.observe(name, seconds, module);
  }

 private:
  const PipelineOptions& options_;
};

}  // namespace

std::span<const Pass> passes() { return table; }

Module build_module(const Model& model, const PipelineOptions& options) {
  Runner run(options);
  Module module;
  run("attach_optimizer", module, [&] { module = attach_optimizer(model); });
  if (!options.entries.empty()) run("select_entries", module, [&] { select_entries(module, options.entries); });
  if (!options.given.empty()) run("give_variables", module, [&] { give_variables(module, options.given); });
  for (const Pass& pass : table)
    run(pass.name, module, [&] {
      for (Graph& graph : module.entries.edit()) graph = pass.run(graph);
    });
  return module;
}

PlanModule build_plan(const Model& model, const Target& target, const PipelineOptions& options) {
  if (options.max_rows == 0 || options.max_rows > (1u << 30))
    throw CompileError(Diagnostic{{}, "compile: max_rows must lie in 1..2^30, got " + std::to_string(options.max_rows), {}});
  PlanModule result = plan(build_module(model, options), target, options.max_rows, {.fused = options.fused, .memory_budget = options.memory_budget, .adjust = options.adjust, .fixed_rows = options.fixed_rows});
  verify(result);
  return result;
}

}  // namespace graphc
