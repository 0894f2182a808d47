// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Feeder: brings rows of a data set to an entry: finds the column of each input, checks sizes and labels, gathers rows into
// aligned buffers and converts u8 and i32 columns to f32 inputs, u8 to i32, on the way. Columns in files are read ahead: while
// a step computes, a thread reads the rows that were announced, so that memory holds two minibatches of them.
#pragma once

#include <span>
#include <vector>

#include "runtime/train/aligned_bytes.h"
#include "runtime/train/background_task.h"
#include "runtime/train/dataset.h"

namespace graphc {

class Feeder {
 public:
  // Throws Error where a column is missing, has the wrong size or type, or a label is out of range (for columns in files: when
  // it arrives). `dataset` must outlive this.
  Feeder(const Dataset& dataset, const graphc_entry_info& entry, uint32_t max_rows);

  // Both: pointers that live until the next call; rows.size() <= max_rows.
  const void* const* gather(std::span<const uint32_t> rows);
  const void* const* range(uint64_t first, uint32_t rows);  // consecutive rows; in place where types agree

  bool reads_files() const;
  // The rows of the next gather, where columns lie in files; copied. range announces by itself.
  void announce(std::span<const uint32_t> rows);

 private:
  struct Source {
    const Column* column;
    uint8_t dtype;   // of the input
    int32_t limit;   // of labels, or 0
    uint64_t width;  // elements a row
    AlignedBytes buffer, ahead;  // ahead: columns in files only
    std::vector<std::byte> raw;  // rows of a source as they are, where the input's type is another
  };
  bool is_read_ahead(const Source& source) const { return source.column->source && source.column->source->reads_file(); }
  const void* const* gather(std::span<const uint32_t> rows, bool are_consecutive);
  void copy(Source& source, std::span<const uint32_t> rows);
  void read(Source& source, std::span<const uint32_t> rows, std::byte* to);
  bool take_announced(std::span<const uint32_t> rows);

  const Dataset& dataset_;
  std::vector<Source> sources_;
  std::vector<const void*> pointers_;
  std::vector<uint32_t> announced_, numbers_;
  BackgroundTask task_;  // last, so that it ends before what it writes to
};

}  // namespace graphc
