// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/graph.h"

#include <algorithm>
#include <cstring>

namespace graphc {

static void mix(size_t& hash, size_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u, hash ^= hash >> 29; }

static void mix(size_t& hash, const Shape& shape) {
  for (Dim d : shape) mix(hash, size_t(d.size) * 2 + d.is_batch);
  mix(hash, shape.rank());
}

static size_t bits_of(double number) {
  size_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

namespace {
struct AttributeHash {
  size_t& hash;
  void operator()(int64_t v) { mix(hash, size_t(v)); }
  void operator()(double v) { mix(hash, bits_of(v)); }
  void operator()(const std::string& v) { mix(hash, std::hash<std::string>()(v)); }
  void operator()(const std::vector<int64_t>& v) { for (auto x : v) mix(hash, size_t(x)); }
  void operator()(const std::vector<double>& v) { for (auto x : v) mix(hash, bits_of(x)); }
  void operator()(const Type& v) { mix(hash, size_t(v.dtype)), mix(hash, v.shape); }
  void operator()(DType v) { mix(hash, size_t(v)); }
  void operator()(const Shape& v) { mix(hash, v); }
};
}  // namespace

// Numbers are equal where their bits are: 0 and -0 differ, NaN equals itself.
static bool same(const Attribute& a, const Attribute& b) {
  if (a.index() != b.index()) return false;
  if (auto x = std::get_if<double>(&a)) return bits_of(*x) == bits_of(std::get<double>(b));
  if (auto x = std::get_if<std::vector<double>>(&a)) {
    const auto& y = std::get<std::vector<double>>(b);
    return x->size() == y.size() && (x->empty() || !std::memcmp(x->data(), y.data(), x->size() * sizeof(double)));
  }
  return a == b;
}

static bool same(const Node& node, Op op, const std::vector<ValueId>& operands, const std::vector<Attribute>& attributes) {
  if (node.op != op || node.operands != operands || node.attributes.size() != attributes.size()) return false;
  for (size_t i = 0; i < attributes.size(); i++)
    if (!same(node.attributes[i], attributes[i])) return false;
  return true;
}

// The slot of the equal node, else the empty one where it belongs.
size_t Graph::find_slot(size_t hash, Op op, const std::vector<ValueId>& operands, const std::vector<Attribute>& attributes) const {
  size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    ValueId v = slots_[slot];
    if (v == no_value || (hashes_[v] == hash && same(nodes_[v], op, operands, attributes))) return slot;
  }
}

void Graph::grow_slots() {
  slots_.assign(std::max<size_t>(16, 2 * slots_.size()), no_value);
  size_t mask = slots_.size() - 1;
  for (ValueId v = 0; v < nodes_.size(); v++) {
    if (nodes_[v].op == Op::call) continue;
    size_t slot = hashes_[v] & mask;
    while (slots_[slot] != no_value) slot = (slot + 1) & mask;
    slots_[slot] = v;
  }
}

ValueId Graph::add(Op op, std::vector<ValueId> operands, std::vector<Attribute> attributes, const Place& place) {
  size_t hash = size_t(op);
  for (ValueId v : operands) mix(hash, v);
  for (const auto& a : attributes) std::visit(AttributeHash{hash}, a);
  if (slots_.size() < 2 * (nodes_.size() + 1)) grow_slots();
  size_t slot = find_slot(hash, op, operands, attributes);
  if (slots_[slot] != no_value) return slots_[slot];

  const OpDef& record = def(op);
  InferContext context{attributes, {}, record.name};
  for (ValueId v : operands) context.operands.push_back(nodes_[v].type);
  try {
    if (nodes_.size() >= max_nodes) context.fail("the graph has more than " + std::to_string(max_nodes) + " nodes");
    if (record.arity >= 0 && operands.size() != size_t(record.arity))
      context.fail("takes " + std::to_string(record.arity) + " operands, got " + std::to_string(operands.size()));
    Type type = op == Op::get ? result_type(context, nodes_[operands[0]]) : record.infer(context);
    // 2^31 elements a row: offsets and row counts then stay inside 63 bits for any batch.
    double count = 1;
    for (Dim d : type.shape) {
      if (d.size < 0 || (d.size == 0 && d.is_batch)) context.fail("negative dimension in " + to_string(type));
      count *= double(std::max<int64_t>(d.size, 1));
    }
    if (count >= 2147483648.0) context.fail("the result " + to_string(type) + " has more than 2^31 elements", {"split it"});
    slots_[slot] = ValueId(nodes_.size());
    hashes_.push_back(hash);
    nodes_.push_back({op, type, std::move(operands), std::move(attributes)});
    places_.push_back(place);
  } catch (const CompileError& error) {
    Diagnostic diagnostic = error.diagnostics()[0];
    diagnostic.place = place;
    throw CompileError(std::move(diagnostic));
  }
  return ValueId(nodes_.size() - 1);
}

Type Graph::result_type(const InferContext& context, const Node& call) const {
  if (call.op != Op::call) context.fail("reads the results of a call only");
  const Graph& graph = *body(call).graph;
  size_t index = size_t(context.attribute<int64_t>(0));
  if (index >= graph.outputs.size()) context.fail("the call has " + std::to_string(graph.outputs.size()) + " results");
  return graph[graph.outputs[index].value].type;
}

ValueId Graph::add_call(Body body, std::vector<ValueId> operands, const Place& place) {
  bodies_.push_back(std::move(body));
  nodes_.push_back({Op::call, {}, std::move(operands), {int64_t(bodies_.size() - 1)}});
  hashes_.push_back(0);
  places_.push_back(place);
  return ValueId(nodes_.size() - 1);
}

const std::string& Graph::label(ValueId v) const {
  static const std::string none;
  auto it = labels_.find(v);
  return it == labels_.end() ? none : it->second;
}

void Graph::set_label(ValueId v, std::string label) { labels_.insert({v, std::move(label)}); }

ValueId Graph::gradient_of(ValueId v) const { return v < gradient_of_.size() ? gradient_of_[v] : no_value; }

void Graph::set_gradient_of(ValueId v, ValueId forward) {
  if (v >= gradient_of_.size()) gradient_of_.resize(v + 1, no_value);
  gradient_of_[v] = forward;
}

std::vector<bool> live_values(const Graph& graph) {
  std::vector<bool> live(graph.size(), false);
  for (const auto& o : graph.outputs) live[o.value] = true;
  for (const auto& u : graph.updates) live[u.value] = true;
  if (graph.loss) live[*graph.loss] = true;
  for (size_t v = graph.size(); v-- > 0;)
    if (live[v])
      for (ValueId o : graph[ValueId(v)].operands) live[o] = true;
  return live;
}

std::vector<uint32_t> use_counts(const Graph& graph) {
  std::vector<uint32_t> uses(graph.size(), 0);
  auto live = live_values(graph);
  for (size_t v = 0; v < graph.size(); v++)
    if (live[v])
      for (ValueId o : graph[ValueId(v)].operands) uses[o]++;
  for (const auto& o : graph.outputs) uses[o.value]++;
  for (const auto& u : graph.updates) uses[u.value]++;
  if (graph.loss) uses[*graph.loss]++;
  return uses;
}

}  // namespace graphc
