// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/frontend/diagnose.h"
#include "compiler/frontend/statement_parser.h"

namespace graphc::frontend {

Statement StatementParser::model() {
  Statement s{StatementKind::model, spot()};
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the model's name");
  line_end("the model's name");
  return s;
}

TypeExpr StatementParser::type() {
  TypeExpr t{spot(), {}};
  if (!at(TokenKind::name)) unexpected("a type such as f32[batch, 64]");
  t.dtype = text(peek());
  pos_++;
  if (!at("["))
    unexpected("'[' and the sizes after " + t.dtype.substr(0, 40), {"a scalar's type is " + t.dtype.substr(0, 40) + "[]"});
  t.dims = bracketed_list();
  return t;
}

Statement StatementParser::input(bool is_target) {
  std::string what = is_target ? "target" : "input";
  Statement s{is_target ? StatementKind::target : StatementKind::input, spot()};
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the name of the " + what);
  expect(":", "and the type of the " + what);
  s.type = type();
  if (s.type.dtype == "class") {
    if (!accept_word("of"))
      unexpected("'of' and the number of classes", {"class labels are written: target y: class[batch] of 10"});
    s.extra = expression();
  }
  line_end("the " + what);
  return s;
}

Statement StatementParser::let() {
  Statement s{StatementKind::let, spot()};
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the name of the let");
  expect("=", "and a number");
  s.value = expression();
  line_end("the let");
  return s;
}

Statement StatementParser::bind() {
  Statement s{StatementKind::bind, spot()};
  s.name.spot = spot();
  if (!at(TokenKind::name)) unexpected("a statement");
  s.name.texts[0] = plain_name("a name");
  if (at("(")) refuse(here(), "this value needs a name", {"write: NAME = " + s.name.texts[0] + "(...)"});
  expect("=", "after the name");
  s.value = expression();
  line_end("the expression");
  return s;
}

Statement StatementParser::parameter() {
  Statement s{StatementKind::parameter, spot()};
  pos_++;
  s.name = dotted_name("the name of the parameter");
  expect(":", "and the type of the parameter");
  s.type = type();
  expect("=", "and the parameter's initial value");
  s.value = expression();
  line_end("the parameter");
  return s;
}

Statement StatementParser::constant() {
  Statement s{StatementKind::constant, spot()};
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the name of the constant");
  expect(":", "and the type of the constant");
  s.type = type();
  expect("=", "and the constant's value");
  s.value = expression();
  line_end("the constant");
  return s;
}

Statement StatementParser::block() {
  Statement s{StatementKind::block, spot()};
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the name of the block");
  expect("(", "after the block's name");
  while (!at(")")) {
    BlockParameter p;
    p.spot = spot();
    p.name = plain_name("the name of an argument");
    if (p.name == "name") refuse(place(p.spot), "'name' cannot be an argument of a block: it names the call's parameters");
    for (const BlockParameter& other : s.parameters)
      if (other.name == p.name) refuse(place(p.spot), "block " + s.name.texts[0] + " has two arguments named " + p.name);
    if (accept(":"))
      p.value = expression();
    else if (!s.parameters.empty() && s.parameters.back().value != no_expr)
      refuse(place(p.spot), "the argument " + p.name + " has no default, but stands after one that has");
    s.parameters.push_back(std::move(p));
    if (!accept(",") && !at(")")) unexpected("',' or ')' after an argument of the block");
  }
  pos_++;
  s.body = body("block " + s.name.texts[0]);
  return s;
}

Statement StatementParser::result() {
  Statement s{StatementKind::result, spot()};
  pos_++;
  s.value = expression();
  line_end("return");
  return s;
}

Statement StatementParser::branch() {
  Level level(*this);
  Statement s{StatementKind::branch, spot()};
  pos_++;
  s.value = expression();
  s.body = body("if");
  if (accept_word("else")) {
    if (at_word("if"))
      s.otherwise.push_back(branch());
    else
      s.otherwise = body("else");
  }
  return s;
}

Statement StatementParser::output(StatementKind kind) {
  Statement s{kind, spot()};
  std::string what(text(peek()));
  pos_++;
  s.name.spot = spot();
  s.name.texts[0] = plain_name("the name of the " + what);
  if (accept("=")) s.value = expression();
  line_end("the " + what);
  return s;
}

// The source text up to white space, comma or the line's end: fc*.w
Pattern StatementParser::pattern() {
  Pattern p{{}, spot()};
  size_t begin = pos_;
  auto part = [&] { return at(TokenKind::name) || at(TokenKind::rest) || at(TokenKind::number) || at("*") || at("."); };
  while (part() && (pos_ == begin || !peek().spaced)) pos_++;
  if (pos_ == begin) unexpected("a parameter's name", {"a name, a prefix up to a dot, or with * for anything: fc*.w"});
  p.text = source_.text.substr(tokens_[begin].begin, tokens_[pos_ - 1].end - tokens_[begin].begin);
  if (p.text.size() > 256) refuse(place(p.spot), "this pattern is longer than 256 characters");
  return p;
}

Statement StatementParser::minimize() {
  Statement s{StatementKind::minimize, spot()};
  pos_++;
  s.value = expression();
  if (!accept_word("with")) unexpected("'with' and an optimizer", {"write: minimize LOSS with sgd(learning_rate: 0.1)"});
  s.extra = call();
  while (true) {
    if (s.patterns.empty() && at_word("over")) {
      s.patterns = over();
    } else if (s.step.empty() && accept_word("as")) {
      s.step = plain_name("the name of the step");
    } else {
      break;
    }
  }
  line_end("minimize");
  if (!at(TokenKind::indent)) return s;
  pos_--;  // the line's end, which `indented` wants to see
  indented("minimize", [&] {
    MinimizeOption option;
    option.call = call();
    option.patterns = over();
    line_end("the line below minimize");
    s.options.push_back(std::move(option));
  });
  return s;
}

std::vector<Pattern> StatementParser::over() {
  std::vector<Pattern> patterns;
  if (!accept_word("over")) return patterns;
  do patterns.push_back(pattern());
  while (accept(","));
  return patterns;
}

Statement StatementParser::freeze() {
  Statement s{StatementKind::freeze, spot()};
  pos_++;
  do s.patterns.push_back(pattern());
  while (accept(","));
  line_end("freeze");
  return s;
}

SettingExpr StatementParser::setting() {
  SettingExpr s;
  s.spot = spot();
  if (!at(TokenKind::name)) unexpected("a setting such as epochs");
  s.key = text(peek());
  pos_++;
  if (at("(") && !peek().spaced) {  // early_stopping(patience: 5): the call has the setting's name
    s.value_spot = s.spot;
    pos_--;
    s.value = call();
    return s;
  }
  accept(":");
  s.value_spot = spot();
  if (at(TokenKind::string)) {
    s.text = text(peek()).substr(1, text(peek()).size() - 2);
    if (s.text.empty()) refuse(here(), "this string is empty");
    pos_++;
  } else if (at_word("on") || at_word("off") || at_word("constant")) {  // constant is a keyword, and a schedule
    s.word = text(peek());
    pos_++;
  } else {
    s.value = expression();
  }
  return s;
}

Statement StatementParser::train() {
  Statement s{StatementKind::train, spot()};
  pos_++;
  indented("train", [&] {
    do s.settings.push_back(setting());
    while (accept(","));
    line_end("the setting");
  });
  return s;
}

}  // namespace graphc::frontend
