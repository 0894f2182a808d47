// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/aot/names.h"

#include <algorithm>

namespace graphc::aot {

namespace {

// Keywords of C23 and C++26, lower-case macros of the standard headers and of compilers in their own dialect, and what the
// generated code calls by these names where members and arguments could hide it.
const std::set<std::string>& reserved() {
  static const std::set<std::string> words = {
      "alignas", "alignof", "and", "and_eq", "asm", "assert", "atomic_cancel", "atomic_commit", "atomic_noexcept", "auto", "bitand", "bitor",
      "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "complex",
      "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue", "contract_assert", "decltype", "default", "delete", "do",
      "double", "dynamic_cast", "else", "enum", "errno", "explicit", "export", "extern", "false", "far", "float", "for", "friend", "goto", "i386",
      "if", "imaginary", "inline", "int", "int32_t", "linux", "long", "mutable", "namespace", "near", "new", "noexcept", "noreturn", "not", "not_eq", "nullptr",
      "offsetof", "operator", "or", "or_eq", "private", "protected", "public", "reflexpr", "register", "reinterpret_cast", "requires", "restrict",
      "return", "setjmp", "short", "signed", "sizeof", "static", "static_assert", "static_cast", "std", "stderr", "stdin", "stdout", "struct", "switch",
      "synchronized", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "typeof_unqual", "union",
      "uint32_t", "uint64_t", "uint8_t", "unix", "unsigned", "using", "va_arg", "va_copy", "va_end", "va_start", "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq"};
  return words;
}

// NULL, EOF, INT_MAX, I: macros have such names.
bool looks_like_macro(const std::string& name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::string Scope::name(const std::string& of_model) {
  std::string name;
  for (char c : of_model) {
    bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (fits || (!name.empty() && name.back() != '_')) name += fits ? c : '_';  // two underscores are the implementation's
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = "v" + name;
  bool is_ours = name.rfind("graphc_", 0) == 0 || name.rfind(own_, 0) == 0;
  if (is_ours || reserved().count(name) || looks_like_macro(name)) name += name.back() == '_' ? "x" : "_";
  return unique(name);
}

std::string Scope::unique(const std::string& name) {
  std::string result = name;
  for (int i = 2; !taken_.insert(result).second; i++) result = name + (name.back() == '_' ? "" : "_") + std::to_string(i);
  return result;
}

std::string namespace_name(const std::string& prefix) { return reserved().count(prefix) ? prefix + "_" : prefix; }

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = char(c - 'a' + 'A');
  return text;
}

}  // namespace graphc::aot
