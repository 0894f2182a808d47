// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace graphc {

static bool is_word(int c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c > 0 && std::strchr("_.+-", c));
}

void Tokens::skip_blanks() {
  for (;; at_++) {
    int c = peek_char();
    if (c == '#')
      while (peek_char(1) != '\n' && peek_char(1) != -1) at_++;
    else if (c == '\n')
      line_++, line_begin_ = at_ + 1;
    else if (c != ' ' && c != '\t' && c != '\r')
      return;
  }
}

static int hex_digit(int c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

void Tokens::read_string() {
  token_.kind = Token::string;
  for (at_++; peek_char() != '"'; at_++) {
    int c = peek_char();
    if (c == -1 || c == '\n') {
      bad_ = "the string does not end on its line";
      return;
    }
    if (c == '\\') {
      c = peek_char(1);
      int high = hex_digit(peek_char(2)), low = high < 0 ? -1 : hex_digit(peek_char(3));
      if (c == 'x' && low >= 0) {
        token_.text += char(high * 16 + low);
        at_ += 3;
        continue;
      }
      if (c != '"' && c != '\\') {
        bad_ = "unknown escape in a string; there are \\\" \\\\ and \\xHH";
        return;
      }
      at_++;
    }
    token_.text += char(c);
  }
  at_++;
}

void Tokens::advance() {
  last_ = std::move(token_);
  if (last_.is("{")) depth_++;
  if (last_.is("}") && depth_ > 0) depth_--;
  skip_blanks();
  bad_.clear();
  token_ = {Token::end, "", line_, uint32_t(at_ - line_begin_ + 1)};
  int c = peek_char();
  if (c == -1) return;
  if (c == '"') return read_string();
  if (is_word(c)) {
    size_t begin = at_;
    while (is_word(peek_char())) at_++;
    token_.kind = Token::word;
    token_.text = text_.substr(begin, at_ - begin);
    return;
  }
  token_.kind = Token::sign;
  token_.text = std::string(1, char(c));
  if (c > 126 || c < 32) bad_ = fmt::format("unexpected byte 0x{:02x}", c);
  at_++;
}

Token Tokens::next() {
  if (!bad_.empty()) fail(token_, bad_);
  Token token = token_;
  advance();
  return token;
}

bool Tokens::accept(const char* text) {
  if (!token_.is(text)) return false;
  next();
  return true;
}

void Tokens::fail(const Token& at, const std::string& message, std::vector<std::string> notes) const {
  throw CompileError(Diagnostic{place(at), message, std::move(notes)});
}

void Tokens::fail_wanted(const char* what) const {
  if (!bad_.empty()) fail(token_, bad_);
  std::string got = token_.kind == Token::end      ? "the end of the text"
                    : token_.kind == Token::string ? "a string"
                                                   : token_.text.substr(0, 40);
  fail(token_, fmt::format("expected {}, got {}", what, got));
}

Token Tokens::expect(const char* sign) {
  if (!token_.is(sign)) fail_wanted(sign);
  return next();
}

Token Tokens::word(const char* what) {
  if (token_.kind != Token::word) fail_wanted(what);
  return next();
}

Token Tokens::string(const char* what) {
  if (token_.kind != Token::string) fail_wanted(what);
  return next();
}

int64_t Tokens::integer(const char* what) {
  Token token = word(what);
  int64_t value = 0;
  const char* end = token.text.data() + token.text.size();
  auto [stop, error] = std::from_chars(token.text.data(), end, value);
  if (error == std::errc::result_out_of_range) fail(token, "the number does not fit into 64 bits");
  if (error != std::errc() || stop != end) fail(token, fmt::format("expected {}, got {}", what, token.text.substr(0, 40)));
  return value;
}

double Tokens::number(const char* what) {
  Token token = word(what);
  double value = 0;
  const char *begin = token.text.data(), *end = begin + token.text.size();
  if (token.text.starts_with("nan.")) {
    uint64_t bits = 0;
    auto [stop, error] = std::from_chars(begin + 4, end, bits, 16);
    value = std::bit_cast<double>(bits);
    if (error != std::errc() || stop != end || !std::isnan(value)) fail(token, "nan. is followed by the bits of a NaN");
    return value;
  }
  auto [stop, error] = std::from_chars(begin, end, value);
  if (error == std::errc::result_out_of_range) fail(token, "the number does not fit into 64 bits of floating point");
  if (error != std::errc() || stop != end) fail(token, fmt::format("expected {}, got {}", what, token.text.substr(0, 40)));
  return std::isnan(value) ? std::copysign(std::numeric_limits<double>::quiet_NaN(), begin[0] == '-' ? -1 : 1) : value;
}

void Tokens::end_of_line() {
  if (token_.kind == Token::end || token_.line > last_.line || token_.is("}")) return;
  fail_wanted("the end of the line");
}

void Tokens::recover(const Token& start, int depth) {
  uint32_t line = std::max(last_.line, start.line);
  while (token_.kind != Token::end && !(depth_ <= depth && (token_.line > line || (depth > 0 && token_.is("}"))))) advance();
}

std::string number_text(double value) {
  if (!std::isnan(value)) return fmt::format("{}", value);
  uint64_t bits = std::bit_cast<uint64_t>(value);
  bool plain = (bits & ~(uint64_t{1} << 63)) == std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return plain ? (std::signbit(value) ? "-nan" : "nan") : fmt::format("nan.{:016x}", bits);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (uint8_t(c) < 32 || c == 127)
      result += fmt::format("\\x{:02x}", uint8_t(c));
    else
      result += c;
  }
  return result + "\"";
}

}  // namespace graphc
