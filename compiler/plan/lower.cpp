// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/lower.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <set>

#include "compiler/plan/collapse.h"
#include "compiler/plan/kernel_values.h"

namespace graphc {

using namespace loops;

namespace {

class Lowering : private KernelValues {
 public:
  Lowering(const Graph& graph, const Fusion& fusion, const Cluster& cluster, const BufferMap& buffers, const Target& target, int64_t max_rows,
           const AdjustSchedule& adjust)
      : KernelValues(graph, fusion, cluster, buffers, max_rows), target_(target), adjust_(adjust) {}

  Lowered run(std::optional<uint32_t> transposed) {
    for (int a = 0; a < c_.domain.rank(); a++) extents_.push_back(c_.domain[a]);
    k_.variables = uint32_t(extents_.size());
    switch (c_.kind) {
      case Cluster::map: map(); break;
      case Cluster::row: row(); break;
      case Cluster::column: column(); break;
      case Cluster::contraction: contraction(transposed); break;
      case Cluster::region: region(); break;
      case Cluster::scatter: scatter(); break;
    }
    k_.name = name();
    drop_unit_axes();
    find_unsafe_updates();
    return {std::move(k_), std::move(arguments_), flops_, std::move(scratch_), std::move(unsafe_)};
  }

 private:
  std::string name() const {
    static const char* const kinds[] = {"map", "row", "column", "contract", "region", "scatter"};
    std::string text = kinds[c_.kind];
    for (int a = 0; a < c_.domain.rank(); a++) text += fmt::format("_{}{}", c_.domain[a].is_batch ? "b" : "", c_.domain[a].size);
    return text;
  }

  // ---- stores

  struct Destination {
    ValueId value;
    uint32_t buffer;  // of the plan
    int update;       // its number, or -1
  };

  std::vector<Destination> targets() const {
    std::vector<Destination> all;
    for (ValueId v : c_.stored) all.push_back({v, buffers_.value(v), -1});
    for (uint32_t o : c_.outputs) all.push_back({graph_.outputs[o].value, buffers_.output(o), -1});
    for (uint32_t u : c_.updates) all.push_back({graph_.updates[u].value, buffers_.update(u), int(u)});
    return all;
  }

  // Stores of every target whose shape is `shape`, indexed by `at`.
  Block stores(const Shape& shape, const At& at) {
    Block block;
    for (const Destination& t : targets()) {
      const Type& type = node(t.value).type;
      if (type.shape != shape) continue;
      ExprId e = value(t.value, at);
      uint32_t b = argument(t.buffer, type.dtype, true);
      if (t.update >= 0) updated_.push_back({b, uint32_t(t.update)});
      cost_ += weight(k_, e);
      block.push_back({.kind = Statement::store, .buffer = b, .index = place(shape, at), .value = e});
    }
    return block;
  }

  // ---- loops

  Block wrap(Statement::Kind kind, uint32_t variable, Block body) const {
    if (kind == Statement::loop && extents_[variable].is(1)) return body;
    return {{.kind = kind, .variable = variable, .extent = extents_[variable], .body = std::move(body)}};
  }

  // The outermost loop of more than one step is split into tasks.
  void make_tasks(uint32_t variable, double cost_per_step, int64_t multiple) {
    k_.task_variable = variable;
    k_.task_extent = extents_[variable];
    k_.task_chunk = choose_chunk(extents_[variable].at(max_rows_), cost_per_step, multiple);
  }

  double steps(uint32_t first, uint32_t last) const {
    double n = 1;
    for (uint32_t v = first; v < last; v++) n *= double(std::max<int64_t>(extents_[v].at(max_rows_), 1));
    return n;
  }

  void map() {
    uint32_t rank = uint32_t(extents_.size());
    Block body = stores(c_.domain, identity(int(rank)));
    flops_ = cost_ * steps(0, rank);
    if (rank == 0) {
      k_.body = std::move(body);
      return;
    }
    collapse(k_, extents_, body, 0, rank);
    uint32_t inner = rank - 1;  // the innermost axis of more than one element
    while (inner > 0 && extents_[inner].is(1)) inner--;
    Block nest = wrap(Statement::vector, inner, std::move(body));
    uint32_t outermost = inner;
    for (uint32_t v = inner; v-- > 0;) {
      nest = wrap(Statement::loop, v, std::move(nest));
      if (!extents_[v].is(1)) outermost = v;
    }
    make_tasks(outermost, cost_ * steps(outermost + 1, rank), outermost == inner ? 64 : 1);
    k_.body = std::move(nest);
  }

  // One reduction after the other, then what is stored for each element, then what is stored for each row.
  void row() {
    uint32_t rank = uint32_t(extents_.size()), last = rank - 1;
    Shape outer = c_.domain.without(int(last));
    At at = identity(int(rank)), row_at(at.begin(), at.end() - 1);
    Block body;
    for (ValueId r : c_.reduces) {
      const Node& n = node(r);
      ExprId e = value(n.operands[0], at);
      uint32_t id = k_.results++;
      results_[r] = id;
      cost_ += weight(k_, e);
      body.push_back({.kind = Statement::reduce, .variable = last, .extent = extents_[last], .value = e, .result = id, .op = n.op, .lanes = true});
    }
    // A domain of one element has the shape of its rows: both lists would name the same stores.
    Block of_elements = stores(c_.domain, at), of_rows = stores(outer, row_at);
    if (!of_elements.empty()) body.push_back({.kind = Statement::vector, .variable = last, .extent = extents_[last], .body = std::move(of_elements)});
    body.insert(body.end(), of_rows.begin(), of_rows.end());
    flops_ = cost_ * steps(0, rank);
    nest_outer(last, std::move(body), cost_ * steps(last, rank));
  }

  void nest_outer(uint32_t count, Block body, double cost) {
    uint32_t outermost = count;
    for (uint32_t v = count; v-- > 0;) {
      body = wrap(Statement::loop, v, std::move(body));
      if (!extents_[v].is(1)) outermost = v;
    }
    if (outermost < count) make_tasks(outermost, cost * steps(outermost + 1, count), 1);
    k_.body = std::move(body);
  }

  void column() {
    uint32_t rank = uint32_t(extents_.size());
    const Node& n = node(c_.anchor);
    uint32_t axis = uint32_t(n.attribute<int64_t>(0)), inner = rank - 1;
    ExprId e = value(n.operands[0], identity(int(rank)));
    results_[c_.anchor] = k_.results++;
    At at = identity(int(rank));
    at.erase(at.begin() + axis);
    Block of_result = stores(c_.domain.without(int(axis)), at);
    cost_ = weight(k_, e) + cost_ / std::max<double>(1, double(extents_[axis].at(max_rows_)));
    collapse(k_, extents_, of_result, axis + 1, rank);
    Block body{{.kind = Statement::reduce, .variable = axis, .extent = extents_[axis], .value = e, .result = results_[c_.anchor], .op = n.op}};
    body.insert(body.end(), of_result.begin(), of_result.end());
    while (inner > axis + 1 && extents_[inner].is(1)) inner--;
    body = wrap(Statement::vector, inner, std::move(body));
    for (uint32_t v = inner; v-- > axis + 1;) body = wrap(Statement::loop, v, std::move(body));
    flops_ = cost_ * steps(0, rank);
    uint32_t outermost = inner;
    for (uint32_t v = inner; v-- > 0;) {
      if (v == axis) continue;
      if (v < axis) body = wrap(Statement::loop, v, std::move(body));
      if (!extents_[v].is(1)) outermost = v;
    }
    make_tasks(outermost, cost_ * steps(0, rank) / std::max(1.0, double(extents_[outermost].at(max_rows_))), outermost == inner ? 64 : 1);
    k_.body = std::move(body);
  }

  void contraction(std::optional<uint32_t> transposed) {
    const Node& n = node(c_.anchor);
    uint32_t rank = uint32_t(extents_.size()), m = rank - 2, nv = rank - 1, kv = rank;
    bool ta = n.attribute<int64_t>(0), tb = n.attribute<int64_t>(1);
    ValueId a = n.operands[0], b = n.operands[1];
    const Shape& sa = node(a).type.shape;
    Dim k = ta ? sa[int(rank) - 2] : sa[int(rank) - 1];
    extents_.push_back(k);
    k_.variables++;
    At at = identity(int(rank)), of_a(at.begin(), at.end() - 2), of_b = of_a;
    Index im = variable_index(m), in = variable_index(nv), ik = variable_index(kv);
    ExprId ea;
    if (transposed) {
      Shape shape = sa;
      std::swap(shape[int(rank) - 1], shape[int(rank) - 2]);
      of_a.insert(of_a.end(), {im, ik});
      ea = k_.add({.kind = Expr::load, .dtype = DType::f32, .id = argument(*transposed, DType::f32, false), .index = place(shape, of_a)});
    } else {
      of_a.insert(of_a.end(), {ta ? ik : im, ta ? im : ik});
      ea = value(a, of_a);
    }
    of_b.insert(of_b.end(), {tb ? in : ik, tb ? ik : in});
    ExprId eb = value(b, of_b);
    results_[c_.anchor] = k_.results++;
    Block epilogue = stores(c_.domain, at);
    double work = 2 * steps(0, rank) * std::max<double>(1, double(k.at(max_rows_)));
    flops_ = work;
    uint32_t result = results_[c_.anchor];
    if (c_.domain[int(m)].is(1) || c_.domain[int(nv)].is(1)) {
      Block body{{.kind = Statement::reduce, .variable = kv, .extent = k, .value = ea, .result = result, .op = Op::contract, .lanes = true, .other = eb}};
      body.insert(body.end(), epilogue.begin(), epilogue.end());
      nest_outer(rank, std::move(body), work / steps(0, rank));
      return;
    }
    auto plain = [&](ExprId e) { return k_.exprs[e].kind == Expr::load && k_.exprs[e].index.dynamic == no_expr; };
    auto along = [&](ExprId e, uint32_t variable) { return plain(e) ? std::abs(k_.exprs[e].index.along(variable)) : 0; };
    bool alone = std::all_of(extents_.begin(), extents_.begin() + m, [](Dim d) { return d.is(1); });
    ContractionShape size{.m = c_.domain[int(m)].at(max_rows_), .n = c_.domain[int(nv)].at(max_rows_), .k = k.at(max_rows_),
                          .divide = !c_.updates.empty(),  // a parameter that is updated in place must be read once
                          .rows_known = !extents_[m].is_batch, .columns_known = !extents_[nv].is_batch, .alone = alone, .a_row = along(ea, m), .a_step = along(ea, kv),
                          .b_step = along(eb, kv), .b_column = along(eb, nv), .body_bytes = body_bytes(epilogue, m), .body_divides = divides(epilogue), .entry = graph_.name, .value = c_.anchor};
    ContractionSchedule plan = schedule_contraction(target_, size);
    if (adjust_) adjust_(size, plan);
    Statement s{.kind = Statement::contract, .variable = m, .extent = extents_[m], .body = std::move(epilogue), .value = ea, .result = result,
                .other = eb, .n_variable = nv, .k_variable = kv, .n_extent = extents_[nv], .k_extent = k, .tile_m = plan.tile.m, .tile_n = plan.tile.n,
                .panel = plan.panel, .row_block = plan.row_block, .turned = plan.turned, .interleave = plan.interleave, .fetch = plan.fetch};
    if (plan.sums) {
      int64_t rows = (extents_[m].at(max_rows_) + plan.tile.m - 1) / plan.tile.m * plan.tile.m;
      scratch_ = Type{DType::f32, {rows, extents_[nv]}};
      s.sums = uint32_t(k_.buffers.size());
      k_.buffers.push_back({DType::f32, true});
      arguments_.push_back(no_buffer);
    }
    Block body{std::move(s)};
    uint32_t outermost = m;
    for (uint32_t v = m; v-- > 0;) {
      body = wrap(Statement::loop, v, std::move(body));
      if (!extents_[v].is(1)) outermost = v;
    }
    if (outermost < m) {
      make_tasks(outermost, work / std::max(1.0, double(extents_[outermost].at(max_rows_))), 1);
    } else {
      k_.task_variable = plan.tasks_over_columns ? nv : m;
      k_.task_extent = extents_[k_.task_variable];
      k_.task_chunk = plan.task_chunk;
    }
    k_.body = std::move(body);
  }

  // All expressions of the body's values.
  std::set<ExprId> expressions(const Block& body) const {
    std::set<ExprId> seen;
    std::vector<ExprId> stack;
    for (const Statement& s : body) stack.push_back(s.value);
    while (!stack.empty()) {
      ExprId e = stack.back();
      stack.pop_back();
      if (seen.insert(e).second) stack.insert(stack.end(), k_.exprs[e].arguments.begin(), k_.exprs[e].arguments.end());
    }
    return seen;
  }

  // What the body loads for each element, row by row.
  int64_t body_bytes(const Block& body, uint32_t rows) const {
    int64_t bytes = 0;
    for (ExprId e : expressions(body)) bytes += k_.exprs[e].kind == Expr::load && k_.exprs[e].index.along(rows) ? 4 : 0;
    return bytes;
  }

  // Divisions and roots take many cycles, but no cycle of what multiplies and adds.
  bool divides(const Block& body) const {
    auto all = expressions(body);
    return std::any_of(all.begin(), all.end(), [&](ExprId e) {
      return k_.exprs[e].kind == Expr::apply && (k_.exprs[e].node.op == Op::div || k_.exprs[e].node.op == Op::sqrt || k_.exprs[e].node.op == Op::rsqrt);
    });
  }

  Block copy_nest(const Shape& shape, uint32_t first, Block body) const {
    for (int a = shape.rank(); a-- > 0;) {
      bool innermost = a == shape.rank() - 1;
      body = {{.kind = innermost ? Statement::vector : Statement::loop, .variable = first + uint32_t(a), .extent = shape[a], .body = std::move(body)}};
    }
    return body;
  }

  void region() {
    const Node& n = node(c_.anchor);
    std::vector<Shape> shapes;
    for (ValueId o : n.operands) shapes.push_back(node(o).type.shape);
    for (const Destination& t : targets()) {
      uint32_t b = argument(t.buffer, n.type.dtype, true);
      if (t.update >= 0) updated_.push_back({b, uint32_t(t.update)});
      if (n.def().fill) {
        ExprId e = constant(n.def().fill(n), n.type.dtype);
        Block nest = copy_nest(n.type.shape, 0, {{.kind = Statement::store, .buffer = b, .index = place(n.type.shape, identity(n.type.shape.rank())), .value = e}});
        k_.body.insert(k_.body.end(), nest.begin(), nest.end());
      }
      for (size_t o = 0; o < n.operands.size(); o++) {
        auto begin = n.def().region(n, shapes, int(o));
        At at = identity(shapes[o].rank()), to = at;
        for (size_t a = 0; a < to.size(); a++) to[a].offset += begin[a];
        Block nest = copy_nest(shapes[o], 0, {{.kind = Statement::store, .buffer = b, .index = place(n.type.shape, to), .value = value(n.operands[o], at)}});
        k_.body.insert(k_.body.end(), nest.begin(), nest.end());
      }
    }
  }

  void scatter() {
    const Node& n = node(c_.anchor);
    ValueId indices = n.operands[0], updates = n.operands[1];
    const Shape &lead = node(indices).type.shape, &from = node(updates).type.shape, &to = n.type.shape;
    auto strides = row_major_strides(to, max_rows_);
    k_.variables = uint32_t(std::max(from.rank(), to.rank()));
    for (const Destination& t : targets()) {
      uint32_t b = argument(t.buffer, DType::f32, true);
      if (t.update >= 0) updated_.push_back({b, uint32_t(t.update)});
      Block zeros = copy_nest(to, 0, {{.kind = Statement::store, .buffer = b, .index = place(to, identity(to.rank())), .value = constant(0, DType::f32)}});
      At at = identity(from.rank());
      Index index;
      for (int a = 1; a < to.rank(); a++) add_scaled(index, at[size_t(lead.rank() + a - 1)], strides[size_t(a)]);
      index.dynamic = value(indices, At(at.begin(), at.begin() + lead.rank()));
      index.dynamic_stride = strides[0];
      index.dynamic_limit = to[0].size;
      Block adds{{.kind = Statement::add, .buffer = b, .index = index, .value = value(updates, at)}};
      for (int a = from.rank(); a-- > 0;) adds = {{.kind = Statement::loop, .variable = uint32_t(a), .extent = from[a], .body = std::move(adds)}};
      k_.body.insert(k_.body.end(), zeros.begin(), zeros.end());
      k_.body.insert(k_.body.end(), adds.begin(), adds.end());
    }
  }

  // An axis of one step has no loop where nothing needs one: then no index may name it.
  void drop_unit_axes() {
    std::vector<bool> has_loop(k_.variables, false);
    std::function<void(const Block&)> find = [&](const Block& block) {
      for (const Statement& s : block) {
        bool is_contract = s.kind == Statement::contract;
        if (s.kind != Statement::store && s.kind != Statement::add) has_loop[s.variable] = true;
        if (is_contract) has_loop[s.n_variable] = has_loop[s.k_variable] = true;
        find(s.body);
      }
    };
    find(k_.body);
    auto drop = [&](Index& i) {
      for (uint32_t v = 0; v < i.stride.size(); v++)
        if (!has_loop[v]) i.stride[v] = 0;
    };
    for (Expr& e : k_.exprs) drop(e.index);
    std::function<void(Block&)> drop_all = [&](Block& block) {
      for (Statement& s : block) drop(s.index), drop_all(s.body);
    };
    drop_all(k_.body);
  }

  void find_unsafe_updates() {
    for (const auto& [buffer, update] : updated_)
      for (const Expr& e : k_.exprs) {
        bool operand = c_.kind == Cluster::contraction && e.index.along(uint32_t(c_.domain.rank()));
        if (e.kind == Expr::load && e.id == buffer && (operand || e.index.dynamic != no_expr || !is_stored(buffer, e.index)))
          unsafe_.push_back(update);
      }
  }

  // Is the element that is read the one that a store writes? After merging axes, which changes both alike.
  bool is_stored(uint32_t buffer, const Index& load) const {
    std::function<bool(const Block&)> any = [&](const Block& block) {
      for (const Statement& s : block) {
        if (s.kind == Statement::store && s.buffer == buffer && s.index.offset == load.offset) {
          bool same = true;
          for (uint32_t v = 0; v < k_.variables; v++) same &= s.index.along(v) == load.along(v);
          if (same) return true;
        }
        if (any(s.body)) return true;
      }
      return false;
    };
    return any(k_.body);
  }

  struct Updated {
    uint32_t buffer, update;
  };

  const Target& target_;
  const AdjustSchedule& adjust_;
  std::vector<Dim> extents_;
  std::vector<Updated> updated_;
  std::optional<Type> scratch_;
  std::vector<uint32_t> unsafe_;
  double flops_ = 0, cost_ = 0;
};

}  // namespace

Lowered lower(const Graph& graph, const Fusion& fusion, const Cluster& cluster, const BufferMap& buffers, const Target& target,
              int64_t max_rows, const AdjustSchedule& adjust, std::optional<uint32_t> transposed) {
  return Lowering(graph, fusion, cluster, buffers, target, max_rows, adjust).run(transposed);
}

}  // namespace graphc
