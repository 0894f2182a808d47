// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Derivative rules with one thing changed: the gradient check must notice each (QUALITY R3). A rule is changed in the
// graph that it writes: a returned cotangent's sign or size, one term of an addition, one negation.
#include <doctest/doctest.h>

#include "compiler/passes/differentiate.h"
#include "ir/rebuild.h"
#include "tests/ops/gradient_check.h"
#include "tests/ops/subjects.h"

using namespace graphc;
using namespace graphc_test;

namespace {

// One case of a rule: its gradients as outputs of a graph, and what they should be.
struct Trial {
  Graph graph;
  ValueId first = 0;  // nodes from here on are the rule's
  Bindings bindings;
  std::vector<std::string> names;  // of the inputs, one an output of the graph
  Numeric numeric;
};

std::optional<Trial> make_trial(const Subject& subject, size_t n, uint64_t seed) {
  const Case& c = subject.cases[n];
  Trial trial;
  Random random(50 * n + seed);
  CaseGraph graph(subject, c);
  trial.bindings = case_bindings(random, c, 3);
  Tensor scalar = weighted_sum(graph.result, "c", trial.bindings, random);
  trial.first = scalar.id + 1;
  std::vector<Tensor> wrt;
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.operands.size(); i++)
    if (graph.operands[i].dtype() == DType::f32) wrt.push_back(graph.operands[i]), names.push_back("x" + std::to_string(i));
  auto found = gradients(scalar, wrt);
  graph.b.graph().outputs.clear();
  for (size_t i = 0; i < wrt.size(); i++)
    if (found[i]) graph.b.graph().outputs.push_back({names[i], found[i]->id}), trial.names.push_back(names[i]);
  if (trial.names.empty()) return std::nullopt;
  trial.numeric = central_differences(graph.b.graph(), scalar.id, trial.bindings, trial.names, random);
  trial.graph = std::move(graph.b.graph());
  return trial;
}

std::string check(const Graph& graph, const Trial& trial) {
  auto values = evaluate(graph, trial.bindings, Precision::f64);
  std::vector<const Array*> arrays;
  for (const Output& o : graph.outputs) arrays.push_back(&values[o.value]);
  return difference(trial.numeric, arrays, trial.names);
}

// What to change, the same place in the graph of every case.
struct Mutation {
  std::string what;
  std::function<std::optional<Tensor>(GraphBuilder&, const Node&, const std::vector<Tensor>&)> node =
      nullptr;                                     // of one node of the rule
  std::function<Tensor(Tensor)> result = nullptr;  // of one returned cotangent
};

Tensor zero(const Tensor& t) { return zeros_like(t); }

const Mutation mutations[] = {
    {"the sign of a cotangent", nullptr, [](Tensor t) { return -t; }},
    {"a cotangent times 1.01", nullptr, [](Tensor t) { return t * 1.01; }},
    {"a cotangent lost", nullptr, zero},
    {"the first term dropped",
     [](GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) -> std::optional<Tensor> {
       if (node.op != Op::add && node.op != Op::sub) return std::nullopt;
       return b.emit(node.op, {zero(x[0]), x[1]});
     }},
    {"the second term dropped",
     [](GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) -> std::optional<Tensor> {
       if (node.op != Op::add && node.op != Op::sub) return std::nullopt;
       return b.emit(node.op, {x[0], zero(x[1])});
     }},
    {"a negation dropped",
     [](GraphBuilder&, const Node& node, const std::vector<Tensor>& x) -> std::optional<Tensor> {
       return node.op == Op::neg ? std::optional(x[0]) : std::nullopt;
     }},
    {"plus for minus",
     [](GraphBuilder& b, const Node& node, const std::vector<Tensor>& x) -> std::optional<Tensor> {
       return node.op == Op::sub ? std::optional(b.emit(Op::add, x)) : std::nullopt;
     }},
};

// The graph with its `place`th fitting node or output changed; nullopt where there are fewer.
std::optional<Graph> mutant(const Trial& trial, const Mutation& mutation, size_t place) {
  GraphBuilder b("mutant");
  Rebuild rebuild(trial.graph, b);
  auto live = live_values(trial.graph);
  size_t met = 0;
  for (ValueId v = 0; v < trial.graph.size(); v++) {
    if (!live[v]) continue;
    if (mutation.node && v >= trial.first) {
      auto changed = mutation.node(b, trial.graph[v], rebuild.operands(trial.graph[v]));
      if (changed && met++ == place) {
        rebuild.set(v, *changed);
        continue;
      }
    }
    rebuild.copy(v);
  }
  rebuild.finish();
  if (mutation.result && place < b.graph().outputs.size()) {
    ValueId& output = b.graph().outputs[place].value;
    output = mutation.result(b.tensor(output)).id;
    met = place + 1;
  }
  return met > place ? std::optional(std::move(b.graph())) : std::nullopt;
}

}  // namespace

TEST_CASE("every mutant of every derivative rule is caught") {
  int caught = 0;
  std::string survivors;
  for (const Subject& subject : subjects()) {
    if (!subject.has_vjp()) continue;
    std::vector<Trial> trials;
    for (size_t n = 0; n < subject.cases.size(); n++)
      for (uint64_t seed : {0, 1}) {
        auto trial = make_trial(subject, n, seed);
        if (!trial || trial->numeric.elements.empty()) continue;
        CHECK_MESSAGE(check(trial->graph, *trial).empty(), case_name(subject, n), ": the rule as it is");
        trials.push_back(std::move(*trial));
      }
    for (const Mutation& mutation : mutations)
      for (size_t place = 0;; place++) {
        bool exists = false, noticed = false;
        for (const Trial& trial : trials) {
          if (noticed) break;
          auto graph = mutant(trial, mutation, place);
          if (!graph) continue;
          exists = true;
          noticed = !check(*graph, trial).empty();
        }
        if (!exists) break;
        if (noticed)
          caught++;
        else
          survivors += subject.name + ": " + mutation.what + ", place " + std::to_string(place) + "\n";
      }
  }
  MESSAGE(caught, " mutants caught");
  CHECK(caught > 100);
  CHECK_MESSAGE(survivors.empty(), "survivors:\n", survivors);
}
