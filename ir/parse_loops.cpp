// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/parse_loops_reader.h"

#include <fmt/format.h>

#include "ir/parse_table.h"

namespace graphc {

using namespace loops;

static constexpr size_t most_buffers = 4096;

Kernel KernelReader::read() {
  t_.expect("kernel");
  if (t_.peek().kind == Token::string) k_.name = t_.next().text;
  open();
  while (t_.accept("buffer")) buffer();
  t_.expect("variables");
  k_.variables = uint32_t(integer("the number of variables", 0, 32));
  t_.expect("results");
  k_.results = uint32_t(integer("the number of results", 0, 32));
  t_.end_of_line();
  if (t_.accept("tasks")) {
    over(k_.task_variable, k_.task_extent);
    t_.expect("by");
    k_.task_chunk = integer("the steps of a task", 1, INT64_MAX);
    t_.end_of_line();
  }
  while (is_id('e')) expr();
  k_.body = block(0);
  return std::move(k_);
}

int64_t KernelReader::integer(const char* what, int64_t low, int64_t high) {
  Token at = t_.peek();
  int64_t value = t_.integer(what);
  if (value < low || value > high) t_.fail(at, fmt::format("{} must lie in {}..{}, got {}", what, low, high, value));
  return value;
}

void KernelReader::open() {
  t_.expect("{");
  t_.end_of_line();
}

void KernelReader::line() {
  if (room_ == 0) t_.fail(t_.peek(), fmt::format("more than {} expressions and statements", most_loop_lines));
  room_--;
}

bool KernelReader::is_id(char letter) const {
  const Token& token = t_.peek();
  return token.kind == Token::word && token.text.size() > 1 && token.text[0] == letter && token.text[1] >= '0' && token.text[1] <= '9';
}

// b3, e3, i3, r3: a number below `count`.
uint32_t KernelReader::id(char letter, size_t count, const char* what) {
  Token token = t_.peek();
  uint64_t number = 0;
  bool fits = is_id(letter) && token.text.size() <= 9;
  for (char c : token.text.substr(fits ? 1 : token.text.size())) fits = fits && c >= '0' && c <= '9', number = number * 10 + uint64_t(c - '0');
  if (!fits) t_.fail_wanted(what);
  if (number >= count) {
    bool is_expr = letter == 'e';
    t_.fail(token, token.text + (is_expr ? " is not defined above" : " is out of range"),
            {is_expr ? "expressions are numbered from e0 in their order" : fmt::format("the kernel declares {} of them", count)});
  }
  t_.next();
  return uint32_t(number);
}

// The next one in order.
void KernelReader::next_id(char letter, size_t count, const char* what) {
  Token at = t_.peek();
  if (id(letter, SIZE_MAX, what) != count) t_.fail(at, fmt::format("expected {}{}, got {}", letter, count, at.text), {"numbers go up by one"});
}

Dim KernelReader::extent() {
  Dim dim{1, true};
  if (t_.accept("batch")) return dim;
  dim = integer("a size or batch", 0, int64_t{1} << 32);
  if (t_.accept("*")) t_.expect("batch"), dim.is_batch = true;
  return dim;
}

void KernelReader::over(uint32_t& v, Dim& dim) {
  v = variable();
  t_.expect("in");
  dim = extent();
}

// SUM of: 3, 2 i0, i0, 10 e5 below 20
Index KernelReader::index() {
  Index index;
  bool is_offset_given = false;
  do {
    Token at = t_.peek();
    bool counted = !is_id('i');
    int64_t amount = counted ? t_.integer("a term of an index: 3, i0, 2 i0 or 10 e5 below 20") : 1;
    // The next line may begin with e7.
    bool more = t_.on_same_line() || !counted;
    if (more && is_id('i')) {
      uint32_t v = variable();
      if (index.along(v)) t_.fail(at, fmt::format("i{} stands in the index twice", v), {"add the two up"});
      if (amount == 0) t_.fail(at, "a stride of 0", {"leave the term out"});
      index.add(v, amount);
    } else if (more && is_id('e')) {
      if (index.dynamic != no_expr) t_.fail(at, "an index has one computed part");
      index.dynamic = expr_id();
      index.dynamic_stride = amount;
      t_.expect("below");
      index.dynamic_limit = integer("the limit of a computed row", 1, INT32_MAX);
    } else {
      if (is_offset_given) t_.fail(at, "an index has one offset");
      is_offset_given = true;
      index.offset = amount;
    }
  } while (t_.peek().is("+") && t_.on_same_line() && t_.accept("+"));
  return index;
}

Index KernelReader::place() {
  t_.expect("[");
  Index i = index();
  t_.expect("]");
  return i;
}

void KernelReader::buffer() {
  if (k_.buffers.size() == most_buffers) t_.fail(t_.peek(), fmt::format("more than {} buffers", most_buffers));
  next_id('b', k_.buffers.size(), "a buffer such as b0");
  t_.expect(":");
  DType dtype = read_dtype(t_);
  k_.buffers.push_back({dtype, t_.accept("written")});
  t_.end_of_line();
}

void KernelReader::expr() {
  line();
  next_id('e', k_.exprs.size(), "an expression such as e0");
  t_.expect(":");
  Type type{read_dtype(t_), {}};
  Token shape_at = t_.peek();
  if (shape_at.is("[")) type.shape = read_shape(t_);
  t_.expect("=");
  Token op = t_.word("load, constant, position, rows, result or an op");
  Expr e{.kind = Expr::apply, .dtype = type.dtype};
  if (op.text == "constant") {
    e.kind = Expr::constant, e.value = t_.number("a number");
  } else if (op.text == "load") {
    e.kind = Expr::load, e.id = buffer_id(), e.index = place();
  } else if (op.text == "position") {
    e.kind = Expr::position, e.index = index();
  } else if (op.text == "rows") {
    e.kind = Expr::rows;
  } else if (op.text == "result") {
    e.kind = Expr::result, e.id = result();
  } else {
    apply(e, type, op);
  }
  if (e.kind != Expr::apply && type.shape.rank()) t_.fail(shape_at, op.text + " is one number", {"leave the shape out"});
  t_.end_of_line();
  k_.exprs.push_back(std::move(e));
}

void KernelReader::apply(Expr& e, const Type& type, const Token& at) {
  auto op = find_op(at.text);
  if (!op || !def(*op).lower) {
    std::vector<std::string> names{"load", "constant", "position", "rows", "result"};
    for (const OpDef* d : all_ops())
      if (d->lower) names.push_back(d->name);
    t_.fail(at, "no expression named " + at.text.substr(0, 40), did_you_mean(at.text, names));
  }
  if (is_id('e') && t_.on_same_line()) {
    do {
      if (e.arguments.size() == 16) t_.fail(t_.peek(), "more than 16 arguments");
      e.arguments.push_back(expr_id());
    } while (t_.accept(","));
  }
  e.node = {*op, type, {}, read_attributes(t_, def(*op), at, type)};
}

Kernel read_kernel(Tokens& t, size_t& room) {
  Token at = t.peek();
  Kernel k = KernelReader(t, room).read();
  try {
    verify(k);
  } catch (const InternalError& error) {
    t.fail(at, error.what());
  }
  return k;
}

void read_form(const std::string& text, const std::string& file, const char* form, const std::function<void(Tokens&)>& read) {
  try {
    Tokens t(text, file);
    Token at = t.peek();
    if (!t.accept(form)) t.fail(at, fmt::format("expected {} 1 in the first line", form), {"it names the text form and its version"});
    at = t.peek();
    if (t.integer("a version") != 1) t.fail(at, "version " + at.text + " is not known", {"this graphc reads version 1"});
    t.end_of_line();
    read(t);
  } catch (const CompileError& error) {
    throw CompileError(error.diagnostics(), text);
  }
}

std::vector<Kernel> parse_kernels(const std::string& text, const std::string& file) {
  std::vector<Kernel> kernels;
  size_t room = most_loop_lines;
  read_form(text, file, "graphc.loops", [&](Tokens& t) {
    while (t.peek().kind != Token::end) {
      kernels.push_back(read_kernel(t, room));
      t.end_of_line();
    }
  });
  return kernels;
}

Kernel parse_kernel(const std::string& text, const std::string& file) {
  auto kernels = parse_kernels(text, file);
  if (kernels.size() != 1) throw CompileError(Diagnostic{{file, 1, 1}, fmt::format("expected one kernel, got {}", kernels.size()), {}});
  return std::move(kernels[0]);
}

}  // namespace graphc
