// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of scalar.h over the machine operations. Polynomials are minimax fits (Remez) with their coefficients
// rounded to f32 from the lowest on; each says its interval and the error of the fit, `scalar_exhaustive` measures the whole.
//
// Two habits. A compare with NaN is false, so a clamp is written `select(bound < x, bound, x)`: NaN stays, and x86 has one
// instruction for it. And adding 1.5 * 2^23 rounds to an integer that then stands in the low bits of the sum; with 127 more it
// is already biased, so that a shift by 23 makes the power of two.
#include <initializer_list>
#include <iterator>
#include <limits>

#include "ir/scalar.h"

namespace graphc::scalar {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr double log2_e = 1.44269504088896340736, ln_2 = 0.693147180559945309417;
constexpr double ln_2_high = 0.693359375;  // 355/512: exact times any exponent
constexpr double round_biased = 12582912 + 127;
constexpr int32_t sign_bit = INT32_MIN;

Value number(Value like, double value) { return like.builder->f32(static_cast<float>(value)); }
Value integer(Value like, int32_t value) { return like.builder->i32(value); }

Value at_most(Value x, double bound) {
  Value b = number(x, bound);
  return select(b < x, b, x);
}
Value at_least(Value x, double bound) {
  Value b = number(x, bound);
  return select(x < b, b, x);
}

// c[0] + x c[1] + x^2 c[2] + ... by Horner's rule.
Value polynomial(Value x, std::initializer_list<double> c) {
  auto next = std::rbegin(c);
  Value sum = number(x, *next);
  while (++next != std::rend(c)) sum = fma(sum, x, number(x, *next));
  return sum;
}

// x with its sign bit set where that of `sign` is set; for results that are not negative, and NaN.
Value with_sign_of(Value x, Value sign) { return from_bits(bits(x) | (bits(sign) & integer(x, sign_bit))); }

Value minus_abs(Value x) { return from_bits(bits(x) | integer(x, sign_bit)); }

// 2^n, where `shifted` = n + round_biased and n is inside -126..127.
Value power_of_two(Value shifted) { return from_bits(shl(bits(shifted), 23)); }

// (e^r - 1 - r) / r^2 on |r| <= ln(2)/2, relative to e^r - 1: 4.4e-10.
Value expm1_tail(Value r) {
  return polynomial(r, {0.5, 0.166666657, 0.0416664928, 0.00833354332, 0.00139323808, 0.000197644142});
}

}  // namespace

Value abs(Value x) { return from_bits(bits(x) & integer(x, INT32_MAX)); }
Value copysign(Value magnitude, Value sign) { return with_sign_of(abs(magnitude), sign); }

// At 2^23 and above every float is an integer; below, adding it rounds.
Value round(Value x) {
  Value a = abs(x);
  Value rounded = (a + 8388608.0) - 8388608.0;
  return select(a < 8388608.0, with_sign_of(rounded, x), x);
}

Value floor(Value x) {
  Value r = round(x);
  return select(x < r, r - 1.0, r);
}

Value max(Value a, Value b) { return select(is_nan(a), a, select(b < a, a, b)); }
Value min(Value a, Value b) { return select(is_nan(a), a, select(a < b, a, b)); }
Value sign(Value x) { return select(x < 0.0, number(x, -1), select(x > 0.0, number(x, 1), x)); }
Value truth(Value p) { return select(p, p.builder->i32(1), p.builder->i32(0)); }
Value is_true(Value i) { return !equal(i, integer(i, 0)); }

Value truncate_to_int(Value x) {
  Value top = number(x, 2147483520.0);  // the largest float below 2^31
  Value inside = select(x < top, x, top);  // NaN becomes the top
  Value result = to_int(at_least(inside, -2147483648.0));
  result = select(x < 2147483648.0, result, integer(x, INT32_MAX));
  return select(is_nan(x), integer(x, 0), result);
}

// e^x = 2^n e^r with n = round(x / ln(2)) and Cody-Waite reduction: n times the first part of ln(2) is exact. 2^n is applied as
// two factors, because it need not be a float itself: the second product overflows, or rounds to a subnormal, by itself.
// x is inside [-104, 89] or NaN.
static Value exp_reduced(Value x) {
  constexpr double bias = 12582912 + 2 * 127;
  Value shifted = fma(x, number(x, log2_e), number(x, bias));
  Value n = shifted - bias;
  Value r = fma(n, number(x, -ln_2_high), x);
  r = fma(n, number(x, ln_2_high - ln_2), r);
  // (e^r - 1) / r on |r| <= ln(2)/2, relative to e^r: 3.2e-9.
  Value q = polynomial(r, {1, 0.49999994, 0.166665211, 0.0416682884, 0.00836871564, 0.0013819033});
  Value power = bits(shifted), half = lshr(power, 1);
  return fma(q, r, number(x, 1)) * from_bits(shl(half, 23)) * from_bits(shl(power - half, 23));
}

Value exp(Value x) { return exp_reduced(at_least(at_most(x, 89.0), -104.0)); }

// 2^n (e^r - 1) + (2^n - 1), both halved because 2^128 is not a float.
Value expm1(Value x) {
  Value y = at_least(at_most(x, 89.0), -20.0);
  Value shifted = fma(y, number(x, log2_e), number(x, round_biased - 1));
  Value n = shifted - (round_biased - 1);
  Value r = fma(n, number(x, -ln_2_high), y);
  r = fma(n, number(x, ln_2_high - ln_2), r);
  Value p = fma(r * r, expm1_tail(r), r);
  Value half = power_of_two(shifted);
  Value result = fma(half, p, half - 0.5);
  result = result + result;
  // Keeps -0, and subnormals, whose half may not be a float.
  return select(abs(x) < 1e-8, x, result);
}

// log(1 + f) = f + f^2 q on sqrt(1/2) - 1 <= f <= sqrt(2) - 1, relative: 3.0e-8.
static Value log1p_reduced(Value f) {
  Value q = polynomial(f, {-0.499999911, 0.333339483, -0.250017822, 0.199621454, -0.165701345, 0.14917092, -0.143090665,
                           0.0873825476});
  return fma(f * f, q, f);
}

constexpr int32_t sqrt_half_bits = 0x3f3504f3;

Value log(Value x) {
  Value tiny = x < 1.17549435e-38;
  Value y = select(tiny, x * 16777216.0, x);
  Value k = bits(y) - select(tiny, integer(x, sqrt_half_bits + (24 << 23)), integer(x, sqrt_half_bits));
  Value n = to_float(ashr(k, 23));
  Value f = from_bits((k & integer(x, 0x7fffff)) + integer(x, sqrt_half_bits)) - 1.0;
  Value result = fma(n, number(x, ln_2), log1p_reduced(f));
  Value outside = select(x < 0.0, number(x, std::numeric_limits<float>::quiet_NaN()), number(x, -infinity));
  result = select(x > 0.0, result, outside);
  return select(x < infinity, result, x);
}

// 1 + x = 2^n (1 + f): f = 2^-n x + (2^-n - 1), so that nothing of x is lost. 4 * 2^-n is a normal float for every n.
Value log1p(Value x) {
  Value u = x + 1.0;
  Value k = bits(u) - integer(x, sqrt_half_bits);
  Value n = to_float(ashr(k, 23));
  Value scale = from_bits(integer(x, 0x40800000) - (k & integer(x, ~0x7fffff)));
  Value f = fma(x * 0.25, scale, fma(scale, number(x, 0.25), number(x, -1)));
  Value result = fma(n, number(x, ln_2), log1p_reduced(f));
  Value outside = select(x < -1.0, number(x, std::numeric_limits<float>::quiet_NaN()), number(x, -infinity));
  result = select(x > -1.0, result, outside);
  result = select(x < infinity, result, x);
  return select(abs(x) < 1e-8, x, result);
}

// -em / (em + 2) with em = expm1(-2|x|): numerator and denominator are each rounded once.
Value tanh(Value x) {
  Value y = at_least(minus_abs(x), -10.0);
  y = y + y;
  Value shifted = fma(y, number(x, log2_e), number(x, round_biased));
  Value n = shifted - round_biased;
  Value r = fma(n, number(x, -ln_2), y);
  Value p = fma(r * r, expm1_tail(r), r);
  Value scale = power_of_two(shifted);
  Value numerator = fma(-p, scale, 1.0 - scale);
  Value denominator = fma(p, scale, 1.0 + scale);
  return with_sign_of(numerator / denominator, x);
}

// With e = exp(-|x|) and w = e / (1 + e): w = e - e w for negative x, 1 - w for the others. The errors of w count little in
// both, where e / (1 + e) would add those of exp, sum and quotient.
Value sigmoid(Value x) {
  Value e = exp_reduced(at_least(minus_abs(x), -104.0));
  Value w = e / (e + 1.0);
  Value whole = select(x < 0.0, e, number(x, 1));
  return fma(-w, whole, whole);
}

// Near 0 an odd polynomial, beyond it one minus the complement as a power of two, which needs no range reduction by ln(2).
Value erf(Value x) {
  Value t = at_most(abs(x), 3.95);
  Value s = t * t;
  // erf(t) / t - 1 over t^2 on 0 <= t <= 0.96875, relative to erf(t) / t: 2.8e-8.
  Value near = polynomial(s, {0.128379136, -0.376124084, 0.112809464, -0.0267360229, 0.00494975923, -0.000577712781});
  near = fma(near, t, t);
  // 1 - 2^z with z = log2(erfc(t)) on 0.96875 <= t <= 4, relative to erf(t): 2.7e-9. From 3.92 on the result is 1.
  Value z = t * polynomial(t, {-1.62807548, -0.917236149, -0.151745841, 0.032950528, -0.00461578835, 0.000306023925});
  constexpr double negative = round_biased + 256;  // with one bit more the power of two has its sign bit set
  Value shifted = z + negative;
  Value r = z - (shifted - negative);
  // (2^r - 1) / r on |r| <= 1/2, relative to 2^r: 9.3e-8, where at most 0.17 of it counts.
  Value q = polynomial(r, {0.693147004, 0.240222469, 0.0555071086, 0.00967129227, 0.00132695376});
  Value far = fma(fma(q, r, number(x, 1)), power_of_two(shifted), number(x, 1));
  return with_sign_of(select(t < 0.96875, near, far), x);
}

Value rsqrt(Value x) { return 1.0 / sqrt(x); }

}  // namespace graphc::scalar
