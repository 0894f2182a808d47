// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/minibatch.h"

#include <doctest/doctest.h>

#include <algorithm>

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
  Minibatches batches(1527, 32, 1, true);
  CHECK(batches.per_epoch() == 48);
  for (uint64_t i = 0; i < 47; ++i) CHECK(batches.get(0, i).size() == 32);
  CHECK(batches.get(0, 47).size() == 23);
}

TEST_CASE("minibatch: every row once an epoch, another order each epoch and each seed, the same order again") {
  Minibatches batches(101, 8, 1, true), again(101, 8, 1, true), other(101, 8, 2, true);
  std::vector<uint32_t> first = epoch_of(batches, 0), second = epoch_of(batches, 1);
  CHECK(first != second);
  CHECK(epoch_of(other, 0) != first);
  CHECK(epoch_of(again, 1) == second);  // an epoch does not need the ones before it
  CHECK(epoch_of(again, 0) == first);
  std::sort(first.begin(), first.end());
  for (uint32_t i = 0; i < 101; ++i) CHECK(first[i] == i);
}

TEST_CASE("minibatch: without shuffling, file order") {
  Minibatches batches(10, 4, 1, false);
  std::vector<uint32_t> rows = epoch_of(batches, 3);
  for (uint32_t i = 0; i < 10; ++i) CHECK(rows[i] == i);
}

TEST_CASE("minibatch: what it refuses") {
  CHECK_ERROR("at least one row", Minibatches(0, 4, 1, true));
  CHECK_ERROR("at least one row", Minibatches(4, 0, 1, true));
}
