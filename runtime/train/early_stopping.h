// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Early stopping: the run ends when a value of the history has not become better for some epochs.
#pragma once

#include "runtime/train/call_record.h"
#include "runtime/train/monitor.h"

namespace graphc {

const CallRecord& early_stopping_record();

class EarlyStopping {
 public:
  // Throws CallError where an argument is wrong.
  explicit EarlyStopping(const std::vector<GivenArgument>& arguments = {});
  const std::string& monitor() const { return call_.word("monitor"); }
  bool restores_best() const { return call_.flag("restore_best"); }
  // Whether this epoch is the best so far. `monitored` is a monitored_name.
  bool end_epoch(MonitorState& state, const std::string& monitored, uint64_t epoch, double value) const;
  bool is_over(const MonitorState& state) const;  // patience is at its end

 private:
  Call call_;
};

}  // namespace graphc
