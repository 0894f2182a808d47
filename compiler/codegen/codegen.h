// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a plan to machine code: in this process, or as an object, assembly or LLVM text for any target.
#pragma once

#include <memory>
#include <string>

#include "ir/plan.h"
#include "runtime/abi/graphc_abi.h"

namespace graphc {

// What LLVM knows about a machine; empty strings: this machine, or the triple's default CPU (DESIGN 7).
// CompileError where LLVM has no such target.
Target describe_target(const std::string& triple = "", const std::string& cpu = "", const std::string& features = "");

// Of a data cache of this machine's first core; `otherwise` where the system does not tell.
uint64_t cache_bytes(int level, uint64_t otherwise);

enum class Emit : uint8_t { llvm, assembly, object };
// The whole module for its plan's target. Entries are PREFIX_entry_NAME of type graphc_entry; everything else is local.
std::string emit(const PlanModule& plan, const std::string& prefix, Emit what);

// Machine code in this process. Each entry is compiled when it is first asked for. Lives as long as its functions are used.
class Jit {
 public:
  // hook_every_kernel: every launch, also one of a single task, goes through hooks->parallel_for, in the plan's order.
  // use_cache: what this user's processes compiled before is loaded (object_cache.h).
  static std::unique_ptr<Jit> create(const PlanModule& plan, bool hook_every_kernel = false, bool use_cache = false);
  virtual ~Jit() = default;
  virtual graphc_entry entry(const std::string& name) = 0;  // thread-safe; null where there is no such entry
  virtual double compile_seconds() const = 0;
  virtual uint64_t text_bytes() const = 0;
};

std::string llvm_version();

}  // namespace graphc
