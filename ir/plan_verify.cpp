// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// verify(PlanModule): tables and buffers. What happens in the stages is checked in plan_verify_stages.cpp.
#include "ir/plan_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace graphc {

namespace plan_check {

namespace {

constexpr uint64_t head_bytes = 64, most_bytes = uint64_t{1} << 56;

template <class... Arguments> void need(bool condition, const PlanModule& m, fmt::format_string<Arguments...> what, Arguments&&... arguments) {
  if (!condition) throw InternalError(fmt::format("plan of module {}: {}", m.module.name, fmt::format(what, std::forward<Arguments>(arguments)...)));
}

// Bytes at the maximum of rows, or none where they are beyond all bounds.
uint64_t bytes_at_most(const PlanModule& m, const Type& type) {
  Dim count = type.shape.count();
  unsigned __int128 all = static_cast<unsigned __int128>(count.size) * (count.is_batch ? m.max_rows : 1) * uint64_t(bytes(type.dtype));
  return count.size < 0 || all > most_bytes ? ~0ull : uint64_t(all);
}

void check_placements(const PlanModule& m, Tables& tables) {
  std::vector<const PlacedVariable*> in_order;
  std::unordered_map<std::string, const Variable*> variables;
  for (const Variable& v : m.module.variables) variables.emplace(v.name, &v);
  for (const PlacedVariable& v : m.variables) {
    need(v.variable, m, "a placement of no variable");
    const std::string& name = v.variable->name;
    need(variables.count(name) && v.variable == variables.at(name), m, "{} is placed, but is not the module's", name);
    need(tables.placed.emplace(name, &v).second, m, "{} is placed twice", name);
    need(v.region == (v.variable->role == Role::parameter ? Region::params : Region::state), m, "{} is in the wrong region", name);
    need(v.offset % 64 == 0 && v.offset < most_bytes, m, "{} does not begin at a multiple of 64 bytes", name);
    need(v.bytes == bytes_at_most(m, v.variable->type), m, "{} has not the bytes of its type", name);
    in_order.push_back(&v);
  }
  need(tables.placed.size() == m.module.variables.size(), m, "a variable of the module has no place");
  std::sort(in_order.begin(), in_order.end(), [](auto a, auto b) { return std::tie(a->offset, a->bytes) < std::tie(b->offset, b->bytes); });
  uint64_t params = head_bytes, state = head_bytes;  // up to where they are taken
  for (const PlacedVariable* v : in_order) {
    uint64_t& end = v->region == Region::params ? params : state;
    need(v->offset >= end, m, "{} overlaps the head or another variable", v->variable->name);
    end = v->offset + v->bytes;
  }
  need(params <= m.params_bytes && state <= m.state_bytes, m, "variables leave their region");
}

}  // namespace

Tables check_tables(const PlanModule& m) {
  Tables tables;
  need(m.max_rows >= 1 && m.max_rows <= INT32_MAX, m, "a maximum of {} rows", m.max_rows);
  check_placements(m, tables);
  for (const InputSpec& i : m.module.inputs) tables.inputs.emplace(i.name, &i);
  std::set<std::string> names;
  for (const loops::Kernel& k : m.kernels) {
    need(names.insert(k.name).second, m, "there are two kernels named {}", k.name);
    verify(k, m.max_rows);
    tables.reaches.push_back(reach(k, m.max_rows));
  }
  names.clear();
  for (const Plan& p : m.plans) {
    need(names.insert(p.entry).second, m, "there are two plans of {}", p.entry);
    need(m.module.entries.find(p.entry), m, "the module has no entry {}", p.entry);
    need(p.workspace_bytes <= m.workspace_bytes, m, "{} needs more workspace than the module has", p.entry);
  }
  return tables;
}

namespace {

class Buffers {
 public:
  Buffers(const PlanModule& m, const Tables& tables, const Plan& p) : m_(m), tables_(tables), p_(p) {}

  void run() {
    for (uint32_t b = 0; b < p_.buffers.size(); b++) buffer(b);
    // Inputs and outputs by their numbers, hypers by their places.
    listed(p_.inputs, Region::input, "input");
    listed(p_.outputs, Region::output, "output");
    need(p_.output_names.size() == p_.outputs.size(), m_, "{}: {} names for {} outputs", p_.entry, p_.output_names.size(), p_.outputs.size());
    for (const std::string& h : p_.hypers) need(m_.module.hypers.find(h), m_, "{}: the module has no hyper {}", p_.entry, h);
    if (p_.loss == ~0u) return;
    need(p_.loss < p_.buffers.size(), m_, "{}: the loss is no buffer", p_.entry);
    const PlanBuffer& loss = p_.buffers[p_.loss];
    need(loss.region == Region::workspace && loss.type == Type{DType::f32, {}}, m_, "{}: the loss is no f32[] of the workspace", p_.entry);
  }

 private:
  void buffer(uint32_t number) const {
    const PlanBuffer& b = p_.buffers[number];
    auto wants = [&](bool condition, const char* what) { need(condition, m_, "{}: buffer {}: {}", p_.entry, b.name, what); };
    wants(b.bytes == bytes_at_most(m_, b.type), "has not the bytes of its type");
    wants(b.offset < most_bytes, "begins beyond all bounds");
    wants(b.region == Region::constant || b.values.empty(), "has values and is no constant");
    switch (b.region) {
      case Region::params:
      case Region::state: {
        auto it = tables_.placed.find(b.name);
        wants(it != tables_.placed.end() && it->second->region == b.region && it->second->offset == b.offset && it->second->variable->type == b.type,
              "is no variable of that place");
        break;
      }
      case Region::workspace:
        wants(b.offset % uint64_t(bytes(b.type.dtype)) == 0, "is not aligned");
        wants(b.offset + b.bytes <= p_.workspace_bytes, "leaves its region");
        wants(b.first_stage <= b.last_stage, "ends before it begins");
        break;
      case Region::hyper: {
        wants(b.offset % 4 == 0 && b.offset / 4 < p_.hypers.size() && p_.hypers[b.offset / 4] == b.name, "is no hyper value of that place");
        const HyperParameter* h = m_.module.hypers.find(b.name);
        wants(h && Type{h->dtype, {}} == b.type, "is of another type than the module's");
        break;
      }
      case Region::constant: wants(int64_t(b.values.size()) == b.type.shape.count().size && !b.type.shape.has_batch(), "its values do not fill it"); break;
      case Region::input: {
        const InputSpec* i = tables_.inputs.count(b.name) ? tables_.inputs.at(b.name) : nullptr;
        wants(i && i->type == b.type, "is no input of the module");
        wants(b.offset < p_.inputs.size() && p_.inputs[b.offset] == number, "is not in the list of inputs");
        break;
      }
      case Region::output: wants(b.offset < p_.outputs.size() && p_.outputs[b.offset] == number, "is not in the list of outputs"); break;
      default: wants(false, "is in no region");
    }
  }

  void listed(const std::vector<uint32_t>& list, Region region, const char* what) const {
    for (size_t i = 0; i < list.size(); i++)
      need(list[i] < p_.buffers.size() && p_.buffers[list[i]].region == region && p_.buffers[list[i]].offset == i, m_, "{}: {} {} is not that buffer", p_.entry, what, i);
  }

  const PlanModule& m_;
  const Tables& tables_;
  const Plan& p_;
};

}  // namespace

void check_buffers(const PlanModule& m, const Tables& tables, const Plan& p) { Buffers(m, tables, p).run(); }

}  // namespace plan_check

void verify(const PlanModule& m) {
  plan_check::Tables tables = plan_check::check_tables(m);
  for (const Plan& p : m.plans) {
    plan_check::check_buffers(m, tables, p);
    plan_check::check_stages(m, tables, p);
  }
}

}  // namespace graphc
