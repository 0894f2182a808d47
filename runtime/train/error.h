// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Error: what went wrong at run time (data, files, weights, training): what, where, remedy. Its kind is the program's exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace graphc {

enum class ErrorKind { training_failed = 1, user = 2, out_of_resources = 3 };

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorKind kind = ErrorKind::user) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// " (did you mean \"NAME\"?)" where one of `names` is near, else " (there are: a, b, c)"; for the end of a message.
std::string suggest(const std::string& name, const std::vector<std::string>& names);

// Collects a reader's errors, so that a user sees up to ten at once. Each is a line "PLACE: error: MESSAGE".
class ErrorList {
 public:
  static constexpr size_t limit = 10;
  void add(const std::string& place, const std::string& message);
  bool full() const { return lines_.size() >= limit; }
  bool empty() const { return lines_.empty(); }
  void throw_if_any() const;  // throws Error (user) with all lines

 private:
  std::vector<std::string> lines_;
};

}  // namespace graphc
