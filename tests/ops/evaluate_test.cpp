// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Generated from the cases of every op and composite: types, f32 against f64, the text form.
#include <doctest/doctest.h>

#include <cmath>

#include "ir/parse.h"
#include "ir/print.h"
#include "ir/verify.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

TEST_CASE("every op that can be computed, and every function, loss and metric, has cases") {
  for (const OpDef* op : all_ops()) {
    INFO(std::string(op->name));
    CHECK((op->vjp != nullptr) != (op->not_differentiable != nullptr));
    bool computed = op->lower || op->evaluate || op->expand || op->reference;
    CHECK(op->cases.empty() != computed);
    if (op->vjp) CHECK(op->cases.size() >= 6);
  }
  for (const CompositeDef* def : all_composites()) {
    INFO(std::string(def->name));
    CHECK(bool(def->build) + bool(def->build_optimizer) + bool(def->build_initializer) == 1);
    bool applied = def->kind == CompositeKind::function || def->kind == CompositeKind::loss || def->kind == CompositeKind::metric;
    if (applied) CHECK(def->cases.size() >= 6);
  }
}

TEST_CASE("shape inference is stable, verified, and says the size of what is computed") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    CaseGraph graph(subject, c);
    INFO(case_name(subject, n));
    size_t size = graph.b.graph().size();
    if (subject.op) {
      CHECK(subject.build(c, graph.b, graph.operands).id == graph.result.id);
      CHECK(graph.b.graph().size() == size);
    }
    verify(graph.b.graph());
    for (int64_t rows : {1, 2, 5}) {
      Random random(n);
      auto values = evaluate(graph.b.graph(), case_bindings(random, c, rows), Precision::f32_fused);
      const Array& value = values[graph.result.id];
      CHECK(value.dims == graph.result.shape().at(rows));
      CHECK(int64_t(value.data.size()) == value.count());
      CHECK(value.dtype == graph.result.dtype());
    }
  });
}

static void check_near(const Array& got, const Array& expected, double tolerance) {
  double scale = 1;
  for (double x : expected.data)
    if (std::isfinite(x)) scale = std::max(scale, std::fabs(x));
  for (size_t i = 0; i < expected.data.size(); i++) {
    double a = got.data[i], b = expected.data[i];
    bool near = a == b || (std::isnan(a) && std::isnan(b)) || (got.dtype == DType::f32 && std::fabs(a - b) <= tolerance * scale);
    if (!near) FAIL_CHECK("element ", i, ": ", a, ", expected ", b);
  }
}

TEST_CASE("f32 with and without fused multiply-add agrees with f64") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    CaseGraph graph(subject, c);
    INFO(case_name(subject, n));
    for (int64_t rows : {1, 3, 19}) {
      Random random(100 * n + size_t(rows));
      Bindings bindings = case_bindings(random, c, rows);
      Array expected = evaluate(graph.b.graph(), bindings, Precision::f64)[graph.result.id];
      for (Precision precision : {Precision::f32_fused, Precision::f32_unfused}) {
        Array got = evaluate(graph.b.graph(), bindings, precision)[graph.result.id];
        check_near(got, expected, 1e-5);
        for (double x : got.data)
          if (got.dtype == DType::f32 && x == x) CHECK(double(float(x)) == x);
      }
    }
  });
}

TEST_CASE("the text form of every case is a fixed point") {
  for_each_case([](const Subject& subject, size_t n, const Case& c) {
    CaseGraph graph(subject, c);
    INFO(case_name(subject, n));
    std::string text = print(graph.b.graph());
    CHECK(print(parse_graph(text, "printed")) == text);
  });
}
