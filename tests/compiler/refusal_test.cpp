// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The ABI's refusals (DESIGN 7), from machine code and from the evaluator: the status, and not one byte written.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "compiler/graphc.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/models.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t rows = 8;

struct Call {
  void *params, *state, *workspace;
  const void* const* inputs;
  void* const* outputs;
  uint32_t rows;
  const void* hyper;
};

struct Hyper {
  uint32_t size;
  float learning_rate;
};

class Fixture {
 public:
  Fixture(const graphc_module& module, const std::string& entry) : run(module), name(entry), random(1), arrays(run.arrays(entry, rows, random)) {}

  Call call() { return {run.params.data(), run.state.data(), run.workspace.data(), arrays.inputs.data(), arrays.outputs.data(), rows, nullptr}; }

  void refuses(const char* what, graphc_status expected, const std::function<void(Call&)>& change) {
    Call c = call();
    change(c);
    std::string before = all();
    graphc_status status = run.entry(name).run(c.params, c.state, c.workspace, c.inputs, c.outputs, c.rows, c.hyper, nullptr);
    CHECK_MESSAGE(status == expected, name << ", " << what);
    CHECK_MESSAGE((all() == before), name << ", " << what << ": something was written");
  }

  std::string all() { return run.bytes() + bytes_of(run.workspace.bytes()) + output_bytes(arrays, arrays.inputs.size()); }

  AbiRun run;
  std::string name;
  Random random;
  AbiRun::Arrays arrays;
};

void* moved(void* p, std::ptrdiff_t bytes) { return static_cast<char*>(p) + bytes; }

void check_refusals(const graphc_module& module, const graphc_module& other) {
  for (const char* name : {"step", "grad", "eval", "predict"}) {
    Fixture f(module, name);
    AbiRun foreign(other);
    f.refuses("no params", GRAPHC_NULL_POINTER, [](Call& c) { c.params = nullptr; });
    f.refuses("no state", GRAPHC_NULL_POINTER, [](Call& c) { c.state = nullptr; });
    f.refuses("no workspace", GRAPHC_NULL_POINTER, [](Call& c) { c.workspace = nullptr; });
    f.refuses("no inputs", GRAPHC_NULL_POINTER, [](Call& c) { c.inputs = nullptr; });
    f.refuses("no outputs", GRAPHC_NULL_POINTER, [](Call& c) { c.outputs = nullptr; });
    for (size_t i = 0; i < f.arrays.inputs.size(); i++) {
      auto inputs = f.arrays.inputs;
      inputs[i] = nullptr;
      f.refuses("one input is null", GRAPHC_NULL_POINTER, [&](Call& c) { c.inputs = inputs.data(); });
    }
    for (size_t o = 0; o < f.arrays.outputs.size(); o++) {
      auto outputs = f.arrays.outputs;
      outputs[o] = nullptr;
      f.refuses("one output is null", GRAPHC_NULL_POINTER, [&](Call& c) { c.outputs = outputs.data(); });
    }
    for (std::ptrdiff_t bytes : {1, 4, 32}) {
      f.refuses("params misaligned", GRAPHC_MISALIGNED, [&](Call& c) { c.params = moved(c.params, bytes); });
      f.refuses("state misaligned", GRAPHC_MISALIGNED, [&](Call& c) { c.state = moved(c.state, bytes); });
      f.refuses("workspace misaligned", GRAPHC_MISALIGNED, [&](Call& c) { c.workspace = moved(c.workspace, bytes); });
    }
    for (uint32_t bad : {0u, rows + 1, 0x80000000u, 0xFFFFFFFFu}) f.refuses("rows", GRAPHC_BAD_ROWS, [&](Call& c) { c.rows = bad; });
    f.refuses("params of another model", GRAPHC_WRONG_MODEL, [&](Call& c) { c.params = foreign.params.data(); });
    f.refuses("state of another model", GRAPHC_WRONG_MODEL, [&](Call& c) { c.state = foreign.state.data(); });
    f.refuses("params and state swapped", GRAPHC_WRONG_MODEL, [](Call& c) { std::swap(c.params, c.state); });
    // Every word of a head that says what it is: magic, version, fingerprint.
    for (std::byte* head : {f.run.params.data(), f.run.state.data()})
      for (size_t byte : {0, 7, 8, 11, 16, 20, 23}) {
        head[byte] ^= std::byte{0x10};
        f.refuses("a damaged head", GRAPHC_WRONG_MODEL, [](Call&) {});
        head[byte] ^= std::byte{0x10};
      }
    for (uint32_t i = 0; i < f.run.entry(name).inputs; i++) {
      if (!f.run.entry(name).input[i].limit) continue;
      int32_t* labels = f.arrays.labels(i);
      for (uint32_t row : {0u, rows - 1})
        for (int32_t bad : {5, -1, std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min()}) {
          int32_t good = std::exchange(labels[row], bad);
          f.refuses("a label", GRAPHC_BAD_LABEL, [](Call&) {});
          labels[row] = good;
        }
    }
    CHECK(f.run.call(name, f.arrays, rows) == GRAPHC_OK);  // nothing of the above was about these arguments
  }
}

void check_hyper(const graphc_module& module) {
  Fixture f(module, "step");
  REQUIRE(f.run.entry("step").hyper_bytes == sizeof(Hyper));
  Hyper hyper{sizeof(Hyper), 0.25f};
  for (uint32_t size : {0u, 4u, 7u}) {
    hyper.size = size;
    f.refuses("a hyper struct that is too small", GRAPHC_BAD_HYPER, [&](Call& c) { c.hyper = &hyper; });
  }
  // One of a later version, which is larger, serves.
  hyper.size = 64;
  CHECK(f.run.call("step", f.arrays, rows, &hyper) == GRAPHC_OK);
}

void check_init(const graphc_module& module) {
  AbiRun run(module);
  std::string before = run.bytes();
  auto init = run.entry("init").run;
  std::byte *params = run.params.data(), *state = run.state.data();
  CHECK(init(nullptr, state, run.workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) == GRAPHC_NULL_POINTER);
  CHECK(init(params, nullptr, run.workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) == GRAPHC_NULL_POINTER);
  CHECK(init(params + 4, state, run.workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) == GRAPHC_MISALIGNED);
  CHECK(init(params, state + 32, run.workspace.data(), nullptr, nullptr, 1, nullptr, nullptr) == GRAPHC_MISALIGNED);
  CHECK((run.bytes() == before));
  // rows are not used.
  CHECK(init(params, state, run.workspace.data(), nullptr, nullptr, 0, nullptr, nullptr) == GRAPHC_OK);
  CHECK((run.bytes() == before));
}

// One number that is not finite, in an input or in a parameter, where no saturating function hides it.
void check_not_finite(const graphc_module& module) {
  Random random(4);
  for (bool in_input : {true, false})
    for (const char* name : {"step", "grad", "eval"}) {
      AbiRun run(module);
      auto arrays = run.arrays(name, rows, random);
      CHECK(run.call(name, arrays, rows) == GRAPHC_OK);
      const graphc_tensor* bias = std::find_if(module.variable, module.variable + module.variables, [](auto& v) { return std::string(v.name) == "logits.bias"; });
      float* place = in_input ? &arrays.x(0)[11] : reinterpret_cast<float*>(run.params.data() + bias->offset);
      float good = std::exchange(*place, in_input ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity());
      std::string before = run.bytes();
      graphc_status expected = std::string(name) == "eval" ? GRAPHC_OK : GRAPHC_NOT_FINITE;
      CHECK_MESSAGE(run.call(name, arrays, rows) == expected, name);
      CHECK_FALSE(std::isfinite(arrays.loss()));
      CHECK_MESSAGE((run.bytes() == before), name);
      *place = good;
      CHECK(run.call(name, arrays, rows) == GRAPHC_OK);
      CHECK(std::isfinite(arrays.loss()));
    }
}

}  // namespace

TEST_CASE("the ABI refuses and writes nothing") {
  for (auto backend : {CompileOptions::jit, CompileOptions::evaluator}) {
    CAPTURE(int(backend));
    for (const OptimizerCall& optimizer : {sgd({.learning_rate = 0.1}), adam({})}) {
      Program program = compile(small_classifier(optimizer), {.max_rows = rows, .backend = backend});
      Program other = compile(small_classifier(optimizer, "other"), {.max_rows = rows, .backend = backend});
      check_refusals(program.module(), other.module());
      check_hyper(program.module());
      check_init(program.module());
      check_not_finite(program.module());
    }
  }
}

// So many gradients that code goes over their pointers in a loop.
TEST_CASE("the entries of a deep model refuse too") {
  auto deep = [](const char* name) {
    Builder b(name);
    Tensor x = b.input("x", {batch, 4});
    auto y = b.target("y", classes(5));
    for (int i = 0; i < 20; i++) x = tanh(b.dense("layer" + std::to_string(i), x, 4));
    auto logits = b.dense("logits", x, 5);
    b.output("probability", softmax(logits));
    b.minimize(cross_entropy(logits, y), sgd({.learning_rate = 0.1}));
    return b.finish();
  };
  for (auto backend : {CompileOptions::jit, CompileOptions::evaluator}) {
    CAPTURE(int(backend));
    Program program = compile(deep("deep"), {.max_rows = rows, .backend = backend}), other = compile(deep("other"), {.max_rows = rows, .backend = backend});
    check_refusals(program.module(), other.module());
  }
}
