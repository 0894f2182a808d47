// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R1 in its short form: 2^20 strided floats for each function and class. All 2^32 are the business of scalar_exhaustive.
#include "ir/scalar.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace graphc::scalar {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float subnormal = std::numeric_limits<float>::denorm_min();

struct Measured {
  const char* name;
  Value (*build)(Value);
  double (*reference)(double);
  double bound[2];  // ulp: without FMA, with; what scalar_exhaustive finds over all floats, rounded up (DESIGN 6 asks for 2)
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();  // of the result
};

const Measured measured[] = {
    {"exp", exp, [](double x) { return std::exp(x); }, {1.2, 1.0}, 0},
    {"expm1", expm1, [](double x) { return std::expm1(x); }, {1.5, 1.5}, -1},
    {"log", log, [](double x) { return std::log(x); }, {1.3, 1.2}},
    {"log1p", log1p, [](double x) { return std::log1p(x); }, {1.9, 1.8}},
    {"tanh", tanh, [](double x) { return std::tanh(x); }, {1.95, 1.95}, -1, 1},
    {"sigmoid", sigmoid, [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, {2, 1.7}, 0, 1},
    {"erf", erf, [](double x) { return std::erf(x); }, {1.6, 1.4}, -1, 1},
    {"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }, {1.5, 1.5}},
    {"round", round, [](double x) { return std::nearbyint(x); }, {0, 0}},
    {"floor", floor, [](double x) { return std::floor(x); }, {0, 0}},
    {"abs", abs, [](double x) { return std::fabs(x); }, {0, 0}, 0},
    {"sign", sign, [](double x) { return x < 0 ? -1.0 : x > 0 ? 1.0 : x; }, {0, 0}, -1, 1},
};

Function build(Value (*function)(Value)) {
  Builder builder;
  return std::move(builder).finish(function(builder.argument(Kind::f32)));
}

// |got - want| in units of the last place of `want` as a float; infinite where a NaN, an infinity or the sign of a zero is wrong.
double error_in_ulp(float got, double want) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (std::isnan(want) || std::isnan(got)) return std::isnan(want) && std::isnan(got) ? 0 : wrong;
  if (static_cast<float>(want) == got) {
    if (got == 0 && std::signbit(got) != std::signbit(want)) return wrong;
    if (std::isinf(got)) return 0;  // correctly rounded, overflow included
  }
  if (std::isinf(want)) return wrong;
  double value = std::isinf(got) ? std::copysign(0x1p128, got) : got;
  // Exponents from the bits, because this runs 2^32 times: the f32 ulp of |want| is 2^(e - 23), at least 2^-149.
  int exponent = static_cast<int>(std::bit_cast<uint64_t>(want) >> 52 & 0x7ff);
  exponent = std::clamp(exponent, 1023 - 126, 1023 + 127);
  return std::fabs(value - want) * std::bit_cast<double>(static_cast<uint64_t>(2 * 1023 + 23 - exponent) << 52);
}

uint32_t bits_of(float x) { return std::bit_cast<uint32_t>(x); }
float float_of(uint32_t x) { return std::bit_cast<float>(x); }

uint32_t run(const Function& function, std::initializer_list<uint32_t> arguments, bool fused = true) {
  std::vector<const uint32_t*> pointers;
  for (const uint32_t& argument : arguments) pointers.push_back(&argument);
  uint32_t result = 0;
  evaluate(function, pointers, &result, 1, fused);
  return result;
}

Function build2(Value (*function)(Value, Value), Kind kind = Kind::f32) {
  Builder builder;
  Value a = builder.argument(kind), b = builder.argument(kind);
  return std::move(builder).finish(function(a, b));
}

const Measured& named(const std::string& name) {
  for (const Measured& f : measured)
    if (name == f.name) return f;
  FAIL("no function " << name);
  return measured[0];
}

// Same bits, or both NaN.
bool same(float a, float b) { return bits_of(a) == bits_of(b) || (a != a && b != b); }

TEST_CASE("scalar: every function is within its bound and range on 2^20 floats, in both classes") {
  constexpr size_t count = 1 << 20;
  std::vector<uint32_t> argument(count), result(count);
  // The stride is odd, so the low bits vary too; the values reach once around all 2^32.
  for (size_t i = 0; i < count; i++) argument[i] = static_cast<uint32_t>(i * 4097);
  const uint32_t* arguments[] = {argument.data()};
  for (const Measured& f : measured) {
    Function function = build(f.build);
    for (int fused = 0; fused < 2; fused++) {
      evaluate(function, arguments, result.data(), count, fused != 0);
      double worst = 0;
      float at = 0;
      size_t outside = 0;
      for (size_t i = 0; i < count; i++) {
        float got = float_of(result[i]);
        double ulp = error_in_ulp(got, f.reference(float_of(argument[i])));
        if (ulp > worst) worst = ulp, at = float_of(argument[i]);
        if (got < f.low || got > f.high) outside++;
      }
      CAPTURE(f.name);
      CAPTURE(fused);
      CAPTURE(at);
      CHECK(worst <= f.bound[fused]);
      CHECK(outside == 0);
    }
  }
}

TEST_CASE("scalar: special values") {
  struct Special {
    const char* function;
    float x, want;
  };
  const Special table[] = {
      {"exp", 0.0f, 1.0f},      {"exp", -0.0f, 1.0f},      {"exp", inf, inf},       {"exp", -inf, 0.0f},
      {"exp", nan, nan},        {"exp", largest, inf},     {"exp", -largest, 0.0f}, {"exp", subnormal, 1.0f},
      {"exp", 88.7228394f, inf}, {"exp", -104.0f, 0.0f},   {"exp", -103.0f, subnormal},
      {"expm1", 0.0f, 0.0f},    {"expm1", -0.0f, -0.0f},   {"expm1", inf, inf},     {"expm1", -inf, -1.0f},
      {"expm1", nan, nan},      {"expm1", largest, inf},   {"expm1", subnormal, subnormal}, {"expm1", -3 * subnormal, -3 * subnormal},
      {"log", 1.0f, 0.0f},      {"log", 0.0f, -inf},       {"log", -0.0f, -inf},    {"log", inf, inf},
      {"log", -1.0f, nan},      {"log", -subnormal, nan},  {"log", -inf, nan},      {"log", nan, nan},
      {"log", subnormal, -103.278931f}, {"log", largest, 88.7228394f},
      {"log1p", 0.0f, 0.0f},    {"log1p", -0.0f, -0.0f},   {"log1p", -1.0f, -inf},  {"log1p", inf, inf},
      {"log1p", -1.5f, nan},    {"log1p", -inf, nan},      {"log1p", nan, nan},     {"log1p", subnormal, subnormal},
      {"log1p", -3 * subnormal, -3 * subnormal},           {"log1p", largest, 88.7228394f},
      {"tanh", 0.0f, 0.0f},     {"tanh", -0.0f, -0.0f},    {"tanh", inf, 1.0f},     {"tanh", -inf, -1.0f},
      {"tanh", nan, nan},       {"tanh", largest, 1.0f},   {"tanh", subnormal, subnormal}, {"tanh", -3 * subnormal, -3 * subnormal},
      {"sigmoid", 0.0f, 0.5f},  {"sigmoid", -0.0f, 0.5f},  {"sigmoid", inf, 1.0f},  {"sigmoid", -inf, 0.0f},
      {"sigmoid", nan, nan},    {"sigmoid", largest, 1.0f}, {"sigmoid", -103.0f, subnormal},
      {"erf", 0.0f, 0.0f},      {"erf", -0.0f, -0.0f},     {"erf", inf, 1.0f},      {"erf", -inf, -1.0f},
      {"erf", nan, nan},        {"erf", subnormal, subnormal}, {"erf", -largest, -1.0f},
      {"rsqrt", 0.0f, inf},     {"rsqrt", -0.0f, -inf},    {"rsqrt", inf, 0.0f},    {"rsqrt", -1.0f, nan},
      {"rsqrt", nan, nan},      {"rsqrt", 4.0f, 0.5f},     {"rsqrt", 4 * subnormal, 0x1p73f * 1.41421356f},
      {"round", 2.5f, 2.0f},    {"round", 3.5f, 4.0f},     {"round", -0.5f, -0.0f}, {"round", -0.0f, -0.0f},
      {"round", inf, inf},      {"round", nan, nan},       {"round", 8388609.0f, 8388609.0f}, {"round", -largest, -largest},
      {"floor", -0.0f, -0.0f},  {"floor", -0.25f, -1.0f},  {"floor", 0.75f, 0.0f},  {"floor", -inf, -inf},
      {"floor", nan, nan},      {"floor", -subnormal, -1.0f}, {"floor", 8388607.5f, 8388607.0f},
      {"abs", -0.0f, 0.0f},     {"abs", -inf, inf},        {"abs", nan, nan},
      {"sign", -0.0f, -0.0f},   {"sign", nan, nan},        {"sign", -subnormal, -1.0f}, {"sign", inf, 1.0f},
  };
  for (const Special& s : table) {
    Function function = build(named(s.function).build);
    for (bool fused : {false, true}) {
      float got = float_of(run(function, {bits_of(s.x)}, fused));
      CAPTURE(s.function);
      CAPTURE(s.x);
      CAPTURE(got);
      CAPTURE(s.want);
      CHECK(same(got, s.want));
    }
  }
}

TEST_CASE("scalar: NaN of any payload and sign stays NaN") {
  for (const Measured& f : measured) {
    Function function = build(f.build);
    for (uint32_t pattern : {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xff812345u, 0x7fffffffu, 0xffffffffu, 0x7fc001ffu}) {
      CAPTURE(f.name);
      CHECK(std::isnan(float_of(run(function, {pattern}))));
    }
  }
}

TEST_CASE("scalar: max and min let NaN through and give b where equal; copysign") {
  struct Row {
    float a, b, largest, smallest;
  };
  for (Row row : {Row{1, 2, 2, 1}, {2, 1, 2, 1}, {-0.0f, 0.0f, 0.0f, 0.0f}, {0.0f, -0.0f, -0.0f, -0.0f}, {nan, 1, nan, nan},
                  {1, nan, nan, nan}, {nan, inf, nan, nan}, {-inf, inf, inf, -inf}}) {
    CHECK(same(float_of(run(build2(max), {bits_of(row.a), bits_of(row.b)})), row.largest));
    CHECK(same(float_of(run(build2(min), {bits_of(row.a), bits_of(row.b)})), row.smallest));
  }
  CHECK(same(float_of(run(build2(copysign), {bits_of(-3.0f), bits_of(0.0f)})), 3.0f));
  CHECK(same(float_of(run(build2(copysign), {bits_of(inf), bits_of(-nan)})), -inf));
}

TEST_CASE("scalar: truncate_to_int saturates, NaN gives 0") {
  Function function = build(truncate_to_int);
  struct Row {
    float x;
    int32_t want;
  };
  for (Row row : {Row{0.0f, 0}, {-0.9f, 0}, {1.9f, 1}, {-1.9f, -1}, {2147483520.0f, 2147483520}, {2147483648.0f, INT32_MAX},
                  {-2147483648.0f, INT32_MIN}, {-2147483904.0f, INT32_MIN}, {inf, INT32_MAX}, {-inf, INT32_MIN}, {nan, 0},
                  {largest, INT32_MAX}, {subnormal, 0}}) {
    CAPTURE(row.x);
    CHECK(static_cast<int32_t>(run(function, {bits_of(row.x)})) == row.want);
  }
}

TEST_CASE("scalar: the operand of to_int stays inside i32 for every class of argument") {
  // Where it did not, codegen's conversion would be undefined.
  Builder builder;
  Value x = builder.argument(Kind::f32);
  truncate_to_int(x);
  uint32_t id = 0;
  while (builder.at(id).op != Opcode::to_int) id++;
  Function function = std::move(builder).finish(Value{&builder, builder.at(id).operand[0]});
  for (uint64_t pattern = 0; pattern < (uint64_t{1} << 32); pattern += 65521) {
    float operand = float_of(run(function, {static_cast<uint32_t>(pattern)}));
    if (!(operand >= -2147483648.0f && operand <= 2147483520.0f)) FAIL("argument " << pattern << " gives " << operand);
  }
  for (float special : {nan, -nan, inf, -inf}) CHECK(std::fabs(float_of(run(function, {bits_of(special)}))) <= 2147483648.0f);
}

TEST_CASE("scalar: fma is one rounding with FMA, two without") {
  Builder builder;
  Value a = builder.argument(Kind::f32), b = builder.argument(Kind::f32), c = builder.argument(Kind::f32);
  Function function = std::move(builder).finish(fma(a, b, c));
  float x = 1 + 0x1p-12f, square = x * x;  // x^2 = 1 + 2^-11 + 2^-24: the last term does not fit
  CHECK(float_of(run(function, {bits_of(x), bits_of(x), bits_of(-square)}, true)) == 0x1p-24f);
  CHECK(float_of(run(function, {bits_of(x), bits_of(x), bits_of(-square)}, false)) == 0.0f);
  // So it must not be folded, while an exact one is.
  Builder constants;
  CHECK(constants.at(fma(constants.f32(x), constants.f32(x), constants.f32(-square)).id).op == Opcode::fma);
  CHECK(constants.at(fma(constants.f32(2), constants.f32(3), constants.f32(1)).id).imm == bits_of(7));
}

TEST_CASE("scalar: integer operations wrap, shift and compare as i32") {
  auto check = [](Value (*function)(Value, Value), uint32_t a, uint32_t b, uint32_t want) {
    CHECK(run(build2(function, Kind::i32), {a, b}) == want);
    Builder builder;  // and folded
    Value folded = function(builder.i32(static_cast<int32_t>(a)), builder.i32(static_cast<int32_t>(b)));
    CHECK(builder.at(folded.id).op == Opcode::constant);
    CHECK(builder.at(folded.id).imm == want);
  };
  check([](Value a, Value b) { return a + b; }, 0xffffffffu, 2, 1);
  check([](Value a, Value b) { return a - b; }, 0, 1, 0xffffffffu);
  check([](Value a, Value b) { return a * b; }, 0x10001u, 0x10001u, 0x20001u);
  check([](Value a, Value b) { return a & b; }, 12, 10, 8);
  check([](Value a, Value b) { return a | b; }, 12, 10, 14);
  check([](Value a, Value b) { return a ^ b; }, 12, 10, 6);
  check([](Value a, Value b) { return umulhi(a, b); }, 0xD2511F53u, 0x89abcdefu, 0x711a8f22u);  // a Philox multiplier
  check([](Value a, Value b) { return truth(a < b); }, 0xffffffffu, 0, 1);
  check([](Value a, Value b) { return truth(a <= b); }, 5, 5, 1);
  check([](Value a, Value b) { return truth(a > b); }, 0x80000000u, 0x7fffffffu, 0);
  check([](Value a, Value b) { return truth(equal(a, b) | !is_true(b)); }, 3, 0, 1);
  check([](Value a, Value b) { return shl(a, 31) + b; }, 3, 1, 0x80000001u);
  check([](Value a, Value b) { return lshr(a, 4) + b; }, 0xffffffffu, 0, 0x0fffffffu);
  check([](Value a, Value b) { return ashr(a, 4) + b; }, 0x80000000u, 0, 0xf8000000u);
  check([](Value a, Value b) { return bits(to_float(a)) + b; }, 0xffffffffu, 0, bits_of(-1.0f));
  check([](Value a, Value b) { return -a + b; }, 5, 0, 0xfffffffbu);
}

TEST_CASE("scalar: compares are ordered, a pred argument and result is 0 or 1") {
  auto less = build2([](Value a, Value b) { return a < b; });
  auto at_least = build2([](Value a, Value b) { return a >= b; });
  CHECK(run(less, {bits_of(1), bits_of(2)}) == 1);
  CHECK(run(less, {bits_of(nan), bits_of(2)}) == 0);
  CHECK(run(at_least, {bits_of(nan), bits_of(2)}) == 0);
  CHECK(run(build([](Value x) { return is_nan(x); }), {bits_of(nan)}) == 1);
  auto both = build2([](Value a, Value b) { return !(a & b); }, Kind::pred);
  CHECK(run(both, {1, 1}) == 0);
  CHECK(run(both, {1, 0}) == 1);
}

TEST_CASE("scalar: equal expressions are one instruction, and what is neutral is none") {
  Builder builder;
  Value x = builder.argument(Kind::f32), y = builder.argument(Kind::f32);
  CHECK((x + y).id == (y + x).id);
  CHECK((x - y).id != (y - x).id);
  CHECK(builder.f32(1).id == builder.f32(1).id);
  CHECK(builder.f32(0.0f).id != builder.f32(-0.0f).id);
  CHECK(tanh(x).id == tanh(x).id);
  CHECK((x * 1.0).id == x.id);
  CHECK((x / 1.0).id == x.id);
  CHECK((x - 0.0).id == x.id);
  CHECK((x + 0.0).id != x.id);  // -0 + 0 is 0
  CHECK((x + -0.0).id == x.id);
  CHECK(from_bits(bits(x)).id == x.id);
  CHECK(select(x < y, x, x).id == x.id);
  CHECK(select(builder.f32(1) < builder.f32(2), x, y).id == x.id);
  CHECK(builder.at((builder.f32(1) / builder.f32(3)).id).imm == bits_of(1.0f / 3.0f));
  CHECK(max(builder.f32(0), x).builder->at(max(builder.f32(0), x).id).op == Opcode::select);  // one compare, one select
}

TEST_CASE("scalar: finish drops what the result does not need") {
  Builder builder;
  Value x = builder.argument(Kind::f32), y = builder.argument(Kind::f32);
  exp(x);
  Function function = std::move(builder).finish(y + 1.0);
  CHECK(function.arguments.size() == 2);
  CHECK(function.code.size() == 3);
  CHECK(float_of(run(function, {bits_of(5), bits_of(2)})) == 3);
}

TEST_CASE("scalar: any number of elements, and no class writes beyond them") {
  Function function = build2([](Value a, Value b) { return fma(a, b, a); });
  for (size_t count : {0, 1, 255, 256, 257, 1000}) {
    std::vector<uint32_t> a(count), b(count), result(count + 1, 7);
    for (size_t i = 0; i < count; i++) a[i] = bits_of(static_cast<float>(i)), b[i] = bits_of(2);
    const uint32_t* arguments[] = {a.data(), b.data()};
    evaluate(function, arguments, result.data(), count, false);
    for (size_t i = 0; i < count; i++) CHECK(float_of(result[i]) == 3 * static_cast<float>(i));
    CHECK(result[count] == 7);
  }
}

}  // namespace
}  // namespace graphc::scalar
