// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same bits whatever the order of tasks, the maximum of rows, and whether step is grad and apply (R13).
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include "compiler/graphc.h"
#include "tests/compiler/shuffled_tasks.h"

using namespace graphc;
using namespace graphc_test;

namespace {

// Large enough that every kind of kernel has several tasks.
Model wide_model(const OptimizerCall& optimizer) {
  Builder b("wide");
  Tensor x = b.input("x", {batch, 200}), y = b.target("y", classes(10));
  Tensor h = relu(b.dense("h1", b.standardize("s", x), 300));
  h = tanh(b.dense("h2", h, 300));
  Tensor logits = b.dense("logits", h, 10);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), optimizer);
  return b.finish();
}

struct Data {
  std::vector<float> x;
  std::vector<int32_t> y;
};
Data data(size_t rows, uint64_t seed) {
  Random random(seed);
  Data d;
  for (size_t i = 0; i < rows * 200; i++) d.x.push_back(float(random.uniform(-2, 2)));
  for (size_t i = 0; i < rows; i++) d.y.push_back(int32_t(random.below(10)));
  return d;
}

bool same(Instance& a, Instance& b) {
  return !std::memcmp(a.params().data(), b.params().data(), a.params().size()) && !std::memcmp(a.state().data(), b.state().data(), a.state().size());
}

}  // namespace

TEST_CASE("tasks in any order give the same bits") {
  for (const OptimizerCall& optimizer : {sgd({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 1e-4}), adam({})}) {
    Program program = compile(wide_model(optimizer), {.max_rows = 256});
    Instance plain = program.instance(7);
    for (Order order : {Order::forward, Order::reverse, Order::random}) {
      Instance reference = program.instance(7), net = program.instance(7);
      Shuffled shuffled{order};
      graphc_hooks hooks{sizeof(graphc_hooks), &shuffled, 1, Shuffled::run};
      net.set_hooks(&hooks);
      for (uint32_t rows : {256u, 256u, 101u, 1u}) {
        Data d = data(rows, rows);
        float expected = reference.step({{"x", d.x}, {"y", d.y}}, rows).loss;
        CHECK(net.step({{"x", d.x}, {"y", d.y}}, rows).loss == expected);
        CHECK(same(net, reference));
      }
      CHECK(shuffled.most_tasks > 1);
    }
  }
}

TEST_CASE("hook_every_kernel: a call of the hook for each launch, and the same bits") {
  Model model = wide_model(adam({}));
  Program plain = compile(model, {.max_rows = 8}), hooked = compile(model, {.max_rows = 8, .hook_every_kernel = true});
  Instance a = plain.instance(3), b = hooked.instance(3);
  uint32_t launches = 0, calls = 0;
  for (const Stage& stage : hooked.plan().plan("step")->stages) launches += uint32_t(stage.launches.size());
  auto run = [](void* user, uint32_t tasks, void (*body)(void*, uint32_t, uint32_t), void* arg) {
    ++*static_cast<uint32_t*>(user);
    for (uint32_t t = 0; t < tasks; t++) body(arg, t, 0);
  };
  graphc_hooks hooks{sizeof(graphc_hooks), &calls, 1, run};
  Data d = data(8, 2);
  b.step({{"x", d.x}, {"y", d.y}}, 8);  // without hooks it is a step as any other
  b.set_hooks(&hooks);
  b.step({{"x", d.x}, {"y", d.y}}, 8);
  for (int i = 0; i < 2; i++) a.step({{"x", d.x}, {"y", d.y}}, 8);
  CHECK(calls == launches);
  CHECK(same(a, b));
}

TEST_CASE("the maximum of rows changes no bit") {
  Model model = wide_model(sgd({.learning_rate = 0.1}));
  Program exact = compile(model, {.max_rows = 37}), roomy = compile(model, {.max_rows = 1500});
  Instance a = exact.instance(1), b = roomy.instance(1);
  for (uint32_t rows : {37u, 20u, 1u}) {
    Data d = data(rows, rows);
    CHECK(a.step({{"x", d.x}, {"y", d.y}}, rows).loss == b.step({{"x", d.x}, {"y", d.y}}, rows).loss);
    CHECK(same(a, b));
  }
}

TEST_CASE("grad and then apply is step") {
  Program program = compile(wide_model(adam({})), {.max_rows = 64});
  Instance whole = program.instance(2), parts = program.instance(2);
  Data d = data(64, 9);
  for (int step = 0; step < 3; step++) {
    whole.step({{"x", d.x}, {"y", d.y}}, 64);
    const graphc_module& module = program.module();
    std::vector<std::vector<float>> gradients;
    std::vector<std::string> names;
    for (uint32_t v = 0; v < module.variables; v++) {
      if (module.variable[v].role != GRAPHC_ROLE_PARAMETER) continue;
      names.push_back(std::string("grad.") + module.variable[v].name);
      gradients.emplace_back(module.variable[v].bytes / 4);
    }
    std::vector<NamedOutput> out;
    std::vector<NamedArray> in;
    for (size_t i = 0; i < names.size(); i++) out.push_back({names[i], gradients[i]}), in.push_back({names[i], gradients[i]});
    CHECK(parts.run("grad", {{"x", d.x}, {"y", d.y}}, std::span<const NamedOutput>(out), 64) == GRAPHC_OK);
    CHECK(parts.run("apply", std::span<const NamedArray>(in), {}, 64) == GRAPHC_OK);
    CHECK(same(whole, parts));
  }
}

TEST_CASE("a loss that is not finite changes nothing") {
  Program program = compile(wide_model(adam({})), {.max_rows = 8});
  Instance net = program.instance(1), before = net.clone();
  Data d = data(8, 1);
  d.x[5] = std::numeric_limits<float>::infinity();
  CHECK(net.step({{"x", d.x}, {"y", d.y}}, 8).status == GRAPHC_NOT_FINITE);
  CHECK(same(net, before));
}
