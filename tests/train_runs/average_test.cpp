// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// average(decay): validation, test and what is saved are those of the averaged parameters.
#include <doctest/doctest.h>

#include "compiler/graphc.h"
#include "runtime/train/dataset.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/trainer.h"

using namespace graphc;

TEST_CASE("training with an average scores the averaged parameters") {
  auto program = [](double average) {
    Builder b("digits");
    Tensor x = b.input("x", {batch, 64}), y = b.target("y", classes(10));
    Tensor logits = b.dense("logits", b.standardize("scaled", x), 10);
    b.output("p", softmax(logits));
    b.metric("accuracy", accuracy(logits, y));
    b.minimize(cross_entropy(logits, y), sgd({.learning_rate = 0.5}).average_with(average).penalty("l2", 1e-4).report_norms());
    return compile(b, {.max_rows = 32});
  };
  Program with = program(0.98), without = program(0);
  Dataset all = load_dataset("digits", wanted_columns(with.module()));
  DatasetSplit split = split_dataset(all, 0.2, 3);
  TrainSettings settings{.epochs = 4, .validation = &split.test, .test = &split.test};
  Instance plain = without.instance(1), averaged = with.instance(1);
  TrainResult a = train(plain, split.train, settings), b = train(averaged, split.train, settings);
  CHECK(plain.get("logits.weight") == averaged.get("logits.weight"));  // the average does not change the steps
  CHECK(a.test->loss != b.test->loss);
  CHECK(averaged.has_averages());
  CHECK_FALSE(plain.has_averages());
  Instance copy = averaged.averaged();
  CHECK(copy.get("logits.weight") == averaged.get("logits.weight.average"));
  CHECK(evaluate(copy, split.test).loss == b.test->loss);
  CHECK(b.history.back().validation->loss == b.test->loss);
  // What only training reports stands behind what eval has too.
  REQUIRE(b.metric_names.size() > 2);
  CHECK(b.metric_names[0] == "accuracy");
  CHECK(b.test->metrics.size() == 1);
}

TEST_CASE("of a model with two losses, validation is of the one that is trained") {
  Builder b("digits");
  Tensor x = b.input("x", {batch, 64}), y = b.target("y", classes(10));
  Tensor first = b.dense("first", x / 16.0, 10), second = b.dense("second", x / 16.0, 10);
  b.metric("right", accuracy(second, y));
  b.minimize(cross_entropy(first, y), sgd({}), {"first"});
  b.minimize(cross_entropy(second, y) * 2.0, sgd({}).clip_gradients(Clip::global_norm, 1), {"second"}, "step_b");
  Program program = compile(b, {.max_rows = 32});
  Dataset data = load_dataset("digits", wanted_columns(program.module()));
  Instance net = program.instance(1);
  TrainSettings settings{.epochs = 1, .validation = &data, .step_entry = "step_b"};
  TrainResult result = train(net, data, settings);
  Score all = evaluate(net, data);  // loss, right, loss_step_b
  REQUIRE(net.metric_names("eval").size() == 2);
  size_t right = net.metric_names("eval")[0] == "right" ? 0 : 1;
  const Score& validation = *result.history[0].validation;
  CHECK(validation.loss == all.metrics[1 - right]);
  REQUIRE(validation.metrics.size() == 1);
  CHECK(validation.metrics[0] == all.metrics[right]);
  CHECK(result.metric_names[0] == "right");
  settings.early_stopping = EarlyStopping({{"monitor", std::string("validation_gradient_norm")}});
  CHECK_THROWS_WITH_AS(train(net, data, settings), doctest::Contains("only training steps have gradient_norm"), Error);
}
