// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions too large for the ladder's cases: panels, several of them, sums that wait between them, blocks of 1,024, tasks
// over rows and over columns.
#include <doctest/doctest.h>

#include "ir/tensor.h"
#include "tests/compiler/case_module.h"
#include "tests/compiler/shuffled_tasks.h"

using namespace graphc;
using namespace graphc_test;

namespace {

struct Size {
  Dim m;
  int64_t n;
  Dim k;
  const char* panel;  // what the kernel of a 16-wide machine says about it
};

// Transposed second operands always need a panel; others where their rows meet in the same sets of a cache.
constexpr uint32_t max_rows = 90;
const Size transposed[] = {
    {batch, 70, 10, "1 panel"},  {batch, 37, 300, "2 panels"}, {33, 129, 1024, "a whole block"},
    {batch, 50, 1500, "2 blocks"}, {23, 17, 2100, "3 blocks"},  {700, 49, 600, "2 runs of rows"},
};
const Size direct[] = {{128, 96, 1500, "read in place"}, {batch, 2048, 700, "scattered"}, {2048, 96, batch, "rows of a batch"}};

void compare(const Target& target, bool across, const Size& size) {
  CaseModule module(max_rows);
  GraphBuilder b("product");
  Type a{DType::f32, {size.m, size.k}}, other{DType::f32, across ? Shape{size.n, size.k} : Shape{size.k, size.n}};
  Tensor x = b.emit(Op::input, {}, {std::string("a"), a}), y = b.emit(Op::input, {}, {std::string("b"), other});
  b.graph().outputs.push_back({"result", b.captured(tanh(contract(x, y, false, across)))});
  module.add(std::move(b.graph()), {{"a", a}, {"b", other}});
  module.compile(target, true);
  if (across) CHECK(print(module.plan().kernels.at(0)).find(" pack ") != std::string::npos);
  Random random(5);
  for (int64_t rows : {90, 23, 1}) {
    Bindings bindings{rows, {}, {}, {}};
    bindings.inputs["a"] = random_array(random, a, rows, -0.1, 0.1);
    bindings.inputs["b"] = random_array(random, other, rows, -0.1, 0.1);
    auto expected = module.oracle("product", bindings);
    Shuffled shuffled{Order::reverse};
    graphc_hooks hooks{sizeof(graphc_hooks), &shuffled, 1, Shuffled::run};
    auto actual = module.run("product", bindings, &hooks);
    std::string where = difference(expected[0], actual[0]), what = size.panel;
    CHECK_MESSAGE(where.empty(), what, ", ", rows, " rows, width ", target.vector_floats, ": ", where);
  }
}

Target narrow() {
  Target target = describe_target();
  target.vector_floats = std::min(target.vector_floats, 4);
  target.vector_registers = 16;
  target.masks = false;
  return target;
}

}  // namespace

TEST_CASE("panels of a transposed operand") {
  for (const Target& target : {describe_target(), narrow()})
    for (const Size& size : transposed) compare(target, true, size);
}

TEST_CASE("operands whose rows lie far apart") {
  Target small = describe_target();
  small.l2_bytes = 32 << 10;  // so that these sizes are far apart
  for (const Size& size : direct) compare(small, false, size);
  Target wide = describe_target();
  for (const Size& size : direct) compare(wide, false, size);
}
