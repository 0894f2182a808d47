// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace graphc {

// Of the sources that decide what is emitted for a plan; CMake makes it when they are built.
extern const char* const codegen_id;

}  // namespace graphc
