// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text form of plans and kernels: print, parse, print is a fixed point, and nothing that codegen needs is missing.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ir/parse_loops.h"
#include "ir/parse_plan.h"
#include "tests/ir/plan_models.h"
#include "tests/support/golden.h"

using namespace graphc;
using namespace graphc_test;

static void check_fixed_point(const PlanModule& plan) {
  verify(plan);
  std::string text = print(plan);
  PlanModule read;
  try {
    read = parse_plan(text, "printed");
  } catch (const CompileError& error) {
    FAIL(error.what());
  }
  std::string again = print(read);
  CHECK_MESSAGE(text == again, line_difference(text, again));
  REQUIRE(read.kernels.size() == plan.kernels.size());
  for (size_t k = 0; k < plan.kernels.size(); k++) {
    CHECK(loops::print(read.kernels[k]) == loops::print(plan.kernels[k]));
    CHECK(read.kernels[k].tasks(3) == plan.kernels[k].tasks(3));
    for (loops::ExprId e = 0; e < plan.kernels[k].exprs.size(); e++) CHECK(dependences(read.kernels[k], e) == dependences(plan.kernels[k], e));
  }
  CHECK(read.target == plan.target);
}

TEST_CASE("a tiny plan prints as its golden file") {
  PlanModule plan = plan_of(tiny_model(), wide_target(), 8);
  graphc_test::check_golden("plan/tiny", print(plan));
}

TEST_CASE("plans of tiny models read back, fused and one kernel a node, wide and scalar") {
  for (bool fused : {true, false})
    for (const Target& target : {wide_target(), scalar_target()}) {
      CAPTURE(fused);
      CAPTURE(target.triple);
      check_fixed_point(plan_of(tiny_model(), target, 8, fused));
      check_fixed_point(plan_of(classifier(true), target, 37, fused));
      check_fixed_point(plan_of(classifier(false), target, 4096, fused));
      check_fixed_point(plan_of(odd_model(), target, 6, fused));
    }
}

// Inputs and one op: the module of an op's case.
static Module module_of(const OpDef& op, const Case& c) {
  Module m;
  m.name = op.name;
  m.entries.push_back(Graph("run"));
  Graph& g = m.entries.edit()[0];
  std::vector<ValueId> operands;
  for (size_t i = 0; i < c.operands.size(); i++) {
    std::string name = "x" + std::to_string(i);
    m.inputs.push_back({.name = name, .type = c.operands[i]});
    operands.push_back(g.add(Op::input, {}, {name, c.operands[i]}));
  }
  g.outputs.push_back({"y", g.add(*find_op(op.name), operands, c.attributes)});
  g = simplify(inline_calls(g));
  return m;
}

TEST_CASE("plans of every op's cases are accepted and read back") {
  int cases = 0;
  for (const OpDef* op : all_ops())
    for (const Case& c : op->cases)
      for (const Target& target : {wide_target(), scalar_target()}) {
        CAPTURE(op->name);
        CAPTURE(c.operands.size() ? to_string(c.operands[0]) : "");
        check_fixed_point(plan(module_of(*op, c), target, 5));
        cases++;
      }
  CHECK(cases > 400);
}

TEST_CASE("every field survives") {
  PlanModule plan = plan_of(classifier(true), wide_target(), 37);
  size_t number = 0;
  while (plan.plans[number].entry != "step") number++;
  Plan& step = plan.plans[number];
  REQUIRE(step.loss != ~0u);
  step.cached = {3, 5};
  step.stages[0].launches[0].decisions = {"because \"of\" this", ""};
  step.stages[0].launches[0].flops = 0.1;
  PlanModule read = parse_plan(print(plan), "printed");
  CHECK(print(read) == print(plan));
  const Plan& p = read.plans[number];
  CHECK(p.cached == step.cached);
  CHECK(p.loss == step.loss);
  CHECK(p.inputs == step.inputs);
  CHECK(p.hypers == step.hypers);
  CHECK(p.output_names == step.output_names);
  CHECK(p.stages[0].launches[0].decisions == step.stages[0].launches[0].decisions);
  CHECK(p.stages[0].launches[0].flops == 0.1);
  CHECK(p.stages[0].launches[0].values == step.stages[0].launches[0].values);
  CHECK(read.fingerprint == plan.fingerprint);
  for (size_t i = 0; i < read.variables.size(); i++) {
    CHECK(read.variables[i].variable == &read.module.variables[i]);
    CHECK(read.variables[i].offset == plan.variables[i].offset);
  }
}

TEST_CASE("kernels alone: exact numbers, attributes, every statement") {
  using namespace loops;
  Kernel k;
  k.name = "a \"name\"";
  k.buffers = {{DType::f32, false}, {DType::f32, true}};
  k.variables = 2;
  Index at;
  at.add(0, 4), at.add(1, -1);
  at.offset = 3;
  ExprId e = k.add({.kind = Expr::load, .dtype = DType::f32, .id = 0, .index = at});
  for (double v : {0.1, -0.0, double(std::numeric_limits<float>::infinity()), std::nan(""), 1e-310}) {
    ExprId c = k.add({.kind = Expr::constant, .dtype = DType::f32, .value = v});
    e = k.add({.kind = Expr::apply, .dtype = DType::f32, .node = {Op::add, {DType::f32, {}}, {}, {}}, .arguments = {e, c}});
  }
  ExprId i = k.add({.kind = Expr::position, .dtype = DType::i32, .index = at});
  ExprId iota = k.add({.kind = Expr::apply, .dtype = DType::f32, .node = {Op::iota, {DType::f32, {batch, 4}}, {}, {int64_t{1}, Type{DType::f32, {batch, 4}}}}, .arguments = {i, i}});
  e = k.add({.kind = Expr::apply, .dtype = DType::f32, .node = {Op::add, {DType::f32, {}}, {}, {}}, .arguments = {e, iota}});
  k.body = {{.kind = Statement::loop, .variable = 0, .extent = batch,
             .body = {{.kind = Statement::vector, .variable = 1, .extent = Dim(4), .body = {{.kind = Statement::store, .buffer = 1, .index = at, .value = e}}}}}};
  verify(k);
  std::string text = print_text(std::span(&k, 1));
  Kernel read = parse_kernel(text, "printed");
  CHECK(print_text(std::span(&read, 1)) == text);
  CHECK(read.name == k.name);
  CHECK(read.exprs.size() == k.exprs.size());
  CHECK(print(read).find("a \"name\"") == std::string::npos);
  std::string all = print_text(plan_of(odd_model(), wide_target(), 6).kernels);
  CHECK(print_text(parse_kernels(all, "printed")) == all);
}
