// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include "compiler/passes/inline_calls.h"
#include "ir/composite.h"
#include "ir/evaluate.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/support/golden.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

TEST_CASE("calls become their bodies, nested ones too") {
  GraphBuilder b("inline");
  Tensor x = b.emit(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 3}}});
  Tensor y = b.emit(Op::input, {}, {std::string("y"), Type{DType::i32, {batch}}});
  b.graph().outputs.push_back({"loss", b.captured(cross_entropy(relu(x), y))});
  Graph graph = std::move(b.graph()), inlined = inline_calls(graph);
  verify(inlined);
  check_golden("passes/inline_calls", print(graph) + print(inlined));
  for (ValueId v = 0; v < inlined.size(); v++) {
    CHECK(inlined[v].op != Op::call);
    CHECK((inlined[v].def().expand == nullptr));
  }
  Random random(1);
  Bindings bindings{4, {}, {}, {}};
  bindings.inputs["x"] = random_array(random, {DType::f32, {batch, 3}}, 4);
  bindings.inputs["y"] = random_array(random, {DType::i32, {batch}}, 4, 0, 0, 3);
  for (Precision p : {Precision::f64, Precision::f32_fused, Precision::f32_unfused})
    CHECK(evaluate(graph, bindings, p)[graph.outputs[0].value].data == evaluate(inlined, bindings, p)[inlined.outputs[0].value].data);
}

TEST_CASE("names and outputs survive") {
  GraphBuilder b("inline");
  Tensor x = b.emit(Op::input, {}, {std::string("x"), Type{DType::f32, {batch, 3}}});
  Tensor s = softmax(x);
  b.graph().set_label(b.captured(s), "probability");
  b.graph().outputs.push_back({"p", b.captured(s)});
  b.graph().updates.push_back({"p", b.captured(s)});
  Graph inlined = inline_calls(b.graph());
  CHECK(inlined.label(inlined.outputs[0].value) == "probability");
  CHECK(inlined.updates[0].value == inlined.outputs[0].value);
}
