// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// print.h, parse.h and verify.h on whole modules; the golden files show the text form.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "compiler/passes/attach_optimizer.h"
#include "ir/builder.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/support/golden.h"

using namespace graphc;
using graphc_test::check_golden;

static Module small_module() {
  Builder b("small");
  Tensor x = b.input("x", {batch, 4});
  Tensor y = b.target("y", classes(3));
  Tensor hidden = tanh(b.dense("hidden", b.standardize("scaled", x), 5));
  b.label(hidden, "hidden");
  Tensor logits = b.dense("logits", hidden, 3);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), adam({.learning_rate = 0.1}));
  b.freeze("hidden.bias");
  return attach_optimizer(b.finish());
}

static void check_fixed_point(const Module& module) {
  std::string text = print(module);
  std::string again = print(parse_module(text, "printed"));
  CHECK_MESSAGE(text == again, graphc_test::line_difference(text, again));
}

TEST_CASE("a training module prints as its golden file and reads back") {
  Module module = small_module();
  verify(module);
  check_golden("graph/small_module", print(module));
  check_fixed_point(module);
}

TEST_CASE("labels, gradients, nested calls and frozen parameters survive the text") {
  Module module = small_module();
  Module read = parse_module(print(module), "printed");
  REQUIRE(read.entries.size() == module.entries.size());
  CHECK(read.variables[0].role == Role::fitted);
  CHECK(read.variables[0].of == "x:mean");
  CHECK_FALSE(read.variables.find("hidden.bias")->trainable);
  CHECK(read.inputs.find("y")->classes == 3);
  CHECK(read.inputs.find("y")->is_target);
  const Graph &a = *module.entries.find("step"), &b = *read.entries.find("step");
  REQUIRE(a.size() == b.size());
  int gradients = 0, labels = 0;
  for (ValueId v = 0; v < a.size(); v++) {
    CHECK(a.label(v) == b.label(v));
    CHECK(a.gradient_of(v) == b.gradient_of(v));
    gradients += a.gradient_of(v) != no_value, labels += !a.label(v).empty();
  }
  CHECK(gradients > 3);
  CHECK(labels > 3);
}

TEST_CASE("every kind of attribute and every awkward number reads back") {
  GraphBuilder b("numbers \"quoted\"\n");
  double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Tensor x = b.constant({0.1, -0.0, inf, -inf, nan, -nan, 1e-310, 1.7976931348623157e308}, {DType::f32, {8}});
  Tensor i = b.constant(-2147483648.0, Type{DType::i32, {batch, 2}});
  Tensor y = pad(reshape(x, {2, 4}), 1, 1, 2, -0.0);
  b.graph().set_label(y.id, "tab\t, \"quote\", back\\slash, \xC3\xA9");
  b.graph().outputs = {{"y", y.id}, {"i", cast(i, DType::f32).id}, {"t", transpose(y, {1, 0}).id}, {"s", slice(y, 0, 1, 1).id}};
  b.emit(Op::input, {}, {std::string("a name\x01"), Type{DType::u8, {Dim(3, true), 2}}});
  std::string text = print(b.graph());
  check_golden("graph/numbers", text);
  Graph read = parse_graph(text, "printed");
  CHECK(print(read) == text);
  CHECK(std::signbit(read[0].attribute<std::vector<double>>(0)[1]));
  CHECK(read.label(y.id) == b.graph().label(y.id));
}

TEST_CASE("NaN payloads read back") {
  GraphBuilder b("nan");
  double signalling = std::bit_cast<double>(uint64_t{0xFFF0000000000123});
  b.constant({1, signalling}, {DType::f32, {2}});
  Graph read = parse_graph(print(b.graph()), "printed");
  CHECK(std::bit_cast<uint64_t>(read[0].attribute<std::vector<double>>(0)[1]) == 0xFFF0000000000123);
}

TEST_CASE("short forms that a person would write") {
  Graph graph = parse_graph(R"(graphc.graph 1   # the first line
graph "by hand" {
  %10: f32[batch, 3] = input {name: "x"}
  %20 = reduce_sum %10 {axis: 1}     # type and order follow
  %21 = mul %20, %20
  output "squares" = %21
}
)",
                            "hand");
  CHECK(graph.size() == 3);
  CHECK(to_string(graph[2].type) == "f32[batch]");
  CHECK(to_string(graph.place(2)) == "hand:5:9");
}

TEST_CASE("equal nodes of a text become one") {
  Graph graph = parse_graph("graphc.graph 1\ngraph \"g\" {\n%0 = rows\n%1 = rows\n%2 = add %0, %1\noutput \"o\" = %2\n}\n", "g");
  CHECK(graph.size() == 2);
  CHECK(graph[1].operands == std::vector<ValueId>{0, 0});
}
