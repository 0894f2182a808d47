// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels broken by one small change each: the verifier says which line and why.
#include <doctest/doctest.h>

#include "ir/loops_reach.h"
#include "ir/parse_loops.h"

using namespace graphc;
using namespace graphc::loops;

static const char* const contraction = R"(graphc.loops 1
kernel "contract" {
  buffer b0: f32
  buffer b1: f32
  buffer b2: f32 written
  buffer b3: i32
  variables 4 results 1
  tasks i0 in batch by 4
  e0: f32 = load b0[8 i0 + i2]
  e1: f32 = load b1[10 i2 + i1]
  e2: f32 = result r0
  e3: f32 = load b2[10 i0 + i1]
  e4: f32 = sub e3, e2
  e5: i32 = load b3[i0]
  e6: f32 = load b1[i1 + 10 e5 below 8]
  e7: f32 = add e4, e6
  r0 = contract i0 in batch, i1 in 10, sum i2 in 8 of e0 * e1 tile 4 x 16 {
    b2[10 i0 + i1] = e7
  }
}
)";

static const char* const rows = R"(graphc.loops 1
kernel "rows" {
  buffer b0: f32
  buffer b1: f32 written
  buffer b2: f32 written
  variables 2 results 2
  tasks i0 in batch by 4
  e0: f32 = load b0[10 i0 + i1]
  e1: f32 = result r0
  e2: f32 = sub e0, e1
  e3: f32 = result r1
  loop i0 in batch {
    r0 = reduce reduce_max lanes i1 in 10 of e0
    r1 = reduce reduce_sum lanes i1 in 10 of e2
    vector i1 in 10 {
      b1[10 i0 + i1] = e2
    }
    b2[i0] = e3
  }
}
)";

static const char* const moves = R"(graphc.loops 1
kernel "moves" {
  buffer b0: f32
  buffer b1: f32 written
  buffer b2: f32 written
  buffer b3: u8
  variables 2 results 0
  e0: f32 = load b0[i0 + 6 i1]
  e1: u8 = load b3[i0]
  e2: f32 = constant 1
  e3: u8 = constant 1
  e4: u8 = equal e1, e3
  e5: f32 = select e4, e0, e2
  transpose i0 in 6, i1 in 5: b1[5 i0 + i1] = e0
  loop i0 in 6 {
    loop i1 in 5 {
      b2[i1 + 5 e1 below 7] += e5
    }
  }
}
)";

template <class Change> static void check_broken(const char* text, const std::string& expected, Change change) {
  Kernel k = parse_kernel(text, "whole");
  change(k);
  std::string error = "no error";
  try {
    verify(k);
  } catch (const InternalError& e) {
    error = e.what();
  }
  CHECK_MESSAGE(error.find(expected) != std::string::npos, "expected: ", expected, ", got: ", error);
  CHECK(error.find("kernel " + k.name + ": ") == 0);
}

TEST_CASE("expressions") {
  auto broken = [](const std::string& expected, auto change) { check_broken(contraction, expected, change); };
  broken("e0: f32 = load b9[8 i0 + i2]: there is no such buffer", [](Kernel& k) { k.exprs[0].id = 9; });
  broken("another type", [](Kernel& k) { k.exprs[0].dtype = DType::i32; });
  broken("another type", [](Kernel& k) { k.buffers[3].dtype = DType::f32; });
  broken("no statement gives", [](Kernel& k) { k.exprs[2].id = 7; });
  broken("e7 is not defined above", [](Kernel& k) { k.exprs[4].arguments[1] = 7; });
  broken("e6 is not defined above", [](Kernel& k) { k.exprs[6].index.dynamic = 6; });
  broken("no integer", [](Kernel& k) { k.exprs[6].index.dynamic = 4; });
  broken("no limit", [](Kernel& k) { k.exprs[6].index.dynamic_limit = 0; });
  broken("number of arguments", [](Kernel& k) { k.exprs[4].arguments.pop_back(); });
  broken("operands differ", [](Kernel& k) { k.exprs[7].arguments[1] = 5; });
  broken("its type should be f32", [](Kernel& k) { k.exprs[4].node.type.dtype = k.exprs[4].dtype = DType::i32; });
  broken("node's differ", [](Kernel& k) { k.exprs[4].dtype = DType::i32; });
  broken("no expression", [](Kernel& k) { k.exprs[4].node.op = Op::contract; });
  broken("attributes", [](Kernel& k) { k.exprs[4].node.attributes.resize(1); });
  broken("more strides", [](Kernel& k) { k.exprs[0].index.stride.resize(5); });
  broken("a stride beyond", [](Kernel& k) { k.exprs[0].index.stride[0] = INT64_MAX; });
  broken("an offset beyond", [](Kernel& k) { k.exprs[0].index.offset = INT64_MIN; });
  broken("more than 32", [](Kernel& k) { k.variables = 33; });
  broken("more than 32", [](Kernel& k) { k.results = 4000000000u; });
  broken("does not fit", [](Kernel& k) { k.exprs[5] = {.kind = Expr::constant, .dtype = DType::i32, .value = 0.5}; });
  broken("a position is an i32", [](Kernel& k) { k.exprs[3].kind = Expr::position; });
}

TEST_CASE("statements") {
  auto broken = [](const std::string& expected, auto change) { check_broken(contraction, expected, change); };
  broken("tile is out of range", [](Kernel& k) { k.body[0].tile_m = 0; });
  broken("tile is out of range", [](Kernel& k) { k.body[0].tile_n = 100000; });
  broken("panel is out of range", [](Kernel& k) { k.body[0].panel = 1024, k.body[0].tile_n = 64; });
  broken("panel is out of range", [](Kernel& k) { k.body[0].panel = 48; });
  broken("a panel holds one block", [](Kernel& k) { k.body[0].panel = 16, k.body[0].k_extent = 1025; });
  broken("no whole tiles", [](Kernel& k) { k.body[0].row_block = k.body[0].tile_m + 1; });
  broken("no such buffer of sums", [](Kernel& k) { k.body[0].sums = 40; });
  broken("the sums are no f32", [](Kernel& k) { k.body[0].sums = 0; });
  broken("the sums are", [](Kernel& k) { k.buffers[0].written = true, k.body[0].sums = 0; });
  broken("unknown operands", [](Kernel& k) { k.body[0].fetch = 8; });
  broken("no such result", [](Kernel& k) { k.body[0].result = 1; });
  broken("the first operand needs i1", [](Kernel& k) { k.body[0].value = 1; });
  broken("the second operand needs i0", [](Kernel& k) { k.body[0].other = 0; });
  broken("is no expression", [](Kernel& k) { k.body[0].other = no_expr; });
  broken("i0 runs already", [](Kernel& k) { k.body[0].n_variable = 0; });
  broken("i1 runs already", [](Kernel& k) { k.body[0].k_variable = 1; });
  broken("no such variable", [](Kernel& k) { k.body[0].k_variable = 4; });
  broken("extent is out of range", [](Kernel& k) { k.body[0].n_extent = -1; });
  broken("higher variable", [](Kernel& k) { k.task_chunk = 0, k.body = {{.kind = Statement::loop, .variable = 3, .extent = 2, .body = k.body}}; });
  broken("another extent", [](Kernel& k) { k.task_extent = 8; });
  broken("no loop of the outermost nest", [](Kernel& k) { k.task_variable = 2; });
  broken("another extent", [](Kernel& k) { k.task_variable = 1; });  // over columns, with the rows' extent
  broken("no loop of the outermost nest", [](Kernel& k) { k.body.push_back(k.body[0].body[0]); });
  broken("two statements give it", [](Kernel& k) { k.body.push_back(k.body[0]); });
  broken("not marked as written", [](Kernel& k) { k.buffers[2].written = false; });
  broken("another element", [](Kernel& k) { k.exprs[3].index.offset = 1; });
  broken("another element", [](Kernel& k) { k.buffers[0].written = true; });
  broken("differ in type", [](Kernel& k) { k.body[0].body[0].value = 5; });
  broken("every task writes", [](Kernel& k) { k.body[0].body[0].index.stride[0] = 0; });
  broken("only stores", [](Kernel& k) { k.body[0].body[0].kind = Statement::add; });
  broken("computed row", [](Kernel& k) { k.body[0].body[0].index.dynamic = 5, k.body[0].body[0].index.dynamic_limit = 3; });
}

TEST_CASE("scopes") {
  auto broken = [](const std::string& expected, auto change) { check_broken(rows, expected, change); };
  auto body = [](Kernel& k) -> Block& { return k.body[0].body; };
  broken("needs r0, which is not known", [&](Kernel& k) { std::swap(body(k)[0], body(k)[1]); });
  broken("needs r0", [&](Kernel& k) { std::swap(body(k)[0], body(k)[2]); });
  broken("needs i1", [&](Kernel& k) { body(k)[3].value = 2; });
  broken("index needs i1", [&](Kernel& k) { body(k)[3].index.add(1, 1); });
  broken("i0 runs already", [&](Kernel& k) { body(k)[0].variable = 0; });
  broken("does not reduce", [&](Kernel& k) { body(k)[0].op = Op::add; });
  broken("has two operands", [&](Kernel& k) { body(k)[0].other = 0; });
  broken("has two operands", [&](Kernel& k) { body(k)[0].op = Op::contract; });
  broken("along lanes", [&](Kernel& k) { body(k)[0].op = Op::contract, body(k)[0].other = 0, body(k)[0].lanes = false; });
  broken("inside of a vector loop", [&](Kernel& k) { k.body[0].kind = Statement::vector; });
  broken("every task writes", [&](Kernel& k) { body(k)[3].index = {}; });
}

TEST_CASE("transposes and adds") {
  auto broken = [](const std::string& expected, auto change) { check_broken(moves, expected, change); };
  broken("load is not contiguous", [](Kernel& k) { k.exprs[0].index.stride[0] = 2; });
  broken("store is not contiguous", [](Kernel& k) { k.body[0].index.stride[1] = 2; });
  broken("plain loads", [](Kernel& k) { k.body[0].value = 5; });
  broken("plain loads", [](Kernel& k) { k.body[0].value = 2; });
  auto add = [](Kernel& k) -> Statement& { return k.body[1].body[0].body[0]; };
  broken("without a computed row", [&](Kernel& k) { add(k).index.dynamic = no_expr; });
  broken("a store at a computed row", [&](Kernel& k) { add(k).kind = Statement::store; });
  broken("inside of a vector loop", [&](Kernel& k) { k.body[1].body[0].kind = Statement::vector; });
  broken("operands differ", [&](Kernel& k) { k.exprs[3].dtype = DType::i32; });
}

TEST_CASE("the elements that a kernel reaches") {
  Kernel k = parse_kernel(contraction, "k");
  auto r = reach(k, 100);
  CHECK(r[0].low == 0);
  CHECK(r[0].high == 799);
  CHECK(r[1].high == 79);
  CHECK(r[2].high == 999);
  CHECK(r[2].loads);
  CHECK(r[3].high == 99);
  k.exprs[0].index.offset = -5;
  k.body[0].body[0].index.stride[1] = -1;
  r = reach(k, 1);
  CHECK(r[0].low == -5);
  CHECK(r[0].high == 2);
  CHECK(r[2].low == -9);
  r = reach(parse_kernel(moves, "m"), 1);
  CHECK(r[2].high == 34);
  CHECK(r[0].high == 29);
  CHECK_FALSE(r[2].loads);
  k.body[0].extent = 0;
  CHECK(reach(k, 1)[0].high == -1);
}
