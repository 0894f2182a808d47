// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled module in this process. Immutable and shareable; each thread trains an Instance of its own.
#pragma once

#include <functional>
#include <memory>

#include "ir/builder.h"
#include "ir/plan.h"
#include "runtime/train/instance.h"

namespace graphc {

struct CompileOptions {
  uint32_t max_rows = 32;  // the largest minibatch; any smaller number of rows works too
  enum Backend : uint8_t { jit, evaluator } backend = jit;
  bool fused = true;       // false: one kernel a node; the same bits, slower
  bool hook_every_kernel = false;  // JIT: each kernel, also one of a single task, goes through hooks->parallel_for in the plan's order
  bool cache = true;       // JIT: keeps machine code in $XDG_CACHE_HOME/graphc, else ~/.cache/graphc; GRAPHC_CACHE=off keeps none
  uint64_t memory_budget = 0;  // bytes of workspace; where they are too few, the backward computes parts of the forward again. 0: none
  Target target = {};      // empty: this machine
  // JIT: first searches for faster schedules of the model's matrix products on this machine, some seconds long; what it finds is
  // kept beside the machine code. The same bits.
  bool tune = false;
};

struct ContractionShape;
struct ContractionSchedule;

class Program {
 public:
  Instance instance(uint64_t seed = 1) const;   // owns params, state, workspace
  const graphc_module& module() const;           // the C ABI; entries are compiled when they are first called
  const PlanModule& plan() const;
  double compile_seconds() const;                // so far
  uint64_t text_bytes() const;

 private:
  // tune.h
  friend Program compile(const Model& model, const CompileOptions& options, const std::function<void(const ContractionShape&, ContractionSchedule&)>& adjust);
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Throws CompileError.
Program compile(const Model& model, const CompileOptions& options = {});
Program compile(const Builder& builder, const CompileOptions& options = {});

}  // namespace graphc
