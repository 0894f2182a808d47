// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules of statements: one function a keyword, in parse_statements.cpp; bodies, dispatch and recovery in parser.cpp.
#pragma once

#include <functional>

#include "compiler/frontend/parser.h"

namespace graphc::frontend {

class StatementParser : public ExpressionParser {
 public:
  StatementParser(const Source& source, std::vector<Token> tokens, std::vector<Diagnostic>& errors)
      : ExpressionParser(source, std::move(tokens)), errors_(errors) {}
  File run();

 private:
  Statement statement();
  Statement model();
  Statement input(bool is_target);
  Statement let();
  Statement bind();
  Statement parameter();
  Statement constant();
  Statement block();
  Statement result();
  Statement branch();
  Statement output(StatementKind kind);
  Statement minimize();
  Statement freeze();
  Statement train();

  TypeExpr type();
  Pattern pattern();
  std::vector<Pattern> over();  // empty where there is no "over"
  SettingExpr setting();
  std::vector<Statement> body(const std::string& of);
  void indented(const std::string& of, const std::function<void()>& line);
  void line_end(const std::string& what);
  void skip_statement();

  std::vector<Diagnostic>& errors_;
};

}  // namespace graphc::frontend
