// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/split.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "runtime/train/dataset.h"
#include "runtime/train/random.h"
#include "tests/train/linear_module.h"

using namespace graphc;

namespace {

// FNV-1a over the row numbers as decimal lines: the hash of ../shared/data/digits-split-37.txt without its comment.
uint64_t hash_lines(const std::vector<uint32_t>& rows) {
  uint64_t hash = 14695981039346656037u;
  for (uint32_t row : rows)
    for (char c : std::to_string(row) + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

TEST_CASE("split: the course's split, seed 37") {
  Split split = split_rows(1797, 0.15, 37);
  CHECK(split.test.size() == 270);
  CHECK(split.train.size() == 1527);
  CHECK(std::vector<uint32_t>(split.test.begin(), split.test.begin() + 5) == std::vector<uint32_t>{1169, 1355, 793, 233, 1752});
  std::vector<uint32_t> all = split.test;
  all.insert(all.end(), split.train.begin(), split.train.end());
  CHECK(hash_lines(all) == 95474833652731388u);
  const char* data = std::getenv("GRAPHC_DATA");
  std::ifstream oracle(std::string(data ? data : "") + "/digits-split-37.txt");
  if (!data || !oracle) return;  // the hash above stands for it
  std::string line;
  std::vector<uint32_t> rows;
  while (std::getline(oracle, line))
    if (line[0] != '#') rows.push_back(static_cast<uint32_t>(std::stoul(line)));
  CHECK(rows == all);
}

TEST_CASE("split: numpy's permutation and interval") {
  Twister twister(0);
  CHECK(permutation(twister, 10) == std::vector<uint32_t>{2, 8, 4, 9, 1, 6, 7, 3, 0, 5});  // RandomState(0).permutation(10)
  CHECK(random_interval(twister, 0) == 0);
  CHECK(permutation(twister, 0).empty());
  CHECK(permutation(twister, 1) == std::vector<uint32_t>{0});
}

TEST_CASE("split: numpy's uniform and normal numbers") {
  Twister uniform(0), normal(0);
  for (double value : {0.5488135039273248, 0.7151893663724195, 0.6027633760716439}) CHECK(random_uniform(uniform) == value);
  NormalNumbers numbers(normal);  // RandomState(0).standard_normal()
  for (double value : {1.76405235, 0.40015721, 0.97873798, 2.2408932, 1.86755799, -0.97727788})
    CHECK(numbers() == doctest::Approx(value).epsilon(1e-8));
}

TEST_CASE("split: parts are disjoint, whole, and never empty") {
  for (uint64_t rows : {2u, 3u, 7u, 100u}) {
    Split split = split_rows(rows, 0.3, 5);
    std::set<uint32_t> seen(split.test.begin(), split.test.end());
    seen.insert(split.train.begin(), split.train.end());
    CHECK(seen.size() == rows);
    CHECK(split.test.size() + split.train.size() == rows);
  }
  CHECK_ERROR("too few", split_rows(1, 0.15, 1));
  CHECK_ERROR("too few", split_rows(2, 0.9, 1));
  CHECK_ERROR("between 0 and 100 %", split_rows(10, 1, 1));
  CHECK_ERROR("between 0 and 100 %", split_rows(10, 0, 1));
}

TEST_CASE("split: a data set is split in file order") {
  Dataset dataset;
  std::vector<float> x(20);
  for (int i = 0; i < 20; ++i) x[i] = static_cast<float>(i);
  dataset.add("x", x, 20);
  DatasetSplit parts = split_dataset(dataset, 0.15, 37);
  CHECK(parts.test.rows == 3);
  CHECK(parts.train.rows == 17);
  auto values = parts.train.columns[0].as<float>();
  CHECK(std::is_sorted(values.begin(), values.end()));
}

TEST_CASE("split: of each class in proportion") {
  std::vector<int32_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i % 10 == 0 ? 7 : i % 10 < 4 ? 2 : 5);  // 10, 30 and 60 rows
  Split split = split_stratified(labels, 0.25, 1);
  std::map<int32_t, int> test, train;
  std::set<uint32_t> seen;
  for (uint32_t row : split.test) ++test[labels[row]], seen.insert(row);
  for (uint32_t row : split.train) ++train[labels[row]], seen.insert(row);
  CHECK(seen.size() == 100);
  CHECK(test == std::map<int32_t, int>{{2, 8}, {5, 15}, {7, 2}});  // 7.5, 15, 2.5: the lower class gets the row that is left
  CHECK(split_stratified(labels, 0.25, 1).test == split.test);
  CHECK(split_stratified(labels, 0.25, 2).test != split.test);
  CHECK_ERROR("too few", split_stratified(std::vector<int32_t>{1}, 0.5, 1));

  Dataset dataset;
  dataset.source = "d";
  dataset.add("x", std::vector<float>(100), 100);
  dataset.add("y", labels, 100);
  dataset.add("b", std::vector<uint8_t>(100), 100);
  DatasetSplit parts = split_dataset(dataset, 0.25, 1, "y");
  auto held_out = parts.test.find("y")->as<int32_t>();
  CHECK(std::count(held_out.begin(), held_out.end(), 2) == 8);
  CHECK(split_dataset(dataset, 0.25, 1, "b").test.rows == 25);
  CHECK_ERROR("d: error: a stratified split needs a target with one class a row", split_dataset(dataset, 0.25, 1, "x"));
}
