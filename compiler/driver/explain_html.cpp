// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The page that `graphc explain --html` writes: one file, no resources beside it, readable without its script.
#include "compiler/driver/explain_html.h"

#include <fmt/format.h>

#include "compiler/driver/explain.h"
#include "compiler/driver/flops.h"
#include "compiler/driver/html_page.h"
#include "compiler/driver/html_parts.h"
#include "ir/columns.h"

namespace graphc::driver {

namespace {

std::string number(const std::string& value, const std::string& what, const std::string& sentence) {
  return fmt::format("<div><b>{}</b><span>{}</span><small>{}</small></div>\n", escaped(value), what, sentence);
}

std::string numbers(const PageData& page) {
  const EntryView& view = page.view;
  uint64_t parameters = 0, trained = 0;
  for (const Variable& v : view.module.module.variables)
    if (v.role == Role::parameter) {
      parameters += uint64_t(v.type.shape.count_at(1));
      trained += v.trainable ? uint64_t(v.type.shape.count_at(1)) : 0;
    }
  double operations = 0, seconds = 0;
  for (const KernelTime& k : page.kernels) operations += k.flops, seconds += k.seconds;
  std::string html = "<div class=\"numbers\">\n";
  html += number(grouped(parameters), "parameters", fmt::format("{} of them are trained.", grouped(trained)));
  html += number(bytes_text(view.module.params_bytes), "of parameters",
                 "With a head of 64 bytes, each parameter on a boundary of 64.");
  html +=
      number(bytes_text(view.module.state_bytes), "of state", "What the optimizer remembers and what was fitted to the data.");
  html += number(bytes_text(view.plan.workspace_bytes), "of workspace",
                 "Values between the kernels; the caller lends it for a call.");
  if (!view.plan.cached.empty())
    html += number(bytes_text(view.cached_bytes()), "cached",
                   fmt::format("{} forward value{} wait{} in the workspace for the backward pass.", view.plan.cached.size(),
                               view.plan.cached.size() == 1 ? "" : "s", view.plan.cached.size() == 1 ? "s" : ""));
  html += number(rounded(operations), "operations",
                 fmt::format("For {} rows; {} of them in matrix products. An exponential counts as several.",
                             grouped(view.module.max_rows), rounded(matmul_flops(view.graph, view.module.max_rows))));
  html += number(std::to_string(page.kernels.size()), "kernels",
                 seconds > 0 ? fmt::format("Together they take {:.1f} µs on one core.", seconds * 1e6)
                             : "Each is one function over buffers.");
  return html + "</div>\n";
}

std::string section(const char* id, const char* title, const std::string& note, const std::string& body) {
  return fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n", id, title, note, body);
}

std::string key(const char* look, const char* text) { return fmt::format("<span><i class=\"{}\"></i>{}</span>", look, text); }

}  // namespace

std::string explain_html(const EntryView& view, const std::string& text, const Measurement& measured) {
  PageData page(view, measured.kernels, measured.roofline);
  std::string title = fmt::format("{}: {}", view.module.module.name, view.plan.entry);
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<main>\n",
      escaped(title), page_css);
  html += fmt::format("<h1>{}</h1>\n<p class=\"sub\">The entry <b>{}</b>, for up to {} rows, on {}</p>\n",
                      escaped(view.module.module.name), escaped(view.plan.entry), grouped(view.module.max_rows),
                      escaped(to_string(view.module.target)));
  html += numbers(page);
  html += section(
      "graph", "Graph",
      "Each box is a kernel: what it reads, its operations, what it writes. The backward pass runs upwards, each kernel beside "
      "the one whose gradient it computes. Learning rates and constants are not drawn. A click on a kernel shows it everywhere.",
      "<p class=\"legend\">" + key("fw", "forward") + key("bw", "backward") + key("cac", "cached for the backward") +
          key("mem", "in memory") + key("par", "parameter or state") + key("new", "its new value") + key("inp", "input") +
          key("res", "output") + key("again", "dashed: computed again") + "</p>\n" + graph_figure(page));
  html += section("kernels", "Kernels",
                  "In the order in which they run: what was fused, what was not and why. Operations are weighed: a division or "
                  "an exponential "
                  "counts as several.",
                  kernel_table_html(page));
  if (std::string wanted = wanted_table_html(page); !wanted.empty())
    html += section("wanted", "Cache or recompute",
                    "What the backward wants of the forward: the bytes that keeping a value takes, and what computing it again would.", wanted);
  html += section("arena", "Workspace",
                  "Every value between kernels has its bytes for as long as it is needed; then others use them.",
                  "<p class=\"legend\">" + key("fw", "of the forward pass") + key("bw", "of the backward pass") +
                      key("cac", "cached for the backward") + "</p>\n" + arena_figure(page));
  html += section(
      "roofline", "Roofline",
      measured.note.empty()
          ? "What one core of this machine can do, and what each kernel attains. A dot's area is its share of the time; under a "
            "slope the memory is the limit, under the flat roof the arithmetic."
          : escaped(measured.note),
      roofline_figure(page));
  html += "<section id=\"text\"><h2>The chain rule, as text</h2>\n<details><summary>What graphc explain prints</summary>\n<pre>" +
          escaped(text) + "</pre></details></section>\n</main>\n<aside id=\"panel\" hidden></aside>\n<script>\n";
  return html + std::string(page_js) + "</script>\n</body>\n</html>\n";
}

}  // namespace graphc::driver
