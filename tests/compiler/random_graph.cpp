// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/compiler/random_graph.h"

#include <algorithm>

#include "ir/builder.h"
#include "tests/ops/subjects.h"

namespace graphc_test {

using namespace graphc;

namespace {

constexpr int64_t most_elements = 5000;  // of a value at the maximum of rows: the evaluator is slow
constexpr int64_t most_products = 200'000;
constexpr int most_axes = 5;

// Of two drawn sizes that a case has equal, the draw is equal; 1 and 0 stay, for they have rules of their own.
using Sizes = std::map<int64_t, int64_t>;

class Drawer {
 public:
  explicit Drawer(uint64_t seed) : random_(seed * 0xD1342543DE82EF95u + 1), b_("random_" + std::to_string(seed)), subjects_(subjects()) {}

  RandomModel run() {
    is_long_ = chance(4);  // sums along the rows have several blocks (DESIGN 6)
    max_rows_ = is_long_ ? 1030 + random_.below(1100) : one_of({1, 2, 3, 5, 7, 8, 15, 16, 17, 23, 33});
    anchor_ = parameter({size()});
    keep(leaf({DType::f32, drawn_shape(1, true)}));
    for (int64_t n = 1 + random_.below(3); n > 0; n--) attempt([&] { keep(leaf({DType::f32, drawn_shape(1 + int(random_.below(3)), true)})); });
    for (int64_t n = 3 + random_.below(chance(4) ? 40 : 12); n > 0; n--) attempt([&] { step(); });
    finish();
    return {b_.finish(), uint32_t(max_rows_)};
  }

 private:
  // What does not fit together is not drawn.
  template <class Draw> static void attempt(Draw draw) {
    try {
      draw();
    } catch (const CompileError&) {
    }
  }

  // ---- draws

  bool chance(int64_t percent) { return random_.below(100) < percent; }
  int64_t one_of(std::initializer_list<int64_t> all) { return all.begin()[random_.below(int64_t(all.size()))]; }
  template <class T> const T& any(const std::vector<T>& all) { return all[size_t(random_.below(int64_t(all.size())))]; }
  int64_t size() {
    if (is_long_) return one_of({1, 2, 3});
    if (chance(2)) return 1030;
    return one_of({1, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17, 20, 31, 32, 33, 50});
  }
  Shape drawn_shape(int rank, bool with_batch) {
    Shape s;
    while (s.rank() < rank) s.push_back(with_batch && s.rank() == 0 ? batch : Dim(size()));
    return s;
  }
  template <class Fits> std::optional<Tensor> pick(Fits fits) {
    int64_t n = int64_t(pool_.size());
    for (int tries = 0; n && tries < 10; tries++) {
      Tensor t = pool_[size_t(chance(40) ? n - 1 - random_.below(std::min<int64_t>(n, 4)) : random_.below(n))];
      if (fits(t)) return t;
    }
    return {};
  }
  Tensor pick_float(int least_rank = 0) {
    auto t = pick([&](Tensor x) { return x.dtype() == DType::f32 && x.rank() >= least_rank; });
    return t ? *t : keep(leaf({DType::f32, drawn_shape(std::max(least_rank, 2), true)}));
  }

  Tensor keep(Tensor t) {
    bool fits = t.rank() <= most_axes && t.shape().count_at(max_rows_) <= most_elements;
    if (fits) pool_.push_back(t);
    return t;
  }
  static std::string numbered(std::string prefix, int n) { return prefix += std::to_string(n); }
  std::string new_name(const char* prefix) { return numbered(prefix, names_++); }

  // ---- leaves

  Tensor parameter(const Shape& shape) {
    std::vector<const CompositeDef*> initializers;
    for (const CompositeDef* c : all_composites())
      if (c->kind == CompositeKind::initializer && std::string_view(c->name) != "seed_word" &&
          (shape.rank() >= 2 || std::string_view(c->name) != "orthogonal"))
        initializers.push_back(c);
    const CompositeDef& record = *any(initializers);
    Initializer initializer{record.name};
    for (const ArgumentDef& a : record.arguments)
      if (!a.value) initializer.numbers[a.name] = random_.uniform(-1, 1);
    return b_.parameter(new_name("p"), shape, initializer);
  }

  Tensor leaf(const Type& t) {
    const Shape& s = t.shape;
    if (t.dtype == DType::u8) return chance(50) ? greater(fit({DType::f32, s}), 0.1) : less(fit({DType::f32, s}), fit({DType::f32, s}));
    if (t.dtype == DType::i32 && chance(60)) return cast(fit({DType::f32, s}) * random_.uniform(1, 6), DType::i32);
    int axis = 0;
    while (axis < s.rank() && !s[axis].is_batch) axis++;
    if (axis == s.rank()) {
      if (t.dtype == DType::f32 && chance(80)) return parameter(s);
      if (t.dtype == DType::f32 && s.count().size <= 40 && s.count().size > 0 && chance(50)) {
        std::vector<double> values;
        for (int64_t i = 0; i < s.count().size; i++) values.push_back(double(float(random_.uniform(-1, 1))));
        return b_.constant(values, t);
      }
      return b_.input(new_name("c"), s, t.dtype);
    }
    if (axis > 0) {  // batch comes first in what a caller gives
      Shape front{s[axis]};
      std::vector<int64_t> permutation;
      for (int a = 0; a < s.rank(); a++) {
        if (a != axis) front.push_back(s[a]);
        permutation.push_back(a == axis ? 0 : a < axis ? a + 1 : a);
      }
      return transpose(fit({t.dtype, front}), permutation);
    }
    if (s[0].size != 1) {
      Shape split{batch, s[0].size};
      for (int a = 1; a < s.rank(); a++) split.push_back(s[a]);
      return reshape(fit({t.dtype, split}), s);
    }
    if (t == Type{DType::i32, {batch}} && chance(50)) return b_.target(new_name("t"), classes(1 + random_.below(12)));
    if (t.dtype == DType::f32 && chance(30)) return b_.target(new_name("t"), s);
    return b_.input(new_name("x"), s, t.dtype);
  }

  static bool broadcasts(const Shape& from, const Shape& to) {
    if (from.rank() > to.rank()) return false;
    for (int a = 0; a < from.rank(); a++)
      if (!from[a].is(1) && from[a] != to[a + to.rank() - from.rank()]) return false;
    return true;
  }
  static bool batch_is_inside(const Shape& s) {
    for (int a = 1; a < s.rank(); a++)
      if (s[a].is_batch) return true;
    return false;
  }

  // A value of this type: one that is there, or one that can be moved into the shape, or a new leaf.
  Tensor fit(const Type& t) {
    if (t.shape.count_at(max_rows_) > most_elements) b_.fail("too large to draw");
    if (chance(75))
      if (auto same = pick([&](Tensor x) { return x.type() == t; })) return *same;
    if (chance(75))
      if (auto x = pick([&](Tensor x) { return x.dtype() == t.dtype && x.shape() != t.shape && broadcasts(x.shape(), t.shape); }))
        return broadcast_to(*x, t.shape);
    if (t.shape.rank() == 2 && chance(75))
      if (auto x = pick([&](Tensor x) { return x.dtype() == t.dtype && x.shape() == Shape{t.shape[1], t.shape[0]}; })) return transpose(*x, {1, 0});
    if (!batch_is_inside(t.shape) && chance(50))
      if (auto x = pick([&](Tensor x) { return x.dtype() == t.dtype && x.shape().count() == t.shape.count() && !batch_is_inside(x.shape()); }))
        return reshape(*x, t.shape);
    return keep(leaf(t));
  }

  // Mostly inside of the case's range, so that numbers stay numbers. Indices stay below `limit`.
  Tensor tame(Tensor x, const Case& c, int64_t limit = 4) {
    if (x.dtype() == DType::i32 && chance(80)) return min(max(x, 0.0), double(limit - 1));
    if (x.dtype() != DType::f32) return x;
    bool usual = c.low == -2 && c.high == 2;
    if (!chance(usual ? 15 : 95)) return x;
    return usual ? tanh(x) : tanh(x) * ((c.high - c.low) / 2) + (c.high + c.low) / 2;
  }

  // ---- nodes

  void step() {
    int64_t kind = random_.below(100);
    if (kind < 42) from_case();
    else if (kind < 56) elementwise();
    else if (kind < 73) movement();
    else if (kind < 83) reduction();
    else if (kind < 93) contraction();
    else layer();
  }

  template <class Fits> const Subject& any_subject(Fits fits) {
    while (true)
      if (const Subject& s = any(subjects_); fits(s)) return s;
  }
  static bool is_class(const Subject& s, OpClass c) { return s.op && s.op->op_class == c; }

  // Do the case's sizes become those of the value?
  static bool unify(const Shape& wanted, const Shape& found, Sizes& sizes) {
    if (wanted.rank() != found.rank()) return false;
    Sizes tried = sizes;
    for (int a = 0; a < wanted.rank(); a++) {
      if (wanted[a].is_batch != found[a].is_batch) return false;
      if (wanted[a].is_batch && wanted[a] != found[a]) return false;
      if (!wanted[a].is_batch && tried.try_emplace(wanted[a].size, found[a].size).first->second != found[a].size) return false;
    }
    sizes = tried;
    return true;
  }
  Shape resized(const Shape& s, Sizes& sizes) {
    Shape result;
    for (Dim d : s) result.push_back(d.is_batch ? d : Dim(sizes.try_emplace(d.size, size()).first->second));
    return result;
  }

  // A subject's case with other sizes; `first` may be its first operand.
  Tensor build(const Subject& s, const Case& drawn, std::optional<Tensor> first = {}) {
    Case c = drawn;
    Sizes sizes{{0, 0}, {1, 1}};
    std::vector<std::optional<Tensor>> given(c.operands.size());
    if (first) {
      if (!unify(c.operands[0].shape, first->shape(), sizes)) b_.fail("does not fit");
      given[0] = first;
    } else if (!c.operands.empty()) {
      auto o = size_t(random_.below(int64_t(c.operands.size())));
      given[o] = pick([&](Tensor x) { return x.dtype() == c.operands[o].dtype && unify(c.operands[o].shape, x.shape(), sizes); });
    }
    for (Attribute& a : c.attributes) {
      if (auto shape = std::get_if<Shape>(&a)) *shape = resized(*shape, sizes);
      if (auto type = std::get_if<Type>(&a)) type->shape = resized(type->shape, sizes);
    }
    std::vector<Tensor> operands;
    for (size_t o = 0; o < c.operands.size(); o++) {
      Shape shape = resized(c.operands[o].shape, sizes);
      bool among_classes = o > 0 && operands[0].rank() > 0 && !operands[0].shape().back().is_batch && operands[0].shape().back().size > 0;
      int64_t limit = among_classes ? operands[0].shape().back().size : c.int_high;
      operands.push_back(tame(given[o] ? *given[o] : fit({c.operands[o].dtype, shape}), c, limit));
    }
    return s.build(c, b_, operands);
  }

  void from_case() {
    const Subject& s = any(subjects_);
    const Case& c = any(s.cases);
    for (const Type& t : c.operands)
      if (t.shape.count().size == 0 && !chance(10)) return;
    Tensor result = build(s, c);
    keep(result);
    if (s.composite && s.composite->kind == CompositeKind::metric && chance(50)) b_.metric(new_name("m"), result);
  }

  void elementwise() {
    const Subject& s = any_subject([](const Subject& s) { return is_class(s, OpClass::elementwise); });
    const Case& c = any(s.cases);
    Tensor x = pick_float();
    std::vector<Tensor> operands;
    for (const Type& t : c.operands) operands.push_back(tame(t.dtype == x.dtype() && (operands.empty() || chance(15)) ? x : fit({t.dtype, x.shape()}), c));
    keep(s.build(c, b_, operands));
  }

  void reduction() {
    const Subject& s = any_subject([](const Subject& s) { return is_class(s, OpClass::reduction); });
    Case c = any(s.cases);
    Tensor x = pick_float(1);
    c.attributes = {random_.below(x.rank())};
    keep(s.build(c, b_, {tame(x, c)}));
  }

  // Attributes of a movement by their names; an op with others is drawn from its cases only.
  std::optional<Attribute> drawn_attribute(const OpDef& op, const std::string& name, const Shape& x, int64_t axis) {
    int64_t n = axis < x.rank() ? x[int(axis)].size : 1;
    if (name == "axis") return axis;
    if (name == "start") return start_ = random_.below(std::clamp<int64_t>(n, 1, 4));
    if (name == "size") return 1 + random_.below(std::max<int64_t>(n - start_, 1));
    if (name == "step") return chance(60) ? int64_t(1) : 1 + random_.below(3);
    if (name == "before" || name == "after") return random_.below(4);
    if (name == "value") return chance(50) ? 0.0 : double(float(random_.uniform(-1, 1)));
    std::vector<int64_t> order;
    for (int64_t a = 0; a < x.rank(); a++) order.push_back(a);
    if (name == "permutation") {
      for (size_t i = order.size(); i > 1; i--) std::swap(order[i - 1], order[size_t(random_.below(int64_t(i)))]);
      return order;
    }
    if (name == "axes") {
      for (int64_t& a : order) a += a >= axis;
      return order;
    }
    if (name != "shape") return {};
    Shape shape;
    bool widens = op.attributes.size() > 1;  // with the axes that stay
    int merged = int(random_.below(x.rank() + 1));
    for (int a = 0; a <= x.rank(); a++) {
      if (widens && a == axis) shape.push_back(!x.has_batch() && chance(30) ? batch : Dim(size()));
      if (a == x.rank()) break;
      Dim d = x[a];
      int64_t by = one_of({1, 2, 3, 4, 5});
      if (!widens && !d.is_batch && d.size % by == 0 && d.size && shape.rank() + x.rank() - a < max_rank && chance(50)) shape.push_back(d.size / by), shape.push_back(by);
      else if (!widens && a == merged && shape.rank() && chance(60)) shape[shape.rank() - 1] = Dim(shape.back().size * d.size, shape.back().is_batch || d.is_batch);
      else shape.push_back(d);
    }
    return shape;
  }

  void movement() {
    const Subject& s = any_subject([](const Subject& s) { return is_class(s, OpClass::movement); });
    Case c = any(s.cases);
    Tensor x = pick_float();
    int64_t axis = random_.below(x.rank() + 1);
    c.attributes.clear();
    for (const AttributeDef& a : s.op->attributes) {
      auto value = drawn_attribute(*s.op, a.name, x.shape(), axis);
      if (!value) return;
      c.attributes.push_back(*value);
    }
    std::vector<Tensor> operands{x};
    while (s.op->arity < 0 && axis < x.rank() && operands.size() < 4 && chance(60)) {
      Shape other = x.shape();
      if (chance(70) && !other[int(axis)].is_batch) other[int(axis)] = size();
      operands.push_back(fit({x.dtype(), other}));
    }
    keep(s.build(c, b_, operands));
  }

  void contraction() {
    const Subject& s = any_subject([](const Subject& s) { return is_class(s, OpClass::contraction); });
    Tensor a = pick_float(2);
    bool ta = chance(30), tb = chance(30);
    int r = a.rank();
    Dim m = a.shape()[ta ? r - 1 : r - 2], k = a.shape()[ta ? r - 2 : r - 1];
    Shape other = a.shape();
    Dim n = size();
    other[r - 2] = tb ? n : k, other[r - 1] = tb ? k : n;
    int64_t rest = a.shape().count_at(max_rows_);
    if (rest * n.size > most_products || m.at(max_rows_) * n.size > most_elements) return;
    Tensor b = fit({DType::f32, other});
    Case c = any(s.cases);
    c.attributes = {int64_t(ta), int64_t(tb)};
    keep(s.build(c, b_, {a, b}));
  }

  void layer() {
    std::vector<const CompositeDef*> layers;
    for (const CompositeDef* c : all_composites())
      if (c->kind == CompositeKind::layer) layers.push_back(c);
    const CompositeDef& record = *any(layers);
    Arguments arguments;
    for (const ArgumentDef& a : record.arguments) {
      if (a.optional) continue;
      if (a.kind == ArgumentDef::tensor) {
        auto input = pick([&](Tensor x) { return x.dtype() == DType::f32 && b_.find_input(x) && !b_.find_input(x)->is_target; });
        arguments.tensors.push_back(input && chance(40) ? *input : pick_float(2));
      }
      if (a.kind == ArgumentDef::integer) arguments.numbers[a.name] = double(size());
      if (a.kind == ArgumentDef::flag) arguments.numbers[a.name] = double(random_.below(2));
      if (a.kind == ArgumentDef::number && !a.value) arguments.numbers[a.name] = random_.uniform(0, 1);
    }
    keep(b_.layer(record.name, new_name("layer"), arguments));
  }

  // ---- what the model reports and minimises

  Tensor term(Tensor x) {
    if (x.shape().count().size == 0) return sum(x);  // the mean of nothing is no number
    for (int tries = 0; tries < 6 && chance(60); tries++) try {
        const Subject& s = any_subject([](const Subject& s) { return s.composite && s.composite->kind == CompositeKind::loss; });
        return build(s, any(s.cases), x);
      } catch (const CompileError&) {
      }
    return mean(tanh(x));
  }

  OptimizerCall optimizer() {
    std::vector<const CompositeDef*> optimizers;
    for (const CompositeDef* c : all_composites())
      if (c->kind == CompositeKind::optimizer) optimizers.push_back(c);
    const CompositeDef& record = *any(optimizers);
    OptimizerCall call{record.name, {}, {}};
    for (const ArgumentDef& a : record.arguments)
      if (!a.value || (*a.value == 0 && chance(50))) call.numbers[a.name] = random_.uniform(0.01, 0.5);  // 0 leaves a part of the formula out
    return call;
  }

  void finish() {
    // What nobody reads; the graph itself says so.
    std::vector<bool> is_read(b_.graph().size());
    for (ValueId v = 0; v < b_.graph().size(); v++)
      for (ValueId o : b_.graph()[v].operands) is_read[o] = true;
    Tensor loss = sum_of_squares(anchor_) * 0.01;  // so that there is something to train
    std::vector<Tensor> terms;
    const size_t drawn = pool_.size();  // a loss may draw operands of its own
    for (size_t i = 0; i < drawn; i++) {
      if (is_read[pool_[i].id] && !chance(10)) continue;
      bool is_float = pool_[i].dtype() == DType::f32;
      terms.push_back(term(is_float ? pool_[i] : tanh(cast(pool_[i], DType::f32))));
    }
    for (const Tensor& t : terms) loss = chance(70) ? loss + t : loss + t * random_.uniform(-1, 1);
    for (int64_t n = random_.below(4); n > 0; n--) b_.output(new_name("o"), any(pool_));
    for (int64_t n = random_.below(3); n > 0; n--)
      if (Tensor x = any(pool_); x.dtype() == DType::f32 && x.shape().count().size) b_.metric(new_name("m"), mean(x));
    if (chance(15)) attempt([&] { b_.freeze(numbered("p", int(1 + random_.below(names_)))); });
    b_.minimize(loss, optimizer());
    if (chance(6)) b_.minimize(sum_of_squares(anchor_), optimizer(), {}, "step_other");
  }

  Random random_;
  Builder b_;
  std::vector<Subject> subjects_;
  std::vector<Tensor> pool_;
  Tensor anchor_;
  int64_t max_rows_ = 1, start_ = 0;
  int names_ = 0;
  bool is_long_ = false;
};

}  // namespace

RandomModel random_model(uint64_t seed) { return Drawer(seed).run(); }

}  // namespace graphc_test
