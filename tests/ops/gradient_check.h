// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gradients against central differences in the f64 evaluator (QUALITY R2).
#pragma once

#include "ir/evaluate.h"
#include "ir/tensor.h"
#include "tests/support/random_arrays.h"

namespace graphc_test {

// d scalar / d input by (f(x + eps) - f(x - eps)) / 2 eps for up to 48 elements of each input.
struct Numeric {
  struct Element {
    size_t input, index;
    double derivative;
  };
  std::vector<Element> elements;
};
Numeric central_differences(const graphc::Graph& graph, graphc::ValueId scalar, const graphc::Bindings& bindings,
                            const std::vector<std::string>& inputs, Random& random);

// The first element that differs by more than atol 1e-5 + rtol 1e-3, in words; empty where all agree. An absent gradient
// counts as zeros.
std::string difference(const Numeric& numeric, const std::vector<const graphc::Array*>& gradients,
                       const std::vector<std::string>& inputs);

// The sum of `value` times an input of its type, so that every element counts differently; binds that input in `bindings`.
graphc::Tensor weighted_sum(graphc::Tensor value, const std::string& weights, graphc::Bindings& bindings, Random& random);

bool is_zero(const graphc::Array* array);

}  // namespace graphc_test
