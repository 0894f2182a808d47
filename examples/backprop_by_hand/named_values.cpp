// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "examples/backprop_by_hand/named_values.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "runtime/train/tensor_info.h"

namespace graphc {

constexpr uint32_t max_rows = 4;

// The labels are the slides' names; they stay beside the values through all passes.
static Model describe(const Network& network, const std::string& name) {
  Builder b(name);
  Tensor a = b.input("x", {batch, int64_t(network.sizes[0])});
  Tensor y = b.target("y", {batch, int64_t(network.sizes.back())});
  for (size_t l = 1; l <= network.layers(); l++) {
    std::string n = std::to_string(l);
    auto inputs = int64_t(network.sizes[l - 1]), units = int64_t(network.sizes[l]);
    Tensor w = b.parameter("w" + n, {inputs, units}, {"zeros"});
    Tensor bias = b.parameter("b" + n, {units}, {"zeros"});
    Tensor z = contract(a, w) + bias;
    a = sigmoid(z);
    b.label(w, "w" + n);
    b.label(bias, "b" + n);
    b.label(z, "z" + n);
    b.label(a, "a" + n);
  }
  Tensor difference = a - y;
  Tensor cost = reduce_sum(difference * difference, 1);  // of each example
  b.minimize(mean(cost), sgd({.learning_rate = 1}));
  return b.finish();
}

NamedValues::NamedValues(const Network& network, const std::string& name) : network_(network) {
  Model model = describe(network, name);
  trained_ = compile(model, {.max_rows = max_rows});
  const Graph& grad = *trained_.plan().module.entries.find("grad");
  name_values(grad);
  find_shared(grad);

  // The same graph as a model of its own, whose outputs are all named values.
  Model probe;
  probe.tables = model.tables;
  probe.forward = grad;
  probe.forward.outputs.clear();
  probe.forward.outputs.push_back({"loss", *grad.loss});
  for (const auto& [value, label] : names_) probe.forward.outputs.push_back({label, value});
  jit_ = compile(probe, {.max_rows = max_rows});
  evaluator_ = compile(probe, {.max_rows = max_rows, .backend = CompileOptions::evaluator});
}

// A sum hands its cotangent on to its terms unchanged: one value of the graph is the gradient of z and of its terms w a' and b,
// and the graph notes one of them. The label is that of the sum.
static const std::string& label_of_sum(const Graph& graph, ValueId v) {
  for (ValueId reader = v + 1; reader < graph.size() && graph.label(v).empty(); reader++) {
    const Node& node = graph[reader];
    if (node.op == Op::add && std::count(node.operands.begin(), node.operands.end(), v)) return graph.label(reader);
  }
  return graph.label(v);
}

// A labelled value has the label's name; a value that is the cotangent of a labelled one is dC/dLABEL.
void NamedValues::name_values(const Graph& grad) {
  for (ValueId v = 0; v < grad.size(); v++) {
    bool is_parameter = grad[v].op == Op::variable;
    if (!grad.label(v).empty() && !is_parameter && grad[v].op != Op::input) names_[v] = grad.label(v);
    ValueId forward = grad.gradient_of(v);
    std::string of = forward == no_value ? "" : label_of_sum(grad, forward);
    if (!of.empty()) names_[v] = "dC/d" + of;
  }
}

void NamedValues::find_shared(const Graph& grad) {
  // nearest[v]: the named values that v is computed from, with nothing named between.
  std::vector<std::vector<ValueId>> nearest(grad.size());
  std::map<ValueId, std::vector<std::string>> readers;
  auto live = live_values(grad);
  for (ValueId v = 0; v < grad.size(); v++) {
    if (!live[v]) continue;
    for (ValueId operand : grad[v].operands) {
      if (names_.count(operand))
        nearest[v].push_back(operand);
      else
        nearest[v].insert(nearest[v].end(), nearest[operand].begin(), nearest[operand].end());
    }
    std::sort(nearest[v].begin(), nearest[v].end());
    nearest[v].erase(std::unique(nearest[v].begin(), nearest[v].end()), nearest[v].end());
    if (names_.count(v) && names_[v].rfind("dC/d", 0) == 0)
      for (ValueId read : nearest[v]) readers[read].push_back(names_[v]);
  }
  for (auto& [value, names] : readers)
    if (names.size() >= 2) shared_.emplace_back(names_[value], std::move(names));
}

Values NamedValues::run(const Program& program, const std::string& entry, const std::vector<Example>& examples) const {
  Instance net = program.instance();
  for (size_t l = 1; l <= network_.layers(); l++) {
    const std::string n = std::to_string(l);
    net.set("w" + n, network_.weights[l - 1]);
    net.set("b" + n, network_.biases[l - 1]);
  }
  auto rows = uint32_t(examples.size());
  std::vector<float> x, y;
  for (const Example& e : examples) x.insert(x.end(), e.x.begin(), e.x.end()), y.insert(y.end(), e.y.begin(), e.y.end());

  const graphc_entry_info& info = *find_entry(program.module(), entry);
  Values values;
  std::vector<NamedOutput> outputs;
  for (uint32_t o = 0; o < info.outputs; o++) {
    auto& place = values[info.output[o].name];
    place.resize(elements_at(info.output[o], rows));
    outputs.push_back({info.output[o].name, place});
  }
  std::vector<NamedArray> inputs = {{"x", x}, {"y", y}};
  if (net.run(entry, Arrays(std::span<const NamedArray>(inputs)), OutputArrays(std::span<const NamedOutput>(outputs)), rows) !=
      GRAPHC_OK)
    throw std::runtime_error("the entry " + entry + " failed");
  return values;
}

static void want_same_bits(const std::string& name, const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) != 0)
    throw std::runtime_error(name + ": the bits differ");
}

Values NamedValues::run(const std::vector<Example>& examples) const {
  Values values = run(jit_, "predict", examples);
  for (const auto& [name, evaluated] : run(evaluator_, "predict", examples))
    want_same_bits(name + " of JIT and evaluator", values.at(name), evaluated);
  for (const auto& [name, reported] : run(trained_, "grad", examples))
    if (name.rfind("grad.", 0) == 0)
      want_same_bits("dC/d" + name.substr(5) + " and " + name, values.at("dC/d" + name.substr(5)), reported);
  return values;
}

}  // namespace graphc
