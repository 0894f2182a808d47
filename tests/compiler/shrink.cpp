// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/shrink.h"

#include <chrono>
#include <set>

#include "ir/builder.h"
#include "ir/parse.h"
#include "ir/print.h"
#include "ir/rebuild.h"

namespace graphc_test {

using namespace graphc;

namespace {

const std::string metric_prefix = "metric ";

// All roots as outputs, so that a graph alone says what is live.
Graph with_roots(const Model& m) {
  Graph g = m.forward;
  for (const Output& o : m.metrics) g.outputs.push_back({metric_prefix + o.name, o.value});
  for (const Minimize& l : m.losses) g.outputs.push_back({"loss " + l.step, l.loss});
  return g;
}

// What stands for a value of the old graph, or nothing where it is copied.
using Replace = std::function<std::optional<Tensor>(GraphBuilder&, Rebuild&, ValueId)>;

Model with_graph(const Model& m, const std::function<ValueId(ValueId)>& map, Graph forward) {
  Model result = m;
  result.forward = std::move(forward);
  result.forward.outputs.clear();
  for (const Output& o : m.forward.outputs) result.forward.outputs.push_back({o.name, map(o.value)});
  for (Output& o : result.metrics) o.value = map(o.value);
  for (Minimize& l : result.losses) l.loss = map(l.loss);
  // Leaves are what the graph names.
  Module& t = result.tables;
  std::set<std::string> used;
  auto live = live_values(with_roots(result));
  for (ValueId v = 0; v < result.forward.size(); v++) {
    const Node& node = result.forward[v];
    if (!live[v] || (node.op != Op::input && node.op != Op::variable)) continue;
    const std::string& name = node.attribute<std::string>(0);
    used.insert(name);
    if (node.op == Op::input && !t.inputs.find(name)) t.inputs.push_back({name, node.type});
    if (node.op == Op::variable && !t.variables.find(name)) t.variables.push_back({.name = name, .type = node.type, .initializer = {"glorot_uniform"}});
  }
  std::erase_if(t.variables.edit(), [&](const Variable& v) { return !used.count(v.name); });
  for (const Variable& v : t.variables)
    if (!v.of.empty()) used.insert(v.of.substr(0, v.of.rfind(':')));
  std::erase_if(t.inputs.edit(), [&](const InputSpec& i) { return !used.count(i.name); });
  return result;
}

Model rewrite(const Model& m, const Replace& replace) {
  GraphBuilder b(m.forward.name);
  Rebuild r(m.forward, b);
  auto live = live_values(with_roots(m));
  for (ValueId v = 0; v < m.forward.size(); v++) {
    if (!live[v]) continue;
    auto value = replace(b, r, v);
    value ? r.set(v, *value) : void(r.copy(v));
  }
  return with_graph(m, [&](ValueId v) { return r[v].id; }, std::move(b.graph()));
}

Model swept(const Model& m) {
  return rewrite(m, [](GraphBuilder&, Rebuild&, ValueId) { return std::nullopt; });
}

// ---- sizes

Shape resized(const Shape& s, int64_t from, int64_t to) {
  Shape result;
  for (Dim d : s) result.push_back({d.size == from ? to : d.size, d.is_batch});
  return result;
}

Graph resized(const Graph& g, int64_t from, int64_t to, std::vector<ValueId>& map) {
  GraphBuilder b(g.name);
  map.assign(g.size(), no_value);
  for (ValueId v = 0; v < g.size(); v++) {
    const Node& node = g[v];
    std::vector<ValueId> operands;
    for (ValueId o : node.operands) operands.push_back(map[o]);
    if (node.op == Op::call) {
      Body body = g.body(node);
      std::vector<ValueId> inner;
      body.graph = std::make_shared<Graph>(resized(*body.graph, from, to, inner));
      map[v] = b.graph().add_call(body, operands);
      continue;
    }
    std::vector<Attribute> attributes = node.attributes;
    for (Attribute& a : attributes) {
      if (auto shape = std::get_if<Shape>(&a)) *shape = resized(*shape, from, to);
      if (auto type = std::get_if<Type>(&a)) type->shape = resized(type->shape, from, to);
      if (auto values = std::get_if<std::vector<double>>(&a); values && node.op == Op::constant && values->size() > 1)
        values->resize(size_t(resized(node.type.shape, from, to).count().size), 0.5);
    }
    map[v] = b.graph().add(node.op, operands, attributes);
  }
  for (const Output& o : g.outputs) b.graph().outputs.push_back({o.name, map[o.value]});
  return std::move(b.graph());
}

Model resized(const Model& m, int64_t from, int64_t to) {
  Model tables = m;
  for (Variable& v : tables.tables.variables.edit()) v.type.shape = resized(v.type.shape, from, to);
  for (InputSpec& i : tables.tables.inputs.edit()) {
    i.type.shape = resized(i.type.shape, from, to);
    if (i.classes == from) i.classes = to;
  }
  std::vector<ValueId> map;
  Graph forward = resized(m.forward, from, to, map);
  return with_graph(tables, [&](ValueId v) { return map[v]; }, std::move(forward));
}

// ---- the search

class Shrinker {
 public:
  Shrinker(const RandomModel& m, const std::function<bool(const RandomModel&)>& fails, double seconds)
      : best_(m), fails_(fails), end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {}

  RandomModel run() {
    attempt([](RandomModel& m) { m.model = swept(m.model); });
    bool better = true;
    while (better && Clock::now() < end_) {
      better = false;
      better |= reports();
      better |= shorter_losses();
      better |= nodes();
      better |= calls();
      better |= sizes();
    }
    return best_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Takes the change where it can be made and what it makes still fails.
  bool attempt(const std::function<void(RandomModel&)>& change) {
    if (Clock::now() >= end_) return false;
    RandomModel changed = best_;
    try {
      change(changed);
      changed.model = swept(changed.model);
      if (changed.model.losses.empty() && changed.model.forward.outputs.empty()) return false;
      if (text_of(changed) == text_of(best_) || !fails_(changed)) return false;
    } catch (const CompileError&) {  // does not fit together
      return false;
    }
    best_ = std::move(changed);
    return true;
  }

  template <class List> bool drop(List& (*list)(Model&)) {
    bool any = attempt([&](RandomModel& m) { list(m.model).clear(); });
    for (size_t i = list(best_.model).size(); i-- > 0;) any |= attempt([&](RandomModel& m) { list(m.model).erase(list(m.model).begin() + long(i)); });
    return any;
  }

  bool reports() {
    bool any = drop<std::vector<Output>>([](Model& m) -> std::vector<Output>& { return m.metrics; });
    any |= drop<std::vector<Output>>([](Model& m) -> std::vector<Output>& { return m.forward.outputs; });
    any |= drop<std::vector<Minimize>>([](Model& m) -> std::vector<Minimize>& { return m.losses; });
    if (!best_.model.losses.empty() && !(best_.model.losses[0].optimizer.name == "sgd" && best_.model.losses[0].optimizer.numbers["momentum"] == 0))
      any |= attempt([](RandomModel& m) {
        for (Minimize& l : m.model.losses) l.optimizer = sgd({.learning_rate = 0.1});
      });
    return any;
  }

  // The sum of a value in the loss's place, the earliest value first: what comes behind it is gone at once.
  bool shorter_losses() {
    for (size_t l = 0; l < best_.model.losses.size(); l++) {
      ValueId loss = best_.model.losses[l].loss;
      for (ValueId v = 0; v < loss; v++) {
        const Node& node = best_.model.forward[v];
        if (node.op == Op::call || node.type.dtype != DType::f32) continue;
        auto changed = [&](RandomModel& m) {
          m.model = rewrite(m.model, [&](GraphBuilder&, Rebuild& r, ValueId at) -> std::optional<Tensor> {
            if (at != loss) return {};
            return sum(r[v]);
          });
        };
        // A loss that is this sum already would be the same model for ever.
        if (uses(loss) > 3 && attempt(changed)) return true;
      }
    }
    return false;
  }

  size_t uses(ValueId root) const {
    std::vector<bool> seen(root + 1);
    size_t n = 0;
    seen[root] = true;
    for (ValueId v = root + 1; v-- > 0;) {
      if (!seen[v]) continue;
      n++;
      for (ValueId o : best_.model.forward[v].operands) seen[o] = true;
    }
    return n;
  }

  // In the place of a node: an operand, an earlier value of its type, a leaf.
  bool nodes() {
    bool any = false;
    for (auto v = ValueId(best_.model.forward.size()); v-- > 0;) {
      if (v >= best_.model.forward.size()) continue;  // it became smaller meanwhile
      const Graph& g = best_.model.forward;
      const Node& node = g[v];
      if (node.op == Op::call) continue;
      std::vector<ValueId> others;
      for (ValueId o : node.op == Op::get ? g[node.operands[0]].operands : node.operands)
        if (g[o].type == node.type) others.push_back(o);
      for (ValueId o = 0; o < v && others.size() < 4; o++)
        if (g[o].op != Op::call && g[o].type == node.type) others.push_back(o);
      bool done = false;
      for (ValueId o : others)
        if (!done) done = replace(v, [o](GraphBuilder&, Rebuild& r) { return r[o]; });
      if (!done && node.def().op_class != OpClass::source)
        done = replace(v, [type = node.type](GraphBuilder& b, Rebuild&) {
          std::string name = "leaf" + std::to_string(b.graph().size());
          return b.emit(type.dtype == DType::f32 && !type.shape.has_batch() ? Op::variable : Op::input, {}, {name, type});
        });
      any |= done;
    }
    return any;
  }

  template <class Value> bool replace(ValueId v, Value value) {
    return attempt([&](RandomModel& m) {
      m.model = rewrite(m.model, [&](GraphBuilder& b, Rebuild& r, ValueId at) -> std::optional<Tensor> {
        if (at != v) return {};
        return value(b, r);
      });
    });
  }

  // A composite's body in the place of its call has nodes that can go.
  bool calls() {
    for (ValueId v = 0; v < best_.model.forward.size(); v++) {
      if (best_.model.forward[v].op != Op::get) continue;
      bool done = replace(v, [&](GraphBuilder& b, Rebuild& r) {
        const Graph& g = best_.model.forward;
        const Node& call = g[g[v].operands[0]];
        return inline_body(b, g.body(call), r.operands(call)).at(size_t(g[v].attribute<int64_t>(0)));
      });
      if (done) return true;
    }
    return false;
  }

  bool sizes() {
    bool any = false;
    std::set<int64_t> found;
    for (ValueId v = 0; v < best_.model.forward.size(); v++)
      for (Dim d : best_.model.forward[v].type.shape) found.insert(d.size);
    for (int64_t s : found)
      for (int64_t to : {int64_t(1), int64_t(2), s / 2, s - 1})
        if (to >= 1 && to < s && attempt([&](RandomModel& m) { m.model = resized(m.model, s, to); })) {
          any = true;
          break;
        }
    for (uint32_t to : {1u, 2u, best_.max_rows / 2, best_.max_rows - 1})
      if (to >= 1 && to < best_.max_rows && attempt([&](RandomModel& m) { m.max_rows = to; })) {
        any = true;
        break;
      }
    return any;
  }

  RandomModel best_;
  const std::function<bool(const RandomModel&)>& fails_;
  Clock::time_point end_;
};

}  // namespace

RandomModel shrink(const RandomModel& model, const std::function<bool(const RandomModel&)>& fails, double seconds) {
  return Shrinker(model, fails, seconds).run();
}

std::string text_of(const RandomModel& m) {
  Module shown = m.model.tables;
  Graph g = with_roots(m.model);
  g.outputs.resize(g.outputs.size() - m.model.losses.size());
  if (!m.model.losses.empty()) g.loss = m.model.losses[0].loss;
  shown.entries.push_back(std::move(g));
  std::string text = print(shown) + "# at most " + std::to_string(m.max_rows) + " rows\n";
  for (const Minimize& l : m.model.losses) {
    text += "# minimize %" + std::to_string(l.loss) + " as " + l.step + " with " + l.optimizer.name;
    for (const auto& [name, value] : l.optimizer.numbers) text += " " + name + ": " + std::to_string(value);
    text += "\n";
  }
  return text;
}

RandomModel model_of_text(const std::string& text, uint32_t max_rows, const OptimizerCall& optimizer) {
  Model m;
  m.tables = parse_module(text, "text");
  m.forward = std::move(m.tables.entries.edit().at(0));
  m.tables.entries.edit().clear();
  Builder numbers("");
  OptimizerCall call = optimizer;
  call.numbers = complete_numbers(numbers, *find_composite(call.name), call.numbers);
  if (m.forward.loss) m.losses.push_back({*m.forward.loss, call});
  m.forward.loss.reset();
  std::vector<Output> outputs;
  for (const Output& o : m.forward.outputs)
    if (o.name.rfind(metric_prefix, 0) == 0) m.metrics.push_back({o.name.substr(metric_prefix.size()), o.value});
    else outputs.push_back(o);
  m.forward.outputs = std::move(outputs);
  return {std::move(m), max_rows};
}

}  // namespace graphc_test
