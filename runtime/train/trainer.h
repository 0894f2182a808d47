// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fit loop: epochs of minibatches through `step`, exact sample-weighted means, validation and test through `eval`.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/train/dataset.h"
#include "runtime/train/instance.h"
#include "runtime/train/minibatch.h"

namespace graphc {

class Progress;

enum class NotFinite { stop, skip };  // skip: go on with the next minibatch (params and state were left unchanged)

struct TrainSettings {
  uint64_t epochs = 1;
  uint32_t batch = 32;            // at most the module's max_rows
  std::optional<uint64_t> steps;  // stop after so many
  uint64_t seed = 1;              // of the shuffling; initial values belong to Instance
  Sampling sampling = Sampling::epoch;  // Sampling::order: without shuffling
  const Dataset* validation = nullptr;                // evaluated after every epoch
  const Dataset* test = nullptr;                      // evaluated after the last step
  std::vector<std::pair<std::string, double>> hyper;  // overrides, by name
  NotFinite not_finite = NotFinite::stop;
  const std::atomic<bool>* interrupt = nullptr;  // set: finish the step and stop
  Progress* progress = nullptr;
  std::string step_entry = "step", eval_entry = "eval";
};

struct EpochRecord {
  uint64_t epoch = 0, steps = 0;  // epoch counts from 1
  double seconds = 0;             // of the training steps
  Score train;                    // means over the steps, each taken before its update
  std::optional<Score> validation;
};

enum class Stop { finished, steps_reached, not_finite, interrupted };

struct TrainResult {
  Stop stop = Stop::finished;
  std::vector<EpochRecord> history;
  std::vector<std::string> metric_names;
  std::optional<Score> test;
  uint64_t epochs = 0, steps = 0, seed = 0;          // epochs: begun; steps: taken, those with a loss that is not finite included
  double seconds = 0;                                // training steps only
  uint64_t not_finite_steps = 0, not_finite_at = 0;  // how many, and the first (from 1; 0: none)
  float not_finite_loss = 0;
};

// Fits standardize first where the instance needs it. A loss that is not finite ends in the result, not in an Error.
TrainResult train(Instance& net, const Dataset& dataset, const TrainSettings& settings);

}  // namespace graphc
