// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text to tokens. A logical line ends with a newline token; it goes on inside brackets and after an operator or comma.
// Deeper lines are bracketed by indent and dedent tokens.
#pragma once

#include <string_view>

#include "ir/error.h"

namespace graphc::frontend {

struct Source {
  std::string file, text;
  Place place(uint32_t line, uint32_t column) const { return {file, line, column}; }
};

enum class TokenKind : uint8_t {
  name,     // letters, digits, _ and inner dots: fc0.w
  rest,     // what follows the } of a name such as fc{i}.w
  number,   // 12, 0.5, 1e-3
  percent,  // 15%
  string,   // "digits", the text includes the quotes
  symbol,
  newline,
  indent,
  dedent,
  error,  // already reported
  end,
};

struct Token {
  TokenKind kind;
  bool spaced;  // white space stands before it
  uint32_t begin, end, line, column;
};

// Lexical errors go to `errors`, at most `max_errors` in all; the line goes on behind an error token.
std::vector<Token> lex(const Source& source, std::vector<Diagnostic>& errors);

inline constexpr size_t max_errors = 10;
inline constexpr size_t max_file_bytes = size_t{1} << 20;

// A word that begins a statement and therefore names nothing else.
bool is_keyword(std::string_view word);

}  // namespace graphc::frontend
