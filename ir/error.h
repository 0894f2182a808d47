// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CompileError is the user's, with place and remedy; InternalError is ours.
#pragma once

#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <vector>

namespace graphc {

// clang before 16 does not know the library's; there a location is a line.
#ifdef __cpp_lib_source_location
using SourceLocation = std::source_location;
#else
class SourceLocation {
 public:
  static constexpr SourceLocation current(const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    SourceLocation location;
    location.file_ = file;
    location.line_ = line;
    return location;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr uint32_t line() const { return line_; }
  constexpr uint32_t column() const { return 0; }

 private:
  const char* file_ = "";
  uint32_t line_ = 0;
};
#endif

// Where something was written: a model file or a C++ builder call. `file` is interned and lives as long as the process.
struct Place {
  const char* file = nullptr;
  uint32_t line = 0, column = 0;

  Place() = default;
  Place(const std::string& file, uint32_t line, uint32_t column);
  Place(const SourceLocation& location);  // NOLINT: a builder call is a place
};
std::string to_string(const Place& place);  // "model.gc:12:9", empty where unknown

struct Diagnostic {
  Place place;
  std::string message;             // begins with the op or statement: "matmul: inner sizes differ: ..."
  std::vector<std::string> notes;  // remedies, near names
};

class CompileError : public std::runtime_error {
 public:
  explicit CompileError(Diagnostic diagnostic) : CompileError(std::vector<Diagnostic>{std::move(diagnostic)}) {}
  explicit CompileError(std::vector<Diagnostic> diagnostics, const std::string& source_text = "");
  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

 private:
  std::vector<Diagnostic> diagnostics_;
};

// "place: error: message", the source line with a caret where `source_text` has it, then "note:" lines.
std::string format(const Diagnostic& diagnostic, const std::string& source_text = "");

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

// The candidate nearest to `name` by edit distance, or empty when none is near.
std::string nearest(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace graphc
