// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans broken by one small change each: the verifier says which.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/ir/plan_models.h"

using namespace graphc;
using namespace graphc_test;

static std::string error_of(const PlanModule& m) {
  try {
    verify(m);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "no error";
}

namespace {

struct Broken {
  PlanModule m = plan_of(classifier(true), wide_target(), 37);
  Plan& p = *std::find_if(m.plans.begin(), m.plans.end(), [](const Plan& plan) { return plan.entry == "step"; });

  uint32_t find(Region region, size_t n = 0) {
    for (uint32_t b = 0; b < p.buffers.size(); b++)
      if (p.buffers[b].region == region && n-- == 0) return b;
    throw InternalError("test: no such buffer");
  }
  // The stage and launch that write, or load, the buffer.
  std::pair<size_t, Launch*> user(uint32_t buffer, bool written, size_t from = 0) {
    for (size_t s = from; s < p.stages.size(); s++)
      for (Launch& l : p.stages[s].launches)
        for (size_t i = 0; i < l.arguments.size(); i++)
          if (l.arguments[i] == buffer && m.kernels[l.kernel].buffers[i].written == written) return {s, &l};
    throw InternalError("test: no such launch");
  }
  size_t checking_stage() {
    for (size_t s = 0; s < p.stages.size(); s++)
      if (p.stages[s].checks_loss) return s;
    throw InternalError("test: the loss is not checked");
  }
  PlanBuffer& first(Region region) { return p.buffers[find(region)]; }
  PlacedVariable& variable(Region region, size_t n) {
    for (PlacedVariable& v : m.variables)
      if (v.region == region && n-- == 0) return v;
    throw InternalError("test: no such variable");
  }
  // A workspace buffer that lives for some stages behind the one that writes it.
  uint32_t first_read() {
    for (uint32_t b = 0; b < p.buffers.size(); b++)
      if (p.buffers[b].region == Region::workspace && p.buffers[b].last_stage > p.buffers[b].first_stage + 2) return b;
    throw InternalError("test: no such buffer");
  }
  // Two that live at the same time, which no launch uses together.
  std::pair<uint32_t, uint32_t> strangers() {
    auto uses = [](const Stage& s, uint32_t b) {
      return std::any_of(s.launches.begin(), s.launches.end(), [&](const Launch& l) { return std::count(l.arguments.begin(), l.arguments.end(), b); });
    };
    for (uint32_t x = 0; x < p.buffers.size(); x++)
      for (uint32_t y = 0; y < p.buffers.size(); y++) {
        const PlanBuffer &a = p.buffers[x], &b = p.buffers[y];
        if (a.region != Region::workspace || b.region != Region::workspace || b.first_stage <= a.first_stage || b.first_stage >= a.last_stage) continue;
        if (std::none_of(p.stages.begin(), p.stages.end(), [&](const Stage& s) { return uses(s, x) && uses(s, y); })) return {x, y};
      }
    throw InternalError("test: no such buffers");
  }
  // A parameter that one kernel reads and a later one updates.
  uint32_t read_variable() {
    for (uint32_t b = 0; b < p.buffers.size(); b++)
      if (p.buffers[b].region == Region::params && p.buffers[b].first_stage < p.buffers[b].last_stage) return b;
    throw InternalError("test: no such buffer");
  }
  void live_always() {
    for (PlanBuffer& b : p.buffers) b.first_stage = 0, b.last_stage = 999;
  }
};

}  // namespace

// The error of a plan after `change` says `expected`.
template <class Change> static void check_broken(const std::string& expected, Change change) {
  Broken b;
  change(b);
  std::string error = error_of(b.m);
  CHECK_MESSAGE(error.find(expected) != std::string::npos, "expected: ", expected, ", got: ", error);
}

TEST_CASE("whole plans are accepted") {
  CHECK(error_of(Broken().m) == "no error");
  CHECK(error_of(plan_of(odd_model(), scalar_target(), 3, false)) == "no error");
}

TEST_CASE("numbers out of range") {
  check_broken("no kernel", [](Broken& b) { b.p.stages[0].launches[0].kernel = 999; });
  check_broken("no buffer", [](Broken& b) { b.p.stages[0].launches[0].arguments[0] = 999; });
  check_broken("takes", [](Broken& b) { b.p.stages[0].launches[0].arguments.pop_back(); });
  check_broken("loss is no buffer", [](Broken& b) { b.p.loss = 999; });
  check_broken("input 2 is not that buffer", [](Broken& b) { b.p.inputs.push_back(999); });
  check_broken("no value", [](Broken& b) { b.p.cached = {99999}; });
  check_broken("no value", [](Broken& b) { b.p.stages[0].launches[0].values = {99999}; });
  check_broken("maximum", [](Broken& b) { b.m.max_rows = 0; });
  check_broken("no entry", [](Broken& b) { b.p.entry = "stop"; });
  check_broken("two plans", [](Broken& b) { b.p.entry = b.m.plans.back().entry; });
  check_broken("two kernels", [](Broken& b) { b.m.kernels[0].name = b.m.kernels[1].name; });
}

TEST_CASE("tables and buffers that do not fit") {
  check_broken("overlaps the head", [](Broken& b) { b.m.variables[0].offset = 0; });
  check_broken("overlaps the head or another", [](Broken& b) { b.variable(Region::params, 1).offset = b.variable(Region::params, 0).offset; });
  check_broken("multiple of 64", [](Broken& b) { b.m.variables[0].offset += 4; });
  check_broken("wrong region", [](Broken& b) { b.variable(Region::params, 0).region = Region::state; });
  check_broken("has no place", [](Broken& b) { b.m.variables.pop_back(); });
  check_broken("placed twice", [](Broken& b) { b.m.variables[1] = b.m.variables[0]; });
  check_broken("bytes of its type", [](Broken& b) { b.m.variables[0].bytes -= 4; });
  check_broken("leave their region", [](Broken& b) { b.m.params_bytes -= 64; });
  check_broken("more workspace", [](Broken& b) { b.m.workspace_bytes = 0; });
  check_broken("bytes of its type", [](Broken& b) { b.first(Region::workspace).bytes += 4; });
  check_broken("leaves its region", [](Broken& b) { b.first(Region::workspace).offset = b.p.workspace_bytes; });
  check_broken("not aligned", [](Broken& b) { b.first(Region::workspace).offset += 2; });
  check_broken("is no variable of that place", [](Broken& b) { b.first(Region::params).offset += 64; });
  check_broken("not in the list", [](Broken& b) { b.first(Region::input).offset++; });
  check_broken("not in the list", [](Broken& b) { b.first(Region::output).offset++; });
  check_broken("no input", [](Broken& b) { b.first(Region::input).name = "z"; });
  check_broken("no hyper value", [](Broken& b) { b.first(Region::hyper).offset += 400; });
  check_broken("names for", [](Broken& b) { b.p.output_names.pop_back(); });
  check_broken("loss is no f32[]", [](Broken& b) { b.p.loss = b.find(Region::input); });
  check_broken("has values", [](Broken& b) { b.first(Region::workspace).values = {1}; });
}

TEST_CASE("stages that would compute something else") {
  check_broken("read before it is written", [](Broken& b) {
    b.live_always();
    uint32_t buffer = b.first_read();
    std::swap(b.p.stages[b.user(buffer, true).first], b.p.stages[b.user(buffer, false).first]);
  });
  check_broken("outside of its lifetime", [](Broken& b) { b.p.buffers[b.first_read()].last_stage = b.p.buffers[b.first_read()].first_stage; });
  // Two buffers that live at the same time but meet in no stage.
  check_broken("overwritten", [](Broken& b) {
    auto [early, later] = b.strangers();
    b.p.buffers[later].offset = b.p.buffers[early].offset;
  });
  // The buffers of one kernel share bytes.
  check_broken("share bytes", [](Broken& b) {
    uint32_t read = b.first_read();
    auto [stage, launch] = b.user(read, false);
    for (uint32_t a : launch->arguments)
      if (b.p.buffers[a].region == Region::workspace && a != read && b.p.buffers[a].first_stage == stage) b.p.buffers[a].offset = b.p.buffers[read].offset;
  });
  // A reader in the stage of the writer.
  check_broken("read before it is written", [](Broken& b) {
    b.live_always();
    uint32_t buffer = b.first_read();
    Launch reader = *b.user(buffer, false).second;
    b.p.stages[b.user(buffer, true).first].launches.push_back(reader);
  });
  check_broken("share bytes", [](Broken& b) { b.p.stages[0].launches.push_back(b.p.stages[0].launches[0]); });
  // A gradient's kernel anew, behind the update.
  check_broken("updated it", [](Broken& b) {
    b.live_always();
    uint32_t variable = b.read_variable();
    b.p.stages.push_back({{*b.user(variable, false).second}});
  });
  check_broken("before the loss is checked", [](Broken& b) {
    b.live_always();
    b.p.stages[b.checking_stage()].checks_loss = false;
    b.p.stages.push_back({{}, true});
  });
  check_broken("before the loss is checked", [](Broken& b) { b.p.stages[b.checking_stage()].checks_loss = false; });
  check_broken("no loss to check", [](Broken& b) { b.p.loss = ~0u; });
  check_broken("is never written", [](Broken& b) {
    PlanBuffer more = b.p.buffers[b.p.outputs[0]];
    more.offset = b.p.outputs.size();
    b.p.outputs.push_back(uint32_t(b.p.buffers.size()));
    b.p.output_names.push_back("more");
    b.p.buffers.push_back(more);
  });
  check_broken("which is of region input", [](Broken& b) {
    auto [stage, launch] = b.user(b.p.inputs[0], false);
    for (size_t i = 0; i < launch->arguments.size(); i++)
      if (b.m.kernels[launch->kernel].buffers[i].written) launch->arguments[i] = b.p.inputs[0];
  });
}

TEST_CASE("a buffer of another type or size than its kernel takes") {
  check_broken("as i32, it is f32", [](Broken& b) {
    auto [stage, launch] = b.user(b.p.inputs[1], false);  // the labels
    for (uint32_t& a : launch->arguments)
      if (a == b.p.inputs[1]) a = b.p.inputs[0];
  });
  for (int64_t shift : {int64_t{1} << 20, int64_t{-1}})
    check_broken("reaches elements", [&](Broken& b) {
      auto [stage, launch] = b.user(b.p.inputs[0], false);
      for (loops::Expr& e : b.m.kernels[launch->kernel].exprs)
        if (e.kind == loops::Expr::load && !b.m.kernels[launch->kernel].buffers[e.id].written) e.index.offset += shift;
    });
}
