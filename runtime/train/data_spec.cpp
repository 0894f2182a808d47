// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/data_spec.h"

#include "runtime/train/error.h"

namespace graphc {
namespace {

struct Option {
  const char* key;
  std::string DataSpec::*value;
  const char* wanted;
};
constexpr Option options[] = {{":label=", &DataSpec::label, "a column's name"},
                              {":weight=", &DataSpec::weight, "a column's name"},
                              {":stride=", &DataSpec::stride, "a number of bytes"}};

}  // namespace

DataSpec parse_data_spec(const std::string& spec) {
  DataSpec result;
  std::string rest = spec;
  // From the end, so that only the last colon counts in a file's name.
  for (bool more = true; more;) {
    more = false;
    const Option* last = nullptr;
    size_t begin = 0;
    for (const Option& option : options)
      if (size_t at = rest.rfind(option.key); at != std::string::npos && (!last || at > begin)) last = &option, begin = at;
    if (!last) break;
    std::string key = last->key, value = rest.substr(begin + key.size());
    std::string& place = result.*(last->value);
    if (value.empty()) throw Error(spec + ": error: " + key.substr(1) + " needs " + last->wanted);
    if (!place.empty()) throw Error(spec + ": error: " + key.substr(1) + " is given twice");
    place = value;
    rest.erase(begin);
    more = true;
  }
  for (const char* kind : {"cifar", "text"})
    if (rest.starts_with(std::string(kind) + ":")) result.kind = kind, rest.erase(0, result.kind.size() + 1);
  if (rest == "digits" && result.kind.empty()) result.kind = rest;
  if (rest.empty()) throw Error("data: error: the name of the data is empty; give digits, FILE.csv, or FEATURES,LABELS");
  rest += ',';
  for (size_t comma; (comma = rest.find(',')) != std::string::npos; rest.erase(0, comma + 1)) {
    if (comma == 0) throw Error(spec + ": error: the name of a file is empty; FEATURES,LABELS is written without blanks");
    result.files.push_back(rest.substr(0, comma));
  }
  return result;
}

std::string DataSpec::text() const {
  std::string text = kind.empty() || kind == "digits" ? "" : kind + ":";
  for (size_t i = 0; i < files.size(); ++i) text += (i ? "," : "") + files[i];
  for (const Option& option : options)
    if (!(this->*option.value).empty()) text += option.key + this->*option.value;
  return text;
}

}  // namespace graphc
