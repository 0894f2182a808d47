// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/kernel_emitter.h"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "compiler/codegen/expression.h"

namespace graphc {

using namespace loops;
using llvm::Value;

KernelEmitter::KernelEmitter(llvm::Module& module, const Kernel& kernel, const Target& target, int64_t max_rows, const std::string& name)
    : builder_(std::make_shared<llvm::IRBuilder<>>(module.getContext())), b_(*builder_), k_(kernel), target_(target), max_rows_(max_rows),
      module_(module), name_(name) {
  integer_ = b_.getIntNTy(unsigned(target.pointer_bytes) * 8);
  for (ExprId e = 0; e < kernel.exprs.size(); e++) {
    dependences_.push_back(dependences(kernel, e));
    const Expr& x = kernel.exprs[e];
    bool written = x.kind == Expr::load && kernel.buffers[x.id].written;
    for (ExprId a : x.arguments) written |= reads_written_[a];
    if (x.index.dynamic != no_expr) written |= reads_written_[x.index.dynamic];
    reads_written_.push_back(written);
  }
}

// A function of the kernel's buffers, the rows and more.
void KernelEmitter::begin(std::vector<llvm::Type*> extra, const std::string& name) {
  auto& context = module_.getContext();
  std::vector<llvm::Type*> types(k_.buffers.size(), llvm::PointerType::getUnqual(context));
  types.push_back(b_.getInt32Ty());
  types.insert(types.end(), extra.begin(), extra.end());
  function_ = llvm::Function::Create(llvm::FunctionType::get(b_.getVoidTy(), types, false), llvm::Function::InternalLinkage, name, module_);
  function_->addFnAttr(llvm::Attribute::NoUnwind);
  function_->addFnAttr(llvm::Attribute::NoInline);
  for (uint32_t i = 0; i < k_.buffers.size(); i++) {
    function_->addParamAttr(i, llvm::Attribute::NoAlias);  // the plan never passes overlapping buffers of which one is written
    if (!k_.buffers[i].written) function_->addParamAttr(i, llvm::Attribute::ReadOnly);
    buffers_.push_back(function_->getArg(i));
  }
  entry_ = llvm::BasicBlock::Create(context, "entry", function_);
  auto body = llvm::BasicBlock::Create(context, "body", function_);
  b_.SetInsertPoint(body);
  rows_ = function_->getArg(unsigned(k_.buffers.size()));
  wide_rows_ = b_.CreateZExtOrTrunc(rows_, integer_, "rows");
  variables_.assign(k_.variables, integer(0));
  results_.resize(k_.results);
  result_varies_.assign(k_.results, false);
  known_.emplace_back();
}

llvm::Function* KernelEmitter::run() {
  begin({b_.getInt32Ty()}, name_);
  task_ = function_->getArg(unsigned(k_.buffers.size() + 1));
  block(k_.body);
  b_.CreateRetVoid();
  b_.SetInsertPoint(entry_);
  b_.CreateBr(&*std::next(function_->begin()));
  return function_;
}

Value* KernelEmitter::integer(int64_t value) { return llvm::ConstantInt::get(integer_, uint64_t(value), true); }

Value* KernelEmitter::extent(Dim dim) {
  if (!dim.is_batch) return integer(dim.size);
  return dim.size == 1 ? wide_rows_ : b_.CreateMul(wide_rows_, integer(dim.size), "", true, true);
}

// Without the dynamic part.
Value* KernelEmitter::element_index(const Index& index, const std::vector<Value*>& variables) {
  Value* sum = nullptr;
  int64_t constant = index.offset;
  for (uint32_t v = 0; v < index.stride.size(); v++) {
    if (!index.stride[v]) continue;
    if (auto c = llvm::dyn_cast<llvm::ConstantInt>(variables[v])) {
      constant += c->getSExtValue() * index.stride[v];
      continue;
    }
    Value* term = index.stride[v] == 1 ? variables[v] : b_.CreateMul(variables[v], integer(index.stride[v]), "", true, true);
    sum = sum ? b_.CreateAdd(sum, term, "", true, true) : term;
  }
  if (!sum) return integer(constant);
  return constant ? b_.CreateAdd(sum, integer(constant), "", true, true) : sum;
}

llvm::Type* KernelEmitter::element_type(DType dtype) {
  return dtype == DType::f32 ? b_.getFloatTy() : dtype == DType::i32 ? (llvm::Type*)b_.getInt32Ty() : b_.getInt8Ty();
}

Value* KernelEmitter::address(uint32_t buffer, Value* index) {
  return b_.CreateInBoundsGEP(element_type(k_.buffers[buffer].dtype), buffers_[buffer], index);
}

static int width_of(Value* v) {
  auto t = llvm::dyn_cast<llvm::FixedVectorType>(v->getType());
  return t ? int(t->getNumElements()) : 1;
}

Value* KernelEmitter::widen(DType dtype, Value* loaded) {
  return dtype == DType::u8 ? b_.CreateZExt(loaded, vector_of(b_.getInt32Ty(), width_of(loaded))) : loaded;
}
Value* KernelEmitter::narrow(DType dtype, Value* value) {
  return dtype == DType::u8 ? b_.CreateTrunc(value, vector_of(b_.getInt8Ty(), width_of(value))) : value;
}

bool KernelEmitter::varies(ExprId e) const {
  if (vector_variable_ < 0) return false;
  uint64_t bits = dependences_[e];
  if (bits >> vector_variable_ & 1) return true;
  for (uint32_t r = 0; r < k_.results; r++)
    if ((bits >> (32 + r) & 1) && result_varies_[r]) return true;
  return false;
}

Value* KernelEmitter::find_known(ExprId e, int chunk) const {
  auto g = group_.find({e, chunk});
  if (g != group_.end()) return g->second;
  for (size_t level = known_.size(); level-- > 0;) {
    auto it = known_[level].find({e, chunk});
    if (it != known_[level].end()) return it->second;
  }
  return nullptr;
}

void KernelEmitter::remember(ExprId e, int chunk, Value* value) {
  if (reads_written_[e]) group_[{e, chunk}] = value;
  else known_.back()[{e, chunk}] = value;
}

Value* KernelEmitter::scalar(ExprId e) {
  if (Value* v = find_known(e, -1)) return v;
  Value* v = compute_scalar(e);
  remember(e, -1, v);
  return v;
}

// The index of a row that came from data, as an integer of address width.
Value* KernelEmitter::dynamic_row(const Index& index, Value* row, bool clamp) {
  if (clamp) {
    row = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, row, b_.getInt32(0));
    row = b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, row, b_.getInt32(uint32_t(index.dynamic_limit - 1)));
  }
  return b_.CreateMul(b_.CreateSExtOrTrunc(row, integer_), integer(index.dynamic_stride));
}

Value* KernelEmitter::compute_scalar(ExprId id) {
  const Expr& e = k_.exprs[id];
  switch (e.kind) {
    case Expr::constant:
      if (e.dtype == DType::f32) return llvm::ConstantFP::get(b_.getContext(), llvm::APFloat(float(e.value)));
      return b_.getInt32(uint32_t(int32_t(e.value)));
    case Expr::load: {
      Value* index = element_index(e.index, variables_);
      if (e.index.dynamic != no_expr) index = b_.CreateAdd(index, dynamic_row(e.index, scalar(e.index.dynamic), true));
      return widen(e.dtype, b_.CreateAlignedLoad(element_type(e.dtype), address(e.id, index), llvm::Align(uint64_t(bytes(e.dtype)))));
    }
    case Expr::position: return b_.CreateZExtOrTrunc(element_index(e.index, variables_), b_.getInt32Ty());
    case Expr::rows: return rows_;
    case Expr::result: return results_[e.id].at(0);
    case Expr::apply: {
      std::vector<Value*> arguments;
      for (ExprId a : e.arguments) arguments.push_back(scalar(a));
      return apply(id, std::move(arguments), 1);
    }
  }
  throw InternalError("codegen: unknown expression");
}

Value* KernelEmitter::apply(ExprId id, std::vector<Value*> arguments, int width) {
  auto it = functions_.find(id);
  if (it == functions_.end()) {
    const Expr& e = k_.exprs[id];
    scalar::Builder builder;
    std::vector<scalar::Value> formal;
    for (ExprId a : e.arguments) formal.push_back(builder.argument(k_.exprs[a].dtype == DType::f32 ? scalar::Kind::f32 : scalar::Kind::i32));
    scalar::Value result = e.node.def().lower(builder, formal, e.node);
    it = functions_.emplace(id, std::move(builder).finish(result)).first;
  }
  return emit_function(b_, target_, it->second, arguments, width);
}

Value* KernelEmitter::vector(ExprId id, size_t chunk) {
  const Chunk& c = chunks_[chunk];
  if (Value* v = find_known(id, int(chunk))) return v;
  const Expr& e = k_.exprs[id];
  Value* v = nullptr;
  if (!varies(id)) {
    v = splat(b_, scalar(id), c.width);
  } else if (e.kind == Expr::load) {
    v = load_vector(e, chunk);
  } else if (e.kind == Expr::position) {
    std::vector<Value*> at = variables_;
    at[size_t(vector_variable_)] = c.base;
    Value* first = b_.CreateZExtOrTrunc(element_index(e.index, at), b_.getInt32Ty());
    v = splat(b_, first, c.width);
    if (c.width > 1) {
      std::vector<llvm::Constant*> steps;
      for (int l = 0; l < c.width; l++) steps.push_back(b_.getInt32(uint32_t(l * e.index.along(uint32_t(vector_variable_)))));
      v = b_.CreateAdd(v, llvm::ConstantVector::get(steps));
    }
  } else if (e.kind == Expr::result) {
    v = results_[e.id].at(chunk);
  } else {
    std::vector<Value*> arguments;
    for (ExprId a : e.arguments) arguments.push_back(vector(a, chunk));
    v = apply(id, std::move(arguments), c.width);
  }
  remember(id, int(chunk), v);
  return v;
}

Value* KernelEmitter::load_vector(const Expr& e, size_t chunk) {
  const Chunk& c = chunks_[chunk];
  std::vector<Value*> at = variables_;
  at[size_t(vector_variable_)] = c.base;
  Value* first = element_index(e.index, at);
  int64_t stride = e.index.along(uint32_t(vector_variable_));
  bool rows_vary = e.index.dynamic != no_expr && varies(e.index.dynamic);
  if (e.index.dynamic != no_expr && !rows_vary) first = b_.CreateAdd(first, dynamic_row(e.index, scalar(e.index.dynamic), true));
  llvm::Type* element = element_type(e.dtype);
  llvm::Align align(uint64_t(bytes(e.dtype)));
  if (c.width == 1 && rows_vary) first = b_.CreateAdd(first, dynamic_row(e.index, vector(e.index.dynamic, chunk), true));
  if (c.width == 1) return widen(e.dtype, b_.CreateAlignedLoad(element, address(e.id, first), align));
  llvm::Type* type = vector_of(element, c.width);
  if (stride == 1 && !rows_vary) {
    if (c.active == c.width) return widen(e.dtype, b_.CreateAlignedLoad(type, address(e.id, first), align));
    return widen(e.dtype, b_.CreateMaskedLoad(type, address(e.id, first), align, first_lanes(b_, c.width, c.active), llvm::Constant::getNullValue(type)));
  }
  Value* rows = rows_vary ? vector(e.index.dynamic, chunk) : nullptr;
  Value* result = llvm::Constant::getNullValue(type);
  for (int l = 0; l < c.active; l++) {
    Value* index = b_.CreateAdd(first, integer(l * stride));
    if (rows) index = b_.CreateAdd(index, dynamic_row(e.index, b_.CreateExtractElement(rows, uint64_t(l)), true));
    result = b_.CreateInsertElement(result, b_.CreateAlignedLoad(element, address(e.id, index), align), uint64_t(l));
  }
  return widen(e.dtype, result);
}

// Everything under `e` that does not depend on `inner` is emitted here, before the loop.
void KernelEmitter::hoist_expr(ExprId id, uint64_t inner) {
  const Expr& e = k_.exprs[id];
  if (e.kind == Expr::constant || e.kind == Expr::rows) return;
  if (!(dependences_[id] & inner) && !reads_written_[id]) {
    if (!varies(id)) scalar(id);
    else
      for (size_t c = 0; c < chunks_.size(); c++) vector(id, c);
    return;
  }
  for (ExprId a : e.arguments) hoist_expr(a, inner);
  if (e.index.dynamic != no_expr) hoist_expr(e.index.dynamic, inner);
}

static void defined_in(const Block& block, uint64_t& bits) {
  for (const Statement& s : block) {
    if (s.kind == Statement::loop || s.kind == Statement::vector || s.kind == Statement::reduce || s.kind == Statement::contract) bits |= uint64_t{1} << s.variable;
    if (s.kind == Statement::transpose) bits |= uint64_t{1} << s.variable | uint64_t{1} << s.n_variable;
    if (s.kind == Statement::contract) bits |= uint64_t{1} << s.n_variable | uint64_t{1} << s.k_variable;
    if (s.kind == Statement::reduce || s.kind == Statement::contract) bits |= uint64_t{1} << (32 + s.result);
    defined_in(s.body, bits);
  }
}

void KernelEmitter::hoist(const Block& block, uint32_t variable) {
  uint64_t inner = uint64_t{1} << variable;
  defined_in(block, inner);
  std::function<void(const Block&)> visit = [&](const Block& statements) {
    for (const Statement& s : statements) {
      if (s.value != no_expr) hoist_expr(s.value, inner);
      if (s.other != no_expr) hoist_expr(s.other, inner);
      if (s.index.dynamic != no_expr) hoist_expr(s.index.dynamic, inner);
      visit(s.body);
    }
  };
  visit(block);
}

}  // namespace graphc
