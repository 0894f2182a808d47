// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mistakes in the text of plans and kernels: each message whole, in one golden file; then text that means harm.
#include <doctest/doctest.h>

#include "ir/parse_loops.h"
#include "ir/parse_plan.h"
#include "tests/ir/plan_models.h"
#include "tests/support/golden.h"
#include "tests/support/random_arrays.h"

using namespace graphc;

static std::string kernel_error(const std::string& text) {
  try {
    parse_kernel(text, "t");
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

static std::string plan_error(const std::string& text) {
  try {
    parse_plan(text, "t");
  } catch (const CompileError& error) {
    return error.what();
  }
  return "no error";
}

static std::string in_kernel(const std::string& lines, const std::string& head = "variables 2 results 1") {
  return "graphc.loops 1\nkernel \"k\" {\n  buffer b0: f32\n  buffer b1: f32 written\n  " + head + "\n" + lines + "\n}\n";
}

static std::string repeat(const std::string& text, int n) {
  std::string all;
  for (int i = 0; i < n; i++) all += text;
  return all;
}

static const char* const small_plan = R"(graphc.plan 1
target "t" cpu "c" features "" vector_floats 4 vector_registers 16 vector_fmas 2 fma 1 masks 0 pointer_bytes 8 l1_bytes 32768 l2_bytes 1048576 threads 4
max_rows 8 fingerprint 0123456789abcdef
params 128 state 64 workspace 128
place "scale" params at 64 bytes 16
kernel "copy" {
  buffer b0: f32
  buffer b1: f32 written
  variables 1 results 0
  e0: f32 = load b0[i0]
  vector i0 in 4*batch {
    b1[i0] = e0
  }
}
kernel "times" {
  buffer b0: f32
  buffer b1: f32
  buffer b2: f32 written
  variables 2 results 0
  e0: f32 = load b0[4 i0 + i1]
  e1: f32 = load b1[i1]
  e2: f32 = mul e0, e1
  loop i0 in batch {
    vector i1 in 4 {
      b2[4 i0 + i1] = e2
    }
  }
}
entry "predict" {
  workspace 128
  buffer 0 "x": f32[batch, 4] input at 0 bytes 128 stages 0 to 0
  buffer 1 "scale": f32[4] params at 64 bytes 16 stages 0 to 0
  buffer 2 "y": f32[batch, 4] output at 0 bytes 128 stages 1 to 1
  buffer 3 "%2": f32[batch, 4] workspace at 0 bytes 128 stages 0 to 1
  input 0
  output "y" = 2
  stage {
    launch "times"(0, 1, 3) "" flops 32 computes %2
  }
  stage {
    launch "copy"(3, 2) "" flops 0
  }
}
graphc.module 1 "m"
variable "scale": f32[4] parameter = ones()
input "x": f32[batch, 4]
graph "predict" {
  %0: f32[batch, 4] = input {name: "x"}
  %1: f32[4] = variable {name: "scale"}
  %2: f32[batch, 4] = broadcast %1 {axes: [1]}
  %3: f32[batch, 4] = mul %0, %2
  output "y" = %3
}
)";

TEST_CASE("messages of the kernel reader") {
  const char* load = "  e0: f32 = load b0[i0]\n";
  auto after = [&](const std::string& lines) { return in_kernel(load + lines); };
  const std::pair<const char*, std::string> mistakes[] = {
      {"empty text", ""},
      {"another form", "graphc.graph 1\n"},
      {"a later version", "graphc.loops 2\n"},
      {"no kernel", "graphc.loops 1\n"},
      {"two kernels", "graphc.loops 1\nkernel {\n variables 0 results 0\n}\nkernel {\n variables 0 results 0\n}\n"},
      {"no closing brace", "graphc.loops 1\nkernel {\n variables 0 results 0\n"},
      {"too many variables", in_kernel("", "variables 33 results 0")},
      {"too many results", in_kernel("", "variables 0 results 33")},
      {"tasks of no variable", in_kernel("", "variables 1 results 0\n  tasks i1 in 4 by 2")},
      {"empty tasks", in_kernel("", "variables 1 results 0\n  tasks i0 in 4 by 0")},
      {"a gap in the numbers", after("  e2: f32 = load b0[i1]")},
      {"an unknown buffer", after("  e1: f32 = load b2[i1]")},
      {"an unknown variable", after("  e1: f32 = load b0[i2]")},
      {"an unknown result", after("  e1: f32 = result r1")},
      {"a forward reference", after("  e1: f32 = tanh e1")},
      {"a number without end", after("  e1: f32 = tanh e99999999999999999999")},
      {"an unknown op", after("  e1: f32 = tahn e0")},
      {"an op without an expression", after("  e1: f32 = contract e0, e0")},
      {"an attribute is missing", after("  e1: f32[4] = iota e0")},
      {"the wrong type", after("  e1: i32 = tanh e0")},
      {"too many arguments", after("  e1: f32 = add e0" + repeat(", e0", 20))},
      {"a shape where there is none", after("  e1: f32[4] = constant 1")},
      {"a variable twice in an index", after("  e1: f32 = load b0[i0 + 2 i0]")},
      {"two offsets", after("  e1: f32 = load b0[1 + 2]")},
      {"a stride of nothing", after("  e1: f32 = load b0[0 i1]")},
      {"a computed row without a limit", after("  e1: f32 = load b0[2 e0]")},
      {"a computed row below nothing", after("  e1: f32 = load b0[2 e0 below 0]")},
      {"a computed row that is no integer", after("  e1: f32 = load b0[2 e0 below 5]")},
      {"an unknown statement", after("  lop i0 in 4 {\n  }")},
      {"an unknown reduction", after("  r0 = reduce reduce_sun lanes i0 in 4 of e0")},
      {"a tile of nothing", after("  r0 = contract i0 in 4, i1 in 4, sum i1 in 4 of e0 * e0 tile 0 x 4 {\n  }")},
      {"a negative extent", after("  loop i0 in -4 {\n  }")},
      {"a store to what is not written", after("  loop i0 in 4 {\n    b0[i0] = e0\n  }")},
      {"a variable outside of its loop", after("  b1[0] = e0")},
      {"words behind a statement", after("  loop i0 in 4 {\n    b1[i0] = e0 e0\n  }")},
      {"a transpose that adds", after("  transpose i0 in 4, i1 in 4: b1[i0] += e0")},
  };
  std::string all;
  for (const auto& [what, text] : mistakes) all += std::string("---- ") + what + "\n" + kernel_error(text) + "\n\n";
  CHECK(all.find("no error") == std::string::npos);
  graphc_test::check_golden("plan/kernel_mistakes", all);
}

TEST_CASE("messages of the plan reader") {
  const std::string whole = small_plan;
  REQUIRE(plan_error(whole) == "no error");
  auto with = [&](const std::string& from, const std::string& to) {
    size_t at = whole.find(from);
    REQUIRE(at != std::string::npos);
    return whole.substr(0, at) + to + whole.substr(at + from.size());
  };
  const std::pair<const char*, std::string> mistakes[] = {
      {"empty text", ""},
      {"a later version", with("graphc.plan 1", "graphc.plan 2")},
      {"no module", whole.substr(0, whole.find("graphc.module"))},
      {"a wide machine", with("vector_floats 4", "vector_floats 4096")},
      {"a flag", with("fma 1", "fma yes")},
      {"no rows", with("max_rows 8", "max_rows 0")},
      {"a short fingerprint", with("fingerprint ", "fingerprint 0")},
      {"a place of no variable", with("place \"scale\"", "place \"scal\"")},
      {"an unknown region", with("place \"scale\" params", "place \"scale\" parms")},
      {"a place in the head", with("params at 64 bytes 16\n", "params at 0 bytes 16\n")},
      {"a negative size", with("params at 64", "params at -64")},
      {"a kernel twice", with("kernel \"times\"", "kernel \"copy\"")},
      {"an unknown kernel", with("launch \"times\"", "launch \"tines\"")},
      {"an unknown buffer", with("(0, 1, 3)", "(0, 1, 99)")},
      {"a gap in the numbers", with("  buffer 1 ", "  buffer 2 ")},
      {"an unknown line", with("  input 0\n", "  inpt 0\n")},
      {"two losses", with("  input 0\n", "  input 0\n  loss 0\n  loss 0\n")},
      {"no launch", with("    launch", "    lunch")},
      {"bytes that are not the type's", with("bytes 128 ", "bytes 124 ")},
      {"a stage that reads too early", with("stage {\n    launch \"times\"(0, 1, 3) \"\" flops 32 computes %2\n  }\n  ", "")},
      {"a mistake in the module", with("= mul %0", "= mull %0")},
      {"a mistake in a kernel", with("= mul e0", "= mull e0")},
  };
  std::string all;
  for (const auto& [what, text] : mistakes) all += std::string("---- ") + what + "\n" + plan_error(text) + "\n\n";
  CHECK(all.find("no error") == std::string::npos);
  graphc_test::check_golden("plan/plan_mistakes", all);
}

TEST_CASE("hostile kernels") {
  CHECK(kernel_error(in_kernel(repeat("loop i0 in 2 {\n", 100000))).find("more than 32 deep") != std::string::npos);
  CHECK(kernel_error(in_kernel(repeat("{", 100000))) != "no error");
  CHECK(kernel_error(in_kernel(repeat("}\n", 100000))) != "no error");
  CHECK(kernel_error(in_kernel(repeat("  e0: f32 = rows\n", 100000))).size() < 1000);
  CHECK(kernel_error(in_kernel("  e0: f32 = load b0[" + repeat("i0 + ", 100000) + "1]")) != "no error");
  CHECK(kernel_error(in_kernel("  e0: f32 = load b0[9223372036854775807 i0]")).find("2^40") != std::string::npos);
  CHECK(kernel_error(in_kernel("  e0: f32 = constant 1\n  loop i0 in 4294967297 {\n    b1[i0] = e0\n  }")) != "no error");
  CHECK(kernel_error(in_kernel("  e0: f32 = constant " + repeat("9", 100000))) != "no error");
  CHECK(kernel_error("graphc.loops 1\nkernel {\n" + repeat("buffer b0: f32\n", 10000) + "variables 0 results 0\n}\n") != "no error");
  std::string buffers = "graphc.loops 1\nkernel {\n";
  for (int b = 0; b < 5000; b++) buffers += "buffer b" + std::to_string(b) + ": f32\n";
  CHECK(kernel_error(buffers + "variables 0 results 0\n}\n").find("more than 4096") != std::string::npos);
  std::string exprs;
  for (int e = 0; e < 600000; e++) exprs += "e" + std::to_string(e) + ": i32 = rows\n";
  CHECK(kernel_error(in_kernel(exprs)).find("more than 524288") != std::string::npos);
  CHECK(kernel_error(std::string(1000, '\0')) != "no error");
}

TEST_CASE("hostile plans") {
  const std::string head = "graphc.plan 1\ntarget \"\" cpu \"\" features \"\" vector_floats 1 vector_registers 0 vector_fmas 2 fma 0 masks 0 pointer_bytes 8 l1_bytes 1 l2_bytes 1 threads 4\n"
                           "max_rows 2147483647 fingerprint 0123456789abcdef\nparams 64 state 64 workspace 72057594037927936\n";
  const std::string module = "graphc.module 1 \"m\"\ngraph \"g\" {\n}\n";
  auto entry = [&](const std::string& lines) { return head + "entry \"g\" {\nworkspace 72057594037927936\n" + lines + "}\n" + module; };
  CHECK(plan_error(entry("")) == "no error");
  CHECK(plan_error(entry("buffer 0 \"\": f32[2147483647*batch] workspace at 0 bytes 4 stages 0 to 0\n")) != "no error");
  CHECK(plan_error(entry("buffer 0 \"\": f32[1] workspace at 72057594037927935 bytes 4 stages 0 to 0\n")) != "no error");
  CHECK(plan_error(entry("buffer 0 \"\": f32[1] hyper at 4611686018427387904 bytes 4 stages 0 to 0\n")) != "no error");
  CHECK(plan_error(entry("buffer 0 \"\": f32[1] input at 5 bytes 4 stages 0 to 0\n")) != "no error");
  CHECK(plan_error(entry("loss 4294967295\n")) != "no error");
  CHECK(plan_error(entry("cached %4294967295\n")) != "no error");
  CHECK(plan_error(entry(repeat("stage {\n}\n", 100000))) == "no error");
  CHECK(plan_error(entry(repeat("stage {\n", 100000))) != "no error");
  CHECK(plan_error(head + repeat("place \"w\" params at 64 bytes 4\n", 10000) + module) != "no error");
  CHECK(plan_error(head + "graphc.module 1 \"m\" }") != "no error");
  // A kernel whose check would take for ever: every store in a loop of its own needs the whole chain.
  std::string chain = "kernel \"k\" {\nbuffer b0: f32 written\nvariables 1 results 0\ne0: f32 = constant 1\n";
  for (int e = 1; e < 20000; e++) chain += "e" + std::to_string(e) + ": f32 = neg e" + std::to_string(e - 1) + "\n";
  chain += repeat("loop i0 in 2 {\nb0[i0] = e19999\n}\n", 20000) + "}\n";
  CHECK(plan_error(head + chain + module).find("too large") != std::string::npos);
}

TEST_CASE("every truncation and damaged copies of a printed plan give a message or a plan") {
  std::string text = print(graphc_test::plan_of(graphc_test::tiny_model(), graphc_test::wide_target(), 8));
  graphc_test::Random random(11);
  int good = 0;
  auto check = [&](const std::string& damaged) {
    try {
      PlanModule plan = parse_plan(damaged, "damaged");
      std::string printed = print(plan);
      CHECK(print(parse_plan(printed, "printed")) == printed);
      good++;
    } catch (const CompileError&) {
    }
  };
  for (size_t n = 0; n < text.size(); n += 13) check(text.substr(0, n));
  for (int i = 0; i < 3000; i++) {
    std::string damaged = text;
    damaged[size_t(random.below(int64_t(text.size())))] ^= char(1 << random.below(7));
    check(damaged);
  }
  CHECK(good > 10);
}
