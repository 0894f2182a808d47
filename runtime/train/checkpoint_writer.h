// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which checkpoints a run writes, and when. One that cannot be written is told and counted; the training goes on.
#pragma once

#include <functional>
#include <optional>

#include "runtime/train/checkpoint_folder.h"

namespace graphc {

class CheckpointWriter {
 public:
  using Warn = std::function<void(const std::string&)>;
  // Without a folder in the settings it does nothing.
  CheckpointWriter(const Instance& net, const TrainSettings& settings, Agreements agreements, Warn warn);
  void open(const RunState& state);  // throws Error where the folder cannot be used

  bool is_due(const RunState& state) const;  // after a step, in mid-epoch
  void write(RunState& state);
  void end_epoch(RunState& state);           // after a whole epoch: the best one, and the usual one where it is time
  void finish(RunState& state);              // at the end of a run: one, unless this step has it

 private:
  void attempt(RunState& state, const std::function<void(std::span<const std::byte>)>& action);

  const Instance& net_;
  const TrainSettings& settings_;
  Agreements agreements_;
  Warn warn_;
  std::optional<CheckpointFolder> folder_;
  bool is_failing_ = false;
  uint64_t last_step_ = 0;
};

}  // namespace graphc
