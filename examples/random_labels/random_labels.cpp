// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Zhang et al. 2017: a network that has room for its training set learns it by heart, whatever the labels and the pixels are.
//   example_random_labels                                        short, on synthetic images
//   example_random_labels TRAIN TEST [CURVES.svg ERRORS.svg]     SPECs such as cifar:train.bin.gz
#include <graphc.h>

#include <cstdio>
#include <exception>
#include <string>

#include "examples/random_labels/pictures.h"
#include "examples/random_labels/tasks.h"
#include "examples/random_labels/two_layers.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/observer.h"

namespace {

struct Size {
  int64_t units;
  uint32_t batch;
  uint64_t epochs;  // at most
  std::vector<uint64_t> points;  // of the construction
};

graphc::Program compile_network(int64_t width, const Size& size) {
  graphc::Builder b("mlp");
  auto x = b.input("x", {graphc::batch, width});
  auto y = b.target("y", graphc::classes(10));
  auto a = b.standardize("scaled", x);
  for (const char* name : {"hidden1", "hidden2", "hidden3"}) a = relu(b.dense(name, a, size.units));
  auto logits = b.dense("logits", a, 10);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), graphc::sgd({.learning_rate = 0.02, .momentum = 0.9}));
  return graphc::compile(b, {.max_rows = size.batch});
}

// Ends the run after an epoch in which every row was right before its step.
struct UntilKnown : graphc::Observer {
  void end_epoch(const graphc::EpochRecord& epoch, uint64_t, const std::vector<std::string>&) override {
    if (epoch.train.metrics[0] == 1) stop();
  }
};

Run train(const graphc::Program& program, const Data& data, const char* name, double corruption, Pixels pixels, const Size& size) {
  Data task = make_task(data, corruption, pixels);
  graphc::Dataset rows = as_dataset(task.train), held_out = as_dataset(task.test);
  graphc::Instance net = program.instance(/*seed=*/1);
  UntilKnown watch;
  graphc::TrainSettings settings;
  settings.epochs = size.epochs;
  settings.batch = size.batch;
  settings.test = &held_out;
  settings.schedule = graphc::Schedule("exponential", {{"factor", 0.95}});
  settings.observers = {&watch};
  graphc::TrainResult result = graphc::train(net, rows, settings);
  graphc::Score known = graphc::evaluate(net, rows);
  Run run{name, corruption, pixels, result.history, 1 - known.metrics[0], 1 - result.test->metrics[0]};
  std::printf("%-26s %6d %14.9g %12.4f %11.4f\n", name, int(result.epochs), known.loss, run.train_error, run.test_error);
  std::fflush(stdout);
  return run;
}

std::vector<Run> train_all(const Data& data, const Size& size) {
  graphc::Program program = compile_network(int64_t(data.train.width()), size);
  std::printf("Numbers of targets %s FMA\n\n", program.plan().target.fma ? "with" : "without");
  std::printf("%d training rows, %d test rows of %d pixels; 3 x %d units\n", int(data.train.rows()), int(data.test.rows()),
              int(data.train.width()), int(size.units));
  std::printf("%-26s %6s %14s %12s %11s\n", "", "epochs", "training loss", "train error", "test error");
  std::vector<Run> runs;
  auto add = [&](const char* name, double corruption, Pixels pixels) {
    runs.push_back(train(program, data, name, corruption, pixels, size));
  };
  add("true labels", 0, Pixels::original);
  add("10 % corrupted", 0.1, Pixels::original);
  add("20 % corrupted", 0.2, Pixels::original);
  add("40 % corrupted", 0.4, Pixels::original);
  add("60 % corrupted", 0.6, Pixels::original);
  add("80 % corrupted", 0.8, Pixels::original);
  add("90 % corrupted", 0.9, Pixels::original);
  add("random labels", 1, Pixels::original);
  add("shuffled pixels", 0, Pixels::shuffled);
  add("random pixels", 0, Pixels::random);
  add("Gaussian pixels", 0, Pixels::gaussian);
  return runs;
}

void construct(const Data& data, const Size& size) {
  Data random = make_task(data, 1, Pixels::original);
  std::printf("\nTwo layers built, not trained: n random labels in d = %d dimensions with 2n + d weights\n", int(data.train.width()));
  std::printf("%6s %8s %13s %14s %16s %12s\n", "n", "weights", "smallest gap", "error, double", "error, compiled", "labels right");
  for (uint64_t points : size.points) {
    Fit fit = fit_exactly(random.train, points);
    std::printf("%6d %8d %13.2g %14.2g %16.6g %12d\n", int(fit.points), int(fit.weights), fit.smallest_gap, fit.double_error,
                fit.compiled_error, int(fit.right));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 1 && count != 3 && count != 5) {
    std::fprintf(stderr, "usage: %s [TRAIN TEST [CURVES.svg ERRORS.svg]]\n", arguments[0]);
    return 2;
  }
  try {
    bool is_short = count == 1;
    Data data = is_short ? synthetic_data(200, 100, 48) : Data{load_images(arguments[1]), load_images(arguments[2])};
    Size size = is_short ? Size{64, 10, 60, {50, 200}} : Size{512, 128, 200, {100, 1000, data.train.rows()}};
    std::vector<Run> runs = train_all(data, size);
    construct(data, size);
    if (count == 5) draw(runs, arguments[3], arguments[4]);
    bool all_known = true;
    for (const Run& run : runs) all_known &= run.train_error == 0;
    std::printf("\nEvery training set known by heart: %s\n", all_known ? "yes" : "NO");
    return all_known ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
