// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ops that move elements and compute nothing.
#include <algorithm>
#include <set>

#include "ir/ops/common.h"

namespace graphc {

using Ints = std::vector<int64_t>;

// result element -> operand element, by the same index_map that codegen uses
static void evaluate_index_map(EvaluateContext& c) {
  const Array& x = *c.operands[0];
  Shape operand;
  for (int64_t d : x.dims) operand.push_back(d);
  auto maps = c.node.def().index_map(c.node, operand);
  if (c.result.data.empty()) return;
  Ints index(c.result.dims.size()), from(x.dims.size());
  size_t flat = 0;
  do {
    for (size_t a = 0; a < maps.size(); a++) {
      from[a] = maps[a].offset;
      for (size_t r = 0; r < index.size(); r++) from[a] += maps[a].stride[r] * index[r];
    }
    c.result.data[flat++] = x.data[flat_index(x.dims, from)];
  } while (next_index(c.result.dims, index));
}

static void evaluate_regions(EvaluateContext& c) {
  std::vector<Shape> shapes;
  for (const Array* x : c.operands) {
    Shape s;
    for (int64_t d : x->dims) s.push_back(d);
    shapes.push_back(s);
  }
  if (c.node.def().fill) std::fill(c.result.data.begin(), c.result.data.end(), c.node.def().fill(c.node));
  for (size_t o = 0; o < c.operands.size(); o++) {
    const Array& x = *c.operands[o];
    if (x.data.empty()) continue;
    Ints begin = c.node.def().region(c.node, shapes, int(o)), index(x.dims.size()), to(x.dims.size());
    size_t flat = 0;
    do {
      for (size_t a = 0; a < index.size(); a++) to[a] = begin[a] + index[a];
      c.result.data[flat_index(c.result.dims, to)] = x.data[flat++];
    } while (next_index(x.dims, index));
  }
}

static AxisMap along(int rank, int axis, int64_t stride = 1, int64_t offset = 0) {
  AxisMap map{offset, Ints(rank, 0)};
  map.stride[axis] = stride;
  return map;
}

extern const OpDef op_broadcast{
    .name = "broadcast", .doc = "repeats x along new axes: axis i of x becomes axis axes[i] of the result",
    .op_class = OpClass::movement, .arity = 1, .attributes = {{"shape", AttributeDef::shape}, {"axes", AttributeDef::integers}},
    .infer = [](const InferContext& c) {
      const Type& x = c.operands[0];
      const Shape& shape = c.attribute<Shape>(0);
      const Ints& axes = c.attribute<Ints>(1);
      if (int(axes.size()) != x.shape.rank()) c.fail("needs one result axis for each axis of " + to_string(x));
      for (size_t i = 0; i < axes.size(); i++) {
        if (axes[i] < 0 || axes[i] >= shape.rank() || (i && axes[i] <= axes[i - 1])) c.fail("axes must rise inside the result's rank");
        if (shape[int(axes[i])] != x.shape[int(i)])
          c.fail("axis " + std::to_string(i) + " of " + to_string(x) + " does not fit " + to_string(shape));
      }
      return Type{x.dtype, shape};
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      const Ints& axes = c.attribute<Ints>(1);
      Ints others;
      for (int a = 0; a < c.cotangent.rank(); a++)
        if (std::find(axes.begin(), axes.end(), a) == axes.end()) others.push_back(a);
      return {reduce_sum(c.cotangent, others)};
    },
    .index_map = [](const Node& node, const Shape&) {
      std::vector<AxisMap> maps;
      for (int64_t axis : node.attribute<Ints>(1)) maps.push_back(along(node.type.shape.rank(), int(axis)));
      return maps;
    },
    .evaluate = evaluate_index_map,
    .cases = {{.operands = {{DType::f32, {10}}}, .attributes = {Shape{batch, 10}, Ints{1}}},
              {.operands = {{DType::f32, {batch}}}, .attributes = {Shape{batch, 10}, Ints{0}}},
              {.operands = {{DType::f32, {}}}, .attributes = {Shape{3, 5}, Ints{}}},
              {.operands = {{DType::f32, {batch, 5}}}, .attributes = {Shape{batch, 3, 5}, Ints{0, 2}}},
              {.operands = {{DType::f32, {1}}}, .attributes = {Shape{17, 1}, Ints{1}}},
              {.operands = {{DType::f32, {2, 3}}}, .attributes = {Shape{2, 0, 3}, Ints{0, 2}}},
              {.operands = {{DType::f32, {2, 1, 3}}}, .attributes = {Shape{2, 2, 1, 2, 3}, Ints{1, 2, 4}}}}};

extern const OpDef op_reshape{
    .name = "reshape", .doc = "the same elements in row-major order under another shape",
    .op_class = OpClass::movement, .arity = 1, .attributes = {{"shape", AttributeDef::shape}},
    .infer = [](const InferContext& c) {
      const Type& x = c.operands[0];
      const Shape& shape = c.attribute<Shape>(0);
      if (shape.count() != x.shape.count())
        c.fail(to_string(x) + " has " + to_string(x.shape.count()) + " elements, " + to_string(shape) + " has " + to_string(shape.count()));
      for (const Shape& s : {x.shape, shape})
        for (int a = 0; a < s.rank(); a++)
          if (s[a].is_batch && a > 0) c.fail("batch must be the first axis, got " + to_string(s), {"transpose before the reshape"});
      return Type{x.dtype, shape};
    },
    .vjp = [](const VjpContext& c) -> Cotangents { return {reshape(c.cotangent, c.operands[0].shape())}; },
    .evaluate = [](EvaluateContext& c) { c.result.data = c.operands[0]->data; },
    .cases = {{.operands = {{DType::f32, {batch, 2, 5}}}, .attributes = {Shape{batch, 10}}},
              {.operands = {{DType::f32, {batch, 3, 4}}}, .attributes = {Shape{Dim(3, true), 4}}},
              {.operands = {{DType::f32, {6}}}, .attributes = {Shape{2, 1, 3}}},
              {.operands = {{DType::f32, {1}}}, .attributes = {Shape{}}},
              {.operands = {{DType::f32, {0, 4}}}, .attributes = {Shape{2, 0}}},
              {.operands = {{DType::f32, {2, 1, 2, 3}}}, .attributes = {Shape{3, 1, 2, 2, 1}}}}};

extern const OpDef op_transpose{
    .name = "transpose", .doc = "axis i of the result is axis permutation[i] of x",
    .op_class = OpClass::movement, .arity = 1, .attributes = {{"permutation", AttributeDef::integers}},
    .infer = [](const InferContext& c) {
      const Type& x = c.operands[0];
      const Ints& p = c.attribute<Ints>(0);
      Type result{x.dtype, {}};
      std::set<int64_t> seen(p.begin(), p.end());
      if (int(p.size()) != x.shape.rank() || seen.size() != p.size())
        c.fail("the permutation must name each axis of " + to_string(x) + " once");
      for (int64_t axis : p) result.shape.push_back(x.shape[checked_axis(c, axis, x.shape.rank())]);
      return result;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      const Ints& p = c.attribute<Ints>(0);
      Ints inverse(p.size());
      for (size_t i = 0; i < p.size(); i++) inverse[p[i]] = int64_t(i);
      return {transpose(c.cotangent, inverse)};
    },
    .index_map = [](const Node& node, const Shape& operand) {
      std::vector<AxisMap> maps(operand.rank());
      const Ints& p = node.attribute<Ints>(0);
      for (size_t i = 0; i < p.size(); i++) maps[p[i]] = along(operand.rank(), int(i));
      return maps;
    },
    .evaluate = evaluate_index_map,
    .cases = {{.operands = {{DType::f32, {17, 5}}}, .attributes = {Ints{1, 0}}},
              {.operands = {{DType::f32, {batch, 10}}}, .attributes = {Ints{1, 0}}},
              {.operands = {{DType::f32, {2, 3, 4}}}, .attributes = {Ints{2, 0, 1}}},
              {.operands = {{DType::f32, {batch, 3, 4}}}, .attributes = {Ints{0, 2, 1}}},
              {.operands = {{DType::f32, {0, 4}}}, .attributes = {Ints{1, 0}}},
              {.operands = {{DType::f32, {1, 1}}}, .attributes = {Ints{1, 0}}},
              {.operands = {{DType::f32, {}}}, .attributes = {Ints{}}},
              {.operands = {{DType::f32, {2, 1, 3, 2, 3}}}, .attributes = {Ints{4, 0, 3, 1, 2}}}}};

extern const OpDef op_slice{
    .name = "slice", .doc = "elements start, start + step, ... (size of them) along one axis",
    .op_class = OpClass::movement, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}, {"start", AttributeDef::integer}, {"size", AttributeDef::integer}, {"step", AttributeDef::integer}},
    .infer = [](const InferContext& c) {
      Type x = c.operands[0];
      int axis = checked_axis(c, c.attribute<int64_t>(0), x.shape.rank());
      int64_t start = c.attribute<int64_t>(1), size = c.attribute<int64_t>(2), step = c.attribute<int64_t>(3);
      if (x.shape[axis].is_batch) c.fail("batch cannot be sliced: " + to_string(x), {"choose the rows when you call the step"});
      int64_t n = x.shape[axis].size;
      if (step < 1 || size < 0 || start < 0 || start > n || (size > 0 && (step > n || size > n || start + (size - 1) * step >= n)))
        c.fail("start " + std::to_string(start) + ", size " + std::to_string(size) + ", step " + std::to_string(step) +
               " leave axis " + std::to_string(axis) + " of " + to_string(x));
      x.shape[axis] = size;
      return x;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      int axis = int(c.attribute<int64_t>(0));
      int64_t start = c.attribute<int64_t>(1), size = c.attribute<int64_t>(2), step = c.attribute<int64_t>(3);
      int64_t n = c.operands[0].shape()[axis].size;
      Tensor d = c.cotangent;
      if (step > 1 && size > 0) {  // zeros between: [.., size, 1, ..] padded to [.., size, step, ..], then merged
        Shape split, merged;
        for (int a = 0; a < d.rank(); a++) {
          split.push_back(d.shape()[a]);
          if (a == axis) split.push_back(1);
          merged.push_back(a == axis ? Dim(size * step) : d.shape()[a]);
        }
        d = reshape(pad(reshape(d, split), axis + 1, 0, step - 1), merged);
        int64_t fits = std::min(size * step, n - start);
        d = slice(d, axis, 0, fits);
        size = fits;
      }
      return {pad(d, axis, start, n - start - size)};
    },
    .index_map = [](const Node& node, const Shape& operand) {
      std::vector<AxisMap> maps;
      int axis = int(node.attribute<int64_t>(0));
      for (int a = 0; a < operand.rank(); a++)
        maps.push_back(a == axis ? along(operand.rank(), a, node.attribute<int64_t>(3), node.attribute<int64_t>(1)) : along(operand.rank(), a));
      return maps;
    },
    .evaluate = evaluate_index_map,
    .cases = {{.operands = {{DType::f32, {20}}}, .attributes = {int64_t(0), int64_t(2), int64_t(17), int64_t(1)}},
              {.operands = {{DType::f32, {batch, 10}}}, .attributes = {int64_t(1), int64_t(1), int64_t(4), int64_t(2)}},
              {.operands = {{DType::f32, {7, 3}}}, .attributes = {int64_t(0), int64_t(0), int64_t(3), int64_t(3)}},
              {.operands = {{DType::f32, {7, 3}}}, .attributes = {int64_t(0), int64_t(7), int64_t(0), int64_t(1)}},
              {.operands = {{DType::f32, {2, 3, 4}}}, .attributes = {int64_t(1), int64_t(2), int64_t(1), int64_t(1)}},
              {.operands = {{DType::f32, {0, 4}}}, .attributes = {int64_t(1), int64_t(1), int64_t(2), int64_t(1)}},
              {.operands = {{DType::f32, {2, 1, 2, 5, 2}}}, .attributes = {int64_t(3), int64_t(0), int64_t(3), int64_t(2)}}}};

extern const OpDef op_pad{
    .name = "pad", .doc = "adds `before` and `after` elements of one value around one axis",
    .op_class = OpClass::movement, .arity = 1,
    .attributes = {{"axis", AttributeDef::integer}, {"before", AttributeDef::integer}, {"after", AttributeDef::integer}, {"value", AttributeDef::number}},
    .infer = [](const InferContext& c) {
      Type x = c.operands[0];
      int axis = checked_axis(c, c.attribute<int64_t>(0), x.shape.rank());
      int64_t before = c.attribute<int64_t>(1), after = c.attribute<int64_t>(2);
      if (x.shape[axis].is_batch) c.fail("batch cannot be padded: " + to_string(x));
      if (before < 0 || after < 0 || before > INT32_MAX || after > INT32_MAX) c.fail("before and after must lie in 0..2^31");
      x.shape[axis].size += before + after;
      return x;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      int axis = int(c.attribute<int64_t>(0));
      return {slice(c.cotangent, axis, c.attribute<int64_t>(1), c.operands[0].shape()[axis].size)};
    },
    .region = [](const Node& node, const std::vector<Shape>& operands, int) {
      Ints begin(operands[0].rank(), 0);
      begin[node.attribute<int64_t>(0)] = node.attribute<int64_t>(1);
      return begin;
    },
    .fill = [](const Node& node) { return node.attribute<double>(3); },
    .evaluate = evaluate_regions,
    .cases = {{.operands = {{DType::f32, {7}}}, .attributes = {int64_t(0), int64_t(2), int64_t(9), 0.0}},
              {.operands = {{DType::f32, {batch, 10}}}, .attributes = {int64_t(1), int64_t(0), int64_t(3), 1.5}},
              {.operands = {{DType::f32, {2, 3, 4}}}, .attributes = {int64_t(1), int64_t(1), int64_t(1), 0.0}},
              {.operands = {{DType::f32, {0, 4}}}, .attributes = {int64_t(0), int64_t(1), int64_t(1), 0.0}},
              {.operands = {{DType::f32, {1}}}, .attributes = {int64_t(0), int64_t(0), int64_t(0), 0.0}},
              {.operands = {{DType::f32, {2, 1, 2, 1, 3}}}, .attributes = {int64_t(4), int64_t(2), int64_t(0), -1.0}}}};

extern const OpDef op_concat{
    .name = "concat", .doc = "operands one after the other along one axis",
    .op_class = OpClass::movement, .arity = -1, .attributes = {{"axis", AttributeDef::integer}},
    .infer = [](const InferContext& c) {
      if (c.operands.empty()) c.fail("needs an operand");
      Type result = c.operands[0];
      int axis = checked_axis(c, c.attribute<int64_t>(0), result.shape.rank());
      if (result.shape[axis].is_batch) c.fail("batch cannot be concatenated: " + to_string(result));
      for (size_t o = 1; o < c.operands.size(); o++) {
        Type t = c.operands[o];
        bool fits = t.dtype == result.dtype && t.shape.rank() == result.shape.rank();
        for (int a = 0; fits && a < t.shape.rank(); a++) fits = a == axis ? !t.shape[a].is_batch : t.shape[a] == result.shape[a];
        if (!fits) c.fail("operands differ outside of axis " + std::to_string(axis) + ": " + to_string(c.operands[0]) + " and " + to_string(t));
        result.shape[axis].size += t.shape[axis].size;
      }
      return result;
    },
    .vjp = [](const VjpContext& c) -> Cotangents {
      int axis = int(c.attribute<int64_t>(0));
      Cotangents d;
      int64_t start = 0;
      for (const Tensor& t : c.operands) {
        d.push_back(slice(c.cotangent, axis, start, t.shape()[axis].size));
        start += t.shape()[axis].size;
      }
      return d;
    },
    .region = [](const Node& node, const std::vector<Shape>& operands, int operand) {
      int64_t axis = node.attribute<int64_t>(0);
      Ints begin(operands[0].rank(), 0);
      for (int o = 0; o < operand; o++) begin[axis] += operands[o][int(axis)].size;
      return begin;
    },
    .evaluate = evaluate_regions,
    .cases = {{.operands = {{DType::f32, {7}}, {DType::f32, {16}}}, .attributes = {int64_t(0)}},
              {.operands = {{DType::f32, {batch, 3}}, {DType::f32, {batch, 10}}, {DType::f32, {batch, 1}}}, .attributes = {int64_t(1)}},
              {.operands = {{DType::f32, {2, 4}}, {DType::f32, {0, 4}}}, .attributes = {int64_t(0)}},
              {.operands = {{DType::f32, {5}}}, .attributes = {int64_t(0)}},
              {.operands = {{DType::f32, {1, 2, 3}}, {DType::f32, {1, 1, 3}}}, .attributes = {int64_t(1)}},
              {.operands = {{DType::f32, {2, 1, 1, 2, 3}}, {DType::f32, {2, 1, 4, 2, 3}}}, .attributes = {int64_t(2)}}}};

}  // namespace graphc
