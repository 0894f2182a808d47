// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/driver/run_program.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
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

static std::string command_line(const std::string& arguments, const std::string& before, const TemporaryFolder& folder) {
  return "cd '" + source_dir() + "' && " + before + " '" GRAPHC_PROGRAM "' " + arguments + " >'" + folder / "out" + "' 2>'" +
         folder / "err" + "'";
}

static Ran result(int status, const TemporaryFolder& folder) {
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = read_file(folder / "out");
  ran.err = read_file(folder / "err");
  return ran;
}

Ran run_graphc(const std::string& arguments, const std::string& before) {
  TemporaryFolder folder;
  return result(std::system(command_line(arguments, before, folder).c_str()), folder);
}

Started::Started(const std::string& arguments) {
  std::string command = command_line(arguments, "exec", folder_);  // so that the shell's number is the program's
  pid_ = fork();
  if (pid_ == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
}
Started::~Started() {
  if (pid_) signal(SIGKILL), wait();
}
void Started::signal(int number) {
  if (!has_ended()) kill(pid_, number);
}
bool Started::has_ended() {
  if (pid_ && waitpid(pid_, &status_, WNOHANG) == pid_) pid_ = 0;
  return !pid_;
}
Ran Started::wait() {
  if (pid_) waitpid(pid_, &status_, 0);
  pid_ = 0;
  return result(status_, folder_);
}

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace graphc_test
