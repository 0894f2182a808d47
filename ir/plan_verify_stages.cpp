// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// verify(PlanModule): what each stage reads and writes, in the order of the stages.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "ir/plan_verify.h"

namespace graphc::plan_check {

namespace {

// Who wrote each byte of the workspace last.
class Ownership {
 public:
  void write(uint64_t begin, uint64_t end, uint32_t buffer) {
    if (begin >= end) return;
    cut(begin);
    cut(end);
    spans_.erase(spans_.lower_bound(begin), spans_.lower_bound(end));
    spans_[begin] = {end, buffer};
  }
  bool owns(uint64_t begin, uint64_t end, uint32_t buffer) const {
    if (begin >= end) return true;
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

class Stages {
 public:
  Stages(const PlanModule& m, const Tables& tables, const Plan& p) : m_(m), tables_(tables), p_(p), graph_(*m.module.entries.find(p.entry)), written_(p.buffers.size(), false) {}

  void run() {
    bool checked = p_.loss == ~0u;
    for (ValueId v : p_.cached) need(v < graph_.size(), "what is cached is no value");
    for (; stage_ < p_.stages.size(); stage_++) {
      const Stage& s = p_.stages[stage_];
      if (s.checks_loss) {
        need(p_.loss != ~0u, "there is no loss to check");
        in_lifetime(p_.buffers[p_.loss]);
        read(p_.loss);
        checked = true;
      }
      uses_.clear();
      for (const Launch& l : s.launches) launch(l);
      overlaps();
      for (const Use& u : uses_)
        if (u.written) write(u.buffer, checked);
    }
    stage_ = p_.stages.empty() ? 0 : p_.stages.size() - 1;
    need(checked, "the loss is never checked");
    for (uint32_t o : p_.outputs) need(written_[o] || !p_.buffers[o].bytes, "output {} is never written", p_.buffers[o].name);
  }

 private:
  struct Use {
    uint64_t space, begin, end;  // bytes of one space: a region, or one array of the caller
    uint32_t buffer;
    bool written;
  };

  template <class... Arguments> void need(bool condition, fmt::format_string<Arguments...> what, Arguments&&... arguments) const {
    if (!condition) throw InternalError(fmt::format("plan of {}: stage {}: {}", p_.entry, stage_, fmt::format(what, std::forward<Arguments>(arguments)...)));
  }

  void launch(const Launch& l) {
    need(l.kernel < m_.kernels.size(), "there is no kernel {}", l.kernel);
    const loops::Kernel& k = m_.kernels[l.kernel];
    need(k.buffers.size() == l.arguments.size(), "{} takes {} buffers, not {}", k.name, k.buffers.size(), l.arguments.size());
    for (ValueId v : l.values) need(v < graph_.size(), "{} computes no value of the graph", k.name);
    for (size_t i = 0; i < l.arguments.size(); i++) {
      uint32_t number = l.arguments[i];
      need(number < p_.buffers.size(), "{} is given no buffer", k.name);
      const PlanBuffer& b = p_.buffers[number];
      const loops::Reach& reach = tables_.reaches[l.kernel][i];
      bool written = k.buffers[i].written;
      need(k.buffers[i].dtype == b.type.dtype, "{} takes {} as {}, it is {}", k.name, b.name, name(k.buffers[i].dtype), to_string(b.type));
      int64_t count = int64_t(b.bytes) / bytes(b.type.dtype);
      need(reach.high < reach.low || (reach.low >= 0 && reach.high < count), "{} reaches elements {} to {} of {}, which has {}", k.name, reach.low, reach.high,
           b.name, count);
      bool may_write = b.region == Region::workspace || b.region == Region::output || is_variable(b);
      need(!written || may_write, "{} writes {}, which is of region {}", k.name, b.name, name(b.region));
      in_lifetime(b);
      if (reach.loads) read(number);
      bool in_region = b.region == Region::workspace || is_variable(b);
      uint64_t space = uint64_t(b.region) << 32 | (in_region ? 0 : number), begin = in_region ? b.offset : 0;
      uses_.push_back({space, begin, begin + b.bytes, number, written});
    }
  }

  static bool is_variable(const PlanBuffer& b) { return b.region == Region::params || b.region == Region::state; }

  void in_lifetime(const PlanBuffer& b) const {
    need(b.region != Region::workspace || (stage_ >= b.first_stage && stage_ <= b.last_stage), "{} is used outside of its lifetime", b.name);
  }

  void read(uint32_t number) const {
    const PlanBuffer& b = p_.buffers[number];
    need(b.region != Region::output, "output {} is read", b.name);
    if (b.region == Region::workspace) need(workspace_.owns(b.offset, b.offset + b.bytes, number), "{} is read before it is written, or after it was overwritten", b.name);
    auto it = updated_.find(b.name);
    if (is_variable(b) && it != updated_.end()) need(false, "{} is read after stage {} updated it", b.name, it->second);
  }

  // Two uses of a byte in one stage are two reads: launches run at the same time, and kernels take it that their buffers
  // are apart. After sorting, a use meets the furthest use and the furthest write that began before it.
  void overlaps() {
    std::sort(uses_.begin(), uses_.end(), [](const Use& a, const Use& b) { return std::tie(a.space, a.begin, a.end) < std::tie(b.space, b.begin, b.end); });
    const Use *any = nullptr, *write = nullptr;
    for (const Use& u : uses_) {
      if (u.begin == u.end) continue;
      if (any && any->space != u.space) any = write = nullptr;
      const Use* other = u.written ? any : write;
      if (other && other->end > u.begin) need(false, "{} and {} share bytes, and one of them is written", p_.buffers[other->buffer].name, p_.buffers[u.buffer].name);
      if (!any || u.end > any->end) any = &u;
      if (u.written && (!write || u.end > write->end)) write = &u;
    }
  }

  void write(uint32_t number, bool checked) {
    const PlanBuffer& b = p_.buffers[number];
    written_[number] = true;
    if (b.region == Region::workspace) workspace_.write(b.offset, b.offset + b.bytes, number);
    if (!is_variable(b)) return;
    need(checked, "{} is updated before the loss is checked", b.name);
    need(updated_.emplace(b.name, stage_).second, "{} is updated twice", b.name);
  }

  const PlanModule& m_;
  const Tables& tables_;
  const Plan& p_;
  const Graph& graph_;
  size_t stage_ = 0;
  std::vector<bool> written_;
  std::vector<Use> uses_;
  Ownership workspace_;
  std::map<std::string, size_t> updated_;  // variables by name
};

}  // namespace

void check_stages(const PlanModule& m, const Tables& tables, const Plan& p) { Stages(m, tables, p).run(); }

}  // namespace graphc::plan_check
