// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/object.h"

#include <algorithm>
#include <cstring>

#include "compiler/aot/description.h"
#include "compiler/codegen/codegen.h"
#include "compiler/compile.h"
#include "compiler/pipeline.h"
#include "ir/columns.h"
#include "runtime/abi/graphc_abi.h"

namespace graphc {

namespace {

// What `init(1)` and the weights leave behind.
struct Initial {
  std::vector<std::string> given;      // variables that the file has; `init` need not fill them
  std::vector<StoredTensor> variables;  // all of the model

  std::vector<std::byte> region(const PlanModule& plan, Region region, uint64_t magic, uint64_t bytes) const {
    std::vector<std::byte> result(bytes);
    graphc_head head{magic, GRAPHC_ABI_VERSION, 0, plan.fingerprint, {}};
    std::memcpy(result.data(), &head, sizeof head);
    for (const PlacedVariable& v : plan.variables) {
      if (v.region != region) continue;
      auto tensor = std::find_if(variables.begin(), variables.end(), [&](const StoredTensor& t) { return t.name == v.variable->name; });
      if (tensor == variables.end()) throw InternalError("object: no first value of " + v.variable->name);
      std::memcpy(result.data() + v.offset, tensor->data.data(), tensor->data.size());
    }
    return result;
  }
};

Initial read_weights(const Model& model, const std::string& path) {
  Initial result;
  Instance net = compile(model, CompileOptions{.max_rows = 1}).instance(1);
  net.load(path);
  for (const StoredTensor& t : net.weights()) result.given.push_back(t.name);
  result.variables = net.variables();
  return result;
}

void check_prefix(const std::string& prefix) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  bool is_identifier = !prefix.empty() && letter(prefix[0]) && std::all_of(prefix.begin(), prefix.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
  if (!is_identifier) throw CompileError(Diagnostic{{}, "object: '" + prefix + "' cannot begin the name of a C function", {"choose a prefix (--name) of letters, digits and _"}});
  if (prefix == "graphc" || prefix.rfind("graphc_", 0) == 0) throw CompileError(Diagnostic{{}, "object: '" + prefix + "' begins names of graphc_abi.h", {"choose another prefix (--name)"}});
}

// What the machine cannot address.
void check_sizes(const PlanModule& plan) {
  if (plan.target.pointer_bytes >= 8) return;
  for (auto [what, bytes] : {std::pair{"params", plan.params_bytes}, {"state", plan.state_bytes}, {"the workspace", plan.workspace_bytes}})
    if (bytes > INT32_MAX)
      throw CompileError(Diagnostic{{}, "object: " + std::string(what) + " would take " + grouped(bytes) + " bytes, more than " + plan.target.triple + " can address", {"fewer rows a call (--batch) need less workspace"}});
}

}  // namespace

struct Object::Impl {
  PlanModule plan;
  std::vector<std::byte> params, state;
  EmitOptions options;
  Emitted emitted;
  aot::Description description;
};

Object compile_object(const Model& model, const ObjectOptions& o) {
  auto impl = std::make_shared<Object::Impl>();
  impl->options.prefix = o.prefix.empty() ? model.tables.name : o.prefix;
  impl->options.relocation = o.relocation;
  check_prefix(impl->options.prefix);
  Initial initial;
  if (!o.weights.empty()) initial = read_weights(model, o.weights);
  Target target = describe_target(o.target, o.cpu, o.features);
  impl->plan = build_plan(model, target, {.max_rows = o.max_rows, .memory_budget = o.memory_budget, .fixed_rows = o.fixed_rows, .entries = o.entries, .given = initial.given});
  check_sizes(impl->plan);
  if (!o.weights.empty()) {
    impl->params = initial.region(impl->plan, Region::params, GRAPHC_MAGIC_PARAMS, impl->plan.params_bytes);
    impl->state = initial.region(impl->plan, Region::state, GRAPHC_MAGIC_STATE, impl->plan.state_bytes);
    impl->options.params = impl->params;
    impl->options.state = impl->state;
  }
  impl->emitted = emit(impl->plan, impl->options, Emit::object);
  aot::Description& d = impl->description;
  d = aot::describe(impl->plan, impl->options.prefix);
  d.features = o.features;
  d.text_bytes = impl->emitted.text_bytes;
  d.constant_bytes = impl->emitted.constant_bytes;
  d.object_bytes = impl->emitted.bytes.size();
  d.stack_bytes = impl->emitted.stack_bytes;
  d.has_weights = !o.weights.empty();
  Object result;
  result.impl_ = std::move(impl);
  return result;
}

Object compile_object(const Builder& builder, const ObjectOptions& options) { return compile_object(builder.finish(), options); }

const PlanModule& Object::plan() const { return impl_->plan; }
const std::string& Object::prefix() const { return impl_->options.prefix; }
const std::string& Object::bytes() const { return impl_->emitted.bytes; }
uint64_t Object::text_bytes() const { return impl_->emitted.text_bytes; }
const std::map<std::string, uint64_t>& Object::stack_bytes() const { return impl_->emitted.stack_bytes; }
std::string Object::header() const { return aot::header_text(impl_->description); }
std::string Object::wrapper() const { return aot::wrapper_text(impl_->description); }
std::string Object::memory_map() const { return aot::memory_map_text(impl_->description); }
std::string Object::memory_table() const { return aot::memory_table_text(impl_->description); }
std::string Object::example() const { return aot::example_text(impl_->description); }
std::string Object::llvm() const { return emit(impl_->plan, impl_->options, Emit::llvm).bytes; }
std::string Object::assembly() const { return emit(impl_->plan, impl_->options, Emit::assembly).bytes; }

}  // namespace graphc
