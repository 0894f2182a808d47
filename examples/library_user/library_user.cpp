// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program with something else to do that trains while it runs, by the JIT. It watches a damped pendulum and learns two things
// of it, with two models in one process: `motion` foretells the pendulum 0.05 s later, `swing` whether it will pass the top within
// the next second. Then two threads train one compiled model at the same time, each an Instance (parameters, state, workspace) of
// its own, on pendulums of different friction; each ends with the bits that it has when it runs alone.
#include <graphc.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <thread>

namespace {

constexpr uint32_t rows = 32;

// Where the bob is, on a circle around (0, 0), and the angular velocity. Without sin and cos, whose last bits differ between machines.
struct Pendulum {
  double x, y, velocity, friction;
  void move(double seconds) {
    constexpr int parts = 10;
    for (int i = 0; i < parts; i++) {
      velocity -= (9.81 * x + friction * velocity) * seconds / parts;
      double turn = velocity * seconds / parts, across = x - y * turn, up = y + x * turn, length = std::sqrt(across * across + up * up);
      x = across / length, y = up / length;
    }
  }
  std::array<float, 3> seen() const { return {float(x), float(y), float(velocity)}; }
};

// Numbers in [0, 1) that are the same on every machine.
struct Random {
  uint32_t state;
  double next() { return (state = state * 1664525u + 1013904223u) / 4294967296.0; }
};

graphc::Program motion_model() {
  graphc::Builder b("motion");
  auto now = b.input("now", {graphc::batch, 3});
  auto change = b.target("change", {graphc::batch, 3});
  auto hidden = tanh(b.dense("second", tanh(b.dense("first", now, 32)), 32));
  auto foretold = b.dense("foretold", hidden, 3);
  b.output("change", foretold);
  b.minimize(mean_squared_error(foretold, change), graphc::adam({.learning_rate = 0.003}));
  return graphc::compile(b, {.max_rows = rows});
}

graphc::Program swing_model() {
  graphc::Builder b("swing");
  auto now = b.input("now", {graphc::batch, 3});
  auto passes = b.target("passes", graphc::classes(2));
  auto logits = b.dense("logits", relu(b.dense("hidden", now, 32)), 2);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, passes));
  b.minimize(cross_entropy(logits, passes), graphc::adam({.learning_rate = 0.01}));
  return graphc::compile(b, {.max_rows = rows});
}

struct Minibatch {
  std::vector<float> now, change;
  std::vector<int32_t> passes;
};

// What the program sees in some moments of its work.
Minibatch watch(Random& random, double friction) {
  Minibatch seen;
  for (uint32_t row = 0; row < rows; row++) {
    double x = 2 * random.next() - 1, y = 2 * random.next() - 1, length = std::sqrt(x * x + y * y);
    Pendulum p{x / length, y / length, 12 * random.next() - 6, friction};
    auto before = p.seen();
    p.move(0.05);
    auto after = p.seen();
    for (int i = 0; i < 3; i++) seen.now.push_back(before[i]), seen.change.push_back(after[i] - before[i]);
    bool passes = false;
    for (int i = 1; i < 20 && !passes; i++) {
      double side = p.x;
      p.move(0.05);
      passes = p.y > 0 && (p.x > 0) != (side > 0);
    }
    seen.passes.push_back(passes);
  }
  return seen;
}

float train_motion(graphc::Instance& net, double friction, int steps) {
  Random random{1};
  float loss = 0;
  for (int i = 0; i < steps; i++) {
    Minibatch seen = watch(random, friction);
    loss = net.step({{"now", seen.now}, {"change", seen.change}}, rows).loss;
  }
  return loss;
}

uint32_t hash(graphc::Instance& net) {
  uint32_t h = 2166136261u;
  for (std::byte b : net.params()) h = (h ^ uint32_t(b)) * 16777619u;
  return h;
}

void run() {
  graphc::Program motion = motion_model(), swing = swing_model();
  std::printf("Numbers of targets %s FMA\n\n", motion.plan().target.fma ? "with" : "without");
  graphc::Instance foretells = motion.instance(1), warns = swing.instance(1);
  Random random{7};
  for (int step = 1; step <= 1000; step++) {
    Minibatch seen = watch(random, 0.1);
    float error = foretells.step({{"now", seen.now}, {"change", seen.change}}, rows).loss;
    graphc::StepResult warning = warns.step({{"now", seen.now}, {"passes", seen.passes}}, rows);
    if (step == 1 || step == 10 || step == 100 || step == 1000)
      std::printf("step %4d  motion: squared error %.9g  swing: loss %.9g, right %.3f\n", step, error, warning.loss, warning.metric("accuracy"));
  }
  std::vector<float> change = foretells.predict({{"now", std::vector<float>{0, -1, 3}}}, 1);
  Pendulum truly{0, -1, 3, 0.1};
  truly.move(0.05);
  std::printf("hanging, at 3 rad/s: foretold %.4f %.4f %.4f, truly %.4f %.4f %.4f\n", change[0], change[1] - 1, 3 + change[2], truly.seen()[0], truly.seen()[1], truly.seen()[2]);

  // One Program, which nobody changes any more, and two threads.
  constexpr double frictions[] = {0.1, 1.0};
  std::vector<graphc::Instance> together, alone;
  for (int i = 0; i < 2; i++) together.push_back(motion.instance(5)), alone.push_back(motion.instance(5));
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) threads.emplace_back([&, i] { train_motion(together[i], frictions[i], 300); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 2; i++) {
    float loss = train_motion(alone[i], frictions[i], 300);
    std::printf("friction %.1f: squared error %.9g; parameters %08x in a thread beside another, %08x alone\n", frictions[i], loss, hash(together[i]), hash(alone[i]));
  }
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {  // CompileError, or Error
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
