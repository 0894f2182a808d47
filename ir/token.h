// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words of the text forms. A word is a run of letters, digits and _ . + -, so names and numbers are both words; `#`
// begins a comment. Every token knows its place.
#pragma once

#include <string>
#include <string_view>

#include "ir/error.h"

namespace graphc {

struct Token {
  enum Kind : uint8_t { word, string, sign, end } kind = end;
  std::string text;  // a string's without quotes and escapes
  uint32_t line = 1, column = 1;

  bool is(const char* sign_or_word) const { return kind != string && kind != end && text == sign_or_word; }
};

class Tokens {
 public:
  // `text` must outlive this.
  Tokens(std::string_view text, std::string file) : text_(text), file_(std::move(file)) { advance(); }

  const Token& peek() const { return token_; }
  Token next();
  bool on_same_line() const { return token_.line == last_.line; }  // is the next token on the last one's line?
  bool accept(const char* text);                                   // skips the word or sign if it is next
  // The following fail where something else comes; `what` is how the message names what was wanted.
  Token expect(const char* sign);
  Token word(const char* what);
  Token string(const char* what);
  // Whole numbers and numbers as `number_text` writes them; nothing that does not fit.
  int64_t integer(const char* what);
  double number(const char* what);
  void end_of_line();  // the next token is on a later line, a closing brace, or the end

  // After an error in a statement that began at `start`: to the first token of a later line, or the brace that closes
  // the statement's block, with `depth` braces open.
  void recover(const Token& start, int depth);
  int depth() const { return depth_; }  // braces open before the next token

  Place place(const Token& token) const { return {file_, token.line, token.column}; }
  Place place() const { return place(token_); }
  [[noreturn]] void fail(const Token& at, const std::string& message, std::vector<std::string> notes = {}) const;
  [[noreturn]] void fail_wanted(const char* what) const;  // "expected WHAT, got TOKEN"

 private:
  void advance();
  void skip_blanks();
  void read_string();
  int peek_char(size_t ahead = 0) const { return at_ + ahead < text_.size() ? int(uint8_t(text_[at_ + ahead])) : -1; }

  std::string_view text_;
  std::string file_;
  size_t at_ = 0, line_begin_ = 0;
  uint32_t line_ = 1;
  int depth_ = 0;
  Token token_, last_;
  std::string bad_;  // why the next token is none
};

// The shortest text that reads back to the same bits: "0.1", "-0", "inf", "nan"; other NaNs as "nan.7ff8000000000001".
std::string number_text(double value);
// With quotes; control characters, quotes and backslashes are escaped.
std::string quoted(std::string_view text);

}  // namespace graphc
