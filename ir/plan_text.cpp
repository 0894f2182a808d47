// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text of a plan; parse_plan.cpp reads it.
#include <fmt/format.h>

#include "ir/plan.h"
#include "ir/print.h"
#include "ir/token.h"

namespace graphc {

namespace {

template <class List, class Each>
std::string list(const List& items, Each each) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + each(item);
  return text;
}

std::string number(uint32_t n) { return std::to_string(n); }
std::string value(ValueId v) { return fmt::format("%{}", v); }

std::string buffer_line(size_t number, const PlanBuffer& b) {
  std::string text = fmt::format("  buffer {} {}: {} {} at {} bytes {} stages {} to {}", number, quoted(b.name), to_string(b.type), name(b.region), b.offset,
                                 b.bytes, b.first_stage, b.last_stage);
  if (!b.values.empty()) text += " values " + list(b.values, number_text);
  return text + "\n";
}

std::string launch_lines(const PlanModule& m, const Launch& l) {
  std::string text = fmt::format("    launch {}({}) {} flops {}", quoted(m.kernels.at(l.kernel).name), list(l.arguments, number), quoted(l.label), number_text(l.flops));
  if (!l.values.empty()) text += " computes " + list(l.values, value);
  text += "\n";
  for (const std::string& d : l.decisions) text += "      decided " + quoted(d) + "\n";
  return text;
}

std::string entry_text(const PlanModule& m, const Plan& p) {
  std::string text = fmt::format("entry {} {{\n  workspace {}\n", quoted(p.entry), p.workspace_bytes);
  for (size_t b = 0; b < p.buffers.size(); b++) text += buffer_line(b, p.buffers[b]);
  for (uint32_t b : p.inputs) text += fmt::format("  input {}\n", b);
  for (const std::string& h : p.hypers) text += fmt::format("  hyper {}\n", quoted(h));
  for (size_t o = 0; o < p.outputs.size(); o++) text += fmt::format("  output {} = {}\n", quoted(p.output_names.at(o)), p.outputs[o]);
  if (p.loss != ~0u) text += fmt::format("  loss {}\n", p.loss);
  if (!p.cached.empty()) text += "  cached " + list(p.cached, value) + "\n";
  for (const Stage& s : p.stages) {
    text += s.checks_loss ? "  stage if finite {\n" : "  stage {\n";
    for (const Launch& l : s.launches) text += launch_lines(m, l);
    text += "  }\n";
  }
  return text + "}\n";
}

const char* rows_word(const PlanModule& m) { return m.fixed_rows ? "fixed_rows" : "max_rows"; }

}  // namespace

std::string print_target(const Target& t) {
  return fmt::format("target {} cpu {} features {} vector_floats {} vector_registers {} vector_fmas {} fma {:d} masks {:d} pointer_bytes {} l1_bytes {} l2_bytes {} threads {}\n",
                     quoted(t.triple), quoted(t.cpu), quoted(t.features), t.vector_floats, t.vector_registers, t.vector_fmas, t.fma, t.masks, t.pointer_bytes,
                     t.l1_bytes, t.l2_bytes, t.threads);
}

std::string print_entry(const PlanModule& m, const Plan& p) {
  std::string text = print_target(m.target);
  text += fmt::format("{} {} fingerprint {:016x} params {} state {}\n", rows_word(m), m.max_rows, m.fingerprint, m.params_bytes, m.state_bytes);
  for (const std::string& name : p.hypers) text += hyper_line(*m.module.hypers.find(name));
  for (uint32_t b : p.inputs)
    if (const InputSpec* input = m.module.inputs.find(p.buffers[b].name)) text += input_line(*input);
  return text + entry_text(m, p);
}

std::string print(const PlanModule& m) {
  std::string text = "graphc.plan 1\n" + print_target(m.target);
  text += fmt::format("{} {} fingerprint {:016x}\n", rows_word(m), m.max_rows, m.fingerprint);
  text += fmt::format("params {} state {} workspace {}\n", m.params_bytes, m.state_bytes, m.workspace_bytes);
  for (const PlacedVariable& v : m.variables) text += fmt::format("place {} {} at {} bytes {}\n", quoted(v.variable->name), name(v.region), v.offset, v.bytes);
  for (const loops::Kernel& k : m.kernels) text += "\n" + loops::print_named(k);
  for (const Plan& p : m.plans) text += "\n" + entry_text(m, p);
  return text + "\n" + print(m.module);
}

}  // namespace graphc
