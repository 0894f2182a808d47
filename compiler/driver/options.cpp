// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <deque>
#include <functional>
#include <iostream>

#include "ir/error.h"
#include "runtime/train/error.h"

namespace graphc::driver {

struct Options::Impl {
  std::string command;
  CLI::App app;
  std::deque<std::string> texts;  // of the options that are converted later
  std::vector<std::function<void()>> convert;
  std::vector<std::string> names;

  template <class Parse>
  void converted(const char* option, const char* shown, const char* doc, Parse parse) {
    names.emplace_back(option);
    std::string& text = texts.emplace_back();
    CLI::Option* declared = app.add_option(option, text, doc)->type_name(shown);
    convert.emplace_back([declared, &text, parse] {
      if (declared->count()) parse(text);
    });
  }
};

Options::Options(std::string command) : impl_(std::make_unique<Impl>()) {
  impl_->command = std::move(command);
  impl_->app.name("graphc " + impl_->command);
  impl_->app.set_help_flag("-h,--help", "this text");
  impl_->names = {"--help"};
}
Options::~Options() = default;

void Options::argument(std::string& value, const char* name, const char* doc, bool required) {
  impl_->app.add_option(name, value, doc)->required(required)->type_name("");
}

void Options::text(const char* option, std::string& value, const char* shown, const char* doc, bool required) {
  impl_->names.emplace_back(option);
  impl_->app.add_option(option, value, doc)->required(required)->type_name(shown);
}

void Options::many(const char* option, std::vector<std::string>& values, const char* shown, const char* doc) {
  impl_->names.emplace_back(option);
  impl_->app.add_option(option, values, doc)->type_name(shown)->allow_extra_args(false);
}

void Options::flag(const char* option, bool& value, const char* doc) {
  impl_->names.emplace_back(option);
  impl_->app.add_flag(option, value, doc);
}

void Options::whole(const char* option, std::optional<uint64_t>& value, uint64_t low, uint64_t high, const char* doc) {
  impl_->converted(option, "N", doc, [=, &value](const std::string& text) {
    uint64_t number = 0;
    auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || rest != text.data() + text.size() || text.empty() || number < low || number > high)
      throw Error(std::string(option) + ": '" + text + "' is not a whole number from " + std::to_string(low) + " to " +
                  std::to_string(high));
    value = number;
  });
}

void Options::number(const char* option, double& value, double low, double high, const char* doc) {
  impl_->converted(option, "X", doc, [=, &value](const std::string& text) {
    double number = 0;
    auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool is_number = error == std::errc() && rest == text.data() + text.size() && std::isfinite(number);
    if (!is_number || number < low || number > high)
      throw Error(std::string(option) + ": '" + text + "' is not a number from " + CLI::detail::to_string(low) + " to " +
                  CLI::detail::to_string(high));
    value = number;
  });
}

void Options::on_off(const char* option, std::optional<bool>& value, const char* doc) {
  impl_->converted(option, "on|off", doc, [=, &value](const std::string& text) {
    if (text != "on" && text != "off") throw Error(std::string(option) + ": '" + text + "' is neither on nor off");
    value = text == "on";
  });
}

bool Options::parse(const std::vector<std::string>& arguments) {
  try {
    impl_->app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::cout << impl_->app.help();
    return false;
  } catch (const CLI::ParseError& error) {
    std::string message = error.what();
    for (const std::string& argument : arguments) {
      std::string name = argument.substr(0, argument.find('='));
      bool known = std::find(impl_->names.begin(), impl_->names.end(), name) != impl_->names.end();
      if (name.starts_with("--") && !known) {
        message = name + " is no option of this command" + hint(name, impl_->names);
        break;
      }
    }
    throw Error(impl_->command + ": " + message + "\nnote: graphc " + impl_->command + " --help lists the options");
  }
  for (const auto& convert : impl_->convert) convert();
  return true;
}

std::string hint(const std::string& name, const std::vector<std::string>& names) {
  std::string near = nearest(name, names);
  return near.empty() ? suggest(name, names) : " (did you mean \"" + near + "\"?)";
}

Sets parse_sets(const std::vector<std::string>& texts) {
  Sets sets;
  for (const std::string& text : texts) {
    size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
      throw Error("--set " + text + ": NAME=VALUE is wanted, such as --set learning_rate=0.5");
    sets.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return sets;
}

}  // namespace graphc::driver
