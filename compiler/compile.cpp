// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/compile.h"

#include <cstdio>
#include <deque>

#include "compiler/abi_module.h"
#include "compiler/codegen/codegen.h"
#include "compiler/evaluator_entry.h"
#include "compiler/pipeline.h"
#include "compiler/tune.h"

namespace graphc {

// Up to here computing `init` block by block takes less time than compiling it.
static constexpr uint64_t small_params_bytes = 16 << 20;

struct Program::Impl {
  PlanModule plan;
  std::unique_ptr<Jit> jit;
  std::deque<EntrySlot> slots;
  std::unique_ptr<AbiModule> abi;
};

Instance Program::instance(uint64_t seed) const { return Instance(&impl_->abi->get(), impl_, seed); }
const graphc_module& Program::module() const { return impl_->abi->get(); }
const PlanModule& Program::plan() const { return impl_->plan; }
double Program::compile_seconds() const { return impl_->jit ? impl_->jit->compile_seconds() : 0; }
uint64_t Program::text_bytes() const { return impl_->jit ? impl_->jit->text_bytes() : 0; }

// Most networks are initialised by the evaluator before `init` could be compiled, with the same bits; not large ones, nor those
// whose initial values are products of matrices.
static bool is_evaluated(const PlanModule& plan, const Plan& entry) {
  if (entry.entry != "init" || plan.params_bytes > small_params_bytes) return false;
  const Graph& graph = *plan.module.entries.find(entry.entry);
  for (ValueId v = 0; v < graph.size(); v++)
    if (graph[v].def().op_class == OpClass::contraction) return false;
  return true;
}

Program compile(const Model& model, const CompileOptions& options) {
  if (!options.tune || options.backend != CompileOptions::jit) return compile(model, options, AdjustSchedule());
  CompileOptions here = options;
  here.target = describe_target();
  if (options.target.vector_registers && !(options.target == here.target))
    throw CompileError(Diagnostic{{}, "tune: schedules are measured on this machine, and another target was asked for: " + to_string(options.target), {}});
  return compile(model, options, tune(model, here));
}

Program compile(const Model& model, const CompileOptions& options, const AdjustSchedule& adjust) {
  Program program;
  program.impl_ = std::make_shared<Program::Impl>();
  Program::Impl& impl = *program.impl_;
  Target target = options.target.vector_registers ? options.target : describe_target();
  impl.plan = build_plan(model, target, {.max_rows = options.max_rows, .fused = options.fused, .memory_budget = options.memory_budget, .adjust = adjust});
  if (options.backend == CompileOptions::jit) impl.jit = Jit::create(impl.plan, options.hook_every_kernel, options.cache);
  impl.abi = std::make_unique<AbiModule>(impl.plan, [&](const Plan& p) {
    if (!impl.jit || is_evaluated(impl.plan, p)) return impl.slots.emplace_back(evaluator_entry(impl.plan, p)).function();
    size_t number = impl.slots.size();
    Program::Impl* self = &impl;  // the slot dies with it
    return impl.slots
        .emplace_back([self, number, name = p.entry](void* params, void* state, void* workspace, const void* const* inputs, void* const* outputs,
                                                     uint32_t rows, const void* hyper, const graphc_hooks* hooks) -> graphc_status {
          try {
            graphc_entry entry = self->jit->entry(name);
            self->slots[number].set_direct(entry);
            return entry(params, state, workspace, inputs, outputs, rows, hyper, hooks);
          } catch (const std::exception& error) {  // nothing is thrown across the C ABI
            std::fprintf(stderr, "graphc: %s\n", error.what());
            return GRAPHC_COMPILE_FAILED;
          }
        })
        .function();
  });
  return program;
}

Program compile(const Builder& builder, const CompileOptions& options) { return compile(builder.finish(), options); }

}  // namespace graphc
