// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Questions about a graphc_tensor of the ABI's tables: sizes, rows, and its text form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/graphc_abi.h"

namespace graphc {

size_t element_bytes(uint8_t dtype);
std::string_view dtype_name(uint8_t dtype);  // "f32", "i32", "u8"

// The logical shape for this many rows; `c * rows` dimensions stand as -c in the table.
std::vector<int64_t> shape_at(const graphc_tensor& tensor, uint64_t rows);
uint64_t elements_at(const graphc_tensor& tensor, uint64_t rows);

// Elements that one row adds; 0 where no dimension depends on the rows.
uint64_t elements_per_row(const graphc_tensor& tensor);
// True where rows follow each other in memory, so that a block of rows is a pointer and a length.
bool rows_are_outermost(const graphc_tensor& tensor);

std::string describe(const graphc_tensor& tensor);                                        // "f32[batch, 64]"
std::string describe(uint8_t dtype, const std::vector<int64_t>& shape);                   // "f32[64, 10]"
const graphc_entry_info* find_entry(const graphc_module& module, std::string_view name);  // null where there is none

// Elements [first, first + to.size()) of an array.
void to_doubles(const void* data, uint8_t dtype, uint64_t first, std::span<double> to);

// Copies between the logical dense form and the table's strides.
void copy_from_strided(const graphc_tensor& tensor, const std::byte* strided, std::byte* dense);
void copy_to_strided(const graphc_tensor& tensor, const std::byte* dense, std::byte* strided);

}  // namespace graphc
