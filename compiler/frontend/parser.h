// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tokens to the tree of ast.h; README.md has the grammar. Recovers at line ends.
#pragma once

#include "compiler/frontend/ast.h"
#include "compiler/frontend/lexer.h"

namespace graphc::frontend {

// Lexical and grammatical errors go to `errors`, at most `max_errors`; the tree is of use only where there are none.
File parse(const Source& source, std::vector<Diagnostic>& errors);

// The parser's state and the rules of expressions; statements are in parse_statements.cpp.
class ExpressionParser {
 public:
  ExpressionParser(const Source& source, std::vector<Token> tokens) : source_(source), tokens_(std::move(tokens)) {}

 protected:
  struct AlreadyReported {};  // at an error token of the lexer

  const Token& peek() const { return tokens_[pos_]; }
  std::string_view text(const Token& token) const {
    return std::string_view(source_.text).substr(token.begin, token.end - token.begin);
  }
  bool at(TokenKind kind) const { return peek().kind == kind; }
  bool at(std::string_view symbol) const { return at(TokenKind::symbol) && text(peek()) == symbol; }
  bool at_word(std::string_view word) const { return at(TokenKind::name) && text(peek()) == word; }
  bool accept(std::string_view symbol) { return at(symbol) && (pos_++, true); }
  bool accept_word(std::string_view word) { return at_word(word) && (pos_++, true); }
  // These raise errors for their caller, whose line a test wants to see reached.
  using Site = SourceLocation;
  void expect(std::string_view symbol, const std::string& after, Site site = Site::current());
  [[noreturn]] void unexpected(const std::string& wanted, std::vector<std::string> notes = {}, Site site = Site::current());
  Spot spot() const { return {peek().line, peek().column}; }
  Place place(Spot s) const { return source_.place(s.line, s.column); }
  Place here() const { return place(spot()); }
  std::string shown() const;  // the next token, for messages

  // A name without dots or holes that is no keyword.
  std::string plain_name(const std::string& what);
  Name dotted_name(const std::string& what);
  ExprId expression();
  ExprId sum();
  ExprId call();  // NAME(arguments)
  std::vector<ExprId> bracketed_list();

  const Source& source_;
  std::vector<Token> tokens_;
  size_t pos_ = 0;
  uint32_t nesting_ = 0;
  File file_;

  // Counts one level of nesting for as long as it lives.
  struct Level {
    explicit Level(ExpressionParser& p);
    ~Level() { parser.nesting_--; }
    ExpressionParser& parser;
  };

 private:
  ExprId add(Expr expr);
  ExprId comparison();
  ExprId product();
  ExprId unary();
  ExprId primary();
  ExprId number();
  ExprId repeat();
  std::vector<Argument> arguments(const std::string& function);
};

}  // namespace graphc::frontend
