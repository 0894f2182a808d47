// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls: a composite stays one node until after differentiation.
#include "ir/ops/common.h"

namespace graphc {

extern const OpDef op_argument{.name = "argument", .doc = "operand number `index` of the call that owns this body", .op_class = OpClass::control,
                               .arity = 0, .attributes = {{"index", AttributeDef::integer}, {"type", AttributeDef::type}},
                               .infer = [](const InferContext& c) { return c.attribute<Type>(1); }, .not_differentiable = "nothing is behind it"};
extern const OpDef op_call{.name = "call", .doc = "applies a body graph", .op_class = OpClass::control, .arity = -1,
                           .attributes = {{"body", AttributeDef::integer}}, .infer = [](const InferContext&) { return Type{}; },
                           .not_differentiable = "differentiate inlines it or asks its composite"};
extern const OpDef op_get{.name = "get", .doc = "result number `index` of a call", .op_class = OpClass::control, .arity = 1,
                          .attributes = {{"index", AttributeDef::integer}}, .infer = [](const InferContext&) { return Type{}; },
                          .not_differentiable = "its call is asked"};

}  // namespace graphc
