// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include "compiler/frontend/model_file.h"
#include "compiler/object.h"
#include "tests/aot/model_files.h"

using namespace graphc;
using namespace graphc_test;

TEST_CASE("every model file is an object without an undefined symbol on every target") {
  struct Machine {
    const char *target, *cpu;
  };
  for (const auto& path : model_files()) {
    CAPTURE(path.string());
    Model model = read_model(path.string()).model;
    for (const Machine& m : {Machine{"x86_64-linux-gnu", "x86-64-v2"}, {"aarch64-linux-gnu", "generic"}, {"riscv64-linux-gnu", "generic-rv64"},
                             {"i686-linux-gnu", "pentium4"}, {"armv7-linux-gnueabihf", "generic"},
                             {"thumbv7em-none-eabihf", "cortex-m4"}, {"wasm32-unknown-unknown", "generic"}}) {
      CAPTURE(std::string(m.target));
      // Codegen reads the object back and throws where there is one.
      Object object = compile_object(model, {.target = m.target, .cpu = m.cpu, .max_rows = 4});
      CHECK(object.text_bytes() > 0);
      CHECK(object.stack_bytes().size() == object.plan().plans.size());
      for (const auto& deepest : object.stack_bytes()) CHECK_MESSAGE(deepest.second < 64 << 10, deepest.first);
    }
  }
}
