// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The course of a run, for programs (CSV, JSON) and people (SVG).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/train/trainer.h"

namespace graphc {

struct RunInfo {
  std::string model, data;
  std::vector<std::pair<std::string, std::string>> set;  // what --set changed
};

// One row an epoch: epoch, steps, seconds, train_loss, train_accuracy, validation_loss, ..., learning_rate (of the
// last step), then a column set.NAME each.
std::string history_csv(const TrainResult& result, const RunInfo& info = {});
std::string history_json(const TrainResult& result, const RunInfo& info = {});
// Loss on the left, the first metric on the right; training and validation curves, test as a mark;
// below them the learning rate where it changes.
std::string history_svg(const TrainResult& result, const RunInfo& info = {});

// Chooses by the name's ending (.csv, .json, .svg); Error for another one.
void write_history(const std::string& path, const TrainResult& result, const RunInfo& info = {});

// The object of `graphc train --json`: train_loss, train_accuracy, validation_*, test_*, epochs, steps, seconds, seed;
// stop where the run did not finish, best_epoch with early stopping.
std::string result_json(const TrainResult& result);

}  // namespace graphc
