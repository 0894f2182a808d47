// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/html_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/columns.h"

namespace graphc::driver {

namespace {

template <class T>
void add_once(std::vector<T>& list, T item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

}  // namespace

PageData::PageData(const EntryView& v, const std::vector<KernelTime>& k, const std::optional<Roofline>& r)
    : view(v), kernels(k), roofline(r), buffers(v.plan.buffers.size()) {
  for (size_t kernel = 0; kernel < view.kernels.size(); kernel++) {
    for (uint32_t b : read_by(kernel)) buffers[b].readers.push_back(kernel);
    for (uint32_t b : written_by(kernel)) {
      if (buffers[b].writer == no_kernel) buffers[b].writer = kernel;
      if (buffer(b).region != Region::workspace) continue;
      for (ValueId value : view.kernels[kernel]->values)
        if (view.computed_in[value].front() == kernel && view.graph[value].type == buffer(b).type &&
            (view.name(value) == buffer(b).name || fmt::format("%{}", value) == buffer(b).name))
          buffers[b].value = value, buffers[b].cached = view.cached[value];
    }
  }
  phase = find_phases();
}

std::vector<uint32_t> PageData::read_by(size_t kernel) const {
  const loops::Kernel& code = view.module.kernels[view.kernels[kernel]->kernel];
  std::vector<uint32_t> list;
  std::vector<bool> loaded(code.buffers.size());
  for (const loops::Expr& e : code.exprs)
    if (e.kind == loops::Expr::load) loaded[e.id] = true;
  for (size_t a = 0; a < code.buffers.size(); a++)
    if (loaded[a]) add_once(list, view.kernels[kernel]->arguments[a]);
  return list;
}

std::vector<uint32_t> PageData::written_by(size_t kernel) const {
  const loops::Kernel& code = view.module.kernels[view.kernels[kernel]->kernel];
  std::vector<uint32_t> list;
  for (size_t a = 0; a < code.buffers.size(); a++)
    if (code.buffers[a].written) add_once(list, view.kernels[kernel]->arguments[a]);
  return list;
}

std::optional<uint32_t> PageData::buffer_of(size_t kernel, ValueId v) const {
  const Node* node = &view.graph[v];
  // A reshape that is its operand's bytes is computed nowhere.
  while (view.computed_in[v].empty() && node->op == Op::reshape) v = node->operands[0], node = &view.graph[v];
  std::string name = view.name(v), number = fmt::format("%{}", v);
  ValueId of = view.graph.gradient_of(v);
  auto fits = [&](const std::string& buffer) {
    return buffer == name || buffer == number || buffer == name + " transposed" || buffer == number + " transposed" ||
           buffer == "constant " + number || (of != no_value && buffer == fmt::format("grad of %{}", of));
  };
  for (uint32_t b : read_by(kernel))
    if (buffer(b).region != Region::hyper && fits(buffer(b).name)) return b;
  return std::nullopt;
}

std::vector<Phase> PageData::find_phases() const {
  std::vector<Phase> phases(view.kernels.size(), Phase::forward);
  bool has_backward = view.graph.loss || !view.graph.updates.empty();
  for (size_t k = view.kernels.size(); k-- > 0;) {
    bool computes_forward = false, computes_other = false, updates = false;
    for (ValueId v : view.kernels[k]->values) {
      if (view.graph[v].def().op_class == OpClass::source || view.computed_in[v].front() != k) continue;
      computes_forward |= view.forward[v] && view.in_memory[v];
      computes_other |= !view.forward[v];
    }
    for (uint32_t b : written_by(k)) updates |= buffer(b).region == Region::params || buffer(b).region == Region::state;
    if (computes_forward) continue;
    if (updates) {
      phases[k] = Phase::update;
    } else if (view.kernels[k]->values.empty()) {  // a transposed copy belongs to those that read it
      for (uint32_t b : written_by(k))
        if (!buffers[b].readers.empty() && buffers[b].readers[0] > k) phases[k] = phases[buffers[b].readers[0]];
    } else if (has_backward || computes_other) {
      phases[k] = Phase::backward;
    }
  }
  return phases;
}

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (c == '\'')
      result += "&#39;";
    else
      result += (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f ? ' ' : c;
  }
  return result;
}

// Characters of UTF-8: all bytes but the continuing ones.
static size_t length_of(const std::string& text) {
  return size_t(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string shortened(const std::string& text, size_t most) {
  if (length_of(text) <= most) return text;
  size_t end = 0, count = 0;
  for (; end < text.size(); end++)
    if ((text[end] & 0xc0) != 0x80 && ++count == most) break;
  return text.substr(0, end) + "…";
}

double text_width(const std::string& text, double size) { return 0.58 * size * double(length_of(text)); }

std::string px(double number) {
  std::string text = fmt::format("{:.1f}", number);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string bytes_text(uint64_t bytes) {
  if (bytes < 100'000) return grouped(bytes) + " B";
  if (bytes < 1'000'000) return fmt::format("{:.0f} kB", double(bytes) / 1e3);
  return bytes < 1'000'000'000 ? fmt::format("{:.3g} MB", double(bytes) / 1e6) : fmt::format("{:.3g} GB", double(bytes) / 1e9);
}

std::string kernel_label(const PageData& page, size_t kernel) {
  const std::string& label = page.view.kernels[kernel]->label;
  return label.empty() ? "copy" : label;
}

}  // namespace graphc::driver
