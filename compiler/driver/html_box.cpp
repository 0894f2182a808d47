// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/html_box.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "compiler/driver/html_layout.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

constexpr double font = 11, pill_height = 20, pitch = 33, title_height = 24, margin = 10;
constexpr size_t longest_name = 26;

struct Look {
  std::string text, title;
  const char* kind;
};

Look look_of_buffer(const PageData& page, uint32_t b, bool written) {
  const PlanBuffer& buffer = page.buffer(b);
  std::string bytes = grouped(buffer.bytes) + " bytes",
              about = fmt::format("{}: {}, {}", buffer.name, to_string(buffer.type), bytes);
  std::string name = shortened(buffer.name, longest_name);
  switch (buffer.region) {
    case Region::params:
    case Region::state:
      if (written) return {shortened("new " + buffer.name, longest_name), "new value of " + about, "new"};
      return {name, about + (buffer.region == Region::params ? ", a parameter" : ", state"), "par"};
    case Region::input:
      return {name, about + ", an input", "inp"};
    case Region::output:
      return {name, about + ", an output", "res"};
    case Region::workspace:
      if (!page.buffers[b].cached) return {name, about + ", in memory", "mem"};
      return {written ? name + " · " + bytes_text(buffer.bytes) : name, about + ", cached for the backward", "cac"};
    default:
      return {name, about, "inp"};
  }
}

std::string pill(double x, double y, double width, const Look& look) {
  return fmt::format(
      "<g class=\"p {}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"10\"/>"
      "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
      look.kind, escaped(look.title), px(x - width / 2), px(y), px(width), px(pill_height), px(x), px(y + 14),
      escaped(look.text));
}

double pill_width(const std::string& text) { return text_width(text, font) + 16; }

std::string head_text(const PageData& page, size_t kernel) {
  return fmt::format("{} · {} op", page.kernels[kernel].explained, rounded(page.kernels[kernel].flops));
}

std::string frame(const PageData& page, size_t kernel, const KernelBox& box) {
  const KernelTime& k = page.kernels[kernel];
  return fmt::format("<title>{}</title><rect class=\"box\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
                     escaped(fmt::format("{} {}: {}", k.explained, k.name, kernel_label(page, kernel))), px(box.width),
                     px(box.height));
}

// Beside the lines that come from above, where there is room.
std::string head(const PageData& page, size_t kernel, const KernelBox& box) {
  std::string text = head_text(page, kernel);
  double width = text_width(text, font);
  auto is_free = [&](double from) {
    const auto& ports = box.up ? box.out : box.in;
    return std::none_of(ports.begin(), ports.end(), [&](const BoxPort& p) { return p.x > from - 3 && p.x < from + width + 3; });
  };
  bool right = !is_free(9) && is_free(box.width - 9 - width);
  return fmt::format("<text class=\"kn\" x=\"{}\" y=\"16\"{}>{}</text>", px(right ? box.width - 9 : 9),
                     right ? " text-anchor=\"end\"" : "", escaped(text));
}

class DetailedBox {
 public:
  DetailedBox(const PageData& page, size_t kernel) : page_(page), view_(page.view), k_(kernel) {}

  KernelBox run() {
    for (uint32_t b : page_.read_by(k_)) add_read(b);
    for (ValueId v : view_.kernels[k_]->values)
      if (is_shown(v)) add_operation(v);
    for (uint32_t b : page_.written_by(k_)) add_written(b);
    drawing_.run();
    return draw();
  }

 private:
  bool is_shown(ValueId v) const { return view_.graph[v].def().op_class != OpClass::source; }

  void add_read(uint32_t b) {
    const PlanBuffer& buffer = page_.buffer(b);
    if (buffer.region == Region::hyper || (page_.buffers[b].writer == k_ && buffer.region == Region::workspace)) return;
    looks_.push_back(look_of_buffer(page_, b, false));
    bool linked = buffer.region == Region::workspace;
    read_[b] = drawing_.add(pill_width(looks_.back().text), linked ? LayeredDrawing::first : LayeredDrawing::free_);
    if (linked) linked_.push_back(b);
  }

  void add_operation(ValueId v) {
    const Node& node = view_.graph[v];
    bool again = view_.computed_in[v].front() != k_;
    std::string title = fmt::format("{}: {} = {}", view_.name(v), to_string(node.type), view_.expression(v));
    title += again ? "; computed again" : view_.in_memory[v] ? "" : "; never in memory";
    looks_.push_back({node.def().name, title, nullptr});
    uint32_t item = drawing_.add(text_width(node.def().name, font) + 10);
    operation_[v] = item, value_.push_back({item, v});
    std::vector<uint32_t> from;
    for (ValueId o : node.operands) {
      auto inside = operation_.find(o);
      std::optional<uint32_t> b;
      if (inside == operation_.end()) b = page_.buffer_of(k_, o);
      if (inside == operation_.end() && (!b || !read_.count(*b))) continue;
      uint32_t f = inside != operation_.end() ? inside->second : read_[*b];
      if (std::find(from.begin(), from.end(), f) == from.end()) from.push_back(f);
    }
    for (uint32_t f : from) drawing_.edge(f, item);
  }

  // The value that lies in a written buffer.
  ValueId value_of(uint32_t b) const {
    const PlanBuffer& buffer = page_.buffer(b);
    if (buffer.region == Region::workspace) return page_.buffers[b].value;
    if (buffer.region == Region::output) return view_.graph.outputs[buffer.offset].value;
    for (const Update& u : view_.graph.updates)
      if (u.variable == buffer.name) return u.value;
    return no_value;
  }

  void add_written(uint32_t b) {
    looks_.push_back(look_of_buffer(page_, b, true));
    uint32_t item = drawing_.add(pill_width(looks_.back().text), LayeredDrawing::last);
    written_[b] = item;
    auto from = operation_.find(value_of(b));
    if (from != operation_.end()) return drawing_.edge(from->second, item);
    for (auto [read, pill] : read_)
      if (operation_.empty()) drawing_.edge(pill, item);
  }

  double y_of(int layer) const { return title_height + pitch * (box_.up ? drawing_.layers() - 1 - layer : layer); }
  double x_of(uint32_t item) const { return drawing_.items()[item].x + left_; }

  KernelBox draw() {
    box_.up = page_.phase[k_] == Phase::backward;
    double inner = std::max(drawing_.width(), text_width(head_text(page_, k_), font) + 4);
    left_ = margin + (inner - drawing_.width()) / 2;
    box_.width = inner + 2 * margin;
    box_.height = title_height + pitch * (drawing_.layers() - 1) + pill_height + margin;
    for (uint32_t b : linked_) box_.in.push_back({b, x_of(read_[b])});
    for (auto [b, item] : written_) box_.out.push_back({b, x_of(item)});
    box_.svg = frame(page_, k_, box_);
    std::string lines;
    for (const auto& edge : drawing_.edges()) lines += line(edge);
    for (uint32_t b : linked_) lines += stub(read_[b], false);
    for (auto [b, item] : written_)
      if (!page_.buffers[b].readers.empty() && page_.buffer(b).region == Region::workspace) lines += stub(item, true);
    if (!lines.empty()) box_.svg += fmt::format("<path class=\"in\" d=\"{}\"/>", lines);
    box_.svg += head(page_, k_, box_);
    for (auto [b, item] : read_) box_.svg += pill_at(item);
    for (auto [b, item] : written_) box_.svg += pill_at(item);
    for (auto [item, v] : value_) box_.svg += operation(item, v);
    return std::move(box_);
  }

  std::string pill_at(uint32_t item) const {
    const auto& i = drawing_.items()[item];
    return pill(x_of(item), y_of(i.layer), i.width, looks_[item]);
  }

  std::string operation(uint32_t item, ValueId v) const {
    const auto& i = drawing_.items()[item];
    bool again = view_.computed_in[v].front() != k_;
    return fmt::format(
        "<g class=\"o {}{}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
        view_.forward[v] ? "fw" : "bw", again ? " again" : "", escaped(looks_[item].title), px(x_of(item) - i.width / 2),
        px(y_of(i.layer) + 1), px(i.width), px(pill_height - 2), px(x_of(item)), px(y_of(i.layer) + 14),
        escaped(looks_[item].text));
  }

  double enter_y(uint32_t item) const { return y_of(drawing_.items()[item].layer) + (box_.up ? pill_height : 0); }
  double leave_y(uint32_t item) const { return y_of(drawing_.items()[item].layer) + (box_.up ? 0 : pill_height); }

  std::string line(const LayeredDrawing::Edge& edge) const {
    double bow = (pitch - pill_height) * (box_.up ? -0.6 : 0.6);
    std::string path = fmt::format("M{} {}", px(x_of(edge.items[0])), px(leave_y(edge.items[0])));
    for (size_t n = 1; n < edge.items.size(); n++) {
      uint32_t from = edge.items[n - 1], to = edge.items[n];
      path += fmt::format("C{} {} {} {} {} {}", px(x_of(from)), px(leave_y(from) + bow), px(x_of(to)), px(enter_y(to) - bow),
                          px(x_of(to)), px(enter_y(to)));
      if (n + 1 < edge.items.size()) path += fmt::format("V{}", px(leave_y(to)));
    }
    return path;
  }

  // From the border of the box to a pill that lies at it.
  std::string stub(uint32_t item, bool out) const {
    double border = out == box_.up ? 0 : box_.height;
    return fmt::format("M{} {}V{}", px(x_of(item)), px(border), px(out ? leave_y(item) : enter_y(item)));
  }

  const PageData& page_;
  const EntryView& view_;
  size_t k_;
  LayeredDrawing drawing_;
  std::vector<Look> looks_;                      // of each item
  std::map<uint32_t, uint32_t> read_, written_;  // buffer -> item
  std::map<ValueId, uint32_t> operation_;
  std::vector<std::pair<uint32_t, ValueId>> value_;
  std::vector<uint32_t> linked_;
  KernelBox box_;
  double left_ = 0;
};

}  // namespace

KernelBox detailed_box(const PageData& page, size_t kernel) { return DetailedBox(page, kernel).run(); }

KernelBox compact_box(const PageData& page, size_t kernel) {
  constexpr double width = 188, line = 23;
  constexpr size_t most_lines = 3;
  KernelBox box{.width = width, .up = page.phase[kernel] == Phase::backward};
  std::vector<uint32_t> read, written = page.written_by(kernel);
  for (uint32_t b : page.read_by(kernel))
    if (page.buffer(b).region == Region::workspace && page.buffers[b].writer != kernel) read.push_back(b);
  // What is cached comes first: the others may find no place.
  std::stable_sort(written.begin(), written.end(),
                   [&](uint32_t a, uint32_t b) { return page.buffers[a].cached > page.buffers[b].cached; });
  auto spread_over = [&](const std::vector<uint32_t>& buffers, std::vector<BoxPort>& ports) {
    for (size_t i = 0; i < buffers.size(); i++)
      ports.push_back({buffers[i], width * (double(i) + 1) / (double(buffers.size()) + 1)});
  };
  spread_over(read, box.in);
  spread_over(written, box.out);
  size_t cached = size_t(std::count_if(written.begin(), written.end(), [&](uint32_t b) { return page.buffers[b].cached; }));
  size_t shown = std::min(written.size(), std::max(cached, most_lines));
  box.height = title_height + line * double(shown) + 5;
  box.svg = frame(page, kernel, box);
  std::string text = head_text(page, kernel);
  if (shown < written.size()) text += fmt::format(" · {} more results", written.size() - shown);
  box.svg += fmt::format("<text class=\"kn\" x=\"9\" y=\"16\">{}</text>", escaped(text));
  for (size_t i = 0; i < shown; i++) {
    Look look = look_of_buffer(page, written[i], true);
    box.svg += pill(width / 2, title_height + line * double(i), width - 2 * margin, look);
  }
  return box;
}

}  // namespace graphc::driver
