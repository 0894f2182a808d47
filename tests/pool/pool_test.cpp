// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/pool/pool.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/random_arrays.h"

using namespace graphc;
using namespace graphc_test;

namespace {

// Plain counters: ThreadSanitizer sees a task that runs twice at once, or one that the caller does not wait for.
struct Counted {
  std::vector<uint32_t> runs;
  std::vector<uint32_t> workers;
  explicit Counted(uint32_t tasks) : runs(tasks), workers(tasks) {}

  static void task(void* arg, uint32_t task, uint32_t worker) {
    auto& self = *static_cast<Counted*>(arg);
    self.runs[task]++;
    self.workers[task] = worker;
  }
  bool each_once(uint32_t threads) const {
    for (uint32_t count : runs)
      if (count != 1) return false;
    for (uint32_t worker : workers)
      if (worker >= threads) return false;
    return true;
  }
};

bool runs_each_once(Pool& pool, uint32_t tasks) {
  Counted counted(tasks);
  pool.parallel_for(tasks, Counted::task, &counted);
  return counted.each_once(pool.threads());
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

}  // namespace

TEST_CASE("pool: hooks as the ABI wants them") {
  Pool one(1), three(3);
  CHECK(one.threads() == 1);
  CHECK(one.hooks() == nullptr);
  CHECK(runs_each_once(one, 5));
  REQUIRE(three.hooks());
  CHECK(three.hooks()->size == sizeof(graphc_hooks));
  CHECK(three.hooks()->workers == 3);
  Counted counted(9);
  three.hooks()->parallel_for(three.hooks()->user, 9, Counted::task, &counted);
  CHECK(counted.each_once(3));
}

TEST_CASE("pool: every task exactly once, many sizes") {
  for (uint32_t threads : {1u, 2u, 3u, 4u}) {
    Pool pool(threads);
    Random random(threads);
    for (uint32_t tasks : {0u, 1u, 2u, 3u, 4u, 5u, 1000u, 100000u}) CHECK(runs_each_once(pool, tasks));
    bool all = true;
    for (int i = 0; i < 3000; i++) all &= runs_each_once(pool, uint32_t(random.below(40)));
    CHECK_MESSAGE(all, threads << " threads");
  }
}

TEST_CASE("pool: workers that sleep between calls") {
  Pool pool(3);
  for (int i = 0; i < 30; i++) {
    sleep_ms(i % 3);  // 0: they spin or yield; 1 and 2: they sleep
    for (uint32_t tasks : {2u, 7u}) CHECK(runs_each_once(pool, tasks));
  }
}

TEST_CASE("pool: sleeping workers are woken and take tasks") {
  struct Meeting {  // ends when two workers are inside
    std::atomic<uint32_t> inside{0};
    static void task(void* arg, uint32_t, uint32_t) {
      auto& self = *static_cast<Meeting*>(arg);
      self.inside++;
      while (self.inside < 2) std::this_thread::yield();
    }
  };
  Pool pool(2);
  for (int i = 0; i < 20; i++) {
    sleep_ms(i % 2 ? 2 : 0);
    Meeting meeting;
    pool.parallel_for(2, Meeting::task, &meeting);
    CHECK(meeting.inside == 2);
  }
}

TEST_CASE("pool: a slow task does not keep the others waiting") {
  struct Uneven {
    std::atomic<uint32_t> finished{0};
    uint32_t seen = 0;  // by the slow task, at its end
    static void task(void* arg, uint32_t task, uint32_t) {
      auto& self = *static_cast<Uneven*>(arg);
      if (task == 0)
        for (int ms = 0; ms < 2000 && (self.seen = self.finished) < 63; ms++) sleep_ms(1);
      else
        self.finished++;
    }
  } uneven;
  Pool pool(2);
  pool.parallel_for(64, Uneven::task, &uneven);
  CHECK(uneven.seen == 63);
}

TEST_CASE("pool: a nested call runs its tasks by itself") {
  struct Outer {
    Pool& pool;
    std::vector<std::unique_ptr<Counted>> inner;
    static void task(void* arg, uint32_t task, uint32_t) {
      auto& self = *static_cast<Outer*>(arg);
      self.pool.parallel_for(5, Counted::task, self.inner[task].get());
    }
  };
  Pool pool(3);
  for (int repeat = 0; repeat < 100; repeat++) {
    Outer outer{pool, {}};
    for (int i = 0; i < 8; i++) outer.inner.push_back(std::make_unique<Counted>(5));
    pool.parallel_for(8, Outer::task, &outer);
    for (const auto& inner : outer.inner) CHECK(inner->each_once(1));
  }
}

TEST_CASE("pool: two threads share one") {
  Pool pool(2);
  bool good[2] = {true, true};
  auto use = [&](int which) {
    Random random(uint64_t(which) + 1);
    for (int i = 0; i < 3000; i++) good[which] &= runs_each_once(pool, uint32_t(random.below(20)));
  };
  std::thread other(use, 1);
  use(0);
  other.join();
  CHECK(good[0]);
  CHECK(good[1]);
}

TEST_CASE("pool: more threads than cores, calls one right after the other") {
  Pool pool(7);
  bool all = true;
  Random random(7);
  for (int i = 0; i < 5000; i++) {
    if (i % 500 == 0) sleep_ms(1);
    all &= runs_each_once(pool, uint32_t(random.below(30)));
  }
  CHECK(all);
}

TEST_CASE("pool: results of one call are seen by the next") {
  struct Sums {
    std::vector<uint64_t> values;
    static void task(void* arg, uint32_t task, uint32_t) {
      auto& values = static_cast<Sums*>(arg)->values;
      uint32_t half = uint32_t(values.size() / 2);
      // Alternately reads what another task wrote in the call before.
      if (values[task] <= values[task + half])
        values[task] = values[task + half] + 1;
      else
        values[task + half] = values[task] + 1;
    }
  } sums{std::vector<uint64_t>(32)};
  Pool pool(4);
  for (int i = 0; i < 2000; i++) pool.parallel_for(16, Sums::task, &sums);
  uint64_t most = 0;
  for (uint64_t v : sums.values) most = std::max(most, v);
  CHECK(most == 2000);
}

TEST_CASE("pool: ends while its workers start, spin, or sleep") {
  for (int i = 0; i < 60; i++) {
    Pool pool(4);
    if (i % 3) CHECK(runs_each_once(pool, 6));
    if (i % 3 == 2) sleep_ms(1);
  }
}
