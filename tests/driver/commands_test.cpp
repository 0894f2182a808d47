// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "ir/composite.h"
#include "ir/op.h"
#include "runtime/train/schedule.h"
#include "tests/driver/run_program.h"
#include "tests/support/golden.h"

using namespace graphc_test;
using nlohmann::json;

static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("help: every command, op and composite") {
  std::string all = run_graphc("help").out;
  for (const char* command : {"train", "eval", "predict", "landscape", "check", "explain", "summary", "compile", "bench", "help"}) {
    CHECK(has(all, std::string("\n  ") + command));
    Ran ran = run_graphc(std::string(command) + " --help");
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "Usage: graphc " + std::string(command)));
  }
  auto check = [&](const std::string& name) {
    CAPTURE(name);
    CHECK(has(all, name));
    Ran ran = run_graphc("help " + name);
    CHECK(ran.code == 0);
    CHECK(ran.out.find(name) == 0);
  };
  for (const graphc::OpDef* op : graphc::all_ops()) check(op->name);
  for (const graphc::CompositeDef* composite : graphc::all_composites()) {
    check(composite->name);
    std::string text = run_graphc(std::string("help ") + composite->name).out;
    for (const graphc::ArgumentDef& argument : composite->arguments) CHECK(has(text, argument.name));
  }
  for (const graphc::ScheduleRecord& schedule : graphc::schedules()) {
    check(schedule.name);
    std::string text = run_graphc(std::string("help ") + schedule.name).out;
    for (const graphc::CallArgument& argument : schedule.arguments) CHECK(has(text, argument.name));
  }
  check("early_stopping");
  CHECK(run_graphc("").out == all);
  CHECK(has(run_graphc("--version").out, "LLVM"));
}

TEST_CASE("summary: layers, parameters and bytes") {
  Ran ran = run_graphc("summary " + std::string(digits));
  REQUIRE(ran.code == 0);
  CHECK(has(ran.out, "hidden  f32[batch, 100]       6,500"));
  CHECK(has(ran.out, "7,510 parameters, 7,510 of them trained"));
  CHECK(has(ran.out, "cached for the backward"));
  CHECK(has(run_graphc("summary " + std::string(digits) + " --freeze hidden").out, "7,510 parameters, 1,010 of them trained"));
}

TEST_CASE("explain: both graphs, kernels, bytes, defaults") {
  TemporaryFolder folder;
  Ran ran = run_graphc("explain " + std::string(digits) + " --dot " + folder / "g.dot");
  REQUIRE(ran.code == 0);
  for (const char* part : {"Forward\n", "Backward and update\n", "Kernels, in the order", "Memory\n", "momentum: 0 (default)",
                           "starts as glorot_uniform", "cached for the backward, 12,800 bytes", "replaces hidden.weight",
                           "before it: is the loss finite?", "grad of hidden.weight", "What the backward wants of the forward\n", "in its kernel"})
    CHECK_MESSAGE(has(ran.out, part), part);
  std::string dot = read_file(folder / "g.dot");
  CHECK(dot.find("digraph \"digits.step\" {") == 0);
  CHECK(has(dot, "subgraph cluster_0"));
  CHECK(has(dot, "cached: 12,800 bytes"));
  CHECK(has(dot, "new hidden.weight"));
  if (std::system("command -v dot >/dev/null") == 0)
    CHECK(std::system(("dot -Tsvg '" + folder / "g.dot" + "' -o /dev/null").c_str()) == 0);
  for (const char* entry : {"grad", "apply", "eval", "predict", "init"})
    CHECK(run_graphc("explain " + std::string(digits) + " --entry " + entry).code == 0);
}

TEST_CASE("--memory-budget: the workspace fits, or the message says what would") {
  auto workspace = [](const std::string& budget) {
    return json::parse(run_graphc("bench tests/bench/models/deep_narrow.gc --seconds 0 --no-kernels --json" + budget).out)["workspace_bytes"].get<uint64_t>();
  };
  uint64_t whole = workspace("");
  CHECK(workspace(" --memory-budget 200KB") <= 200 << 10);
  CHECK(whole > 400 << 10);
  CHECK(has(run_graphc("explain tests/bench/models/deep_narrow.gc --memory-budget 200KB").out, " again"));
  Ran ran = run_graphc("train tests/bench/models/deep_narrow.gc --memory-budget 20KB");
  CHECK(ran.code == 2);
  CHECK(has(ran.err, "does not fit a workspace of 20480 bytes for 32 rows"));
  CHECK(has(ran.err, "the smallest budget that works is "));
  for (const char* wrong : {"0", "-1", "12QB", "KB", "99999999999999999999"}) {
    Ran refused = run_graphc("summary tests/bench/models/deep_narrow.gc --memory-budget=" + std::string(wrong));
    CHECK(refused.code == 2);
    CHECK(has(refused.err, "--memory-budget"));
  }
}

TEST_CASE("check: the digits' gradients") {
  Ran ran = run_graphc("check " + std::string(digits) + " --json");
  REQUIRE(ran.code == 0);
  json result = json::parse(ran.out);
  CHECK(result["passed"] == true);
  CHECK(result["parameters"].size() == 4);
  for (const json& row : result["parameters"]) {
    CHECK(row["failures"] == 0);
    CHECK(row["largest_gradient"].get<double>() > 0);
  }
}

TEST_CASE("check: a gradient that is cut off fails where it is all there is") {
  TemporaryFolder folder;
  write_text(folder / "m.gc",
             "model m\ninput x: f32[batch, 3]\ntarget y: f32[batch, 2]\nz = dense(x, 2)\nminimize "
             "mean_squared_error(stop_gradient(z) + 0 * z, y) with sgd(learning_rate: 0.1)\n");
  Ran ran = run_graphc("check " + folder / "m.gc");
  CHECK(ran.code != 0);
}

TEST_CASE("compile: every form, the same twice") {
  TemporaryFolder folder;
  std::string forms = " --emit graph,grad,plan,loops,llvm,asm,obj,header,hpp,json ";
  Ran ran = run_graphc("compile " + std::string(digits) + " -o " + folder / "a" + forms);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  REQUIRE(run_graphc("compile " + std::string(digits) + " -o " + folder / "b" + forms).code == 0);
  for (const char* ending : {"graph", "grad", "plan", "loops", "ll", "s", "o", "h", "hpp", "json"}) {
    std::string text = read_file(folder / "a/digits." + ending);
    CHECK_FALSE(text.empty());
    CHECK(text == read_file(folder / "b/digits." + ending));
  }
  CHECK(read_file(folder / "a/digits.grad").find("graphc.module 1 \"digits\"") == 0);
  for (const char* part : {"params", "30,208", "undefined symbols: none", "stack at most", "int main(void) {", "digits_step(&params"}) CHECK_MESSAGE(has(ran.out, part), part);
  CHECK(run_graphc("compile " + std::string(digits) + " -o " + folder / "c" +
                   " --target thumbv7em-none-eabihf --name tiny --batch 8")
            .code == 0);
  CHECK(std::filesystem::exists(folder / "c/tiny.o"));
  // What the CPU has, but for what was asked for.
  CHECK(run_graphc("compile " + std::string(digits) + " -o " + folder / "n" + " --cpu native --features -avx512f,-avx2,-avx --emit asm").code == 0);
  CHECK_FALSE(has(read_file(folder / "n/digits.s"), "ymm"));
}

TEST_CASE("compile: a triple's CPU is one of its own") {
  TemporaryFolder folder;
  auto assembly = [&](const std::string& options) {
    Ran ran = run_graphc("compile " + std::string(digits) + " -o " + folder / "d" + " --emit asm --entries predict " + options);
    REQUIRE_MESSAGE(ran.code == 0, ran.err);
    return read_file(folder / "d/digits.s");
  };
  CHECK(has(assembly("--target thumbv7em-none-eabihf"), "vfma.f32"));
  CHECK(has(assembly("--target thumbv8m.main-none-eabihf"), ".cpu\tcortex-m33"));
  CHECK(has(assembly("--target thumbv8.1m.main-none-eabihf"), ".cpu\tcortex-m55"));
  CHECK(has(assembly("--target armv6-linux-gnueabihf"), ".cpu\tarm1176jzf-s"));
  // Features are added to what the default has.
  std::string vectors = assembly("--target riscv64-linux-gnu --features +v");
  CHECK(has(vectors, "_v1p0"));
  CHECK(has(vectors, "fmadd.s"));
  CHECK_FALSE(has(assembly("--target aarch64-linux-gnu --features -neon"), "v0.4s"));
}

TEST_CASE("compile: what is asked for ahead of time, and mistakes") {
  TemporaryFolder folder;
  std::string compile = "compile " + std::string(digits) + " -o " + folder / "a";
  auto header = [&](const std::string& options) {
    Ran ran = run_graphc(compile + " " + options);
    CHECK_MESSAGE(ran.code == 0, ran.err);
    return read_file(folder / "a/digits.h");
  };
  std::string predict = header("--entries predict");
  CHECK(has(predict, "digits_predict("));
  CHECK_FALSE(has(predict, "digits_step("));
  CHECK(has(header("--fixed-batch 7"), "#define DIGITS_MAX_ROWS 7u /* and no fewer */"));
  CHECK(has(header("--batch 9"), "#define DIGITS_MAX_ROWS 9u\n"));
  CHECK(has(header("--relocation static"), "digits_step("));
  struct Mistake {
    const char *options, *message;
  };
  for (const Mistake& m : {Mistake{"--entries predcit", "did you mean predict"}, {"--entries step,", "no entry ''"}, {"--fixed-batch 0", "--fixed-batch"},
                           {"--fixed-batch 7 --batch 7", "--batch is given too"}, {"--relocation pie", "did you mean \"pic\""}, {"--emit headers", "did you mean \"header\""},
                           {"--weights none.safetensors", "none.safetensors"}, {"--name 'a b'", "'a b' cannot begin the name of a C function"}}) {
    Ran ran = run_graphc(compile + " " + m.options);
    CHECK_MESSAGE(ran.code == 2, m.options);
    CHECK_MESSAGE(has(ran.err, m.message), m.options << ": " << ran.err);
  }
}

TEST_CASE("bench --json: the fields of the benchmark suite") {
  Ran ran = run_graphc("bench " + std::string(digits) + " --seconds 0.1 --json");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  json line = json::parse(ran.out);
  for (const char* field : {"peer",         "workload",     "threads",      "variant",         "median_ms",    "min_ms",
                            "p10_ms",       "p90_ms",       "pipelined_ms", "steps",           "first_call_s", "rss_mb",
                            "rss_setup_mb", "flops",        "gflops",       "losses",          "other_cpu",    "version",
                            "date",         "params_bytes", "state_bytes",  "workspace_bytes", "text_bytes",   "cached_bytes",
                            "kernels",      "roofline",     "step_row_us",  "predict_row_us"})
    CHECK_MESSAGE(line.contains(field), field);
  CHECK(line["peer"] == "graphc");
  CHECK(line["workload"] == "digits");
  CHECK(line["losses"].size() == 4);
  CHECK(line["steps"].get<int>() >= 30);
  CHECK(line["threads"] == 1);
  CHECK(json::parse(run_graphc("bench " + std::string(digits) + " --seconds 0 --json --threads 3").out)["threads"] == 3);
  // 2 m n k of X W and X^T dY of both layers, and of dY W^T of the second.
  CHECK(line["flops"] == 2 * 32 * (64 * 100 * 2 + 100 * 10 * 3));
  for (const char* latency : {"step_row_us", "predict_row_us"}) {
    CHECK(line[latency]["median"].get<double>() > 0);
    CHECK(line[latency]["p99"] >= line[latency]["median"]);
  }
}

// Fields and counts, never times.
TEST_CASE("bench: each kernel beside the roofline") {
  Ran ran = run_graphc("bench " + std::string(digits) + " --seconds 0.05 --json");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  json line = json::parse(ran.out);
  double share = 0;
  bool has_hidden = false;
  for (const json& kernel : line["kernels"]) {
    for (const char* field : {"kernel", "name", "label", "us", "share", "flops", "gflops", "bytes_read", "bytes_written",
                              "least_us", "attained", "bound"})
      CHECK_MESSAGE(kernel.contains(field), field);
    share += kernel["share"].get<double>();
    if (kernel["label"] != "hidden") continue;
    has_hidden = true;
    // The product, and a bias and a tanh behind it; x, weight and bias are read, the layer's output is written.
    CHECK(kernel["flops"] == 32 * 100 * (2 * 64 + 1 + 20));
    CHECK(kernel["bytes_read"] == 4 * (32 * 64 + 64 * 100 + 100));
    CHECK(kernel["bytes_written"] == 4 * 32 * 100);
  }
  CHECK(has_hidden);
  CHECK(share == doctest::Approx(1).epsilon(0.01));
  CHECK(line["kernels"][0]["kernel"] == "K1");  // as `graphc explain` names them
  CHECK(line["roofline"]["gflops"].get<double>() > 0);
  CHECK(line["roofline"]["levels"].size() >= 3);
  for (const json& level : line["roofline"]["levels"]) CHECK(level["gb_per_s"].get<double>() > 0);

  std::string text = run_graphc("bench " + std::string(digits) + " --seconds 0 --batch 7").out;
  CHECK(has(text, "roofline of one core"));
  CHECK(has(text, "hidden"));

  ran = run_graphc("bench " + std::string(digits) + " --seconds 0 --no-kernels --json");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  line = json::parse(ran.out);
  CHECK(!line.contains("kernels"));
  CHECK(!line.contains("roofline"));
  CHECK(line.contains("step_row_us"));
}

TEST_CASE("bench: equal kernels of a repeated layer are one row") {
  Ran ran = run_graphc("bench tests/bench/models/deep_narrow.gc --seconds 0");
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  CHECK(has(ran.out, "x 64"));
}
