// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   jit_digits TRIPLE CPU    prints what ten steps of the JIT for that target leave behind, as portable.c does
//   jit_digits evaluator     the same of the evaluator with fused multiply-add, on any machine
#include <bit>
#include <cstdio>
#include <cstring>

#include "compiler/codegen/codegen.h"
#include "compiler/frontend/model_file.h"
#include "compiler/graphc.h"
#include "tests/aot/rows.h"

using namespace graphc;

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  CompileOptions options{.max_rows = 32, .cache = false};
  if (!std::strcmp(argv[1], "evaluator")) options.backend = CompileOptions::evaluator, options.target.fma = true, options.target.vector_registers = 1;
  else options.target = describe_target(argv[1], argc > 2 ? argv[2] : "");
  Program program = compile(read_model(GRAPHC_SOURCE_DIR "/examples/digits/digits.gc").model, options);
  Instance net = program.instance(1);
  std::vector<float> x(32 * 64);
  std::vector<int32_t> y(32);
  float loss = 0;
  for (uint32_t step = 0; step < 10; step++) {
    fill_rows(step, x.data(), y.data());
    loss = net.step({{"x", x}, {"y", y}}, step % 4 == 3 ? 23 : 32).loss;
  }
  std::printf("%08x %08x %08x\n", hash_bytes(net.params().data(), net.params().size()), hash_bytes(net.state().data(), net.state().size()), std::bit_cast<uint32_t>(loss));
}
