// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// JSON written as text. nlohmann's trees allocate when they are destroyed, and end a program that has no memory left: here only
// its single values are used.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace graphc {

// A text, number or truth value. What is not UTF-8 is replaced; a number that is not finite is null.
template <class T>
std::string json_value(const T& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class JsonObject {
 public:
  template <class T>
  JsonObject& add(std::string_view key, const T& value) {
    return add_text(key, json_value(value));
  }
  JsonObject& add_text(std::string_view key, std::string_view json) {
    body_ += body_.empty() ? "" : ",";
    body_ += json_value(key);
    body_ += ":";
    body_ += json;
    return *this;
  }
  std::string text() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

}  // namespace graphc
