// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/module.h"

namespace graphc {

const char* name(Role role) {
  switch (role) {
    case Role::parameter: return "parameter";
    case Role::optimizer: return "optimizer";
    case Role::running: return "running";
    case Role::fitted: return "fitted";
  }
  return "?";
}

template <class T> static const T* find(const std::vector<T>& all, const std::string& name) {
  for (const T& t : all)
    if (t.name == name) return &t;
  return nullptr;
}

const Graph* Module::entry(const std::string& name) const { return find(entries, name); }
const Variable* Module::variable(const std::string& name) const { return find(variables, name); }
const InputSpec* Module::input(const std::string& name) const { return find(inputs, name); }
const HyperParameter* Module::hyper(const std::string& name) const { return find(hypers, name); }

}  // namespace graphc
