// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/error.h"

#include <algorithm>
#include <numeric>

namespace graphc {
namespace {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] != b[j])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggest(const std::string& name, const std::vector<std::string>& names) {
  constexpr size_t longest = 256;  // the distance costs the product of the lengths
  const std::string* near = nullptr;
  size_t best = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : names) {
    if (name.size() > longest || candidate.size() > longest) continue;
    size_t distance = edit_distance(name, candidate);
    if (distance < best && distance < name.size()) best = distance, near = &candidate;
  }
  if (near) return " (did you mean \"" + *near + "\"?)";
  if (names.empty()) return " (there is none)";
  std::string text = " (there are: ";
  for (size_t i = 0; i < names.size(); ++i) {
    if (i == 12) return text + ", ...)";
    text += (i ? ", " : "") + names[i];
  }
  return text + ")";
}

void ErrorList::add(const std::string& place, const std::string& message) {
  if (!full()) lines_.push_back(place + ": error: " + message);
}

void ErrorList::throw_if_any() const {
  if (lines_.empty()) return;
  std::string text = lines_[0];
  for (size_t i = 1; i < lines_.size(); ++i) text += "\n" + lines_[i];
  if (full()) text += "\nnote: stopped after " + std::to_string(limit) + " errors";
  throw Error(text);
}

}  // namespace graphc
