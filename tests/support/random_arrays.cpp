// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/support/random_arrays.h"

#include <bit>
#include <cmath>

namespace graphc_test {

using namespace graphc;

uint64_t Random::bits() {
  uint64_t z = state_ += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

double Random::uniform(double low, double high) { return low + (high - low) * double(bits() >> 11) * 0x1p-53; }
int64_t Random::below(int64_t n) { return int64_t(bits() % uint64_t(n)); }

Array random_array(Random& random, const Type& type, int64_t rows, double low, double high, int64_t int_high) {
  Array array{type.dtype, type.shape.at(rows), {}};
  for (int64_t i = array.count(); i > 0; i--)
    array.data.push_back(type.dtype == DType::f32   ? double(float(random.uniform(low, high)))
                         : type.dtype == DType::i32 ? double(random.below(int_high))
                                                    : double(random.below(2)));
  return array;
}

static void bind(Random& random, const Graph& graph, Bindings& bindings) {
  for (ValueId v = 0; v < graph.size(); v++) {
    const Node& node = graph[v];
    if (node.op == Op::call) bind(random, *graph.body(node).graph, bindings);
    if (node.op != Op::input && node.op != Op::variable && node.op != Op::hyper) continue;
    const std::string& name = node.attribute<std::string>(0);
    if (node.op == Op::hyper)
      bindings.hypers.emplace(name, 1);
    else
      (node.op == Op::input ? bindings.inputs : bindings.variables).emplace(name, random_array(random, node.type, bindings.rows));
  }
}

Bindings random_bindings(Random& random, const Graph& graph, int64_t rows) {
  Bindings bindings;
  bindings.rows = rows;
  bind(random, graph, bindings);
  return bindings;
}

double ulp_distance(float a, float b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  if (std::isnan(a) || std::isnan(b)) return INFINITY;
  auto order = [](float x) {
    int64_t bits = std::bit_cast<int32_t>(x);
    return bits < 0 ? -(bits & 0x7FFFFFFF) : bits;
  };
  return std::fabs(double(order(a) - order(b)));
}

}  // namespace graphc_test
