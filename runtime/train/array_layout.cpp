// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/array_layout.h"

#include <cstring>

#include "runtime/train/error.h"
#include "runtime/train/tensor_info.h"

namespace graphc {

void convert_stored(const ArrayLayout& layout, const std::byte* from, uint64_t count, std::byte* to, uint64_t first,
                    const std::string& name) {
  if (auto bad = layout.convert(from, count, to))
    throw Error(name + ": error: element " + std::to_string(first + *bad) + " does not fit into " +
                std::string(dtype_name(layout.dtype)));
}

StoredTensor read_elements(ArrayLayout layout, std::span<const std::byte> bytes, const std::string& name) {
  std::span<const std::byte> data = bytes.subspan(layout.begin);
  StoredTensor tensor{{}, layout.dtype, std::move(layout.shape), {}};
  if (!layout.convert) {
    tensor.data.assign(data.begin(), data.end());
    return tensor;
  }
  uint64_t count = data.size() / layout.element_bytes;
  tensor.data.resize(count * element_bytes(layout.dtype));
  convert_stored(layout, data.data(), count, tensor.data.data(), 0, name);
  return tensor;
}

}  // namespace graphc
