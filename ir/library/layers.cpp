// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers: composites with variables of their own, named LAYER.weight, LAYER.bias, ...
#include "ir/builder.h"

namespace graphc {

using A = ArgumentDef;

extern const CompositeDef composite_dense{
    .name = "dense", .doc = "x W + b for x f32[.., in]; LAYER.weight f32[in, units], LAYER.bias f32[units]", .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[.., in]"}, {"units", A::integer, "outputs"}, {"bias", A::flag, "add a bias", 1},
                  {"weight", A::initializer, "of the weight", {}, "glorot_uniform"}, {"bias_init", A::initializer, "of the bias", {}, "zeros"}},
    .build = [](CompositeContext& c) {
      Tensor x = c.tensors[0];
      int64_t units = c.integer("units");
      if (units < 1) c.fail("units must be at least 1, got " + std::to_string(units));
      if (x.dtype() != DType::f32) c.fail("wants f32, got " + to_string(x.type()), {"cast it first"});
      if (x.rank() < 2) c.fail("wants at least two axes, [batch, in], got " + to_string(x.type()));
      if (x.shape().back().is_batch) c.fail("the last axis is batch: " + to_string(x.type()));
      Dim in = x.shape().back();
      Tensor w = c.parameter("weight", {in, units}, c.initializers.at("weight"));
      Shape rows{Dim(1)}, result = x.shape().without(x.rank() - 1);
      for (Dim d : result) rows[0] = {rows[0].size * d.size, rows[0].is_batch || d.is_batch};
      result.push_back(units);
      rows.push_back(in);
      Tensor y = reshape(contract(reshape(x, rows), w), result);
      return c.number("bias") != 0 ? y + c.parameter("bias", {units}, c.initializers.at("bias_init")) : y;
    }};

extern const CompositeDef composite_standardize{
    .name = "standardize", .doc = "(x - mean) / scale of an input; LAYER.mean and LAYER.scale are fitted once on the training rows",
    .kind = CompositeKind::layer, .arguments = {{"x", A::tensor, "an input, f32[batch, ..]"}},
    .build = [](CompositeContext& c) {
      Tensor x = c.tensors[0];
      const InputSpec* input = c.module->find_input(x);
      if (!input || input->is_target) c.fail("takes an input of the model", {"its mean and scale are fitted on the data before training"});
      if (x.dtype() != DType::f32 || x.rank() < 1 || x.shape()[0] != batch) c.fail("wants f32[batch, ..], got " + to_string(x.type()));
      Shape features = x.shape().without(0);
      Tensor mean = c.fitted("mean", features, input->name + ":mean", 0);
      Tensor scale = c.fitted("scale", features, input->name + ":scale", 1);
      return (x - mean) / scale;
    }};

}  // namespace graphc
