// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "runtime/train/file.h"

namespace graphc::driver {

static struct { std::string path, text; } model;

void remember_model(const std::string& path, const std::string& text) { model = {path, text}; }

void report_internal_error(const char* what, const std::vector<std::string>& arguments) {
  fmt::print(stderr, "graphc: internal error: {}\nThis is a mistake of graphc's, not yours.\n", what);
  if (model.text.empty()) return;
  try {
    auto path = std::filesystem::temp_directory_path() / fmt::format("graphc-{}.gc", getpid());
    std::string text = model.text, line = "graphc", replay = "graphc";
    if (!text.ends_with('\n')) text += '\n';
    for (const std::string& argument : arguments) {
      line += " " + argument;
      replay += " " + (argument == model.path ? path.string() : argument);
    }
    write_file(path.string(), fmt::format("{}# {}\n# {}\n", text, line, what));
    fmt::print(stderr, "The model is kept in {}; this replays it:\n  {}\n", path.string(), replay);
  } catch (const std::exception& error) {
    fmt::print(stderr, "(and the model could not be written to a file: {})\n", error.what());
  }
}

}  // namespace graphc::driver
