// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/driver/run_program.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/golden.h"

namespace graphc_test {

TemporaryFolder::TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "graphc-test-XXXXXX").string()) {
  if (!mkdtemp(path_.data())) std::abort();
}
TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

Ran run_graphc(const std::string& arguments, const std::string& before) {
  TemporaryFolder folder;
  std::string command = "cd '" + source_dir() + "' && " + before + " '" GRAPHC_PROGRAM "' " + arguments + " >'" + folder / "out" +
                        "' 2>'" + folder / "err" + "'";
  int status = std::system(command.c_str());
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = read_file(folder / "out");
  ran.err = read_file(folder / "err");
  return ran;
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace graphc_test
