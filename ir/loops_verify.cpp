// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What codegen relies on. A scope is a set of bits: the variables of the loops around, and above them the results known.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "ir/loops.h"

namespace graphc::loops {

namespace {

constexpr int64_t most_elements = int64_t{1} << 40;  // in strides and offsets
constexpr int64_t most_panel = 32768;  // floats: it lies on the stack

uint64_t bit(uint32_t variable) { return uint64_t{1} << variable; }
uint64_t result_bit(uint32_t result) { return uint64_t{1} << (32 + result); }

class Verifier {
 public:
  Verifier(const Kernel& k, int64_t max_rows) : k_(k), max_rows_(max_rows) {}

  void run() {
    need(k_.variables <= most_variables && k_.results <= most_variables, "more than 32 variables or results");
    results_.resize(k_.results);
    declare(k_.body, 0);
    statement_ = nullptr;
    for (expr_ = 0; expr_ < k_.exprs.size(); expr_++) expr(expr_);
    if (k_.task_chunk) tasks();
    block(k_.body, 0, false);
    in_place();
  }

 private:
  // Formats only where it fails.
  template <class... Arguments> void need(bool condition, fmt::format_string<Arguments...> what, Arguments&&... arguments) const {
    if (!condition) throw InternalError(fmt::format("kernel {}: {}: {}", k_.name, line(), fmt::format(what, std::forward<Arguments>(arguments)...)));
  }

  std::string line() const {
    if (statement_) return statement_->kind <= Statement::contract && size_t(statement_->op) < all_ops().size() ? print_statement(*statement_) : "unknown statement";
    if (expr_ >= k_.exprs.size()) return "head";
    const Expr& e = k_.exprs[expr_];
    bool printable = e.kind < Expr::apply || (e.kind == Expr::apply && size_t(e.node.op) < all_ops().size());
    return fmt::format("e{}: {}", expr_, printable ? print_expr(e) : "unknown");
  }

  // Results by their statements: which there are, and of which type.
  void declare(const Block& statements, int depth) {
    need(depth <= int(most_variables), "loops are nested too deep");
    for (const Statement& s : statements) {
      if (s.kind == Statement::reduce || s.kind == Statement::contract) {
        statement_ = &s;
        need(s.result < k_.results, "there is no such result");
        need(!results_[s.result], "two statements give it");
        need(s.value < k_.exprs.size(), "its operand is no expression");
        results_[s.result] = k_.exprs[s.value].dtype;
      }
      declare(s.body, depth + 1);
    }
  }

  void index(const Index& i, ExprId defined) const {
    need(i.stride.size() <= k_.variables, "the index has more strides than there are variables");
    auto fits = [](int64_t n) { return n <= most_elements && n >= -most_elements; };
    for (int64_t s : i.stride) need(fits(s), "a stride beyond 2^40");
    need(fits(i.offset), "an offset beyond 2^40");
    if (i.dynamic == no_expr) return;
    need(i.dynamic < defined, "e{} is not defined above", i.dynamic);
    need(k_.exprs[i.dynamic].dtype != DType::f32, "the computed row is no integer");
    need(i.dynamic_limit >= 1 && i.dynamic_limit <= INT32_MAX && fits(i.dynamic_stride), "the computed row has no limit");
  }

  void expr(ExprId id) {
    const Expr& e = k_.exprs[id];
    uint64_t bits = 0;
    switch (e.kind) {
      case Expr::constant: {
        double low = e.dtype == DType::i32 ? -2147483648.0 : 0, high = e.dtype == DType::i32 ? 2147483647.0 : 255;
        need(e.dtype == DType::f32 || (e.value >= low && e.value <= high && e.value == double(int64_t(e.value))), "the value does not fit its type");
        break;
      }
      case Expr::load:
        need(e.id < k_.buffers.size(), "there is no such buffer");
        need(e.dtype == k_.buffers[e.id].dtype, "the buffer has another type");
        break;
      case Expr::position: need(e.dtype == DType::i32 && e.index.dynamic == no_expr, "a position is an i32 without a computed part"); break;
      case Expr::rows: need(e.dtype == DType::i32, "rows is an i32"); break;
      case Expr::result:
        need(e.id < k_.results && results_[e.id], "no statement gives this result");
        need(e.dtype == *results_[e.id], "the result has another type");
        bits = result_bit(e.id);
        break;
      case Expr::apply: apply(id); break;
      default: need(false, "unknown kind");
    }
    if (e.kind == Expr::load || e.kind == Expr::position) {
      index(e.index, id);
      for (uint32_t v = 0; v < e.index.stride.size(); v++)
        if (e.index.stride[v]) bits |= bit(v);
      if (e.index.dynamic != no_expr) bits |= needs_[e.index.dynamic];
    }
    if (e.kind == Expr::apply)
      for (ExprId a : e.arguments) bits |= needs_[a];
    needs_.push_back(bits);
  }

  // As the op's own rule for a single element.
  void apply(ExprId id) const {
    const Expr& e = k_.exprs[id];
    need(size_t(e.node.op) < all_ops().size() && e.node.def().lower, "the op has no expression");
    const OpDef& op = e.node.def();
    need(e.node.attributes.size() == op.attributes.size(), "attributes are not those of the op");
    for (size_t i = 0; i < op.attributes.size(); i++)
      need(e.node.attributes[i].index() == op.attributes[i].kind, "{} is of another kind", op.attributes[i].name);
    need(e.dtype == e.node.type.dtype, "its type and its node's differ");
    // A source takes the element's index along each axis before its operands.
    size_t axes = op.op_class == OpClass::source ? size_t(e.node.type.shape.rank()) : 0;
    need(e.arguments.size() == axes + size_t(op.arity) && e.arguments.size() <= 16, "wrong number of arguments");
    InferContext context{e.node.attributes, {}, op.name};
    for (size_t i = 0; i < e.arguments.size(); i++) {
      need(e.arguments[i] < id, "e{} is not defined above", e.arguments[i]);
      DType dtype = k_.exprs[e.arguments[i]].dtype;
      need(i >= axes || dtype == DType::i32, "a position is no i32");
      if (i >= axes) context.operands.push_back({dtype, {}});
    }
    Type type;
    try {
      type = op.infer(context);
    } catch (const CompileError& error) {
      need(false, "{}", error.diagnostics()[0].message);
    }
    if (type != e.node.type) need(false, "its type should be {}", to_string(type));
  }

  // The one outermost nest leads to the task variable's loop, so that no task does another's work, and all stores move
  // with it.
  void tasks() {
    need(k_.task_chunk >= 1 && k_.task_variable < k_.variables, "no such variable, or no steps");
    const Block* at = &k_.body;
    auto splits = [&](const Statement& s) {
      if (s.kind == Statement::contract && s.n_variable == k_.task_variable) return true;
      return s.variable == k_.task_variable && s.kind != Statement::store && s.kind != Statement::add && s.kind != Statement::reduce;
    };
    while (at->size() == 1 && !splits(at->front()) && (at->front().kind == Statement::loop || at->front().kind == Statement::vector)) at = &at->front().body;
    need(at->size() == 1 && splits(at->front()), "i{} is no loop of the outermost nest", k_.task_variable);
    const Statement& split = at->front();
    bool over_columns = split.variable != k_.task_variable;
    need((over_columns ? split.n_extent : split.extent) == k_.task_extent, "the loop has another extent");
    split_ = k_.task_extent.is_batch || k_.task_extent.size > k_.task_chunk;
    need(!over_columns || !split_ || (k_.task_chunk % split.tile_n == 0 && !split.n_extent.is_batch), "a task's columns are no whole tiles");
  }

  void usable(ExprId e, uint64_t scope, const char* what) const {
    need(e < k_.exprs.size(), "{} is no expression", what);
    uint64_t missing = needs_[e] & ~scope;
    if (!missing) return;
    for (uint32_t v = 0; v < most_variables; v++) {
      need(!(missing & bit(v)), "{} needs i{}, which no loop around gives", what, v);
      need(!(missing & result_bit(v)), "{} needs r{}, which is not known here", what, v);
    }
  }

  // The scope with a loop's variable in it.
  uint64_t enter(uint64_t scope, uint32_t variable, Dim extent) const {
    need(variable < k_.variables, "there is no such variable");
    need(!(scope & bit(variable)), "i{} runs already", variable);
    need(extent.size >= 0 && extent.size <= int64_t{1} << 32, "the extent is out of range");
    return scope | bit(variable);
  }

  void block(const Block& statements, uint64_t scope, bool in_vector) {
    for (const Statement& s : statements) {
      statement_ = &s;
      switch (s.kind) {
        case Statement::loop:
        case Statement::vector:
          need(!in_vector, "a loop inside of a vector loop");
          block(s.body, enter(scope, s.variable, s.extent), s.kind == Statement::vector);
          break;
        case Statement::store:
          store(s, scope);
          need(s.index.dynamic == no_expr, "a store at a computed row");
          break;
        case Statement::add:
          need(!in_vector, "an add inside of a vector loop");
          need(s.index.dynamic != no_expr, "an add without a computed row");
          store(s, scope);
          need(k_.buffers[s.buffer].dtype == DType::f32, "adds f32 only");
          usable(s.index.dynamic, scope, "the row");
          break;
        case Statement::reduce: reduce(s, enter(scope, s.variable, s.extent), in_vector); break;
        case Statement::transpose: transpose(s, enter(enter(scope, s.variable, s.extent), s.n_variable, s.n_extent), in_vector); break;
        case Statement::contract: contract(s, scope, in_vector); break;
        default: need(false, "unknown kind");
      }
      if (s.kind == Statement::reduce) scope |= result_bit(s.result);
    }
  }

  void store(const Statement& s, uint64_t scope) {
    need(s.buffer < k_.buffers.size(), "there is no such buffer");
    need(k_.buffers[s.buffer].written, "b{} is not marked as written", s.buffer);
    index(s.index, ExprId(k_.exprs.size()));
    for (uint32_t v = 0; v < s.index.stride.size(); v++) need(!s.index.stride[v] || (scope & bit(v)), "the index needs i{}, which no loop around gives", v);
    need(!split_ || s.index.along(k_.task_variable), "every task writes the same element");
    usable(s.value, scope, "the value");
    need(k_.exprs[s.value].dtype == k_.buffers[s.buffer].dtype, "the value and the buffer differ in type");
    if (s.kind == Statement::store) stored_.insert(key(s.buffer, s.index));
  }

  void reduce(const Statement& s, uint64_t scope, bool in_vector) const {
    bool product = s.op == Op::contract;
    need(!(in_vector && s.lanes), "a reduction along lanes inside of a vector loop");
    need(product || (size_t(s.op) < all_ops().size() && def(s.op).reduction), "the op does not reduce");
    need(product == (s.other != no_expr), "a sum of products, and only it, has two operands");
    need(!product || s.lanes, "a sum of products is along lanes");
    usable(s.value, scope, "the value");
    need(k_.exprs[s.value].dtype != DType::u8, "reduces f32 or i32");
    if (!product) return;
    usable(s.other, scope, "the second operand");
    need(k_.exprs[s.value].dtype == DType::f32 && k_.exprs[s.other].dtype == DType::f32, "multiplies f32 only");
  }

  void transpose(const Statement& s, uint64_t scope, bool in_vector) {
    need(!in_vector, "a transpose inside of a vector loop");
    store(s, scope);
    need(s.index.dynamic == no_expr, "a store at a computed row");
    const Expr& e = k_.exprs[s.value];
    need(e.kind == Expr::load && e.dtype == DType::f32 && e.index.dynamic == no_expr && e.id != s.buffer, "moves plain loads of f32 to another buffer");
    need(e.index.along(s.variable) == 1, "the load is not contiguous along i{}", s.variable);
    need(s.index.along(s.n_variable) == 1, "the store is not contiguous along i{}", s.n_variable);
  }

  void contract(const Statement& s, uint64_t scope, bool in_vector) {
    need(!in_vector, "a contraction inside of a vector loop");
    // The shared epilogue is passed the variables below m.
    need(s.variable < most_variables && !(scope & ~(bit(s.variable) - 1) & 0xFFFFFFFF), "a loop around has a higher variable than the rows");
    uint64_t m = enter(scope, s.variable, s.extent), n = enter(scope, s.n_variable, s.n_extent);
    uint64_t both = enter(m, s.n_variable, s.n_extent), of_a = enter(m, s.k_variable, s.k_extent), of_b = enter(n, s.k_variable, s.k_extent);
    need(s.tile_m >= 1 && s.tile_n >= 1 && s.tile_m <= 1024 && s.tile_n <= 1024, "the tile is out of range");
    need(s.panel >= 0 && (!s.panel || (1024 % s.panel == 0 && s.panel * s.tile_n <= most_panel && !s.n_extent.is_batch)), "the panel is out of range");
    need(s.row_block >= 0 && s.row_block % s.tile_m == 0 && s.row_block <= int64_t{1} << 32, "the block of rows is no whole tiles");
    need(s.fetch <= (fetch_a | fetch_b | fetch_body), "unknown operands are fetched");
    need(!s.interleave || (s.panel && s.sums == no_buffer), "only a tile that begins with a panel, and ends with its sums, is interleaved");
    need(!s.panel || s.sums != no_buffer || one_block(s), "a panel holds one block, and the sums of several do not wait anywhere");
    if (s.turned) turned(s);
    if (s.sums != no_buffer) sums(s, scope);
    usable(s.value, of_a, "the first operand");
    usable(s.other, of_b, "the second operand");
    need(!s.panel || (k_.exprs[s.other].kind == Expr::load && k_.exprs[s.other].index.dynamic == no_expr), "only plain loads are copied to a panel");
    if (s.panel) need(k_.exprs[s.other].index.along(s.n_variable) == 1 || k_.exprs[s.other].index.along(s.k_variable) == 1, "what lies along neither the columns nor the sum has no panel");
    need(k_.exprs[s.value].dtype == DType::f32 && k_.exprs[s.other].dtype == DType::f32, "multiplies f32 only");
    for (const Statement& t : s.body) need(t.kind == Statement::store, "only stores follow a contraction's sum");
    block(s.body, both | result_bit(s.result), false);
  }

  bool one_block(const Statement& s) const { return s.k_extent.at(max_rows_) <= 1024; }

  void turned(const Statement& s) const {
    need(!s.panel && !s.row_block && s.sums == no_buffer && !s.interleave, "what is turned has no panel, no blocks and no sums that wait");
    need(!s.n_extent.is_batch && s.n_extent.size <= 64 && !s.extent.is_batch && one_block(s), "what is turned has few columns, known rows, and a single block");
    auto plain = [&](ExprId e) { return e < k_.exprs.size() && k_.exprs[e].kind == Expr::load && k_.exprs[e].index.dynamic == no_expr; };
    need(plain(s.value) && plain(s.other) && k_.exprs[s.value].index.along(s.variable) == 1, "the rows of what is turned do not lie side by side");
  }

  // Nobody else touches them: they are read before all of them are written.
  void sums(const Statement& s, uint64_t scope) const {
    need(s.sums < k_.buffers.size(), "there is no such buffer of sums");
    need(k_.buffers[s.sums].written && k_.buffers[s.sums].dtype == DType::f32, "the sums are no f32 that is written");
    need(!scope && !s.n_extent.is_batch, "sums wait where a contraction is the whole kernel, and its columns are known");
    for (const Expr& e : k_.exprs) need(e.kind != Expr::load || e.id != s.sums, "the sums are loaded");
    for (const Statement& t : s.body) need(t.buffer != s.sums, "the sums are stored");
  }

  using Key = std::tuple<uint32_t, int64_t, std::vector<int64_t>>;
  static Key key(uint32_t buffer, const Index& i) {
    std::vector<int64_t> stride = i.stride;
    while (!stride.empty() && !stride.back()) stride.pop_back();
    return {buffer, i.offset, std::move(stride)};
  }

  // What a kernel overwrites it reads at the very element that it stores, else one task would read another's.
  void in_place() {
    statement_ = nullptr;
    for (expr_ = 0; expr_ < k_.exprs.size(); expr_++) {
      const Expr& e = k_.exprs[expr_];
      if (e.kind != Expr::load || !k_.buffers[e.id].written) continue;
      need(e.index.dynamic == no_expr && stored_.count(key(e.id, e.index)), "reads another element of what the kernel overwrites");
    }
  }

  const Kernel& k_;
  int64_t max_rows_;
  const Statement* statement_ = nullptr;  // what is being checked; else the expression
  ExprId expr_ = no_expr;
  std::vector<std::optional<DType>> results_;
  std::vector<uint64_t> needs_;  // of each expression: variables and results
  std::set<Key> stored_;
  bool split_ = false;  // into several tasks
};

}  // namespace

void verify(const Kernel& kernel, int64_t max_rows) { Verifier(kernel, max_rows).run(); }

}  // namespace graphc::loops
