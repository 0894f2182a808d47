// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/class_labels.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/train/csv_cells.h"

namespace graphc {

bool ClassLabels::add(const std::string& text, uint64_t line, uint64_t column) {
  auto [place, is_new] = index_.try_emplace(text, static_cast<int32_t>(labels_.size()));
  if (is_new) {
    if (labels_.size() == most) return false;
    labels_.push_back({text, line, column});
  }
  rows_.push_back(place->second);
  return true;
}

std::vector<int32_t> ClassLabels::resolve(const std::string& name, int32_t limit, const std::vector<std::string>& known,
                                          std::vector<std::string>& names, ErrorList& errors) const {
  std::vector<int32_t> classes(labels_.size());
  auto report = [&](const Label& label, const std::string& message) {
    errors.add(name + ":" + std::to_string(label.line) + ":" + std::to_string(label.column), message);
  };
  auto number = [](const Label& label) { return parse_number(label.text); };
  bool numeric =
      known.empty() && std::all_of(labels_.begin(), labels_.end(), [&](const Label& label) { return number(label).has_value(); });
  if (numeric) {
    for (size_t i = 0; i < labels_.size(); ++i) {
      float value = *number(labels_[i]);
      if (value != std::floor(value) || value < 0 || value >= 16777216) {
        report(labels_[i], "label " + labels_[i].text +
                               " is not a class: a whole number from 0 is wanted; for regression, let the model's target be f32");
      } else if (limit > 0 && value >= static_cast<float>(limit)) {
        report(labels_[i], "label " + labels_[i].text + " is outside 0.." + std::to_string(limit - 1) + ", the model has " +
                               std::to_string(limit) + " classes; they count from 0");
      } else {
        classes[i] = static_cast<int32_t>(value);
      }
      if (errors.full()) break;
    }
  } else {
    names = known;
    if (known.empty()) {
      for (const Label& label : labels_) names.push_back(label.text);
      std::sort(names.begin(), names.end());
    }
    if (known.empty() && limit > 0 && names.size() > static_cast<size_t>(limit)) {
      report(labels_.front(), "the labels are texts of " + std::to_string(names.size()) + " kinds, the model has " +
                                  std::to_string(limit) + " classes" + suggest("", names));
      return {};
    }
    std::unordered_map<std::string, int32_t> class_of;
    for (size_t i = 0; i < names.size(); ++i) class_of.try_emplace(names[i], static_cast<int32_t>(i));
    for (size_t i = 0; i < labels_.size() && !errors.full(); ++i) {
      auto found = class_of.find(labels_[i].text);
      if (found != class_of.end())
        classes[i] = found->second;
      else
        report(labels_[i], "label \"" + labels_[i].text.substr(0, 40) + "\" is not among the classes of training" +
                               suggest(labels_[i].text, names));
    }
  }
  std::vector<int32_t> result;
  if (!errors.empty()) return result;
  result.reserve(rows_.size());
  for (int32_t row : rows_) result.push_back(classes[row]);
  return result;
}

}  // namespace graphc
