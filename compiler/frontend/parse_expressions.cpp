// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <charconv>
#include <cmath>

#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/parser.h"

namespace graphc::frontend {

ExpressionParser::Level::Level(ExpressionParser& p) : parser(p) {
  if (p.nesting_ >= max_nesting)
    refuse(p.here(), "this is nested more than " + std::to_string(max_nesting) + " deep",
           {"give the inner parts names of their own"});
  p.nesting_++;
}

std::string ExpressionParser::shown() const {
  switch (peek().kind) {
    case TokenKind::newline:
      return "the end of the line";
    case TokenKind::end:
      return "the end of the file";
    case TokenKind::indent:
      return "a deeper line";
    case TokenKind::dedent:
      return "the end of the block";
    default:
      break;
  }
  std::string token(text(peek()).substr(0, 40));
  return peek().kind == TokenKind::string ? token : std::string("'") + token + "'";
}

void ExpressionParser::unexpected(const std::string& wanted, std::vector<std::string> notes, Site site) {
  if (at(TokenKind::error)) throw AlreadyReported();
  refuse(here(), "expected " + wanted + ", found " + shown(), std::move(notes), site);
}

void ExpressionParser::expect(std::string_view symbol, const std::string& after, Site site) {
  if (!accept(symbol)) unexpected(std::string("'") + std::string(symbol) + "' " + after, {}, site);
}

std::string ExpressionParser::plain_name(const std::string& what) {
  if (!at(TokenKind::name)) unexpected(what);
  std::string name(text(peek()));
  if (is_keyword(name))
    refuse(here(), "'" + name + "' is a word of the language and cannot name anything", {"choose another name"});
  if (name.find('.') != std::string::npos || (tokens_[pos_ + 1].kind == TokenKind::symbol && text(tokens_[pos_ + 1]) == "{"))
    refuse(here(), what + " must not have dots or holes: " + name);
  if (name.size() > 128) refuse(here(), what + " is longer than 128 characters");
  pos_++;
  return name;
}

Name ExpressionParser::dotted_name(const std::string& what) {
  if (!at(TokenKind::name)) unexpected(what);
  Name name;
  name.spot = spot();
  name.texts[0] = text(peek());
  if (is_keyword(name.texts[0])) unexpected(what);
  pos_++;
  while (at("{") && !peek().spaced) {
    Level level(*this);
    pos_++;
    name.holes.push_back(expression());
    expect("}", "after the number in a name");
    name.texts.emplace_back();
    if (at(TokenKind::rest)) name.texts.back() = text(peek()), pos_++;
  }
  size_t length = 0;
  for (const auto& t : name.texts) length += t.size();
  if (length > 256) refuse(place(name.spot), what + " is longer than 256 characters");
  return name;
}

ExprId ExpressionParser::add(Expr expr) {
  auto deeper = [&](ExprId id) { expr.depth = std::max(expr.depth, file_[id].depth + 1); };
  for (ExprId id : expr.operands) deeper(id);
  for (const Argument& a : expr.arguments) deeper(a.value);
  for (ExprId id : expr.name.holes) deeper(id);
  if (expr.depth > max_nesting)
    refuse(place(expr.spot), "this expression is nested more than " + std::to_string(max_nesting) + " deep",
           {"give its parts names of their own"});
  file_.exprs.push_back(std::move(expr));
  return ExprId(file_.exprs.size() - 1);
}

ExprId ExpressionParser::expression() {
  Level level(*this);
  ExprId value = comparison();
  if (!at_word("if")) return value;
  Expr e{ExprKind::conditional, spot()};
  pos_++;
  ExprId condition = comparison();
  if (!accept_word("else")) unexpected("'else' after the condition", {"a conditional reads: a if CONDITION else b"});
  e.operands = {condition, value, expression()};
  return add(std::move(e));
}

static const char* comparison_name(std::string_view symbol) {
  static constexpr std::pair<std::string_view, const char*> names[] = {
      {"==", "equal"}, {"!=", "not_equal"}, {"<", "less"}, {"<=", "less_equal"}, {">", "greater"}, {">=", "greater_equal"}};
  for (const auto& [s, name] : names)
    if (s == symbol) return name;
  return nullptr;
}

ExprId ExpressionParser::comparison() {
  ExprId left = sum();
  auto op = [&] { return at(TokenKind::symbol) ? comparison_name(text(peek())) : nullptr; };
  const char* name = op();
  if (!name) return left;
  Expr e{ExprKind::binary, spot()};
  e.text = name;
  pos_++;
  e.operands = {left, sum()};
  if (op()) refuse(here(), "comparisons do not chain", {"compare in two steps"});
  return add(std::move(e));
}

ExprId ExpressionParser::sum() {
  ExprId left = product();
  while (at("+") || at("-")) {
    Expr e{ExprKind::binary, spot()};
    e.text = at("+") ? "add" : "sub";
    pos_++;
    e.operands = {left, product()};
    left = add(std::move(e));
  }
  return left;
}

ExprId ExpressionParser::product() {
  ExprId left = unary();
  while (at("*") || at("/") || at("@")) {
    Expr e{ExprKind::binary, spot()};
    e.text = at("*") ? "mul" : at("/") ? "div" : "matmul";
    pos_++;
    e.operands = {left, unary()};
    left = add(std::move(e));
  }
  return left;
}

ExprId ExpressionParser::unary() {
  if (!at("-")) return primary();
  Level level(*this);
  Expr e{ExprKind::negate, spot()};
  pos_++;
  e.operands = {unary()};
  return add(std::move(e));
}

ExprId ExpressionParser::number() {
  Expr e{ExprKind::number, spot()};
  std::string_view digits = text(peek());
  if (at(TokenKind::percent)) digits.remove_suffix(1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), e.number);
  if (error == std::errc::result_out_of_range) {
    // Too small is as good as 0; from_chars tells both apart only through strtod.
    e.number = std::strtod(std::string(digits).c_str(), nullptr);
    if (!std::isfinite(e.number)) refuse(here(), "this number is too large", {"the largest is about 1.8e308"});
  }
  if (at(TokenKind::percent)) e.number /= 100;
  pos_++;
  return add(std::move(e));
}

std::vector<ExprId> ExpressionParser::bracketed_list() {
  Spot open = spot();
  pos_++;  // the caller saw the [
  std::vector<ExprId> items;
  while (!at("]")) {
    items.push_back(expression());
    if (!accept(",") && !at("]"))
      unexpected("',' or ']' in the list",
                 {"the [ stands in line " + std::to_string(open.line) + ", column " + std::to_string(open.column)});
  }
  pos_++;
  return items;
}

std::vector<Argument> ExpressionParser::arguments(const std::string& function) {
  Spot open = spot();
  expect("(", "after " + function);
  std::vector<Argument> result;
  while (!at(")")) {
    Argument a{{}, spot(), no_expr};
    const Token& next = tokens_[std::min(pos_ + 1, tokens_.size() - 1)];
    if (at(TokenKind::name) && next.kind == TokenKind::symbol && (text(next) == ":" || text(next) == "=")) {
      a.name = text(peek());
      if (text(next) == "=")
        refuse(place({next.line, next.column}), "arguments are named with a colon",
               {"write " + a.name.substr(0, 64) + ": VALUE"});
      for (const Argument& other : result)
        if (other.name == a.name) refuse(here(), function + ": the argument " + a.name + " is given twice");
      pos_ += 2;
    } else if (!result.empty() && !result.back().name.empty()) {
      if (at(TokenKind::error)) throw AlreadyReported();
      refuse(here(), function + ": an argument by position stands after one by name",
             {"give it a name too, or move it to the front"});
    }
    a.value = expression();
    result.push_back(std::move(a));
    if (!accept(",") && !at(")"))
      unexpected("',' or ')' after an argument of " + function,
                 {"the ( stands in line " + std::to_string(open.line) + ", column " + std::to_string(open.column)});
  }
  pos_++;
  return result;
}

ExprId ExpressionParser::call() {
  Expr e{ExprKind::call, spot()};
  e.text = plain_name("a function's name");
  e.arguments = arguments(e.text);
  return add(std::move(e));
}

ExprId ExpressionParser::repeat() {
  Expr e{ExprKind::repeat, spot()};
  pos_++;
  e.operands = {sum()};
  if (accept_word("as")) e.index = plain_name("the name of the repeat's index");
  if (!at(TokenKind::name)) unexpected("a block's name after the count", {"a repeat reads: repeat 3 BLOCK(x)"});
  e.spot = spot();
  e.text = plain_name("a block's name");
  e.arguments = arguments(e.text);
  return add(std::move(e));
}

ExprId ExpressionParser::primary() {
  if (at(TokenKind::number) || at(TokenKind::percent)) return number();
  if (at("(")) {
    Spot open = spot();
    pos_++;
    ExprId inner = expression();
    if (!accept(")"))
      unexpected("')'", {"the ( stands in line " + std::to_string(open.line) + ", column " + std::to_string(open.column)});
    return inner;
  }
  if (at("[")) {
    Expr e{ExprKind::list, spot()};
    e.operands = bracketed_list();
    return add(std::move(e));
  }
  if (at_word("true") || at_word("false")) {
    Expr e{ExprKind::flag, spot()};
    e.number = at_word("true");
    pos_++;
    return add(std::move(e));
  }
  if (at_word("repeat")) return repeat();
  if (at(TokenKind::string)) refuse(here(), "a string is no value here", {"only the train section has strings: data \"digits\""});
  if (at(TokenKind::name)) {
    const Token& next = tokens_[pos_ + 1];
    if (next.kind == TokenKind::symbol && text(next) == "(" && !is_keyword(text(peek()))) return call();
    if (at_word("batch")) {
      Expr e{ExprKind::name, spot()};
      e.name.texts[0] = "batch", e.name.spot = spot();
      pos_++;
      return add(std::move(e));
    }
    Expr e{ExprKind::name, spot()};
    e.name = dotted_name("an expression");
    return add(std::move(e));
  }
  unexpected("an expression");
}

}  // namespace graphc::frontend
