// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Class labels as they come from a text: whole numbers mean themselves, anything else is a name; names are numbered in
// sorted order once all are known.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/train/error.h"

namespace graphc {

class ClassLabels {
 public:
  static constexpr size_t most = 65536;

  // False where there are more than `most` distinct labels. `line` and `column`: for errors, of the first place of each.
  bool add(const std::string& text, uint64_t line, uint64_t column);

  // The class of every row, and in `names` the sorted names (empty for whole numbers). `known`: the names from training, where
  // there are some; `limit`: the model's classes, or 0. Errors go to the list with places "NAME:LINE:COLUMN".
  std::vector<int32_t> resolve(const std::string& name, int32_t limit, const std::vector<std::string>& known,
                               std::vector<std::string>& names, ErrorList& errors) const;

 private:
  struct Label {
    std::string text;
    uint64_t line, column;
  };
  std::vector<Label> labels_;
  std::vector<int32_t> rows_;  // index in labels_
  std::unordered_map<std::string, int32_t> index_;
};

}  // namespace graphc
