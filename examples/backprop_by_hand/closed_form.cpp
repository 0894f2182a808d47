// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/backprop_by_hand/closed_form.h"

#include <cmath>

namespace graphc {

static Values64 one_example(const Network& n, const Example& example) {
  std::vector<std::vector<double>> a = {{example.x.begin(), example.x.end()}};
  for (size_t l = 1; l <= n.layers(); l++) {
    a.emplace_back();
    for (size_t j = 0; j < n.sizes[l]; j++) {
      double z = n.bias(l, j);
      for (size_t k = 0; k < n.sizes[l - 1]; k++) z += n.weight(l, j, k) * a[l - 1][k];
      a[l].push_back(1 / (1 + std::exp(-z)));
    }
  }
  Values64 d;
  for (size_t l = n.layers(); l >= 1; l--) {
    std::string name = std::to_string(l), after = std::to_string(l + 1);
    auto &da = d["dC/da" + name], &dz = d["dC/dz" + name], &dw = d["dC/dw" + name], &db = d["dC/db" + name];
    for (size_t j = 0; j < n.sizes[l]; j++) {
      double sum = 0;
      if (l == n.layers()) {
        sum = 2 * (a[l][j] - double(example.y[j]));
      } else {
        for (size_t i = 0; i < n.sizes[l + 1]; i++) sum += n.weight(l + 1, i, j) * d["dC/dz" + after][i];
      }
      da.push_back(sum);
      dz.push_back(a[l][j] * (1 - a[l][j]) * sum);
      db.push_back(dz[j]);
    }
    for (size_t k = 0; k < n.sizes[l - 1]; k++)
      for (size_t j = 0; j < n.sizes[l]; j++) dw.push_back(a[l - 1][k] * dz[j]);
  }
  return d;
}

Values64 closed_form(const Network& network, const std::vector<Example>& examples) {
  if (examples.size() == 1) return one_example(network, examples[0]);
  Values64 mean;
  for (const Example& example : examples)
    for (const auto& [name, values] : one_example(network, example)) {
      if (name[4] != 'w' && name[4] != 'b') continue;
      mean[name].resize(values.size());
      for (size_t i = 0; i < values.size(); i++) mean[name][i] += values[i] / double(examples.size());
    }
  return mean;
}

}  // namespace graphc
