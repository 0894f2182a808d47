// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The whole tree becomes one scalar function of an element's position along each axis.
#include "ir/fill.h"

#include <algorithm>
#include <unordered_map>

#include "ir/tensor.h"

namespace graphc {

namespace {

constexpr size_t most_nodes = 512, block = 16384;

class Composition {
 public:
  Composition(const Graph& graph, const Shape& shape, const std::map<std::string, double>& hypers) : graph_(graph), shape_(shape), hypers_(hypers) {
    for (int a = 0; a < shape.rank(); a++) positions_.push_back(b_.argument(scalar::Kind::i32));
  }

  // Of one that is not composable: nothing.
  std::optional<scalar::Value> value(ValueId v) {
    auto known = known_.find(v);
    if (known != known_.end()) return known->second;
    const Node& n = graph_[v];
    bool is_number = n.type.shape.rank() == 0;
    if ((!is_number && n.type.shape != shape_) || n.type.dtype == DType::u8 || known_.size() > most_nodes) return {};
    std::optional<scalar::Value> result = compute(n);
    if (result) known_.emplace(v, *result);
    return result;
  }

  scalar::Function finish(scalar::Value result) && { return std::move(b_).finish(result); }

 private:
  std::optional<scalar::Value> number(double x, DType dtype) { return dtype == DType::f32 ? b_.f32(float(x)) : b_.i32(int32_t(x)); }

  std::optional<scalar::Value> compute(const Node& n) {
    if (n.op == Op::constant) {
      const auto& values = n.attribute<std::vector<double>>(0);
      return values.size() == 1 ? number(values[0], n.type.dtype) : std::nullopt;
    }
    if (n.op == Op::hyper) {
      auto it = hypers_.find(n.attribute<std::string>(0));
      return it == hypers_.end() ? std::nullopt : number(it->second, n.type.dtype);
    }
    const OpDef& op = n.def();
    if (n.op == Op::broadcast) return graph_[n.operands[0]].type.shape.rank() == 0 ? value(n.operands[0]) : std::nullopt;
    bool is_source = op.op_class == OpClass::source;
    if (!op.lower || (op.op_class != OpClass::elementwise && !is_source)) return {};
    std::vector<scalar::Value> arguments;
    if (is_source) {
      if (n.type.shape != shape_) return {};
      arguments = positions_;
    }
    for (ValueId o : n.operands) {
      auto operand = value(o);
      if (!operand) return {};
      arguments.push_back(*operand);
    }
    return op.lower(b_, arguments, n);
  }

  const Graph& graph_;
  const Shape& shape_;
  const std::map<std::string, double>& hypers_;
  scalar::Builder b_;
  std::vector<scalar::Value> positions_;
  std::unordered_map<ValueId, scalar::Value> known_;
};

}  // namespace

bool fill(const Graph& graph, ValueId v, const std::map<std::string, double>& hypers, bool fused, std::span<uint32_t> elements) {
  const Type& type = graph[v].type;
  if (type.shape.has_batch() || type.shape.rank() > 8) return false;
  Composition composition(graph, type.shape, hypers);
  auto result = composition.value(v);
  if (!result) return false;
  scalar::Function f = std::move(composition).finish(*result);
  size_t rank = f.arguments.size();
  std::vector<int64_t> at(rank, 0);
  std::vector<std::vector<uint32_t>> positions(rank, std::vector<uint32_t>(block));
  std::vector<const uint32_t*> arguments;
  for (const auto& p : positions) arguments.push_back(p.data());
  for (size_t begin = 0; begin < elements.size(); begin += block) {
    size_t count = std::min(block, elements.size() - begin);
    for (size_t i = 0; i < count; i++) {
      for (size_t a = 0; a < rank; a++) positions[a][i] = uint32_t(at[a]);
      for (size_t a = rank; a-- > 0;) {
        if (++at[a] < type.shape[int(a)].size) break;
        at[a] = 0;
      }
    }
    scalar::evaluate(f, arguments, elements.data() + begin, count, fused);
  }
  return true;
}

}  // namespace graphc
