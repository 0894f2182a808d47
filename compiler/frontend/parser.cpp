// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/parser.h"

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/statement_parser.h"

namespace graphc::frontend {

void StatementParser::line_end(const std::string& what) {
  if (at(TokenKind::newline))
    pos_++;
  else if (!at(TokenKind::end) && !at(TokenKind::dedent))
    unexpected("the end of the line after " + what);
}

// To the next statement at this level: behind the line's end and the block below it.
void StatementParser::skip_statement() {
  while (!at(TokenKind::newline) && !at(TokenKind::end) && !at(TokenKind::indent) && !at(TokenKind::dedent)) pos_++;
  if (at(TokenKind::newline)) pos_++;
  if (!at(TokenKind::indent)) return;
  int depth = 0;
  do {
    depth += at(TokenKind::indent);
    depth -= at(TokenKind::dedent);
    pos_++;
  } while (depth > 0 && !at(TokenKind::end));
}

void StatementParser::indented(const std::string& of, const std::function<void()>& line) {
  line_end(of);
  if (!at(TokenKind::indent)) unexpected("the indented lines of " + of);
  Level level(*this);
  pos_++;
  while (!at(TokenKind::dedent) && !at(TokenKind::end)) {
    size_t begin = pos_;
    try {
      line();
    } catch (const CompileError& error) {
      if (errors_.size() < max_errors) errors_.push_back(error.diagnostics()[0]);
      skip_statement();
    } catch (const AlreadyReported&) {
      skip_statement();
    }
    if (pos_ == begin) pos_++;
  }
  if (at(TokenKind::dedent)) pos_++;
}

std::vector<Statement> StatementParser::body(const std::string& of) {
  std::vector<Statement> statements;
  indented(of, [&] {
    if (!statements.empty() && statements.back().kind == StatementKind::result)
      refuse(here(), "nothing may follow return in its block", {"remove it, or put the return last"});
    statements.push_back(statement());
  });
  return statements;
}

Statement StatementParser::statement() {
  std::string_view word = at(TokenKind::name) ? text(peek()) : "";
  if (word == "model") return model();
  if (word == "input" || word == "target") return input(word == "target");
  if (word == "let") return let();
  if (word == "parameter") return parameter();
  if (word == "constant") return constant();
  if (word == "block") return block();
  if (word == "return") return result();
  if (word == "if") return branch();
  if (word == "output") return output(StatementKind::output);
  if (word == "metric") return output(StatementKind::metric);
  if (word == "minimize") return minimize();
  if (word == "freeze") return freeze();
  if (word == "train") return train();
  if (word == "repeat") refuse(here(), "this value needs a name", {"write: NAME = repeat 3 BLOCK(x)"});
  if (word == "else") refuse(here(), "this else has no if", {"line it up with its if"});
  if (at(TokenKind::indent))
    refuse(here(), "this line is indented, but nothing opened a block", {"only block, if, else, minimize and train have indented lines"});
  const Token& next = tokens_[std::min(pos_ + 1, tokens_.size() - 1)];
  if (at(TokenKind::name) && !is_keyword(word) && next.kind == TokenKind::name) {
    static const std::vector<std::string> words = {"model", "input",  "target", "let",      "parameter", "constant",
                                                   "block", "output", "metric", "minimize", "freeze"};
    refuse(here(), "no statement begins with '" + std::string(word.substr(0, 40)) + "'", did_you_mean(std::string(word), words));
  }
  return bind();
}

File StatementParser::run() {
  while (!at(TokenKind::end) && errors_.size() < max_errors) {
    size_t begin = pos_;
    if (at(TokenKind::dedent)) {  // of a block whose first line was in error
      pos_++;
      continue;
    }
    try {
      file_.statements.push_back(statement());
    } catch (const CompileError& error) {
      errors_.push_back(error.diagnostics()[0]);
      skip_statement();
    } catch (const AlreadyReported&) {
      skip_statement();
    }
    if (pos_ == begin) pos_++;
  }
  return std::move(file_);
}

File parse(const Source& source, std::vector<Diagnostic>& errors) {
  if (source.text.size() > max_file_bytes)
    refuse(source.place(0, 0),
           "the file has " + std::to_string(source.text.size()) + " bytes, more than " + std::to_string(max_file_bytes));
  std::vector<Token> tokens = lex(source, errors);
  return StatementParser(source, std::move(tokens), errors).run();
}

}  // namespace graphc::frontend
