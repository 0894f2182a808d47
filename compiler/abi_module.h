// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables of the C ABI for a planned module, and entries that are C functions with something behind them.
#pragma once

#include <functional>
#include <memory>

#include "ir/plan.h"
#include "runtime/abi/graphc_abi.h"

namespace graphc {

using EntryCall = std::function<graphc_status(void* params, void* state, void* workspace, const void* const* inputs, void* const* outputs,
                                              uint32_t rows, const void* hyper, const graphc_hooks* hooks)>;

// A graphc_entry that calls `first` until `direct` is set: what the JIT and the evaluator put behind the ABI, which has no
// closure of its own. There are 1,024 in a process; Error when they are used up.
class EntrySlot {
 public:
  explicit EntrySlot(EntryCall first);
  ~EntrySlot();
  EntrySlot(const EntrySlot&) = delete;
  EntrySlot& operator=(const EntrySlot&) = delete;
  graphc_entry function() const;
  void set_direct(graphc_entry entry);  // thread-safe

 private:
  size_t index_;
};

class AbiModule {
 public:
  // run(plan): the entry's function.
  AbiModule(const PlanModule& plan, const std::function<graphc_entry(const Plan&)>& run);
  const graphc_module& get() const { return module_; }

 private:
  struct Tables;
  std::shared_ptr<Tables> tables_;
  graphc_module module_;
};

}  // namespace graphc
