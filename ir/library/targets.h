// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What losses and metrics share: targets as class labels or one-hot rows, beside scores of each class along the last axis.
#pragma once

#include "ir/composite.h"

namespace graphc {

// 0, 1, ..: the axes of a value of this rank inside one of a higher rank that begins with them.
std::vector<int64_t> leading_axes(int rank);
// Is tensor 1 a class index per row of tensor 0 (i32, one axis less) rather than one-hot rows (f32, same shape)? Fails where it is neither.
bool is_class_target(CompositeContext& c);
// x[.., y[..]] without an index: the sum of one element and zeros.
Tensor pick(Tensor x, Tensor y);

}  // namespace graphc
