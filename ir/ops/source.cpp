// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values that no other value gives: constants, what the caller passes, variables, and pure functions of an element's place.
#include <cmath>

#include "ir/ops/common.h"

namespace graphc {

using Args = std::span<const scalar::Value>;

static bool fits(double value, DType dtype) {
  if (dtype == DType::f32) return true;
  if (dtype == DType::i32) return value == std::trunc(value) && value >= -2147483648.0 && value <= 2147483647.0;
  return value == std::trunc(value) && value >= 0 && value <= 255;
}

extern const OpDef op_constant{
    .name = "constant", .doc = "given elements in row-major order; a single one stands for all", .op_class = OpClass::source, .arity = 0,
    .attributes = {{"values", AttributeDef::numbers}, {"type", AttributeDef::type}},
    .infer = [](const InferContext& c) {
      const auto& values = c.attribute<std::vector<double>>(0);
      const Type& type = c.attribute<Type>(1);
      Dim count = type.shape.count();
      if (values.size() != 1 && (count.is_batch || count.size != int64_t(values.size())))
        c.fail(std::to_string(values.size()) + " values do not fill " + to_string(type));
      for (double v : values)
        if (!fits(v, type.dtype)) c.fail("the value " + std::to_string(v) + " is not a " + name(type.dtype));
      return type;
    },
    .not_differentiable = "it is constant",
    .evaluate = [](EvaluateContext& c) {
      const auto& values = c.node.attribute<std::vector<double>>(0);
      for (size_t i = 0; i < c.result.data.size(); i++) {
        double v = values[values.size() == 1 ? 0 : i];
        c.result.data[i] = c.f32 && c.node.type.dtype == DType::f32 ? double(float(v)) : v;
      }
    },
    .cases = {{.operands = {}, .attributes = {std::vector<double>{1.5}, Type{DType::f32, {batch, 10}}}},
              {.operands = {}, .attributes = {std::vector<double>{1, 2, 3}, Type{DType::i32, {3}}}},
              {.operands = {}, .attributes = {std::vector<double>{0, 1, 1, 0}, Type{DType::u8, {2, 2}}}}}};

static Type declared(const InferContext& c) { return c.attribute<Type>(1); }

// The three below are bound by name: to the caller's arrays, to the module's table, to the hyper struct.
extern const OpDef op_input{.name = "input", .doc = "an array that the caller passes", .op_class = OpClass::source, .arity = 0,
                            .attributes = {{"name", AttributeDef::text}, {"type", AttributeDef::type}}, .infer = declared,
                            .not_differentiable = "nothing is behind it"};
extern const OpDef op_variable{.name = "variable", .doc = "a parameter or state as it is before the step", .op_class = OpClass::source,
                               .arity = 0, .attributes = {{"name", AttributeDef::text}, {"type", AttributeDef::type}}, .infer = declared,
                               .not_differentiable = "nothing is behind it"};
extern const OpDef op_hyper{.name = "hyper", .doc = "a run-time number of the entry, such as the learning rate", .op_class = OpClass::source,
                            .arity = 0, .attributes = {{"name", AttributeDef::text}, {"type", AttributeDef::type}}, .infer = declared,
                            .not_differentiable = "nothing is behind it"};
extern const OpDef op_rows{.name = "rows", .doc = "the rows of this call, i32[]", .op_class = OpClass::source, .arity = 0,
                           .infer = [](const InferContext&) { return Type{DType::i32, {}}; }, .not_differentiable = "it is a count",
                           .evaluate = [](EvaluateContext& c) { c.result.data[0] = double(c.rows); }, .cases = {{.operands = {}}}};

extern const OpDef op_iota{
    .name = "iota", .doc = "each element's index along one axis", .op_class = OpClass::source, .arity = 0,
    .attributes = {{"axis", AttributeDef::integer}, {"type", AttributeDef::type}},
    .infer = [](const InferContext& c) {
      const Type& type = c.attribute<Type>(1);
      if (c.attribute<int64_t>(0) < 0 || c.attribute<int64_t>(0) >= type.shape.rank()) c.fail("axis outside of " + to_string(type));
      if (type.dtype == DType::u8) c.fail("wants f32 or i32");
      return type;
    },
    .not_differentiable = "it is constant",
    .lower = [](scalar::Builder&, Args index, const Node& node) {
      scalar::Value i = index[size_t(node.attribute<int64_t>(0))];
      return node.type.dtype == DType::f32 ? scalar::to_float(i) : i;
    },
    .evaluate = [](EvaluateContext& c) {
      size_t axis = size_t(c.node.attribute<int64_t>(0));
      int64_t inner = 1;
      for (size_t a = axis + 1; a < c.result.dims.size(); a++) inner *= c.result.dims[a];
      for (size_t i = 0; i < c.result.data.size(); i++) c.result.data[i] = double(int64_t(i) / inner % c.result.dims[axis]);
    },
    .cases = {{.operands = {}, .attributes = {int64_t(1), Type{DType::i32, {batch, 10}}}},
              {.operands = {}, .attributes = {int64_t(0), Type{DType::f32, {batch, 10}}}},
              {.operands = {}, .attributes = {int64_t(0), Type{DType::f32, {37}}}}}};

// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
static scalar::Value philox(scalar::Builder& b, scalar::Value element, scalar::Value lo, scalar::Value hi, scalar::Value step, scalar::Value stream) {
  using scalar::Value;
  Value c[4] = {scalar::lshr(element, 2), step, stream, b.i32(0)};
  Value key[2] = {lo, hi};
  const Value m0 = b.i32(int32_t(0xD2511F53u)), m1 = b.i32(int32_t(0xCD9E8D57u));
  for (int round = 0; round < 10; round++) {
    Value high0 = scalar::umulhi(m0, c[0]), low0 = m0 * c[0], high1 = scalar::umulhi(m1, c[2]), low1 = m1 * c[2];
    Value next[4] = {high1 ^ c[1] ^ key[0], low1, high0 ^ c[3] ^ key[1], low0};
    std::copy(next, next + 4, c);
    key[0] = key[0] + b.i32(int32_t(0x9E3779B9u));
    key[1] = key[1] + b.i32(int32_t(0xBB67AE85u));
  }
  Value word = element & b.i32(3);
  auto is = [&](int w) { return scalar::equal(word, b.i32(w)); };
  return scalar::select(is(0), c[0], scalar::select(is(1), c[1], scalar::select(is(2), c[2], c[3])));
}

// Row-major, for a result whose first axis may be batch: then it does not depend on the rows of the call.
static scalar::Value element_index(scalar::Builder& b, Args args, const Node& node) {
  scalar::Value element = b.i32(0);
  for (size_t a = 0; a < size_t(node.type.shape.rank()); a++) element = element * b.i32(int32_t(a ? node.type.shape[int(a)].size : 0)) + args[a];
  return element;
}

static Type random_type(const InferContext& c, const char* operands) {
  for (const Type& t : c.operands)
    if (t != Type{DType::i32, {}}) c.fail(std::string(operands) + " must be i32[], got " + to_string(t));
  const Type& type = c.attribute<Type>(0);
  if (type.dtype != DType::i32) c.fail("gives i32");
  for (int a = 1; a < type.shape.rank(); a++)
    if (type.shape[a].is_batch) c.fail("batch must be the first axis, got " + to_string(type));
  return type;
}

// Every element by `bits`, the scalar function of its index and the operands.
static void evaluate_random(EvaluateContext& c, scalar::Value (*bits)(scalar::Builder&, std::span<const scalar::Value>)) {
  scalar::Builder b;
  std::vector<scalar::Value> arguments;
  for (size_t i = 0; i <= c.operands.size(); i++) arguments.push_back(b.argument(scalar::Kind::i32));
  scalar::Function f = std::move(b).finish(bits(b, arguments));
  size_t n = c.result.data.size();
  std::vector<std::vector<uint32_t>> in(arguments.size(), std::vector<uint32_t>(n));
  std::vector<const uint32_t*> pointers;
  for (size_t i = 0; i < n; i++) in[0][i] = uint32_t(i);
  for (size_t o = 0; o < c.operands.size(); o++) std::fill(in[o + 1].begin(), in[o + 1].end(), uint32_t(int64_t(c.operands[o]->data[0])));
  for (const auto& column : in) pointers.push_back(column.data());
  std::vector<uint32_t> out(n);
  scalar::evaluate(f, pointers, out.data(), n, c.fused);
  for (size_t i = 0; i < n; i++) c.result.data[i] = double(int32_t(out[i]));
}

static scalar::Value random_word(scalar::Builder& b, Args a) { return philox(b, a[0], a[1], a[2], a[3], a[4]); }

extern const OpDef op_random_bits{
    .name = "random_bits",
    .doc = "32 random bits an element: Philox4x32-10, key (seed_lo, seed_hi), counter (element / 4, step, stream, 0), word element % 4",
    .op_class = OpClass::source, .arity = 4, .cost = 60, .attributes = {{"type", AttributeDef::type}},
    .infer = [](const InferContext& c) { return random_type(c, "seed, step and stream"); },
    .not_differentiable = "it is constant",
    .lower = [](scalar::Builder& b, Args args, const Node& node) {
      size_t rank = size_t(node.type.shape.rank());
      scalar::Value words[] = {element_index(b, args, node), args[rank], args[rank + 1], args[rank + 2], args[rank + 3]};
      return random_word(b, words);
    },
    .evaluate = [](EvaluateContext& c) { evaluate_random(c, random_word); },
    .cases = {{.operands = {{DType::i32, {}}, {DType::i32, {}}, {DType::i32, {}}, {DType::i32, {}}}, .attributes = {Type{DType::i32, {batch, 10}}}},
              {.operands = {{DType::i32, {}}, {DType::i32, {}}, {DType::i32, {}}, {DType::i32, {}}}, .attributes = {Type{DType::i32, {3, 35}}}}}};

// The finalizer of MurmurHash3 (A. Appleby): every bit of x changes about half of the result's.
static scalar::Value mix(scalar::Builder& b, scalar::Value x) {
  x = x ^ scalar::lshr(x, 16);
  x = x * b.i32(int32_t(0x85EBCA6Bu));
  x = x ^ scalar::lshr(x, 13);
  x = x * b.i32(int32_t(0xC2B2AE35u));
  return x ^ scalar::lshr(x, 16);
}

static scalar::Value hash_word(scalar::Builder& b, Args a) { return mix(b, mix(b, a[0] + a[1]) ^ a[2]); }

extern const OpDef op_hash_bits{
    .name = "hash_bits",
    .doc = "32 random bits an element: mix(mix(element + key_lo) xor key_hi), mix being MurmurHash3's finalizer; a sixth of random_bits' cost",
    .op_class = OpClass::source, .arity = 2, .cost = 16, .attributes = {{"type", AttributeDef::type}},
    .infer = [](const InferContext& c) { return random_type(c, "the key's words"); },
    .not_differentiable = "it is constant",
    .lower = [](scalar::Builder& b, Args args, const Node& node) {
      size_t rank = size_t(node.type.shape.rank());
      scalar::Value words[] = {element_index(b, args, node), args[rank], args[rank + 1]};
      return hash_word(b, words);
    },
    .evaluate = [](EvaluateContext& c) { evaluate_random(c, hash_word); },
    .cases = {{.operands = {{DType::i32, {}}, {DType::i32, {}}}, .attributes = {Type{DType::i32, {batch, 10}}}},
              {.operands = {{DType::i32, {}}, {DType::i32, {}}}, .attributes = {Type{DType::i32, {3, 35}}}}}};

}  // namespace graphc
