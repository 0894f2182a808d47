// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/aot/linked_object.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

namespace graphc_test {

using namespace graphc;

LinkedObject::Symbols::Symbols(const Object& object) {
  std::string pattern = (std::filesystem::temp_directory_path() / "graphc-object-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  std::string file = (folder_ / "model.o").string(), shared = (folder_ / "model.so").string();
  std::ofstream(file, std::ios::binary) << object.bytes();
  // -z defs: an undefined symbol is an error.
  std::string command = GRAPHC_CC " -shared -nostdlib -Wl,-z,defs " + file + " -o " + shared;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("the object does not link alone: " + command);
  library_ = dlopen(shared.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) throw std::runtime_error(dlerror());
}

LinkedObject::Symbols::~Symbols() {
  if (library_) dlclose(library_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void* LinkedObject::Symbols::find(const std::string& name) const {
  void* found = dlsym(library_, name.c_str());
  if (!found) throw std::runtime_error("no symbol " + name);
  return found;
}

LinkedObject::LinkedObject(const Object& object)
    : symbols_(object), abi_(object.plan(), [&](const Plan& p) { return graphc_entry(symbols_.find(object.prefix() + "_entry_" + p.entry)); }) {}

}  // namespace graphc_test
