// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The oracle ladder on whole models, every entry of them: evaluator = one kernel a node = fused, in both classes of targets,
// whatever the workspace held before, with guard pages around all that is passed.
#include <doctest/doctest.h>

#include "compiler/codegen/codegen.h"
#include "compiler/graphc.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/models.h"
#include "tests/ir/plan_models.h"

using namespace graphc;
using namespace graphc_test;

namespace {

std::string train(const Program& program, Side side, int poison) { return trace(program.module(), side, poison); }

Program compiled(const Model& model, uint32_t rows, CompileOptions::Backend backend, bool fused, const Target& target) {
  return compile(model, {.max_rows = rows, .backend = backend, .fused = fused, .target = target});
}

void climb(const Model& model, uint32_t rows, bool with_evaluator) {
  Target host = describe_target(), plain = host;
  plain.vector_floats = 4, plain.vector_registers = 16, plain.fma = plain.masks = false;
  Target narrow = host;
  narrow.vector_floats = 8, narrow.vector_registers = 16;
  CAPTURE(model.tables.name);
  CAPTURE(rows);
  std::string expected = train(compiled(model, rows, CompileOptions::jit, true, host), GuardedMemory::end, 0xFF);
  CHECK(train(compiled(model, rows, CompileOptions::jit, false, host), GuardedMemory::begin, 0xFF) == expected);
  CHECK(train(compiled(model, rows, CompileOptions::jit, true, narrow), GuardedMemory::end, 0x00) == expected);
  std::string unfused_products = train(compiled(model, rows, CompileOptions::jit, true, plain), GuardedMemory::begin, 0xFF);
  if (!with_evaluator) return;
  CHECK(train(compiled(model, rows, CompileOptions::evaluator, true, host), GuardedMemory::end, 0xFF) == expected);
  CHECK(train(compiled(model, rows, CompileOptions::evaluator, true, plain), GuardedMemory::end, 0xFF) == unfused_products);
}

}  // namespace

TEST_CASE("whole models: evaluator, one kernel a node, fused") {
  for (const OptimizerCall& o : {sgd({.learning_rate = 0.1}), sgd({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.01}), adam({})})
    climb(small_classifier(o), 17, true);
  for (uint32_t rows : {1u, 33u}) climb(classifier(true), rows, true);
  climb(classifier(false), 16, true);
  climb(odd_model(), 5, true);
}

TEST_CASE("the repository's models: evaluator, one kernel a node, fused") {
  for (const char* name : repository_models) {
    std::string n = name;
    bool is_large = n.find("mlp") != n.npos || n.find("wide") != n.npos || n.find("autoencoder") != n.npos;  // for the evaluator
    climb(repository_model(name), is_large ? 40 : 2, !is_large);
  }
}
