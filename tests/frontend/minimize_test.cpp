// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lines below minimize, and arguments that may be absent. Their mistakes are in tests/errors.
#include <doctest/doctest.h>

#include "compiler/frontend/model_file.h"

using namespace graphc;

static Model model_of(const std::string& lines, const std::map<std::string, std::string>& sets = {}) {
  return parse_model("model m\ninput x: f32[batch, 4]\ntarget y: class[batch] of 3\ninput weight: f32[batch]\nlet rate = 0.5\n" + lines, "m.gc", sets).model;
}

TEST_CASE("all lines below minimize") {
  Model m = model_of(R"(n = batch_norm(dense(x, 8, name: in))
h = dropout(relu(n), rate: rate)
minimize cross_entropy(dense(h, 3, name: out), y) with adam(learning_rate: 0.1, weight_decay: 1e-3)
  group(weight_decay: 0) over n.gamma, *.bias
  group(learning_rate: rate / 10) over out
  penalty(l1: 1e-4, l2_norm: rate) over in.weight
  penalty(l2: 1e-5)
  clip(global_norm: 1)
  accumulate(4)
  average(0.99)
  report()
output h
)");
  REQUIRE(m.losses.size() == 1);
  const OptimizerCall& call = m.losses[0].optimizer;
  REQUIRE(call.groups.size() == 2);
  CHECK(call.groups[0].patterns == std::vector<std::string>{"n.gamma", "*.bias"});
  CHECK(call.groups[0].numbers == std::map<std::string, double>{{"weight_decay", 0}});
  CHECK(call.groups[1].numbers == std::map<std::string, double>{{"learning_rate", 0.05}});
  REQUIRE(call.penalties.size() == 3);
  CHECK(call.penalties[1].composite == "l2_norm");
  CHECK(call.penalties[1].scale == 0.5);
  CHECK(call.penalties[1].patterns == std::vector<std::string>{"in.weight"});
  CHECK(call.penalties[2].patterns.empty());
  CHECK(call.clip == Clip::global_norm);
  CHECK(call.clip_limit == 1);
  CHECK(call.accumulate == 4);
  CHECK(call.average == 0.99);
  CHECK(call.report);
  CHECK(m.tables.variables.find("n.mean")->role == Role::running);
  CHECK(m.inference.size() == 2);
  CHECK(m.updates.size() == 3);  // mean, var, the random step
}

TEST_CASE("--set reaches the lets that options read, and the optimizer's arguments") {
  Model m = model_of("h = dense(x, 3)\nminimize cross_entropy(h, y) with sgd(learning_rate: 0.1)\n  average(rate)\n", {{"rate", "0.25"}, {"learning_rate", "3"}});
  CHECK(m.losses[0].optimizer.average == 0.25);
  CHECK(m.losses[0].optimizer.numbers.at("learning_rate") == 3);
}

TEST_CASE("arguments that may be absent: by position, by name, and not at all") {
  for (const char* call : {"cross_entropy(h, y)", "cross_entropy(h, y, weight)", "cross_entropy(h, y, weight: weight, smoothing: 0.1)"}) {
    Model m = model_of(std::string("h = dense(x, 3)\nminimize ") + call + " with sgd()\n");
    CHECK(m.losses.size() == 1);
  }
  // Gamma and beta of one's own; then the layer makes none.
  Model own = model_of("parameter g: f32[3] = ones()\nh = batch_norm(dense(x, 3, name: d), gamma: g, shift: false)\nminimize cross_entropy(h, y) with sgd()\n");
  CHECK(own.tables.variables.find("h.gamma") == nullptr);
  CHECK(own.tables.variables.find("h.beta") == nullptr);
  CHECK(own.tables.variables.find("h.var") != nullptr);
}
