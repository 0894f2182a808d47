// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/checkpoint_writer.h"

#include <new>

#include "runtime/train/error.h"
#include "runtime/train/monitor.h"

namespace graphc {

CheckpointWriter::CheckpointWriter(const Instance& net, const TrainSettings& settings, Agreements agreements, Warn warn)
    : net_(net), settings_(settings), agreements_(std::move(agreements)), warn_(std::move(warn)) {}

void CheckpointWriter::open(const RunState& state) {
  const CheckpointSettings& settings = settings_.checkpoint;
  if (settings.folder.empty()) return;
  last_step_ = state.result.steps;
  folder_.emplace(settings, !settings_.resume.empty() && same_folder(settings.folder, settings_.resume), state.result.steps);
}

bool CheckpointWriter::is_due(const RunState& state) const {
  return folder_ && settings_.checkpoint.every && state.result.steps % settings_.checkpoint.every == 0;
}

void CheckpointWriter::attempt(RunState& state, const std::function<void(std::span<const std::byte>)>& action) {
  std::string why;
  try {
    action(format_checkpoint(net_, state, agreements_));
    is_failing_ = false;
    return;
  } catch (const Error& error) {
    why = error.what();
  } catch (const std::bad_alloc&) {
    why = settings_.checkpoint.folder + ": error: there is no memory for it";
  }
  ++state.result.failed_checkpoints;
  if (!is_failing_) warn_("no checkpoint of step " + std::to_string(state.result.steps) + ": " + why);
  is_failing_ = true;  // a full disk fails at every step, and is told once
}

void CheckpointWriter::write(RunState& state) {
  last_step_ = state.result.steps;
  if (folder_) attempt(state, [&](auto bytes) { folder_->write(state.result.steps, bytes); });
}

void CheckpointWriter::finish(RunState& state) {
  if (last_step_ != state.result.steps) write(state);
}

void CheckpointWriter::end_epoch(RunState& state) {
  if (!folder_) return;
  const EpochRecord& record = state.result.history.back();
  std::string monitored = record.validation ? "validation_loss" : "train_loss";
  Monitor monitor(monitored, "min", 0);
  bool is_best = monitor.update(state.best_checkpoint, record.epoch, monitored_value(monitored, record, {}));
  if (is_best) attempt(state, [&](auto bytes) { folder_->write_best(bytes); });
  if (!settings_.checkpoint.every || is_due(state)) write(state);
}

}  // namespace graphc
