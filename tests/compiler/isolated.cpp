// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/isolated.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

namespace graphc_test {

static void write_all(int file, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    ssize_t n = write(file, text.data() + done, text.size() - done);
    if (n <= 0) _exit(1);
    done += size_t(n);
  }
}

std::string isolated(const std::function<std::string()>& work, unsigned seconds) {
  int ends[2];
  if (pipe(ends)) throw std::runtime_error("no pipe");
  std::fflush(nullptr);  // else the child would write it a second time
  pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) {
    close(ends[0]);
    alarm(seconds);
    std::string result;
    try {
      result = work();
    } catch (const std::exception& error) {
      result = std::string("error: ") + error.what();
    }
    write_all(ends[1], result);
    _exit(0);
  }
  close(ends[1]);
  std::string result;
  char part[4096];
  for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;) result.append(part, size_t(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return std::string("died: ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status)) return "died: exit code " + std::to_string(WEXITSTATUS(status));
  return result;
}

}  // namespace graphc_test
