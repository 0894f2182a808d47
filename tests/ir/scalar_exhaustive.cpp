// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// scalar_exhaustive [function...]: the largest error of the named functions (all, where none is named) over all 2^32 floats
// against libm in f64, for targets with and without FMA, as rows of a markdown table. Exit 1 where one is beyond 2 ulp (DESIGN 6).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "ir/scalar.h"

namespace graphc::scalar {
namespace {

struct Measured {
  const char* name;
  Value (*build)(Value);
  double (*reference)(double);
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();  // of the result
};

const Measured measured[] = {
    {"exp", exp, [](double x) { return std::exp(x); }, 0},
    {"expm1", expm1, [](double x) { return std::expm1(x); }, -1},
    {"log", log, [](double x) { return std::log(x); }},
    {"log1p", log1p, [](double x) { return std::log1p(x); }},
    {"tanh", tanh, [](double x) { return std::tanh(x); }, -1, 1},
    {"sigmoid", sigmoid, [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 0, 1},
    {"erf", erf, [](double x) { return std::erf(x); }, -1, 1},
    {"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }},
    {"round", round, [](double x) { return std::nearbyint(x); }},
    {"floor", floor, [](double x) { return std::floor(x); }},
    {"abs", abs, [](double x) { return std::fabs(x); }, 0},
    {"sign", sign, [](double x) { return x < 0 ? -1.0 : x > 0 ? 1.0 : x; }, -1, 1},
};

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

struct Worst {
  double ulp = 0;
  uint32_t argument = 0;
  uint64_t wrong = 0;  // results outside the range, and infinite errors
};

// Arguments [begin, end) of the 2^32; worst[0] without FMA, worst[1] with.
void measure(const Measured& f, const Function& function, uint64_t begin, uint64_t end, Worst (&worst)[2]) {
  constexpr size_t chunk = 1 << 14;
  std::vector<uint32_t> argument(chunk), result[2] = {std::vector<uint32_t>(chunk), std::vector<uint32_t>(chunk)};
  const uint32_t* arguments[] = {argument.data()};
  for (uint64_t at = begin; at < end; at += chunk) {
    for (size_t i = 0; i < chunk; i++) argument[i] = static_cast<uint32_t>(at + i);
    for (int fused = 0; fused < 2; fused++) evaluate(function, arguments, result[fused].data(), chunk, fused != 0);
    for (size_t i = 0; i < chunk; i++) {
      double want = f.reference(std::bit_cast<float>(argument[i]));
      for (int fused = 0; fused < 2; fused++) {
        float got = std::bit_cast<float>(result[fused][i]);
        double ulp = error_in_ulp(got, want);
        bool outside = got < f.low || got > f.high;
        if (outside || std::isinf(ulp)) worst[fused].wrong++;
        if (ulp > worst[fused].ulp) worst[fused].ulp = ulp, worst[fused].argument = argument[i];
      }
    }
  }
}

int run(int argc, char** argv) {
  bool good = true;
  std::puts("| function | class | worst ulp | at | bits | wrong |\n|---|---|---|---|---|---|");
  for (const Measured& f : measured) {
    bool named = argc == 1;
    for (int i = 1; i < argc; i++) named = named || !std::strcmp(argv[i], f.name);
    if (!named) continue;
    Builder builder;
    Function function = std::move(builder).finish(f.build(builder.argument(Kind::f32)));
    constexpr uint64_t half = uint64_t{1} << 31;
    Worst positive[2], negative[2];
    std::thread other([&] { measure(f, function, half, 2 * half, negative); });
    measure(f, function, 0, half, positive);
    other.join();
    for (int fused = 0; fused < 2; fused++) {
      const Worst& worst = positive[fused].ulp >= negative[fused].ulp ? positive[fused] : negative[fused];
      uint64_t wrong = positive[fused].wrong + negative[fused].wrong;
      std::printf("| %s | %s | %.4f | %.9g | %08x | %llu |\n", f.name, fused ? "FMA" : "no FMA", worst.ulp,
                  static_cast<double>(std::bit_cast<float>(worst.argument)), worst.argument, static_cast<unsigned long long>(wrong));
      good = good && wrong == 0 && worst.ulp <= 2;
    }
    std::fflush(stdout);
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace graphc::scalar

int main(int argc, char** argv) { return graphc::scalar::run(argc, argv); }
