// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clusters run in the order in which they are made, so a value may be computed in cluster K when everything it reads is
// computed in K or before: no cycle can arise, and one walk in topological order is enough.
//
// Contractions and reductions are anchors: each opens a cluster or, for a reduction along the last axis, joins one of the
// same domain. Elementwise values float: they are computed inside whatever consumes them. One goes to memory only when a
// consumer needs memory (a contraction's operand, an output), and is then computed in the latest cluster that it reads,
// behind that cluster's anchor (an epilogue), where the shapes allow it. A floating value that several clusters read is
// recomputed in each where all that it needs is in memory anyway and it is cheap; else it is stored once.
#include "compiler/plan/fuse.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <unordered_set>

#include "ir/loops.h"

namespace graphc {

bool is_memory_source(const Node& node) {
  return node.op == Op::input || node.op == Op::variable || node.op == Op::hyper ||
         (node.op == Op::constant && node.attribute<std::vector<double>>(0).size() != 1);
}

bool changes_unit_axes_only(const Shape& from, const Shape& to) {
  auto kept = [](const Shape& s) {
    Shape result;
    for (Dim d : s)
      if (!d.is(1)) result.push_back(d);
    return result;
  };
  return kept(from) == kept(to);
}

bool is_floating(const Graph& graph, ValueId v) {
  const Node& node = graph[v];
  const OpDef& op = node.def();
  if (op.op_class == OpClass::elementwise || node.op == Op::gather) return true;
  if (op.op_class == OpClass::source) return !is_memory_source(node);
  if (op.op_class != OpClass::movement || node.op == Op::transpose) return false;
  if (node.op == Op::reshape) {
    const Shape& from = graph[node.operands[0]].type.shape;
    return from != node.type.shape && changes_unit_axes_only(from, node.type.shape);  // an equal shape: a view (recompute.h)
  }
  return op.index_map != nullptr;
}

namespace {

// Above this a floating value is stored, so that the work of this pass stays linear in the graph.
constexpr uint32_t max_floating_nodes = 96;
constexpr size_t most_writes = 16;        // of outputs and updates by one kernel, where others can do the rest
constexpr uint32_t domain_search = 8;  // how many clusters behind the latest operand's are tried for a common domain

// Rather stored once than computed in every kernel that reads it.
bool is_expensive(const Node& node) { return node.def().cost >= 6; }

class Fuser {
 public:
  Fuser(const Graph& graph, bool fused) : graph_(graph), fused_(fused), uses_(use_counts(graph)), floating_nodes_(graph.size(), 0) {
    f_.home.assign(graph.size(), no_cluster);
    f_.in_memory.assign(graph.size(), false);
    for (ValueId v = 0; v < graph.size(); v++) f_.view_of.push_back(v);
  }

  Fusion run() {
    auto live = live_values(graph_);
    for (ValueId v = 0; v < graph_.size(); v++)
      if (live[v]) visit(v);
    if (graph_.loss) store(*graph_.loss);
    for (uint32_t o = 0; o < graph_.outputs.size(); o++) f_.clusters[writer(graph_.outputs[o].value)].outputs.push_back(o);
    for (uint32_t u = 0; u < graph_.updates.size(); u++) f_.clusters[writer(graph_.updates[u].value)].updates.push_back(u);
    for (const auto& [v, text] : notes_)
      if (f_.home[v] != no_cluster) f_.clusters[f_.home[v]].decisions.push_back(text);
    return std::move(f_);
  }

 private:
  const Node& node(ValueId v) const { return graph_[v]; }
  const Shape& shape(ValueId v) const { return graph_[v].type.shape; }
  bool loads(ValueId v) const { return is_memory_source(node(v)) || f_.in_memory[v]; }

  // Shown with the kernel that v is at home in.
  void note(ValueId v, std::string text) { notes_.push_back({v, std::move(text)}); }
  std::string called(ValueId v) const { return graph_.label(v).empty() ? fmt::format("%{}", v) : graph_.label(v); }

  uint32_t open(Cluster cluster) {
    f_.clusters.push_back(std::move(cluster));
    return uint32_t(f_.clusters.size() - 1);
  }

  void visit(ValueId v) {
    const Node& n = node(v);
    if (is_memory_source(n)) return;
    if (n.op == Op::call || n.op == Op::get || n.op == Op::argument) throw InternalError("fuse: calls must be inlined before");
    if (n.op == Op::gather) store(n.operands[0]);
    if (is_floating(graph_, v)) {
      uint32_t total = 1;
      for (ValueId o : n.operands) total += floating_nodes_[o];
      floating_nodes_[v] = total;
      bool one_by_one = !fused_ && n.def().op_class != OpClass::source;
      if (total > max_floating_nodes && fused_ && !loads(v))
        note(v, fmt::format("{} is stored: with it more than {} operations would be computed anew by each reader", called(v), max_floating_nodes));
      if (total > max_floating_nodes || one_by_one) store(v);
      if (f_.in_memory[v]) floating_nodes_[v] = 0;
      return;
    }
    if (n.op == Op::reshape) {
      store(n.operands[0]);
      f_.view_of[v] = f_.view_of[n.operands[0]];
      f_.home[v] = f_.home[f_.view_of[v]];
      f_.in_memory[v] = true;
    } else if (n.op == Op::transpose) {
      prepare(n.operands[0]);
      f_.home[v] = open({.kind = Cluster::map, .domain = n.type.shape});
      put(v);
    } else if (n.def().op_class == OpClass::reduction) {
      reduce(v);
    } else {
      for (ValueId o : n.operands) {
        if (fused_ && !loads(o))
          note(o, fmt::format("{} is stored: {} {} reads each element many times, from memory", called(o), n.def().name, called(v)));
        store(o);
      }
      Cluster::Kind kind = n.def().region ? Cluster::region : n.op == Op::scatter_add ? Cluster::scatter : Cluster::contraction;
      f_.home[v] = open({.kind = kind, .domain = n.type.shape, .anchor = v});
      if (kind != Cluster::contraction || !fused_) put(v);
    }
  }

  void reduce(ValueId v) {
    const Node& n = node(v);
    ValueId operand = n.operands[0];
    int axis = int(n.attribute<int64_t>(0));
    bool lanes = axis + 1 == shape(operand).rank();
    if (lanes && fused_) {
      uint32_t latest = latest_leaf(operand);
      uint32_t first = latest == no_cluster ? 0 : latest, count = uint32_t(f_.clusters.size());
      if (count > domain_search && first < count - domain_search && latest == no_cluster) first = count - domain_search;
      for (uint32_t k = first; k < std::min(count, first + domain_search); k++) {
        Cluster& c = f_.clusters[k];
        if ((c.kind != Cluster::row && c.kind != Cluster::map) || c.domain != shape(operand) || c.reduces.size() == loops::most_variables) continue;
        if (!can_join(operand, k)) continue;
        join(operand, k);
        c.kind = Cluster::row;
        c.reduces.push_back(v);
        f_.home[v] = k;
        return;
      }
    }
    prepare(operand);
    if (fused_) note(v, "a kernel of its own: " + why_apart(v, lanes, axis));
    f_.home[v] = open({.kind = lanes ? Cluster::row : Cluster::column, .domain = shape(operand), .anchor = v});
    if (lanes) f_.clusters.back().reduces.push_back(v);
    if (!fused_) put(v);
  }

  std::string why_apart(ValueId v, bool lanes, int axis) const {
    ValueId operand = node(v).operands[0];
    uint32_t latest = latest_leaf(operand);
    std::string what = fmt::format("{} {}", node(v).def().name, called(v));
    if (!lanes) return fmt::format("{} goes along axis {}, and kernels before it work on some rows at a time", what, axis);
    if (latest != no_cluster && f_.clusters[latest].kind == Cluster::contraction)
      return fmt::format("{} needs whole rows, and the product before it computes tiles", what);
    return fmt::format("{} goes over {}, which no kernel does that it could join", what, to_string(shape(operand)));
  }

  // How a value inside a cluster is indexed: as the domain, as the domain without its last axis, or otherwise.
  enum Relation { full, outer, other };

  Relation relation_of(const Shape& s, const Cluster& c) const {
    if (c.kind == Cluster::column) return s == c.domain.without(int(node(c.anchor).attribute<int64_t>(0))) ? full : other;
    if (c.kind == Cluster::region || c.kind == Cluster::scatter) return other;
    if (s == c.domain) return full;
    return c.kind == Cluster::row && s == c.domain.without(c.domain.rank() - 1) ? outer : other;
  }

  Relation operand_relation(const Node& n, Relation r) const {
    if (n.def().op_class == OpClass::elementwise) return r;
    if (n.op == Op::broadcast && r == full) {
      const auto& axes = n.attribute<std::vector<int64_t>>(1);
      bool prefix = int(axes.size()) == n.type.shape.rank() - 1;
      for (size_t i = 0; i < axes.size(); i++) prefix &= axes[i] == int64_t(i);
      if (prefix) return outer;
    }
    return other;
  }

  // Calls leaf(v, relation) for everything that a floating tree reads. Values that cluster `inside` itself stores are looked through.
  template <class Leaf> void walk(ValueId v, Relation r, uint32_t inside, Leaf leaf) const {
    std::unordered_set<uint64_t> seen;
    std::vector<std::pair<ValueId, Relation>> stack{{v, r}};
    while (!stack.empty()) {
      auto [x, rx] = stack.back();
      stack.pop_back();
      if (!seen.insert(uint64_t(x) * 4 + rx).second) continue;
      bool through = is_floating(graph_, x) && (!f_.in_memory[x] || f_.home[x] == inside);
      if (!through) {
        leaf(x, rx);
        continue;
      }
      for (ValueId o : node(x).operands) {
        // A gather's table is read from memory, also where this cluster could compute its elements.
        if (node(x).op == Op::gather && o == node(x).operands[0]) leaf(o, other);
        else stack.push_back({o, operand_relation(node(x), rx)});
      }
    }
  }

  uint32_t latest_leaf(ValueId v) const {
    uint32_t latest = no_cluster;
    walk(v, other, no_cluster, [&](ValueId x, Relation) {
      uint32_t k = f_.home[x];
      if (k != no_cluster && (latest == no_cluster || k > latest)) latest = k;
    });
    return latest;
  }

  bool can_join(ValueId v, uint32_t k) const {
    const Cluster& c = f_.clusters[k];
    Relation r = relation_of(shape(v), c);
    if (r == other) return false;
    bool fits = true;
    walk(v, r, k, [&](ValueId x, Relation rx) {
      if (f_.home[x] == no_cluster || f_.home[x] < k) return;
      if (f_.home[x] > k) fits = false;
      else fits &= c.kind == Cluster::row ? rx == outer : x == c.anchor && rx == full;
    });
    return fits;
  }

  // What v reads from clusters before k goes to memory.
  void join(ValueId v, uint32_t k) {
    std::vector<ValueId> needed;
    walk(v, relation_of(shape(v), f_.clusters[k]), k, [&](ValueId x, Relation) {
      if (f_.home[x] != k && !loads(x)) needed.push_back(x);
    });
    for (ValueId x : needed) put(x);
  }

  void put(ValueId v) {
    if (f_.in_memory[v]) return;
    f_.in_memory[v] = true;
    floating_nodes_[v] = 0;
    f_.clusters[f_.home[v]].stored.push_back(v);
  }

  // v goes to memory, computed where that is cheapest.
  void store(ValueId v) {
    if (loads(v)) return;
    if (f_.home[v] == no_cluster) place(v);
    put(v);
  }

  void place(ValueId v) {
    uint32_t latest = fused_ ? latest_leaf(v) : no_cluster;
    if (latest != no_cluster) {
      for (uint32_t k = latest; k < std::min(uint32_t(f_.clusters.size()), latest + domain_search); k++) {
        if (!can_join(v, k)) continue;
        join(v, k);
        f_.home[v] = k;
        if (f_.clusters[k].kind == Cluster::contraction) note(v, fmt::format("%{} {} in the epilogue", v, graph_[v].def().name));
        return;
      }
    }
    if (latest != no_cluster) note(v, fmt::format("a kernel of its own: those that compute what {} reads go over other shapes, or are not done with it", called(v)));
    for (ValueId o : node(v).operands) prepare(o);
    f_.home[v] = open({.kind = Cluster::map, .domain = shape(v)});
  }

  // v will be computed inside of a cluster that is yet to be opened: what that needs goes to memory.
  void prepare(ValueId v) {
    if (loads(v)) return;
    if (!is_floating(graph_, v)) return put(v);
    std::vector<ValueId> leaves;
    walk(v, other, no_cluster, [&](ValueId x, Relation) {
      if (!loads(x)) leaves.push_back(x);
    });
    // As many bytes either way, or v has other readers that will want it: then the value that is closer to its readers.
    for (ValueId x : leaves)
      if ((size_of(x) >= size_of(v) || uses_[v] > 1) && can_join(v, latest_leaf(v))) return store(v);
    for (ValueId x : leaves) put(x);
    std::vector<ValueId> shared;
    std::vector<ValueId> stack{v};
    std::unordered_set<ValueId> seen;
    while (!stack.empty()) {
      ValueId x = stack.back();
      stack.pop_back();
      if (loads(x) || !is_floating(graph_, x) || !seen.insert(x).second) continue;
      if (is_expensive(node(x)) && uses_[x] > 1 && shape(x).rank() > 0) shared.push_back(x);
      else stack.insert(stack.end(), node(x).operands.begin(), node(x).operands.end());
    }
    std::sort(shared.begin(), shared.end());
    for (ValueId x : shared) {
      note(x, fmt::format("{} is stored once: {} is dear, and {} values read it", called(x), node(x).def().name, uses_[x]));
      store(x);
    }
  }

  double size_of(ValueId v) const {
    Dim count = shape(v).count();
    return double(count.size) * (count.is_batch ? 1024 : 1) * double(bytes(node(v).type.dtype));
  }

  // The cluster that writes an output or update; a plain copy where nothing computes the value.
  uint32_t root(ValueId v) {
    if (f_.home[v] == no_cluster && !is_memory_source(node(v))) place(v);
    bool copy = f_.home[v] == no_cluster || f_.view_of[v] != v;
    if (!copy) return f_.home[v];
    return open({.kind = Cluster::map, .domain = shape(v)});
  }

  // Where one value goes to many places (zeros, as a deep model begins), several kernels compute it: one would take as many pointers.
  uint32_t writer(ValueId v) {
    auto it = writers_.find(v);
    uint32_t k = it == writers_.end() ? root(v) : it->second;
    if (!is_floating(graph_, v) || f_.in_memory[v] || f_.clusters[k].outputs.size() + f_.clusters[k].updates.size() < most_writes) return k;
    bool anywhere = true;
    walk(v, other, no_cluster, [&](ValueId x, Relation) { anywhere &= loads(x); });
    return anywhere ? writers_[v] = open({.kind = Cluster::map, .domain = shape(v)}) : k;
  }

  const Graph& graph_;
  bool fused_;
  std::unordered_map<ValueId, uint32_t> writers_;
  std::vector<uint32_t> uses_, floating_nodes_;
  std::vector<std::pair<ValueId, std::string>> notes_;
  Fusion f_;
};

}  // namespace

Fusion fuse(const Graph& graph, bool fused) { return Fuser(graph, fused).run(); }

}  // namespace graphc
