// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types, attributes, and the lines of a module's tables, as parse.cpp reads them.
#pragma once

#include <functional>

#include "ir/module.h"
#include "ir/token.h"

namespace graphc {

// Refuses shapes of more than 2^31 elements, so that nothing behind it overflows.
Shape read_shape(Tokens& t);
DType read_dtype(Tokens& t);
Type read_type(Tokens& t);
Attribute read_attribute(Tokens& t, AttributeDef::Kind kind);
// {name: value, ...} of a node whose op stands at `op_at`; what is implied comes from `type`, where that is known.
std::vector<Attribute> read_attributes(Tokens& t, const OpDef& op, const Token& op_at, const std::optional<Type>& type);
// The order of a sum follows from the shapes; where the text names it, it must be that one.
void read_order(Tokens& t, const Node& node);
// (name: number, ...)
void read_arguments(Tokens& t, const std::function<void(const std::string& name, double value)>& each);

// A note with the nearest name, or none.
std::vector<std::string> did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

// What stands behind the first word of the line.
Variable read_variable(Tokens& t);
HyperParameter read_hyper(Tokens& t);
InputSpec read_input(Tokens& t);

}  // namespace graphc
