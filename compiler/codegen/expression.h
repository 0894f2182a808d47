// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Emission of scalar functions on values and vectors. Internal to codegen; LLVM's types are only named here.
#pragma once

#include <span>

#include "ir/scalar.h"
#include "ir/target.h"

namespace llvm {
class Value;
class Type;
class IRBuilderBase;
}  // namespace llvm

namespace graphc {

// The scalar or vector type of `width` elements; a vector of one is a scalar.
llvm::Type* vector_of(llvm::Type* element, int width);
// A mask of `width` lanes, the first `active` true.
llvm::Value* first_lanes(llvm::IRBuilderBase& b, int width, int active);
llvm::Value* splat(llvm::IRBuilderBase& b, llvm::Value* value, int width);

// Arguments are scalars, or vectors of `width` elements.
llvm::Value* emit_function(llvm::IRBuilderBase& b, const Target& target, const scalar::Function& function,
                           std::span<llvm::Value* const> arguments, int width);

}  // namespace graphc
