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

EntryVerb entry_verb(const std::string& entry) {
  if (entry == "init") return EntryVerb::init;
  if (entry == "eval") return EntryVerb::eval;
  if (entry == "predict") return EntryVerb::predict;
  if (entry.starts_with("grad")) return EntryVerb::grad;
  if (entry.starts_with("apply")) return EntryVerb::apply;
  return EntryVerb::step;
}

std::string entry_name(EntryVerb verb, const std::string& step) {
  if (verb == EntryVerb::step) return step;
  std::string word = verb == EntryVerb::grad ? "grad" : "apply";
  return step.starts_with("step") ? word + step.substr(4) : word + "_" + step;
}

}  // namespace graphc
