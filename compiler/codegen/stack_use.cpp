// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/stack_use.h"

#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/MachineOptimizationRemarkEmitter.h>
#include <llvm/IR/DiagnosticHandler.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include <algorithm>
#include <set>

#include "ir/error.h"

namespace graphc {

namespace {

constexpr const char* pass = "prologepilog";  // which lays out a function's frame, and remarks on its size

struct FrameRemarks : llvm::DiagnosticHandler {
  explicit FrameRemarks(std::shared_ptr<FrameSizes> sizes) : sizes(std::move(sizes)) {}

  bool isAnalysisRemarkEnabled(llvm::StringRef name) const override { return name == pass; }
  bool isMissedOptRemarkEnabled(llvm::StringRef) const override { return false; }
  bool isPassedOptRemarkEnabled(llvm::StringRef) const override { return false; }
  bool isAnyRemarkEnabled() const override { return true; }

  bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
    if (info.getKind() != llvm::DK_MachineOptimizationRemarkAnalysis) return false;
    const auto& remark = static_cast<const llvm::MachineOptimizationRemarkAnalysis&>(info);
    if (remark.getPassName() != pass || remark.getRemarkName() != "StackSize") return false;
    for (const auto& argument : remark.getArgs())
      if (argument.Key == "NumStackBytes") (*sizes)[remark.getFunction().getName().str()] = std::stoull(argument.Val);
    return true;
  }

  std::shared_ptr<FrameSizes> sizes;
};

class Depths {
 public:
  Depths(const FrameSizes& frames, uint64_t slack) : frames_(frames), slack_(slack) {}

  uint64_t of(const llvm::Function& f) {
    if (auto known = known_.find(&f); known != known_.end()) return known->second;
    if (!open_.insert(&f).second) throw InternalError("codegen: " + f.getName().str() + " calls itself");
    uint64_t below = 0;
    for (const llvm::Instruction& i : llvm::instructions(f)) {
      auto call = llvm::dyn_cast<llvm::CallBase>(&i);
      auto callee = call ? call->getCalledFunction() : nullptr;
      if (!callee || callee->isDeclaration()) continue;  // an intrinsic; or a pointer, which whoever passed it counts
      uint64_t passed = 0;
      for (const llvm::Use& argument : call->args())
        if (auto g = llvm::dyn_cast<llvm::Function>(argument.get())) passed = std::max(passed, of(*g));
      below = std::max(below, of(*callee) + passed);
    }
    open_.erase(&f);
    auto frame = frames_.find(f.getName().str());
    if (frame == frames_.end()) throw InternalError("codegen: no frame size of " + f.getName().str());
    constexpr uint64_t return_address = 16;  // with what aligns it
    return known_[&f] = frame->second + return_address + slack_ + below;
  }

 private:
  const FrameSizes& frames_;
  uint64_t slack_;
  std::map<const llvm::Function*, uint64_t> known_;
  std::set<const llvm::Function*> open_;
};

}  // namespace

std::shared_ptr<const FrameSizes> collect_frame_sizes(llvm::LLVMContext& context) {
  auto sizes = std::make_shared<FrameSizes>();
  context.setDiagnosticHandler(std::make_unique<FrameRemarks>(sizes));
  return sizes;
}

uint64_t deepest_stack(const llvm::Function& f, const FrameSizes& frames, uint64_t slack) { return Depths(frames, slack).of(f); }

}  // namespace graphc
