// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/library/update_parameters.h"

#include "ir/builder.h"

namespace graphc {

static bool is_weight(const Type& type) { return type.shape.rank() >= 2; }

bool is_weight(const Variable& variable) { return is_weight(variable.type); }

namespace {

Tensor spread(Tensor scalar, const Tensor& like) { return broadcast(scalar, like.shape(), {}); }

class UpdateParameters {
 public:
  UpdateParameters(GraphBuilder& b, Module& module, const Minimize& loss) : b_(b), module_(module), call_(loss.optimizer), def_(*find_composite(call_.name)) {
    if (loss.step != "step") prefix_ = loss.step + ".";
  }

  void run(const std::vector<Variable>& trained, std::vector<Tensor> gradients) {
    b_.set_place(call_.place);
    if (call_.accumulate > 1) accumulate(trained, gradients);
    clip(trained, gradients);
    for (size_t p = 0; p < trained.size(); p++) update(trained[p], gradients[p]);
    if (call_.accumulate > 1) wait_for_the_last();
  }

 private:
  void set(const std::string& variable, const Tensor& value) { b_.graph().updates.push_back({variable, value.id}); }
  void report(const std::string& name, const Tensor& value) { b_.graph().outputs.push_back({name, value.id}); }
  Tensor state(const std::string& name, const Type& type) { return optimizer_variable(b_, module_, name, type, 0); }

  // Sums of row-weighted gradients since the last update; gradients become their means over all those rows. The sums themselves
  // are set in wait_for_the_last.
  void accumulate(const std::vector<Variable>& trained, std::vector<Tensor>& gradients) {
    Tensor rows = cast(b_.rows(), DType::f32);
    Tensor old_rows = state(prefix_ + "accumulated.rows", {DType::f32, {}}), old_count = state(prefix_ + "accumulated.minibatches", {DType::i32, {}});
    Tensor all_rows = old_rows + rows, count = old_count + 1;
    is_last_ = equal(count, double(call_.accumulate));
    sums_.push_back({prefix_ + "accumulated.rows", all_rows});
    sums_.push_back({prefix_ + "accumulated.minibatches", count});
    for (size_t p = 0; p < trained.size(); p++) {
      std::string name = trained[p].name + "." + prefix_ + "accumulated";
      Tensor old = state(name, trained[p].type);
      Tensor sum = old + gradients[p] * spread(rows, gradients[p]);
      sums_.push_back({name, sum});
      gradients[p] = sum / spread(all_rows, sum);
    }
  }

  // All updates so far happen at the last of the minibatches only; then the sums begin anew.
  void wait_for_the_last() {
    for (Update& u : b_.graph().updates) {
      const Type& type = b_.graph()[u.value].type;
      Tensor old = b_.emit(Op::variable, {}, {u.variable, type}), is_last = broadcast(is_last_, type.shape, {});
      u.value = select(is_last, b_.tensor(u.value), old).id;
    }
    for (const auto& [name, sum] : sums_) {
      Tensor is_last = broadcast(is_last_, sum.shape(), {});
      set(name, select(is_last, zeros_like(sum), sum));
    }
  }

  // At most 1: what brings a gradient of this length down to the limit.
  Tensor shrink(const Tensor& length) {
    Tensor is_long = greater(length, call_.clip_limit);
    Tensor factor = call_.clip_limit / length;
    return select(is_long, factor, zeros_like(length) + 1.0);
  }

  void clip(const std::vector<Variable>& trained, std::vector<Tensor>& gradients) {
    if (call_.clip == Clip::none && !call_.report) return;
    std::vector<Tensor> squares;
    std::optional<Tensor> total;
    for (const Tensor& g : gradients) {
      squares.push_back(sum(g * g));
      total = total ? *total + squares.back() : squares.back();
    }
    Tensor length = sqrt(*total);
    report("gradient_norm", length);
    for (size_t p = 0; p < trained.size(); p++) {
      Tensor& g = gradients[p];
      if (call_.report) report("gradient_norm." + trained[p].name, sqrt(squares[p]));
      if (call_.clip == Clip::value) g = max(min(g, call_.clip_limit), -call_.clip_limit);
      else if (call_.clip == Clip::norm) g = g * spread(shrink(sqrt(squares[p])), g);
      else if (call_.clip == Clip::global_norm) g = g * spread(shrink(length), g);
    }
  }

  void update(const Variable& v, const Tensor& gradient) {
    Tensor parameter = b_.emit(Op::variable, {}, {v.name, v.type});
    OptimizerContext context{b_, module_, def_, call_.numbers, v.name, parameter, gradient, prefix_, prefix_ + def_.name};
    auto rate = call_.numbers.find("learning_rate");
    context.base_learning_rate = rate == call_.numbers.end() ? 0 : rate->second;
    context.decays = is_weight(v);
    apply_group(context);
    Tensor value = def_.build_optimizer(context);
    set(v.name, value);
    if (call_.report) {
      Tensor moved = value - parameter;
      Tensor way = sqrt(sum(moved * moved)), length = sqrt(sum(parameter * parameter));
      // 0 where there is nothing to compare with, and at a minibatch that updates nothing.
      Tensor is_zero = equal(length, 0.0), none = zeros_like(length);
      Tensor ratio = select(is_zero, none, way / select(is_zero, none + 1.0, length));
      report("update_ratio." + v.name, call_.accumulate > 1 ? select(is_last_, ratio, none) : ratio);
    }
    if (call_.average != 0) {
      // Begins at the first new value: it needs no correction, and an average of one step is that step.
      std::string name = v.name + "." + prefix_ + "average";
      Tensor old = state(name, v.type), is_first = first_average();
      Tensor kept = old * call_.average;
      Tensor mixed = kept + value * (1 - call_.average);
      set(name, select(broadcast(is_first, v.type.shape, {}), value, mixed));
    }
  }

  Tensor first_average() {
    if (!is_first_) {
      Tensor begun = state(prefix_ + "average.begun", {DType::i32, {}});
      is_first_ = equal(begun, 0.0);
      set(prefix_ + "average.begun", zeros_like(begun) + 1.0);
    }
    return *is_first_;
  }

  void apply_group(OptimizerContext& context) const {
    for (size_t i = 0; i < call_.groups.size(); i++) {
      const ParameterGroup& group = call_.groups[i];
      bool is_in = false;
      for (const std::string& pattern : group.patterns) is_in |= matches(pattern, context.parameter_name);
      if (!is_in) continue;
      context.numbers = call_.numbers;
      context.shared_name = prefix_ + def_.name;
      for (const auto& [name, value] : group.numbers) {
        context.numbers[name] = value;
        if (name != "learning_rate" && name != "weight_decay") context.shared_name = prefix_ + def_.name + ".group" + std::to_string(i + 1);
      }
      context.decays = group.numbers.contains("weight_decay") || is_weight(context.parameter.type());
    }
  }

  GraphBuilder& b_;
  Module& module_;
  const OptimizerCall& call_;
  const CompositeDef& def_;
  std::string prefix_;
  Tensor is_last_;
  std::optional<Tensor> is_first_;
  std::vector<std::pair<std::string, Tensor>> sums_;
};

}  // namespace

void update_parameters(GraphBuilder& b, Module& module, const Minimize& loss, const std::vector<Variable>& trained, std::vector<Tensor> gradients) {
  UpdateParameters(b, module, loss).run(trained, std::move(gradients));
}

}  // namespace graphc
