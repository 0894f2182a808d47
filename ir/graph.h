// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Graph owns an append-only array of SSA tensor values. Operands have smaller ids, so array order is topological
// order and every analysis is a loop. Equal nodes are one node (hash-consing). A training graph is pure: inputs,
// variables, outputs, and updates, which say what new value replaces which variable.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ir/op.h"

namespace graphc {

inline constexpr ValueId no_value = ~ValueId{0};
inline constexpr size_t max_nodes = size_t{1} << 22;

struct Node {
  Op op;
  Type type;
  std::vector<ValueId> operands;
  std::vector<Attribute> attributes;

  const OpDef& def() const { return graphc::def(op); }
  template <class T> const T& attribute(int i) const { return std::get<T>(attributes[i]); }
};

// The body of a `call`: a composite's graph, whose `argument` nodes stand for the call's operands and whose outputs are its results.
struct Body {
  std::string composite;
  std::vector<std::pair<std::string, double>> arguments;  // the composite's numbers, as given or by default
  std::shared_ptr<const Graph> graph;
};

struct Output {
  std::string name;
  ValueId value;
};
struct Update {
  std::string variable;
  ValueId value;
};

class Graph {
 public:
  explicit Graph(std::string name = "") : name(std::move(name)) {}

  // Infers the type, checks, and returns the equal node where there is one. Throws CompileError at `place`.
  ValueId add(Op op, std::vector<ValueId> operands, std::vector<Attribute> attributes, const Place& place = {});
  // A call is never merged; its type is empty, its results are read by `get`.
  ValueId add_call(Body body, std::vector<ValueId> operands, const Place& place = {});

  size_t size() const { return nodes_.size(); }
  const Node& operator[](ValueId v) const { return nodes_[v]; }
  const Body& body(const Node& call) const { return bodies_[call.attribute<int64_t>(0)]; }
  const std::vector<Body>& bodies() const { return bodies_; }

  // Beside the nodes, not part of their identity.
  const Place& place(ValueId v) const { return places_[v]; }
  const std::string& label(ValueId v) const;  // a user's or layer's name for the value; empty where it has none
  void set_label(ValueId v, std::string label);
  ValueId gradient_of(ValueId v) const;       // the forward value whose cotangent v is, or no_value
  void set_gradient_of(ValueId v, ValueId forward);

  std::string name;
  std::vector<Output> outputs;
  std::vector<Update> updates;
  std::optional<ValueId> loss;  // checked for being finite before anything is updated

 private:
  Type result_type(const InferContext& context, const Node& call) const;

  std::deque<Node> nodes_;  // a reference to a node stays valid while the graph grows
  std::vector<Place> places_;
  std::vector<Body> bodies_;
  std::unordered_map<ValueId, std::string> labels_;
  std::vector<ValueId> gradient_of_;  // as long as values that have one need
  // Nodes by hash: a table of open addressing, whose empty slots are no_value. Calls are not in it.
  size_t find_slot(size_t hash, Op op, const std::vector<ValueId>& operands, const std::vector<Attribute>& attributes) const;
  void grow_slots();
  std::vector<ValueId> slots_;
  std::vector<size_t> hashes_;  // of each node
};

// Values that outputs, updates and the loss need, by id.
std::vector<bool> live_values(const Graph& graph);
// For each value, how many live nodes, outputs and updates read it.
std::vector<uint32_t> use_counts(const Graph& graph);

template <class T> const T& VjpContext::attribute(int i) const { return node.attribute<T>(i); }

}  // namespace graphc
