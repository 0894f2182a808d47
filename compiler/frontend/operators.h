// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The op table as the language calls it. Everything comes from the ops' records: a new op is callable at once.
#pragma once

#include "compiler/frontend/elaborate.h"

namespace graphc::frontend {

std::optional<DType> find_dtype(const std::string& name);

// Elementwise ops of two operands; a number takes the other operand's type. Not both are numbers.
bool is_binary(const std::string& op);
Tensor apply_binary(const std::string& op, const Value& a, const Value& b);

// Whether the language can call the op: no source but those without attributes, no control.
bool is_callable(const OpDef& def);
// The default of an attribute that may be left out.
std::optional<double> default_of(const AttributeDef& attribute);
// Through tensor.h, so that C++ and text give the same nodes.
Tensor emit_op(GraphBuilder& b, Op op, const std::vector<Tensor>& operands, std::vector<Attribute> attributes);

}  // namespace graphc::frontend
