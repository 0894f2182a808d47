// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parser gives: statements as a tree, expressions in one array, which frees without recursion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace graphc::frontend {

using ExprId = uint32_t;
inline constexpr ExprId no_expr = ~ExprId{0};

// Deepest nesting of expressions and of statements in the file.
inline constexpr uint32_t max_nesting = 200;

struct Spot {
  uint32_t line = 0, column = 0;
};

// A name, possibly with holes for build-time numbers: fc{i}.w has the texts "fc" and ".w" around one hole.
struct Name {
  std::vector<std::string> texts = {""};
  std::vector<ExprId> holes = {};
  Spot spot = {};
};

struct Argument {
  std::string name;  // empty: by position
  Spot spot;
  ExprId value;
};

enum class ExprKind : uint8_t {
  number,
  flag,         // number is 1 or 0
  name,         // name
  negate,       // operands[0]
  binary,       // text is the op's name: add, sub, mul, div, matmul, equal, ...
  conditional,  // operands: condition, then, else
  list,         // operands
  call,         // text(arguments)
  repeat,       // operands[0] is the count, text the block, index its index's name or empty
};

struct Expr {
  ExprKind kind;
  Spot spot;
  uint32_t depth = 1;
  double number = 0;
  std::string text = {}, index = {};
  Name name = {};
  std::vector<ExprId> operands = {};
  std::vector<Argument> arguments = {};
};

struct TypeExpr {
  Spot spot;
  std::string dtype;  // f32, i32, u8, class
  std::vector<ExprId> dims = {};
};

struct BlockParameter {
  std::string name;
  Spot spot;
  ExprId value = no_expr;  // its default
};

struct Pattern {
  std::string text;
  Spot spot;
};

struct SettingExpr {
  std::string key;
  Spot spot, value_spot;
  ExprId value = no_expr;            // a number, or
  std::string text = {}, word = {};  // a string, or on / off / constant
};

// A line below minimize: clip(global_norm: 1), group(weight_decay: 0) over *.bias
struct MinimizeOption {
  ExprId call = no_expr;
  std::vector<Pattern> patterns = {};
};

enum class StatementKind : uint8_t {
  model,
  input,
  target,
  let,
  bind,
  parameter,
  constant,
  block,
  result,
  branch,
  output,
  metric,
  minimize,
  freeze,
  train
};

struct Statement {
  StatementKind kind;
  Spot spot;
  Name name = {};
  ExprId value = no_expr;
  ExprId extra = no_expr;  // target: the number of classes; minimize: the optimizer's call
  TypeExpr type = {};
  std::vector<BlockParameter> parameters = {};
  std::vector<Pattern> patterns = {};
  std::string step = {};
  std::vector<SettingExpr> settings = {};
  std::vector<MinimizeOption> options = {};
  std::vector<Statement> body = {}, otherwise = {};
};

struct File {
  std::vector<Expr> exprs;
  std::vector<Statement> statements;
  const Expr& operator[](ExprId id) const { return exprs[id]; }
};

}  // namespace graphc::frontend
