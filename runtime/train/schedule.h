// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Schedules of the learning rate: run-time values, so that a change never compiles anything. Each is one record of a table.
#pragma once

#include <span>

#include "runtime/train/call_record.h"
#include "runtime/train/run_state.h"

namespace graphc {

// Where a step stands in its run, in epochs.
struct ScheduleTime {
  double epoch;    // behind it: 2.5 is the middle of the third
  double step;     // how much of an epoch one step is
  double epochs;   // of the whole run
  uint64_t drops;  // reductions of reduce_on_plateau so far
};

struct ScheduleRecord : CallRecord {
  double (*factor)(const Call& call, const ScheduleTime& time);  // of the learning rate at the run's start
  void (*check)(const Call& call) = nullptr;                     // what concerns several arguments; throws CallError
  void (*check_run)(const Call& call, const ScheduleTime& first) = nullptr;  // what concerns the run's length
};
std::span<const ScheduleRecord> schedules();

class Schedule {
 public:
  Schedule();  // constant
  // Throws CallError: no schedule has this name, or its arguments are wrong.
  explicit Schedule(const std::string& name, const std::vector<GivenArgument>& arguments = {});
  double factor(const ScheduleTime& time) const { return record_->factor(call_, time); }
  // Throws CallError where the run, at its first step, is too short for it.
  void check_run(const ScheduleTime& first) const;
  const Call& call() const { return call_; }
  bool is_constant() const;
  bool watches() const;  // reduce_on_plateau: end_epoch is wanted
  // After an epoch with its validation: reduce_on_plateau decides whether to reduce. `monitored` is a monitored_name.
  void end_epoch(RunState& state, const std::string& monitored, uint64_t epoch, double value) const;

 private:
  const ScheduleRecord* record_;
  Call call_;
};

}  // namespace graphc
