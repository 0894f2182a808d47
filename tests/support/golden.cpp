// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/support/golden.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

namespace graphc_test {

std::string source_dir() { return GRAPHC_SOURCE_DIR; }

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

static std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    bool whole = end != std::string::npos;
    lines.push_back(whole ? text.substr(at, end - at) : text.substr(at) + "  (no line end)");
    at = whole ? end + 1 : text.size();
  }
  return lines;
}

std::string line_difference(const std::string& before, const std::string& after) {
  auto a = lines_of(before), b = lines_of(after);
  size_t begin = 0, end = 0;
  while (begin < a.size() && begin < b.size() && a[begin] == b[begin]) begin++;
  while (end < a.size() - begin && end < b.size() - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) end++;
  size_t n = a.size() - end - begin, m = b.size() - end - begin;
  std::string text;
  auto add = [&](char sign, const std::string& line) { text += std::string(1, sign) + " " + line + "\n"; };
  for (size_t i = begin > 3 ? begin - 3 : 0; i < begin; i++) add(' ', a[i]);
  if (n * m > 4'000'000) {  // the table below would be large
    for (size_t i = 0; i < n; i++) add('-', a[begin + i]);
    for (size_t j = 0; j < m; j++) add('+', b[begin + j]);
  } else {  // longest common subsequence
    std::vector<std::vector<uint32_t>> common(n + 1, std::vector<uint32_t>(m + 1));
    for (size_t i = n; i-- > 0;)
      for (size_t j = m; j-- > 0;)
        common[i][j] = a[begin + i] == b[begin + j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    for (size_t i = 0, j = 0; i < n || j < m;) {
      if (i < n && j < m && a[begin + i] == b[begin + j])
        add(' ', a[begin + i]), i++, j++;
      else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1]))
        add('-', a[begin + i++]);
      else
        add('+', b[begin + j++]);
    }
  }
  for (size_t i = 0; i < std::min<size_t>(end, 3); i++) add(' ', a[a.size() - end + i]);
  return text;
}

void check_golden(const std::string& name, const std::string& text) {
  std::string path = source_dir() + "/tests/golden/" + name + ".txt";
  const char* bless = std::getenv("GRAPHC_BLESS");
  if (bless && std::string(bless) == "1") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::string expected = read_file(path);
  CHECK_MESSAGE(text == expected, "tests/golden/", name, ".txt differs (- expected, + now):\n", line_difference(expected, text),
                "if the new text is right: GRAPHC_BLESS=1 and run this test again, then read the difference");
}

}  // namespace graphc_test
