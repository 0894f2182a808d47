// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a run stands between two steps: with the variables of the instance, all that the rest of it depends on.
#pragma once

#include <map>
#include <string>

#include "runtime/train/stored_tensor.h"
#include "runtime/train/train_result.h"

namespace graphc {

struct MonitorState {
  std::string of = {};  // the value's name; empty: nothing was seen yet
  double best = 0;
  uint64_t best_epoch = 0, waited = 0;  // 0: nowhere; whole epochs since
};

struct RunState {
  TrainResult result;  // so far; its history has the whole epochs
  // Of the running epoch.
  uint64_t index = 0;  // steps taken
  double seconds = 0;
  Score sums;
  std::optional<double> learning_rate;
  // Of early stopping, reduce_on_plateau and the best checkpoint.
  MonitorState early_stopping, plateau, best_checkpoint;
  uint64_t drops = 0, cooldown = 0;        // of reduce_on_plateau: reductions so far, epochs of rest
  std::vector<StoredTensor> best_weights;  // for early stopping that restores them; not in the metadata
};

// The fields of a checkpoint's metadata: a name, and words that a person can read. The names of metrics are not among them.
using Metadata = std::map<std::string, std::string>;
Metadata to_metadata(const RunState& state);
RunState from_metadata(const Metadata& fields);  // throws Error where a field is missing or broken; others are left alone

}  // namespace graphc
