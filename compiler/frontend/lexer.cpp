// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/lexer.h"

#include <algorithm>

#include "compiler/frontend/diagnose.h"

namespace graphc::frontend {

static constexpr std::string_view keywords[] = {"batch",  "block",  "constant", "else",     "false", "freeze", "if",
                                                "input",  "let",    "metric",   "minimize", "model", "output", "parameter",
                                                "repeat", "return", "target",   "train",    "true"};
// Of these, the ones with which a line can begin: inside an open bracket such a line shows that the bracket was never closed.
static constexpr std::string_view openers[] = {"block ",    "constant ", "freeze ",    "input ",  "let ",    "metric ",
                                               "minimize ", "output ",   "parameter ", "return ", "target ", "train\n"};

bool is_keyword(std::string_view word) { return std::find(std::begin(keywords), std::end(keywords), word) != std::end(keywords); }

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

namespace {
class Lexer {
 public:
  Lexer(const Source& source, std::vector<Diagnostic>& errors) : source_(source), text_(source.text), errors_(errors) {}
  std::vector<Token> run();

 private:
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  Place here() const { return source_.place(line_, column()); }
  uint32_t column() const { return uint32_t(pos_ - line_begin_ + 1); }
  void next_line() { pos_++, line_++, line_begin_ = pos_; }
  void begin_line();
  void token();
  void skip_number();
  void symbol();
  void line_end();
  bool continues() const;
  bool opens_statement() const;
  [[noreturn]] void bad_character();
  void add(TokenKind kind, size_t begin) {
    bool spaced = tokens_.empty() || tokens_.back().end != begin;
    tokens_.push_back({kind, spaced, uint32_t(begin), uint32_t(pos_), line_, uint32_t(begin - line_begin_ + 1)});
  }

  const Source& source_;
  const std::string& text_;
  std::vector<Diagnostic>& errors_;
  std::vector<Token> tokens_;
  size_t pos_ = 0, line_begin_ = 0;
  uint32_t line_ = 1;
  int brackets_ = 0;
  bool at_begin_ = true;  // of a logical line
  std::vector<std::string_view> indents_ = {""};
};
}  // namespace

void Lexer::begin_line() {
  size_t begin = pos_;
  while (at(pos_) == ' ' || at(pos_) == '\t') pos_++;
  if (pos_ >= text_.size() || at(pos_) == '\n' || at(pos_) == '\r' || at(pos_) == '#') return;  // nothing on it
  std::string_view indent = std::string_view(text_).substr(begin, pos_ - begin);
  at_begin_ = false;
  if (indent == indents_.back()) return;
  if (indent.starts_with(indents_.back())) {
    bool mixed = indent.find(' ') != indent.npos && indent.find('\t') != indent.npos;
    indents_.push_back(indent);
    add(TokenKind::indent, pos_);
    if (mixed) refuse(here(), "indentation mixes tabs and spaces", {"use one of them throughout a block"});
    return;
  }
  while (indents_.back() != indent && indents_.back().starts_with(indent)) {
    indents_.pop_back();
    add(TokenKind::dedent, pos_);
  }
  if (indents_.back() != indent) {
    bool mixed = !indent.starts_with(indents_.back());
    if (mixed) refuse(here(), "indentation mixes tabs and spaces", {"use one of them throughout a block"});
    refuse(here(), "this line is indented like no line above it", {"line it up with the block that it belongs to"});
  }
}

void Lexer::bad_character() {
  auto c = static_cast<unsigned char>(at(pos_));
  size_t begin = pos_++;
  std::string shown;
  if (c >= 0x80) {  // a whole UTF-8 sequence is one character to the reader
    while ((static_cast<unsigned char>(at(pos_)) & 0xC0) == 0x80) pos_++;
    shown = std::string("'") + text_.substr(begin, pos_ - begin) + "'";
  } else if (c < 32 || c == 127) {
    static const char* digits = "0123456789abcdef";
    shown = std::string("0x") + digits[c >> 4] + digits[c & 15];
  } else {
    shown = std::string("'") + char(c) + "'";
  }
  Place place = source_.place(line_, uint32_t(begin - line_begin_ + 1));
  if (c >= 0x80) refuse(place, "unexpected character " + shown, {"names and operators are ASCII; comments may hold any text"});
  refuse(place, "unexpected character " + shown);
}

void Lexer::skip_number() {
  while (is_digit(at(pos_))) pos_++;
  if (at(pos_) == '.' && is_digit(at(pos_ + 1)))
    for (pos_++; is_digit(at(pos_)); pos_++) {
    }
  if (at(pos_) == 'e' || at(pos_) == 'E') {
    size_t digits = pos_ + 1 + (at(pos_ + 1) == '+' || at(pos_ + 1) == '-');
    if (is_digit(at(digits)))
      for (pos_ = digits; is_digit(at(pos_)); pos_++) {
      }
  }
}

void Lexer::symbol() {
  size_t begin = pos_;
  char c = at(pos_), next = at(pos_ + 1);
  if ((c == '=' || c == '!' || c == '<' || c == '>') && next == '=')
    pos_ += 2;
  else if (std::string_view("()[]{},:=+-*/@<>.").find(c) != std::string_view::npos && c)
    pos_++;
  else
    bad_character();
  if (c == '(' || c == '[' || c == '{') brackets_++;
  if ((c == ')' || c == ']' || c == '}') && brackets_ > 0) brackets_--;
  add(TokenKind::symbol, begin);
}

void Lexer::token() {
  size_t begin = pos_;
  char c = at(pos_);
  bool after_hole = !tokens_.empty() && tokens_.back().end == pos_ && pos_ > 0 && at(pos_ - 1) == '}';
  auto is_inner = [&](size_t i) {
    return is_letter(at(i)) || is_digit(at(i)) || (at(i) == '.' && (is_letter(at(i + 1)) || is_digit(at(i + 1))));
  };
  if (after_hole && is_inner(pos_)) {
    while (is_inner(pos_)) pos_++;
    add(TokenKind::rest, begin);
  } else if (is_letter(c)) {
    while (is_inner(pos_)) pos_++;
    // fc.{i}: the dot belongs to the name too
    if (at(pos_) == '.' && at(pos_ + 1) == '{') pos_++;
    add(TokenKind::name, begin);
  } else if (is_digit(c)) {
    skip_number();
    if (at(pos_) == '%')
      pos_++, add(TokenKind::percent, begin);
    else
      add(TokenKind::number, begin);
    if (is_letter(at(pos_))) refuse(here(), "a name must not begin with a digit");
  } else if (c == '"') {
    pos_++;
    while (pos_ < text_.size() && at(pos_) != '"' && static_cast<unsigned char>(at(pos_)) >= 32) pos_++;
    if (at(pos_) != '"') {
      Place place = source_.place(line_, uint32_t(begin - line_begin_ + 1));
      refuse(place, "this string does not end on its line", {"close it with \""});
    }
    pos_++;
    add(TokenKind::string, begin);
  } else {
    symbol();
  }
}

bool Lexer::continues() const {
  if (tokens_.empty() || tokens_.back().kind != TokenKind::symbol) return false;
  const Token& last = tokens_.back();
  std::string_view text = std::string_view(text_).substr(last.begin, last.end - last.begin);
  if (text == "*" && !last.spaced) return false;  // the end of a pattern such as fc*
  return text != ")" && text != "]" && text != "}" && text != ":" && text != ".";
}

bool Lexer::opens_statement() const {
  size_t i = pos_ + 1;
  while (at(i) == ' ' || at(i) == '\t') i++;
  std::string_view line = std::string_view(text_).substr(std::min(i, text_.size()), 12);
  return std::any_of(std::begin(openers), std::end(openers), [&](std::string_view o) { return line.starts_with(o); });
}

void Lexer::line_end() {
  bool goes_on = !at_begin_ && (brackets_ > 0 || continues()) && !opens_statement() && pos_ < text_.size();
  if (!at_begin_ && !goes_on) {
    const Token& last = tokens_.back();  // the line ends where its last token does, before any comment
    tokens_.push_back({TokenKind::newline, true, last.end, last.end, last.line, last.column + last.end - last.begin});
    at_begin_ = true;
    brackets_ = 0;
  }
  next_line();
}

std::vector<Token> Lexer::run() {
  if (text_.starts_with("\xEF\xBB\xBF")) pos_ = line_begin_ = 3;
  while (pos_ < text_.size() && errors_.size() < max_errors) {
    try {
      if (at_begin_) begin_line();
      char c = at(pos_);
      if (pos_ >= text_.size()) break;
      if (c == '\n')
        line_end();
      else if (c == ' ' || c == '\t' || c == '\r')
        pos_++;
      else if (c == '#')
        while (pos_ < text_.size() && at(pos_) != '\n' && at(pos_) != '\0') pos_++;
      else
        token();
    } catch (const CompileError& error) {
      errors_.push_back(error.diagnostics()[0]);
      at_begin_ = false;
      while (pos_ < text_.size() && at(pos_) != '\n') pos_++;
      brackets_ = 0;
      add(TokenKind::error, pos_);
    }
  }
  line_end();
  while (indents_.size() > 1) indents_.pop_back(), add(TokenKind::dedent, pos_);
  add(TokenKind::end, pos_);
  return std::move(tokens_);
}

std::vector<Token> lex(const Source& source, std::vector<Diagnostic>& errors) { return Lexer(source, errors).run(); }

}  // namespace graphc::frontend
