// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ir/parse_plan.h"

#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "ir/parse.h"
#include "ir/parse_loops.h"
#include "ir/parse_table.h"

namespace graphc {

namespace {

class PlanReader {
 public:
  explicit PlanReader(Tokens& t) : t_(t) {}

  // Up to the module's first line, which is where this token stands.
  Token read() {
    head();
    while (t_.peek().is("place")) place();
    while (t_.peek().is("kernel")) kernel();
    while (t_.peek().is("entry")) entry();
    if (!t_.peek().is("graphc.module")) t_.fail_wanted("place, kernel, entry or graphc.module, in this order");
    return t_.peek();
  }

  // The names of the placements are the module's.
  PlanModule finish(Module module, const Tokens& t) {
    m_.module = std::move(module);
    std::unordered_map<std::string, const Variable*> variables;
    for (const Variable& v : m_.module.variables) variables.emplace(v.name, &v);
    for (size_t i = 0; i < places_.size(); i++) {
      auto it = variables.find(places_[i].text);
      if (it == variables.end()) t.fail(places_[i], "the module has no variable " + places_[i].text.substr(0, 40));
      m_.variables[i].variable = it->second;
    }
    return std::move(m_);
  }

 private:
  int64_t integer(const char* what, int64_t low, int64_t high) {
    Token at = t_.peek();
    int64_t n = t_.integer(what);
    if (n < low || n > high) t_.fail(at, fmt::format("{} must lie in {}..{}, got {}", what, low, high, n));
    return n;
  }
  uint32_t number(const char* what) { return uint32_t(integer(what, 0, UINT32_MAX)); }
  uint64_t size(const char* what) { return uint64_t(integer(what, 0, int64_t{1} << 56)); }
  bool flag(const char* what) { return integer(what, 0, 1); }

  // WORD N, as most numbers stand
  template <class Read> auto named(const char* word, Read read) {
    t_.expect(word);
    return read(word);
  }
  uint64_t sized(const char* word) { return named(word, [&](const char* w) { return size(w); }); }

  void head() {
    Target& target = m_.target;
    t_.expect("target");
    target.triple = t_.string("the triple").text;
    t_.expect("cpu"), target.cpu = t_.string("the CPU").text;
    t_.expect("features"), target.features = t_.string("the features").text;
    t_.expect("vector_floats"), target.vector_floats = int(integer("vector_floats", 1, 64));
    t_.expect("vector_registers"), target.vector_registers = int(integer("vector_registers", 0, 1024));
    t_.expect("vector_fmas"), target.vector_fmas = int(integer("vector_fmas", 1, 16));
    t_.expect("fma"), target.fma = flag("fma");
    t_.expect("masks"), target.masks = flag("masks");
    t_.expect("pointer_bytes"), target.pointer_bytes = int(integer("pointer_bytes", 2, 8));
    target.l1_bytes = int64_t(sized("l1_bytes")), target.l2_bytes = int64_t(sized("l2_bytes"));
    t_.expect("threads"), target.threads = int(integer("threads", 1, 1 << 20));
    t_.end_of_line();
    m_.fixed_rows = t_.accept("fixed_rows");
    if (!m_.fixed_rows) t_.expect("max_rows");
    m_.max_rows = uint32_t(integer("the number of rows", 1, INT32_MAX));
    t_.expect("fingerprint");
    Token hash = t_.word("16 hexadecimal digits");
    auto [stop, error] = std::from_chars(hash.text.data(), hash.text.data() + hash.text.size(), m_.fingerprint, 16);
    if (hash.text.size() != 16 || error != std::errc() || stop != hash.text.data() + 16) t_.fail(hash, "a fingerprint has 16 hexadecimal digits");
    t_.end_of_line();
    m_.params_bytes = sized("params"), m_.state_bytes = sized("state"), m_.workspace_bytes = sized("workspace");
    t_.end_of_line();
  }

  Region region() {
    Token word = t_.word("a region");
    for (int r = 0; r <= int(Region::constant); r++)
      if (word.text == name(Region(r))) return Region(r);
    t_.fail(word, "no region named " + word.text.substr(0, 40), {"there are params, state, input, output, workspace, hyper and constant"});
  }

  void place() {
    t_.expect("place");
    places_.push_back(t_.string("a variable's name"));
    PlacedVariable v{nullptr, region(), 0, 0};
    v.offset = sized("at"), v.bytes = sized("bytes");
    m_.variables.push_back(v);
    t_.end_of_line();
  }

  void kernel() {
    Token at = t_.peek();
    m_.kernels.push_back(read_kernel(t_, room_));
    if (!kernels_.emplace(m_.kernels.back().name, uint32_t(m_.kernels.size() - 1)).second) t_.fail(at, "there is a kernel of this name already");
    t_.end_of_line();
  }

  void entry() {
    t_.expect("entry");
    Plan p;
    p.entry = t_.string("the entry's name").text;
    t_.expect("{");
    t_.end_of_line();
    p.workspace_bytes = sized("workspace");
    t_.end_of_line();
    while (!t_.accept("}")) {
      line(p);
      t_.end_of_line();
    }
    t_.end_of_line();
    m_.plans.push_back(std::move(p));
  }

  void line(Plan& p) {
    Token word = t_.word("buffer, input, hyper, output, loss, cached or stage");
    if (word.text == "buffer") {
      buffer(p);
    } else if (word.text == "input") {
      p.inputs.push_back(known(p));
    } else if (word.text == "hyper") {
      p.hypers.push_back(t_.string("the number's name").text);
    } else if (word.text == "output") {
      p.output_names.push_back(t_.string("the output's name").text);
      t_.expect("=");
      p.outputs.push_back(known(p));
    } else if (word.text == "loss") {
      if (p.loss != ~0u) t_.fail(word, "the entry has a loss already");
      p.loss = known(p);
    } else if (word.text == "cached") {
      p.cached = values();
    } else if (word.text == "stage") {
      stage(p);
    } else {
      t_.fail(word, "expected a line of an entry, got " + word.text.substr(0, 40),
              did_you_mean(word.text, {"buffer", "input", "hyper", "output", "loss", "cached", "stage"}));
    }
  }

  // The number of a buffer that stands above.
  uint32_t known(const Plan& p) {
    Token at = t_.peek();
    uint32_t b = number("a buffer's number");
    if (b >= p.buffers.size()) t_.fail(at, fmt::format("buffer {} is not declared above", b), {fmt::format("there are {}", p.buffers.size())});
    return b;
  }

  void buffer(Plan& p) {
    Token at = t_.peek();
    if (number("the buffer's number") != p.buffers.size()) t_.fail(at, fmt::format("expected buffer {}", p.buffers.size()), {"numbers go up by one"});
    PlanBuffer b;
    b.name = t_.string("the buffer's name").text;
    t_.expect(":");
    b.type = read_type(t_);
    b.region = region();
    b.offset = sized("at"), b.bytes = sized("bytes");
    t_.expect("stages"), b.first_stage = number("the first stage");
    t_.expect("to"), b.last_stage = number("the last stage");
    if (t_.accept("values")) {
      do b.values.push_back(t_.number("a number"));
      while (t_.accept(","));
    }
    p.buffers.push_back(std::move(b));
  }

  std::vector<ValueId> values() {
    std::vector<ValueId> all;
    do {
      t_.expect("%");
      all.push_back(number("a value's number"));
    } while (t_.accept(","));
    return all;
  }

  void stage(Plan& p) {
    Stage s;
    if (t_.accept("if")) t_.expect("finite"), s.checks_loss = true;
    t_.expect("{");
    t_.end_of_line();
    while (!t_.accept("}")) s.launches.push_back(launch(p));
    p.stages.push_back(std::move(s));
  }

  Launch launch(const Plan& p) {
    t_.expect("launch");
    Token kernel = t_.string("a kernel's name");
    auto it = kernels_.find(kernel.text);
    if (it == kernels_.end()) {
      std::vector<std::string> names;
      for (const auto& k : m_.kernels) names.push_back(k.name);
      t_.fail(kernel, "no kernel named " + kernel.text.substr(0, 40), did_you_mean(kernel.text, names));
    }
    Launch l{.kernel = it->second, .arguments = {}, .label = {}};
    t_.expect("(");
    if (!t_.accept(")")) {
      do l.arguments.push_back(known(p));
      while (t_.accept(","));
      t_.expect(")");
    }
    l.label = t_.string("a label").text;
    t_.expect("flops"), l.flops = t_.number("a number");
    if (t_.accept("computes")) l.values = values();
    t_.end_of_line();
    while (t_.accept("decided")) {
      l.decisions.push_back(t_.string("a decision").text);
      t_.end_of_line();
    }
    return l;
  }

  Tokens& t_;
  PlanModule m_;
  std::vector<Token> places_;
  std::unordered_map<std::string, uint32_t> kernels_;
  size_t room_ = most_loop_lines;
};

}  // namespace

PlanModule parse_plan(const std::string& text, const std::string& file) {
  PlanModule m;
  read_form(text, file, "graphc.plan", [&](Tokens& t) {
    PlanReader reader(t);
    Token at = reader.read();
    // What stands before the module becomes empty lines, so that places stay right.
    size_t begin = 0;
    for (uint32_t line = 1; line < at.line; line++) begin = text.find('\n', begin) + 1;
    m = reader.finish(parse_module(std::string(at.line - 1, '\n') + text.substr(begin), file), t);
    try {
      verify(m);
    } catch (const InternalError& error) {
      throw CompileError(Diagnostic{{file, 1, 1}, error.what(), {}});
    }
  });
  return m;
}

}  // namespace graphc
