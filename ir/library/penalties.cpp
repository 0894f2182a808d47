// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What may be added to a loss to keep weights small. The names are kept apart, because the world mixes them up.
#include "ir/composite.h"
#include "ir/ops/common.h"

namespace graphc {

using A = ArgumentDef;

extern const CompositeDef composite_l1{
    .name = "l1", .doc = "sum |x|; its gradient is sign(x), 0 at 0", .kind = CompositeKind::penalty, .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) { return sum(abs(c.tensors[0])); },
    .cases = unary_cases(-2, 2, {0})};

extern const CompositeDef composite_l2{
    .name = "l2", .doc = "sum x^2; its gradient is 2 x (with SGD the same as a weight decay of twice the factor)", .kind = CompositeKind::penalty,
    .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) { return sum(c.tensors[0] * c.tensors[0]); },
    .cases = unary_cases()};

extern const CompositeDef composite_l2_norm{
    .name = "l2_norm", .doc = "sqrt(sum x^2), the length, not squared; its gradient is x / length, 0 at 0", .kind = CompositeKind::penalty,
    .arguments = {{"x", A::tensor, "f32"}},
    .build = [](CompositeContext& c) { return sqrt(sum(c.tensors[0] * c.tensors[0])); },
    .vjp = [](const CompositeVjp& c) -> Cotangents {
      Tensor share = *c.cotangents[0] / max(c.results[0], 1e-30);
      return {c.operands[0] * share};
    },
    .cases = unary_cases(0.5, 2)};

}  // namespace graphc
