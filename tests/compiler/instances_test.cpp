// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled module is shared: instances of it train in several threads at once, from the first call on, which compiles.
#include <doctest/doctest.h>

#include <thread>

#include "compiler/graphc.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/models.h"

using namespace graphc;
using namespace graphc_test;

static std::string train(const Program& program, uint64_t seed) {
  AbiRun run(program.module());
  Random random(seed);
  std::string losses;
  for (uint32_t step = 0; step < 50; step++) {
    uint32_t rows = step % 5 == 4 ? 3 : 16;
    auto arrays = run.arrays("step", rows, random);
    if (run.call("step", arrays, rows) != GRAPHC_OK) return "refused";
    auto scored = run.arrays("eval", rows, random);
    if (run.call("eval", scored, rows) != GRAPHC_OK) return "refused";
    losses += std::to_string(arrays.loss()) + " " + std::to_string(scored.loss()) + "\n";
  }
  return losses + run.bytes();
}

TEST_CASE("two threads with an instance each give the bits of one after the other") {
  Model model = small_classifier(adam({}));
  Program alone = compile(model, {.max_rows = 16});
  std::string expected[2] = {train(alone, 1), train(alone, 2)};
  CHECK((expected[0] != expected[1]));
  for (int round = 0; round < 4; round++) {
    Program shared = compile(model, {.max_rows = 16});
    std::string found[2];
    std::thread other([&] { found[1] = train(shared, 2); });
    found[0] = train(shared, 1);
    other.join();
    CHECK((found[0] == expected[0]));
    CHECK((found[1] == expected[1]));
  }
}

TEST_CASE("an instance keeps its program's code alive") {
  std::vector<Instance> kept;
  {
    Program program = compile(small_classifier(sgd({})), {.max_rows = 4});
    kept.push_back(program.instance(1));
  }
  std::vector<float> x(4 * 6, 0.5f);
  std::vector<int32_t> y{0, 1, 2, 3};
  CHECK(kept[0].step({{"x", x}, {"y", y}}, 4).status == GRAPHC_OK);
}
