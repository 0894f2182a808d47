// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R13: training on 1, 2, 4 and 7 threads gives the same bits of parameters, state and outputs.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <thread>

#include "compiler/frontend/model_file.h"
#include "compiler/graphc.h"
#include "tests/support/golden.h"
#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

struct Workload {
  const char* model;
  uint32_t features, classes, max_rows;
};

struct Data {
  std::vector<float> x;
  std::vector<int32_t> y;
  Data(const Workload& c, uint32_t rows, uint64_t seed) {
    Random random(seed);
    for (uint64_t i = 0; i < uint64_t(rows) * c.features; i++) x.push_back(float(random.uniform(0, 1)));
    for (uint32_t i = 0; i < rows; i++) y.push_back(int32_t(random.below(c.classes)));
  }
};

// Passes tasks on to a pool, and remembers the most that a kernel had.
struct Watched {
  const graphc_hooks* pool;
  uint32_t most_tasks = 0;
  static void run(void* user, uint32_t tasks, Pool::Body body, void* arg) {
    auto& self = *static_cast<Watched*>(user);
    self.most_tasks = std::max(self.most_tasks, tasks);
    self.pool->parallel_for(self.pool->user, tasks, body, arg);
  }
};

struct Result {
  std::vector<std::byte> params, state;
  std::vector<float> losses, outputs;
  bool operator==(const Result&) const = default;
};

Result run(Instance net, const Workload& c) {
  Result result;
  uint64_t seed = 1;
  for (uint32_t rows : {c.max_rows, c.max_rows, c.max_rows * 2 / 3 + 1, 1u, c.max_rows}) {
    Data data(c, rows, seed++);
    result.losses.push_back(net.step({{"x", data.x}, {"y", data.y}}, rows).loss);
  }
  Data data(c, c.max_rows + 3, 99);
  result.losses.push_back(float(net.eval({{"x", data.x}, {"y", data.y}}, c.max_rows + 3).loss));
  result.outputs = net.predict({{"x", data.x}}, c.max_rows + 3);
  result.params.assign(net.params().begin(), net.params().end());
  result.state.assign(net.state().begin(), net.state().end());
  return result;
}

}  // namespace

TEST_CASE("threads: 1, 2, 4 and 7 give the same bits") {
  for (const Workload& c : {Workload{"tests/bench/models/mlp", 784, 10, 128}, Workload{"examples/digits/digits", 64, 10, 512}}) {
    Program program = compile(read_model(source_dir() + "/" + c.model + ".gc").model, {.max_rows = c.max_rows});
    Result expected = run(program.instance(3), c);
    REQUIRE(std::isfinite(expected.losses[0]));
    for (uint32_t threads : {1u, 2u, 4u, 7u}) {
      Instance net = program.instance(3);
      net.set_threads(threads);
      CHECK_MESSAGE((run(std::move(net), c) == expected), c.model << ", " << threads << " threads");
    }
    Pool pool(2);
    Watched watched{pool.hooks()};
    graphc_hooks hooks{sizeof(graphc_hooks), &watched, 2, Watched::run};
    Instance net = program.instance(3);
    net.set_hooks(&hooks);
    CHECK((run(std::move(net), c) == expected));
    CHECK_MESSAGE(watched.most_tasks >= 4, c.model << ": " << watched.most_tasks);

    // Nothing is worth handing out; then the same, but the struct ends before the field that says so.
    for (uint32_t size : {uint32_t(sizeof(graphc_hooks)), uint32_t(offsetof(graphc_hooks, least_work))}) {
      watched.most_tasks = 0;
      hooks.size = size, hooks.least_work = UINT32_MAX;
      Instance other = program.instance(3);
      other.set_hooks(&hooks);
      CHECK((run(std::move(other), c) == expected));
      CHECK((watched.most_tasks >= 4) == (size < sizeof(graphc_hooks)));
    }
  }
}

TEST_CASE("threads: two instances share a pool, in one thread and in two") {
  Workload c{"tests/bench/models/mlp", 784, 10, 64};
  Program program = compile(read_model(source_dir() + "/" + c.model + ".gc").model, {.max_rows = c.max_rows});
  Result expected = run(program.instance(5), c);
  Instance first = program.instance(5);
  first.set_threads(3);
  Instance second = first.clone();
  Result results[2];
  std::thread other([&] { results[1] = run(std::move(second), c); });
  results[0] = run(std::move(first), c);
  other.join();
  CHECK((results[0] == expected));
  CHECK((results[1] == expected));
}

TEST_CASE("threads: may be changed between steps; none is refused") {
  Workload c{"examples/digits/digits", 64, 10, 512};
  Program program = compile(read_model(source_dir() + "/" + c.model + ".gc").model, {.max_rows = c.max_rows});
  Instance plain = program.instance(1), net = program.instance(1);
  for (uint32_t threads : {2u, 1u, 3u, 3u}) {
    Data data(c, 512, threads);
    net.set_threads(threads);
    CHECK(net.step({{"x", data.x}, {"y", data.y}}, 512).loss == plain.step({{"x", data.x}, {"y", data.y}}, 512).loss);
  }
  CHECK(std::ranges::equal(net.params(), plain.params()));
  CHECK_THROWS_AS(net.set_threads(0), Error);
}
