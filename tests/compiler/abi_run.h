// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One network behind the plain C ABI: every region, input and output lies between guard pages, inputs and outputs are as
// large as the rows of the call and not larger, and the workspace begins full of NaN.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/graphc_abi.h"
#include "tests/compiler/guarded_memory.h"
#include "tests/support/random_arrays.h"

namespace graphc_test {

using Side = GuardedMemory::Side;

struct AbiRun {
  const graphc_module& module;
  Side side;
  GuardedMemory params, state, workspace;

  // Begins with init(seed 1).
  explicit AbiRun(const graphc_module& module, Side side = GuardedMemory::end, int poison = 0xFF);

  const graphc_entry_info& entry(const std::string& name) const;
  bool has(const std::string& name) const;

  // An entry's arrays at some rows: f32 inputs in [low, high), labels below their limit, i32 without a limit below 4.
  struct Arrays {
    std::vector<GuardedMemory> memory;
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    float* x(size_t input) const { return const_cast<float*>(static_cast<const float*>(inputs[input])); }
    int32_t* labels(size_t input) const { return const_cast<int32_t*>(static_cast<const int32_t*>(inputs[input])); }
    float loss() const { return *static_cast<const float*>(outputs[0]); }
  };
  Arrays arrays(const std::string& entry, uint32_t rows, Random& random, double low = -1, double high = 1) const;

  graphc_status call(const std::string& entry, Arrays& arrays, uint32_t rows, const void* hyper = nullptr, const graphc_hooks* hooks = nullptr);

  // params and state, to compare.
  std::string bytes();
};

std::string bytes_of(std::span<std::byte> memory);
// All outputs of these arrays, one after the other.
std::string output_bytes(AbiRun::Arrays& arrays, size_t inputs);

// Every entry that there is, twice, the second time with fewer rows where the module takes them: one line a call, its status and
// the hash of its outputs and of parameters and state behind it.
std::string trace(const graphc_module& module, Side side, int poison, bool fixed_rows = false);

}  // namespace graphc_test
