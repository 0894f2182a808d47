// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The models of tests/errors and the generated hostile ones, as (name, text, --set), for the tests that run them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/frontend/model_file.h"
#include "tests/support/golden.h"

namespace graphc_test {

inline std::filesystem::path source_root() { return source_dir(); }

struct ErrorCase {
  std::string name;  // "size_zero.gc"
  std::filesystem::path path;
  std::string text;      // the model: the file up to its first "# expect:" line
  std::string expected;  // those lines, without the mark
  std::map<std::string, std::string> sets;
};

inline ErrorCase read_case(const std::filesystem::path& path) {
  ErrorCase c{path.filename().string(), path, "", "", {}};
  std::string file = read_file(path.string()), mark = "# expect:";
  size_t at = file.starts_with(mark) ? 0 : file.find("\n" + mark);
  if (at != std::string::npos && at > 0) at++;
  c.text = file.substr(0, at);
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# set: ")) {
      size_t equals = line.find('=');
      c.sets[line.substr(7, equals - 7)] = line.substr(equals + 1);
    }
    if (line.starts_with(mark)) c.expected += (line.size() > mark.size() ? line.substr(mark.size() + 1) : "") + "\n";
  }
  return c;
}

inline std::vector<ErrorCase> error_cases() {
  std::vector<ErrorCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator(source_root() / "tests" / "errors"))
    if (entry.path().extension() == ".gc") cases.push_back(read_case(entry.path()));
  std::sort(cases.begin(), cases.end(), [](const ErrorCase& a, const ErrorCase& b) { return a.name < b.name; });
  return cases;
}

// The message as the expectations hold it: without the file's name. Empty where the model is accepted.
inline std::string message_of(const std::string& text, const std::string& name,
                              const std::map<std::string, std::string>& sets = {}) {
  try {
    graphc::parse_model(text, name, sets);
  } catch (const graphc::CompileError& error) {
    std::istringstream lines(error.what());
    std::string message;
    for (std::string line; std::getline(lines, line);) {
      for (size_t at; (at = line.find(name + ":")) != std::string::npos;) line.erase(at, name.size() + 1);
      message += line + "\n";
    }
    return message;
  }
  return "";
}

// Texts that would be long as files, or hold bytes that editors do not keep.
struct HostileCase {
  std::string name, text, expected;  // a part of the message; empty: the model is fine
};
std::vector<HostileCase> hostile_cases();

}  // namespace graphc_test
