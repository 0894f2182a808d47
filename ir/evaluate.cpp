// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/evaluate.h"

#include <bit>

#include "ir/tensor.h"

namespace graphc {

namespace {

uint32_t to_bits(double value, DType dtype) {
  return dtype == DType::f32 ? std::bit_cast<uint32_t>(float(value)) : uint32_t(int32_t(int64_t(value)));
}
double from_bits(uint32_t bits, DType dtype) {
  return dtype == DType::f32 ? double(std::bit_cast<float>(bits)) : double(int32_t(bits));
}

class Evaluation {
 public:
  Evaluation(const Bindings& bindings, Precision precision) : bindings_(bindings), precision_(precision) {}

  // `arguments` stand for the argument nodes of a call's body.
  std::vector<Array> run(const Graph& graph, const std::vector<const Array*>& arguments) {
    std::vector<Array> values(graph.size());
    std::map<ValueId, std::vector<Array>> calls;
    auto live = live_values(graph);
    for (ValueId v = 0; v < graph.size(); v++) {
      if (!live[v]) continue;
      const Node& node = graph[v];
      std::vector<const Array*> operands;
      for (ValueId o : node.operands) operands.push_back(&values[o]);
      if (node.op == Op::argument) {
        values[v] = *arguments.at(size_t(node.attribute<int64_t>(0)));
      } else if (node.op == Op::call) {
        const Graph& body = *graph.body(node).graph;
        auto inner = run(body, operands);
        for (const Output& o : body.outputs) calls[v].push_back(inner[o.value]);
      } else if (node.op == Op::get) {
        values[v] = calls.at(node.operands[0]).at(size_t(node.attribute<int64_t>(0)));
      } else {
        values[v] = compute(graph, node, operands);
      }
    }
    return values;
  }

 private:
  bool f32() const { return precision_ != Precision::f64; }

  Array bound(const std::map<std::string, Array>& table, const Node& node) {
    const std::string& name = node.attribute<std::string>(0);
    auto it = table.find(name);
    Array result{node.type.dtype, node.type.shape.at(bindings_.rows), {}};
    if (it == table.end() || int64_t(it->second.data.size()) != result.count())
      throw CompileError(Diagnostic{{}, "evaluate: " + name + " is not bound to " + std::to_string(result.count()) + " elements", {}});
    result.data = it->second.data;
    if (f32() && node.type.dtype == DType::f32)
      for (double& x : result.data) x = float(x);
    return result;
  }

  Array compute(const Graph& graph, const Node& node, const std::vector<const Array*>& operands) {
    const OpDef& op = node.def();
    if (node.op == Op::input) return bound(bindings_.inputs, node);
    if (node.op == Op::variable) return bound(bindings_.variables, node);
    Array result{node.type.dtype, node.type.shape.at(bindings_.rows), {}};
    result.data.assign(size_t(result.count()), 0.0);
    if (node.op == Op::hyper) {
      auto it = bindings_.hypers.find(node.attribute<std::string>(0));
      if (it == bindings_.hypers.end()) throw CompileError(Diagnostic{{}, "evaluate: hyper " + node.attribute<std::string>(0) + " is not bound", {}});
      result.data[0] = f32() && node.type.dtype == DType::f32 ? double(float(it->second)) : it->second;
    } else if (op.op_class == OpClass::elementwise && f32() && op.lower) {
      interpret(node, operands, result);
    } else if (op.reference) {
      std::vector<double> in(operands.size());
      for (size_t i = 0; i < result.data.size(); i++) {
        for (size_t o = 0; o < in.size(); o++) in[o] = operands[o]->data[i];
        result.data[i] = op.reference(in);
        if (node.type.dtype == DType::i32) result.data[i] = double(int32_t(uint32_t(int64_t(result.data[i]))));
      }
    } else if (op.expand && f32()) {
      return expand(graph, node, operands);
    } else if (op.evaluate) {
      EvaluateContext context{node, operands, result, bindings_.rows, f32(), precision_ != Precision::f32_unfused};
      op.evaluate(context);
    } else if (op.expand) {
      return expand(graph, node, operands);
    } else {
      throw InternalError(std::string("evaluate: ") + op.name + " has no way to be computed");
    }
    return result;
  }

  void interpret(const Node& node, const std::vector<const Array*>& operands, Array& result) {
    scalar::Builder b;
    std::vector<scalar::Value> arguments;
    std::vector<std::vector<uint32_t>> in(operands.size());
    std::vector<const uint32_t*> pointers;
    size_t n = result.data.size();
    for (size_t o = 0; o < operands.size(); o++) {
      DType dtype = operands[o]->dtype;
      arguments.push_back(b.argument(dtype == DType::f32 ? scalar::Kind::f32 : scalar::Kind::i32));
      for (double x : operands[o]->data) in[o].push_back(to_bits(x, dtype));
      pointers.push_back(in[o].data());
    }
    scalar::Function f = std::move(b).finish(node.def().lower(b, arguments, node));
    std::vector<uint32_t> out(n);
    scalar::evaluate(f, pointers, out.data(), n, precision_ == Precision::f32_fused);
    for (size_t i = 0; i < n; i++) result.data[i] = from_bits(out[i], node.type.dtype);
  }

  Array expand(const Graph& graph, const Node& node, const std::vector<const Array*>& operands) {
    GraphBuilder b("expand");
    std::vector<Tensor> arguments;
    for (size_t o = 0; o < operands.size(); o++)
      arguments.push_back(b.emit(Op::argument, {}, {int64_t(o), graph[node.operands[o]].type}));
    Tensor result = node.def().expand(node, arguments);
    b.graph().outputs.push_back({"0", result.id});
    return run(b.graph(), operands)[result.id];
  }

  const Bindings& bindings_;
  Precision precision_;
};

}  // namespace

std::vector<Array> evaluate(const Graph& graph, const Bindings& bindings, Precision precision) {
  Evaluation evaluation(bindings, precision);
  return evaluation.run(graph, {});
}

}  // namespace graphc
