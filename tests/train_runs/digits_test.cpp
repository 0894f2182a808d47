// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R15: the course's digits, twenty seeds, inside the band that an independent program gave (QUALITY).
#include <doctest/doctest.h>

#include "compiler/frontend/model_file.h"
#include "compiler/graphc.h"
#include "runtime/train/dataset.h"
#include "runtime/train/trainer.h"

using namespace graphc;

static TrainResult train_digits(const Program& program, uint64_t seed, const DatasetSplit& data) {
  Instance net = program.instance(seed);
  TrainSettings settings;
  settings.epochs = 15;
  settings.batch = 32;
  settings.seed = seed;
  settings.test = &data.test;
  return train(net, data.train, settings);
}

TEST_CASE("digits: twenty seeds reach the course's accuracy") {
  Program program = compile(read_model(std::string(GRAPHC_SOURCE_DIR) + "/examples/digits/digits.gc").model, {.max_rows = 32});
  DatasetSplit data = split_dataset(load_dataset("digits"), 0.15, 37);
  REQUIRE(data.test.rows == 270);
  REQUIRE(data.train.rows == 1527);
  double mean = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    TrainResult result = train_digits(program, seed, data);
    double accuracy = result.test->metrics[0], loss = result.history.back().train.loss;
    CHECK(result.steps == 720);
    CHECK_MESSAGE(accuracy >= 0.96, "seed " << seed);
    CHECK_MESSAGE((loss >= 0.040 && loss <= 0.050), "seed " << seed << ": " << loss);
    mean += accuracy / 20;
  }
  CHECK(mean >= 0.970);
  CHECK(mean <= 0.981);
}

TEST_CASE("digits: the evaluator behind the ABI trains to the same bits as the JIT") {
  Model model = read_model(std::string(GRAPHC_SOURCE_DIR) + "/examples/digits/digits.gc").model;
  DatasetSplit data = split_dataset(load_dataset("digits"), 0.15, 37);
  Program jit = compile(model, {.max_rows = 32}), evaluator = compile(model, {.max_rows = 32, .backend = CompileOptions::evaluator});
  Instance a = jit.instance(4), b = evaluator.instance(4);
  TrainSettings settings;
  settings.epochs = 2;
  settings.steps = 60;
  settings.batch = 32;
  train(a, data.train, settings);
  train(b, data.train, settings);
  CHECK(std::ranges::equal(a.params(), b.params()));
  CHECK(std::ranges::equal(a.state(), b.state()));
}
