// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The search over schedules: it changes no bit, remembers what it found, and trusts no damaged file.
#include "compiler/tune.h"

#include <doctest/doctest.h>

#include <cstring>
#include <fstream>

#include "compiler/codegen/codegen.h"
#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "tests/compiler/own_cache.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t rows = 24;

Model small() {
  Builder b("small");
  Tensor x = b.input("x", {batch, 70}), y = b.target("y", classes(10));
  Tensor h = tanh(b.dense("h", x, 90));
  Tensor logits = b.dense("logits", h, 10);
  b.output("probability", softmax(logits));
  b.minimize(cross_entropy(logits, y), adam({}));
  return b.finish();
}

// The text of all kernels under what was found.
std::string kernels(const AdjustSchedule& adjust) {
  std::string text;
  for (const loops::Kernel& k : build_plan(small(), describe_target(), {.max_rows = rows, .adjust = adjust}).kernels) text += print(k);
  return text;
}

CompileOptions here() { return {.max_rows = rows, .target = describe_target()}; }

}  // namespace

TEST_CASE("tuned schedules give the same bits") {
  OwnCache cache;
  Program usual = compile(small(), {.max_rows = rows}), tuned = compile(small(), {.max_rows = rows, .tune = true});
  Instance a = usual.instance(3), b = tuned.instance(3);
  Random random(1);
  for (uint32_t count : {rows, 5u, rows}) {
    std::vector<float> x;
    std::vector<int32_t> y;
    for (uint32_t i = 0; i < count * 70; i++) x.push_back(float(random.uniform(-1, 1)));
    for (uint32_t i = 0; i < count; i++) y.push_back(int32_t(random.below(10)));
    CHECK(a.step({{"x", x}, {"y", y}}, count).loss == b.step({{"x", x}, {"y", y}}, count).loss);
    CHECK(a.predict({{"x", x}}, count) == b.predict({{"x", x}}, count));
  }
  CHECK(!std::memcmp(a.params().data(), b.params().data(), a.params().size()));
  CHECK(!std::memcmp(a.state().data(), b.state().data(), a.state().size()));
}

TEST_CASE("what was found is remembered; a damaged file is found anew") {
  OwnCache cache;
  std::string first = kernels(tune(small(), here()));
  auto files = cache.files();
  CHECK(files.size() >= 4);
  std::vector<fs::file_time_type> written;
  for (const auto& file : files) written.push_back(fs::last_write_time(file));
  CHECK(kernels(tune(small(), here())) == first);
  for (size_t i = 0; i < files.size(); i++) CHECK(fs::last_write_time(files[i]) == written[i]);  // a search stores what it finds

  auto bytes = fs::file_size(files[0]);
  std::ofstream(files[0], std::ios::app) << "!";
  tune(small(), here());
  CHECK(fs::file_size(files[0]) < bytes + 8);
  CHECK(fs::last_write_time(files[0]) != written[0]);
  for (size_t i = 1; i < files.size(); i++) CHECK(fs::last_write_time(files[i]) == written[i]);
}

TEST_CASE("a model that random inputs do not suit keeps its usual schedules") {
  Builder b("logarithm");
  Tensor x = b.input("x", {batch, 70});
  Tensor h = b.dense("h", log(x), 40);
  b.minimize(reduce_sum(reduce_sum(h * h, 1), 0), sgd({}));
  CompileOptions options = here();
  options.cache = false;
  bool asked = false;
  AdjustSchedule adjust = tune(b.finish(), options);
  build_plan(b.finish(), describe_target(), {.max_rows = rows, .adjust = [&](const ContractionShape& shape, ContractionSchedule& schedule) {
                                                ContractionSchedule usual = schedule;
                                                adjust(shape, schedule);
                                                CHECK(schedule == usual);
                                                asked = true;
                                              }});
  CHECK(asked);
}

TEST_CASE("only this machine is measured") {
  Target other = describe_target("aarch64-linux-gnu");
  CHECK_THROWS_AS(compile(small(), {.max_rows = rows, .target = other, .tune = true}), CompileError);
}
