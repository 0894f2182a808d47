// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/ops/subjects.h"

#include <cmath>

namespace graphc_test {

using namespace graphc;

Tensor Subject::build(const Case& c, GraphBuilder& b, const std::vector<Tensor>& x) const {
  return op ? b.emit(*find_op(op->name), x, c.attributes) : apply(b, *composite, {x, c.numbers});
}

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const OpDef* op : all_ops())
    if (!op->cases.empty()) all.push_back({op->name, op->cases, op, nullptr});
  for (const CompositeDef* composite : all_composites())
    if (!composite->cases.empty()) all.push_back({composite->name, composite->cases, nullptr, composite});
  return all;
}

CaseGraph::CaseGraph(const Subject& subject, const Case& c) {
  for (size_t i = 0; i < c.operands.size(); i++) operands.push_back(input("x" + std::to_string(i), c.operands[i]));
  // Sources make their value without a builder's operand, so the builder is named.
  result = subject.build(c, b, operands);
  b.graph().outputs.push_back({"result", result.id});
}

Tensor CaseGraph::input(const std::string& name, const Type& type) { return b.emit(Op::input, {}, {name, type}); }

Bindings case_bindings(Random& random, const Case& c, int64_t rows) {
  Bindings bindings;
  bindings.rows = rows;
  for (size_t i = 0; i < c.operands.size(); i++) {
    Array array = random_array(random, c.operands[i], rows, c.low, c.high, c.int_high);
    auto near_kink = [&](double x) {
      for (double kink : c.kinks)
        if (std::fabs(x - kink) < 1e-3) return true;
      return false;
    };
    if (array.dtype == DType::f32)
      for (double& x : array.data)
        while (near_kink(x)) x = double(float(random.uniform(c.low, c.high)));
    bindings.inputs["x" + std::to_string(i)] = std::move(array);
  }
  return bindings;
}

std::string case_name(const Subject& subject, size_t number) {
  std::string text = subject.name + ", case " + std::to_string(number);
  for (const Type& type : subject.cases[number].operands) text += " " + to_string(type);
  return text;
}

}  // namespace graphc_test
