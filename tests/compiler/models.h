// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole models that several tests compile.
#pragma once

#include "compiler/frontend/model_file.h"
#include "tests/support/golden.h"

namespace graphc_test {

inline const char* const repository_models[] = {"examples/digits/digits",       "tests/bench/models/logreg",      "tests/bench/models/mlp",
                                                "tests/bench/models/wide",      "tests/bench/models/deep_narrow", "tests/bench/models/autoencoder",
                                                "tests/bench/models/mlp_bn_dropout"};
inline graphc::Model repository_model(const std::string& name) { return graphc::read_model(source_dir() + "/" + name + ".gc").model; }

// A small classifier with a fitted input, a metric and an output.
inline graphc::Model small_classifier(const graphc::OptimizerCall& optimizer, const std::string& name = "small") {
  graphc::Builder b(name);
  auto x = b.input("x", {graphc::batch, 6});
  auto y = b.target("y", graphc::classes(5));
  auto logits = b.dense("logits", tanh(b.dense("hidden", b.standardize("scaled", x), 9)), 5);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), optimizer);
  return b.finish();
}

}  // namespace graphc_test
