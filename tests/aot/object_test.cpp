// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// R4 and R13 with objects: JIT and ahead of time give the same bits for every model of the repository; what is left out, what
// comes along, and that the same input gives the same bytes.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "compiler/graphc.h"
#include "compiler/pipeline.h"
#include "runtime/train/error.h"
#include "tests/aot/linked_object.h"
#include "tests/aot/model_files.h"
#include "tests/compiler/abi_run.h"
#include "tests/compiler/models.h"

using namespace graphc;
using namespace graphc_test;

namespace {

std::string text_of(const Object& o) { return o.bytes() + o.header() + o.wrapper() + o.memory_map() + o.memory_table() + o.example(); }

uint64_t variables_bytes(const Object& o) { return o.plan().params_bytes + o.plan().state_bytes; }

// A network with state of every kind.
Model rich_model() {
  Builder b("rich");
  auto x = b.input("x", {batch, 6});
  auto y = b.target("y", classes(3));
  auto hidden = relu(b.batch_norm("norm", b.dense("hidden", b.standardize("scaled", x), 9)));
  auto logits = b.dense("logits", b.dropout("drop", hidden, 0.25), 3);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), adam({}));
  return b.finish();
}

}  // namespace

TEST_CASE("the object of every model file gives the JIT's bits, also with a fixed number of rows") {
  auto files = model_files();
  CHECK(files.size() >= 10);
  for (const auto& path : files) {
    CAPTURE(path.string());
    Model model = read_model(path.string()).model;
    constexpr uint32_t rows = 12;
    std::string jit = trace(compile(model, {.max_rows = rows}).module(), Side::end, 0xFF);
    CHECK(trace(LinkedObject(compile_object(model, {.max_rows = rows})).module(), Side::begin, 0xFF) == jit);
    std::string of_most = trace(compile(model, {.max_rows = rows}).module(), Side::end, 0xFF, /*fixed_rows=*/true);
    CHECK(trace(LinkedObject(compile_object(model, {.max_rows = rows, .fixed_rows = true})).module(), Side::end, 0xFF, true) == of_most);
  }
}

TEST_CASE("any number of threads gives an object's bits") {
  Model model = repository_model("tests/bench/models/mlp");
  constexpr uint32_t rows = 64;
  LinkedObject object(compile_object(model, {.max_rows = rows}));
  Random random(3);
  std::vector<float> x(rows * 784);
  for (float& value : x) value = float(random.uniform(-1, 1));
  std::vector<int32_t> y;
  for (uint32_t r = 0; r < rows; r++) y.push_back(int32_t(r % 10));
  std::string expected;
  for (uint32_t threads : {1u, 2u, 4u, 7u}) {
    Instance net(&object.module(), nullptr, 1);
    net.set_threads(threads);
    for (int step = 0; step < 3; step++) net.step({{"x", x}, {"y", y}}, rows);
    std::string found = bytes_of(net.params());
    if (expected.empty()) expected = found;
    CHECK_MESSAGE(found == expected, threads);
  }
}

TEST_CASE("the same input gives the same bytes") {
  for (const char* target : {"", "aarch64-linux-gnu", "thumbv7em-none-eabihf", "wasm32-unknown-unknown"}) {
    CAPTURE(target);
    ObjectOptions options{.target = target, .max_rows = 8};
    CHECK(text_of(compile_object(rich_model(), options)) == text_of(compile_object(rich_model(), options)));
  }
}

TEST_CASE("with a fixed number of rows any other number is refused") {
  LinkedObject object(compile_object(small_classifier(sgd({})), {.max_rows = 7, .fixed_rows = true}));
  AbiRun run(object.module());
  Random random(1);
  auto arrays = run.arrays("step", 7, random);
  std::string before = run.bytes();
  for (uint32_t rows : {0u, 1u, 6u, 8u}) CHECK(run.call("step", arrays, rows) == GRAPHC_BAD_ROWS);
  CHECK(run.bytes() == before);
  CHECK(run.call("step", arrays, 7) == GRAPHC_OK);
}

// Units of work that are alike in all but where their bytes lie share their code.
TEST_CASE("twice the layers are no more code") {
  auto text_of_layers = [](int layers) {
    Builder b("deep");
    Tensor x = b.input("x", {batch, 8});
    for (int i = 0; i < layers; i++) x = relu(b.dense("layer" + std::to_string(i), x, 8));
    b.output("z", x);
    b.minimize(mean(x), adam({}));
    return compile_object(b.finish(), {.max_rows = 4}).text_bytes();
  };
  uint64_t fewer = text_of_layers(100), more = text_of_layers(200);
  CHECK(fewer > 4000);
  CHECK(double(more) < 1.02 * double(fewer));
}

TEST_CASE("entries that are not wanted, and what only they need, are left out") {
  Object all = compile_object(rich_model(), {.max_rows = 8}), predict = compile_object(rich_model(), {.max_rows = 8, .entries = {"predict"}}),
         training = compile_object(rich_model(), {.max_rows = 8, .entries = {"init", "step"}});
  CHECK(predict.text_bytes() < all.text_bytes() / 2);
  CHECK(predict.plan().params_bytes == all.plan().params_bytes);
  for (const Variable& v : predict.plan().module.variables) CHECK(v.role != Role::optimizer);
  CHECK(variables_bytes(predict) < variables_bytes(all));
  // The state of another set of entries may lie elsewhere: it is refused, not misread.
  CHECK(predict.plan().fingerprint != all.plan().fingerprint);
  CHECK(training.plan().fingerprint == all.plan().fingerprint);
  CHECK(training.header().find("rich_step(") != std::string::npos);
  for (const char* gone : {"rich_predict(", "rich_eval(", "rich_grad(", "rich_apply("}) CHECK(training.header().find(gone) == std::string::npos);
  CHECK(predict.header().find("rich_init(") == std::string::npos);
  CHECK_THROWS_WITH_AS(compile_object(rich_model(), {.entries = {"predcit"}}), doctest::Contains("did you mean predict"), CompileError);
}

TEST_CASE("the memory map has the type of every hyper-parameter: a caller without the header fills the struct from it") {
  std::string map = compile_object(rich_model(), {.max_rows = 8, .entries = {"init", "step"}}).memory_map();
  map.erase(std::remove_if(map.begin(), map.end(), [](char c) { return c == ' ' || c == '\n'; }), map.end());
  CHECK(map.find(R"({"name":"seed_lo","type":"i32","default":)") != std::string::npos);
  CHECK(map.find(R"({"name":"learning_rate","type":"f32","default":)") != std::string::npos);
}

TEST_CASE("what cannot be an object says so") {
  for (const char* prefix : {"a-b", "3d", "my model", "graphc", "graphc_x"}) {
    CAPTURE(prefix);
    CHECK_THROWS_AS(compile_object(rich_model(), {.prefix = prefix}), CompileError);
  }
  CHECK_THROWS_WITH_AS(compile_object(rich_model(), {.target = "thumbv7em-none-eabihf", .max_rows = 100'000'000}), doctest::Contains("can address"), CompileError);
  // A budget is for the entries that are asked for: orthogonal initial values need more than predict.
  Model square = parse_model("model square\ninput x: f32[batch, 64]\nparameter w: f32[64, 64] = orthogonal()\noutput y = x @ w\n", "square.gc").model;
  CHECK(compile_object(square, {.max_rows = 1, .entries = {"predict"}, .memory_budget = 2048}).plan().workspace_bytes <= 2048);
}

TEST_CASE("weights come along: init copies them, and predict reads them where they lie") {
  Program program = compile(rich_model(), {.max_rows = 8});
  Instance net = program.instance(3);
  Random random(4);
  std::vector<float> x(48), expected;
  for (float& value : x) value = float(random.uniform(-2, 2));
  std::vector<int32_t> y = {0, 1, 2, 0, 1, 2, 0, 1};
  net.fit({{"x", x}}, 8);
  for (int i = 0; i < 5; i++) net.step({{"x", x}, {"y", y}}, 8);
  expected = net.predict({{"x", x}}, 8);
  std::string file = (std::filesystem::temp_directory_path() / ("graphc-object-" + std::to_string(::getpid()) + ".safetensors")).string();
  net.save(file);

  LinkedObject all(compile_object(rich_model(), {.max_rows = 8, .weights = file}));
  Instance from_init(&all.module(), nullptr, 1);
  CHECK(from_init.predict({{"x", x}}, 8) == expected);
  // What the weights do not say is as after any init: training goes on as from loaded weights.
  Instance loaded = program.instance(1);
  loaded.load(file);
  for (int i = 0; i < 3; i++) {
    CHECK(from_init.step({{"x", x}, {"y", y}}, 8).loss == loaded.step({{"x", x}, {"y", y}}, 8).loss);
    CHECK(bytes_of(from_init.params()) == bytes_of(loaded.params()));
    CHECK(bytes_of(from_init.state()) == bytes_of(loaded.state()));
  }

  Object only = compile_object(rich_model(), {.max_rows = 8, .entries = {"predict"}, .weights = file});
  CHECK(only.header().find("extern const rich_params rich_initial_params;") != std::string::npos);
  LinkedObject::Symbols symbols(only);
  std::vector<float> found(24), workspace(only.plan().workspace_bytes / 4 + 16);
  void* aligned = reinterpret_cast<void*>((uintptr_t(workspace.data()) + 63) / 64 * 64);
  const void* inputs[] = {x.data()};
  void* outputs[] = {found.data()};
  auto run = graphc_entry(symbols.find("rich_entry_predict"));
  CHECK(run(symbols.find("rich_initial_params"), symbols.find("rich_initial_state"), aligned, inputs, outputs, 8, nullptr, nullptr) == GRAPHC_OK);
  CHECK(found == expected);
  // Also what the file does not say is there: the first step is that of an instance which loaded the weights.
  Object steps = compile_object(rich_model(), {.max_rows = 8, .entries = {"step", "predict"}, .weights = file});
  LinkedObject::Symbols of_steps(steps);
  const graphc_module& m = program.module();
  REQUIRE(steps.plan().fingerprint == m.fingerprint);
  GuardedMemory params(m.params_bytes, 64, Side::end, 0), state(m.state_bytes, 64, Side::end, 0), space(m.workspace_bytes, 64, Side::end, 0xFF);
  std::memcpy(params.data(), of_steps.find("rich_initial_params"), m.params_bytes);
  std::memcpy(state.data(), of_steps.find("rich_initial_state"), m.state_bytes);
  Instance fresh = program.instance(1);
  fresh.load(file);
  CHECK(bytes_of(fresh.state()) == bytes_of(state.bytes()));
  fresh.step({{"x", x}, {"y", y}}, 8);
  float loss = 0, right = 0;
  const void* both[] = {x.data(), y.data()};
  void* report[] = {&loss, &right};
  CHECK(graphc_entry(of_steps.find("rich_entry_step"))(params.data(), state.data(), space.data(), both, report, 8, nullptr, nullptr) == GRAPHC_OK);
  CHECK(bytes_of(params.bytes()) == bytes_of(fresh.params()));
  CHECK(bytes_of(state.bytes()) == bytes_of(fresh.state()));

  std::filesystem::remove(file);
  CHECK_THROWS_AS(compile_object(rich_model(), {.weights = file}), Error);
}
