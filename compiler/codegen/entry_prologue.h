// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an entry's function does before its stages. Internal to codegen.
#pragma once

#include "compiler/codegen/entry_emitter.h"

namespace llvm {
class BasicBlock;
class IRBuilderBase;
class Type;
class Value;
}  // namespace llvm

namespace graphc {

// table[i]: a caller's input or output.
llvm::Value* pointer_of(llvm::IRBuilderBase& b, llvm::Value* table, llvm::Value* i);

// Refuses arguments that are wrong, before anything is written; takes the caller's numbers; `init` begins its regions. `f` is a
// graphc_entry, in whose first block `b` stands.
class EntryPrologue {
 public:
  EntryPrologue(llvm::IRBuilderBase& b, llvm::Function& f, const PlanModule& m, const Plan& p, const EntryOptions& options);
  void run(llvm::Value* hypers);  // an array of i32, for the numbers
  llvm::Value* rows() const { return rows_; }
  void check_loss();              // later: leaves the function where it is not finite

 private:
  llvm::BasicBlock* new_block(const char* name);
  void refuse_if(llvm::Value* condition, int32_t status);
  llvm::Value* word_at(llvm::Value* base, uint64_t offset);
  void check();
  llvm::Value* has_null(llvm::Value* pointers, size_t count);
  void check_labels(size_t input);
  void copy_hypers();
  void store_hyper(size_t h, llvm::Value* bits);
  void begin_region(llvm::Value* base, uint64_t bytes, llvm::Value* initial);
  void begin_regions();

  llvm::IRBuilderBase& b_;
  llvm::Function& f_;
  const PlanModule& m_;
  const Plan& p_;
  const EntryOptions& options_;
  bool is_init_;
  llvm::Type *integer_, *i32_;
  llvm::Value *rows_, *hypers_ = nullptr;
};

}  // namespace graphc
