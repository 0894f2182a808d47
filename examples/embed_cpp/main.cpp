// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C++20 program with a network that was compiled ahead of time: two threads train it, a copy is kept, and a wrong label is
// refused. No LLVM and no compiler is in it.
//   example_embed_cpp DIGITS.csv EPOCHS
#include <cstdio>
#include <cstdlib>

#include "examples/embed_cpp/training.h"
#include "runtime/pool/pool.h"

static void show_refusal(digits::Network& net) {
  const std::vector<float> x(digits_pixels);
  const std::vector<int32_t> label = {10};  // the classes are 0 to 9
  try {
    net.step(x, label);
  } catch (const digits::Refused& refused) {
    std::printf("refused with %d: %s\n", int(refused.status), refused.what());
  }
}

static void run(const char* csv, uint32_t epochs) {
  std::printf("Numbers of targets %s FMA\n\n", DIGITS_FUSED_MULTIPLY_ADD ? "with" : "without");
  Training training(csv);
  graphc::Pool pool(2);  // the caller and one more
  digits::Network net(/*seed=*/1);
  net.set_hooks(pool.hooks());
  training.fit(net.state());

  digits::Network kept = net;  // with memory of its own: what the product goes on using while `net` learns
  for (uint32_t epoch = 1; epoch <= epochs; epoch++) {
    double loss = training.epoch(net, epoch - 1);
    std::printf("epoch %u  loss %.9g  test accuracy %.4f\n", unsigned(epoch), loss, training.accuracy(net));
    if (epoch == epochs / 2) kept = net;
  }
  std::printf("the copy of epoch %u: test accuracy %.4f\n", unsigned(epochs / 2), training.accuracy(kept));
  show_refusal(net);
}

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s DIGITS.csv EPOCHS\n", arguments[0]);
    return 2;
  }
  try {
    run(arguments[1], uint32_t(std::strtoul(arguments[2], nullptr, 10)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
