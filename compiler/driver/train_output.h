// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run of `graphc train` shows and logs while it lasts.
#pragma once

#include <fstream>
#include <memory>

#include "compiler/driver/train_options.h"
#include "runtime/train/observer.h"

namespace graphc::driver {

class TrainOutput : private Observer {
 public:
  // `human`: where people read; `title`: the line that a run begins with. Throws Error where a log cannot be opened.
  TrainOutput(const TrainOptions& options, std::ostream& human, std::string title);
  std::vector<Observer*> observers();
  bool has_failed() const { return !told_.empty(); }  // a log could not be written: that was told

 private:
  void begin(const RunStart& start) override;
  void end_epoch(const EpochRecord&, uint64_t, const std::vector<std::string>&) override { check_logs(); }
  void warning(const std::string& message) override;
  void end(const TrainResult&) override { check_logs(); }
  void check_logs();
  void tell(const std::string& failure);

  const TrainOptions& options_;
  std::ostream& human_;
  std::string title_;
  std::ofstream log_;
  std::string tensorboard_failure_;
  std::vector<std::string> told_;
  std::vector<std::unique_ptr<Observer>> parts_;
};

}  // namespace graphc::driver
