// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/early_stopping.h"

namespace graphc {

const CallRecord& early_stopping_record() {
  static const CallRecord record = {
      "early_stopping",
      "Ends the run when a value of the history has not become better for `patience` epochs.",
      {{"monitor", std::string(),
        "the value, such as validation_accuracy; else validation_loss, or train_loss without validation rows"},
       {"patience", 5.0, "epochs without a better value before the run ends", 1, 1e9, true},
       {"min_delta", 0.0, "a better value is better by more than this"},
       {"restore_best", true, "whether the run ends with the weights of the best epoch"},
       {"mode", std::string("auto"), "min or max: which values are better; auto goes by the value's name"}}};
  return record;
}

EarlyStopping::EarlyStopping(const std::vector<GivenArgument>& arguments) : call_(graphc::bind(early_stopping_record(), arguments)) {
  Monitor("", call_.word("mode"), 0);  // refuses another mode
}

bool EarlyStopping::end_epoch(MonitorState& state, const std::string& monitored, uint64_t epoch, double value) const {
  return Monitor(monitored, call_.word("mode"), call_.number("min_delta")).update(state, epoch, value);
}

bool EarlyStopping::is_over(const MonitorState& state) const {
  return static_cast<double>(state.waited) >= call_.number("patience");
}

}  // namespace graphc
