// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables of kernels, with the loops behind them, and of what the backward wants.
#include <fmt/format.h>

#include <map>

#include "compiler/driver/html_page.h"
#include "compiler/driver/wanted.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

constexpr size_t most_open_loops = 400;  // kernels whose text is shown: pages stay of a size that browsers like

std::string list_of(const PageData& page, const std::vector<uint32_t>& buffers) {
  std::string text;
  for (uint32_t b : buffers)
    if (page.buffer(b).region != Region::constant)
      text += fmt::format("{}<span class=\"{}\">{}</span>", text.empty() ? "" : ", ",
                          page.buffers[b].cached ? "cached" : name(page.buffer(b).region), escaped(page.buffer(b).name));
  return text.empty() ? "nothing" : text;
}

std::string operations_of(const PageData& page, size_t k) {
  std::string text;
  for (ValueId v : page.view.kernels[k]->values)
    if (page.view.graph[v].def().op_class != OpClass::source)
      text += std::string(text.empty() ? "" : " ") + page.view.graph[v].def().name;
  return text;
}

std::string times(const PageData& page, size_t k, double sum) {
  if (!page.roofline) return "";
  const KernelTime& t = page.kernels[k];
  double least = page.roofline->least_seconds(t.flops, double(t.traffic()), t.footprint);
  return fmt::format("<td class=\"r\">{:.2f}</td><td class=\"r\">{:.1f} %</td><td class=\"r\">{:.0f} % of {}</td>",
                     t.seconds * 1e6, 100 * t.seconds / sum, 100 * least / t.seconds,
                     escaped(page.roofline->bound(t.flops, double(t.traffic()), t.footprint)));
}

}  // namespace

std::string kernel_table_html(const PageData& page) {
  double sum = 0;
  for (const KernelTime& t : page.kernels) sum += t.seconds;
  std::string html = fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th></th><th>computes</th><th class=\"r\">operations</th><th class=\"r\">bytes "
      "read</th>"
      "<th class=\"r\">written</th>{}</tr></thead>\n",
      page.roofline ? "<th class=\"r\">µs</th><th class=\"r\">share</th><th class=\"r\">attained</th>" : "");
  int wide = page.roofline ? 7 : 4;
  for (size_t k = 0; k < page.kernels.size(); k++) {
    const KernelTime& t = page.kernels[k];
    const char* look = page.phase[k] == Phase::forward ? "fw" : page.phase[k] == Phase::backward ? "bw" : "up";
    html += fmt::format(
        "<tbody id=\"K{0}\" data-k=\"{1}\" data-code=\"code{2}\"><tr><th class=\"{3}\">{4}</th><td>{5}</td><td "
        "class=\"r\">{6}</td>"
        "<td class=\"r\">{7}</td><td class=\"r\">{8}</td>{9}</tr>\n<tr class=\"more\"><td></td><td colspan=\"{10}\">",
        k + 1, k, t.launch->kernel, look, t.explained, escaped(kernel_label(page, k)), rounded(t.flops), grouped(t.read),
        grouped(t.written), times(page, k, sum), wide);
    if (std::string ops = operations_of(page, k); !ops.empty())
      html += "<div><b>fused</b> <code>" + escaped(ops) + "</code></div>";
    html +=
        "<div><b>reads</b> " + list_of(page, page.read_by(k)) + " <b>writes</b> " + list_of(page, page.written_by(k)) + "</div>";
    if (page.view.loss_checked_before(k)) html += "<div><b>before it</b> is the loss finite?</div>";
    for (const std::string& d : t.launch->decisions) html += "<div class=\"why\"><b>why</b> " + escaped(d) + "</div>";
    html += "</td></tr></tbody>\n";
  }
  html += "</table></div>\n<details><summary>Loops: what each kernel's code does</summary>\n";
  std::map<uint32_t, std::string> users;  // equal kernels are one function
  for (size_t k = 0; k < page.kernels.size(); k++) {
    std::string& list = users[page.kernels[k].launch->kernel];
    list += (list.empty() ? "" : ", ") + page.kernels[k].explained;
  }
  size_t shown = 0;
  for (const auto& [code, kernels] : users) {
    if (shown++ == most_open_loops) {
      html += fmt::format("<p class=\"note\">and {} more: graphc compile --emit loops</p>\n", users.size() - most_open_loops);
      break;
    }
    const loops::Kernel& kernel = page.view.module.kernels[code];
    html += fmt::format("<details><summary>{} <small>{}</small></summary><pre id=\"code{}\">{}</pre></details>\n",
                        escaped(kernel.name), escaped(kernels), code, escaped(loops::print_named(kernel)));
  }
  return html + "</details>\n";
}

std::string wanted_table_html(const PageData& page) {
  std::vector<WantedValue> all = wanted_values(page.view);
  if (all.empty()) return "";
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>value</th><th>choice</th><th class=\"r\">bytes if kept</th>"
      "<th class=\"r\">to rebuild: reads bytes</th><th class=\"r\">operations</th><th>again in</th></tr></thead>\n<tbody>\n";
  for (const WantedValue& w : all) {
    std::string kernels, value = escaped(page.view.name(w.value));
    for (size_t k : w.kernels) kernels += (kernels.empty() ? "" : ", ") + page.view.kernel_name(k);
    if (w.choice == WantedValue::kept) value = "<span class=\"cached\">" + value + "</span>";
    html += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td><td>{}</td></tr>\n", value,
                        name(w.choice), grouped(w.bytes), grouped(w.read_bytes), rounded(w.operations), kernels);
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace graphc::driver
