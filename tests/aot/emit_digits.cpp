// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   emit_digits MODEL TRIPLE CPU OUT.o    writes the object and prints the bytes of params, state and workspace
//   emit_digits MODEL TRIPLE CPU          prints what 20 steps of the JIT for that target leave behind, as driver.c does
#include <cstdio>
#include <fstream>

#include "compiler/codegen/codegen.h"
#include "compiler/frontend/model_file.h"
#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "tests/aot/rows.h"

using namespace graphc;

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Model model = read_model(argv[1]).model;
  Target target = describe_target(argv[2], argv[3]);
  if (argc > 4) {
    PlanModule plan = build_plan(model, target, {.max_rows = 32});
    std::string object = emit(plan, "digits", Emit::object);
    if (emit(plan, "digits", Emit::object) != object) return std::fprintf(stderr, "the object is not reproducible\n"), 1;
    std::ofstream(argv[4], std::ios::binary) << object;
    std::printf("%llu %llu %llu\n", (unsigned long long)plan.params_bytes, (unsigned long long)plan.state_bytes, (unsigned long long)plan.workspace_bytes);
    return 0;
  }
  Program program = compile(model, {.max_rows = 32, .target = target});
  Instance net = program.instance(1);
  std::vector<float> x(32 * 64);
  std::vector<int32_t> y(32);
  float loss = 0;
  for (uint32_t step = 0; step < 20; step++) {
    fill_rows(step, x.data(), y.data());
    loss = net.step({{"x", x}, {"y", y}}, step % 4 == 3 ? 23 : 32).loss;
  }
  std::printf("%08x %08x %.9g\n", hash_bytes(net.params().data(), net.params().size()), hash_bytes(net.state().data(), net.state().size()), double(loss));
}
