// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contractions under every kind of schedule: none may change a bit. Sizes too large for the ladder's cases: several panels, sums
// that wait between them, blocks of 1,024, rows that go through all columns in turn, tasks over rows and over columns.
#include <doctest/doctest.h>

#include <set>

#include "ir/tensor.h"
#include "tests/compiler/case_module.h"
#include "tests/compiler/shuffled_tasks.h"

using namespace graphc;
using namespace graphc_test;

namespace {

constexpr uint32_t max_rows = 90;

struct Size {
  Dim m;
  int64_t n;
  Dim k;
  bool transpose_a, transpose_b;
};
const Size sizes[] = {
    {batch, 70, 10, false, false},  {batch, 37, 300, false, true}, {33, 129, 1024, false, false}, {batch, 50, 1500, false, true},
    {24, 17, 2100, false, false},   {96, 49, 600, false, true},    {72, 64, batch, true, false},  {7, 40, 33, true, false},
    {600, 10, batch, true, false},  {105, 5, 40, true, false},
};

// Schedules from one random number each; only what the loops' verifier allows.
AdjustSchedule any_schedule(uint64_t seed, const Target& target) {
  return [=](const ContractionShape& shape, ContractionSchedule& s) {
    Random random(seed);
    int64_t width = std::max(1, target.vector_floats);
    s.tile = {int(1 + random.below(9)), int(width * (1 + random.below(4)))};
    if (shape.divide && random.below(2)) s.tile.m = shape.m % 8 ? 1 : 8;
    bool plain = shape.b_step == 1 || shape.b_column == 1, blocks = shape.k > 1024;
    s.panel = plain && shape.columns_known && (!blocks || shape.alone) && target.vector_floats >= 4 && random.below(4) ? int64_t{1} << (4 + random.below(7)) : 0;
    while (s.panel * s.tile.n > 32768) s.panel /= 2;
    s.sums = s.panel && blocks;
    s.row_block = random.below(2) ? s.tile.m * (1 + random.below(4)) : 0;
    bool turns = shape.rows_known && shape.columns_known && shape.a_row == 1 && plain && shape.n <= 64 && shape.k <= 1024;
    s.turned = turns && random.below(3) > 0;
    if (s.turned) s.panel = s.row_block = 0, s.sums = false;
    s.interleave = s.panel && !s.sums && s.panel >= std::min<int64_t>(shape.k, 1024) && shape.b_column == 1 && random.below(3) > 0;
    s.fetch = uint8_t(random.below(8));
    s.tasks_over_columns = shape.columns_known && random.below(2);
    s.task_chunk = (s.tasks_over_columns ? s.tile.n : s.tile.m) * (1 + random.below(3));
  };
}

Target narrow() {
  Target target = describe_target();
  target.vector_floats = std::min(target.vector_floats, 4);
  target.vector_registers = 16;
  target.masks = false;
  return target;
}

struct Case {
  CaseModule module{max_rows};
  std::vector<std::pair<std::string, Type>> inputs;
  bool has_parameter = false;
};

// tanh(a b), or an update in place with a division and a root.
void make(Case& c, const Size& size, bool updates) {
  GraphBuilder b("product");
  Type a{DType::f32, size.transpose_a ? Shape{size.k, size.m} : Shape{size.m, size.k}};
  Type other{DType::f32, size.transpose_b ? Shape{size.n, size.k} : Shape{size.k, size.n}};
  Tensor x = b.emit(Op::input, {}, {std::string("a"), a}), y = b.emit(Op::input, {}, {std::string("b"), other});
  Tensor product = contract(x, y, size.transpose_a, size.transpose_b);
  c.inputs = {{"a", a}, {"b", other}};
  if (updates) {
    Type type = product.type();
    Tensor w = b.emit(Op::variable, {}, {std::string("w"), type});
    c.module.add_parameter("w", type);
    c.has_parameter = true;
    b.graph().updates.push_back({"w", (w - product / (sqrt(product * product) + 0.5)).id});
  } else {
    b.graph().outputs.push_back({"result", b.captured(tanh(product))});
  }
  c.module.add(std::move(b.graph()), c.inputs);
}

// What the kernels of a run had, so that none is left out unseen.
std::set<std::string> seen;
void note(const std::string& kernel) {
  for (const char* word : {" panel ", " rows ", " sums ", " interleave", " turned", " fetch a", " fetch b", " fetch a b", " body", "tasks i0", "tasks i1"})
    if (kernel.find(word) != std::string::npos) seen.insert(word);
}

void compare(const Target& target, const Size& size, bool updates, const AdjustSchedule& adjust, const std::string& schedule) {
  Case c;
  make(c, size, updates);
  c.module.compile(target, true, adjust);
  note(print(c.module.plan().kernels.back()));
  Random random(5);
  for (int64_t rows : {90, 23, 1}) {
    Bindings bindings{rows, {}, {}, {}};
    for (const auto& [name, type] : c.inputs) bindings.inputs[name] = random_array(random, type, rows, -0.1, 0.1);
    if (c.has_parameter) bindings.variables["w"] = random_array(random, {DType::f32, {size.m, size.n}}, rows, -0.1, 0.1);
    auto expected = c.module.oracle("product", bindings);
    Shuffled shuffled{Order::reverse};
    graphc_hooks hooks{sizeof(graphc_hooks), &shuffled, 1, Shuffled::run};
    auto actual = c.module.run("product", bindings, &hooks);
    std::string where = difference(expected[0], actual[0]);
    INFO(print(c.module.plan().kernels.back()));
    CHECK_MESSAGE(where.empty(), schedule, ", ", rows, " rows, width ", target.vector_floats, ": ", where);
  }
}

bool has_batch(const Size& size) { return size.m.is_batch; }

}  // namespace

TEST_CASE("the schedules that are chosen") {
  Target small = describe_target();
  small.l1_bytes = 2 << 10, small.l2_bytes = 32 << 10;  // so that these sizes are far apart
  Target other = describe_target();
  other.vector_fmas = 3 - other.vector_fmas;  // one where this machine begins two a cycle, two where it begins one
  for (const Target& target : {describe_target(), other, small, narrow()})
    for (const Size& size : sizes)
      for (bool updates : {false, true})
        if (!updates || !has_batch(size)) compare(target, size, updates, {}, "chosen");
}

TEST_CASE("a schedule follows how many multiply-adds begin in a cycle") {
  Target one = describe_target("x86_64-linux-gnu", "znver4"), two = describe_target("x86_64-linux-gnu", "znver5");
  CHECK(one.vector_fmas == 1);
  CHECK(two.vector_fmas == 2);
  CHECK(describe_target("x86_64-linux-gnu", "x86-64-v3").vector_fmas == 2);
  // X W of 128 x 512 x 784: where one begins, rows that divide 128 are worth more than a tile that fills all registers.
  ContractionShape product{.m = 128, .n = 512, .k = 784, .columns_known = true, .alone = true, .a_row = 784, .a_step = 1, .b_step = 512, .b_column = 1};
  CHECK(128 % schedule_contraction(one, product).tile.m == 0);
  // X^T dY with Adam.
  ContractionShape update{.m = 784, .n = 512, .k = 128, .divide = true, .rows_known = true, .columns_known = true, .alone = true, .a_row = 1, .a_step = 784, .b_step = 512, .b_column = 1,
                          .body_bytes = 12, .body_divides = true};
  CHECK(schedule_contraction(one, update).interleave);
  CHECK_FALSE(schedule_contraction(two, update).interleave);
}

TEST_CASE("any schedule") {
  uint64_t seed = 1;
  for (const Target& target : {describe_target(), narrow()})
    for (const Size& size : sizes)
      for (bool updates : {false, true})
        for (int i = 0; i < 6; i++)
          if (!updates || !has_batch(size)) {
            compare(target, size, updates, any_schedule(seed, target), "schedule " + std::to_string(seed));
            seed++;
          }
  CHECK(seen.size() == 11);
}

TEST_CASE("alternatives, which a search tries") {
  size_t most = 0;
  for (const Target& target : {describe_target(), narrow()})
    for (const Size& size : sizes)
      for (bool updates : {false, true}) {
        if (updates && has_batch(size)) continue;
        size_t count = 1;
        // Of those of a product, three: all of them are met in other products.
        for (size_t i = 0; i < count; i += 1 + count / 3) {
          compare(target, size, updates, [&](const ContractionShape& shape, ContractionSchedule& schedule) {
            auto all = alternatives(target, shape, schedule);
            count = all.size();
            if (i < count) schedule = all[i];
          }, "alternative " + std::to_string(i));
        }
        most = std::max(most, count);
      }
  CHECK(most >= 8);
}
