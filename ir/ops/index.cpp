// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops whose places come from data. Computed indices never leave the table: gather clamps, scatter_add drops.
#include <algorithm>

#include "ir/ops/common.h"

namespace graphc {

extern const OpDef op_gather{
    .name = "gather", .doc = "table[indices[i..], ...]; an index outside [0, n) is clamped into it",
    .op_class = OpClass::index, .arity = 2, .cost = 6,
    .infer = [](const InferContext& c) {
      const Type &table = c.operands[0], &indices = c.operands[1];
      if (indices.dtype != DType::i32) c.fail("indices must be i32, got " + to_string(indices), {"cast them"});
      if (table.shape.rank() < 1 || table.shape[0].is_batch || table.shape[0].is(0))
        c.fail("the table needs a constant, not empty first axis, got " + to_string(table));
      if (indices.shape.rank() + table.shape.rank() - 1 > max_rank) c.fail("the result has more than 8 axes");
      Type result{table.dtype, indices.shape};
      for (int a = 1; a < table.shape.rank(); a++) result.shape.push_back(table.shape[a]);
      return result;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor table = c.operands[0], indices = c.operands[1];
      int64_t n = table.shape()[0].size;
      return {scatter_add(min(max(indices, 0.0), double(n - 1)), c.cotangent, n), std::nullopt};
    },
    .evaluate = [](EvaluateContext& c) {
      const Array &table = *c.operands[0], &indices = *c.operands[1];
      size_t row = table.data.size() / size_t(table.dims[0]);
      for (size_t i = 0; i < indices.data.size(); i++) {
        auto from = size_t(std::clamp(indices.data[i], 0.0, double(table.dims[0] - 1)));
        std::copy_n(table.data.begin() + from * row, row, c.result.data.begin() + i * row);
      }
    },
    .cases = {{.operands = {{DType::f32, {5, 3}}, {DType::i32, {batch}}}},
              {.operands = {{DType::f32, {4, 17}}, {DType::i32, {2, 3}}}, .int_high = 6},
              {.operands = {{DType::f32, {7}}, {DType::i32, {}}}},
              {.operands = {{DType::f32, {5, 2, 3}}, {DType::i32, {0}}}},
              {.operands = {{DType::f32, {1, 1}}, {DType::i32, {1}}}},
              {.operands = {{DType::f32, {3, 2, 1}}, {DType::i32, {2, 1, 3}}}}}};

extern const OpDef op_scatter_add{
    .name = "scatter_add", .doc = "zeros [n, ...] with updates[i..] added at indices[i..] in index order; an index outside [0, n) is dropped",
    .op_class = OpClass::index, .arity = 2, .attributes = {{"n", AttributeDef::integer}},
    .infer = [](const InferContext& c) {
      const Type &indices = c.operands[0], &updates = c.operands[1];
      if (indices.dtype != DType::i32) c.fail("indices must be i32, got " + to_string(indices), {"cast them"});
      if (updates.dtype != DType::f32) c.fail("updates must be f32, got " + to_string(updates));
      int lead = indices.shape.rank();
      bool fits = updates.shape.rank() >= lead;
      for (int a = 0; fits && a < lead; a++) fits = updates.shape[a] == indices.shape[a];
      if (!fits) c.fail("updates " + to_string(updates) + " must begin with the shape of the indices " + to_string(indices));
      if (c.attribute<int64_t>(0) < 1) c.fail("n must be at least 1");
      if (updates.shape.rank() - lead + 1 > max_rank) c.fail("the result has more than 8 axes");
      Type result{DType::f32, {c.attribute<int64_t>(0)}};
      for (int a = lead; a < updates.shape.rank(); a++) result.shape.push_back(updates.shape[a]);
      return result;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      Tensor indices = c.operands[0], updates = c.operands[1];
      double n = double(c.attribute<int64_t>(0));
      Tensor not_below = greater_equal(indices, 0.0), not_above = less(indices, n);
      Tensor inside = logical_and(not_below, not_above);
      Shape shape = updates.shape();
      std::vector<int64_t> axes;
      for (int a = 0; a < indices.rank(); a++) axes.push_back(a);
      Tensor d = gather(c.cotangent, indices);
      return {std::nullopt, select(broadcast(inside, shape, axes), d, zeros_like(d))};
    },
    .sum_order = [](const Node&) { return SumOrder::index; },
    .evaluate = [](EvaluateContext& c) {
      const Array &indices = *c.operands[0], &updates = *c.operands[1];
      if (updates.data.empty()) return;
      size_t row = updates.data.size() / indices.data.size();
      for (size_t i = 0; i < indices.data.size(); i++) {
        if (indices.data[i] < 0 || indices.data[i] >= double(c.result.dims[0])) continue;
        for (size_t j = 0; j < row; j++) {
          double& sum = c.result.data[size_t(indices.data[i]) * row + j];
          sum += updates.data[i * row + j];
          if (c.f32) sum = float(sum);
        }
      }
    },
    .cases = {{.operands = {{DType::i32, {batch}}, {DType::f32, {batch, 3}}}, .attributes = {int64_t(5)}},
              {.operands = {{DType::i32, {2, 3}}, {DType::f32, {2, 3, 17}}}, .attributes = {int64_t(2)}},
              {.operands = {{DType::i32, {7}}, {DType::f32, {7}}}, .attributes = {int64_t(4)}},
              {.operands = {{DType::i32, {}}, {DType::f32, {3}}}, .attributes = {int64_t(4)}},
              {.operands = {{DType::i32, {0}}, {DType::f32, {0, 2}}}, .attributes = {int64_t(3)}},
              {.operands = {{DType::i32, {1}}, {DType::f32, {1, 2, 1, 3}}}, .attributes = {int64_t(1)}, .int_high = 1}}};

}  // namespace graphc
