// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a plan to machine code: in this process, or as an object, assembly or LLVM text for any target.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ir/plan.h"
#include "runtime/abi/graphc_abi.h"

namespace graphc {

// What LLVM knows about a machine; empty strings: this machine, or the triple's default CPU (DESIGN 7).
// CompileError where LLVM has no such target, CPU or feature, or where code could not run without a library: the CPU must have
// single-precision floating point, and be little-endian.
Target describe_target(const std::string& triple = "", const std::string& cpu = "", const std::string& features = "");

// Of a data cache of this machine's first core; `otherwise` where the system does not tell.
uint64_t cache_bytes(int level, uint64_t otherwise);

enum class Emit : uint8_t { llvm, assembly, object };

struct EmitOptions {
  std::string prefix;  // of every symbol
  Relocation relocation = Relocation::of_target;
  // What `init` copies before it fills the variables that it knows: a whole region each, with its head. They are
  // PREFIX_initial_params and PREFIX_initial_state. Empty: zeros and the head.
  std::span<const std::byte> params = {}, state = {};
};

inline std::string entry_symbol(const std::string& prefix, const std::string& entry) { return prefix + "_entry_" + entry; }

struct Emitted {
  std::string bytes;
  // Of objects.
  std::map<std::string, uint64_t> stack_bytes;   // by entry: the deepest its calls can go, without the hook's own frames
  uint64_t text_bytes = 0, constant_bytes = 0;
};

// The whole module for its plan's target. Entries are PREFIX_entry_NAME of type graphc_entry, and PREFIX_check_cpu() is
// GRAPHC_WRONG_CPU on a machine that lacks an instruction set; everything else is local. CompileError where an object would
// have an undefined symbol, InternalError where it would have a recursion.
Emitted emit(const PlanModule& plan, const EmitOptions& options, Emit what);

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
