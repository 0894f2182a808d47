// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/operators.h"

#include <array>
#include <charconv>

#include "compiler/frontend/shown.h"

namespace graphc {
namespace {
struct BinaryFunctions {
  Tensor (*tensors)(Tensor, Tensor);
  Tensor (*number_right)(Tensor, double);
  Tensor (*number_left)(double, Tensor);
};
}  // namespace

static const std::unordered_map<std::string, BinaryFunctions>& binary_functions() {
  static const std::unordered_map<std::string, BinaryFunctions> functions = {
#define GRAPHC_OP(op)
#define GRAPHC_BINARY(op)                                                                     \
  {#op,                                                                                       \
   {[](Tensor a, Tensor b) { return op(a, b); }, [](Tensor a, double b) { return op(a, b); }, \
    [](double a, Tensor b) { return op(a, b); }}},
#include "ir/op_list.def"
  };
  return functions;
}
}  // namespace graphc

namespace graphc::frontend {

std::optional<DType> find_dtype(const std::string& text) {
  for (DType d : {DType::f32, DType::i32, DType::u8})
    if (text == name(d)) return d;
  return std::nullopt;
}

bool is_binary(const std::string& op) { return binary_functions().contains(op); }

Tensor apply_binary(const std::string& op, const Value& a, const Value& b) {
  const BinaryFunctions& f = binary_functions().at(op);
  if (auto n = std::get_if<double>(&a)) return f.number_left(*n, std::get<Tensor>(b));
  if (auto n = std::get_if<double>(&b)) return f.number_right(std::get<Tensor>(a), *n);
  return f.tensors(std::get<Tensor>(a), std::get<Tensor>(b));
}

bool is_callable(const OpDef& def) {
  if (def.op_class == OpClass::control) return false;
  if (def.op_class == OpClass::source) return def.attributes.empty() && def.arity == 0;
  for (const AttributeDef& a : def.attributes)
    if (a.kind == AttributeDef::text || a.kind == AttributeDef::type || a.kind == AttributeDef::numbers) return false;
  return true;
}

std::optional<double> default_of(const AttributeDef& attribute) {
  static constexpr std::pair<std::string_view, double> defaults[] = {{"step", 1},  {"value", 0},       {"before", 0},
                                                                     {"after", 0}, {"transpose_a", 0}, {"transpose_b", 0}};
  for (const auto& [name, value] : defaults)
    if (name == attribute.name) return value;
  return std::nullopt;
}

Tensor emit_op(GraphBuilder& b, Op op, const std::vector<Tensor>& operands, std::vector<Attribute> attributes) {
  switch (op) {
    case Op::select:
      return select(operands[0], operands[1], operands[2]);
    case Op::cast:
      return cast(operands[0], std::get<DType>(attributes[0]));
    case Op::reshape:
      return reshape(operands[0], std::get<Shape>(attributes[0]));
    case Op::transpose:
      return transpose(operands[0], std::get<std::vector<int64_t>>(attributes[0]));
    default:
      return b.emit(op, operands, std::move(attributes));
  }
}

std::string shown(double number) {
  std::array<char, 32> text;
  auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  return std::string(text.data(), end);
}

std::string shown(const Value& value) {
  if (auto n = std::get_if<double>(&value)) return "the number " + shown(*n);
  if (auto f = std::get_if<bool>(&value)) return *f ? "true" : "false";
  if (auto t = std::get_if<Tensor>(&value)) return to_string(t->type());
  if (auto i = std::get_if<Initializer>(&value)) return "the initializer " + i->name;
  return "unknown";
}

std::string counted(size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string symbol(const std::string& op) {
  static const std::unordered_map<std::string, std::string> symbols = {
      {"add", "+"},        {"sub", "-"},  {"mul", "*"},         {"div", "/"},     {"matmul", "@"},        {"equal", "=="},
      {"not_equal", "!="}, {"less", "<"}, {"less_equal", "<="}, {"greater", ">"}, {"greater_equal", ">="}};
  return symbols.at(op);
}

}  // namespace graphc::frontend
