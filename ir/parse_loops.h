// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads the text form of kernels (DESIGN 3). Any text is safe: it gives verified kernels or a CompileError with line,
// caret and remedy. The first mistake ends the reading, because all behind it counts on the numbers before it.
//
//   graphc.loops 1
//   kernel "row_b10_3" {
//     buffer b0: f32
//     buffer b1: f32 written
//     variables 2 results 1
//     tasks i0 in batch by 64                         # where there are several
//     e0: f32 = load b0[10 i0 + i1]                   # offset: + 3; by a computed row, clamped: + 10 e5 below 20
//     e1: f32 = exp e0                                # an op, its attributes as in a graph: {axis: 1}
//     e2: f32 = result r0                             # also: constant 0.5, position 2 i0 + i1, rows
//     loop i0 in batch {                              # or vector
//       r0 = reduce reduce_sum lanes i1 in 10 of e1   # or blocks; reduce contract lanes i1 in 10 of e1 * e3
//       b1[i0] = e2                                   # += with a computed row adds, dropped where it is outside
//     }
//     transpose i0 in 64, i1 in 100: b1[100 i0 + i1] = e0
//     r1 = contract i0 in batch, i1 in 100, sum i2 in 64 of e0 * e3 tile 4 x 48 {   # tile 4 x 48 panel 128 rows 512 sums b4 turned interleave fetch a b body
//       b1[100 i0 + i1] = e4
//     }
//   }
#pragma once

#include <functional>

#include "ir/loops.h"
#include "ir/token.h"

namespace graphc {

loops::Kernel parse_kernel(const std::string& text, const std::string& file);  // exactly one
std::vector<loops::Kernel> parse_kernels(const std::string& text, const std::string& file);

// One kernel from "kernel" to its brace, verified. `room` bounds the expressions and statements of a whole text.
inline constexpr size_t most_loop_lines = size_t{1} << 19;
loops::Kernel read_kernel(Tokens& t, size_t& room);

// Runs `read` on the tokens behind the first line "FORM 1"; mistakes come back as CompileErrors with the line's text.
void read_form(const std::string& text, const std::string& file, const char* form, const std::function<void(Tokens&)>& read);

}  // namespace graphc
