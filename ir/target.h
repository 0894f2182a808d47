// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What plan and codegen know about a machine. Filled by codegen from LLVM's tables, settable by hand, printed in dumps.
#pragma once

#include <cstdint>
#include <string>

namespace graphc {

enum class Relocation : uint8_t { of_target, pic, fixed };  // of_target: position-independent where the target can be linked so

struct Target {
  std::string triple, cpu, features;  // as LLVM names them; empty: this machine
  int vector_floats = 1;              // floats in a vector register
  int vector_registers = 0;
  int vector_fmas = 2;                // multiply-adds of whole registers that begin in a cycle
  bool fma = false;                   // the class of targets whose results carry fused multiply-adds
  bool masks = false;                 // masked loads and stores are instructions
  int pointer_bytes = 8;
  int64_t l1_bytes = 32 << 10, l2_bytes = 1 << 20;
  int threads = 4;                    // about how many will share a step: how finely large kernels are cut, and no result

  bool operator==(const Target&) const = default;
};

std::string to_string(const Target& target);

}  // namespace graphc
