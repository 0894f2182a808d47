// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cmath>

#include "ir/builder.h"

namespace graphc {

using A = ArgumentDef;

// Which elements stay follows from the seed, the step and the layer's name, so a mask is computed again in the backward rather
// than kept.
extern const CompositeDef composite_dropout{
    .name = "dropout",
    .doc = "in training each element is 0 with probability rate, else x / (1 - rate) (Srivastava et al. 2014, inverted); in eval and predict x",
    .kind = CompositeKind::layer,
    .arguments = {{"x", A::tensor, "f32[batch, ..]"}, {"rate", A::number, "probability of 0, in [0, 1)", 0.5}},
    .build = [](CompositeContext& c) {
      Tensor x = c.tensors[0];
      double rate = c.number("rate");
      if (x.dtype() != DType::f32) c.fail("wants f32, got " + to_string(x.type()), {"cast it first"});
      if (!(rate >= 0 && rate < 1)) c.fail("rate must lie in [0, 1), got " + std::to_string(rate), {"it is the share that becomes 0, not the share that stays"});
      if (rate == 0) return x;
      for (int a = 1; a < x.rank(); a++)
        if (x.shape()[a].is_batch) c.fail("batch must be the first axis, got " + to_string(x.type()));
      Tensor bits = c.module->training_bits(c.layer, x.shape());
      Tensor kept = less(bit_and(bits, double(0xFFFFFF)), std::round((1 - rate) * 0x1p24));
      Tensor grown = x * (1 / (1 - rate));
      return c.module->in_training(select(kept, grown, zeros_like(x)), x);
    }};

}  // namespace graphc
