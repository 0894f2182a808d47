// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the JIT compiles apart from the rest: each kernel, and each entry's function, which calls kernels. So one kernel
// serves all entries, parts can be compiled at the same time, and what one process compiled another can use.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/plan.h"

namespace llvm {
class TargetMachine;
}

namespace graphc {

struct Part {
  std::string key;                 // of all that decides its code: equal keys, equal objects
  std::optional<uint32_t> kernel;  // none: the entry
  double cost;                     // grows with the time that it takes to compile
  std::string symbol() const { return "graphc_" + key; }
};

// The parts of one entry; its function is the last one.
class EntryParts {
 public:
  EntryParts(const PlanModule& plan, const Plan& entry, bool hook_every_kernel);

  const std::vector<Part>& all() const { return parts_; }
  // From several threads at once, each with a machine of its own.
  std::string compile(const Part& part, llvm::TargetMachine& machine) const;
  static bool defines(const std::string& object, const std::string& symbol);
  static uint64_t text_bytes(const std::string& object);

 private:
  const PlanModule& plan_;
  const Plan& entry_;
  bool hook_every_kernel_;
  std::map<uint32_t, std::string> kernel_symbols_;
  std::vector<Part> parts_;
};

}  // namespace graphc
