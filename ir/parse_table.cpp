// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/parse_table.h"

#include <fmt/format.h>

#include <cmath>

#include "ir/composite.h"
#include "ir/print.h"

namespace graphc {

std::vector<std::string> did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  std::string near = nearest(name, candidates);
  return near.empty() ? std::vector<std::string>{} : std::vector{"did you mean " + near + "?"};
}

// The enumerator of that name; `name` gives "?" behind the last one.
template <class Enum>
static std::optional<Enum> by_name(const std::string& text) {
  for (uint8_t i = 0; name(Enum(i))[0] != '?'; i++)
    if (text == name(Enum(i))) return Enum(i);
  return std::nullopt;
}

Shape read_shape(Tokens& t) {
  Token at = t.expect("[");
  Shape shape;
  double count = 1;
  if (!t.accept("]")) {
    do {
      if (shape.rank() == max_rank) t.fail(at, "a shape has at most 8 axes");
      Token size = t.peek();
      Dim dim = batch;
      if (!t.accept("batch")) {
        dim = t.integer("a size or batch");
        if (t.accept("*")) t.expect("batch"), dim.is_batch = true;
      }
      if (dim.size < 0 || (dim.size == 0 && dim.is_batch)) t.fail(size, "a size must not be negative");
      count *= double(std::max<int64_t>(dim.size, 1));
      shape.push_back(dim);
    } while (t.accept(","));
    t.expect("]");
  }
  if (count >= 2147483648.0) t.fail(at, to_string(shape) + " has more than 2^31 elements", {"split it"});
  return shape;
}

DType read_dtype(Tokens& t) {
  Token word = t.word("a type");
  auto dtype = by_name<DType>(word.text);
  if (!dtype) t.fail(word, "no element type named " + word.text.substr(0, 40), {"there are f32, i32 and u8"});
  return *dtype;
}

Type read_type(Tokens& t) {
  DType dtype = read_dtype(t);
  return {dtype, read_shape(t)};
}

template <class Read>
static auto read_list(Tokens& t, Read read) {
  std::vector<decltype(read())> values;
  t.expect("[");
  if (t.accept("]")) return values;
  do values.push_back(read());
  while (t.accept(","));
  t.expect("]");
  return values;
}

Attribute read_attribute(Tokens& t, AttributeDef::Kind kind) {
  auto integer = [&] { return t.integer("a whole number"); };
  auto number = [&] { return t.number("a number"); };
  switch (kind) {
    case AttributeDef::integer:
      return integer();
    case AttributeDef::number:
      return number();
    case AttributeDef::text:
      return t.string("a string").text;
    case AttributeDef::integers:
      return read_list(t, integer);
    case AttributeDef::numbers:
      return read_list(t, number);
    case AttributeDef::type:
      return read_type(t);
    case AttributeDef::dtype:
      return read_dtype(t);
    case AttributeDef::shape:
      return read_shape(t);
  }
  throw InternalError("parse: an attribute of unknown kind");
}

void read_arguments(Tokens& t, const std::function<void(const std::string&, double)>& each) {
  t.expect("(");
  if (t.accept(")")) return;
  do {
    Token name = t.word("an argument's name");
    t.expect(":");
    each(name.text, t.number("a number"));
  } while (t.accept(","));
  t.expect(")");
}

std::vector<Attribute> read_attributes(Tokens& t, const OpDef& op, const Token& op_at, const std::optional<Type>& type) {
  std::vector<std::optional<Attribute>> found(op.attributes.size());
  if (t.accept("{")) {
    do {
      Token name = t.word("an attribute's name");
      size_t i = 0;
      while (i < op.attributes.size() && name.text != op.attributes[i].name) i++;
      if (i == op.attributes.size()) {
        std::vector<std::string> names;
        for (const AttributeDef& a : op.attributes) names.push_back(a.name);
        t.fail(name, fmt::format("{}: no attribute named {}", op.name, name.text.substr(0, 40)), did_you_mean(name.text, names));
      }
      if (found[i]) t.fail(name, fmt::format("{}: {} is given twice", op.name, name.text));
      t.expect(":");
      found[i] = read_attribute(t, op.attributes[i].kind);
    } while (t.accept(","));
    t.expect("}");
  }
  std::vector<Attribute> all;
  for (size_t i = 0; i < found.size(); i++) {
    auto kind = op.attributes[i].kind;
    if (!found[i] && is_implied(kind) && type) found[i] = implied_attribute(kind, *type);
    if (!found[i])
      t.fail(op_at, fmt::format("{}: {} is missing", op.name, op.attributes[i].name),
             is_implied(kind) ? std::vector<std::string>{"write the type: %N: f32[..] = ..."} : std::vector<std::string>{});
    all.push_back(std::move(*found[i]));
  }
  return all;
}

void read_order(Tokens& t, const Node& node) {
  if (!t.accept("order")) return;
  Token word = t.word("lanes, blocks or index");
  const OpDef& op = node.def();
  if (!op.sum_order) t.fail(word, fmt::format("{}: adds nothing up and has no order", op.name));
  const char* expected = name(op.sum_order(node));
  if (word.text != expected)
    t.fail(word, fmt::format("{}: the order of this sum is {}, not {}", op.name, expected, word.text.substr(0, 40)),
           {"it follows from the shapes and may be left out"});
}

Variable read_variable(Tokens& t) {
  Variable v;
  v.place = t.place();
  v.name = t.string("the variable's name").text;
  t.expect(":");
  v.type = read_type(t);
  Token role = t.word("a role");
  auto known = by_name<Role>(role.text);
  if (!known) t.fail(role, "no role named " + role.text.substr(0, 40), {"there are parameter, optimizer, running and fitted"});
  v.role = *known;
  if (t.accept("frozen"))
    v.trainable = false;
  else
    t.accept("trainable");
  t.expect("=");
  Token initializer = t.word("an initializer");
  const CompositeDef* record = find_composite(initializer.text);
  if (!record || !record->build_initializer) {
    std::vector<std::string> names;
    for (const CompositeDef* def : all_composites())
      if (def->build_initializer) names.push_back(def->name);
    t.fail(initializer, "no initializer named " + initializer.text.substr(0, 40), did_you_mean(initializer.text, names));
  }
  v.initializer.name = initializer.text;
  read_arguments(t, [&](const std::string& name, double value) { v.initializer.numbers[name] = value; });
  if (t.accept("of")) v.of = t.string("INPUT:mean or INPUT:scale").text;
  return v;
}

HyperParameter read_hyper(Tokens& t) {
  HyperParameter h;
  h.name = t.string("the number's name").text;
  t.expect(":");
  h.dtype = read_dtype(t);
  t.expect("=");
  h.value = t.number("its default");
  return h;
}

InputSpec read_input(Tokens& t) {
  InputSpec i;
  i.place = t.place();
  i.name = t.string("the input's name").text;
  t.expect(":");
  i.type = read_type(t);
  i.is_target = t.accept("target");
  if (t.accept("classes")) {
    Token at = t.peek();
    i.classes = t.integer("the number of classes");
    if (i.classes < 1 || i.classes > INT32_MAX) t.fail(at, "the number of classes must lie in 1..2^31");
  }
  return i;
}

}  // namespace graphc
