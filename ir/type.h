// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Element types, shapes and tensor types. A dimension is a constant c or c * batch; `batch` is the one symbolic
// dimension: the number of rows of a call, known at run time only and at most the module's maximum.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace graphc {

enum class DType : uint8_t { f32, i32, u8 };

const char* name(DType dtype);
int64_t bytes(DType dtype);

struct Dim {
  int64_t size = 1;
  bool is_batch = false;  // size * batch

  constexpr Dim() = default;
  constexpr Dim(int64_t size) : size(size) {}  // NOLINT: a number is a dimension
  constexpr Dim(int64_t size, bool is_batch) : size(size), is_batch(is_batch) {}
  constexpr int64_t at(int64_t rows) const { return is_batch ? size * rows : size; }
  constexpr bool operator==(const Dim&) const = default;
  constexpr bool is(int64_t constant) const { return !is_batch && size == constant; }
};
inline constexpr Dim batch{1, true};

std::string to_string(Dim dim);

inline constexpr int max_rank = 8;

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<Dim> dims) { for (Dim d : dims) push_back(d); }

  int rank() const { return rank_; }
  Dim operator[](int axis) const { return dims_[axis]; }
  Dim& operator[](int axis) { return dims_[axis]; }
  Dim back() const { return dims_[rank_ - 1]; }
  const Dim* begin() const { return dims_.data(); }
  const Dim* end() const { return dims_.data() + rank_; }
  void push_back(Dim dim);  // InternalError above max_rank; callers check first
  Shape without(int axis) const;
  bool has_batch() const;
  // Product of all dimensions, as c or c * batch.
  Dim count() const;
  int64_t count_at(int64_t rows) const;
  std::vector<int64_t> at(int64_t rows) const;
  bool operator==(const Shape& other) const;

 private:
  std::array<Dim, max_rank> dims_{};
  int rank_ = 0;
};

struct Type {
  DType dtype = DType::f32;
  Shape shape;
  bool operator==(const Type&) const = default;
};

// "f32[batch, 64]", "i32[]"
std::string to_string(const Shape& shape);
std::string to_string(const Type& type);

}  // namespace graphc
