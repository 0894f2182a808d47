// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An object file as a part of this process: linked into a shared library without any other, loaded, and behind the C ABI's tables.
#pragma once

#include <filesystem>
#include <string>

#include "compiler/abi_module.h"
#include "compiler/object.h"

namespace graphc_test {

class LinkedObject {
 public:
  // The library alone.
  class Symbols {
   public:
    explicit Symbols(const graphc::Object& object);
    ~Symbols();
    Symbols(const Symbols&) = delete;
    Symbols& operator=(const Symbols&) = delete;
    void* find(const std::string& name) const;  // throws where there is none

   private:
    std::filesystem::path folder_;
    void* library_ = nullptr;
  };

  explicit LinkedObject(const graphc::Object& object);  // with all of its plan's entries
  const graphc_module& module() const { return abi_.get(); }

 private:
  Symbols symbols_;
  graphc::AbiModule abi_;
};

}  // namespace graphc_test
