// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/ops/common.h"

#include <algorithm>

namespace graphc {

Type same_types(const InferContext& c, std::initializer_list<DType> allowed) {
  const Type& first = c.operands.at(0);
  if (std::find(allowed.begin(), allowed.end(), first.dtype) == allowed.end()) {
    std::string names;
    for (DType d : allowed) names += (names.empty() ? "" : " or ") + std::string(name(d));
    c.fail("wants " + names + ", got " + to_string(first), {"cast it first"});
  }
  for (const Type& t : c.operands)
    if (t != first)
      c.fail("operands differ: " + to_string(first) + " and " + to_string(t),
             {t.dtype == first.dtype ? "shapes must be equal" : "cast one of them"});
  return first;
}

Type float_only(const InferContext& c) { return same_types(c, {DType::f32}); }
Type number_only(const InferContext& c) { return same_types(c, {DType::f32, DType::i32}); }
Type comparison(const InferContext& c) { return {DType::u8, same_types(c, {DType::f32, DType::i32, DType::u8}).shape}; }

int checked_axis(const InferContext& c, int64_t axis, int rank) {
  if (axis < 0 || axis >= rank) c.fail("axis " + std::to_string(axis) + " is outside of " + to_string(c.operands.at(0)));
  return int(axis);
}

static std::vector<Shape> common_shapes() { return {{}, {1}, {7}, {batch, 10}, {batch, 16}, {3, 35}, {2, 3, 5}, {0, 4}, {2, 1, 2, 3}, {1, 2, 3, 1, 2}}; }

std::vector<Case> unary_cases(double low, double high, std::vector<double> kinks) {
  std::vector<Case> cases;
  for (const Shape& s : common_shapes()) cases.push_back({.operands = {{DType::f32, s}}, .low = low, .high = high, .kinks = kinks});
  return cases;
}

std::vector<Case> binary_cases(double low, double high) {
  std::vector<Case> cases;
  for (const Shape& s : common_shapes())
    cases.push_back({.operands = {{DType::f32, s}, {DType::f32, s}}, .low = low, .high = high});
  return cases;
}

int64_t flat_index(std::span<const int64_t> dims, std::span<const int64_t> index) {
  int64_t flat = 0;
  for (size_t a = 0; a < dims.size(); a++) flat = flat * dims[a] + index[a];
  return flat;
}

bool next_index(std::span<const int64_t> dims, std::vector<int64_t>& index) {
  for (size_t a = dims.size(); a-- > 0;) {
    if (++index[a] < dims[a]) return true;
    index[a] = 0;
  }
  return false;
}

}  // namespace graphc
