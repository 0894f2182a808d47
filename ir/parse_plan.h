// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the text form of plans. Any text is safe: it gives a verified plan or a CompileError with line, caret and remedy.
// The first mistake ends the reading, but in the module, whose reader collects several.
//
//   graphc.plan 1
//   target "x86_64-linux-gnu" cpu "" features "" vector_floats 16 vector_registers 32 vector_fmas 2 fma 1 masks 1 pointer_bytes 8 l1_bytes 32768 l2_bytes 1048576 threads 4
//   max_rows 32 fingerprint 0123456789abcdef
//   params 25664 state 64 workspace 12992
//   place "hidden.weight" params at 64 bytes 25600
//   kernel "contract_b32_100_0" {                  # as in parse_loops.h
//   }
//   entry "step" {
//     workspace 12992
//     buffer 0 "x": f32[batch, 64] input at 0 bytes 8192 stages 0 to 5
//     buffer 7 "constant %3": f32[3] constant at 0 bytes 12 stages 2 to 2 values 1, 2, 3
//     input 0
//     hyper "learning_rate"
//     output "loss" = 4
//     loss 9
//     cached %7, %12                               # forward values that the backward reads from memory
//     stage if finite {                            # the loss is checked before
//       launch "contract_b32_100_0"(0, 3, 5) "hidden" flops 409600 computes %5, %7
//         decided "tanh joins the contraction"
//     }
//   }
//   graphc.module 1 "digits"                       # the rest of the text, as in print.h
#pragma once

#include "ir/plan.h"

namespace graphc {

PlanModule parse_plan(const std::string& text, const std::string& file);

}  // namespace graphc
