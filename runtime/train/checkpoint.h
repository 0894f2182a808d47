// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One checkpoint, a safetensors file: all variables of the instance under their names, the weights of the best epoch under
// best/NAME, and in the metadata the run's state, what must agree, and a checksum of everything.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/train/run_state.h"
#include "runtime/train/trainer.h"

namespace graphc {

// What a run that goes on must have in common with the one before: a name and its value.
using Agreements = std::vector<std::pair<std::string, std::string>>;
Agreements agreements(const Instance& net, const TrainSettings& settings, uint64_t rows,
                      const std::vector<std::string>& metric_names);

struct Checkpoint {
  RunState state;
  std::vector<StoredTensor> variables;
  Agreements agreements;
};

std::vector<std::byte> format_checkpoint(const Instance& net, const RunState& state, const Agreements& agreements);
// Error where the file is damaged: by its form, or by its checksum.
Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& name);
Checkpoint read_checkpoint(const std::string& path);

// Error where the checkpoint is of another run, and says in what; else the instance's variables become those of the checkpoint.
void apply_checkpoint(const Checkpoint& checkpoint, const std::string& path, const Agreements& wanted, Instance& net);

}  // namespace graphc
