// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/composite.h"

#include <fmt/format.h>
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
    case CompositeKind::penalty: return "penalty";
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

static std::string range_text(const ArgumentDef& a) {
  auto is_limit = [](double x) { return std::fabs(x) == std::numeric_limits<float>::max(); };
  if (is_limit(a.low)) return "finite in f32";
  std::string low = fmt::format("{}", a.low), high = fmt::format("{}", a.high);
  if (is_limit(a.high)) return "at least " + low + " and finite in f32";
  return "from " + low + (a.below_high ? " to below " : " to ") + high;
}

std::map<std::string, double> complete_numbers(GraphBuilder& b, const CompositeDef& def, const std::map<std::string, double>& given) {
  for (const auto& [name, value] : given) check_name(b, def, name, true);
  std::map<std::string, double> numbers;
  for (const ArgumentDef& a : def.arguments) {
    if (!is_number(a)) continue;
    auto it = given.find(a.name);
    if (it == given.end() && !a.value) b.fail(std::string(def.name) + ": the argument " + a.name + " is missing", {std::string(a.name) + ": " + a.doc});
    double value = it == given.end() ? *a.value : it->second;
    auto refuse = [&](const char* wanted) { b.fail(std::string(def.name) + ": " + a.name + " must be " + wanted + ", got " + fmt::format("{}", value)); };
    if (a.kind == ArgumentDef::integer && (value != std::floor(value) || std::fabs(value) > 2147483647.0)) refuse("a whole number");
    if (a.kind == ArgumentDef::flag && value != 0 && value != 1) refuse("true or false");
    if (a.kind == ArgumentDef::number && !(value >= a.low && value <= a.high && !(a.below_high && float(value) == float(a.high)))) refuse(range_text(a).c_str());
    numbers[a.name] = value;
  }
  return numbers;
}

Tensor apply(GraphBuilder& b, const CompositeDef& def, const Arguments& arguments, Builder* module, const std::string& layer) {
  if (!def.build) b.fail(std::string(def.name) + " is an " + name(def.kind) + " and cannot be applied to tensors");
  CompositeContext context{b, def, {}, complete_numbers(b, def, arguments.numbers), {}, module, layer};
  size_t wanted = 0, least = 0;
  for (const ArgumentDef& a : def.arguments) {
    wanted += a.kind == ArgumentDef::tensor;
    least += a.kind == ArgumentDef::tensor && !a.optional;
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
  if (arguments.tensors.size() < least || arguments.tensors.size() > wanted)
    b.fail(std::string(def.name) + ": takes " + (least < wanted ? std::to_string(least) + " to " : "") + std::to_string(wanted) + " tensors, got " +
           std::to_string(arguments.tensors.size()));
  if (def.kind == CompositeKind::layer) {
    // Variables stay outside of calls; the layer's arithmetic is plain nodes.
    if (!module) b.fail(std::string(def.name) + ": a layer has parameters and needs a model to put them into");
    context.tensors = arguments.tensors;
    context.tensors.resize(wanted);
    return def.build(context);
  }
  if (def.prepare)
    if (auto better = def.prepare(b, arguments)) return *better;
  std::vector<std::pair<std::string, double>> numbers(context.numbers.begin(), context.numbers.end());
  std::vector<Tensor> present;
  for (const Tensor& t : arguments.tensors)
    if (t.builder) present.push_back(t);
  return b.call(def.name, std::move(numbers), present, [&](const std::vector<Tensor>& inner) {
    size_t next = 0;
    for (const Tensor& t : arguments.tensors) context.tensors.push_back(t.builder ? inner[next++] : Tensor());
    context.tensors.resize(wanted);
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

Tensor CompositeContext::running(const std::string& suffix, const Shape& shape, double initial) {
  return module->variable({.name = layer + "." + suffix, .type = {DType::f32, shape}, .role = Role::running,
                           .initializer = {"constant_value", {{"value", initial}}}});
}

void CompositeContext::fail(const std::string& message, std::vector<std::string> notes) const {
  b.fail(std::string(def.name) + ": " + message, std::move(notes));
}

double CompositeVjp::number(const std::string& name) const {
  for (const auto& [key, value] : body.arguments)
    if (key == name) return value;
  throw InternalError("vjp of " + body.composite + ": no number " + name);
}

Tensor OptimizerContext::decayed_gradient() const {
  return weight_decay() == 0 ? gradient : gradient + parameter * weight_decay();
}

Tensor OptimizerContext::learning_rate() {
  std::string name = prefix + "learning_rate";
  if (!module.hypers.find(name)) module.hypers.push_back({name, DType::f32, base_learning_rate});
  Tensor rate = b.emit(Op::hyper, {}, {name, Type{DType::f32, {}}});
  double own = number("learning_rate");
  return own == base_learning_rate ? rate : rate * (own / base_learning_rate);
}

Tensor optimizer_variable(GraphBuilder& b, Module& module, const std::string& name, const Type& type, double initial) {
  const Variable* known = module.variables.find(name);
  if (!known)
    module.variables.push_back({.name = name, .type = type, .role = Role::optimizer, .initializer = {"constant_value", {{"value", initial}}}});
  else if (known->role != Role::optimizer || known->type != type)
    throw CompileError(Diagnostic{known->place, name + ": the optimizer keeps state of its own under this name", {"give the variable another name"}});
  return b.emit(Op::variable, {}, {name, type});
}

Tensor OptimizerContext::state(const std::string& suffix, double initial) {
  return optimizer_variable(b, module, parameter_name + "." + prefix + suffix, parameter.type(), initial);
}

Tensor OptimizerContext::shared(const std::string& suffix, double initial, const std::function<Tensor(Tensor)>& next) {
  std::string name = shared_name + "." + suffix;
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

// The inverse of the error function in single precision: M. Giles, "Approximating the erfinv function", 2010. The two
// polynomials, from the highest power, in w = -log(1 - x^2): for w < 5 in w - 2.5, beyond in sqrt(w) - 3.
static Tensor inverse_erf(Tensor x) {
  constexpr double near[] = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727, 1.50140941};
  constexpr double far[] = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406, 2.83297682};
  Tensor below = 1.0 - x, above = x + 1.0;
  Tensor w = -log(below * above);
  auto polynomial = [&](std::span<const double> c, Tensor t) {
    Tensor p = t * c[0] + c[1];
    for (size_t i = 2; i < c.size(); i++) p = p * t + c[i];
    return p;
  };
  Tensor inner = polynomial(near, w - 2.5), outer = polynomial(far, sqrt(w) - 3.0);
  return select(less(w, 5.0), inner, outer) * x;
}

// A uniform number in the middle of its 2^-23 wide interval: never -1 or 1, where the inverse is infinite.
Tensor InitializerContext::normal() {
  Tensor bits = random_bits(seed_lo, seed_hi, b.constant(0, DType::i32), stream, type.shape);
  Tensor centred = cast(bit_and(bits, double(0x7FFFFF)), DType::f32) + 0.5;
  return inverse_erf(centred * std::ldexp(1.0, -22) - 1.0) * std::sqrt(2.0);
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
#define GRAPHC_FUNCTION(name) \
  Tensor name(const std::vector<Tensor>& tensors, std::map<std::string, double> numbers) { return apply(*tensors[0].builder, composite_##name, {tensors, std::move(numbers)}); }
#define GRAPHC_FUNCTION2(name) \
  Tensor name(Tensor a, Tensor b, std::map<std::string, double> numbers) { return apply(*a.builder, composite_##name, {{a, b}, std::move(numbers)}); }
#include "ir/library/library_list.def"

}  // namespace graphc
