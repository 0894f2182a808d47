// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fstream>

#include "compiler/codegen/codegen.h"

namespace graphc {

// Of the first core, as Linux tells it: sysconf knows sizes that no core has.
uint64_t cache_bytes(int level, uint64_t otherwise) {
  for (int i = 0; i < 8; i++) {
    std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/", type;
    int its_level = 0;
    uint64_t kilobytes = 0;
    std::ifstream(folder + "level") >> its_level;
    std::ifstream(folder + "type") >> type;
    if (its_level == level && type != "Instruction" && std::ifstream(folder + "size") >> kilobytes && kilobytes) return kilobytes << 10;
  }
  return otherwise;
}

}  // namespace graphc
