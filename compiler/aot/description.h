// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled object as its C interface shows it. All that writes texts about objects reads this.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/plan.h"

namespace graphc::aot {

// A tensor or a number under its name in C.
struct Field {
  std::string name, name_in_model;
  Type type;
  uint64_t offset = 0, count = 0;  // in its region; elements at the maximum of rows
  const Variable* variable = nullptr;
  double value = 0;                // of a hyper-parameter: its default
};

struct Struct {
  std::string name;
  std::vector<Field> fields;
};

struct Argument {
  enum Place : uint8_t { parameter, report, gradients } place = parameter;
  Field field;
};

struct Function {
  const Plan* plan;
  EntryVerb verb;
  std::string name, symbol;     // PREFIX_ENTRY, as a C function, and the object's symbol
  std::string method;           // of the C++ class
  std::vector<Argument> inputs, outputs;  // in the order of the ABI
  std::string hyper, report, gradients;   // names of struct types; empty where it has none
  bool updates() const { return verb == EntryVerb::init || verb == EntryVerb::step || verb == EntryVerb::apply; }
};

struct Description {
  std::string prefix, features;
  const PlanModule* plan;
  uint64_t text_bytes = 0, constant_bytes = 0, object_bytes = 0;
  bool has_weights = false;               // in the object, as PREFIX_initial_params and PREFIX_initial_state
  std::vector<Field> params, state;       // by offset
  std::vector<Struct> hypers, reports, gradients;
  std::vector<Function> functions;
  std::map<std::string, uint64_t> stack_bytes;

  // Parameters of which the state has a moving average, with it.
  std::vector<std::pair<const Field*, const Field*>> averages() const;
  const Field* average_begun() const;     // 0 until there are averages
  const Struct& find(const std::vector<Struct>& list, const std::string& name) const;
};

Description describe(const PlanModule& plan, const std::string& prefix);

const char* c_type(DType dtype);
std::string shape_text(const Type& type);  // "[rows][64]"

// A text each.
std::string header_text(const Description& d);
std::string wrapper_text(const Description& d);
std::string memory_map_text(const Description& d);
std::string memory_table_text(const Description& d);
std::string example_text(const Description& d);

extern const char* const abi_header;  // runtime/abi/graphc_abi.h

}  // namespace graphc::aot
