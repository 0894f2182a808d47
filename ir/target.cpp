// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/target.h"

#include <fmt/format.h>

namespace graphc {

std::string to_string(const Target& t) {
  return fmt::format("{} {}: vectors of {} floats, {} registers, {} multiply-adds a cycle, {}, {}, L1 {} KiB, L2 {} KiB, {} threads", t.triple, t.cpu, t.vector_floats,
                     t.vector_registers, t.vector_fmas, t.fma ? "fma" : "no fma", t.masks ? "masks" : "no masks", t.l1_bytes >> 10, t.l2_bytes >> 10, t.threads);
}

}  // namespace graphc
