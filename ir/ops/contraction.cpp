// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The general batched matrix product. The order of its sum over k (DESIGN 6): k in index order with fused multiply-add
// from +0, in blocks of 1,024 whose sums are added in order. Where a static M or N is 1: 16 lanes along k, then the tree.
#include <cmath>

#include "ir/ops/common.h"

namespace graphc {

namespace {
struct Sizes {
  Dim m, n, k_of_a, k_of_b;
};
}  // namespace

static Sizes sizes(const Shape& a, const Shape& b, bool ta, bool tb) {
  int r = a.rank();
  return {ta ? a[r - 1] : a[r - 2], tb ? b[r - 2] : b[r - 1], ta ? a[r - 2] : a[r - 1], tb ? b[r - 1] : b[r - 2]};
}

static Type infer_contract(const InferContext& c) {
  const Type &a = c.operands[0], &b = c.operands[1];
  int rank = a.shape.rank();
  if (a.dtype != DType::f32 || b.dtype != DType::f32) c.fail("wants f32 operands, got " + to_string(a) + " and " + to_string(b));
  if (rank < 2 || b.shape.rank() != rank) c.fail("operands must have the same rank of at least 2, got " + to_string(a) + " and " + to_string(b));
  Sizes s = sizes(a.shape, b.shape, c.attribute<int64_t>(0), c.attribute<int64_t>(1));
  if (s.k_of_a != s.k_of_b)
    c.fail("inner sizes differ: " + to_string(a) + " and " + to_string(b) + " (" + to_string(s.k_of_a) + " and " + to_string(s.k_of_b) + ")",
           {"the last size of the first must be the first size of the second"});
  Type result{DType::f32, {}};
  for (int i = 0; i < rank - 2; i++) {
    if (a.shape[i] != b.shape[i]) c.fail("outer sizes differ: " + to_string(a) + " and " + to_string(b));
    result.shape.push_back(a.shape[i]);
  }
  result.shape.push_back(s.m);
  result.shape.push_back(s.n);
  int batches = 0;
  for (Dim d : result.shape) batches += d.is_batch;
  if (batches > 1) c.fail("batch * batch: the result would be " + to_string(result), {"transpose an operand, or reduce one first"});
  return result;
}

static SumOrder contract_order(const Node& node) {
  int rank = node.type.shape.rank();
  return node.type.shape[rank - 1].is(1) || node.type.shape[rank - 2].is(1) ? SumOrder::lanes : SumOrder::blocks;
}

static void evaluate_contract(EvaluateContext& c) {
  const Array &a = *c.operands[0], &b = *c.operands[1];
  bool ta = c.node.attribute<int64_t>(0), tb = c.node.attribute<int64_t>(1);
  size_t r = a.dims.size();
  int64_t m = ta ? a.dims[r - 1] : a.dims[r - 2], k = ta ? a.dims[r - 2] : a.dims[r - 1], n = tb ? b.dims[r - 2] : b.dims[r - 1];
  int64_t outer = 1;
  for (size_t i = 0; i + 2 < r; i++) outer *= a.dims[i];
  bool lanes = contract_order(c.node) == SumOrder::lanes;
  auto step = [&](double x, double y, double sum) {
    if (!c.f32) return x * y + sum;
    return c.fused ? double(std::fmaf(float(x), float(y), float(sum))) : double(float(double(float(x * y)) + sum));
  };
  auto plus = [&](double x, double y) { return c.f32 ? double(float(x + y)) : x + y; };
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < m; i++)
      for (int64_t j = 0; j < n; j++) {
        auto product = [&](int64_t p, double sum) {
          return step(a.data[o * m * k + (ta ? p * m + i : i * k + p)], b.data[o * n * k + (tb ? j * k + p : p * n + j)], sum);
        };
        double total = 0;
        if (lanes) {
          double lane[16] = {};
          for (int64_t p = 0; p < k; p++) lane[p % 16] = product(p, lane[p % 16]);
          for (int width = 8; width; width /= 2)
            for (int l = 0; l < width; l++) lane[l] = plus(lane[l], lane[l + width]);
          total = lane[0];
        } else {
          for (int64_t begin = 0; begin < k; begin += 1024) {
            double block = 0;
            for (int64_t p = begin; p < std::min(k, begin + 1024); p++) block = product(p, block);
            total = begin ? plus(total, block) : block;
          }
        }
        c.result.data[(o * m + i) * n + j] = total;
      }
}

static std::vector<Case> contract_cases() {
  std::vector<Case> cases;
  auto add = [&](Shape a, Shape b, int64_t ta = 0, int64_t tb = 0) {
    cases.push_back({.operands = {{DType::f32, a}, {DType::f32, b}}, .attributes = {ta, tb}, .low = -1, .high = 1});
  };
  add({batch, 10}, {10, 37}), add({batch, 7}, {20, 7}, 0, 1), add({batch, 20}, {batch, 10}, 1, 0), add({6, 9}, {17, 6}, 1, 1);
  add({1, 40}, {40, 5}), add({batch, 33}, {33, 1}), add({1, 1}, {1, 1}), add({3, 0}, {0, 4}), add({2, 3, 4}, {2, 4, 18});
  add({batch, 3, 4}, {batch, 5, 4}, 0, 1), add({1030, 2}, {1030, 3}, 1, 0);
  add({2, 1, 2, 3}, {2, 1, 3, 5}), add({1, 2, 1, 4, 3}, {1, 2, 1, 2, 4}, 1, 1), add({0, 3}, {3, 2});
  return cases;
}

extern const OpDef op_contract{
    .name = "contract", .doc = "matrix product sum_k a[.., i, k] b[.., k, j] of each leading index; an operand may be read transposed",
    .op_class = OpClass::contraction, .arity = 2,
    .attributes = {{"transpose_a", AttributeDef::integer}, {"transpose_b", AttributeDef::integer}}, .infer = infer_contract,
    .vjp = [](const VjpContext& c) -> Cotangents {
      bool ta = c.attribute<int64_t>(0), tb = c.attribute<int64_t>(1);
      Tensor a = c.operands[0], b = c.operands[1], d = c.cotangent;
      Cotangents result(2);
      if (c.needed[0]) result[0] = ta ? contract(b, d, tb, true) : contract(d, b, false, !tb);
      if (c.needed[1]) result[1] = tb ? contract(d, a, true, ta) : contract(a, d, !ta, false);
      return result;
    },
    .sum_order = contract_order, .evaluate = evaluate_contract, .cases = contract_cases()};

}  // namespace graphc
