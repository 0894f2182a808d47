// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the train section, such as cosine(warmup: 2): a record says what one takes, `bind` checks what was given.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/train/error.h"

namespace graphc {

using CallValue = std::variant<double, bool, std::string, std::vector<double>>;

struct CallArgument {
  const char* name;
  CallValue value;  // its default, and its type; a list without elements must be given
  const char* doc;
  double low = 0, high = std::numeric_limits<double>::max();  // of numbers
  bool whole = false;
};

struct CallRecord {
  const char* name;
  const char* doc;  // with the formula
  std::vector<CallArgument> arguments;
};

struct GivenArgument {
  std::string name;  // empty: by position
  CallValue value;
};

// A record with a value for each argument.
class Call {
 public:
  explicit Call(const CallRecord& record);  // defaults
  const CallRecord& record() const { return *record_; }
  // By the argument's name, which the record has.
  double number(std::string_view name) const { return std::get<double>(value(name)); }
  bool flag(std::string_view name) const { return std::get<bool>(value(name)); }
  const std::string& word(std::string_view name) const { return std::get<std::string>(value(name)); }
  const std::vector<double>& list(std::string_view name) const { return std::get<std::vector<double>>(value(name)); }
  std::string text() const;  // NAME(what differs from the defaults)

 private:
  friend Call bind(const CallRecord& record, const std::vector<GivenArgument>& given);
  const CallValue& value(std::string_view name) const;
  const CallRecord* record_;
  std::vector<CallValue> values_;
};

// What is wrong with a call, and at which of the given arguments.
class CallError : public Error {
 public:
  static constexpr size_t whole_call = ~size_t{0};
  explicit CallError(const std::string& message, size_t argument = whole_call) : Error(message), argument_(argument) {}
  size_t argument() const { return argument_; }

 private:
  size_t argument_;
};

Call bind(const CallRecord& record, const std::vector<GivenArgument>& given);  // throws CallError

}  // namespace graphc
