// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One statement a line. An error in a statement skips it, block and all, and makes its value unknown; statements that use
// an unknown value are skipped without a word.
#include "ir/parse.h"

#include <fmt/format.h>

#include <unordered_map>

#include "ir/composite.h"
#include "ir/parse_table.h"
#include "ir/print.h"
#include "ir/verify.h"

namespace graphc {

namespace {

constexpr size_t most_errors = 20;
constexpr size_t most_operands = size_t{1} << 20;
constexpr int deepest_call = 256;

struct Enough {};   // no further statement is read
struct Unknown {};  // the statement uses a value whose definition failed

class Parser {
 public:
  Parser(const std::string& text, const std::string& file) : text_(text), t_(text, file) {}

  // Runs `read` from the first line on; throws where there was an error.
  template <class Read>
  void run(const char* form, Read read) {
    try {
      statement([&] {
        Token at = t_.peek();
        if (!t_.accept(form))
          t_.fail(at, fmt::format("expected {} 1 in the first line", form), {"it names the text form and its version"});
        at = t_.peek();
        if (t_.integer("a version") != 1) t_.fail(at, "version " + at.text + " is not known", {"this graphc reads version 1"});
        read();
      });
    } catch (const Enough&) {
    }
    raise();
  }

  void module(Module& m) {
    m.name = t_.string("the module's name").text;
    t_.end_of_line();
    while (t_.peek().kind != Token::end)
      statement([&] {
        Token word = t_.word("variable, hyper, input or graph");
        if (word.text == "variable")
          m.variables.push_back(read_variable(t_));
        else if (word.text == "hyper")
          m.hypers.push_back(read_hyper(t_));
        else if (word.text == "input")
          m.inputs.push_back(read_input(t_));
        else if (word.text == "graph")
          m.entries.push_back(graph());
        else
          t_.fail(word, "expected variable, hyper, input or graph, got " + word.text.substr(0, 40),
                  did_you_mean(word.text, {"variable", "hyper", "input", "graph"}));
      });
  }

  void single_graph(Graph& g) {
    t_.end_of_line();
    t_.expect("graph");
    g = graph();
    if (t_.peek().kind != Token::end) t_.fail_wanted("the end of the text");
  }

  void report(const std::vector<Problem>& found, const Place& first_line) {
    for (const Problem& p : found) errors_.push_back({p.place.file ? p.place : first_line, p.message, {}});
    raise();
  }

 private:
  struct Scope {
    Graph graph;
    std::unordered_map<uint32_t, ValueId> values;  // by the text's number; no_value: its definition failed
    std::vector<std::pair<ValueId, Token>> gradients;
  };

  void raise() const {
    if (!errors_.empty()) throw CompileError(errors_, text_);
  }

  void add_error(const Diagnostic& diagnostic) {
    errors_.push_back(diagnostic);
    if (errors_.size() >= most_errors) throw Enough();
  }

  template <class Read>
  void statement(Read read) {
    Token start = t_.peek();
    int depth = t_.depth();
    try {
      read();
      t_.end_of_line();
      return;
    } catch (const Unknown&) {
    } catch (const CompileError& error) {
      add_error(error.diagnostics()[0]);
    }
    t_.recover(start, depth);
  }

  Graph graph() {
    Scope scope{Graph(t_.string("the graph's name").text), {}, {}};
    nodes_ = 0;
    block(scope);
    return std::move(scope.graph);
  }

  void block(Scope& scope) {
    t_.expect("{");
    while (!t_.peek().is("}")) {
      if (t_.peek().kind == Token::end) {
        errors_.push_back({t_.place(), "graph " + scope.graph.name + " does not end", {"a } is missing"}});
        throw Enough();
      }
      statement([&] { line(scope); });
    }
    t_.next();
    for (const auto& [v, token] : scope.gradients) {
      auto it = scope.values.find(number_of(token));
      if (it == scope.values.end())
        add_error({t_.place(token), "%" + token.text + " is not defined in this graph", {}});
      else if (it->second != no_value)
        scope.graph.set_gradient_of(v, it->second);
    }
  }

  void line(Scope& scope) {
    if (t_.peek().is("%")) return node(scope);
    Token word = t_.word("a value %NUMBER, output, update or loss");
    if (word.text == "output" || word.text == "update") {
      std::string name = t_.string("a name").text;
      t_.expect("=");
      ValueId v = operand(scope);
      if (word.text == "output")
        scope.graph.outputs.push_back({name, v});
      else
        scope.graph.updates.push_back({name, v});
    } else if (word.text == "loss") {
      if (scope.graph.loss) t_.fail(word, "the graph has a loss already");
      scope.graph.loss = operand(scope);
    } else {
      t_.fail(word, "expected a value %NUMBER, output, update or loss, got " + word.text.substr(0, 40));
    }
  }

  // The number behind a %.
  uint32_t number_of(const Token& token) {
    uint64_t number = 0;
    bool fits = !token.text.empty() && token.text.size() <= 10;
    for (char c : token.text) fits = fits && c >= '0' && c <= '9', number = number * 10 + uint64_t(c - '0');
    if (!fits || number > UINT32_MAX) t_.fail(token, "expected a number below 2^32 behind %, got " + token.text.substr(0, 40));
    return uint32_t(number);
  }

  ValueId operand(Scope& scope) {
    t_.expect("%");
    Token token = t_.word("a value's number");
    auto it = scope.values.find(number_of(token));
    if (it == scope.values.end())
      t_.fail(token, "%" + token.text + " is not defined above", {"operands are defined before they are used"});
    if (it->second == no_value) throw Unknown();
    return it->second;
  }

  std::vector<ValueId> operands(Scope& scope) {
    std::vector<ValueId> all;
    if (!t_.peek().is("%") || !t_.on_same_line()) return all;
    do {
      if (all.size() == most_operands) t_.fail(t_.peek(), fmt::format("more than {} operands", most_operands));
      all.push_back(operand(scope));
    } while (t_.accept(","));
    return all;
  }

  void node(Scope& scope) {
    t_.expect("%");
    Token id = t_.word("a value's number");
    uint32_t number = number_of(id);
    if (!scope.values.try_emplace(number, no_value).second) t_.fail(id, "%" + id.text + " is defined already");
    if (++nodes_ > max_nodes) {
      errors_.push_back({t_.place(id), fmt::format("the graph has more than {} nodes", max_nodes), {}});
      throw Enough();
    }
    Token type_at = t_.peek();
    std::optional<Type> type;
    if (t_.accept(":")) type_at = t_.peek(), type = read_type(t_);
    t_.expect("=");
    Token op_at = t_.word("an op");
    auto op = find_op(op_at.text);
    if (!op) unknown_op(op_at);
    ValueId v;
    if (*op == Op::call) {
      v = call(scope, op_at);
    } else {
      auto inputs = operands(scope);
      auto attributes = read_attributes(t_, def(*op), op_at, type);
      v = scope.graph.add(*op, std::move(inputs), std::move(attributes), t_.place(op_at));
      read_order(t_, scope.graph[v]);
    }
    const Node& added = scope.graph[v];
    if (type && (*op == Op::call || added.type != *type))
      t_.fail(type_at, fmt::format("{}: gives {}, not {}", added.def().name,
                                   *op == Op::call ? "results for get" : to_string(added.type), to_string(*type)));
    if (t_.peek().kind == Token::string) scope.graph.set_label(v, t_.next().text);
    if (t_.accept(";")) {
      t_.expect("gradient");
      t_.expect("of");
      t_.expect("%");
      scope.gradients.emplace_back(v, t_.word("a value's number"));
      number_of(scope.gradients.back().second);
    }
    scope.values[number] = v;
  }

  [[noreturn]] void unknown_op(const Token& at) {
    std::vector<std::string> names;
    for (const OpDef* def : all_ops()) names.push_back(def->name);
    t_.fail(at, "no op named " + at.text.substr(0, 40), did_you_mean(at.text, names));
  }

  ValueId call(Scope& scope, const Token& at) {
    Token name = t_.string("a composite's name");
    Body body{name.text, {}, nullptr};
    read_arguments(t_, [&](const std::string& key, double value) { body.arguments.emplace_back(key, value); });
    auto inputs = operands(scope);
    if (depth_ >= deepest_call) t_.fail(at, "calls are nested more than 256 deep");
    Scope inner{Graph(name.text), {}, {}};
    size_t errors = errors_.size();
    depth_++;
    block(inner);
    depth_--;
    if (errors_.size() > errors) throw Unknown();
    body.graph = std::make_shared<Graph>(std::move(inner.graph));
    return scope.graph.add_call(std::move(body), std::move(inputs), t_.place(at));
  }

  const std::string& text_;
  Tokens t_;
  std::vector<Diagnostic> errors_;
  size_t nodes_ = 0;
  int depth_ = 0;
};

}  // namespace

Module parse_module(const std::string& text, const std::string& file) {
  Module module;
  Parser parser(text, file);
  parser.run("graphc.module", [&] { parser.module(module); });
  parser.report(problems(module), {file, 1, 1});
  return module;
}

Graph parse_graph(const std::string& text, const std::string& file) {
  Graph graph;
  Parser parser(text, file);
  parser.run("graphc.graph", [&] { parser.single_graph(graph); });
  parser.report(problems(graph), {file, 1, 1});
  return graph;
}

}  // namespace graphc
