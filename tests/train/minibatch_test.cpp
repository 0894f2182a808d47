// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/minibatch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

std::vector<uint32_t> epoch_of(Minibatches& batches, uint64_t epoch) {
  std::vector<uint32_t> rows;
  for (uint64_t i = 0; i < batches.per_epoch(); ++i) {
    auto part = batches.get(epoch, i);
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

}  // namespace

TEST_CASE("minibatch: the digits have 47 full minibatches and one of 23") {
  Minibatches batches(1527, 32, 1, Sampling::epoch);
  CHECK(batches.per_epoch() == 48);
  for (uint64_t i = 0; i < 47; ++i) CHECK(batches.get(0, i).size() == 32);
  CHECK(batches.get(0, 47).size() == 23);
}

TEST_CASE("minibatch: every row once an epoch, another order each epoch and each seed, the same order again") {
  Minibatches batches(101, 8, 1, Sampling::epoch), again(101, 8, 1, Sampling::epoch), other(101, 8, 2, Sampling::epoch);
  std::vector<uint32_t> first = epoch_of(batches, 0), second = epoch_of(batches, 1);
  CHECK(first != second);
  CHECK(epoch_of(other, 0) != first);
  CHECK(epoch_of(again, 1) == second);  // an epoch does not need the ones before it
  CHECK(epoch_of(again, 0) == first);
  std::sort(first.begin(), first.end());
  for (uint32_t i = 0; i < 101; ++i) CHECK(first[i] == i);
}

TEST_CASE("minibatch: without shuffling, file order") {
  Minibatches batches(10, 4, 1, Sampling::order);
  std::vector<uint32_t> rows = epoch_of(batches, 3);
  for (uint32_t i = 0; i < 10; ++i) CHECK(rows[i] == i);
}

TEST_CASE("minibatch: each step draws anew") {
  for (Sampling kind : {Sampling::independent, Sampling::replacement}) {
    Minibatches batches(20, 8, 1, kind), again(20, 8, 1, kind);
    CHECK(batches.per_epoch() == 3);
    std::vector<std::vector<uint32_t>> steps;
    std::vector<int> drawn(20);
    bool twice_in_a_step = false, twice_in_an_epoch = false;
    for (uint64_t epoch = 0; epoch < 200; ++epoch) {
      std::vector<bool> in_epoch(20);
      for (uint64_t index = 0; index < 3; ++index) {
        auto rows = batches.get(epoch, index);
        REQUIRE(rows.size() == 8);
        steps.emplace_back(rows.begin(), rows.end());
        std::vector<bool> in_step(20);
        for (uint32_t row : rows) {
          REQUIRE(row < 20);
          ++drawn[row];
          twice_in_a_step = twice_in_a_step || in_step[row];
          twice_in_an_epoch = twice_in_an_epoch || in_epoch[row];
          in_step[row] = true;
        }
        for (uint32_t row : rows) in_epoch[row] = true;
      }
    }
    CHECK(twice_in_a_step == (kind == Sampling::replacement));
    CHECK(twice_in_an_epoch);
    for (int count : drawn) CHECK(std::abs(count - 240) < 80);  // 4,800 draws; 5 standard deviations
    CHECK(steps[0] != steps[1]);
    CHECK(steps[0] != steps[3]);
    for (uint64_t step : {500u, 7u, 0u}) {  // backwards, and without those before
      auto rows = again.get(step / 3, step % 3);
      CHECK(std::equal(rows.begin(), rows.end(), steps[step].begin(), steps[step].end()));
    }
  }
  Minibatches many(3, 8, 1, Sampling::replacement), all(8, 8, 1, Sampling::independent);
  CHECK(many.get(0, 0).size() == 8);
  auto rows = all.get(0, 0);
  std::vector<uint32_t> sorted(rows.begin(), rows.end());
  std::sort(sorted.begin(), sorted.end());
  for (uint32_t i = 0; i < 8; ++i) CHECK(sorted[i] == i);
}

TEST_CASE("minibatch: all rows in one step") {
  Minibatches batches(10, 10, 1, Sampling::full);
  CHECK(batches.per_epoch() == 1);
  CHECK(batches.get(5, 0).size() == 10);
  CHECK(sampling_of("full") == Sampling::full);
  CHECK(name(Sampling::replacement) == "replacement");
}

TEST_CASE("minibatch: what it refuses") {
  CHECK_ERROR("at least one row", Minibatches(0, 4, 1, Sampling::epoch));
  CHECK_ERROR("at least one row", Minibatches(4, 0, 1, Sampling::epoch));
  CHECK_ERROR("all 4 rows make one minibatch, 3 rows are too small", Minibatches(4, 3, 1, Sampling::full));
  CHECK_ERROR("a minibatch of 5 different rows cannot be drawn from 4", Minibatches(4, 5, 1, Sampling::independent));
  CHECK_ERROR("sampling \"ful\" does not exist (did you mean \"full\"?)", sampling_of("ful"));
}
