// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/type.h"

#include <doctest/doctest.h>

#include "ir/error.h"

using namespace graphc;

TEST_CASE("types as text") {
  CHECK(to_string(Type{DType::f32, {batch, 64}}) == "f32[batch, 64]");
  CHECK(to_string(Type{DType::i32, {}}) == "i32[]");
  CHECK(to_string(Type{DType::u8, {Dim(3, true), 0}}) == "u8[3*batch, 0]");
}

TEST_CASE("dimensions and counts at a number of rows") {
  Shape s{batch, 3, 5};
  CHECK(s.count() == Dim(15, true));
  CHECK(s.count_at(4) == 60);
  CHECK(s.at(4) == std::vector<int64_t>{4, 3, 5});
  CHECK(s.has_batch());
  CHECK(s.without(0) == Shape{3, 5});
  CHECK(s.without(2) == Shape{batch, 3});
  CHECK_FALSE(Shape{3}.has_batch());
  CHECK(Shape{}.count() == Dim(1));
  CHECK(Shape{0, 7}.count_at(9) == 0);
  CHECK(s.back().is(5));
  CHECK_FALSE(batch.is(1));
  CHECK(Dim(2) != Dim(2, true));
}

TEST_CASE("a count that overflows saturates") {
  int64_t big = int64_t{1} << 40;
  CHECK(Shape{big, big}.count().size == INT64_MAX);
  CHECK(Shape{big, big, 0}.count().size == 0);
}

TEST_CASE("a ninth axis is our own mistake") {
  Shape s;
  for (int i = 0; i < max_rank; i++) s.push_back(1);
  CHECK_THROWS_AS(s.push_back(1), InternalError);
}

TEST_CASE("shapes differ by rank, size and rows") {
  CHECK(Shape{1} != Shape{});
  CHECK(Shape{1} != Shape{batch});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Type{DType::f32, {2}} != Type{DType::i32, {2}});
}
