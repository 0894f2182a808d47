// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include <algorithm>

#include "compiler/passes/attach_optimizer.h"
#include "ir/builder.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/support/golden.h"

using namespace graphc;
using namespace graphc_test;

namespace {

struct Line : Builder {
  Tensor x = input("x", {batch, 2}), y = target("y", Shape{batch, 1}), a = dense("a", x, 1);
  Line() : Builder("line") {}
};

std::vector<std::string> names(const Module& m) {
  std::vector<std::string> all;
  for (const Graph& g : m.entries) all.push_back(g.name);
  return all;
}

std::vector<std::string> updated(const Graph& g) {
  std::vector<std::string> all;
  for (const Update& u : g.updates) all.push_back(u.variable);
  std::sort(all.begin(), all.end());
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("entries, state and updates of momentum, as text") {
  Line b;
  b.output("value", b.a);
  b.minimize(mean_squared_error(b.a, b.y), sgd({.learning_rate = 0.5, .momentum = 0.9, .weight_decay = 0.01}));
  Module m = attach_optimizer(b.finish());
  verify(m);
  check_golden("passes/attach_momentum", print(m));
}

TEST_CASE("what Adam keeps") {
  Line b;
  b.minimize(mean_squared_error(b.a, b.y), adam({}));
  Module m = attach_optimizer(b.finish());
  verify(m);
  CHECK(names(m) == Names{"step", "grad", "apply", "eval", "init"});
  Names all{"a.bias", "a.bias.m", "a.bias.v", "a.weight", "a.weight.m", "a.weight.v", "adam.beta1_power", "adam.beta2_power"};
  for (const char* entry : {"step", "apply", "init"}) CHECK(updated(*m.entries.find(entry)) == all);
  CHECK(m.entries.find("grad")->updates.empty());
  CHECK(m.entries.find("eval")->updates.empty());
  for (const Variable& v : m.variables) CHECK((v.role == Role::parameter) == (v.name == "a.bias" || v.name == "a.weight"));
  CHECK(m.variables.find("adam.beta1_power")->initializer.numbers.at("value") == 1);
}

TEST_CASE("a frozen parameter is neither trained nor differentiated") {
  Line b;
  b.minimize(mean_squared_error(b.dense("last", tanh(b.a), 1), b.y), sgd({}));
  b.freeze("a");
  Module m = attach_optimizer(b.finish());
  verify(m);
  CHECK(updated(*m.entries.find("step")) == Names{"last.bias", "last.weight"});
  Names outputs;
  for (const Output& o : m.entries.find("grad")->outputs) outputs.push_back(o.name);
  CHECK(outputs == Names{"loss", "grad.last.weight", "grad.last.bias"});
  CHECK(m.inputs.find("grad.last.bias"));
  CHECK_FALSE(m.inputs.find("grad.a.bias"));
  CHECK(updated(*m.entries.find("init")).size() == 4);
}

TEST_CASE("two losses over parameters of their own") {
  Line b;
  Tensor other = b.dense("other", b.x, 1);
  b.minimize(mean_squared_error(b.a, b.y), sgd({}), {"a"});
  b.minimize(mean_squared_error(other, b.a), adam({}), {"other"}, "step_critic");
  Module m = attach_optimizer(b.finish());
  verify(m);
  CHECK(names(m) == Names{"step", "grad", "apply", "step_critic", "grad_critic", "apply_critic", "eval", "init"});
  CHECK(updated(*m.entries.find("step")) == Names{"a.bias", "a.weight"});
  Names critic = updated(*m.entries.find("step_critic"));
  CHECK(std::find(critic.begin(), critic.end(), "a.bias") == critic.end());
  CHECK(std::find(critic.begin(), critic.end(), "other.weight") != critic.end());
}

TEST_CASE("a loss that no trainable parameter reaches is refused") {
  Line b;
  b.minimize(mean_squared_error(b.a, b.y), sgd({}));
  b.freeze("*");
  CHECK_THROWS_AS(attach_optimizer(b.finish()), CompileError);
}
