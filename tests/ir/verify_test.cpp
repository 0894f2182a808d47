// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/verify.h"

#include <doctest/doctest.h>

#include "ir/tensor.h"

using namespace graphc;

namespace {

struct Example {
  GraphBuilder b{"step"};
  Tensor x = b.emit(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 2}}});
  Tensor w = b.emit(Op::variable, {}, {std::string("w"), Type{DType::f32, {2}}});
  Tensor rate = b.emit(Op::hyper, {}, {std::string("rate"), Type{DType::f32, {}}});
  Tensor next = w - rate * w;
  Tensor loss = sum(w * w);
  Module module;

  Example() {
    module.name = "m";
    module.inputs = {{"x", {DType::f32, {batch, 2}}}};
    module.variables = {{.name = "w", .type = {DType::f32, {2}}}};
    module.hypers = {{"rate"}};
    b.graph().outputs = {{"x", x.id}};
    b.graph().updates = {{"w", next.id}};
    b.graph().loss = loss.id;
  }

  std::string error(bool tables = true) {
    try {
      if (tables) {
        module.entries = {b.graph()};
        verify(module);
      } else {
        verify(b.graph());
      }
    } catch (const InternalError& error) {
      return error.what();
    }
    return "";
  }
  bool fails_with(const std::string& part, bool tables = true) {
    std::string text = error(tables);
    if (text.find(part) != std::string::npos) return true;
    MESSAGE("got: ", text);
    return false;
  }
};

}  // namespace

TEST_CASE("a well formed module passes") {
  Example e;
  CHECK(e.error() == "");
  CHECK(e.error(false) == "");
}

TEST_CASE("outputs, updates and the loss name values that exist and fit") {
  {
    Example e;
    e.b.graph().outputs[0].value = 999;
    CHECK(e.fails_with("output x is no value: %999", false));
  }
  {
    Example e;
    e.b.graph().updates[0].value = no_value;
    CHECK(e.fails_with("update w is no value", false));
  }
  {
    Example e;
    e.b.graph().updates.push_back(e.b.graph().updates[0]);
    CHECK(e.fails_with("w is updated twice", false));
  }
  {
    Example e;
    e.b.graph().loss = e.x.id;
    CHECK(e.fails_with("%0: f32[batch, 2] = input {name: \"x\"}: the loss must be f32[]", false));
  }
  {
    Example e;
    e.b.graph().outputs.push_back({"x", e.w.id});
    CHECK(e.fails_with("two outputs named x", false));
  }
  {
    Example e;
    e.b.graph().set_gradient_of(e.x.id, 1000);
    CHECK(e.fails_with("is the gradient of no value", false));
  }
}

TEST_CASE("inputs, variables and hypers are in the tables with their type") {
  {
    Example e;
    e.module.inputs.edit().clear();
    CHECK(e.fails_with("the module has no input x"));
  }
  {
    Example e;
    e.module.variables.edit()[0].type.shape = {3};
    CHECK(e.fails_with("the module's variable is f32[3]"));
  }
  {
    Example e;
    e.module.hypers.edit()[0].dtype = DType::i32;
    CHECK(e.fails_with("the module's hyper is i32[]"));
  }
  {
    Example e;
    e.b.graph().updates[0].value = e.loss.id;
    CHECK(e.fails_with("updates w, which is f32[2]"));
  }
  {
    Example e;
    e.b.graph().updates[0].variable = "v";
    CHECK(e.fails_with("the updated variable v is not in the module"));
  }
}

TEST_CASE("tables name everything once, with initializers and inputs that exist") {
  {
    Example e;
    e.module.variables.push_back(e.module.variables[0]);
    CHECK(e.fails_with("two named w"));
  }
  {
    Example e;
    e.module.variables.edit()[0].initializer.name = "sgd";
    CHECK(e.fails_with("no initializer named sgd"));
  }
  {
    Example e;
    e.module.variables.edit()[0].of = "y:mean";
    CHECK(e.fails_with("y:mean is not INPUT:mean"));
  }
  {
    Example e;
    e.module.variables.edit()[0].type.shape = {batch};
    CHECK(e.fails_with("its shape must be constant"));
  }
}

TEST_CASE("calls fit their bodies") {
  auto body = [](const Type& argument, int64_t index) {
    auto graph = std::make_shared<Graph>("f");
    ValueId v = graph->add(Op::argument, {}, {index, argument});
    graph->outputs = {{"0", v}};
    return graph;
  };
  {
    Example e;
    e.b.graph().add_call({"f", {}, body({DType::f32, {batch, 2}}, 0)}, {e.x.id});
    CHECK(e.error() == "");
  }
  {
    Example e;
    e.b.graph().add_call({"f", {}, body({DType::f32, {3}}, 0)}, {e.x.id});
    CHECK(e.fails_with("graph f: %0: f32[3] = argument {index: 0}: the call gives f32[batch, 2]"));
  }
  {
    Example e;
    e.b.graph().add_call({"f", {}, body({DType::f32, {batch, 2}}, 1)}, {e.x.id});
    CHECK(e.fails_with("no such argument"));
  }
  {
    Example e;
    e.b.graph().add_call({"f", {}, body({DType::f32, {batch, 2}}, 0)}, {ValueId(e.b.graph().size())});
    CHECK(e.fails_with("is not defined above"));
  }
  {
    Example e;
    e.b.graph().add_call({"softmax", {{"temperature", 1}}, body({DType::f32, {batch, 2}}, 0)}, {e.x.id});
    CHECK(e.fails_with("is not a call of softmax"));
  }
  {
    Example e;
    ValueId call = e.b.graph().add_call({"f", {}, body({DType::f32, {batch, 2}}, 0)}, {e.x.id});
    e.b.graph().outputs.push_back({"call", call});
    CHECK(e.fails_with("must be one result of the call"));
  }
}

TEST_CASE("bodies nested too deep are refused, not followed") {
  std::shared_ptr<const Graph> inner = std::make_shared<Graph>("f");
  for (int i = 0; i < 1000; i++) {
    auto outer = std::make_shared<Graph>("f");
    outer->add_call({"f", {}, inner}, {});
    inner = outer;
  }
  CHECK_THROWS_AS(verify(*inner), InternalError);
}
