// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Optimizers and what stands around them: groups, penalties, clipping, accumulation, averages. On loss = sum c (w - target)^2
// with c = 1, so the gradient is 2 (w - target), against formulas in plain doubles.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "compiler/passes/attach_optimizer.h"
#include "ir/builder.h"
#include "ir/evaluate.h"
#include "ir/verify.h"
#include "tests/support/optimizer_rules.h"

namespace graphc_test {

using namespace graphc;

namespace {

using Numbers = std::vector<double>;
const Numbers target{0.5, -1.5, 3};

struct Trajectory {
  std::vector<Numbers> w, bias;                      // after each step
  std::vector<std::map<std::string, double>> scalars;  // reported
  std::set<std::string> state;
  std::map<std::string, Array> variables;            // in the end
};

// w f32[3, 1] begins at `start`, bias f32[3] too; the loss is the sum of both.
Trajectory trajectory(const OptimizerCall& optimizer, int steps, double start = 0, const std::vector<int64_t>& rows = {}, bool by_apply = false) {
  Builder b("m");
  Tensor w = b.parameter("w", {3, 1}, {"constant_value", {{"value", start}}}), bias = b.parameter("bias", {3}, {"constant_value", {{"value", start}}});
  Tensor wanted = b.constant(target, {DType::f32, {3}});
  Tensor x = b.input("x", {batch});
  // Rows make the gradient depend on the minibatch: its mean of x.
  Tensor loss = (sum_of_squares(reshape(w, {3}) - wanted) + sum_of_squares(bias - wanted)) * mean(x);
  b.minimize(loss, optimizer);
  Module module = attach_optimizer(b.finish());
  verify(module);
  Bindings bindings;
  for (const HyperParameter& h : module.hypers) bindings.hypers[h.name] = h.value;
  Trajectory result;
  auto run = [&](const char* entry) {
    const Graph& graph = *module.entries.find(entry);
    auto values = evaluate(graph, bindings, Precision::f64);
    for (const Output& o : graph.outputs)
      if (values[o.value].data.size() == 1) result.scalars.back()[o.name] = values[o.value].data[0];
    for (const Output& o : graph.outputs)
      if (o.name.starts_with("grad.")) bindings.inputs[o.name] = values[o.value];
    for (const Update& u : graph.updates) bindings.variables[u.variable] = values[u.value];
  };
  result.scalars.emplace_back();
  run("init");
  result.scalars.clear();
  for (int i = 0; i < steps; i++) {
    bindings.rows = rows.empty() ? 2 : rows[size_t(i)];
    bindings.inputs["x"] = {DType::f32, {bindings.rows}, Numbers(size_t(bindings.rows), rows.empty() ? 1.0 : double(i + 1))};
    result.scalars.emplace_back();
    if (by_apply) run("grad"), run("apply");
    else run("step");
    result.w.push_back(bindings.variables.at("w").data);
    result.bias.push_back(bindings.variables.at("bias").data);
  }
  for (const Variable& v : module.variables)
    if (v.role == Role::optimizer) result.state.insert(v.name);
  result.variables = bindings.variables;
  return result;
}

void check_equal(double got, double wanted) { CHECK(std::fabs(got - wanted) <= 1e-12 * std::max(1.0, std::fabs(wanted))); }

}  // namespace

TEST_CASE("every optimizer takes the steps of its formula") {
  const double rate = 0.05;
  std::set<std::string> known;
  for (const OptimizerRule& rule : optimizer_rules(rate)) {
    INFO(rule.name);
    known.insert(rule.name);
    Trajectory got = trajectory(optimizer(rule.name, rule.numbers), 12, 0.25);
    for (size_t i = 0; i < target.size(); i++) {
      double w = 0.25, state[4] = {};
      for (size_t t = 0; t < got.w.size(); t++) {
        rule.step(2 * (w - target[i]), w, int(t) + 1, state);
        check_equal(got.w[t][i], w);
      }
    }
    // The same rule without its decay.
    auto without = rule.numbers;
    without["weight_decay"] = 0;
    if (rule.numbers.contains("weight_decay")) {
      Trajectory bare = trajectory(optimizer(rule.name, without), 12, 0.25);
      CHECK(got.bias == bare.bias);
      CHECK(got.w != bare.w);
      CHECK(bare.w == bare.bias);
    }
    Trajectory halves = trajectory(optimizer(rule.name, rule.numbers), 12, 0.25, {}, true);
    CHECK(halves.w == got.w);
    CHECK(halves.variables.size() == got.variables.size());
  }
  for (const CompositeDef* def : all_composites())
    if (def->kind == CompositeKind::optimizer) CHECK_MESSAGE(known.contains(def->name), def->name << " has no rule in support/optimizer_rules.cpp");
}

TEST_CASE("names of the optimizers' state") {
  CHECK(trajectory(sgd({.learning_rate = 0.1, .momentum = 0.9}), 1).state == std::set<std::string>{"w.velocity", "bias.velocity"});
  CHECK(trajectory(adam({}), 1).state == std::set<std::string>{"w.m", "w.v", "bias.m", "bias.v", "adam.beta1_power", "adam.beta2_power"});
}

TEST_CASE("groups: own rates in proportion, own decay, own powers") {
  auto call = sgd({.learning_rate = 0.1}).group({"bias"}, {{"learning_rate", 0.02}, {"weight_decay", 0.5}});
  Trajectory t = trajectory(call, 1, 1);
  for (size_t i = 0; i < 3; i++) {
    double g = 2 * (1 - target[i]);
    check_equal(t.w[0][i], 1 - 0.1 * g);
    check_equal(t.bias[0][i], 1 - 0.02 * (g + 0.5));
  }
  auto own = adam({.learning_rate = 0.1}).group({"b*"}, {{"beta1", 0.5}});
  CHECK(trajectory(own, 1).state.contains("adam.group1.beta1_power"));
  CHECK(trajectory(own, 1).state.contains("adam.beta1_power"));
}

TEST_CASE("penalties: of weights unless patterns say otherwise, outside of the reported loss") {
  for (const auto& known : std::map<std::string, double>{{"l1", 1}, {"l2", 2 * 2}, {"l2_norm", 2 / std::sqrt(12)}}) {
    const std::string& kind = known.first;
    double slope = known.second;
    INFO(kind);
    Trajectory t = trajectory(sgd({.learning_rate = 0.1}).penalty(kind, 0.3), 1, 2);
    for (size_t i = 0; i < 3; i++) {
      check_equal(t.bias[0][i], 2 - 0.1 * 2 * (2 - target[i]));
      check_equal(t.w[0][i], 2 - 0.1 * (2 * (2 - target[i]) + 0.3 * slope));
    }
    double size = kind == "l1" ? 6 : kind == "l2" ? 12 : std::sqrt(12);
    check_equal(t.scalars[0].at("penalty"), 0.3 * size);
    double loss = 0;
    for (double x : target) loss += 2 * (2 - x) * (2 - x);
    check_equal(t.scalars[0].at("loss"), loss);
    Trajectory b = trajectory(sgd({.learning_rate = 0.1}).penalty(kind, 0.3, {"bias"}), 1, 2);
    CHECK(b.bias == t.w);
  }
  // At 0 the length has no derivative; 0 is taken.
  Trajectory zero = trajectory(sgd({.learning_rate = 0.1}).penalty("l2_norm", 0.3), 1, 0);
  CHECK(zero.w == zero.bias);
  CHECK_THROWS_WITH_AS(trajectory(sgd({}).penalty("l3", 1), 1), doctest::Contains("the penalties are l1, l2, l2_norm"), CompileError);
  CHECK_THROWS_WITH_AS(trajectory(sgd({}).penalty("l1", 1, {"v"}), 1), doctest::Contains("meets no trained parameter"), CompileError);
}

TEST_CASE("clipping, and the norm before it is reported") {
  Numbers g;
  double square = 0;
  for (double x : target) g.push_back(2 * (1 - x)), square += g.back() * g.back();
  Trajectory value = trajectory(sgd({.learning_rate = 1}).clip_gradients(Clip::value, 1.5), 1, 1);
  Trajectory norm = trajectory(sgd({.learning_rate = 1}).clip_gradients(Clip::norm, 2), 1, 1);
  Trajectory global = trajectory(sgd({.learning_rate = 1}).clip_gradients(Clip::global_norm, 2), 1, 1);
  Trajectory loose = trajectory(sgd({.learning_rate = 1}).clip_gradients(Clip::global_norm, 100), 1, 1);
  for (size_t i = 0; i < 3; i++) {
    check_equal(value.w[0][i], 1 - std::clamp(g[i], -1.5, 1.5));
    check_equal(norm.w[0][i], 1 - g[i] * 2 / std::sqrt(square));
    check_equal(global.bias[0][i], 1 - g[i] * 2 / std::sqrt(2 * square));
    check_equal(loose.bias[0][i], 1 - g[i]);
  }
  for (const Trajectory* t : {&value, &norm, &global, &loose}) check_equal(t->scalars[0].at("gradient_norm"), std::sqrt(2 * square));
  CHECK_THROWS_WITH_AS(trajectory(sgd({}).clip_gradients(Clip::value, 0), 1), doctest::Contains("at a positive number"), CompileError);
}

TEST_CASE("reports: gradient norms and update ratios") {
  Trajectory t = trajectory(sgd({.learning_rate = 0.1}).report_norms(), 1, 1);
  double square = 0;
  for (double x : target) square += 4 * (1 - x) * (1 - x);
  check_equal(t.scalars[0].at("gradient_norm.w"), std::sqrt(square));
  check_equal(t.scalars[0].at("update_ratio.bias"), 0.1 * std::sqrt(square) / std::sqrt(3));
  CHECK(trajectory(sgd({.learning_rate = 0.1}).report_norms(), 1, 0).scalars[0].at("update_ratio.bias") == 0);
  Trajectory waits = trajectory(sgd({.learning_rate = 0.1}).report_norms().accumulate_over(2), 2, 1, {2, 2});
  CHECK(waits.scalars[0].at("update_ratio.w") == 0);
  CHECK(waits.scalars[1].at("update_ratio.w") > 0);
}

TEST_CASE("numbers outside of their range are refused") {
  auto refusal = [](const OptimizerCall& call) {
    try {
      trajectory(call, 1);
    } catch (const CompileError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  auto refused = [&](const OptimizerCall& call, const char* why) { CHECK_MESSAGE(refusal(call).find(why) != std::string::npos, refusal(call)); };
  refused(adam({.learning_rate = -0.01}), "adam: learning_rate must be at least 0 and finite in f32, got -0.01");
  refused(adam({.learning_rate = 1e39}), "adam: learning_rate must be at least 0 and finite in f32, got 1e+39");
  refused(adam({.beta1 = -3}), "adam: beta1 must be from 0 to below 1, got -3");
  refused(adam({.beta2 = 1}), "adam: beta2 must be from 0 to below 1, got 1");
  refused(adam({.epsilon = -1}), "adam: epsilon must be at least 0");
  refused(optimizer("rprop", {{"increase", 0.5}}), "rprop: increase must be at least 1");
  refused(adam({}).group({"w"}, {{"beta1", 1}}), "adam: beta1 must be from 0 to below 1");
}

TEST_CASE("a parameter whose name the optimizer's state wants is refused") {
  struct Clash {
    OptimizerCall call;
    const char *first, *second;
  };
  for (const Clash& c : {Clash{adam({}), "w", "w.m"}, Clash{adam({}), "w", "w.v"}, Clash{adam({}), "w", "adam.beta1_power"},
                         Clash{optimizer("momentum"), "w", "w.velocity"}, Clash{sgd({}).average_with(0.9), "w", "w.average"},
                         Clash{sgd({}).average_with(0.9), "w", "average.begun"}, Clash{sgd({}).accumulate_over(2), "w", "w.accumulated"},
                         Clash{sgd({}).accumulate_over(2), "w", "accumulated.rows"}}) {
    INFO(c.second);
    Builder b("m");
    Tensor w = b.parameter(c.first, {3}, {}), other = b.parameter(c.second, {3}, {});
    b.freeze(c.second);
    b.minimize(sum_of_squares(w + other), c.call);
    CHECK_THROWS_WITH_AS(attach_optimizer(b.finish()), doctest::Contains("the optimizer keeps state of its own under this name"), CompileError);
  }
}

TEST_CASE("accumulation is one step over all rows of its minibatches") {
  // The mean of x over the rows 1 x 1, 3 x 2 is 7/4; then 2 x 3, 2 x 4: 14/4.
  for (bool by_apply : {false, true}) {
    Trajectory t = trajectory(adam({.learning_rate = 0.1}).accumulate_over(2), 4, 1, {1, 3, 2, 2}, by_apply);
    CHECK(t.w[0] == Numbers{1, 1, 1});
    CHECK(t.w[2] == t.w[1]);
    for (size_t i = 0; i < 3; i++) {
      double w = 1, state[4] = {};
      auto rules = optimizer_rules(0.1, 0);
      auto adam_rule = std::find_if(rules.begin(), rules.end(), [](const OptimizerRule& r) { return r.name == "adam"; });
      int step = 0;
      for (double mean_x : {7.0 / 4, 14.0 / 4}) {
        double g = 2 * (w - target[i]) * mean_x;
        adam_rule->step(g, w, ++step, state);
        check_equal(t.w[size_t(2 * step - 1)][i], w);
      }
    }
    CHECK(t.variables.at("w.accumulated").data == Numbers{0, 0, 0});
  }
}

TEST_CASE("the average of the parameters begins at the first step's") {
  Trajectory t = trajectory(sgd({.learning_rate = 0.1}).average_with(0.9), 5, 0);
  for (size_t i = 0; i < 3; i++) {
    double average = t.w[0][i];
    for (size_t s = 1; s < 5; s++) average = 0.9 * average + 0.1 * t.w[s][i];
    check_equal(t.variables.at("w.average").data[i], average);
  }
}

TEST_CASE("two losses have optimizers, rates and powers of their own") {
  Builder b("two");
  Tensor p = b.parameter("p", {2}, {"ones"}), q = b.parameter("q", {2}, {"ones"});
  b.minimize(sum_of_squares(p), adam({.learning_rate = 0.1}), {"p"});
  b.minimize(sum_of_squares(q), adam({.learning_rate = 0.2}), {"q"}, "step_q");
  Module module = attach_optimizer(b.finish());
  verify(module);
  CHECK(module.hypers.find("learning_rate")->value == 0.1);
  CHECK(module.hypers.find("step_q.learning_rate")->value == 0.2);
  CHECK(module.variables.find("adam.beta1_power") != nullptr);
  CHECK(module.variables.find("step_q.adam.beta1_power") != nullptr);
}

}  // namespace graphc_test
