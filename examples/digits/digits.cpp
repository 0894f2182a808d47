// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The course's Keras example through the C++ builder: 64 pixels -> 100 tanh -> 10 classes, trained on the digits.
// digits.gc beside it describes the same model; both train to the same bits.
//   example_digits [--save F.safetensors] [--same-as F.safetensors]
// --same-as: exit 1 unless the trained weights equal the file's bit for bit. Exit 1, too, where the test accuracy is below 0.96.
#include <graphc.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "runtime/train/dataset.h"
#include "runtime/train/trainer.h"

static graphc::Program compile_digits() {
  graphc::Builder b("digits");
  auto x = b.input("x", {graphc::batch, 64});
  auto y = b.target("y", graphc::classes(10));
  auto hidden = tanh(b.dense("hidden", b.standardize("scaled", x), 100));
  auto logits = b.dense("logits", hidden, 10);
  b.output("probability", softmax(logits));
  b.metric("accuracy", accuracy(logits, y));
  b.minimize(cross_entropy(logits, y), graphc::sgd({.learning_rate = 0.1}));
  return graphc::compile(b, {.max_rows = 32});
}

// FNV-1a, 64 bits, of everything that the instance holds: to see at a glance that two runs gave the same bits.
static uint64_t hash(graphc::Instance& net) {
  uint64_t h = 0xcbf29ce484222325u;
  for (auto bytes : {net.params(), net.state()})
    for (std::byte byte : bytes) h = (h ^ uint64_t(byte)) * 0x100000001b3u;
  return h;
}

static bool same_bits(graphc::Instance& net, const std::string& path) {
  graphc::Instance other = net.clone();
  other.load(path);
  return std::ranges::equal(net.params(), other.params()) && std::ranges::equal(net.state(), other.state());
}

static int run(const std::string& save, const std::string& same_as) {
  constexpr uint64_t seed = 1;
  graphc::Program program = compile_digits();
  graphc::Instance net = program.instance(seed);

  // The course's split: 1,527 rows to train on, 270 to test with. `train` fits standardize on the first part.
  graphc::DatasetSplit data = graphc::split_dataset(graphc::load_dataset("digits"), 0.15, 37);
  graphc::TrainSettings settings;
  settings.epochs = 15;
  settings.batch = 32;
  settings.seed = seed;
  settings.test = &data.test;
  graphc::TrainResult result = graphc::train(net, data.train, settings);
  for (const graphc::EpochRecord& epoch : result.history)
    std::printf("epoch %2d  loss %.4f  accuracy %.4f\n", int(epoch.epoch), epoch.train.loss, epoch.train.metrics[0]);

  double accuracy = result.test->metrics[0];
  const graphc::EpochRecord& last = result.history.back();  // the first one holds the time of compiling
  std::printf("%d steps, %.1f us each, compiled in %.0f ms\n", int(result.steps), 1e6 * last.seconds / double(last.steps),
              1e3 * program.compile_seconds());
  std::printf("test accuracy %.4f on %d images\n", accuracy, int(data.test.rows));
  std::printf("weights %016llx\n", static_cast<unsigned long long>(hash(net)));
  if (!save.empty()) net.save(save);
  if (!same_as.empty()) {
    bool same = same_bits(net, same_as);
    std::printf("%s the bits of %s\n", same ? "the same as" : "NOT", same_as.c_str());
    if (!same) return 1;
  }
  return accuracy >= 0.96 ? 0 : 1;
}

int main(int count, char** arguments) {
  std::string save, same_as;
  for (int i = 1; i < count; i += 2) {
    bool is_save = !std::strcmp(arguments[i], "--save");
    if (i + 1 == count || (!is_save && std::strcmp(arguments[i], "--same-as"))) {
      std::fprintf(stderr, "usage: %s [--save F.safetensors] [--same-as F.safetensors]\n", arguments[0]);
      return 2;
    }
    (is_save ? save : same_as) = arguments[i + 1];
  }
  try {
    return run(save, same_as);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
