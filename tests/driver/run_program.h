// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace graphc_test {

// A folder of its own that goes away with it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

struct Ran {
  int code = 0;  // exit code; 128 + n where signal n ended it
  std::string out, err;
};

// `graphc ARGUMENTS` in a shell, at the root of the sources; `before` stands in front of it.
Ran run_graphc(const std::string& arguments, const std::string& before = "");

// The same in the background.
class Started {
 public:
  explicit Started(const std::string& arguments);
  ~Started();
  void signal(int number);
  Ran wait();
  bool has_ended();

 private:
  TemporaryFolder folder_;
  int pid_ = 0, status_ = 0;
};

constexpr char digits[] = "examples/digits/digits.gc";
void write_text(const std::string& path, const std::string& text);

}  // namespace graphc_test
