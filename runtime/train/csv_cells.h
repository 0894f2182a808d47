// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The lines and cells of a CSV text; nothing about what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graphc {

struct CsvCell {
  std::string_view text;  // without surrounding blanks and quotes
  uint64_t column = 1;    // byte in the line, from 1
  bool escaped = false;   // has doubled quotes inside: use content()
  const char* error = nullptr;
  std::string content() const;  // doubled quotes undone
  std::string shown() const;    // for messages: quoted, short, printable
};

// Walks a text line by line; both \n and \r\n end a line, a byte order mark is skipped.
class CsvLines {
 public:
  explicit CsvLines(std::string_view text);
  bool next();  // false at the end; blank lines at the end do not count
  std::string_view line() const { return line_; }
  uint64_t number() const { return number_; }

 private:
  std::string_view rest_, line_;
  uint64_t number_ = 0;
};

// Walks the cells of a line.
class CsvCells {
 public:
  explicit CsvCells(std::string_view line) : line_(line) {}
  bool next(CsvCell& cell);  // false after the last

 private:
  std::string_view line_;
  size_t at_ = 0;
  bool done_ = false;
};

// A finite f32, or none; `reason` says why.
std::optional<float> parse_number(std::string_view text, const char** reason = nullptr);

}  // namespace graphc
