// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/plan.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <set>

#include "compiler/plan/fuse.h"
#include "compiler/plan/lower.h"
#include "compiler/plan/place.h"
#include "compiler/plan/recompute.h"

namespace graphc {

namespace {

constexpr uint64_t alignment = 64;

void fix_rows(Dim& dim, int64_t rows) { dim = Dim(dim.at(rows)); }

void fix_rows(loops::Block& block, int64_t rows) {
  for (loops::Statement& s : block) {
    for (Dim* dim : {&s.extent, &s.n_extent, &s.k_extent}) fix_rows(*dim, rows);
    fix_rows(s.body, rows);
  }
}

uint64_t bytes_of(const Type& type, int64_t rows) { return uint64_t(type.shape.count_at(rows) * bytes(type.dtype)); }

// Shares kernels between all entries: equal text is equal code.
class Kernels {
 public:
  explicit Kernels(std::vector<loops::Kernel>& all) : all_(all) {}
  uint32_t add(loops::Kernel kernel) {
    auto [it, is_new] = known_.try_emplace(print(kernel), uint32_t(all_.size()));
    if (is_new) {
      kernel.name += fmt::format("_{}", all_.size());
      all_.push_back(std::move(kernel));
    }
    return it->second;
  }

 private:
  std::vector<loops::Kernel>& all_;
  std::map<std::string, uint32_t> known_;
};

class EntryPlan {
 public:
  EntryPlan(PlanModule& result, Kernels& kernels, const Graph& graph, const PlanOptions& options)
      : m_(result), kernels_(kernels), g_(graph), rows_(result.max_rows), fusion_(fuse(graph, options.fused)), adjust_(options.adjust) {}

  Plan run() {
    p_.entry = g_.name;
    declare();
    while (!lower_all() || !order()) {}
    emit();
    find_lifetimes();
    find_cached();
    return std::move(p_);
  }

 private:
  struct Step {
    std::vector<Lowered> lowered;  // a transposed copy, then the kernel
    std::vector<uint32_t> reads, writes;
    bool updates = false, reports = false;
  };

  uint32_t buffer(std::string name, const Type& type, Region region, uint64_t offset = 0) {
    p_.buffers.push_back({std::move(name), type, region, offset, bytes_of(type, rows_)});
    return uint32_t(p_.buffers.size() - 1);
  }

  uint32_t variable_buffer(const std::string& name) {
    auto [it, is_new] = variables_.try_emplace(name, 0);
    if (!is_new) return it->second;
    if (placed_.empty())
      for (const PlacedVariable& v : m_.variables) placed_[v.variable->name] = &v;
    const PlacedVariable& v = *placed_.at(name);
    return it->second = buffer(name, v.variable->type, v.region, v.offset);
  }

  void constant_buffer(ValueId v) {
    of_value_[v] = buffer(fmt::format("constant %{}", v), g_[v].type, Region::constant);
    p_.buffers.back().values = g_[v].attribute<std::vector<double>>(0);
  }

  void declare() {
    auto live = live_values(g_);
    std::map<std::string, ValueId> inputs, hypers;
    for (ValueId v = 0; v < g_.size(); v++) {
      if (!live[v]) continue;
      const Node& n = g_[v];
      if (n.op == Op::input) inputs[n.attribute<std::string>(0)] = v;
      if (n.op == Op::hyper) hypers[n.attribute<std::string>(0)] = v;
      if (n.op == Op::variable) of_value_[v] = variable_buffer(n.attribute<std::string>(0));
      if (n.op == Op::constant && is_memory_source(n)) constant_buffer(v);
      if (n.def().op_class == OpClass::source)
        for (ValueId o : n.operands)
          if (g_[o].op == Op::constant && !of_value_.count(o)) constant_buffer(o);
    }
    for (const InputSpec& i : m_.module.inputs) {
      auto it = inputs.find(i.name);
      if (it == inputs.end()) continue;
      of_value_[it->second] = buffer(i.name, i.type, Region::input, p_.inputs.size());
      p_.inputs.push_back(of_value_[it->second]);
    }
    for (const HyperParameter& h : m_.module.hypers) {
      auto it = hypers.find(h.name);
      if (it == hypers.end()) continue;
      of_value_[it->second] = buffer(h.name, g_[it->second].type, Region::hyper, 4 * p_.hypers.size());
      p_.hypers.push_back(h.name);
    }
    for (const Output& o : g_.outputs) {
      p_.outputs.push_back(buffer(o.name, g_[o.value].type, Region::output, p_.outputs.size()));
      p_.output_names.push_back(o.name);
    }
    for (const Cluster& c : fusion_.clusters)
      for (ValueId v : c.stored) {
        std::string name = g_.label(v).empty() ? fmt::format("%{}", v) : g_.label(v);
        if (g_.label(v).empty() && g_.gradient_of(v) != no_value) name = fmt::format("grad of {}", value_name(g_.gradient_of(v)));
        of_value_[v] = buffer(name, g_[v].type, Region::workspace);
      }
    if (g_.loss) p_.loss = of_value_.at(fusion_.view_of[*g_.loss]);
  }

  std::string value_name(ValueId v) const { return g_.label(v).empty() ? fmt::format("%{}", v) : g_.label(v); }

  // False where an update turned out not to be possible in place: then all is lowered again with a temporary for it.
  bool lower_all() {
    steps_.clear();
    BufferMap map{[&](ValueId v) { return of_value_.at(fusion_.view_of[v]); }, [&](uint32_t o) { return p_.outputs[o]; },
                  [&](uint32_t u) { return deferred_.count(u) ? deferred_[u] : variable_buffer(g_.updates[u].variable); }};
    for (const Cluster& c : fusion_.clusters) {
      Step step;
      std::optional<uint32_t> transposed;
      if (transpose_first_operand(g_, c, m_.target, rows_)) {
        ValueId a = g_[c.anchor].operands[0];
        uint32_t from = map.value(a), here = uint32_t(&c - fusion_.clusters.data());
        Type type = g_[a].type;
        int rank = type.shape.rank();
        std::swap(type.shape[rank - 1], type.shape[rank - 2]);
        // One copy serves all that read it.
        auto [it, is_new] = transposed_.try_emplace(from, 0);
        if (is_new) it->second = buffer(value_name(a) + " transposed", type, Region::workspace);
        transposed = it->second;
        if (transposed_by_.try_emplace(*transposed, here).first->second == here) step.lowered.push_back(lower_transpose(g_[a].type, from, *transposed, rows_));
      }
      step.lowered.push_back(lower(g_, fusion_, c, map, m_.target, rows_, adjust_, transposed));
      if (Lowered& l = step.lowered.back(); l.scratch) {
        auto [it, is_new] = scratch_.try_emplace(uint32_t(&c - fusion_.clusters.data()), 0);
        if (is_new) it->second = buffer("sums of " + value_name(c.anchor), *l.scratch, Region::workspace);
        l.arguments.back() = it->second;
      }
      bool again = false;
      for (uint32_t u : step.lowered.back().unsafe_updates) again |= defer(u);
      if (again) return false;
      for (const Lowered& l : step.lowered)
        for (size_t i = 0; i < l.arguments.size(); i++) (l.kernel.buffers[i].written ? step.writes : step.reads).push_back(l.arguments[i]);
      for (uint32_t u : c.updates) step.updates |= !deferred_.count(u);
      step.reports = !c.outputs.empty();
      steps_.push_back(std::move(step));
    }
    return true;
  }

  bool defer(uint32_t update) {
    if (deferred_.count(update)) return false;
    const Update& u = g_.updates[update];
    deferred_[update] = buffer(u.variable + " new", g_[u.value].type, Region::workspace);
    return true;
  }

  // Topological order of the steps, smallest first. Everything that reads a variable's old value, and everything that is
  // reported when the loss is not finite, comes before what writes variables.
  bool order() {
    size_t n = steps_.size();
    std::vector<std::vector<uint32_t>> next(n);
    std::vector<uint32_t> missing(n, 0);
    auto edge = [&](uint32_t a, uint32_t b) {
      if (a != b) next[a].push_back(b), missing[b]++;
    };
    std::map<uint32_t, uint32_t> writer;
    for (uint32_t s = 0; s < n; s++)
      for (uint32_t b : steps_[s].writes) writer[b] = s;
    uint32_t loss_step = p_.loss != ~0u && writer.count(p_.loss) ? writer[p_.loss] : no_cluster;
    // A kernel that computes or reports the loss runs before the check, so it may not update anything in place.
    bool again = false;
    for (uint32_t s = 0; s < n; s++)
      if (p_.loss != ~0u && (s == loss_step || steps_[s].reports))
        for (uint32_t u : fusion_.clusters[s].updates) again |= defer(u);
    if (again) return false;
    std::vector<uint32_t> updating;
    for (uint32_t s = 0; s < n; s++)
      if (steps_[s].updates) updating.push_back(s);
    for (uint32_t s = 0; s < n; s++) {
      for (uint32_t b : steps_[s].reads) {
        auto it = writer.find(b);
        if (it == writer.end()) continue;
        bool old_value = p_.buffers[b].region == Region::params || p_.buffers[b].region == Region::state;
        old_value ? edge(s, it->second) : edge(it->second, s);
      }
      if (loss_step != no_cluster && steps_[s].reports)
        for (uint32_t t : updating) edge(s, t);
      if (loss_step != no_cluster && steps_[s].updates) edge(loss_step, s);
    }
    std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
    for (uint32_t s = 0; s < n; s++)
      if (!missing[s]) ready.push(s);
    order_.clear();
    while (!ready.empty()) {
      uint32_t s = ready.top();
      ready.pop();
      order_.push_back(s);
      for (uint32_t t : next[s])
        if (--missing[t] == 0) ready.push(t);
    }
    if (order_.size() == n) {
      group(next);
      return true;
    }
    // A reader of an old value needs a new one first: that update goes through a temporary.
    for (uint32_t s = 0; s < n; s++)
      if (missing[s])
        for (uint32_t u : fusion_.clusters[s].updates)
          if (defer(u)) return false;
    throw InternalError("plan: the kernels of " + g_.name + " cannot be ordered");
  }

  // Small steps that do not need each other share a stage: one wait for other threads instead of several. Large ones have tasks
  // enough by themselves.
  void group(const std::vector<std::vector<uint32_t>>& next) {
    constexpr double stage_work = 4e6;  // some forty microseconds of one core
    constexpr size_t window = 8;        // how far a step may move up, because what it writes lives longer then
    std::vector<uint32_t> open_before(steps_.size(), 0);
    for (const auto& followers : next)
      for (uint32_t t : followers) open_before[t]++;
    std::vector<bool> done(steps_.size(), false);
    groups_.clear();
    for (size_t first = 0; first < order_.size(); first++) {
      if (done[order_[first]]) continue;
      std::vector<uint32_t> group{order_[first]};
      double work = work_of(order_[first]);
      for (size_t i = first + 1, seen = 0; i < order_.size() && seen < window; i++) {
        uint32_t s = order_[i];
        if (done[s]) continue;
        seen++;
        bool single = steps_[s].lowered.size() == 1 && steps_[group[0]].lowered.size() == 1;
        if (open_before[s] || !single || work + work_of(s) > stage_work) continue;
        group.push_back(s);
        work += work_of(s);
      }
      for (uint32_t s : group) {
        done[s] = true;
        for (uint32_t t : next[s]) open_before[t]--;
      }
      // The longest first, so that threads end together.
      std::stable_sort(group.begin(), group.end(), [&](uint32_t a, uint32_t b) { return work_of(a) > work_of(b); });
      groups_.push_back(std::move(group));
    }
  }

  double work_of(uint32_t step) const {
    double work = 0;
    for (const Lowered& l : steps_[step].lowered) work += l.flops;
    return work;
  }

  // What a cluster computes, by id: from what it writes back to what it loads.
  std::vector<ValueId> values_of(uint32_t cluster) const {
    const Cluster& c = fusion_.clusters[cluster];
    std::vector<ValueId> stack = c.stored;
    for (uint32_t o : c.outputs) stack.push_back(g_.outputs[o].value);
    for (uint32_t u : c.updates) stack.push_back(g_.updates[u].value);
    std::set<ValueId> found;
    while (!stack.empty()) {
      ValueId v = stack.back();
      stack.pop_back();
      bool here = fusion_.home[v] == cluster || (is_floating(g_, v) && (!fusion_.in_memory[v] || fusion_.home[v] > cluster));
      if (is_memory_source(g_[v]) || !here || !found.insert(v).second) continue;
      stack.insert(stack.end(), g_[v].operands.begin(), g_[v].operands.end());
    }
    return {found.begin(), found.end()};
  }

  // Forward values that a kernel loads to compute one of the backward, or to compute a forward value once more for it.
  void find_cached() {
    if (!g_.loss) return;
    auto forward = forward_values(g_);
    std::vector<bool> done(g_.size(), false);
    std::set<ValueId> cached;
    for (const Stage& stage : p_.stages)
      for (const Launch& l : stage.launches) {
        bool is_backward = std::any_of(l.values.begin(), l.values.end(), [&](ValueId v) { return !forward[v]; });
        for (ValueId v : l.values)
          for (ValueId o : g_[v].operands)
            if (is_backward && (!forward[v] || done[v]) && forward[o] && fusion_.in_memory[o] && !std::binary_search(l.values.begin(), l.values.end(), o))
              cached.insert(fusion_.view_of[o]);
        for (ValueId v : l.values) done[v] = true;
      }
    for (ValueId v : cached)
      if (!is_memory_source(g_[v])) p_.cached.push_back(v);
  }

  void launch(Lowered l, std::string label, std::vector<std::string> decisions, std::vector<ValueId> values = {}) {
    p_.stages.back().launches.push_back({kernels_.add(std::move(l.kernel)), std::move(l.arguments), std::move(label), l.flops, std::move(decisions), std::move(values)});
  }

  // A stage that changes a variable comes after the check of the loss.
  void open_stage(bool updates) {
    p_.stages.push_back({.launches = {}, .checks_loss = updates && !checked_});
    checked_ |= updates;
  }

  std::string label_of(const Cluster& c) const {
    std::string text;
    auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
    for (ValueId v : c.stored) add(p_.buffers[of_value_.at(v)].name);
    for (uint32_t o : c.outputs) add(g_.outputs[o].name);
    for (uint32_t u : c.updates) add("new " + g_.updates[u].variable);
    return text;
  }

  void emit() {
    checked_ = p_.loss == ~0u;
    for (const auto& group : groups_) {
      for (Lowered& l : steps_[group[0]].lowered) {
        if (&l == &steps_[group[0]].lowered.back()) break;
        open_stage(false);
        launch(std::move(l), "transpose", {});
      }
      open_stage(std::any_of(group.begin(), group.end(), [&](uint32_t s) { return steps_[s].updates; }));
      for (uint32_t s : group) launch(std::move(steps_[s].lowered.back()), label_of(fusion_.clusters[s]), fusion_.clusters[s].decisions, values_of(s));
    }
    for (const auto& [update, temporary] : deferred_) {
      const Update& u = g_.updates[update];
      open_stage(true);
      launch(lower_copy(g_[u.value].type, temporary, variable_buffer(u.variable), rows_), "new " + u.variable, {"not in place: its old value is read elsewhere"});
    }
    if (!checked_) open_stage(true);  // nothing is updated: the status is all
  }

  void find_lifetimes() {
    std::vector<bool> seen(p_.buffers.size(), false);
    auto touch = [&](uint32_t b, uint32_t s) {
      if (!seen[b]) p_.buffers[b].first_stage = s;
      seen[b] = true;
      p_.buffers[b].last_stage = s;
    };
    for (uint32_t s = 0; s < p_.stages.size(); s++) {
      if (p_.stages[s].checks_loss) touch(p_.loss, s);
      for (const Launch& l : p_.stages[s].launches)
        for (uint32_t b : l.arguments) touch(b, s);
    }
    std::vector<Lifetime> lifetimes;
    std::vector<uint32_t> which;
    for (uint32_t b = 0; b < p_.buffers.size(); b++) {
      const PlanBuffer& buffer = p_.buffers[b];
      if (buffer.region != Region::workspace || !seen[b]) continue;
      lifetimes.push_back({buffer.bytes, buffer.first_stage, buffer.last_stage});
      which.push_back(b);
    }
    auto offsets = place_in_memory(lifetimes, alignment, &p_.workspace_bytes);
    for (size_t i = 0; i < which.size(); i++) p_.buffers[which[i]].offset = offsets[i];
  }

  PlanModule& m_;
  Kernels& kernels_;
  const Graph& g_;
  int64_t rows_;
  Fusion fusion_;
  const AdjustSchedule& adjust_;
  Plan p_;
  std::map<ValueId, uint32_t> of_value_;
  std::map<std::string, uint32_t> variables_;
  std::map<std::string_view, const PlacedVariable*> placed_;
  std::map<uint32_t, uint32_t> deferred_, transposed_, transposed_by_, scratch_;  // update -> temporary; operand -> its copy; copy -> cluster; cluster -> its own
  std::vector<Step> steps_;
  std::vector<uint32_t> order_;                // of the steps
  std::vector<std::vector<uint32_t>> groups_;  // the same, a stage each
  bool checked_ = false;                       // a stage so far checks the loss
};

// One behind the other. Large ones begin at different places of a page of 4,096 bytes: an update reads a parameter and its moments at
// the same element, which else meet in few sets of the first cache, and loads wait for stores to addresses that differ in
// nothing but their pages.
void place_variables(PlanModule& m) {
  constexpr uint64_t large = 64 << 10, page = 4096, step = 9 * alignment;
  uint64_t count = 0;
  for (const Variable& v : m.module.variables) {
    bool in_params = v.role == Role::parameter;
    uint64_t& end = in_params ? m.params_bytes : m.state_bytes;
    uint64_t size = bytes_of(v.type, 1);
    if (size >= large) end += ((count++ * step) % page + page - end % page) % page;
    m.variables.push_back({&v, in_params ? Region::params : Region::state, end, size});
    end += (size + alignment - 1) / alignment * alignment;
  }
}

uint64_t fingerprint_of(const PlanModule& m) {
  std::string text = m.module.name;
  for (const PlacedVariable& v : m.variables)
    text += fmt::format("\n{} {} {} {}", v.variable->name, to_string(v.variable->type), name(v.variable->role), v.offset);
  return XXH64(text.data(), text.size(), 1);
}

// What takes the workspace, largest first, for the message that there is too little: values of one type on a line.
std::vector<std::string> largest_buffers(const Plan& p) {
  std::map<std::string, std::vector<const PlanBuffer*>> by_type;
  for (const PlanBuffer& b : p.buffers)
    if (b.region == Region::workspace) by_type[to_string(b.type)].push_back(&b);
  std::vector<std::pair<uint64_t, std::string>> lines;
  for (const auto& [type, buffers] : by_type) {
    constexpr size_t named = 3;
    std::string names;
    for (size_t i = 0; i < std::min(buffers.size(), named); i++) names += (i ? ", " : "") + buffers[i]->name;
    if (buffers.size() > named) names += ", ...";
    uint64_t bytes = buffers[0]->bytes;
    lines.push_back({bytes * buffers.size(), buffers.size() == 1 ? fmt::format("{}, {}, takes {} bytes", names, type, bytes)
                                                               : fmt::format("{} values {} take {} bytes each: {}", buffers.size(), type, bytes, names)});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> notes;
  for (size_t i = 0; i < std::min<size_t>(lines.size(), 4); i++) notes.push_back(lines[i].second);
  return notes;
}

Plan trial(const PlanModule& m, const Graph& entry, const PlanOptions& options) {
  PlanModule scratch;
  scratch.target = m.target, scratch.max_rows = m.max_rows, scratch.variables = m.variables, scratch.module.inputs = m.module.inputs, scratch.module.hypers = m.module.hypers;
  Kernels kernels(scratch.kernels);
  return EntryPlan(scratch, kernels, entry, options).run();
}

// Each entry as it is where it fits the budget, else with as little computed again as makes it fit.
void fit(PlanModule& m, const PlanOptions& options) {
  const Graph* worst = nullptr;
  uint64_t smallest = 0;
  for (Graph& entry : m.module.entries.edit()) {
    Fit found = fit_budget(entry, options.memory_budget, [&](const Graph& g) { return trial(m, g, options).workspace_bytes; });
    if (found.graph) entry = std::move(*found.graph);
    else if (!worst || found.smallest > smallest) worst = &entry, smallest = found.smallest;
  }
  if (!worst) return;
  Plan whole = trial(m, *worst, options);
  auto notes = largest_buffers(whole);
  notes.insert(notes.begin(), fmt::format("the smallest budget that works is {} bytes; without one it takes {}", smallest, whole.workspace_bytes));
  throw CompileError(Diagnostic{{}, fmt::format("plan: the entry {} does not fit a workspace of {} bytes for {} rows", worst->name, options.memory_budget, m.max_rows), notes});
}

}  // namespace

PlanModule plan(const Module& module, const Target& target, uint32_t max_rows, const PlanOptions& options) {
  PlanModule m;
  m.module = module;
  m.target = target;
  m.max_rows = max_rows;
  place_variables(m);
  m.fingerprint = fingerprint_of(m);
  if (options.memory_budget) fit(m, options);
  Kernels kernels(m.kernels);
  for (const Graph& graph : m.module.entries) {
    m.plans.push_back(EntryPlan(m, kernels, graph, options).run());
    m.workspace_bytes = std::max(m.workspace_bytes, m.plans.back().workspace_bytes);
  }
  m.fixed_rows = options.fixed_rows;
  if (m.fixed_rows)
    for (loops::Kernel& kernel : m.kernels) fix_rows(kernel.task_extent, max_rows), fix_rows(kernel.body, max_rows);
  return m;
}

}  // namespace graphc
