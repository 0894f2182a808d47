// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel of the text form, line by line. Internal to parse_loops*.cpp.
#pragma once

#include "ir/parse_loops.h"

namespace graphc {

class KernelReader {
 public:
  KernelReader(Tokens& t, size_t& room) : t_(t), room_(room) {}
  loops::Kernel read();

 private:
  // parse_loops.cpp: numbers, places, expressions
  int64_t integer(const char* what, int64_t low, int64_t high);
  void open();
  void line();
  bool is_id(char letter) const;  // is a letter and a number next?
  uint32_t id(char letter, size_t count, const char* what);
  uint32_t variable() { return id('i', k_.variables, "a variable such as i0"); }
  uint32_t result() { return id('r', k_.results, "a result such as r0"); }
  uint32_t buffer_id() { return id('b', k_.buffers.size(), "a buffer such as b0"); }
  loops::ExprId expr_id() { return id('e', k_.exprs.size(), "an expression such as e0"); }
  void next_id(char letter, size_t count, const char* what);
  Dim extent();
  void over(uint32_t& variable, Dim& extent);
  loops::Index index();
  loops::Index place();
  void buffer();
  void expr();
  void apply(loops::Expr& e, const Type& type, const Token& at);

  // parse_loops_body.cpp: statements
  loops::Block block(int depth);
  loops::Block body(int depth);
  loops::Statement statement(int depth);
  void store(loops::Statement& s);
  void reduce(loops::Statement& s);
  void contract(loops::Statement& s, int depth);

  Tokens& t_;
  size_t& room_;
  loops::Kernel k_;
};

}  // namespace graphc
