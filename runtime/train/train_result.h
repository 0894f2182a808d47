// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run of the fit loop gives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/train/instance.h"

namespace graphc {

struct EpochRecord {
  uint64_t epoch = 0, steps = 0;  // epoch counts from 1
  double seconds = 0;             // of the training steps
  Score train;                    // means over the steps, each taken before its update
  std::optional<Score> validation;
  std::optional<double> learning_rate;  // of the last step, where the step has one
};

enum class Stop { finished, steps_reached, not_finite, interrupted, early, by_observer };
const char* name(Stop stop);  // "finished", "steps_reached", ...

struct TrainResult {
  Stop stop = Stop::finished;
  std::vector<EpochRecord> history;
  std::vector<std::string> metric_names;
  std::optional<Score> test;
  uint64_t epochs = 0, steps = 0, seed = 0;          // epochs: begun; steps: taken, those with a loss that is not finite included
  double seconds = 0;                                // training steps only
  uint64_t not_finite_steps = 0, not_finite_at = 0;  // how many, and the first, or the one that the run stopped at (from 1; 0: none)
  float not_finite_loss = 0;
  std::string monitored;    // by early stopping: the value's name,
  uint64_t best_epoch = 0;  // where it was best (0: nowhere),
  double best = 0;          // its value there,
  bool restored = false;    // and whether the weights are those of that epoch
  uint64_t resumed_at = 0;  // steps of the checkpoint that the run began with
  uint64_t failed_checkpoints = 0;  // could not be written; the observers were told why
};

}  // namespace graphc
