// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The object with two threads and the JIT with one take the same steps: are parameters and state the same, bit for bit?
//   example_embed_cpp_same_as_jit DIGITS.csv DIGITS.gc
#include <graphc.h>

#include <algorithm>
#include <cstdio>

#include "compiler/frontend/model_file.h"
#include "examples/embed_cpp/training.h"
#include "runtime/pool/pool.h"

template <class Region>
static bool same(const Region& object, std::span<const std::byte> jit) {
  return std::ranges::equal(std::as_bytes(std::span(&object, 1)), jit);
}

static bool run(const char* csv, const char* model) {
  Training training(csv);
  graphc::Pool pool(2);
  digits::Network object(/*seed=*/1);
  object.set_hooks(pool.hooks());
  training.fit(object.state());

  graphc::Program program = graphc::compile(graphc::read_model(model).model, {.max_rows = DIGITS_MAX_ROWS});
  graphc::Instance jit = program.instance(/*seed=*/1);
  jit.set("scaled.mean", object.state().scaled_mean);
  jit.set("scaled.scale", object.state().scaled_scale);

  for (uint32_t epoch = 0; epoch < 3; epoch++)
    training.each(training.order(epoch), [&](std::span<const float> x, std::span<const int32_t> y) {
      object.step(x, y);
      jit.step({{"x", x}, {"y", y}}, uint32_t(y.size()));
    });
  return same(object.params(), jit.params()) && same(object.state(), jit.state());
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  try {
    bool is_same = run(arguments[1], arguments[2]);
    std::printf("three epochs: %s bits\n", is_same ? "the same" : "OTHER");
    return is_same ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
