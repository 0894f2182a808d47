// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "ir/error.h"

namespace graphc::scalar {
namespace {

constexpr uint32_t sign_bit = 0x80000000u;

float as_float(uint32_t bits) { return std::bit_cast<float>(bits); }
uint32_t as_bits(float value) { return std::bit_cast<uint32_t>(value); }

constexpr Opcode commutative[] = {Opcode::add, Opcode::mul,  Opcode::eq,     Opcode::iadd, Opcode::imul, Opcode::iand,
                                  Opcode::ior, Opcode::ixor, Opcode::umulhi, Opcode::ieq,  Opcode::pand, Opcode::por};

// Constants that leave every value of the other operand as it is; `left`: on the left too. x + 0 is not among them: -0 + 0 = 0.
constexpr struct {
  Opcode op;
  uint32_t constant;
  bool left;
} neutral[] = {
    {Opcode::mul, 0x3f800000, true}, {Opcode::div, 0x3f800000, false}, {Opcode::add, sign_bit, true}, {Opcode::sub, 0, false},
    {Opcode::iadd, 0, true},         {Opcode::isub, 0, false},         {Opcode::imul, 1, true},       {Opcode::iand, ~0u, true},
    {Opcode::ior, 0, true},          {Opcode::ixor, 0, true},          {Opcode::shl, 0, false},       {Opcode::lshr, 0, false},
    {Opcode::ashr, 0, false},        {Opcode::pand, 1, true},          {Opcode::por, 0, true},
};

bool is_commutative(Opcode op) { return std::ranges::find(commutative, op) != std::end(commutative); }

bool is_neutral(Opcode op, uint32_t constant, bool on_the_left) {
  return std::ranges::any_of(neutral, [&](auto& n) { return n.op == op && n.constant == constant && (n.left || !on_the_left); });
}

[[noreturn]] void misuse(const char* message) { throw InternalError(std::string("scalar: ") + message); }

Value constant_like(Value other, double number) {
  if (other.kind() == Kind::f32) return other.builder->f32(static_cast<float>(number));
  if (other.kind() == Kind::i32) return other.builder->i32(static_cast<int32_t>(static_cast<int64_t>(number)));
  misuse("a number beside a pred");
}

Value binary(Opcode f32_op, Opcode i32_op, Value a, Value b) {
  if (a.kind() != b.kind() || a.kind() == Kind::pred) misuse("arithmetic needs two operands of one kind");
  return a.kind() == Kind::f32 ? a.builder->emit(f32_op, Kind::f32, {a, b}) : a.builder->emit(i32_op, Kind::i32, {a, b});
}

Value logical(Opcode i32_op, Opcode pred_op, Value a, Value b) {
  if (a.kind() != b.kind() || a.kind() == Kind::f32) misuse("bit operations need two i32 or two pred");
  return a.builder->emit(a.kind() == Kind::i32 ? i32_op : pred_op, a.kind(), {a, b});
}

Value shift(Opcode op, Value a, int amount) {
  if (amount < 0 || amount > 31) misuse("shift outside 0..31");
  return a.builder->emit(op, Kind::i32, {a, a.builder->i32(amount)});
}

}  // namespace

Kind Value::kind() const { return builder->at(id).kind; }

Value Builder::argument(Kind kind) {
  if (function_.arguments.size() == 16) misuse("more than sixteen arguments");
  function_.arguments.push_back(kind);
  return emit(Opcode::argument, kind, {}, static_cast<uint32_t>(function_.arguments.size() - 1));
}

Value Builder::f32(float value) { return emit(Opcode::constant, Kind::f32, {}, as_bits(value)); }
Value Builder::i32(int32_t value) { return emit(Opcode::constant, Kind::i32, {}, static_cast<uint32_t>(value)); }

Value Builder::emit(Opcode op, Kind kind, std::initializer_list<Value> operands, uint32_t imm) {
  Instruction made{op, kind, {0, 0, 0}, imm};
  size_t n = 0;
  bool all_constant = operands.size() > 0;
  for (Value operand : operands) {
    if (operand.builder != this) misuse("operand of another builder");
    made.operand[n++] = operand.id;
    all_constant = all_constant && at(operand.id).op == Opcode::constant;
  }
  auto constant = [&](size_t i) { return at(made.operand[i]).op == Opcode::constant; };
  auto imm_of = [&](size_t i) { return at(made.operand[i]).imm; };
  auto value = [&](uint32_t id) { return Value{this, id}; };

  if (all_constant) {
    // Folding asks the interpreter, so it cannot disagree with it. What the two classes of targets round differently, or
    // is NaN (payloads differ between machines), stays an instruction.
    Function single;
    for (size_t i = 0; i < n; i++) single.code.push_back(at(made.operand[i]));
    single.code.push_back(made);
    for (size_t i = 0; i < n; i++) single.code.back().operand[i] = static_cast<uint32_t>(i);
    single.result = static_cast<uint32_t>(n);
    uint32_t fused = 0, unfused = 0;
    evaluate(single, {}, &fused, 1, true);
    evaluate(single, {}, &unfused, 1, false);
    if (fused == unfused && !(kind == Kind::f32 && std::isnan(as_float(fused)))) return emit(Opcode::constant, kind, {}, fused);
  } else if (n == 2) {
    if (constant(1) && is_neutral(op, imm_of(1), false)) return value(made.operand[0]);
    if (constant(0) && is_neutral(op, imm_of(0), true)) return value(made.operand[1]);
    if (is_commutative(op) && made.operand[0] > made.operand[1]) std::swap(made.operand[0], made.operand[1]);
  } else if (op == Opcode::select) {
    if (made.operand[1] == made.operand[2]) return value(made.operand[1]);
    if (constant(0)) return value(made.operand[imm_of(0) ? 1 : 2]);
  } else if (op == Opcode::fma) {
    if (made.operand[0] > made.operand[1]) std::swap(made.operand[0], made.operand[1]);
  } else if (n == 1) {
    const Instruction& inner = at(made.operand[0]);
    bool undone = (op == Opcode::bits && inner.op == Opcode::from_bits) ||
                  (op == Opcode::from_bits && inner.op == Opcode::bits) || (op == Opcode::pnot && inner.op == Opcode::pnot);
    if (undone) return value(inner.operand[0]);
  }

  // Hash-consing. Functions have tens of instructions, so a look at all of them is cheaper than keeping a table.
  auto same = [&](const Instruction& other) {
    return other.op == made.op && other.kind == made.kind && other.operand == made.operand && other.imm == made.imm;
  };
  auto found = std::find_if(function_.code.begin(), function_.code.end(), same);
  if (found != function_.code.end()) return value(static_cast<uint32_t>(found - function_.code.begin()));
  function_.code.push_back(made);
  return value(static_cast<uint32_t>(function_.code.size() - 1));
}

Function Builder::finish(Value result) && {
  // Drop what the result does not need: folding and hash-consing leave loose ends.
  std::vector<bool> needed(function_.code.size(), false);
  needed[result.id] = true;
  for (size_t i = function_.code.size(); i-- > 0;)
    if (needed[i])
      for (int k = 0; k < operand_count(function_.code[i].op); k++) needed[function_.code[i].operand[k]] = true;
  Function function;
  function.arguments = std::move(function_.arguments);
  std::vector<uint32_t> renamed(function_.code.size(), 0);
  for (size_t i = 0; i < function_.code.size(); i++) {
    if (!needed[i]) continue;
    Instruction instruction = function_.code[i];
    for (int k = 0; k < operand_count(instruction.op); k++) instruction.operand[k] = renamed[instruction.operand[k]];
    renamed[i] = static_cast<uint32_t>(function.code.size());
    function.code.push_back(instruction);
  }
  function.result = renamed[result.id];
  return function;
}

int operand_count(Opcode op) {
  if (op <= Opcode::constant) return 0;
  if (op == Opcode::fma || op == Opcode::select) return 3;
  return op == Opcode::sqrt || op == Opcode::pnot || op >= Opcode::bits ? 1 : 2;
}

Value operator+(Value a, Value b) { return binary(Opcode::add, Opcode::iadd, a, b); }
Value operator-(Value a, Value b) { return binary(Opcode::sub, Opcode::isub, a, b); }
Value operator*(Value a, Value b) { return binary(Opcode::mul, Opcode::imul, a, b); }
Value operator/(Value a, Value b) {
  if (a.kind() != Kind::f32 || b.kind() != Kind::f32) misuse("/ is for f32");
  return a.builder->emit(Opcode::div, Kind::f32, {a, b});
}
Value operator-(Value a) {
  if (a.kind() == Kind::i32) return a.builder->i32(0) - a;
  return from_bits(bits(a) ^ a.builder->i32(INT32_MIN));
}
Value operator+(Value a, double b) { return a + constant_like(a, b); }
Value operator-(Value a, double b) { return a - constant_like(a, b); }
Value operator*(Value a, double b) { return a * constant_like(a, b); }
Value operator/(Value a, double b) { return a / constant_like(a, b); }
Value operator+(double a, Value b) { return constant_like(b, a) + b; }
Value operator-(double a, Value b) { return constant_like(b, a) - b; }
Value operator*(double a, Value b) { return constant_like(b, a) * b; }
Value operator/(double a, Value b) { return constant_like(b, a) / b; }

Value operator<(Value a, Value b) {
  if (a.kind() != b.kind() || a.kind() == Kind::pred) misuse("a compare needs two operands of one kind");
  return a.builder->emit(a.kind() == Kind::f32 ? Opcode::lt : Opcode::ilt, Kind::pred, {a, b});
}
Value operator<=(Value a, Value b) {
  if (a.kind() == Kind::i32) return !(b < a);
  return a.builder->emit(Opcode::le, Kind::pred, {a, b});
}
Value operator>(Value a, Value b) { return b < a; }
Value operator>=(Value a, Value b) { return b <= a; }
Value operator<(Value a, double b) { return a < constant_like(a, b); }
Value operator<=(Value a, double b) { return a <= constant_like(a, b); }
Value operator>(Value a, double b) { return constant_like(a, b) < a; }
Value operator>=(Value a, double b) { return constant_like(a, b) <= a; }
Value equal(Value a, Value b) {
  if (a.kind() != b.kind() || a.kind() == Kind::pred) misuse("equal needs two operands of one kind");
  return a.builder->emit(a.kind() == Kind::f32 ? Opcode::eq : Opcode::ieq, Kind::pred, {a, b});
}

Value operator&(Value a, Value b) { return logical(Opcode::iand, Opcode::pand, a, b); }
Value operator|(Value a, Value b) { return logical(Opcode::ior, Opcode::por, a, b); }
Value operator^(Value a, Value b) {
  if (a.kind() != Kind::i32 || b.kind() != Kind::i32) misuse("^ is for i32");
  return a.builder->emit(Opcode::ixor, Kind::i32, {a, b});
}
Value operator!(Value p) { return p.builder->emit(Opcode::pnot, Kind::pred, {p}); }
Value shl(Value a, int amount) { return shift(Opcode::shl, a, amount); }
Value lshr(Value a, int amount) { return shift(Opcode::lshr, a, amount); }
Value ashr(Value a, int amount) { return shift(Opcode::ashr, a, amount); }
Value umulhi(Value a, Value b) { return a.builder->emit(Opcode::umulhi, Kind::i32, {a, b}); }
Value bits(Value x) { return x.builder->emit(Opcode::bits, Kind::i32, {x}); }
Value from_bits(Value i) { return i.builder->emit(Opcode::from_bits, Kind::f32, {i}); }
Value to_int(Value x) { return x.builder->emit(Opcode::to_int, Kind::i32, {x}); }
Value to_float(Value i) { return i.builder->emit(Opcode::to_float, Kind::f32, {i}); }
Value select(Value p, Value a, Value b) {
  if (p.kind() != Kind::pred || a.kind() != b.kind()) misuse("select needs a pred and two values of one kind");
  return a.builder->emit(Opcode::select, a.kind(), {p, a, b});
}
Value fma(Value a, Value b, Value c) { return a.builder->emit(Opcode::fma, Kind::f32, {a, b, c}); }
Value sqrt(Value x) { return x.builder->emit(Opcode::sqrt, Kind::f32, {x}); }
Value is_nan(Value x) { return !equal(x, x); }

// ---- the interpreter: one instruction after the other, each over a block of elements ----

namespace {

constexpr size_t block = 256;

struct Step {
  Opcode op;
  uint32_t* out;
  const uint32_t *a, *b, *c;
};

// A pred is all ones or all zeros inside a block, so that select and logic are bit operations.
// The loops have a constant count and no aliases, so the compiler makes vectors of them.
#define GRAPHC_EACH(expression)                                               \
  {                                                                           \
    for (size_t i = 0; i < block; i++) {                                      \
      const uint32_t x = a[i], y = b[i];                                      \
      const float fx = std::bit_cast<float>(x), fy = std::bit_cast<float>(y); \
      (void)x, (void)y, (void)fx, (void)fy;                                   \
      out[i] = std::bit_cast<uint32_t>(expression);                           \
    }                                                                         \
    break;                                                                    \
  }

// clang-format off
[[gnu::always_inline]] inline void run_step(const Step& step) {
  uint32_t* __restrict out = step.out;
  const uint32_t *__restrict a = step.a, *__restrict b = step.b, *__restrict c = step.c;
  switch (step.op) {
    case Opcode::argument: case Opcode::constant: break;
    case Opcode::add: GRAPHC_EACH(fx + fy)
    case Opcode::sub: GRAPHC_EACH(fx - fy)
    case Opcode::mul: GRAPHC_EACH(fx * fy)
    case Opcode::div: GRAPHC_EACH(fx / fy)
    case Opcode::sqrt: GRAPHC_EACH(std::sqrt(fx))
    case Opcode::fma: GRAPHC_EACH(std::fma(fx, fy, std::bit_cast<float>(c[i])))
    case Opcode::lt: GRAPHC_EACH(fx < fy ? ~0u : 0u)
    case Opcode::le: GRAPHC_EACH(fx <= fy ? ~0u : 0u)
    case Opcode::eq: GRAPHC_EACH(fx == fy ? ~0u : 0u)
    case Opcode::iadd: GRAPHC_EACH(x + y)
    case Opcode::isub: GRAPHC_EACH(x - y)
    case Opcode::imul: GRAPHC_EACH(x * y)
    case Opcode::iand: case Opcode::pand: GRAPHC_EACH(x & y)
    case Opcode::ior: case Opcode::por: GRAPHC_EACH(x | y)
    case Opcode::ixor: GRAPHC_EACH(x ^ y)
    case Opcode::shl: GRAPHC_EACH(x << (y & 31))
    case Opcode::lshr: GRAPHC_EACH(x >> (y & 31))
    case Opcode::ashr: GRAPHC_EACH(static_cast<int32_t>(x) >> (y & 31))
    case Opcode::umulhi: GRAPHC_EACH(static_cast<uint32_t>((static_cast<uint64_t>(x) * y) >> 32))
    case Opcode::ilt: GRAPHC_EACH(static_cast<int32_t>(x) < static_cast<int32_t>(y) ? ~0u : 0u)
    case Opcode::ieq: GRAPHC_EACH(x == y ? ~0u : 0u)
    case Opcode::pnot: GRAPHC_EACH(~x)
    case Opcode::select: GRAPHC_EACH((x & y) | (~x & c[i]))
    case Opcode::bits: case Opcode::from_bits: GRAPHC_EACH(x)
    case Opcode::to_int: GRAPHC_EACH(static_cast<int32_t>(fx))
    case Opcode::to_float: GRAPHC_EACH(static_cast<float>(static_cast<int32_t>(x)))
  }
}
// clang-format on
#undef GRAPHC_EACH

void run_portable(std::span<const Step> steps) {
  for (const Step& step : steps) run_step(step);
}

// Without the target attribute std::fma is a call of libm for each element. Only FMA comes from here: the build's
// -ffp-contract=off keeps a multiplication and an addition two roundings.
#if defined(__x86_64__) && !defined(__FMA__)
[[gnu::target("avx2,fma")]] void run_avx2(std::span<const Step> steps) {
  for (const Step& step : steps) run_step(step);
}
[[gnu::target("avx512f,avx512dq,avx512vl,avx512bw,fma")]] void run_avx512(std::span<const Step> steps) {
  for (const Step& step : steps) run_step(step);
}
const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
const auto run_fma = has_avx512 ? run_avx512 : run_avx2;
const bool has_fma = __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#else
constexpr auto run_fma = run_portable;
constexpr bool has_fma = true;
#endif

// Gives a Function's values places in a few blocks, which stay in the first-level cache.
class Interpreter {
 public:
  Interpreter(const Function& function, bool fused) : function_(function) {
    const auto& code = function.code;
    std::vector<uint32_t> last_use(code.size(), 0), free;
    for (uint32_t i = 0; i < code.size(); i++)
      for (int k = 0; k < operand_count(code[i].op); k++) last_use[code[i].operand[k]] = i;
    last_use[function.result] = static_cast<uint32_t>(code.size());
    uint32_t slots = 0;
    std::vector<uint32_t> slot(code.size());
    auto take = [&] {
      if (free.empty()) return slots++;
      uint32_t taken = free.back();
      free.pop_back();
      return taken;
    };
    struct Placed {
      Opcode op;
      uint32_t out, a, b, c;
    };
    std::vector<Placed> placed;
    // Constants keep their blocks for the whole run; so do arguments, which are filled before the first step.
    for (uint32_t i = 0; i < code.size(); i++)
      if (operand_count(code[i].op) == 0) slot[i] = slots++, last_use[i] = ~0u;
    for (uint32_t i = 0; i < code.size(); i++) {
      const Instruction& instruction = code[i];
      int operands = operand_count(instruction.op);
      if (operands == 0) continue;
      auto operand = [&](int k) { return slot[instruction.operand[k < operands ? k : 0]]; };
      slot[i] = take();  // before the operands are given back: a step must not overwrite what it reads
      if (instruction.op == Opcode::fma && !fused) {
        uint32_t product = take();
        placed.push_back({Opcode::mul, product, operand(0), operand(1), operand(0)});
        placed.push_back({Opcode::add, slot[i], product, operand(2), product});
        free.push_back(product);
      } else {
        placed.push_back({instruction.op, slot[i], operand(0), operand(1), operand(2)});
      }
      for (int k = 0; k < operands; k++) {
        uint32_t id = instruction.operand[k];
        if (last_use[id] == i) free.push_back(slot[id]), last_use[id] = ~0u;
      }
    }
    memory_.resize(slots * block);
    auto at = [&](uint32_t index) { return memory_.data() + index * block; };
    for (const Placed& p : placed) steps_.push_back({p.op, at(p.out), at(p.a), at(p.b), at(p.c)});
    for (uint32_t i = 0; i < code.size(); i++) {
      if (code[i].op == Opcode::argument) arguments_.push_back({at(slot[i]), code[i].imm});
      if (code[i].op == Opcode::constant) std::fill_n(at(slot[i]), block, inside(code[i].kind, code[i].imm));
    }
    result_ = at(slot[function.result]);
    fma_ = fused && has_fma;
  }

  void run(std::span<const uint32_t* const> arguments, uint32_t* result, size_t count) {
    for (size_t begin = 0; begin < count; begin += block) {
      size_t n = std::min(block, count - begin);
      for (auto [to, index] : arguments_) {
        const uint32_t* from = arguments[index] + begin;
        Kind kind = function_.arguments[index];
        for (size_t i = 0; i < n; i++) to[i] = inside(kind, from[i]);
      }
      fma_ ? run_fma(steps_) : run_portable(steps_);
      bool is_pred = function_.code[function_.result].kind == Kind::pred;
      for (size_t i = 0; i < n; i++) result[begin + i] = is_pred ? result_[i] & 1u : result_[i];
    }
  }

 private:
  struct Argument {
    uint32_t* to;
    uint32_t index;
  };
  static uint32_t inside(Kind kind, uint32_t bits) { return kind == Kind::pred ? 0u - (bits & 1u) : bits; }

  const Function& function_;
  std::vector<uint32_t> memory_;
  std::vector<Step> steps_;
  std::vector<Argument> arguments_;
  const uint32_t* result_ = nullptr;
  bool fma_ = false;
};

}  // namespace

void evaluate(const Function& function, std::span<const uint32_t* const> arguments, uint32_t* result, size_t count, bool fused) {
  Interpreter(function, fused).run(arguments, result, count);
}

}  // namespace graphc::scalar
