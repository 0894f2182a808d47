// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fmt/format.h>

#include "ir/parse_loops_reader.h"
#include "ir/parse_table.h"

namespace graphc {

using namespace loops;

static constexpr int deepest_loop = 32;  // as many as a kernel has variables

// Behind its opening brace.
Block KernelReader::block(int depth) {
  Block all;
  while (!t_.accept("}")) {
    all.push_back(statement(depth));
    t_.end_of_line();
  }
  return all;
}

Block KernelReader::body(int depth) {
  if (depth == deepest_loop) t_.fail(t_.peek(), fmt::format("loops are nested more than {} deep", deepest_loop));
  open();
  return block(depth + 1);
}

Statement KernelReader::statement(int depth) {
  line();
  Statement s{.kind = Statement::loop};
  if (t_.peek().is("loop") || t_.peek().is("vector")) {
    if (t_.next().text == "vector") s.kind = Statement::vector;
    over(s.variable, s.extent);
    s.body = body(depth);
  } else if (t_.accept("transpose")) {
    s.kind = Statement::transpose;
    over(s.variable, s.extent);
    t_.expect(",");
    over(s.n_variable, s.n_extent);
    t_.expect(":");
    store(s);
  } else if (is_id('b')) {
    s.kind = Statement::store;
    store(s);
  } else if (is_id('r')) {
    s.result = result();
    t_.expect("=");
    if (t_.accept("contract"))
      contract(s, depth);
    else
      reduce(s);
  } else {
    t_.fail_wanted("a statement: loop, vector, transpose, b0[..] = e0, r0 = ..");
  }
  return s;
}

void KernelReader::store(Statement& s) {
  s.buffer = buffer_id();
  s.index = place();
  Token at = t_.peek();
  if (t_.accept("+")) {
    if (s.kind == Statement::transpose) t_.fail(at, "a transpose does not add");
    s.kind = Statement::add;
  }
  t_.expect("=");
  s.value = expr_id();
}

void KernelReader::reduce(Statement& s) {
  s.kind = Statement::reduce;
  t_.expect("reduce");
  Token op = t_.word("a reduction");
  auto found = find_op(op.text);
  if (!found || (*found != Op::contract && !def(*found).reduction)) {
    std::vector<std::string> names{"contract"};
    for (const OpDef* d : all_ops())
      if (d->reduction) names.push_back(d->name);
    t_.fail(op, "no reduction named " + op.text.substr(0, 40), did_you_mean(op.text, names));
  }
  s.op = *found;
  s.lanes = t_.accept("lanes");
  if (!s.lanes) t_.expect("blocks");
  over(s.variable, s.extent);
  t_.expect("of");
  s.value = expr_id();
  if (t_.accept("*")) s.other = expr_id();
}

void KernelReader::contract(Statement& s, int depth) {
  s.kind = Statement::contract;
  over(s.variable, s.extent);
  t_.expect(",");
  over(s.n_variable, s.n_extent);
  t_.expect(",");
  t_.expect("sum");
  over(s.k_variable, s.k_extent);
  t_.expect("of");
  s.value = expr_id();
  t_.expect("*");
  s.other = expr_id();
  t_.expect("tile");
  s.tile_m = int(integer("the rows of a tile", 1, 1024));
  t_.expect("x");
  s.tile_n = int(integer("the columns of a tile", 1, 1024));
  if (t_.accept("panel")) s.panel = integer("the steps of a panel", 1, 1024);
  if (t_.accept("rows")) s.row_block = integer("the rows that go through all columns", 1, int64_t{1} << 32);
  if (t_.accept("sums")) s.sums = buffer_id();
  s.turned = t_.accept("turned");
  s.interleave = t_.accept("interleave");
  if (t_.accept("fetch")) {
    for (auto [word, bit] : {std::pair{"a", fetch_a}, {"b", fetch_b}, {"body", fetch_body}})
      if (t_.accept(word)) s.fetch |= bit;
    if (!s.fetch) t_.fail_wanted("what to fetch: a, b, body");
  }
  s.body = body(depth);
}

}  // namespace graphc
