// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle ladder (DESIGN 10) over every case of every op and composite: evaluator = one kernel a node = fused, bit for
// bit, for several numbers of rows, vector widths and both classes of targets.
#include <doctest/doctest.h>

#include <exception>
#include <limits>

#include "compiler/passes/differentiate.h"
#include "tests/compiler/case_module.h"
#include "tests/compiler/shuffled_tasks.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t max_rows = 37, many_rows = 2100;  // the second: sums along the rows have three blocks (DESIGN 6)

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

void compare(CaseModule& module, const Prepared& p, const Bindings& bindings, const std::string& what, const graphc_hooks* hooks = nullptr) {
  auto expected = module.oracle(p.entry, bindings), actual = module.run(p.entry, bindings, hooks);
  for (size_t o = 0; o < expected.size(); o++) {
    std::string where = difference(expected[o], actual[o]);
    CHECK_MESSAGE(where.empty(), p.title << ", output " << o << ", " << bindings.rows << " rows, " << what << ": " << where);
  }
}

// Every subject in a module of its own; one that fails to compile does not hide the others.
template <class Action> void for_each_module(const Target& target, bool fused, bool with_gradient, Action action, uint32_t most = max_rows) {
  for (const Subject& subject : subjects()) try {
      CaseModule module(most);
      auto cases = add_cases(module, subject, with_gradient && subject.is_differentiable());
      module.compile(target, fused);
      for (const Prepared& p : cases) action(module, p);
    } catch (const std::exception& error) {
      FAIL_CHECK(subject.name << ": " << error.what());
    }
}

void climb(const Target& target, const std::vector<int64_t>& rows, bool fused, const std::string& what) {
  Random random(11);
  for_each_module(target, fused, true, [&](CaseModule& module, const Prepared& p) {
    bool has_batch = false;
    for (const Type& t : p.c.operands) has_batch |= t.shape.has_batch();
    for (int64_t r : rows)
      if (has_batch || r == rows[0]) compare(module, p, bind(random, p, r), what);
  });
}

void climb_specials(const Target& target, bool fused, const std::string& what) {
  constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const double specials[] = {0.0, -0.0, inf, -inf, nan, 1e-40, -1e-40, 0x1p-149, 0x1p-126, 3.4e38, -3.4e38, 1.5, -2.0, 8388609.0};
  Random random(5);
  for_each_module(target, fused, true, [&](CaseModule& module, const Prepared& p) {
    for (int64_t share : {8, 2}) {  // seldom, so that some results stay finite; and often
      Bindings bindings = bind(random, p, max_rows);
      for (auto& [name, array] : bindings.inputs)
        if (array.dtype == DType::f32)
          for (double& x : array.data)
            if (random.below(share) == 0) x = float(specials[random.below(std::size(specials))]);
      compare(module, p, bindings, "special values, " + what);
    }
  });
}

// A CPU that this machine can run, by its name where there is one; else this machine as if it were narrower.
Target cpu(const char* name, int floats, bool fma) {
  Target host = describe_target();
#ifdef __x86_64__
  if (host.fma || !fma) return describe_target("x86_64-linux-gnu", name);
#endif
  (void)name;
  host.vector_floats = floats, host.vector_registers = 16, host.fma = fma && host.fma, host.masks = false;
  return host;
}

Target scalars() {
  Target host = describe_target();
  host.vector_floats = 1, host.vector_registers = 16, host.fma = host.masks = false;
  return host;
}

}  // namespace

TEST_CASE("ladder: fused kernels on this machine") { climb(describe_target(), {max_rows, 36, 16, 7, 1}, true, "fused"); }
TEST_CASE("ladder: one kernel a node") { climb(describe_target(), {max_rows, 7}, false, "one kernel a node"); }
TEST_CASE("ladder: vectors of 8 floats") { climb(cpu("x86-64-v3", 8, true), {max_rows, 3}, true, "8 floats"); }
TEST_CASE("ladder: vectors of 4 floats without masks and fused multiply-add") { climb(cpu("x86-64-v2", 4, false), {max_rows, 3}, true, "4 floats"); }
TEST_CASE("ladder: scalars") { climb(scalars(), {5}, true, "scalars"); }
TEST_CASE("ladder: many rows, tasks in random order") {
  Shuffled shuffled{Order::random};
  graphc_hooks hooks{sizeof(graphc_hooks), &shuffled, 1, Shuffled::run};
  Random random(12);
  for_each_module(describe_target(), true, true, [&](CaseModule& module, const Prepared& p) {
    if (std::any_of(p.c.operands.begin(), p.c.operands.end(), [](const Type& t) { return t.shape.has_batch(); }))
      compare(module, p, bind(random, p, many_rows - 3), "many rows", &hooks);
  }, many_rows);
  CHECK(shuffled.most_tasks > 1);
}
TEST_CASE("ladder: special values, fused") { climb_specials(describe_target(), true, "fused"); }
TEST_CASE("ladder: special values, one kernel a node") { climb_specials(describe_target(), false, "one kernel a node"); }
TEST_CASE("ladder: special values, vectors of 4 floats") { climb_specials(cpu("x86-64-v2", 4, false), true, "4 floats"); }
