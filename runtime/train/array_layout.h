// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// ArrayLayout: what the header of an array file (.npy, IDX) says, so that the elements can be read at once or row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/train/numbers.h"
#include "runtime/train/stored_tensor.h"

namespace graphc {

struct ArrayLayout {
  uint8_t dtype = GRAPHC_F32;  // of the elements once they are converted
  std::vector<int64_t> shape;
  uint64_t begin = 0, element_bytes = 0;  // in the file
  ConvertElements convert = nullptr;      // null: they are as they should be
};

// `count` elements from a file's bytes. `first` is the number of the first of them, for the error where one does not fit.
void convert_stored(const ArrayLayout& layout, const std::byte* from, uint64_t count, std::byte* to, uint64_t first,
                    const std::string& name);

// All of them; `bytes` is the whole file.
StoredTensor read_elements(ArrayLayout layout, std::span<const std::byte> bytes, const std::string& name);

}  // namespace graphc
