// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/composite.h"

#include <xxhash.h>

#include <cmath>

#include "ir/builder.h"

namespace graphc {

#define GRAPHC_COMPOSITE(name) extern const CompositeDef composite_##name;
#include "ir/library/library_list.def"

static const CompositeDef* const table[] = {
#define GRAPHC_COMPOSITE(name) &composite_##name,
#include "ir/library/library_list.def"
};

std::span<const CompositeDef* const> all_composites() { return table; }

const CompositeDef* find_composite(const std::string& name) {
  for (const CompositeDef* def : table)
    if (name == def->name) return def;
  return nullptr;
}

const char* name(CompositeKind kind) {
  switch (kind) {
    case CompositeKind::function: return "function";
    case CompositeKind::layer: return "layer";
    case CompositeKind::loss: return "loss";
    case CompositeKind::metric: return "metric";
    case CompositeKind::optimizer: return "optimizer";
    case CompositeKind::initializer: return "initializer";
  }
  return "?";
}

static bool is_number(const ArgumentDef& a) {
  return a.kind == ArgumentDef::number || a.kind == ArgumentDef::integer || a.kind == ArgumentDef::flag;
}

static void check_name(GraphBuilder& b, const CompositeDef& def, const std::string& name, bool numbers) {
  std::vector<std::string> names;
  for (const ArgumentDef& a : def.arguments) {
    if (name == a.name && is_number(a) == numbers) return;
    names.push_back(a.name);
  }
  std::string near = nearest(name, names), all;
  for (const auto& n : names) all += (all.empty() ? "" : ", ") + n;
  b.fail(std::string(def.name) + ": no argument named " + name,
         {near.empty() ? (all.empty() ? "it takes none" : "it takes " + all) : "did you mean " + near + "?"});
}

std::map<std::string, double> complete_numbers(GraphBuilder& b, const CompositeDef& def, const std::map<std::string, double>& given) {
  for (const auto& [name, value] : given) check_name(b, def, name, true);
  std::map<std::string, double> numbers;
  for (const ArgumentDef& a : def.arguments) {
    if (!is_number(a)) continue;
    auto it = given.find(a.name);
    if (it == given.end() && !a.value) b.fail(std::string(def.name) + ": the argument " + a.name + " is missing", {std::string(a.name) + ": " + a.doc});
    double value = it == given.end() ? *a.value : it->second;
    auto refuse = [&](const char* wanted) { b.fail(std::string(def.name) + ": " + a.name + " must be " + wanted + ", got " + std::to_string(value)); };
    if (a.kind == ArgumentDef::integer && (value != std::floor(value) || std::fabs(value) > 2147483647.0)) refuse("a whole number");
    if (a.kind == ArgumentDef::flag && value != 0 && value != 1) refuse("true or false");
    if (a.kind == ArgumentDef::number && !std::isfinite(value)) refuse("finite");
    numbers[a.name] = value;
  }
  return numbers;
}

Tensor apply(GraphBuilder& b, const CompositeDef& def, const Arguments& arguments, Builder* module, const std::string& layer) {
  if (!def.build) b.fail(std::string(def.name) + " is an " + name(def.kind) + " and cannot be applied to tensors");
  CompositeContext context{b, def, {}, complete_numbers(b, def, arguments.numbers), {}, module, layer};
  size_t wanted = 0;
  for (const ArgumentDef& a : def.arguments) {
    wanted += a.kind == ArgumentDef::tensor;
    if (a.kind != ArgumentDef::initializer) continue;
    auto it = arguments.initializers.find(a.name);
    context.initializers[a.name] = it == arguments.initializers.end() ? Initializer{a.initializer_name} : it->second;
  }
  for (const auto& [name, value] : arguments.initializers) check_name(b, def, name, false);
  for (auto& [argument, initializer] : context.initializers) {
    const CompositeDef* record = find_composite(initializer.name);
    if (!record || !record->build_initializer) b.fail(std::string(def.name) + ": " + argument + ": no initializer named " + initializer.name);
    initializer.numbers = complete_numbers(b, *record, initializer.numbers);
  }
  if (arguments.tensors.size() != wanted)
    b.fail(std::string(def.name) + ": takes " + std::to_string(wanted) + " tensors, got " + std::to_string(arguments.tensors.size()));
  if (def.kind == CompositeKind::layer) {
    // Variables stay outside of calls; the layer's arithmetic is plain nodes.
    if (!module) b.fail(std::string(def.name) + ": a layer has parameters and needs a model to put them into");
    context.tensors = arguments.tensors;
    return def.build(context);
  }
  if (def.prepare)
    if (auto better = def.prepare(b, arguments)) return *better;
  std::vector<std::pair<std::string, double>> numbers(context.numbers.begin(), context.numbers.end());
  return b.call(def.name, std::move(numbers), arguments.tensors, [&](const std::vector<Tensor>& inner) {
    context.tensors = inner;
    return std::vector{def.build(context)};
  })[0];
}

Tensor CompositeContext::parameter(const std::string& suffix, const Shape& shape, const Initializer& initializer) {
  return module->variable({.name = layer + "." + suffix, .type = {DType::f32, shape}, .initializer = initializer});
}

Tensor CompositeContext::fitted(const std::string& suffix, const Shape& shape, const std::string& of, double initial) {
  return module->variable({.name = layer + "." + suffix, .type = {DType::f32, shape}, .role = Role::fitted,
                           .initializer = {"constant_value", {{"value", initial}}}, .of = of});
}

void CompositeContext::fail(const std::string& message, std::vector<std::string> notes) const {
  b.fail(std::string(def.name) + ": " + message, std::move(notes));
}

double CompositeVjp::number(const std::string& name) const {
  for (const auto& [key, value] : body.arguments)
    if (key == name) return value;
  throw InternalError("vjp of " + body.composite + ": no number " + name);
}

Tensor OptimizerContext::hyper(const std::string& name) {
  if (!module.hyper(name)) module.hypers.push_back({name, DType::f32, number(name)});
  return b.emit(Op::hyper, {}, {name, Type{DType::f32, {}}});
}

static Tensor optimizer_variable(GraphBuilder& b, Module& module, const std::string& name, const Type& type, double initial, bool* is_new = nullptr) {
  if (is_new) *is_new = !module.variable(name);
  if (!module.variable(name))
    module.variables.push_back({.name = name, .type = type, .role = Role::optimizer, .initializer = {"constant_value", {{"value", initial}}}});
  return b.emit(Op::variable, {}, {name, type});
}

Tensor OptimizerContext::state(const std::string& suffix, double initial) {
  return optimizer_variable(b, module, parameter_name + "." + suffix, parameter.type(), initial);
}

Tensor OptimizerContext::shared(const std::string& suffix, double initial, const std::function<Tensor(Tensor)>& next) {
  std::string name = std::string(def.name) + "." + suffix;
  Tensor state = optimizer_variable(b, module, name, {DType::f32, {}}, initial);
  Tensor value = next(state);
  bool updated = false;
  for (const Update& u : b.graph().updates) updated |= u.variable == name;
  if (!updated) update(state, value);
  return value;
}

void OptimizerContext::update(Tensor state, Tensor value) {
  b.graph().updates.push_back({b.graph()[state.id].attribute<std::string>(0), value.id});
}

Tensor InitializerContext::uniform() {
  Tensor bits = random_bits(seed_lo, seed_hi, b.constant(0, DType::i32), stream, type.shape);
  return cast(bit_and(bits, double(0xFFFFFF)), DType::f32) * std::ldexp(1.0, -24);
}

// (in, out), or (out, in, window...): a convolution's window counts to both.
static double fan(const Shape& s, bool in) {
  if (s.rank() == 0) return 1;
  if (s.rank() == 1) return double(s[0].size);
  if (s.rank() == 2) return double(s[in ? 0 : 1].size);
  double window = 1;
  for (int a = 2; a < s.rank(); a++) window *= double(s[a].size);
  return window * double(s[in ? 1 : 0].size);
}
double InitializerContext::fan_in() const { return fan(type.shape, true); }
double InitializerContext::fan_out() const { return fan(type.shape, false); }

int64_t stream_of(const std::string& name) { return int64_t(XXH64(name.data(), name.size(), 0) & 0x7FFFFFFF); }

#define GRAPHC_COMPOSITE(name)
#define GRAPHC_FUNCTION1(name) \
  Tensor name(Tensor x, std::map<std::string, double> numbers) { return apply(*x.builder, composite_##name, {{x}, std::move(numbers)}); }
#define GRAPHC_FUNCTION2(name) \
  Tensor name(Tensor a, Tensor b, std::map<std::string, double> numbers) { return apply(*a.builder, composite_##name, {{a, b}, std::move(numbers)}); }
#include "ir/library/library_list.def"

}  // namespace graphc
