// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/print.h"

#include <fmt/format.h>

#include "ir/token.h"

namespace graphc {

namespace {

template <class T>
std::string list(const std::vector<T>& values) {
  std::string text = "[";
  for (const T& v : values) {
    if (text.size() > 1) text += ", ";
    if constexpr (std::is_same_v<T, double>)
      text += number_text(v);
    else
      text += std::to_string(v);
  }
  return text + "]";
}

struct AttributeText {
  std::string operator()(int64_t v) { return std::to_string(v); }
  std::string operator()(double v) { return number_text(v); }
  std::string operator()(const std::string& v) { return quoted(v); }
  std::string operator()(const std::vector<int64_t>& v) { return list(v); }
  std::string operator()(const std::vector<double>& v) { return list(v); }
  std::string operator()(const Type& v) { return to_string(v); }
  std::string operator()(DType v) { return name(v); }
  std::string operator()(const Shape& v) { return to_string(v); }
};

template <class Numbers>
std::string arguments(const Numbers& numbers) {
  std::string text = "(";
  for (const auto& [name, value] : numbers) text += (text.size() > 1 ? ", " : "") + name + ": " + number_text(value);
  return text + ")";
}

std::string operands_of(const Node& node) {
  std::string text;
  for (ValueId v : node.operands) text += fmt::format("{}%{}", text.empty() ? " " : ", ", v);
  return text;
}

std::string attributes_of(const Node& node) {
  std::string text;
  const auto& names = node.def().attributes;
  for (size_t i = 0; i < node.attributes.size() && i < names.size(); i++) {
    if (is_implied(names[i].kind) && node.attributes[i] == implied_attribute(names[i].kind, node.type)) continue;
    text += fmt::format("{}{}: {}", text.empty() ? " {" : ", ", names[i].name, to_string(node.attributes[i]));
  }
  return text.empty() ? "" : text + "}";
}

std::string beside(const Graph& graph, ValueId v) {
  std::string text;
  if (!graph.label(v).empty()) text += " " + quoted(graph.label(v));
  if (graph.gradient_of(v) != no_value) text += fmt::format("; gradient of %{}", graph.gradient_of(v));
  return text;
}

void print_block(std::string& out, const Graph& graph, const std::string& indent) {
  out += "{\n";
  for (ValueId v = 0; v < graph.size(); v++) {
    const Node& node = graph[v];
    out += indent + "  " + print_node(graph, v);
    if (node.op == Op::call) {
      out += " ";
      print_block(out, *graph.body(node).graph, indent + "  ");
      out += beside(graph, v);
    }
    out += "\n";
  }
  for (const Output& o : graph.outputs) out += fmt::format("{}  output {} = %{}\n", indent, quoted(o.name), o.value);
  for (const Update& u : graph.updates) out += fmt::format("{}  update {} = %{}\n", indent, quoted(u.variable), u.value);
  if (graph.loss) out += fmt::format("{}  loss %{}\n", indent, *graph.loss);
  out += indent + "}";
}

void print_graph(std::string& out, const Graph& graph) {
  out += "graph " + quoted(graph.name) + " ";
  print_block(out, graph, "");
  out += "\n";
}

}  // namespace

std::string to_string(const Attribute& attribute) { return std::visit(AttributeText{}, attribute); }

bool is_implied(AttributeDef::Kind kind) {
  return kind == AttributeDef::type || kind == AttributeDef::dtype || kind == AttributeDef::shape;
}

Attribute implied_attribute(AttributeDef::Kind kind, const Type& type) {
  if (kind == AttributeDef::dtype) return type.dtype;
  if (kind == AttributeDef::shape) return type.shape;
  return type;
}

std::string print_node(const Graph& graph, ValueId v) {
  const Node& node = graph[v];
  if (node.op == Op::call) {
    const Body& body = graph.body(node);
    return fmt::format("%{} = call {}{}{}", v, quoted(body.composite), arguments(body.arguments), operands_of(node));
  }
  std::string text =
      fmt::format("%{}: {} = {}{}{}", v, to_string(node.type), node.def().name, operands_of(node), attributes_of(node));
  if (node.def().sum_order) text += fmt::format(" order {}", name(node.def().sum_order(node)));
  return text + beside(graph, v);
}

std::string print(const Graph& graph) {
  std::string out = "graphc.graph 1\n";
  print_graph(out, graph);
  return out;
}

std::string hyper_line(const HyperParameter& h) {
  return fmt::format("hyper {}: {} = {}\n", quoted(h.name), name(h.dtype), number_text(h.value));
}

std::string input_line(const InputSpec& i) {
  std::string classes = i.classes ? fmt::format(" classes {}", i.classes) : "";
  return fmt::format("input {}: {}{}{}\n", quoted(i.name), to_string(i.type), i.is_target ? " target" : "", classes);
}

std::string print(const Module& module) {
  std::string out = "graphc.module 1 " + quoted(module.name) + "\n";
  for (const Variable& v : module.variables) {
    out += fmt::format("variable {}: {} {}", quoted(v.name), to_string(v.type), name(v.role));
    if (v.role == Role::parameter || !v.trainable) out += v.trainable ? " trainable" : " frozen";
    out += fmt::format(" = {}{}", v.initializer.name, arguments(v.initializer.numbers));
    out += v.of.empty() ? "\n" : " of " + quoted(v.of) + "\n";
  }
  for (const HyperParameter& h : module.hypers) out += hyper_line(h);
  for (const InputSpec& i : module.inputs) out += input_line(i);
  for (const Graph& graph : module.entries) out += "\n", print_graph(out, graph);
  return out;
}

}  // namespace graphc
