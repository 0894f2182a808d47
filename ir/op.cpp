// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/op.h"

#include <unordered_map>

namespace graphc {

#define GRAPHC_OP(name) extern const OpDef op_##name;
#include "ir/op_list.def"

static const OpDef* const table[] = {
#define GRAPHC_OP(name) &op_##name,
#include "ir/op_list.def"
};

const OpDef& def(Op op) { return *table[size_t(op)]; }
std::span<const OpDef* const> all_ops() { return table; }

std::optional<Op> find_op(const std::string& name) {
  static const auto by_name = [] {
    std::unordered_map<std::string, Op> map;
    for (size_t i = 0; i < std::size(table); i++) map.emplace(table[i]->name, Op(i));
    return map;
  }();
  auto it = by_name.find(name);
  return it == by_name.end() ? std::nullopt : std::optional(it->second);
}

const char* name(OpClass op_class) {
  switch (op_class) {
    case OpClass::source: return "source";
    case OpClass::elementwise: return "elementwise";
    case OpClass::movement: return "movement";
    case OpClass::reduction: return "reduction";
    case OpClass::contraction: return "contraction";
    case OpClass::index: return "index";
    case OpClass::control: return "control";
  }
  return "?";
}

const char* name(SumOrder order) {
  switch (order) {
    case SumOrder::lanes: return "lanes";
    case SumOrder::blocks: return "blocks";
    case SumOrder::index: return "index";
  }
  return "?";
}

int64_t Array::count() const {
  int64_t n = 1;
  for (int64_t d : dims) n *= d;
  return n;
}

void InferContext::fail(const std::string& message, std::vector<std::string> notes) const {
  throw CompileError(Diagnostic{{}, op_name + ": " + message, std::move(notes)});
}

}  // namespace graphc
