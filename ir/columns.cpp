// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace graphc {

std::string wrap(const std::string& first, const std::string& text) {
  constexpr size_t width = 110;
  std::string result, line = first, word;
  std::istringstream words(text);
  bool empty = true;
  while (words >> word) {
    if (!empty && line.size() + 1 + word.size() > width) {
      result += line + "\n";
      line = std::string(first.size(), ' ');
      empty = true;
    }
    line += (empty ? "" : " ") + word;
    empty = false;
  }
  return result + line + "\n";
}

std::string table(const std::vector<std::vector<std::string>>& rows, const std::string& align, const std::string& indent) {
  std::vector<size_t> width;
  for (const auto& row : rows)
    for (size_t c = 0; c < row.size(); c++) {
      if (c == width.size()) width.push_back(0);
      width[c] = std::max(width[c], row[c].size());
    }
  std::string text;
  auto add = [&](const std::vector<std::string>& row) {
    std::string line = indent;
    for (size_t c = 0; c < row.size(); c++) {
      std::string blanks(width[c] - row[c].size(), ' ');
      line += c ? "  " : "";
      line += c < align.size() && align[c] == 'r' ? blanks + row[c] : row[c] + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  for (size_t r = 0; r < rows.size(); r++) {
    add(rows[r]);
    if (r) continue;
    std::vector<std::string> rule;
    for (size_t w : width) rule.emplace_back(w, '-');
    add(rule);
  }
  return text;
}

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); i++) {
    if (i && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string rounded(double number) {
  if (number < 1e4) return fmt::format("{:.0f}", number);
  if (number < 1e6) return fmt::format("{:.3g} k", number / 1e3);
  return number < 1e9 ? fmt::format("{:.4g} M", number / 1e6) : fmt::format("{:.4g} G", number / 1e9);
}

}  // namespace graphc
