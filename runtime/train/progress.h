// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fit loop tells while it runs, and four ways to show it.
#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <string_view>

#include "runtime/train/trainer.h"

namespace graphc {

struct StepReport {
  uint64_t epoch, epochs;  // epoch from 1
  uint64_t step, steps;    // within the epoch, from 1
  std::chrono::steady_clock::time_point
      start;          // of the epoch; a clock read costs as much as a small kernel, so none is made here
  const Score* sums;  // of the epoch so far; sums->mean()
  const std::vector<std::string>* metric_names;
};

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin_epoch(uint64_t epoch, uint64_t epochs, uint64_t steps) { (void)epoch, (void)epochs, (void)steps; }
  virtual void step(const StepReport& report) { (void)report; }
  virtual void end_epoch(const EpochRecord& record, uint64_t epochs, const std::vector<std::string>& metric_names) {
    (void)record, (void)epochs, (void)metric_names;
  }
  virtual void end(const TrainResult& result) { (void)result; }
};

// automatic: bar on a terminal, else line. bar: redrawn at most 20 times a second. line: one line an epoch. json: one JSON object
// a line (events "epoch" and "end").
enum class ProgressMode { automatic, bar, line, none, json };
ProgressMode progress_mode(std::string_view name);  // "auto", "bar", "line", "none", "json"; throws Error otherwise

// `out` must outlive it; `terminal` decides what automatic means.
std::unique_ptr<Progress> make_progress(ProgressMode mode, std::ostream& out, bool terminal);

}  // namespace graphc
