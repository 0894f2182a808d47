// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The folder of a run's checkpoints: step-000000720.safetensors, ..., and best.safetensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>

#include "runtime/train/checkpoint.h"

namespace graphc {

class CheckpointFolder {
 public:
  // Makes the folder where it is missing. Throws Error where that fails, or where it has checkpoints of another run: all of them,
  // unless the run goes on from this folder, from step `resumed_at`.
  CheckpointFolder(const CheckpointSettings& settings, bool resumes_here, uint64_t resumed_at);

  // Replaces nothing before the new file is whole; then removes the oldest beyond `keep`. Throws Error.
  void write(uint64_t step, std::span<const std::byte> bytes);
  void write_best(std::span<const std::byte> bytes);

 private:
  std::string path_;
  uint64_t keep_;
  std::deque<std::string> files_;  // of this run, oldest first
};

bool same_folder(const std::string& a, const std::string& b);

struct Found {
  Checkpoint checkpoint;
  std::string path;
};
// The newest whole checkpoint of a folder, best.safetensors where there is no other. `report` gets the errors of damaged ones.
// Throws Error where there is none.
Found newest_checkpoint(const std::string& folder, const std::function<void(const std::string&)>& report);

}  // namespace graphc
