// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reverse-mode differentiation on the graph. The result is graph again, so gradients of gradients work.
#pragma once

#include "ir/tensor.h"

namespace graphc {

// d scalar / d w for each w of `wrt`, built behind the existing nodes of the same builder; nullopt where no gradient
// flows. Only values between `wrt` and the scalar are visited. A call asks its composite's vjp, or is differentiated
// through its body.
std::vector<std::optional<Tensor>> gradients(Tensor scalar, const std::vector<Tensor>& wrt);

}  // namespace graphc
