// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text form of modules and graphs. It begins with its name and version and is what parse.h reads: print, parse, print
// is a fixed point. Places are not part of it; a parsed graph's places are those of its text.
//
//   graphc.module 1 "digits"
//   variable "hidden.weight": f32[64, 100] parameter trainable = glorot_uniform()
//   hyper "learning_rate": f32 = 0.1
//   input "y": i32[batch] target classes 10
//   graph "step" {
//     %0: f32[batch, 64] = input {name: "x"} "x"
//     %5: f32[batch, 100] = contract %3, %4 {transpose_a: 0, transpose_b: 0} order blocks
//     %6 = call "softmax"() %5 {
//       ...
//       output "0" = %7
//     }
//     %9: f32[64, 100] = contract %3, %8 {transpose_a: 1, transpose_b: 0} order blocks; gradient of %4
//     output "loss" = %10
//     update "hidden.weight" = %11
//     loss %10
//   }
//
// Behind the operands of a node stand its attributes by the op's names (those that its type says already are left out),
// the order of its sum (DESIGN 6), its label, and the value whose cotangent it is.
#pragma once

#include "ir/module.h"

namespace graphc {

std::string print(const Module& module);
std::string print(const Graph& graph);  // begins with "graphc.graph 1"
// One node without its line end; of a call the first line.
std::string print_node(const Graph& graph, ValueId v);
std::string to_string(const Attribute& attribute);
std::string hyper_line(const HyperParameter& hyper);
std::string input_line(const InputSpec& input);

// An attribute that repeats what the node's type says is left out of the text.
bool is_implied(AttributeDef::Kind kind);
Attribute implied_attribute(AttributeDef::Kind kind, const Type& type);

}  // namespace graphc
