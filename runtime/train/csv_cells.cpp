// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/csv_cells.h"

#include <charconv>
#include <cmath>

namespace graphc {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::string CsvCell::content() const {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    if (escaped && text[i] == '"') ++i;
  }
  return result;
}

std::string CsvCell::shown() const {
  std::string result = "\"";
  for (char c : text.substr(0, 40)) result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return result + (text.size() > 40 ? "...\"" : "\"");
}

CsvLines::CsvLines(std::string_view text) : rest_(text) {
  if (rest_.substr(0, 3) == "\xef\xbb\xbf") rest_.remove_prefix(3);
  size_t last = rest_.find_last_not_of(" \t\r\n");
  rest_ = rest_.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool CsvLines::next() {
  if (rest_.empty()) return false;
  size_t end = rest_.find('\n');
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);
  ++number_;
  return true;
}

bool CsvCells::next(CsvCell& cell) {
  if (done_) return false;
  cell = CsvCell{};
  size_t start = line_.find_first_not_of(blanks, at_);
  if (start == std::string_view::npos || line_[start] != '"') {
    size_t comma = line_.find(',', at_);
    size_t end = comma == std::string_view::npos ? line_.size() : comma;
    cell.text = trim(line_.substr(at_, end - at_));
    cell.column = (cell.text.empty() ? at_ : static_cast<size_t>(cell.text.data() - line_.data())) + 1;
    done_ = comma == std::string_view::npos;
    at_ = end + 1;
    return true;
  }
  cell.column = start + 1;
  size_t end = start + 1;
  while ((end = line_.find('"', end)) != std::string_view::npos && end + 1 < line_.size() && line_[end + 1] == '"') {
    cell.escaped = true;
    end += 2;
  }
  if (end == std::string_view::npos) {
    cell.error = "the quote is not closed in this line";
    cell.text = line_.substr(start + 1);
    done_ = true;
    return true;
  }
  cell.text = line_.substr(start + 1, end - start - 1);
  size_t comma = line_.find_first_not_of(blanks, end + 1);
  if (comma != std::string_view::npos && line_[comma] != ',') {
    cell.error = "text follows the closing quote; separate cells by commas";
    comma = line_.find(',', comma);
  }
  done_ = comma == std::string_view::npos;
  at_ = done_ ? line_.size() : comma + 1;
  return true;
}

std::optional<float> parse_number(std::string_view text, const char** reason) {
  auto fail = [&](const char* why) -> std::optional<float> {
    if (reason) *reason = why;
    return std::nullopt;
  };
  if (text.empty()) return fail("is empty; a number is wanted");
  if (text[0] == '+' && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  float value = 0;
  const char* last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, value);
  if (error == std::errc::invalid_argument || end != last) return fail("is not a number");
  if (error == std::errc::result_out_of_range) {  // too large, or so small that it is 0
    double wide = 0;
    if (std::from_chars(text.data(), last, wide).ec == std::errc() && std::fabs(wide) < 1) return static_cast<float>(wide);
    size_t exponent = text.find_first_of("eE");
    if (exponent != std::string_view::npos && exponent + 1 < text.size() && text[exponent + 1] == '-') return 0.0f;
    return fail("is too large for f32 (largest 3.4e38)");
  }
  if (!std::isfinite(value)) return fail("is not finite; remove or replace the row");
  return value;
}

}  // namespace graphc
