// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/ops/gradient_check.h"

#include <algorithm>
#include <cmath>

namespace graphc_test {

using namespace graphc;

constexpr double epsilon = 1e-6, absolute = 1e-5, relative = 1e-3;
constexpr size_t most_elements = 48;

Numeric central_differences(const Graph& graph, ValueId scalar, const Bindings& at, const std::vector<std::string>& inputs,
                            Random& random) {
  Graph forward = graph;  // only what the scalar needs is evaluated
  forward.outputs = {{"scalar", scalar}};
  forward.updates.clear();
  forward.loss.reset();
  Bindings bindings = at;
  Numeric result;
  for (size_t i = 0; i < inputs.size(); i++) {
    std::vector<double>& data = bindings.inputs.at(inputs[i]).data;
    for (size_t k = 0; k < std::min(data.size(), most_elements); k++) {
      size_t index = data.size() <= most_elements ? k : size_t(random.below(int64_t(data.size())));
      double x = data[index];
      auto value_at = [&](double moved) {
        data[index] = moved;
        return evaluate(forward, bindings, Precision::f64)[scalar].data[0];
      };
      double high = value_at(x + epsilon), low = value_at(x - epsilon);
      data[index] = x;
      result.elements.push_back({i, index, (high - low) / (2 * epsilon)});
    }
  }
  return result;
}

std::string difference(const Numeric& numeric, const std::vector<const Array*>& gradients,
                       const std::vector<std::string>& inputs) {
  for (const auto& e : numeric.elements) {
    double got = gradients[e.input] ? gradients[e.input]->data[e.index] : 0;
    if (!(std::fabs(got - e.derivative) <= absolute + relative * std::fabs(e.derivative)))
      return "gradient of " + inputs[e.input] + ", element " + std::to_string(e.index) + ": " + std::to_string(got) +
             ", central difference " + std::to_string(e.derivative);
  }
  return "";
}

Tensor weighted_sum(Tensor value, const std::string& weights, Bindings& bindings, Random& random) {
  bindings.inputs[weights] = random_array(random, value.type(), bindings.rows, 0.5, 2);
  // Both signs, none near zero: a term that is lost shows.
  for (double& w : bindings.inputs[weights].data)
    if (random.below(2)) w = -w;
  return sum(value * value.builder->emit(Op::input, {}, {weights, value.type()}));
}

bool is_zero(const Array* array) {
  return !array || std::all_of(array->data.begin(), array->data.end(), [](double x) { return x == 0; });
}

}  // namespace graphc_test
