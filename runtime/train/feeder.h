// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Feeder: brings rows of a data set to an entry: finds the column of each input, checks sizes and labels once, gathers
// rows into aligned buffers and converts u8 and i32 columns to f32 inputs on the way.
#pragma once

#include <span>
#include <vector>

#include "runtime/train/aligned_bytes.h"
#include "runtime/train/dataset.h"

namespace graphc {

class Feeder {
 public:
  // Throws Error where a column is missing, has the wrong size or type, or a label is out of range. `dataset` must outlive this.
  Feeder(const Dataset& dataset, const graphc_entry_info& entry, uint32_t max_rows);

  const void* const* gather(std::span<const uint32_t> rows);  // rows.size() <= max_rows
  const void* const* range(uint64_t first, uint32_t rows);    // consecutive rows; in place where types agree

 private:
  struct Source {
    const StoredTensor* column;
    uint8_t dtype;   // of the input
    uint64_t width;  // elements a row
    AlignedBytes buffer;
  };
  void convert(Source& source, uint64_t row, uint64_t place, uint64_t rows);
  std::vector<Source> sources_;
  std::vector<const void*> pointers_;
};

}  // namespace graphc
