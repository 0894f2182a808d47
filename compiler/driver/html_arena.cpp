// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The workspace over the stages: a rectangle for each buffer, as long as it lives and as high as it is large.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/driver/html_page.h"
#include "ir/columns.h"
#include "runtime/train/svg.h"

namespace graphc::driver {

namespace {

constexpr double width = 1180, height = 400, left = 74, right = 12, top = 30, bottom = 34;

// Of each stage. Learning rates lie in the workspace through the whole entry.
std::vector<uint64_t> bytes_alive(const Plan& plan) {
  std::vector<int64_t> change(plan.stages.size() + 1);
  for (const PlanBuffer& b : plan.buffers)
    if (b.region == Region::workspace) change[b.first_stage] += int64_t(b.bytes), change[b.last_stage + 1] -= int64_t(b.bytes);
  std::vector<uint64_t> alive;
  int64_t sum = int64_t(4 * plan.hypers.size());
  for (size_t s = 0; s < plan.stages.size(); s++) alive.push_back(uint64_t(sum += change[s]));
  return alive;
}

class Arena {
 public:
  explicit Arena(const PageData& page)
      : page_(page), plan_(page.view.plan), alive_(bytes_alive(plan_)), stages_(double(plan_.stages.size())) {
    for (size_t s = 0; s < alive_.size(); s++) most_ = std::max(most_, alive_[s]);
    scale_ = (height - top - bottom) / double(std::max(plan_.workspace_bytes, most_));
  }

  std::string run() {
    std::string svg = fmt::format(
        "<svg class=\"arena wide\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"The workspace\">\n", px(width), px(height));
    svg += axes();
    for (uint32_t b = 0; b < plan_.buffers.size(); b++)
      if (page_.buffer(b).region == Region::workspace && page_.buffer(b).bytes) svg += rectangle(b);
    return svg + marks() + labels_ + "</svg>\n";
  }

 private:
  double x(double stage) const { return left + (width - left - right) * stage / stages_; }
  double y(uint64_t offset) const { return height - bottom - scale_ * double(offset); }

  std::string axes() const {
    std::string svg = fmt::format("<path class=\"axis\" d=\"M{0} {1}H{2}M{0} {1}V{3}\"/>", px(left), px(height - bottom),
                                  px(width - right), px(top));
    size_t step = 1;
    while (double(plan_.stages.size()) / double(step) > 32) step *= step % 3 == 2 ? 5 : 2;
    for (size_t k = 0; k < page_.kernels.size(); k += step)
      svg += fmt::format("<text class=\"tick\" data-n=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", k,
                         px(x(page_.view.stage_of[k] + 0.5)), px(height - bottom + 16), page_.kernels[k].explained);
    double most = double(std::max(plan_.workspace_bytes, most_));
    for (double tick : round_ticks(0, most, 5))
      if (tick <= most)
        svg += fmt::format("<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", px(left - 6),
                           px(y(uint64_t(tick)) + 4), tick > 0 ? bytes_text(uint64_t(tick)) : "0");
    return svg + fmt::format(
                     "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">the kernels, in the order in which they "
                     "run</text>\n",
                     px((left + width) / 2), px(height - 4));
  }

  std::string rectangle(uint32_t b) {
    const PlanBuffer& buffer = page_.buffer(b);
    const PageBuffer& about = page_.buffers[b];
    double from = x(buffer.first_stage), to = x(buffer.last_stage + 1), high = std::max(1.5, scale_ * double(buffer.bytes));
    double corner = y(buffer.offset) - high;
    std::string name = fmt::format("{}: {} bytes at {}, {}{}", buffer.name, grouped(buffer.bytes), grouped(buffer.offset), page_.view.lifetime(buffer),
                                   about.cached ? ", cached for the backward" : "");
    std::string kernels;
    if (about.writer != no_kernel) kernels = std::to_string(about.writer);
    for (size_t k : about.readers) kernels += " " + std::to_string(k);
    bool forward = about.value != no_value ? page_.view.forward[about.value]
                                           : about.writer != no_kernel && page_.phase[about.writer] == Phase::forward;
    const char* look = about.cached ? "cac" : forward ? "fw" : "bw";
    std::string svg = fmt::format(
        "<g class=\"b {}\" data-n=\"{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>", look,
        kernels, escaped(name), px(from + 0.5), px(corner), px(std::max(1.0, to - from - 1)), px(high));
    if (high >= 14) labels_ += label(buffer, (from + to) / 2, corner + high / 2 + 4, to - from - 8);
    return svg + "</g>\n";
  }

  // As much of name and size as there is room for.
  static std::string label(const PlanBuffer& buffer, double middle, double baseline, double room) {
    std::string text = fmt::format("{} · {}", buffer.name, bytes_text(buffer.bytes));
    if (text_width(text, 11) > room) text = buffer.name;
    size_t fits = size_t(std::max(0.0, room / text_width("x", 11)));
    if (fits < 4) return "";
    return fmt::format("<text class=\"b-name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", px(middle), px(baseline),
                       escaped(shortened(text, fits)));
  }

  std::string marks() const {
    double peak = y(plan_.workspace_bytes), bound = y(most_);
    std::string svg = fmt::format(
        "<path class=\"peak\" d=\"M{} {}H{}\"/><text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"end\">peak: {} bytes</text>",
        px(left), px(peak), px(width - right), px(width - right), px(peak - 6), grouped(plan_.workspace_bytes));
    std::string least = fmt::format("most alive at once: {} bytes", grouped(most_));
    svg += fmt::format("<path class=\"bound\" d=\"M{} {}H{}\"/><text class=\"mark\" x=\"{}\" y=\"{}\">{}</text>", px(left),
                       px(bound), px(width - right), px(left + 6), px(peak - 6), least);
    std::string curve;
    for (size_t s = 0; s < alive_.size(); s++)
      curve += fmt::format("{}{} {}H{}", s ? "L" : "M", px(x(double(s))), px(y(alive_[s])), px(x(double(s) + 1)));
    return svg + fmt::format("<path class=\"alive\" d=\"{}\"/>\n", curve);
  }

  const PageData& page_;
  const Plan& plan_;
  std::vector<uint64_t> alive_;
  std::string labels_;  // above all lines
  double stages_, scale_ = 1;
  uint64_t most_ = 0;
};

}  // namespace

std::string arena_figure(const PageData& page) {
  if (!page.view.plan.workspace_bytes) return "<p class=\"note\">This entry needs no workspace.</p>\n";
  uint64_t most = 0, end = page.view.plan.workspace_bytes;
  for (uint64_t bytes : bytes_alive(page.view.plan)) most = std::max(most, bytes);
  return Arena(page).run() + fmt::format(
                                 "<p class=\"note\">At most {} bytes are alive at once, so no placement needs less; this one "
                                 "needs {} ({:.1f} % more). "
                                 "The thin line is what is alive.</p>\n",
                                 grouped(most), grouped(end), most ? 100 * (double(end) / double(most) - 1) : 0.0);
}

}  // namespace graphc::driver
