// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instance::Entry: an entry of the module with what a call of it needs: its hyper struct and a place for every output.
#pragma once

#include "runtime/train/instance.h"
#include "runtime/train/sharing.h"

namespace graphc {

class Instance::Entry {
 public:
  explicit Entry(const graphc_entry_info* info, uint32_t max_rows);

  const graphc_entry_info& info() const { return *info_; }
  const void* hyper() const { return hyper_.empty() ? nullptr : hyper_.data(); }
  const graphc_hyper* find_hyper(std::string_view name) const;
  void set_hyper(const graphc_hyper& hyper, double value);
  double get_hyper(const graphc_hyper& hyper) const;

  // Pointers for the call, in the table's order; throws on unknown, missing, mistyped or short arrays.
  std::vector<const void*> bind_inputs(const Arrays& inputs, uint64_t rows) const;
  std::vector<void*> bind_outputs(const OutputArrays& outputs, uint64_t rows);  // null: not asked for
  void* scratch(uint32_t output);                                               // made when first used

  // Scalar outputs: the loss (the output named "loss", else the first) and the metrics (all others).
  void* const* score_outputs();
  void collect(StepResult& result);
  Sharing& sharing() { return sharing_; }
  const std::vector<std::string>& metric_names() const { return metric_names_; }

 private:
  const graphc_entry_info* info_;
  uint32_t max_rows_;
  std::vector<uint32_t> hyper_;  // u32, so that it is aligned for its members
  std::vector<AlignedBytes> scratch_;
  std::vector<void*> outputs_;
  uint32_t loss_ = 0;
  std::vector<uint32_t> metric_;
  std::vector<std::string> metric_names_;
  std::vector<float> metrics_;
  Sharing sharing_;
};

std::string status_text(graphc_status status);

}  // namespace graphc
