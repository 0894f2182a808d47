// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/tensor_info.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace graphc {
namespace {

// Calls visit(dense element, strided element) for every element in row-major order.
template <class Visit>
void walk(const graphc_tensor& tensor, Visit visit) {
  int64_t index[GRAPHC_MAX_RANK] = {};
  uint64_t count = elements_at(tensor, 0);
  int64_t place = 0;
  for (uint64_t i = 0; i < count; ++i) {
    visit(i, static_cast<uint64_t>(place));
    for (int d = tensor.rank - 1; d >= 0; --d) {
      place += tensor.stride[d];
      if (++index[d] < tensor.shape[d]) break;
      place -= tensor.stride[d] * tensor.shape[d];
      index[d] = 0;
    }
  }
}

}  // namespace

size_t element_bytes(uint8_t dtype) { return dtype == GRAPHC_U8 ? 1 : 4; }

std::string_view dtype_name(uint8_t dtype) {
  return dtype == GRAPHC_F32 ? "f32" : dtype == GRAPHC_I32 ? "i32" : dtype == GRAPHC_U8 ? "u8" : "?";
}

std::vector<int64_t> shape_at(const graphc_tensor& tensor, uint64_t rows) {
  std::vector<int64_t> shape(tensor.shape, tensor.shape + tensor.rank);
  for (int64_t& dim : shape)
    if (dim < 0) dim = -dim * static_cast<int64_t>(rows);
  return shape;
}

uint64_t elements_at(const graphc_tensor& tensor, uint64_t rows) {
  uint64_t count = 1;
  for (int d = 0; d < tensor.rank; ++d) {
    int64_t dim = tensor.shape[d];
    count *= dim < 0 ? static_cast<uint64_t>(-dim) * rows : static_cast<uint64_t>(dim);
  }
  return count;
}

uint64_t elements_per_row(const graphc_tensor& tensor) {
  for (int d = 0; d < tensor.rank; ++d)
    if (tensor.shape[d] < 0) return elements_at(tensor, 1);
  return 0;
}

bool rows_are_outermost(const graphc_tensor& tensor) {
  for (int d = 0; d < tensor.rank; ++d) {
    if (tensor.shape[d] < 0) return true;
    if (tensor.shape[d] != 1) return false;
  }
  return false;
}

std::string describe(const graphc_tensor& tensor) {
  std::string text(dtype_name(tensor.dtype));
  for (int d = 0; d < tensor.rank; ++d) {
    int64_t dim = tensor.shape[d];
    text += d ? ", " : "[";
    text += dim >= 0 ? std::to_string(dim) : dim == -1 ? "batch" : std::to_string(-dim) + " * batch";
  }
  return tensor.rank ? text + "]" : text;
}

std::string describe(uint8_t dtype, const std::vector<int64_t>& shape) {
  std::string text(dtype_name(dtype));
  for (size_t d = 0; d < shape.size(); ++d) text += (d ? ", " : "[") + std::to_string(shape[d]);
  return shape.empty() ? text : text + "]";
}

const graphc_entry_info* find_entry(const graphc_module& module, std::string_view name) {
  for (uint32_t i = 0; i < module.entries; ++i)
    if (name == module.entry[i].name) return &module.entry[i];
  return nullptr;
}

void to_doubles(const void* data, uint8_t dtype, uint64_t first, std::span<double> to) {
  auto convert = [&](const auto* from) { std::copy_n(from + first, to.size(), to.data()); };
  if (dtype == GRAPHC_F32)
    convert(static_cast<const float*>(data));
  else if (dtype == GRAPHC_I32)
    convert(static_cast<const int32_t*>(data));
  else
    convert(static_cast<const uint8_t*>(data));
}

void copy_from_strided(const graphc_tensor& tensor, const std::byte* strided, std::byte* dense) {
  size_t size = element_bytes(tensor.dtype);
  walk(tensor, [&](uint64_t to, uint64_t from) { std::memcpy(dense + to * size, strided + from * size, size); });
}

void copy_to_strided(const graphc_tensor& tensor, const std::byte* dense, std::byte* strided) {
  size_t size = element_bytes(tensor.dtype);
  walk(tensor, [&](uint64_t from, uint64_t to) { std::memcpy(strided + to * size, dense + from * size, size); });
}

}  // namespace graphc
