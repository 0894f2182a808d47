// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Observer: what the fit loop tells while it runs. Progress displays and logs are observers; so is what a user derives from this.
#pragma once

#include <chrono>

#include "runtime/train/trainer.h"

namespace graphc {

struct RunStart {
  Instance& net;
  const TrainSettings& settings;
  uint64_t rows, steps_per_epoch, steps;  // steps: taken before, where the run goes on from a checkpoint
  const std::vector<std::string>& metric_names;
};

struct StepReport {
  uint64_t epoch, epochs;   // epoch from 1
  uint64_t step, steps;     // within the epoch, from 1
  std::chrono::steady_clock::time_point
      start;          // of the epoch; a clock read costs as much as a small kernel, so none is made here
  const Score* sums;  // of the epoch so far; sums->mean()
  const std::vector<std::string>* metric_names;
  uint64_t run_step = 0;               // within the run, from 1
  const StepResult* result = nullptr;  // of this minibatch alone
  double learning_rate = 0;            // of this step; 0 where it has none
};

// Every function is called between two steps, in the thread that trains, and may read and change the instance.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void begin(const RunStart& start) { (void)start; }
  virtual void begin_epoch(uint64_t epoch, uint64_t epochs, uint64_t steps) { (void)epoch, (void)epochs, (void)steps; }
  virtual void step(const StepReport& report) { (void)report; }
  // After the epoch's validation. The record of an epoch that was broken off has the steps taken.
  virtual void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& metric_names) {
    (void)record, (void)epochs, (void)metric_names;
  }
  // Something beside the training failed (a checkpoint could not be written); it goes on.
  virtual void warning(const std::string& message) { (void)message; }
  virtual void end(const TrainResult& result) { (void)result; }

  void stop() { stops_ = true; }  // the run ends after this step
  bool was_asked_to_stop() { return std::exchange(stops_, false); }

 private:
  bool stops_ = false;
};

}  // namespace graphc
