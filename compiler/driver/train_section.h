// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The calls of a model file's train section, against the trainer's records. Errors stand at their place in the file.
#pragma once

#include "compiler/frontend/model_file.h"
#include "runtime/train/trainer.h"

namespace graphc::driver {

// Fills in schedule, early_stopping and not_finite, where the file has them.
void apply_train_section(const ModelFile& file, TrainSettings& settings);

// Whether the run has the values that the schedule and early stopping monitor.
void check_monitors(const ModelFile& file, const TrainSettings& settings, Instance& net);

}  // namespace graphc::driver
