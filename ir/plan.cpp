// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/plan.h"

#include <fmt/format.h>

namespace graphc {

const char* name(Region region) {
  static const char* const names[] = {"params", "state", "input", "output", "workspace", "hyper", "constant"};
  return names[size_t(region)];
}

std::vector<bool> forward_values(const Graph& entry) {
  std::vector<bool> forward(entry.size(), false);
  if (entry.loss) forward[*entry.loss] = true;
  for (const Output& o : entry.outputs)
    if (o.name.rfind("grad.", 0) != 0) forward[o.value] = true;  // the entry grad's
  for (ValueId v = ValueId(entry.size()); v-- > 0;)
    if (forward[v])
      for (ValueId o : entry[v].operands) forward[o] = true;
  return forward;
}

const Plan* PlanModule::plan(const std::string& entry) const {
  for (const Plan& p : plans)
    if (p.entry == entry) return &p;
  return nullptr;
}

std::string print(const PlanModule& m) {
  std::string text = fmt::format("graphc.plan 1\nmodule {} max_rows {} fingerprint {:016x}\ntarget {}\nparams {} state {} workspace {}\n", m.module.name,
                                 m.max_rows, m.fingerprint, to_string(m.target), m.params_bytes, m.state_bytes, m.workspace_bytes);
  for (const PlacedVariable& v : m.variables)
    text += fmt::format("variable {} {} {} at {}\n", v.variable->name, to_string(v.variable->type), name(v.region), v.offset);
  for (const Plan& p : m.plans) {
    text += fmt::format("\nentry {} workspace {}\n", p.entry, p.workspace_bytes);
    for (size_t b = 0; b < p.buffers.size(); b++) {
      const PlanBuffer& buffer = p.buffers[b];
      text += fmt::format("  buffer {} {} {} at {} bytes {}", b, to_string(buffer.type), name(buffer.region), buffer.offset, buffer.bytes);
      if (buffer.region == Region::workspace) text += fmt::format(" stages {}..{}", buffer.first_stage, buffer.last_stage);
      text += fmt::format(" \"{}\"\n", buffer.name);
    }
    for (size_t s = 0; s < p.stages.size(); s++) {
      text += fmt::format("  stage {}{}\n", s, p.stages[s].checks_loss ? fmt::format(" if finite {}", p.loss) : "");
      for (const Launch& l : p.stages[s].launches) {
        text += fmt::format("    {}", m.kernels[l.kernel].name);
        for (uint32_t a : l.arguments) text += fmt::format(" {}", a);
        text += fmt::format(" \"{}\"\n", l.label);
      }
    }
  }
  for (const loops::Kernel& k : m.kernels) text += "\n" + k.name + ": " + loops::print(k);
  return text;
}

namespace {

// Who wrote each byte of the workspace last.
class Ownership {
 public:
  void write(uint64_t begin, uint64_t end, uint32_t buffer) {
    cut(begin);
    cut(end);
    spans_.erase(spans_.lower_bound(begin), spans_.lower_bound(end));
    spans_[begin] = {end, buffer};
  }
  bool owns(uint64_t begin, uint64_t end, uint32_t buffer) const {
    auto it = spans_.upper_bound(begin);
    if (it == spans_.begin()) return false;
    --it;
    for (; begin < end && it != spans_.end(); ++it) {
      if (it->first > begin || it->second.end <= begin || it->second.buffer != buffer) return false;
      begin = it->second.end;
    }
    return begin >= end;
  }

 private:
  struct Span {
    uint64_t end;
    uint32_t buffer;
  };
  void cut(uint64_t at) {
    auto it = spans_.upper_bound(at);
    if (it == spans_.begin()) return;
    --it;
    if (it->first < at && it->second.end > at) {
      spans_[at] = it->second;
      it->second.end = at;
    }
  }
  std::map<uint64_t, Span> spans_;
};

[[noreturn]] void broken(const Plan& p, size_t stage, const std::string& what) {
  throw InternalError(fmt::format("plan of {}: stage {}: {}", p.entry, stage, what));
}

void verify(const PlanModule& m, const Plan& p) {
  Ownership workspace;
  std::map<uint32_t, size_t> updated;  // variable buffer -> stage
  for (size_t s = 0; s < p.stages.size(); s++) {
    if (p.stages[s].checks_loss && !workspace.owns(p.buffers[p.loss].offset, p.buffers[p.loss].offset + p.buffers[p.loss].bytes, p.loss))
      broken(p, s, "the loss is checked before it is written");
    std::map<uint32_t, const Launch*> written;
    for (const Launch& l : p.stages[s].launches) {
      const loops::Kernel& k = m.kernels.at(l.kernel);
      if (k.buffers.size() != l.arguments.size()) broken(p, s, "wrong number of arguments");
      for (size_t i = 0; i < l.arguments.size(); i++) {
        const PlanBuffer& b = p.buffers.at(l.arguments[i]);
        uint64_t limit = b.region == Region::workspace ? p.workspace_bytes : b.region == Region::params ? m.params_bytes : b.region == Region::state ? m.state_bytes : ~0ull;
        if (limit != ~0ull && b.offset + b.bytes > limit) broken(p, s, b.name + " leaves its region");
        if (b.region == Region::workspace && b.offset < 4 * p.hypers.size()) broken(p, s, b.name + " overlaps the hyper values");
        if (b.region == Region::input && k.buffers[i].written) broken(p, s, "an input is written");
        if (k.buffers[i].written) {
          if (!written.emplace(l.arguments[i], &l).second) broken(p, s, b.name + " is written by two kernels of one stage");
          continue;
        }
        if (b.region == Region::workspace && !workspace.owns(b.offset, b.offset + b.bytes, l.arguments[i]))
          broken(p, s, b.name + " is read before it is written, or after it was overwritten");
        auto it = updated.find(l.arguments[i]);
        if (it != updated.end()) broken(p, s, fmt::format("{} is read after stage {} updated it", b.name, it->second));
      }
    }
    for (const auto& [buffer, launch] : written) {
      const PlanBuffer& b = p.buffers[buffer];
      for (const Launch& l : p.stages[s].launches)
        for (uint32_t a : l.arguments)
          if (&l != launch && a == buffer) broken(p, s, b.name + " is read and written in one stage");
      if (b.region == Region::workspace) workspace.write(b.offset, b.offset + std::max<uint64_t>(b.bytes, 1), buffer);
      if (b.region == Region::params || b.region == Region::state) {
        if (!updated.emplace(buffer, s).second) broken(p, s, b.name + " is updated twice");
      }
    }
  }
}

}  // namespace

void verify(const PlanModule& m) {
  for (const Plan& p : m.plans) verify(m, p);
}

}  // namespace graphc
