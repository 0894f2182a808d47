// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Initial values of variables, drawn from the seed and the variable's name.
#include <algorithm>
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
extern const CompositeDef composite_normal{
    .name = "normal", .doc = "normal with this mean and standard deviation", .kind = CompositeKind::initializer,
    .arguments = {{"mean", A::number, "middle", 0}, {"deviation", A::number, "standard deviation", 0.05}},
    .build_initializer = [](InitializerContext& c) { return c.normal() * c.number("deviation") + c.number("mean"); }};
extern const CompositeDef composite_glorot_uniform{
    .name = "glorot_uniform", .doc = "uniform within sqrt(6 / (in + out)) (Glorot & Bengio 2010, eq. 16)", .kind = CompositeKind::initializer,
    .arguments = {}, .build_initializer = [](InitializerContext& c) { return symmetric(c, std::sqrt(6 / (c.fan_in() + c.fan_out()))); }};
extern const CompositeDef composite_he_uniform{
    .name = "he_uniform", .doc = "uniform within sqrt(6 / in) (He et al. 2015, eq. 10)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return symmetric(c, std::sqrt(6 / c.fan_in())); }};

extern const CompositeDef composite_glorot_normal{
    .name = "glorot_normal", .doc = "normal with variance 2 / (in + out) (Glorot & Bengio 2010)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return c.normal() * std::sqrt(2 / (c.fan_in() + c.fan_out())); }};
extern const CompositeDef composite_he_normal{
    .name = "he_normal", .doc = "normal with variance 2 / in (He et al. 2015, eq. 10)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return c.normal() * std::sqrt(2 / c.fan_in()); }};
extern const CompositeDef composite_lecun_uniform{
    .name = "lecun_uniform", .doc = "uniform within sqrt(3 / in) (LeCun et al. 1998, section 4.6)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return symmetric(c, std::sqrt(3 / c.fan_in())); }};
extern const CompositeDef composite_lecun_normal{
    .name = "lecun_normal", .doc = "normal with variance 1 / in (LeCun et al. 1998, section 4.6)", .kind = CompositeKind::initializer, .arguments = {},
    .build_initializer = [](InitializerContext& c) { return c.normal() * std::sqrt(1 / c.fan_in()); }};

// The polar factor of a normal matrix, which is distributed as the Q of its QR factorisation is once signs are made positive
// (uniformly over all orthogonal matrices). Newton and Schulz's iteration X (3 - X^T X) / 2 brings every singular value s in
// (0, sqrt(3)) to 1; those near 0 grow by 1.5 a turn.
extern const CompositeDef composite_orthogonal{
    .name = "orthogonal", .doc = "gain times a random matrix with orthonormal rows or columns, whichever are fewer (Saxe et al. 2014); axes but the last are taken as one",
    .kind = CompositeKind::initializer, .arguments = {{"gain", A::number, "factor", 1}},
    .build_initializer = [](InitializerContext& c) {
      if (c.type.shape.rank() < 2) c.b.fail("orthogonal: wants at least two axes, got " + to_string(c.type));
      int64_t columns = c.type.shape.back().size, rows = c.type.shape.count().size / std::max<int64_t>(columns, 1);
      constexpr int turns = 40;
      Tensor x = reshape(c.normal(), {rows, columns});
      bool tall = rows >= columns;
      // Bounded by the largest column (or row) sum of |X^T X|: then no singular value is above 1.
      Tensor gram = contract(x, x, tall, !tall);
      Tensor bound = reduce_max(reduce_sum(abs(gram), 0), 0);
      x = x * rsqrt(bound);
      for (int i = 0; i < turns; i++) {
        gram = contract(x, x, tall, !tall);
        Tensor cubed = tall ? contract(x, gram) : contract(gram, x);
        Tensor grown = x * 1.5;
        x = grown - cubed * 0.5;
      }
      return reshape(x * c.number("gain"), c.type.shape);
    }};

extern const CompositeDef composite_seed_word{
    .name = "seed_word", .doc = "the low (0) or high (1) half of the seed, i32", .kind = CompositeKind::initializer,
    .arguments = {{"word", A::integer, "0 or 1"}},
    .build_initializer = [](InitializerContext& c) {
      if (c.type != Type{DType::i32, {}}) c.b.fail("seed_word: is an i32[], and cannot fill " + to_string(c.type), {"random initial values: normal(), uniform(), he_normal() ..."});
      return c.number("word") == 0 ? c.seed_lo : c.seed_hi;
    }};

}  // namespace graphc
