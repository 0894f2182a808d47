// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/train_output.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "runtime/train/error.h"
#include "runtime/train/json_lines.h"
#include "runtime/train/progress.h"
#include "runtime/train/tensorboard.h"

namespace graphc::driver {

TrainOutput::TrainOutput(const TrainOptions& o, std::ostream& human, std::string title)
    : options_(o), human_(human), title_(std::move(title)) {
  bool shows_json = o.progress == "json" && !o.json;
  std::ostream& out = shows_json ? std::cout : human;
  parts_.push_back(make_progress(progress_mode(o.progress), out, isatty(&out == &std::cerr ? 2 : 1)));
  if (!o.log.empty()) {
    log_.open(o.log, o.resume.empty() ? std::ios::out : std::ios::app);  // a run that goes on adds to its log
    if (!log_) throw Error(o.log + ": error: the log cannot be opened for writing");
    parts_.push_back(make_json_lines(log_, o.log_steps.value_or(0)));
  }
  if (!o.tensorboard.empty())
    parts_.push_back(make_tensorboard(o.tensorboard, o.log_steps.value_or(0), &tensorboard_failure_));
}

std::vector<Observer*> TrainOutput::observers() {
  std::vector<Observer*> all;
  for (const auto& part : parts_) all.push_back(part.get());
  all.push_back(this);  // last: what it says stands behind what they show
  return all;
}

void TrainOutput::begin(const RunStart& start) {
  if (options_.progress == "none") return;
  human_ << title_ << std::endl;
  if (start.steps) human_ << "goes on after step " << start.steps << std::endl;
}

void TrainOutput::warning(const std::string& message) { std::cerr << "graphc: warning: " << message << std::endl; }

void TrainOutput::tell(const std::string& failure) {
  if (std::find(told_.begin(), told_.end(), failure) != told_.end()) return;
  told_.push_back(failure);
  warning(failure + "; the training goes on");
}

void TrainOutput::check_logs() {
  if (!options_.log.empty() && !log_) tell(options_.log + ": error: the log could not be written");
  if (!tensorboard_failure_.empty()) tell(tensorboard_failure_);
}

}  // namespace graphc::driver
