// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/error.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace graphc {

static const char* intern(const std::string& text) {
  static std::set<std::string> names;
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  return names.insert(text).first->c_str();
}

Place::Place(const std::string& file, uint32_t line, uint32_t column) : file(intern(file)), line(line), column(column) {}
Place::Place(const SourceLocation& location)
    : file(location.file_name()), line(location.line()), column(location.column()) {}

std::string to_string(const Place& place) {
  if (!place.file) return "";
  std::string text = place.file;
  if (place.line) text += ":" + std::to_string(place.line);
  if (place.line && place.column) text += ":" + std::to_string(place.column);
  return text;
}

static std::string line_of(const std::string& text, uint32_t line) {
  size_t begin = 0;
  for (uint32_t i = 1; i < line; i++) {
    begin = text.find('\n', begin);
    if (begin == std::string::npos) return "";
    begin++;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string format(const Diagnostic& diagnostic, const std::string& source_text) {
  std::string text = to_string(diagnostic.place);
  text += (text.empty() ? "error: " : ": error: ") + diagnostic.message;
  if (!source_text.empty() && diagnostic.place.line) {
    std::string line = line_of(source_text, diagnostic.place.line);
    if (line.size() > 200) line = line.substr(0, 200) + "...";
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::string caret;  // tabs stay tabs, so that the caret stands below its column
    for (uint32_t c = 1; c < diagnostic.place.column && c <= line.size(); c++) caret += line[c - 1] == '\t' ? '\t' : ' ';
    text += "\n  " + line + "\n  " + caret + "^";
  }
  for (const auto& note : diagnostic.notes) text += "\n  note: " + note;
  return text;
}

static std::string format_all(const std::vector<Diagnostic>& diagnostics, const std::string& source_text) {
  std::string text;
  for (const auto& d : diagnostics) text += (text.empty() ? "" : "\n") + format(d, source_text);
  return text;
}

CompileError::CompileError(std::vector<Diagnostic> diagnostics, const std::string& source_text)
    : std::runtime_error(format_all(diagnostics, source_text)), diagnostics_(std::move(diagnostics)) {}

static size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest(const std::string& name, const std::vector<std::string>& candidates) {
  if (name.size() > 64) return "";
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  std::string result;
  for (const auto& candidate : candidates) {
    if (candidate.size() > 64 || candidate == name) continue;
    size_t distance = edit_distance(name, candidate);
    if (distance < best && distance < name.size()) best = distance, result = candidate;
  }
  return result;
}

}  // namespace graphc
