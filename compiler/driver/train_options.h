// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/driver/session.h"
#include "runtime/train/trainer.h"

namespace graphc::driver {

struct TrainOptions {
  ModelOptions model;
  DataOptions data;
  std::optional<uint64_t> epochs, batch, steps, seed, threads, checkpoint_every, keep, log_steps;
  std::optional<bool> shuffle;
  std::string init, save, checkpoint, resume, log, tensorboard, confusion, not_finite, sampling, progress = "auto";
  std::vector<std::string> history;
  bool json = false;

  void declare(Options& options);
  Sampling sampling_with(const TrainingSettings& file) const;  // the command line wins
  void check() const;  // what can be refused before anything is computed
};

// The line that ends a run: steps, time, and the score that counts most.
std::string summary_line(const TrainResult& result, const Data& data, double compile_seconds);

}  // namespace graphc::driver
