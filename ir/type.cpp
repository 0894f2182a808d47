// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/type.h"

#include <algorithm>

#include "ir/error.h"

namespace graphc {

const char* name(DType dtype) {
  switch (dtype) {
    case DType::f32: return "f32";
    case DType::i32: return "i32";
    case DType::u8: return "u8";
  }
  return "?";
}

int64_t bytes(DType dtype) { return dtype == DType::u8 ? 1 : 4; }

std::string to_string(Dim dim) {
  if (!dim.is_batch) return std::to_string(dim.size);
  return dim.size == 1 ? "batch" : std::to_string(dim.size) + "*batch";
}

void Shape::push_back(Dim dim) {
  if (rank_ == max_rank) throw InternalError("shape: rank above 8");
  dims_[rank_++] = dim;
}

Shape Shape::without(int axis) const {
  Shape result;
  for (int a = 0; a < rank_; a++)
    if (a != axis) result.push_back(dims_[a]);
  return result;
}

bool Shape::has_batch() const { return std::any_of(begin(), end(), [](Dim d) { return d.is_batch; }); }

Dim Shape::count() const {
  Dim total = 1;
  for (Dim d : *this) {
    // Saturates: a user's shape may overflow, and is refused by its count.
    if (__builtin_mul_overflow(total.size, d.size, &total.size)) total.size = INT64_MAX;
    total.is_batch |= d.is_batch;
  }
  return total;
}

int64_t Shape::count_at(int64_t rows) const { return count().at(rows); }

std::vector<int64_t> Shape::at(int64_t rows) const {
  std::vector<int64_t> sizes;
  for (Dim d : *this) sizes.push_back(d.at(rows));
  return sizes;
}

bool Shape::operator==(const Shape& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int a = 0; a < shape.rank(); a++) text += (a ? ", " : "") + to_string(shape[a]);
  return text + "]";
}

std::string to_string(const Type& type) { return name(type.dtype) + to_string(type.shape); }

}  // namespace graphc
