// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle ladder (DESIGN 10) over every case of every op and composite: evaluator = one kernel a node = fused, bit for
// bit, for several numbers of rows, vector widths and both classes of targets.
#include <doctest/doctest.h>

#include <limits>

#include "compiler/passes/differentiate.h"
#include "tests/compiler/case_module.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t max_rows = 37;

std::string entry_of(const std::string& name, size_t n) { return name + "_" + std::to_string(n); }

// Inputs get names of their own, so that all cases fit into one module.
struct Prepared {
  std::string entry, title;
  Case c;
  std::vector<std::string> inputs;
};

std::vector<Prepared> add_cases(CaseModule& module, const Subject& subject, bool with_gradient) {
  std::vector<Prepared> all;
  for (size_t n = 0; n < subject.cases.size(); n++) {
    const Case& c = subject.cases[n];
    Prepared p{entry_of(subject.name, n), case_name(subject, n), c, {}};
    GraphBuilder b(p.entry);
    std::vector<Tensor> operands;
    std::vector<std::pair<std::string, Type>> inputs;
    for (size_t o = 0; o < c.operands.size(); o++) {
      p.inputs.push_back(p.entry + ".x" + std::to_string(o));
      inputs.push_back({p.inputs.back(), c.operands[o]});
      operands.push_back(b.emit(Op::input, {}, {p.inputs.back(), c.operands[o]}));
    }
    Tensor result = subject.build(c, b, operands);
    b.graph().outputs.push_back({"result", b.captured(result)});
    if (with_gradient && result.dtype() == DType::f32) {
      std::vector<Tensor> wrt;
      for (const Tensor& t : operands)
        if (t.dtype() == DType::f32) wrt.push_back(t);
      auto found = gradients(sum(result * result), wrt);
      for (size_t g = 0; g < found.size(); g++)
        if (found[g]) b.graph().outputs.push_back({"d" + std::to_string(g), b.captured(*found[g])});
    }
    module.add(std::move(b.graph()), inputs);
    all.push_back(std::move(p));
  }
  return all;
}

Bindings bind(Random& random, const Prepared& p, int64_t rows) {
  Bindings from = case_bindings(random, p.c, rows), to{rows, {}, {}, {}};
  for (size_t o = 0; o < p.inputs.size(); o++) to.inputs[p.inputs[o]] = from.inputs.at("x" + std::to_string(o));
  return to;
}

void compare(CaseModule& module, const Prepared& p, const Bindings& bindings, const std::string& what) {
  auto expected = module.oracle(p.entry, bindings), actual = module.run(p.entry, bindings);
  for (size_t o = 0; o < expected.size(); o++) {
    std::string where = difference(expected[o], actual[o]);
    CHECK_MESSAGE(where.empty(), p.title << ", output " << o << ", " << bindings.rows << " rows, " << what << ": " << where);
  }
}

void climb(const Target& target, const std::vector<int64_t>& rows, bool fused, const std::string& what) {
  for (const Subject& subject : subjects()) {
    CaseModule module(max_rows);
    auto cases = add_cases(module, subject, subject.is_differentiable());
    module.compile(target, fused);
    Random random(11);
    for (const Prepared& p : cases)
      for (int64_t r : rows) {
        bool has_batch = false;
        for (const Type& t : p.c.operands) has_batch |= t.shape.has_batch();
        if (has_batch || r == rows[0]) compare(module, p, bind(random, p, r), what);
      }
  }
}

Target narrower(int floats, int registers, bool fma, bool masks) {
  Target t = describe_target();
  t.vector_floats = floats, t.vector_registers = registers, t.fma = fma, t.masks = masks;
  return t;
}

}  // namespace

TEST_CASE("ladder: fused kernels on this machine") { climb(describe_target(), {max_rows, 36, 16, 7, 1}, true, "fused"); }
TEST_CASE("ladder: one kernel a node") { climb(describe_target(), {max_rows, 7}, false, "one kernel a node"); }
TEST_CASE("ladder: vectors of 8 floats") { climb(narrower(8, 16, describe_target().fma, true), {max_rows, 3}, true, "8 floats"); }
TEST_CASE("ladder: vectors of 4 floats without masks and fused multiply-add") { climb(narrower(4, 16, false, false), {max_rows, 3}, true, "4 floats"); }
TEST_CASE("ladder: scalars") { climb(narrower(1, 16, false, false), {5}, true, "scalars"); }

TEST_CASE("ladder: special values") {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double specials[] = {0.0, -0.0, inf, -inf, nan, 1e-40, -1e-40, 3.4e38, -3.4e38, 1.5, -2.0, 8388609.0};
  for (const Subject& subject : subjects()) {
    CaseModule module(max_rows);
    auto cases = add_cases(module, subject, false);
    module.compile(describe_target(), true);
    Random random(5);
    for (const Prepared& p : cases) {
      Bindings bindings = bind(random, p, max_rows);
      for (auto& [name, array] : bindings.inputs)
        if (array.dtype == DType::f32)
          for (double& x : array.data)
            if (random.below(4) == 0) x = float(specials[random.below(std::size(specials))]);
      compare(module, p, bindings, "special values");
    }
  }
}
