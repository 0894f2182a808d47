// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/model_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/elaborate.h"
#include "compiler/frontend/parser.h"

namespace graphc {

using namespace frontend;

// --set NAME=VALUE: a number, a percentage, true or false.
static Override parse_override(const std::string& name, const std::string& text) {
  if (text == "true" || text == "false") return {text == "true"};
  double value = 0;
  bool is_percent = text.ends_with('%');
  const char *begin = text.data() + text.starts_with('+'), *end = text.data() + text.size() - is_percent;
  auto [rest, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value))
    refuse({}, "--set " + name + ": '" + text.substr(0, 64) + "' is no number, true or false");
  return {is_percent ? value / 100 : value};
}

static void throw_all(std::vector<Diagnostic> errors, const Source& source) {
  std::stable_sort(errors.begin(), errors.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.place.line < b.place.line; });
  throw CompileError(std::move(errors), source.text);
}

ModelFile parse_model(const std::string& text, const std::string& file_name, const std::map<std::string, std::string>& sets) {
  Source source{file_name, text};
  std::vector<Diagnostic> errors;
  ModelFile result;
  try {
    Overrides overrides;
    for (const auto& [name, value] : sets) overrides[name] = parse_override(name, value);
    File file = parse(source, errors);
    if (!errors.empty()) throw_all(std::move(errors), source);
    Elaborator all(source, file, overrides, errors, nullptr);
    result.model = all.run();
    if (!errors.empty()) throw_all(std::move(errors), source);
    result.train = all.train;
    auto needed = all.trace().needed();
    if (std::find(needed.begin(), needed.end(), false) != needed.end()) {
      Elaborator pruned(source, file, overrides, errors, &all.trace());
      result.model = pruned.run();
      if (!errors.empty()) throw_all(std::move(errors), source);
    }
  } catch (const CompileError& error) {
    throw_all(error.diagnostics(), source);
  }
  result.path = file_name;
  result.text = text;
  return result;
}

ModelFile read_model(const std::string& path, const std::map<std::string, std::string>& sets) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    refuse({path, 0, 0}, "the model file cannot be opened",
           {"a model file is given by its path, such as examples/digits/digits.gc"});
  std::string text;
  char buffer[65536];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, size_t(in.gcount()));
    if (text.size() > max_file_bytes) refuse({path, 0, 0}, "the model file has more than 1 MB");
  }
  if (in.bad()) refuse({path, 0, 0}, "the model file cannot be read");
  return parse_model(text, path, sets);
}

}  // namespace graphc
