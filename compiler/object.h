// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ahead of time: a model with its training as one object file and one C header, without a runtime, for x86, ARM,
// RISC-V and WebAssembly.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/builder.h"
#include "ir/plan.h"

namespace graphc {

struct ObjectOptions {
  std::string prefix = {};                 // of files and of every name in them; empty: the model's name
  std::string target = {}, cpu = {}, features = {};  // as LLVM names them; an empty target is this machine's, with an empty CPU: its own
  uint32_t max_rows = 32;
  bool fixed_rows = false;                 // every call has max_rows rows: faster, the same bits
  std::vector<std::string> entries = {};   // such as {"init", "step"}; empty: all. What only other entries need is left out
  uint64_t memory_budget = 0;              // as in CompileOptions
  std::string weights = {};                // a file that Instance::save wrote: what `init` begins with, as read-only data in the object
  Relocation relocation = Relocation::of_target;
};

// What was compiled, and what is known of it. All texts are functions of the model and the options: the same input, the same bytes.
class Object {
 public:
  const PlanModule& plan() const;
  const std::string& prefix() const;
  const std::string& bytes() const;                             // the object file
  uint64_t text_bytes() const;                                  // of machine code
  const std::map<std::string, uint64_t>& stack_bytes() const;   // by entry: the deepest that its calls go
  std::string header() const;                                   // PREFIX.h, C99 to C++20, complete in itself
  std::string wrapper() const;                                  // PREFIX.hpp, C++20: owns its memory, checks sizes
  std::string memory_map() const;                               // JSON
  std::string memory_table() const;                             // for people; also in the header
  std::string example() const;                                  // a main.c to begin with
  std::string llvm() const, assembly() const;

 private:
  friend Object compile_object(const Model&, const ObjectOptions&);
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

// Throws CompileError; Error where the weights cannot be read or are of another model.
Object compile_object(const Model& model, const ObjectOptions& options = {});
Object compile_object(const Builder& builder, const ObjectOptions& options = {});

}  // namespace graphc
