// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <set>
#include <string>

namespace graphc::aot {

// Names of a model as names of C and C++ in one scope: dots become underscores; what a keyword, a macro of the standard headers,
// a type of the generated code or an earlier name of this scope has already gets an underscore more, and so does a name that
// begins with graphc_ or with `own`.
class Scope {
 public:
  Scope(std::initializer_list<const char*> taken = {}, const std::string& own = "graphc_") : taken_(taken.begin(), taken.end()), own_(own) {}
  std::string name(const std::string& of_model);
  std::string unique(const std::string& name);

 private:
  std::set<std::string> taken_;
  std::string own_;
};

// A model may be called xor, which C++ reads as an operator: its namespace is xor_.
std::string namespace_name(const std::string& prefix);

std::string upper(std::string text);

}  // namespace graphc::aot
