// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/column.h"

#include <cstring>
#include <numeric>

#include "runtime/train/tensor_info.h"

namespace graphc {

uint64_t Column::width() const {
  uint64_t width = 1;
  for (size_t d = 1; d < shape.size(); ++d) width *= static_cast<uint64_t>(shape[d]);
  return width;
}

void Column::read(std::span<const uint32_t> rows, std::byte* to) const {
  if (source && picked) {
    std::vector<uint32_t> theirs(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) theirs[i] = (*picked)[rows[i]];
    return source->read(theirs, to);
  }
  if (source) return source->read(rows, to);
  uint64_t bytes = width() * element_bytes(dtype);
  for (size_t i = 0; bytes && i < rows.size(); ++i) std::memcpy(to + i * bytes, data.data() + rows[i] * bytes, bytes);
}

StoredTensor load(const Column& column) {
  if (!column.source) return column;
  std::vector<uint32_t> all(column.rows());
  std::iota(all.begin(), all.end(), 0u);
  return load(column, all);
}

StoredTensor load(const Column& column, std::span<const uint32_t> rows) {
  StoredTensor dense{column.name, column.dtype, column.shape, {}};
  dense.shape[0] = static_cast<int64_t>(rows.size());
  dense.data.resize(rows.size() * column.width() * element_bytes(column.dtype));
  column.read(rows, dense.data.data());
  return dense;
}

}  // namespace graphc
