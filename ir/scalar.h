// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar functions as data: expressions over a handful of machine operations, written once.
// Codegen emits them on vectors, the f32 evaluator interprets them on blocks: the same bits (DESIGN 6).
// No fast-math, no libm, no branches. A u8 of the graph is an i32 in 0..255 here; a truth value that leaves an expression is 0 or 1.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace graphc::scalar {

enum class Kind : uint8_t { f32, i32, pred };

enum class Opcode : uint8_t {
  argument,  // imm: which
  constant,  // imm: the bits
  // f32
  add, sub, mul, div, sqrt,  // IEEE, round to nearest even
  fma,                       // one rounding; on targets without FMA multiply, then add
  lt, le, eq,                // ordered compares: false where an operand is NaN -> pred
  // i32, wrapping; shifts by 0..31
  iadd, isub, imul, iand, ior, ixor, shl, lshr, ashr,
  umulhi,    // high half of the unsigned product
  ilt, ieq,  // signed compare -> pred
  // pred
  pand, por, pnot,
  select,  // pred, a, b: a where true
  // conversions
  bits,      // f32 -> its bits
  from_bits, // i32 -> the f32 with these bits
  to_int,    // f32 -> i32, towards zero; the expression must keep the operand inside i32
  to_float,  // i32 -> nearest f32
};

struct Instruction {
  Opcode op;
  Kind kind;                        // of the result
  std::array<uint32_t, 3> operand;  // smaller indices into Function::code
  uint32_t imm = 0;
};

int operand_count(Opcode op);

// A pure function of up to sixteen arguments with one result; `code` is in SSA order and hash-consed.
struct Function {
  std::vector<Kind> arguments;
  std::vector<Instruction> code;
  uint32_t result = 0;
};

class Builder;

// A value inside a Function under construction. Operators build instructions of the operand's kind.
struct Value {
  Builder* builder = nullptr;
  uint32_t id = 0;
  Kind kind() const;
};

class Builder {
 public:
  Value argument(Kind kind);  // in order
  Value f32(float value);
  Value i32(int32_t value);
  Value emit(Opcode op, Kind kind, std::initializer_list<Value> operands, uint32_t imm = 0);
  Function finish(Value result) &&;
  const Instruction& at(uint32_t id) const { return function_.code[id]; }

 private:
  Function function_;
};

// f32 (or i32 for + - * where noted) arithmetic; both operands of one kind. A plain number takes the other operand's kind.
Value operator+(Value a, Value b);
Value operator-(Value a, Value b);
Value operator*(Value a, Value b);
Value operator/(Value a, Value b);  // f32 only
Value operator-(Value a);           // f32: flips the sign bit, also of NaN; i32: 0 - a
Value operator+(Value a, double b);
Value operator-(Value a, double b);
Value operator*(Value a, double b);
Value operator/(Value a, double b);
Value operator+(double a, Value b);
Value operator-(double a, Value b);
Value operator*(double a, Value b);
Value operator/(double a, Value b);
Value operator<(Value a, Value b);
Value operator<=(Value a, Value b);
Value operator>(Value a, Value b);
Value operator>=(Value a, Value b);
Value operator<(Value a, double b);
Value operator<=(Value a, double b);
Value operator>(Value a, double b);
Value operator>=(Value a, double b);
Value equal(Value a, Value b);      // ordered
Value operator&(Value a, Value b);  // i32, pred
Value operator|(Value a, Value b);
Value operator^(Value a, Value b);  // i32
Value operator!(Value p);
Value shl(Value a, int amount);
Value lshr(Value a, int amount);
Value ashr(Value a, int amount);
Value umulhi(Value a, Value b);
Value bits(Value x);
Value from_bits(Value i);
Value to_int(Value x);
Value to_float(Value i);
Value select(Value p, Value a, Value b);
Value fma(Value a, Value b, Value c);
Value sqrt(Value x);
Value is_nan(Value x);

// Functions over all floats, special values as IEEE asks; the bound is the largest error over all 2^32 arguments.
Value abs(Value x);
Value copysign(Value magnitude, Value sign);
Value round(Value x);    // to nearest even, keeps the sign of zero
Value floor(Value x);
Value max(Value a, Value b);  // NaN where an operand is NaN; where equal, b. max(constant, x) is the cheap order
Value min(Value a, Value b);
Value exp(Value x);      // 2 ulp
Value expm1(Value x);    // 2 ulp
Value log(Value x);      // 2 ulp
Value log1p(Value x);    // 2 ulp
Value tanh(Value x);     // 2 ulp, in [-1, 1]
Value sigmoid(Value x);  // 2 ulp, in [0, 1]
Value erf(Value x);      // 2 ulp, in [-1, 1]
Value rsqrt(Value x);    // 2 ulp
Value sign(Value x);     // -1, x (zeros and NaN), 1
Value truncate_to_int(Value x);  // f32 -> i32 towards zero; saturates; NaN gives 0
Value truth(Value p);    // pred -> i32 0 or 1
Value is_true(Value i);  // i32 -> pred, i != 0

// Interprets `function` on `count` elements. arguments[a] and result hold 32-bit patterns (f32 or i32; pred as 0 or 1).
// `fused`: the class of targets with FMA.
void evaluate(const Function& function, std::span<const uint32_t* const> arguments, uint32_t* result, size_t count, bool fused);

}  // namespace graphc::scalar
