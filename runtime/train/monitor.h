// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Monitor: follows one value of the history, for early stopping and reduce_on_plateau: how good it was at best, and for how long
// it has not become better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/train/run_state.h"

namespace graphc {

// Of the metrics of a training step those that `eval` has too: a step has others, such as gradient_norm, which follow them.
std::vector<std::string> validated_metrics(const std::vector<std::string>& of_step, const std::vector<std::string>& of_eval);

// train_loss, validation_loss, train_METRIC, validation_METRIC, as the history names them. Empty: validation_loss, or train_loss
// where there are no validation rows, and so no names of `of_eval`. Throws Error for another name, or where there are no such rows.
std::string monitored_name(const std::string& name, const std::vector<std::string>& of_step,
                           const std::optional<std::vector<std::string>>& of_eval);
double monitored_value(const std::string& name, const EpochRecord& record, const std::vector<std::string>& metric_names);

class Monitor {
 public:
  // `mode` is min, max, or auto: max for what is better when it is larger, such as accuracy, else min.
  Monitor(std::string name, const std::string& mode, double min_delta);
  const std::string& name() const { return name_; }
  // Whether `value` is better than the best so far by more than min_delta. One that is not a number never is.
  bool update(MonitorState& state, uint64_t epoch, double value) const;

 private:
  std::string name_;
  bool larger_is_better_;
  double min_delta_;
};

}  // namespace graphc
