// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Initial values of variables, drawn from the seed and the variable's name.
#include <cmath>

#include "ir/composite.h"

namespace graphc {

using A = ArgumentDef;

static Tensor symmetric(InitializerContext& c, double limit) { return (c.uniform() * 2.0 - 1.0) * limit; }

extern const CompositeDef composite_zeros{.name = "zeros", .doc = "0", .kind = CompositeKind::initializer, .arguments = {},
                                          .build_initializer = [](InitializerContext& c) { return c.b.constant(0, c.type); }};
extern const CompositeDef composite_ones{.name = "ones", .doc = "1", .kind = CompositeKind::initializer, .arguments = {},
                                         .build_initializer = [](InitializerContext& c) { return c.b.constant(1, c.type); }};
extern const CompositeDef composite_constant_value{
    .name = "constant_value", .doc = "one number everywhere", .kind = CompositeKind::initializer, .arguments = {{"value", A::number, "the number"}},
    .build_initializer = [](InitializerContext& c) { return c.b.constant(c.number("value"), c.type); }};
extern const CompositeDef composite_uniform{
    .name = "uniform", .doc = "uniform in [low, high)", .kind = CompositeKind::initializer,
    .arguments = {{"low", A::number, "smallest", -0.05}, {"high", A::number, "bound", 0.05}},
    .build_initializer = [](InitializerContext& c) { return c.uniform() * (c.number("high") - c.number("low")) + c.number("low"); }};
extern const CompositeDef composite_glorot_uniform{
    .name = "glorot_uniform", .doc = "uniform within sqrt(6 / (in + out)) (Glorot & Bengio 2010, eq. 16)", .kind = CompositeKind::initializer,
    .arguments = {}, .build_initializer = [](InitializerContext& c) { return symmetric(c, std::sqrt(6 / (c.fan_in() + c.fan_out()))); }};
extern const CompositeDef composite_he_uniform{
    .name = "he_uniform", .doc = "uniform within sqrt(6 / in) (He et al. 2015, eq. 10)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return symmetric(c, std::sqrt(6 / c.fan_in())); }};

}  // namespace graphc
