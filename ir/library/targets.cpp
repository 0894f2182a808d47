// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/library/targets.h"

namespace graphc {

std::vector<int64_t> leading_axes(int rank) {
  std::vector<int64_t> axes;
  for (int a = 0; a < rank; a++) axes.push_back(a);
  return axes;
}

bool is_class_target(CompositeContext& c) {
  Tensor x = c.tensors[0], y = c.tensors[1];
  if (x.dtype() != DType::f32 || x.rank() < 1) c.fail("wants f32[.., classes], got " + to_string(x.type()));
  if (y.dtype() == DType::i32 && y.shape() == x.shape().without(x.rank() - 1)) return true;
  if (y.dtype() == DType::f32 && y.shape() == x.shape()) return false;
  c.fail("the target " + to_string(y.type()) + " does not fit " + to_string(x.type()),
         {"give class labels i32" + to_string(x.shape().without(x.rank() - 1)) + " or one-hot rows f32" + to_string(x.shape())});
}

Tensor pick(Tensor x, Tensor y) {
  Tensor index = x.builder->iota({DType::i32, x.shape()}, x.rank() - 1);
  Tensor hit = equal(index, broadcast(y, x.shape(), leading_axes(y.rank())));
  return reduce_sum(select(hit, x, zeros_like(x)), -1);
}

}  // namespace graphc
