// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the generated tests run over: every op and every composite that has cases, with nothing said about any of them here.
#pragma once

#include "ir/composite.h"
#include "ir/evaluate.h"
#include "tests/support/random_arrays.h"

namespace graphc_test {

struct Subject {
  std::string name;
  const std::vector<graphc::Case>& cases;
  const graphc::OpDef* op = nullptr;
  const graphc::CompositeDef* composite = nullptr;

  graphc::Tensor build(const graphc::Case& c, graphc::GraphBuilder& b, const std::vector<graphc::Tensor>& operands) const;
  bool has_vjp() const { return op ? op->vjp != nullptr : composite->vjp != nullptr; }
  bool is_differentiable() const { return op ? op->vjp != nullptr : composite->kind != graphc::CompositeKind::metric; }
};

std::vector<Subject> subjects();

// A graph of one case: inputs x0, x1, ... of the operands' types, and the subject's result.
struct CaseGraph {
  graphc::GraphBuilder b{"case"};
  std::vector<graphc::Tensor> operands;
  graphc::Tensor result;

  CaseGraph(const Subject& subject, const graphc::Case& c);
  graphc::Tensor input(const std::string& name, const graphc::Type& type);
};

// Random elements in the case's ranges, away from its kinks.
graphc::Bindings case_bindings(Random& random, const graphc::Case& c, int64_t rows);

// "exp, case 3 f32[batch, 10]"
std::string case_name(const Subject& subject, size_t number);

// Every (subject, case).
template <class Action>
void for_each_case(Action action) {
  for (const Subject& subject : subjects())
    for (size_t n = 0; n < subject.cases.size(); n++) action(subject, n, subject.cases[n]);
}

}  // namespace graphc_test
