// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runs of the experiment, and their two pictures.
#pragma once

#include "examples/random_labels/tasks.h"
#include "runtime/train/train_result.h"

struct Run {
  std::string name;
  double corruption;
  Pixels pixels;
  std::vector<graphc::EpochRecord> history;
  double train_error, test_error;
};

// Training loss and error by epoch; test error and epochs by the share of corrupted labels.
void draw(const std::vector<Run>& runs, const std::string& curves, const std::string& errors);
