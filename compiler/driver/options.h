// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The options of one command. Each call declares one; the variables get their values before the command runs. What a user
// writes wrongly is an Error with a remedy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graphc::driver {

class Options {
 public:
  explicit Options(std::string command);
  ~Options();

  void argument(std::string& value, const char* name, const char* doc, bool required = true);
  void text(const char* option, std::string& value, const char* shown, const char* doc, bool required = false);
  void many(const char* option, std::vector<std::string>& values, const char* shown, const char* doc);  // repeatable
  void flag(const char* option, bool& value, const char* doc);
  // Whole numbers in [low, high]; anything else is refused.
  void whole(const char* option, std::optional<uint64_t>& value, uint64_t low, uint64_t high, const char* doc);
  void number(const char* option, double& value, double low, double high, const char* doc);
  void on_off(const char* option, std::optional<bool>& value, const char* doc);

  // False where the help was asked for and printed.
  bool parse(const std::vector<std::string>& arguments);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// " (did you mean "NAME"?)" or the names that there are, for the end of a message.
std::string hint(const std::string& name, const std::vector<std::string>& names);

// NAME=VALUE, in the order given.
using Sets = std::vector<std::pair<std::string, std::string>>;
Sets parse_sets(const std::vector<std::string>& texts);

}  // namespace graphc::driver
