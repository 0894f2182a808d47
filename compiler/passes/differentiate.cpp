// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/passes/differentiate.h"

#include "ir/composite.h"
#include "ir/rebuild.h"

namespace graphc {

namespace {

using Cotangent = std::optional<Tensor>;

bool passes_gradient(const Node& node) { return node.op == Op::call || node.op == Op::get || node.def().vjp; }

// Which values depend on a value marked in `needed`.
void spread_need(const Graph& graph, std::vector<bool>& needed) {
  for (ValueId v = 0; v < needed.size(); v++)
    if (!needed[v] && passes_gradient(graph[v]))
      for (ValueId o : graph[v].operands)
        if (needed[o]) needed[v] = true;
}

// One reverse sweep over a graph, of the builder itself or of a call's body.
class Sweep {
 public:
  // values[v]: what stands for v in the builder.
  Sweep(GraphBuilder& b, const Graph& graph, std::vector<Tensor> values, std::vector<bool> needed)
      : b_(b), graph_(graph), values_(std::move(values)), needed_(std::move(needed)), cotangents_(values_.size()) {}

  void accumulate(ValueId v, const Cotangent& cotangent) {
    if (!cotangent || !needed_[v]) return;
    if (cotangent->shape() != values_[v].shape())
      throw InternalError(std::string("differentiate: cotangent ") + to_string(cotangent->type()) + " for " + to_string(values_[v].type()));
    cotangents_[v] = cotangents_[v] ? *cotangents_[v] + *cotangent : *cotangent;
  }

  void run() {
    for (ValueId v = ValueId(values_.size()); v-- > 0;) {
      if (!needed_[v]) continue;
      // A copy: the builder's graph grows while rules run.
      const Node node = graph_[v];
      b_.set_place(graph_.place(v));
      if (node.op == Op::call) {
        through_call(v, node);
      } else if (!cotangents_[v]) {
        continue;
      } else if (node.op == Op::get) {
        auto& results = of_results_[node.operands[0]];
        results.resize(std::max(results.size(), size_t(node.attribute<int64_t>(0)) + 1));
        results[size_t(node.attribute<int64_t>(0))] = cotangents_[v];
      } else if (node.def().vjp) {
        through_node(v, node);
      }
      if (cotangents_[v]) b_.current_graph().set_gradient_of(cotangents_[v]->id, values_[v].id);
    }
  }

  const Cotangent& cotangent(ValueId v) const { return cotangents_[v]; }

 private:
  void through_node(ValueId v, const Node& node) {
    VjpContext context{node, {}, values_[v], *cotangents_[v], {}};
    for (ValueId o : node.operands) context.operands.push_back(values_[o]), context.needed.push_back(needed_[o]);
    Cotangents result = node.def().vjp(context);
    for (size_t o = 0; o < result.size(); o++) accumulate(node.operands[o], result[o]);
  }

  void through_call(ValueId v, const Node& node) {
    auto it = of_results_.find(v);
    if (it == of_results_.end()) return;
    const Body body = graph_.body(node);
    it->second.resize(body.graph->outputs.size());
    std::vector<Tensor> operands;
    for (ValueId o : node.operands) operands.push_back(values_[o]);
    const CompositeDef* composite = find_composite(body.composite);
    if (composite && composite->vjp) {
      CompositeVjp context{body, operands, {}, it->second};
      for (size_t r = 0; r < it->second.size(); r++) context.results.push_back(b_.emit(Op::get, {values_[v]}, {int64_t(r)}));
      Cotangents result = composite->vjp(context);
      for (size_t o = 0; o < result.size(); o++) accumulate(node.operands[o], result[o]);
    } else {
      through_body(body, node, operands, it->second);
    }
  }

  // The body's nodes are emitted once more; when the call itself is inlined later, hash-consing makes both one.
  void through_body(const Body& body, const Node& node, const std::vector<Tensor>& operands, const std::vector<Cotangent>& of_results) {
    const Graph& graph = *body.graph;
    Rebuild rebuild(graph, b_);
    std::vector<bool> needed(graph.size(), false);
    auto live = live_values(graph);
    Place place = b_.place();
    for (ValueId i = 0; i < graph.size(); i++) {
      if (!live[i]) continue;
      if (graph[i].op == Op::argument) {
        size_t argument = size_t(graph[i].attribute<int64_t>(0));
        rebuild.set(i, operands[argument]);
        needed[i] = needed_[node.operands[argument]];
      } else {
        rebuild.copy(i);
        b_.set_place(place);
      }
    }
    spread_need(graph, needed);
    std::vector<Tensor> values;
    for (ValueId i = 0; i < graph.size(); i++) values.push_back(rebuild[i]), needed[i] = needed[i] && live[i];
    Sweep inner(b_, graph, std::move(values), std::move(needed));
    for (size_t r = 0; r < of_results.size(); r++) inner.accumulate(graph.outputs[r].value, of_results[r]);
    inner.run();
    for (ValueId i = 0; i < graph.size(); i++)
      if (live[i] && graph[i].op == Op::argument) accumulate(node.operands[size_t(graph[i].attribute<int64_t>(0))], inner.cotangent(i));
  }

  GraphBuilder& b_;
  const Graph& graph_;
  std::vector<Tensor> values_;
  std::vector<bool> needed_;
  std::vector<Cotangent> cotangents_;
  std::map<ValueId, std::vector<Cotangent>> of_results_;  // of calls
};

}  // namespace

std::vector<std::optional<Tensor>> gradients(Tensor scalar, const std::vector<Tensor>& wrt) {
  GraphBuilder& b = *scalar.builder;
  if (scalar.type() != Type{DType::f32, {}}) b.fail("gradient: the differentiated value must be a f32 scalar, got " + to_string(scalar.type()));
  const Graph& graph = b.current_graph();
  ValueId root = b.captured(scalar);
  std::vector<bool> needed(root + 1, false);
  for (const Tensor& w : wrt)
    if (b.captured(w) <= root) needed[b.captured(w)] = true;
  spread_need(graph, needed);
  std::vector<Tensor> values;
  for (ValueId v = 0; v <= root; v++) values.push_back(b.tensor(v));
  Place place = b.place();
  Sweep sweep(b, graph, std::move(values), std::move(needed));
  sweep.accumulate(root, b.constant(1));
  sweep.run();
  b.set_place(place);
  std::vector<std::optional<Tensor>> result;
  for (const Tensor& w : wrt) result.push_back(b.captured(w) <= root ? sweep.cotangent(b.captured(w)) : std::nullopt);
  return result;
}

}  // namespace graphc
