// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How deep a function's calls can go, in bytes. Internal to codegen.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace llvm {
class Function;
class LLVMContext;
class Module;
}  // namespace llvm

namespace graphc {

// By function: what its frame takes, as the code generator reports it.
using FrameSizes = std::map<std::string, uint64_t>;

// From now on what is compiled in this context reports its frames here; the result outlives the compilation.
std::shared_ptr<const FrameSizes> collect_frame_sizes(llvm::LLVMContext& context);

// Frames, return addresses, and `slack` bytes a frame where a frame is aligned, along the deepest chain of calls from `f`. A
// function that is passed to a call is called by what it is passed to. InternalError where there is a recursion.
uint64_t deepest_stack(const llvm::Function& f, const FrameSizes& frames, uint64_t slack);

}  // namespace graphc
