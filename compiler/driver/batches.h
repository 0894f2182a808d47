// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Minibatches that bench cycles through: from a file, or random.
#pragma once

#include <vector>

#include "ir/module.h"
#include "runtime/abi/graphc_abi.h"
#include "runtime/train/safetensors.h"

namespace graphc::driver {

// The rows of x0 in a file with x0, y0, x1, y1, ...: the names of the inputs with a number behind.
uint64_t rows_of_batches(const Safetensors& file, const Module& tables, const std::string& path);

class Batches {
 public:
  Batches() = default;
  // Error where the file's tensors are not those of the entry's inputs.
  Batches(Safetensors file, const graphc_entry_info& entry, uint64_t rows, const std::string& path);
  Batches(const graphc_entry_info& entry, uint64_t rows, uint64_t seed);  // eight random ones
  const void* const* get(uint64_t number) const { return pointers_[number % pointers_.size()].data(); }

 private:
  std::vector<StoredTensor> tensors_;
  std::vector<std::vector<const void*>> pointers_;
};

}  // namespace graphc::driver
