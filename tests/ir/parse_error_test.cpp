// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mistakes in the text of a graph: each message whole, in one golden file; then text that means harm.
#include <doctest/doctest.h>

#include "ir/parse.h"
#include "ir/print.h"
#include "tests/support/golden.h"
#include "tests/support/random_arrays.h"

using namespace graphc;

static std::string error_of(const std::string& text, bool module = false) {
  try {
    if (module)
      parse_module(text, "t");
    else
      parse_graph(text, "t");
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

static std::string in_graph(const std::string& lines) { return "graphc.graph 1\ngraph \"g\" {\n" + lines + "\n}\n"; }
static std::string in_module(const std::string& lines) { return "graphc.module 1 \"m\"\n" + lines + "\n"; }

TEST_CASE("messages of the graph reader") {
  const char* input = "  %0: f32[batch, 3] = input {name: \"x\"}\n";
  struct Mistake {
    const char* what;
    std::string text;
    bool module;
  };
  auto graph = [&](const char* what, const std::string& line) { return Mistake{what, in_graph(input + line), false}; };
  auto module = [&](const char* what, const std::string& lines) { return Mistake{what, in_module(lines), true}; };
  const Mistake mistakes[] = {
      {"empty text", "", false},
      {"another form", "graphc.loops 1\n", false},
      {"a later version", "graphc.graph 2\n", false},
      {"no graph", "graphc.graph 1\n", false},
      {"no closing brace", "graphc.graph 1\ngraph \"g\" {\n", false},
      {"text behind the graph", in_graph("") + "graph", false},
      graph("an unknown op", "  %1: f32[batch, 3] = tahn %0"),
      graph("an unknown attribute", "  %1: f32[batch] = reduce_sum %0 {axes: 1}"),
      graph("an attribute is missing", "  %1: f32[batch] = reduce_sum %0"),
      graph("an attribute twice", "  %1: f32[batch] = reduce_sum %0 {axis: 1, axis: 1}"),
      graph("an attribute of another kind", "  %1: f32[batch] = reduce_sum %0 {axis: [1]}"),
      graph("a fraction where a whole number belongs", "  %1: f32[batch] = reduce_sum %0 {axis: 1.5}"),
      graph("an operand that is not defined", "  %1: f32[batch, 3] = tanh %7"),
      graph("a forward reference", "  %1: f32[batch, 3] = tanh %2\n  %2: f32[batch, 3] = neg %0"),
      graph("a value twice", "  %0: f32[batch, 3] = tanh %0"),
      graph("a value's number that is none", "  %1x: f32[batch, 3] = tanh %0"),
      graph("a value's number beyond 32 bits", "  %4294967296: f32[batch, 3] = tanh %0"),
      graph("the wrong type", "  %1: f32[batch, 4] = tanh %0"),
      graph("the wrong order", "  %1: f32[batch] = reduce_sum %0 {axis: 1} order blocks"),
      graph("an order where nothing is added up", "  %1: f32[batch, 3] = tanh %0 order lanes"),
      graph("too many operands", "  %1: f32[batch, 3] = tanh %0, %0"),
      graph("shapes that do not fit", "  %1: f32[batch, batch] = contract %0, %0 {transpose_a: 0, transpose_b: 1}"),
      graph("an axis outside", "  %1: f32[batch] = reduce_sum %0 {axis: 2}"),
      graph("no type where it is needed", "  %1 = broadcast %0 {axes: [0, 1]}"),
      graph("an element type", "  %1: f64[2] = constant {values: [1]}"),
      graph("a negative size", "  %1: f32[-2] = constant {values: [1]}"),
      graph("no rows at all", "  %1: f32[0*batch] = constant {values: [1]}"),
      graph("too many elements", "  %1: f32[65536, 65536] = constant {values: [1]}"),
      graph("a size beyond 64 bits", "  %1: f32[99999999999999999999] = constant {values: [1]}"),
      graph("nine axes", "  %1: f32[1, 1, 1, 1, 1, 1, 1, 1, 1] = constant {values: [1]}"),
      graph("a number beyond floating point", "  %1: f32[] = constant {values: [1e999]}"),
      graph("values that do not fill", "  %1: f32[3] = constant {values: [1, 2]}"),
      graph("an argument outside of a call", "  %1: f32[] = argument {index: 0}"),
      graph("a call that is read directly", "  %1 = call \"c\"() %0 {\n  }\n  %2 = rows\n  %3 = add %2, %1"),
      graph("a call has no type", "  %1: f32[] = call \"c\"() %0 {\n  }"),
      graph("a call's argument of another type", "  %1 = call \"c\"() %0 {\n    %0: f32[] = argument {index: 0}\n  }"),
      graph("a result that the call has not", "  %1 = call \"c\"() %0 {\n  }\n  %2: f32[] = get %1 {index: 0}"),
      graph("a call that is not its composite's", "  %1 = call \"softmax\"() %0 {\n  }"),
      graph("a body with a loss", "  %1 = call \"c\"() {\n    %0: f32[] = constant {values: [1]}\n    loss %0\n  }"),
      graph("the gradient of nothing", "  %1: f32[batch, 3] = tanh %0; gradient of %9"),
      graph("a statement that is none", "  ouput \"x\" = %0"),
      graph("words behind the statement", "  output \"x\" = %0 %0"),
      graph("two outputs of one name", "  output \"x\" = %0\n  output \"x\" = %0"),
      graph("the loss is no scalar", "  loss %0"),
      graph("a string without an end", "  output \"x = %0"),
      graph("an escape", "  output \"\\n\" = %0"),
      graph("a byte that belongs nowhere", "  \x01"),
      graph("several mistakes", "  %1 = tahn %0\n  %2 = neg %1\n  %3 = neg %9\n  output \"y\" = %2\n  output \"z\" = %8"),
      module("an unknown line", "varable \"w\": f32[2] parameter = zeros()"),
      module("an unknown role", "variable \"w\": f32[2] paramter = zeros()"),
      module("an unknown initializer", "variable \"w\": f32[2] parameter = zeroes()"),
      module("a variable with rows", "variable \"w\": f32[batch] parameter = zeros()"),
      module("two of one name", "input \"w\": f32[2]\nvariable \"w\": f32[2] parameter = zeros()"),
      module("fitted to nothing", "variable \"w\": f32[2] fitted = zeros() of \"x:mean\""),
      module("no classes", "input \"y\": i32[batch] target classes 0"),
      module("an input that the module has not", "graph \"g\" {\n  %0: f32[2] = input {name: \"x\"}\n}"),
      module("an input of another type", "input \"x\": f32[3]\ngraph \"g\" {\n  %0: f32[2] = input {name: \"x\"}\n}"),
      module("an update of nothing", "graph \"g\" {\n  %0: f32[2] = constant {values: [1]}\n  update \"w\" = %0\n}"),
      module("an update twice",
             "variable \"w\": f32[2] parameter = zeros()\ngraph \"g\" {\n  %0: f32[2] = constant {values: [1]}\n  update \"w\" = "
             "%0\n  update \"w\" = %0\n}"),
      module("an update of another type",
             "variable \"w\": f32[3] parameter = zeros()\ngraph \"g\" {\n  %0: f32[2] = constant {values: [1]}\n  update \"w\" = "
             "%0\n}"),
  };
  std::string all;
  for (const Mistake& m : mistakes) all += std::string("---- ") + m.what + "\n" + error_of(m.text, m.module) + "\n\n";
  CHECK(all.find("no error") == std::string::npos);
  graphc_test::check_golden("graph/mistakes", all);
}

// Each of these gives a message in bounded time and memory.
TEST_CASE("hostile text") {
  auto repeat = [](const std::string& text, int n) {
    std::string all;
    for (int i = 0; i < n; i++) all += text;
    return all;
  };
  std::string nested;
  for (int i = 0; i < 100000; i++) nested += "%0 = call \"c\"() {\n";
  CHECK(error_of(in_graph(nested)).find("256 deep") != std::string::npos);
  CHECK(error_of(in_graph(nested + repeat("}\n", 100000))).find("256 deep") != std::string::npos);
  CHECK(error_of(in_graph(repeat("{", 100000))) != "no error");
  CHECK(error_of(in_graph(repeat("}", 100000))) != "no error");
  CHECK(error_of(in_graph("%0: f32[" + repeat("1,", 100000) + "1] = rows")) != "no error");
  CHECK(error_of(in_graph("%0: f32[] = constant {values: [" + repeat("9", 100000) + "]}")) != "no error");
  CHECK(error_of(in_graph("%0: i32[] = constant {values: " + repeat("[", 100000))) != "no error");
  CHECK(error_of(in_graph("%0: f32[] = rows \"" + repeat("x", 100000))) != "no error");
  CHECK(error_of(in_graph(repeat("%0 = nothing\n", 100000))).size() < 10000);
  CHECK(error_of(repeat("graph ", 100000), true).size() < 10000);
  CHECK(error_of(std::string(1000, '\0')) != "no error");
  std::string all =
      in_graph("%0: f32[1] = constant {values: [1]}\n%1: f32[100000] = concat %0" + repeat(", %0", 99999) + " {axis: 0}");
  CHECK(error_of(all) == "no error");
}

TEST_CASE("every truncation and damaged copies of a printed module give a message or a module") {
  std::string text = graphc_test::read_file(graphc_test::source_dir() + "/tests/golden/graph/small_module.txt");
  REQUIRE(text.size() > 1000);
  graphc_test::Random random(7);
  int good = 0;
  auto check = [&](const std::string& damaged) {
    try {
      Module module = parse_module(damaged, "damaged");
      std::string printed = print(module);
      CHECK(print(parse_module(printed, "printed")) == printed);
      good++;
    } catch (const CompileError&) {
    }
  };
  for (size_t n = 0; n < 3000; n++) check(text.substr(0, n));
  for (size_t n = 3000; n < text.size(); n += 97) check(text.substr(0, n));
  for (int i = 0; i < 1000; i++) {
    std::string damaged = text;
    damaged[size_t(random.below(int64_t(text.size())))] ^= char(1 << random.below(7));
    check(damaged);
  }
  CHECK(good > 10);
}
