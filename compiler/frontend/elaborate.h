// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tree of ast.h to a Model, through graphc::Builder. Statements run in the file's order. A first run takes all of
// them, so that an unused statement is checked too, and notes which binding reads which; where something turns out to be
// unused, a second run leaves it out, so that it creates no parameters.
#pragma once

#include <set>
#include <span>
#include <unordered_map>

#include "compiler/frontend/ast.h"
#include "compiler/frontend/lexer.h"
#include "compiler/frontend/model_file.h"

namespace graphc::frontend {

// One value of --set, and whether something read it.
struct Override {
  std::variant<double, bool> value;
  bool used = false;
};
using Overrides = std::map<std::string, Override>;

struct Unknown {};  // the result of a statement in error; what reads it is not reported again
using Value = std::variant<Unknown, double, bool, Tensor, Initializer>;

using InstanceId = uint32_t;  // one execution of one binding
inline constexpr InstanceId no_instance = ~InstanceId{0};

// What a run notes for the next one. A run that skips an instance goes on with its `end`, so that numbers stay the same.
struct Trace {
  struct Instance {
    InstanceId end = 0;
    bool is_root = false;
    std::vector<InstanceId> reads = {};
  };
  std::vector<Instance> instances;
  std::vector<bool> needed() const;  // reached from the roots
};

struct Binding {
  Value value;
  InstanceId instance = no_instance;
  Spot spot = {};
};

// The name that a statement gives to the one call with parameters in its expression.
struct Naming {
  std::string name;  // complete, with the prefixes of blocks; empty where the statement defines none
  Spot first = {};   // the call that took it
  bool taken = false;
};

// The names of the file, or of one call of a block.
struct Frame {
  std::unordered_map<std::string, Binding> names = {};
  std::string prefix = {};    // "s1.0."
  Frame* caller = nullptr;    // of a call without a name of its own: where it stands
  Naming* naming = nullptr;   // and the statement that it belongs to
  bool* has_taken = nullptr;  // whether this call took that statement's name; one for all turns of a repeat
  Spot call = {};
};

class Elaborator {
 public:
  Elaborator(const Source& source, const File& file, Overrides& overrides, std::vector<Diagnostic>& errors, const Trace* last);

  Model run();  // where there are no errors
  const Trace& trace() const { return trace_; }
  TrainingSettings train;

 private:
  struct Stop {};  // an operand is Unknown: its error is reported already
  struct Context {
    Frame& frame;
    Naming& naming;
  };
  struct Level {  // counts nesting for as long as it lives
    Level(Elaborator& e, Spot spot);
    ~Level() { elaborator.depth_--; }
    Elaborator& elaborator;
  };

  // statements.cpp
  // `result`: where a block's return goes; null at the top level. True once it has returned.
  bool execute_all(const std::vector<Statement>& statements, Frame& frame, Value* result);
  bool execute(const Statement& s, Frame& frame, Value* result);
  void execute_guarded(const Statement& s);
  void forget(const Statement& s);
  bool branch(const Statement& s, Frame& frame, Value* result);
  void let(const Statement& s, Frame& frame);
  void input(const Statement& s);
  void bind(const Statement& s, Frame& frame, bool is_root, const std::function<Tensor(Context&)>& build);
  void report(const Statement& s);  // output and metric
  void block(const Statement& s);
  void freeze(const Statement& s);
  void finish_patterns();
  // unused_blocks.cpp: names and functions in blocks that nothing called
  void check_unused_blocks();
  void check_names(const std::vector<Statement>& statements, std::set<std::string>& locals);
  void check_names(ExprId id, const std::set<std::string>& locals);
  void collect_lets(const std::vector<Statement>& statements);
  void check_overrides();
  Tensor parameter(const Statement& s, const std::string& name, Context& c);
  Tensor constant(const Statement& s, Context& c);
  void check_new(const std::string& name, const Frame& frame, Spot spot);

  // settings.cpp
  void settings(const Statement& s);
  // setting_calls.cpp
  SettingCall setting_call(const SettingExpr& setting, Context& c);
  SettingCall::Value setting_value(ExprId id, Context& c);

  // expressions.cpp
  Value evaluate(ExprId id, Context& c);
  Value evaluate_name(const Expr& e, Context& c);
  Value evaluate_binary(const Expr& e, Context& c);
  bool condition(ExprId id, Context& c);
  double number(ExprId id, Context& c, const std::string& what);
  int64_t whole(ExprId id, Context& c, const std::string& what, double low, double high);
  Tensor tensor(ExprId id, Context& c, const std::string& what);
  Tensor want_tensor(const Value& value, Spot spot, const std::string& what);
  std::string resolve(const Name& name, Context& c);  // fills the holes
  Dim dim(ExprId id, Context& c);
  Shape shape(const std::vector<ExprId>& dims, Spot spot, Context& c);
  Type type(const TypeExpr& t, Context& c);
  Tensor matmul(Tensor a, Tensor b, Spot spot);

  // minimize.cpp
  void minimize(const Statement& s);
  OptimizerCall optimizer(const Expr& e, Context& c);
  struct OptionRow;
  static std::span<const OptionRow> option_rows();
  void add_options(OptimizerCall& call, const std::vector<MinimizeOption>& options, Context& c);
  const Argument& only_argument(const Expr& e, bool is_named);
  void add_group(OptimizerCall& call, const MinimizeOption& option, Context& c);
  void add_penalty(OptimizerCall& call, const MinimizeOption& option, Context& c);
  void add_clip(OptimizerCall& call, const MinimizeOption& option, Context& c);
  void add_accumulate(OptimizerCall& call, const MinimizeOption& option, Context& c);
  void add_average(OptimizerCall& call, const MinimizeOption& option, Context& c);
  void add_report(OptimizerCall& call, const MinimizeOption& option, Context& c);

  // calls.cpp
  Value call(const Expr& e, Context& c);
  Value call_composite(const Expr& e, const CompositeDef& def, Context& c);
  Value call_total(const Expr& e, Context& c);  // sum and mean
  Value call_op(const Expr& e, Op op, Context& c);
  Value call_elementwise(const Expr& e, const OpDef& def, Context& c);
  Attribute attribute(const AttributeDef& def, ExprId id, const std::vector<Tensor>& operands, const std::string& op, Context& c);
  Initializer want_initializer(const Value& value, Spot spot, const std::string& what);
  Arguments bind_arguments(const Expr& e, const CompositeDef& def, Context& c);
  double argument_number(const ArgumentDef& argument, ExprId id, const std::string& function, Context& c);
  std::vector<std::string> functions() const;
  bool is_function(const std::string& name) const;
  [[noreturn]] void refuse_function(const Expr& e, bool is_tensor) const;
  [[noreturn]] void refuse_name(const std::string& name, Spot spot, std::vector<std::string> candidates) const;

  // blocks.cpp
  Value call_block(const Expr& e, const Statement& block, Context& c);
  Value repeat(const Expr& e, Context& c);
  Value run_block(const Expr& e, const Statement& block, Context& c, const std::string& turn, bool* has_taken, const Tensor* fed);
  const Statement& find_block(const Expr& e) const;  // for a call of it
  [[noreturn]] void refuse_below(const Expr& e, const Statement& block) const;
  std::string layer_name(const Expr& e, Context& c);
  void take(Naming& naming, Frame& frame, Spot spot, const std::string& what);
  Binding* find(const std::string& name, Frame& frame);

  Place place(Spot s) const { return source_.place(s.line, s.column); }
  void at(Spot s) { b_.set_place(place(s)); }
  void spend(size_t amount, Spot spot);
  void note_variables();

  const Source& source_;
  const File& file_;
  Overrides& overrides_;
  std::vector<Diagnostic>& errors_;
  const Trace* last_;
  std::vector<bool> needed_;
  Trace trace_;
  InstanceId next_instance_ = 0, reader_ = no_instance;
  Builder b_;
  Frame top_;
  std::unordered_map<std::string, const Statement*> blocks_;  // those above the current statement
  struct Known {
    Type type;
    InstanceId instance;
  };
  std::unordered_map<std::string, Known> variables_;  // by complete name
  std::vector<const Statement*> freezes_, minimizes_;
  std::vector<const Statement*> active_;  // blocks that are being called, outermost first
  std::set<const Statement*> called_;
  const Statement* train_ = nullptr;
  std::set<std::string> lets_, optimizer_arguments_;
  size_t variables_seen_ = 0, spent_ = 0, depth_ = 0;
};

// How much a model may cost to describe, blocks expanded: one for an expression, more for layers and composites.
inline constexpr size_t max_cost = size_t{1} << 20;

}  // namespace graphc::frontend
