// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fit loop: epochs of minibatches through `step`, exact sample-weighted means, validation and test through `eval`.
#pragma once

#include <atomic>
#include <utility>

#include "runtime/train/dataset.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/schedule.h"
#include "runtime/train/train_result.h"
#include "runtime/train/instance.h"
#include "runtime/train/minibatch.h"

namespace graphc {

class Observer;

enum class NotFinite { stop, skip };  // skip: go on with the next minibatch (params and state were left unchanged)

// A checkpoint is one file of all that the rest of a run depends on: a run that goes on from it ends with the same bits as one
// that was never stopped.
struct CheckpointSettings {
  std::string folder;  // empty: no checkpoints
  uint64_t every = 0;  // steps; 0: after every epoch
  uint64_t keep = 3;   // newest files, beside the best one
};

struct TrainSettings {
  uint64_t epochs = 1;
  uint32_t batch = 32;            // at most the module's max_rows
  std::optional<uint64_t> steps;  // stop after so many
  uint64_t seed = 1;              // of the shuffling; initial values belong to Instance
  Sampling sampling = Sampling::epoch;  // Sampling::order: without shuffling
  const Dataset* validation = nullptr;                // evaluated after every epoch
  const Dataset* test = nullptr;                      // evaluated after the last step
  std::vector<std::pair<std::string, double>> hyper;  // overrides, by name
  Schedule schedule;                                  // of learning_rate, from its value at the start
  std::optional<double> schedule_epochs;              // where its end is; else `epochs`, however many steps are taken
  std::optional<EarlyStopping> early_stopping;
  NotFinite not_finite = NotFinite::stop;
  CheckpointSettings checkpoint;
  std::string resume;                            // folder whose newest checkpoint the run goes on from; empty: begin anew
  std::vector<std::pair<std::string, std::string>> must_agree;  // with that checkpoint, beside what checkpoint.cpp knows: name, value
  const std::atomic<bool>* interrupt = nullptr;  // set: finish the step and stop
  std::vector<Observer*> observers;
  std::string step_entry = "step", eval_entry = "eval";
};

// Fits standardize first where the instance needs it. A loss that is not finite ends in the result, not in an Error.
TrainResult train(Instance& net, const Dataset& dataset, const TrainSettings& settings);

}  // namespace graphc
