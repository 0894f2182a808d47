// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/expression.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Intrinsics.h>

#include <bit>

#include "ir/error.h"

namespace graphc {

llvm::Type* vector_of(llvm::Type* element, int width) {
  return width == 1 ? element : llvm::FixedVectorType::get(element, unsigned(width));
}

llvm::Value* splat(llvm::IRBuilderBase& b, llvm::Value* value, int width) {
  return width == 1 ? value : b.CreateVectorSplat(unsigned(width), value);
}

llvm::Value* first_lanes(llvm::IRBuilderBase& b, int width, int active) {
  std::vector<llvm::Constant*> lanes;
  for (int l = 0; l < width; l++) lanes.push_back(b.getInt1(l < active));
  return llvm::ConstantVector::get(lanes);
}

namespace {

using llvm::Value;
using scalar::Opcode;

bool is_splat_of(Value* v, uint64_t wanted) {
  auto c = llvm::dyn_cast<llvm::Constant>(v);
  if (!c) return false;
  if (c->getType()->isVectorTy()) c = c->getSplatValue();
  auto i = llvm::dyn_cast_or_null<llvm::ConstantInt>(c);
  return i && i->getZExtValue() == wanted;
}

// i == 0 where i is select(p, 1, 0): a truth value that an op stored as a number and the next one reads again.
Value* truth_behind(Value* i) {
  auto s = llvm::dyn_cast<llvm::SelectInst>(i);
  return s && is_splat_of(s->getTrueValue(), 1) && is_splat_of(s->getFalseValue(), 0) ? s->getCondition() : nullptr;
}

class Emission {
 public:
  Emission(llvm::IRBuilderBase& b, const Target& target, std::span<Value* const> arguments, int width)
      : b_(b), target_(target), arguments_(arguments), width_(width), f32_(vector_of(b.getFloatTy(), width)), i32_(vector_of(b.getInt32Ty(), width)) {}

  Value* run(const scalar::Function& f) {
    for (const scalar::Instruction& i : f.code) values_.push_back(emit(i));
    return values_[f.result];
  }

 private:
  Value* operand(const scalar::Instruction& i, int n) { return values_[i.operand[size_t(n)]]; }

  Value* emit(const scalar::Instruction& i) {
    auto x = [&](int n) { return operand(i, n); };
    switch (i.op) {
      case Opcode::argument: return arguments_[i.imm];
      case Opcode::constant: return constant(i);
      case Opcode::add: return b_.CreateFAdd(x(0), x(1));
      case Opcode::sub: return b_.CreateFSub(x(0), x(1));
      case Opcode::mul: return b_.CreateFMul(x(0), x(1));
      case Opcode::div: return b_.CreateFDiv(x(0), x(1));
      case Opcode::sqrt: return b_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, x(0));
      case Opcode::fma:
        if (!target_.fma) return b_.CreateFAdd(b_.CreateFMul(x(0), x(1)), x(2));
        return b_.CreateIntrinsic(llvm::Intrinsic::fma, {f32_}, {x(0), x(1), x(2)});
      case Opcode::lt: return b_.CreateFCmpOLT(x(0), x(1));
      case Opcode::le: return b_.CreateFCmpOLE(x(0), x(1));
      case Opcode::eq: return b_.CreateFCmpOEQ(x(0), x(1));
      case Opcode::iadd: return b_.CreateAdd(x(0), x(1));
      case Opcode::isub: return b_.CreateSub(x(0), x(1));
      case Opcode::imul: return b_.CreateMul(x(0), x(1));
      case Opcode::iand: return b_.CreateAnd(x(0), x(1));
      case Opcode::ior: return b_.CreateOr(x(0), x(1));
      case Opcode::ixor: return b_.CreateXor(x(0), x(1));
      case Opcode::shl: return b_.CreateShl(x(0), shift(x(1)));
      case Opcode::lshr: return b_.CreateLShr(x(0), shift(x(1)));
      case Opcode::ashr: return b_.CreateAShr(x(0), shift(x(1)));
      case Opcode::umulhi: {
        llvm::Type* i64 = vector_of(b_.getInt64Ty(), width_);
        Value* product = b_.CreateMul(b_.CreateZExt(x(0), i64), b_.CreateZExt(x(1), i64));
        return b_.CreateTrunc(b_.CreateLShr(product, llvm::ConstantInt::get(i64, 32)), i32_);
      }
      case Opcode::ilt: return b_.CreateICmpSLT(x(0), x(1));
      case Opcode::ieq:
        if (is_splat_of(x(1), 0))
          if (Value* p = truth_behind(x(0))) return b_.CreateNot(p);
        return b_.CreateICmpEQ(x(0), x(1));
      case Opcode::pand: return b_.CreateAnd(x(0), x(1));
      case Opcode::por: return b_.CreateOr(x(0), x(1));
      case Opcode::pnot: {
        auto inverse = llvm::dyn_cast<llvm::BinaryOperator>(x(0));
        if (inverse && inverse->getOpcode() == llvm::Instruction::Xor && llvm::isa<llvm::Constant>(inverse->getOperand(1)) &&
            llvm::cast<llvm::Constant>(inverse->getOperand(1))->isAllOnesValue())
          return inverse->getOperand(0);
        return b_.CreateNot(x(0));
      }
      case Opcode::select: return b_.CreateSelect(x(0), x(1), x(2));
      case Opcode::bits: return b_.CreateBitCast(x(0), i32_);
      case Opcode::from_bits: return b_.CreateBitCast(x(0), f32_);
      case Opcode::to_int: return b_.CreateFPToSI(x(0), i32_);
      case Opcode::to_float: return b_.CreateSIToFP(x(0), f32_);
    }
    throw InternalError("codegen: unknown scalar operation");
  }

  // Amounts lie in 0..31; said so that LLVM need not guard.
  Value* shift(Value* amount) {
    return llvm::isa<llvm::Constant>(amount) ? amount : b_.CreateAnd(amount, llvm::ConstantInt::get(i32_, 31));
  }

  Value* constant(const scalar::Instruction& i) {
    if (i.kind == scalar::Kind::f32) return splat(b_, llvm::ConstantFP::get(b_.getContext(), llvm::APFloat(std::bit_cast<float>(i.imm))), width_);
    if (i.kind == scalar::Kind::i32) return llvm::ConstantInt::get(i32_, i.imm);
    return llvm::ConstantInt::get(vector_of(b_.getInt1Ty(), width_), i.imm & 1);
  }

  llvm::IRBuilderBase& b_;
  const Target& target_;
  std::span<Value* const> arguments_;
  int width_;
  llvm::Type *f32_, *i32_;
  std::vector<Value*> values_;
};

}  // namespace

llvm::Value* emit_function(llvm::IRBuilderBase& b, const Target& target, const scalar::Function& function,
                           std::span<llvm::Value* const> arguments, int width) {
  return Emission(b, target, arguments, width).run(function);
}

}  // namespace graphc
