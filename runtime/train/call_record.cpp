// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/train/call_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace graphc {
namespace {

constexpr const char* kinds[] = {"a number", "true or false", "a name", "a list of numbers"};  // in CallValue's order

std::string shown(const CallValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* word = std::get_if<std::string>(&value)) return *word;
  std::string text = "[";
  for (double element : std::get<std::vector<double>>(value)) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", element);
  return text + "]";
}

void check(const CallArgument& argument, const CallValue& value, const std::string& what, size_t index) {
  if (argument.value.index() != value.index())
    throw CallError(fmt::format("{} must be {}, got {}", what, kinds[argument.value.index()], shown(value)), index);
  auto in_range = [&](double number) {
    return std::isfinite(number) && number >= argument.low && number <= argument.high &&
           (!argument.whole || number == std::floor(number));
  };
  std::string wanted = argument.whole ? "a whole number from " : "a number from ";
  wanted += argument.high < std::numeric_limits<double>::max() ? fmt::format("{} to {}", argument.low, argument.high)
                                                               : fmt::format("{}", argument.low);
  std::vector<double> numbers;
  if (const auto* number = std::get_if<double>(&value)) numbers = {*number};
  if (const auto* list = std::get_if<std::vector<double>>(&value)) numbers = *list;
  for (double number : numbers)
    if (!in_range(number)) throw CallError(fmt::format("{} must be {}, got {}", what, wanted, number), index);
}

}  // namespace

Call::Call(const CallRecord& record) : record_(&record) {
  for (const CallArgument& argument : record.arguments) values_.push_back(argument.value);
}

const CallValue& Call::value(std::string_view name) const {
  size_t i = 0;
  while (record_->arguments[i].name != name) ++i;
  return values_[i];
}

std::string Call::text() const {
  std::string text;
  for (size_t i = 0; i < values_.size(); ++i)
    if (values_[i] != record_->arguments[i].value)
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", record_->arguments[i].name, shown(values_[i]));
  return fmt::format("{}({})", record_->name, text);
}

Call bind(const CallRecord& record, const std::vector<GivenArgument>& given) {
  Call call(record);
  std::vector<std::string> names;
  for (const CallArgument& argument : record.arguments) names.emplace_back(argument.name);
  std::vector<bool> seen(names.size());
  for (size_t i = 0; i < given.size(); ++i) {
    auto found = given[i].name.empty() ? names.begin() + static_cast<ptrdiff_t>(std::min(i, names.size()))
                                       : std::find(names.begin(), names.end(), given[i].name);
    if (found == names.end())
      throw CallError(given[i].name.empty() ? fmt::format("{} takes {} arguments", record.name, names.size())
                                            : fmt::format("{} has no argument \"{}\"{}", record.name, given[i].name,
                                                          suggest(given[i].name, names)),
                      i);
    auto index = static_cast<size_t>(found - names.begin());
    std::string what = fmt::format("{}: {}", record.name, *found);
    if (seen[index]) throw CallError(what + " is given twice", i);
    seen[index] = true;
    check(record.arguments[index], given[i].value, what, i);
    call.values_[index] = given[i].value;
  }
  for (size_t i = 0; i < names.size(); ++i)
    if (const auto* list = std::get_if<std::vector<double>>(&call.values_[i]); list && list->empty())
      throw CallError(fmt::format("{}: {} must be given: {}", record.name, names[i], record.arguments[i].doc));
  return call;
}

}  // namespace graphc
