// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Column: one input's values for all rows of a data set: dense in memory, or behind a RowSource that makes rows when they are
// wanted (windows of a text, records of a file too large to load).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/train/stored_tensor.h"

namespace graphc {

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual bool reads_file() const = 0;  // worth a thread of its own
  // These rows, one after another, in the column's dtype. Callable from any thread, from one at a time. Error where a file fails.
  virtual void read(std::span<const uint32_t> rows, std::byte* to) const = 0;
};

struct Column : StoredTensor {  // shape[0] is the rows; `data` are empty where there is a source
  Column() = default;
  Column(StoredTensor dense) : StoredTensor(std::move(dense)) {}  // NOLINT: an array in memory is a column

  std::shared_ptr<const RowSource> source;
  std::shared_ptr<const std::vector<uint32_t>> picked;  // the source's row for each row; null: the same

  uint64_t rows() const { return static_cast<uint64_t>(shape[0]); }
  uint64_t width() const;  // elements a row
  void read(std::span<const uint32_t> rows, std::byte* to) const;
};

// In memory: all of it, or these rows.
StoredTensor load(const Column& column);
StoredTensor load(const Column& column, std::span<const uint32_t> rows);

}  // namespace graphc
