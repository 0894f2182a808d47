// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shape rules and cases that several op families share.
#pragma once

#include "ir/tensor.h"

namespace graphc {

// All operands have one type out of `allowed`; that type.
Type same_types(const InferContext& c, std::initializer_list<DType> allowed);
Type float_only(const InferContext& c);      // f32
Type number_only(const InferContext& c);     // f32 or i32
Type comparison(const InferContext& c);      // any equal types -> u8
int checked_axis(const InferContext& c, int64_t axis, int rank);

// Rank 0 to 5 with empty, odd, even and unit sizes, sizes above and below a vector, and the symbolic rows.
std::vector<Case> unary_cases(double low = -2, double high = 2, std::vector<double> kinks = {});
std::vector<Case> binary_cases(double low = -2, double high = 2);

// Row-major offsets.
int64_t flat_index(std::span<const int64_t> dims, std::span<const int64_t> index);
// Advances a row-major index; false at the end.
bool next_index(std::span<const int64_t> dims, std::vector<int64_t>& index);

}  // namespace graphc
