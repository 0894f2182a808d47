// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Copies a graph node by node into a builder; the base of every pass that rewrites.
#pragma once

#include "ir/tensor.h"

namespace graphc {

class Rebuild {
 public:
  // Copies places, labels and gradient_of along. Values map to no_value until they are copied.
  Rebuild(const Graph& from, GraphBuilder& to) : from_(from), b_(to), map_(from.size()) {}

  Tensor operator[](ValueId v) const { return map_[v]; }
  std::vector<Tensor> operands(const Node& node) const;
  // The node as it is, on the copied operands.
  Tensor copy(ValueId v);
  // `value` stands for v from now on.
  void set(ValueId v, Tensor value);
  // Outputs, updates and loss, once all that they need is copied.
  void finish();

 private:
  const Graph& from_;
  GraphBuilder& b_;
  std::vector<Tensor> map_;
};

// Emits the body of a call on `operands`; the body's results.
std::vector<Tensor> inline_body(GraphBuilder& b, const Body& body, const std::vector<Tensor>& operands);

}  // namespace graphc
