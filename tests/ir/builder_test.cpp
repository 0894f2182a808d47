// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/builder.h"

#include <doctest/doctest.h>

using namespace graphc;

static std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("dense and standardize declare their variables") {
  Builder b("m");
  Tensor x = b.input("x", {batch, 4});
  b.output("y", b.dense("hidden", b.standardize("scaled", x), 5));
  Model model = b.finish();
  const Module& tables = model.tables;
  REQUIRE(tables.variables.size() == 4);
  CHECK(tables.variables.find("hidden.weight")->type == Type{DType::f32, {4, 5}});
  CHECK(tables.variables.find("hidden.weight")->initializer.name == "glorot_uniform");
  CHECK(tables.variables.find("hidden.bias")->initializer.name == "zeros");
  CHECK(tables.variables.find("scaled.mean")->role == Role::fitted);
  CHECK(tables.variables.find("scaled.mean")->of == "x:mean");
  CHECK(tables.variables.find("scaled.scale")->initializer.numbers.at("value") == 1);
  CHECK(model.forward.outputs[0].name == "y");
}

TEST_CASE("mistakes point to the line of the builder call") {
  Builder b("m");
  Tensor x = b.input("x", {batch, 4});
  std::string text = error_of([&] { b.input("x", {batch}); });
  CHECK(text.find("builder_test.cpp:") != std::string::npos);
  CHECK(text.find("there is already an input of this name") != std::string::npos);
  CHECK(error_of([&] { b.dense("d", x, 0); }).find("units must be at least 1") != std::string::npos);
  CHECK(error_of([&] { b.dense("d", b.input("v", {4}), 2); }).find("at least two axes") != std::string::npos);
  CHECK(error_of([&] { b.standardize("s", x * 2.0); }).find("takes an input of the model") != std::string::npos);
  CHECK(error_of([&] { b.target("t", classes(0)); }).find("at least 1") != std::string::npos);
  CHECK(error_of([&] { b.parameter("p", {batch}, {}); }).find("shape must be constant") != std::string::npos);
  CHECK(error_of([&] { b.minimize(x, sgd({})); }).find("the loss must be a f32 scalar") != std::string::npos);
  CHECK(error_of([&] { b.metric("m", x); }).find("must be a f32 scalar") != std::string::npos);
  CHECK(error_of([&] { b.minimize(sum(x), {"sdg"}); }).find("no optimizer named sdg") != std::string::npos);
  CHECK(error_of([&] { b.layer("dens", "d", {{x}}); }).find("no composite named dens") != std::string::npos);
  CHECK(error_of([&] { b.finish(); }).find("nothing to minimise") != std::string::npos);
  b.output("y", x);
  CHECK(error_of([&] { b.output("y", x); }).find("already an output") != std::string::npos);
}

TEST_CASE("entries and what they report have names of their own") {
  Builder b("m");
  Tensor x = b.input("x", {batch, 4}), y = b.dense("d", x, 1), loss = mean(y);
  for (const char* step : {"init", "eval", "predict", "grad", "grad_d", "apply_d", "gradual", ""})
    CHECK(error_of([&] { b.minimize(loss, sgd({}), {}, step); }).find("a loss cannot be named '" + std::string(step) + "'") != std::string::npos);
  b.minimize(loss, sgd({}).penalty("l2", 1), {}, "step_b");
  CHECK(error_of([&] { b.minimize(loss, sgd({}), {}, "b"); }).find("its entry grad_b would be that of the loss step_b, too") != std::string::npos);
  b.minimize(loss, sgd({}), {}, "evaluation");
  b.metric("gradient_norm", loss);
  b.metric("loss_step_b", loss);  // its loss is `loss`
  auto refused = [&](const char* metric) { CHECK(error_of([&] { b.metric(metric, loss); }).find("reported under this name") != std::string::npos); };
  refused("penalty");
  refused("loss_evaluation");
  CHECK(error_of([&] { b.metric("grad.d.weight", loss); }).find("begin with grad. are for what training reports") != std::string::npos);
  CHECK(error_of([&] { b.minimize(loss, sgd({}).report_norms(), {}, "step"); }).find("metric gradient_norm: the length") != std::string::npos);
}

TEST_CASE("the name of an entry tells its verb") {
  for (const char* step : {"step", "step2", "step_b", "b", "evaluation"}) {
    CHECK(entry_verb(step) == EntryVerb::step);
    CHECK(entry_verb(entry_name(EntryVerb::grad, step)) == EntryVerb::grad);
    CHECK(entry_verb(entry_name(EntryVerb::apply, step)) == EntryVerb::apply);
  }
  CHECK(entry_name(EntryVerb::grad, "step2") == "grad2");
  CHECK(entry_name(EntryVerb::apply, "b") == "apply_b");
  CHECK(entry_verb("init") == EntryVerb::init);
  CHECK(entry_verb("eval") == EntryVerb::eval);
  CHECK(entry_verb("predict") == EntryVerb::predict);
}

TEST_CASE("freeze finds names, prefixes and stars") {
  Builder b("m");
  Tensor x = b.input("x", {batch, 4});
  b.output("y", b.dense("s1.b", b.dense("s1.a", x, 4), 4));
  b.freeze("s1.a");
  CHECK_FALSE(b.model().tables.variables.find("s1.a.weight")->trainable);
  CHECK(b.model().tables.variables.find("s1.b.weight")->trainable);
  b.freeze("*.bias");
  CHECK_FALSE(b.model().tables.variables.find("s1.b.bias")->trainable);
  CHECK(error_of([&] { b.freeze("s1.b.wieght"); }).find("did you mean s1.b.weight?") != std::string::npos);
  CHECK(matches("a*c", "abbc"));
  CHECK(matches("a", "a.b"));
  CHECK_FALSE(matches("a", "ab"));
  CHECK_FALSE(matches("*x", "xy"));
  CHECK(matches("*", ""));
}
