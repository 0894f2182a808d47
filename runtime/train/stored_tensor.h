// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// StoredTensor: an array as files carry it: named, typed, dense, row-major, in memory of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/train/array.h"

namespace graphc {

struct StoredTensor {
  std::string name;
  uint8_t dtype = GRAPHC_F32;  // or GRAPHC_I32, GRAPHC_U8
  std::vector<int64_t> shape;
  std::vector<std::byte> data;

  template <Element T>
  std::span<const T> as() const {  // the elements; dtype must be T's
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <Element T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
  }
  ArrayView array() const { return {data.data(), dtype, dtype == GRAPHC_U8 ? data.size() : data.size() / 4}; }
  bool operator==(const StoredTensor&) const = default;
};

}  // namespace graphc
