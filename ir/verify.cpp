// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/verify.h"

#include <unordered_map>
#include <unordered_set>

#include "ir/composite.h"
#include "ir/print.h"

namespace graphc {

namespace {

constexpr size_t most_problems = 20;
constexpr int deepest_call = 256;

// What the tables say of each name, so that a check does not walk them.
struct Names {
  std::unordered_map<std::string, Type> inputs, variables, hypers;

  explicit Names(const Module& module) {
    for (const InputSpec& i : module.inputs) inputs.emplace(i.name, i.type);
    for (const Variable& v : module.variables) variables.emplace(v.name, v.type);
    for (const HyperParameter& h : module.hypers) hypers.emplace(h.name, Type{h.dtype, {}});
  }
};

class Verifier {
 public:
  explicit Verifier(const Names* names) : names_(names) {}

  void graph(const Graph& graph, const std::vector<Type>* arguments = nullptr) {
    if (++depth_ > deepest_call) {
      report(graph, no_value, "calls are nested more than 256 deep");
    } else {
      for (ValueId v = 0; v < graph.size() && !full(); v++) {
        node(graph, v, arguments);
        if (ValueId f = graph.gradient_of(v); f != no_value && f >= graph.size()) report(graph, v, "is the gradient of no value");
      }
      results(graph, arguments != nullptr);
    }
    depth_--;
  }

  void report(const Graph& graph, ValueId v, const std::string& message) {
    bool is_value = v < graph.size();
    std::string node = is_value ? print_node(graph, v) : "";
    if (node.size() > 300) node = node.substr(0, 300) + "...";  // constants are long
    add("graph " + graph.name + ": " + node + (is_value ? ": " : "") + message, is_value ? graph.place(v) : Place());
  }
  void add(const std::string& message, const Place& place) {
    if (!full()) found.push_back({message, place});
  }
  bool full() const { return found.size() >= most_problems; }

  std::vector<Problem> found;

 private:
  void node(const Graph& graph, ValueId v, const std::vector<Type>* arguments) {
    const Node& node = graph[v];
    const OpDef& def = node.def();
    for (ValueId o : node.operands) {
      if (o >= v) return report(graph, v, "the operand %" + std::to_string(o) + " is not defined above");
      if (graph[o].op == Op::call && node.op != Op::get)
        return report(graph, v, "%" + std::to_string(o) + " is a call, whose results are read by get");
    }
    bool fits = def.arity < 0 || node.operands.size() == size_t(def.arity);
    if (!fits) return report(graph, v, "takes " + std::to_string(def.arity) + " operands");
    fits = node.attributes.size() == def.attributes.size();
    for (size_t i = 0; fits && i < node.attributes.size(); i++) fits = node.attributes[i].index() == def.attributes[i].kind;
    if (!fits) return report(graph, v, "attributes are not those of the op");
    if (node.op == Op::call) return call(graph, v);
    if (node.op == Op::argument) {
      auto index = uint64_t(node.attribute<int64_t>(0));
      if (!arguments || index >= arguments->size()) return report(graph, v, "there is no such argument of a call");
      if ((*arguments)[index] != node.type) return report(graph, v, "the call gives " + to_string((*arguments)[index]));
    }
    type(graph, v);
    if (names_) {
      named(graph, v, Op::input, names_->inputs, "input");
      named(graph, v, Op::variable, names_->variables, "variable");
      named(graph, v, Op::hyper, names_->hypers, "hyper");
    }
  }

  // Equal to a fresh inference.
  void type(const Graph& graph, ValueId v) {
    const Node& node = graph[v];
    Type expected;
    if (node.op == Op::get) {
      const Node& source = graph[node.operands[0]];
      if (source.op != Op::call) return report(graph, v, "reads the results of a call only");
      const Graph& body = *graph.body(source).graph;
      auto index = uint64_t(node.attribute<int64_t>(0));
      if (index >= body.outputs.size() || body.outputs[index].value >= body.size())
        return report(graph, v, "the call has no such result");
      expected = body[body.outputs[index].value].type;
    } else {
      InferContext context{node.attributes, {}, node.def().name};
      for (ValueId o : node.operands) context.operands.push_back(graph[o].type);
      try {
        expected = node.def().infer(context);
      } catch (const CompileError& error) {
        return report(graph, v, error.diagnostics()[0].message);
      }
    }
    if (expected != node.type) report(graph, v, "its type should be " + to_string(expected));
  }

  void call(const Graph& graph, ValueId v) {
    const Node& node = graph[v];
    if (uint64_t(node.attribute<int64_t>(0)) >= graph.bodies().size() || !graph.body(node).graph)
      return report(graph, v, "has no body");
    if (node.type != Type{}) report(graph, v, "a call has no type of its own");
    std::vector<Type> types;
    for (ValueId o : node.operands) types.push_back(graph[o].type);
    // Derivative rules rely on the tensors, the numbers and the one result of their record.
    const Body& body = graph.body(node);
    if (const CompositeDef* record = find_composite(body.composite)) {
      size_t tensors = 0, optional = 0, numbers = 0;
      for (const ArgumentDef& a : record->arguments) {
        (a.optional ? optional : tensors) += a.kind == ArgumentDef::tensor;
        for (const auto& [name, value] : body.arguments) numbers += name == a.name;
      }
      bool fits = numbers == body.arguments.size() && tensors + optional + numbers == record->arguments.size();
      if (types.size() < tensors || !fits || body.graph->outputs.size() != 1)
        report(graph, v, "is not a call of " + body.composite + ": other tensors, numbers or results");
    }
    this->graph(*graph.body(node).graph, &types);
  }

  void named(const Graph& graph, ValueId v, Op op, const std::unordered_map<std::string, Type>& table, const char* what) {
    const Node& node = graph[v];
    if (node.op != op) return;
    const std::string& name = node.attribute<std::string>(0);
    auto it = table.find(name);
    if (it == table.end()) return report(graph, v, std::string("the module has no ") + what + " " + name);
    if (it->second != node.type) report(graph, v, std::string("the module's ") + what + " is " + to_string(it->second));
  }

  void results(const Graph& graph, bool is_body) {
    auto is_value = [&](ValueId v, const std::string& what) {
      if (v >= graph.size())
        report(graph, no_value, what + " is no value: %" + std::to_string(v));
      else if (graph[v].op == Op::call)
        report(graph, v, what + " must be one result of the call, read by get");
      else
        return true;
      return false;
    };
    std::unordered_set<std::string> outputs, updates;
    for (const Output& o : graph.outputs) {
      if (!outputs.insert(o.name).second) report(graph, o.value, "there are two outputs named " + o.name);
      is_value(o.value, "output " + o.name);
    }
    if (is_body && (!graph.updates.empty() || graph.loss))
      report(graph, no_value, "the body of a call has no updates and no loss");
    for (const Update& u : graph.updates) {
      if (!updates.insert(u.variable).second) report(graph, u.value, u.variable + " is updated twice");
      if (!is_value(u.value, "update " + u.variable) || !names_) continue;
      auto it = names_->variables.find(u.variable);
      if (it == names_->variables.end())
        report(graph, u.value, "the updated variable " + u.variable + " is not in the module");
      else if (it->second != graph[u.value].type)
        report(graph, u.value, "updates " + u.variable + ", which is " + to_string(it->second));
    }
    if (graph.loss && is_value(*graph.loss, "loss") && graph[*graph.loss].type != Type{DType::f32, {}})
      report(graph, *graph.loss, "the loss must be f32[]");
  }

  const Names* names_;
  int depth_ = 0;
};

void check_tables(const Module& module, Verifier& verifier) {
  std::unordered_set<std::string> names, hypers, entries;
  auto once = [&](std::unordered_set<std::string>& seen, const std::string& name, const Place& place) {
    if (!seen.insert(name).second) verifier.add("module " + module.name + ": there are two named " + name, place);
  };
  std::unordered_set<std::string> inputs;
  for (const InputSpec& i : module.inputs) once(names, i.name, i.place), inputs.insert(i.name);
  for (const HyperParameter& h : module.hypers) once(hypers, h.name, {});
  for (const Graph& g : module.entries) once(entries, g.name, {});
  for (const Variable& v : module.variables) {
    once(names, v.name, v.place);
    if (v.type.shape.has_batch()) verifier.add("variable " + v.name + ": its shape must be constant", v.place);
    const CompositeDef* record = find_composite(v.initializer.name);
    if (!record || !record->build_initializer)
      verifier.add("variable " + v.name + ": no initializer named " + v.initializer.name, v.place);
    size_t colon = v.of.rfind(':');
    std::string part = colon == std::string::npos ? "" : v.of.substr(colon + 1);
    if (!v.of.empty() && ((part != "mean" && part != "scale") || !inputs.count(v.of.substr(0, colon))))
      verifier.add("variable " + v.name + ": " + v.of + " is not INPUT:mean or INPUT:scale of an input", v.place);
  }
}

void raise(const std::vector<Problem>& found) {
  if (!found.empty()) throw InternalError("verify: " + found[0].message);
}

}  // namespace

std::vector<Problem> problems(const Graph& graph, const Module* tables) {
  std::optional<Names> names;
  if (tables) names.emplace(*tables);
  Verifier verifier(names ? &*names : nullptr);
  verifier.graph(graph);
  return std::move(verifier.found);
}

std::vector<Problem> problems(const Module& module) {
  Names names(module);
  Verifier verifier(&names);
  check_tables(module, verifier);
  for (const Graph& entry : module.entries) verifier.graph(entry);
  return std::move(verifier.found);
}

void verify(const Graph& graph, const Module* tables) { raise(problems(graph, tables)); }
void verify(const Module& module) { raise(problems(module)); }

}  // namespace graphc
