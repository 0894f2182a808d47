// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tests/errors: one tiny file per user mistake, with the message it must give. GRAPHC_BLESS=1 writes the messages as they
// are now; read the difference before you keep it.
#include <doctest/doctest.h>

#include <cstdlib>
#include <regex>
#include <set>

#include "compiler/frontend/diagnose.h"
#include "tests/frontend/error_cases.h"

namespace graphc_test {

using namespace graphc;

static std::string as_comments(const std::string& message) {
  std::istringstream lines(message);
  std::string text;
  for (std::string line; std::getline(lines, line);) text += "# expect:" + (line.empty() ? "" : " " + line) + "\n";
  return text;
}

TEST_CASE("each mistake gives its message") {
  const char* variable = std::getenv("GRAPHC_BLESS");
  bool bless = variable && std::string(variable) == "1";
  auto cases = error_cases();
  CHECK(cases.size() >= 60);
  for (const ErrorCase& c : cases) {
    std::string message = message_of(c.text, c.name, c.sets);
    CHECK_MESSAGE(!message.empty(), c.name << " is accepted");
    if (message == c.expected) continue;
    if (bless)
      std::ofstream(c.path, std::ios::binary) << c.text << as_comments(message);
    else
      FAIL_CHECK(c.name << ":\n" << line_difference(c.expected, message) << "GRAPHC_BLESS=1 accepts the new text");
  }
}

// Each place that raises an error, as the lines of its call: refuse(...), unexpected(...) or expect(...).
static std::map<std::string, std::vector<std::pair<uint32_t, uint32_t>>> error_sites() {
  std::map<std::string, std::vector<std::pair<uint32_t, uint32_t>>> sites;
  std::regex call("\\b(refuse|unexpected|expect)\\(");
  for (const auto& entry : std::filesystem::directory_iterator(source_root() / "compiler" / "frontend")) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "diagnose.cpp") continue;
    std::string text = read_file(entry.path().string());
    for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) {
      size_t begin = size_t(it->position()), close = begin + size_t(it->length());
      bool in_string = false;
      for (int depth = 1; depth > 0 && close < text.size(); close++) {
        if (text[close] == '"' && text[close - 1] != '\\') in_string = !in_string;
        if (!in_string) depth += (text[close] == '(') - (text[close] == ')');
      }
      std::string body = text.substr(begin, close - begin);
      // Definitions, and the calls that pass their caller's site on.
      if (body.find(" site)") != std::string::npos || body.find("Site site") != std::string::npos) continue;
      auto line = [&](size_t at) { return uint32_t(1 + std::count(text.begin(), text.begin() + long(at), '\n')); };
      sites[entry.path().filename().string()].push_back({line(begin), line(close)});
    }
  }
  return sites;
}

TEST_CASE("every place of the front end that raises an error is reached") {
  for (const ErrorCase& c : error_cases()) message_of(c.text, c.name, c.sets);
  for (const HostileCase& c : hostile_cases()) message_of(c.text, c.name);
  CHECK_THROWS_AS(read_model((source_root() / "no such file.gc").string()), CompileError);
  CHECK_THROWS_AS(read_model((source_root() / "tests").string()), CompileError);
  auto large = std::filesystem::temp_directory_path() / "graphc_large_model.gc";
  std::ofstream(large) << std::string(size_t(1) << 21, '#');
  CHECK_THROWS_AS(read_model(large.string()), CompileError);
  std::filesystem::remove(large);

  std::map<std::string, std::set<uint32_t>> reached;
  for (const auto& [file, line] : frontend::reached_error_sites())
    reached[std::filesystem::path(file).filename().string()].insert(line);
  size_t count = 0;
  for (const auto& [file, calls] : error_sites())
    for (auto [first, last] : calls) {
      count++;
      auto it = reached[file].lower_bound(first);
      std::string place = "compiler/frontend/" + file + ":" + std::to_string(first);
      CHECK_MESSAGE((it != reached[file].end() && *it <= last), place, ": add a file to tests/errors that gets here");
    }
  CHECK(count > 100);
}

}  // namespace graphc_test
