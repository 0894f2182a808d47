// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/explain_html.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "compiler/codegen/codegen.h"
#include "compiler/driver/html_layout.h"
#include "compiler/pipeline.h"
#include "ir/builder.h"
#include "ir/columns.h"
#include "tests/driver/run_program.h"
#include "tests/support/golden.h"

using namespace graphc_test;
using namespace graphc::driver;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The first fault of a page, or nothing: tags are balanced, values of attributes are quoted, `&` begins an entity.
std::string fault_of(const std::string& html) {
  std::vector<std::string> open;
  auto fault = [&](const char* what, size_t at) { return fmt::format("{} at {}: {}", what, at, html.substr(at, 80)); };
  for (size_t i = 0; i < html.size();) {
    if (html[i] == '&' && html.find(';', i) - i > 6) return fault("a lone &", i);
    if (html[i] != '<') {
      i++;
      continue;
    }
    size_t end = i + 1;
    for (bool quoted = false; end < html.size() && (quoted || html[end] != '>'); end++) {
      if (html[end] == '"') quoted = !quoted;
      if (html[end] == '<') return fault("< in a tag", i);
    }
    if (end >= html.size()) return fault("a tag without end", i);
    std::string tag = html.substr(i + 1, end - i - 1), name = tag.substr(0, tag.find_first_of(" /\n", 1));
    size_t from = i;
    i = end + 1;
    if (tag[0] == '!' || name == "meta" || tag.back() == '/') continue;
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != name) return fault("closes what is not open", from);
      open.pop_back();
    } else {
      open.push_back(name);
      if (name == "script" || name == "style") i = html.find("</" + name, i);
    }
  }
  return open.empty() ? "" : "not closed: " + open.back();
}

std::string page_of(const graphc::PlanModule& plan, const std::string& entry = "step") {
  EntryView view(plan, *plan.plan(entry));
  return explain_html(view, "text", {count_kernels(view, plan.max_rows), {}, "not measured"});
}

void check_page(const std::string& html) {
  CHECK(fault_of(html) == "");
  for (const char* outside : {"http", "src=", "url(", "@import", "<link", "<img"}) CHECK_MESSAGE(!has(html, outside), outside);
  for (const char* number : {"nan", "inf ", "inf\""})
    CHECK_MESSAGE(!has(html.substr(html.find("<svg")), fmt::format("=\"{}", number)), number);
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) n++;
  return n;
}

}  // namespace

TEST_CASE("explain --html: every kernel, cached value and buffer; the same page twice") {
  TemporaryFolder folder;
  for (std::string model :
       {"examples/digits/digits.gc", "tests/bench/models/autoencoder.gc", "tests/bench/models/deep_narrow.gc"}) {
    CAPTURE(model);
    Ran ran = run_graphc("explain " + model + " --no-measure --html " + folder / "a.html");
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    CHECK(has(ran.out, "the page"));
    std::string html = read_file(folder / "a.html");
    check_page(html);
    size_t kernels = 0, cached = 0;
    for (; has(ran.out, fmt::format("\n  K{} ", kernels + 1)); kernels++) {
      CHECK(has(html, fmt::format("<tbody id=\"K{}\"", kernels + 1)));
      CHECK(count(html, fmt::format("<g class=\"k fw\" data-k=\"{}\"", kernels)) +
                count(html, fmt::format("<g class=\"k bw\" data-k=\"{}\"", kernels)) +
                count(html, fmt::format("<g class=\"k up\" data-k=\"{}\"", kernels)) ==
            1);
    }
    for (size_t at = ran.out.find("cached for the backward, "); at != std::string::npos;
         at = ran.out.find("cached for the backward, ", at + 1))
      cached++;
    CHECK(kernels >= 10);
    CHECK(cached >= 2);
    CHECK(count(html, "<g class=\"b cac\"") == cached);  // in the workspace
    REQUIRE(run_graphc("explain " + model + " --no-measure --html " + folder / "b.html").code == 0);
    CHECK(html == read_file(folder / "b.html"));
  }
}

TEST_CASE("explain --html: measured, and every entry") {
  TemporaryFolder folder;
  Ran ran = run_graphc("explain " + std::string(digits) + " --html " + folder / "m.html");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  std::string html = read_file(folder / "m.html");
  check_page(html);
  CHECK(has(html, "class=\"roof wide\""));
  CHECK(has(html, "DRAM"));
  CHECK(count(html, "<circle class=\"dot") == 10);
  for (const char* entry : {"grad", "apply", "eval", "predict", "init"}) {
    CAPTURE(entry);
    REQUIRE(run_graphc("explain " + std::string(digits) + " --entry " + entry + " --html " + folder / "e.html").code == 0);
    check_page(read_file(folder / "e.html"));
  }
}

TEST_CASE("explain --html: a page that cannot be written") {
  Ran ran = run_graphc("explain " + std::string(digits) + " --no-measure --html /dev/full");
  CHECK(ran.code == 3);
  CHECK(has(ran.err, "cannot write"));
}

TEST_CASE("explain --html: names are text, whatever they are") {
  std::string hostile = "</script><script>alert(1)</script>'\"&<img src=x onerror=alert(1)>";
  graphc::Builder b(hostile);
  auto x = b.input("x", {graphc::batch, 4});
  auto y = b.target("y", {graphc::batch, 2});
  auto hidden = tanh(b.dense(hostile, x, 8));
  auto z = b.dense("z", hidden, 2);
  b.output("out", z);
  b.minimize(mean_squared_error(z, y), graphc::sgd({.learning_rate = 0.1}));
  std::string html = page_of(build_plan(b.finish(), graphc::describe_target(), {.max_rows = 8}));
  CHECK(fault_of(html) == "");
  CHECK(count(html, "<script>") == 1);
  CHECK(!has(html, "<img"));
  CHECK(!has(html, "alert(1)</script>"));
  CHECK(has(html, "&lt;/script&gt;"));
}

TEST_CASE("layout: items of a layer lie apart, edges go down, lanes do not meet") {
  LayeredDrawing drawing;
  for (int i = 0; i < 40; i++) {
    drawing.add(20 + i % 7, i < 3 ? LayeredDrawing::first : i > 36 ? LayeredDrawing::last : LayeredDrawing::free_);
    for (int from = i >= 3 ? i / 2 : i; from < std::min(i, 37); from += 5) drawing.edge(uint32_t(from), uint32_t(i));
  }
  drawing.run();
  const auto& items = drawing.items();
  for (const auto& edge : drawing.edges())
    for (size_t i = 1; i < edge.items.size(); i++) CHECK(items[edge.items[i]].layer == items[edge.items[i - 1]].layer + 1);
  for (size_t a = 0; a < items.size(); a++) {
    CHECK(items[a].x - items[a].width / 2 > -1e-6);
    CHECK(items[a].x + items[a].width / 2 < drawing.width() + 1e-6);
    for (size_t b = 0; b < a; b++)
      if (items[a].layer == items[b].layer) CHECK(std::abs(items[a].x - items[b].x) > (items[a].width + items[b].width) / 2);
  }
  std::vector<std::pair<double, double>> spans;
  for (int i = 0; i < 60; i++) spans.emplace_back(i * 37 % 50, i * 37 % 50 + i % 11);
  Lanes lanes = assign_lanes(spans, 1);
  for (size_t a = 0; a < spans.size(); a++)
    for (size_t b = 0; b < a; b++)
      if (lanes.lane[a] == lanes.lane[b]) CHECK((spans[a].first >= spans[b].second + 1 || spans[b].first >= spans[a].second + 1));
  CHECK(lanes.count < 20);
}
