// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/schedule.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace graphc {

static constexpr int64_t line = 64, block = 1024;
static constexpr int64_t most_panel = 32768;  // floats; it lies on a thread's stack

// Cycles of a tile's k-step on a machine with two FMAs a cycle, of a latency of four, and less than two loads. A fit to measurements
// of products of 128 x 512 x 512 and the like.
// streams: the columns come from the second cache, which is felt from some ten bytes a cycle on.
static double step_cycles(const Target& target, int rows, int vectors, bool streams) {
  int registers = std::max(8, target.vector_registers);
  double fmas = double(rows) * vectors / 2, loads = 0.6 * double(vectors + rows);
  constexpr double latency = 4;  // fewer than eight independent sums wait for each other
  double spills = std::max(0, rows * vectors + vectors + 1 - registers);
  double cycles = std::max({fmas, loads, latency}), bytes = streams ? 4.0 * vectors * target.vector_floats : 0;
  constexpr double loop = 0.3;
  return cycles * (1.02 + 0.008 * std::max(0.0, bytes / cycles - 10)) + loop + 4 * spills;
}

int64_t rows_kept(int64_t cache_bytes, int64_t stride) {
  constexpr int64_t ways = 8;
  int64_t sets = std::max<int64_t>(1, cache_bytes / (line * ways)), bytes = 4 * stride;
  int64_t shared = bytes % line ? 1 : std::gcd(sets, bytes / line);
  return sets / shared * ways;
}

// All columns go through rows of A that a quarter of the second cache holds.
static int64_t rows_at_once(const Target& target, int64_t steps) { return std::max<int64_t>(1, target.l2_bytes / 4 / (4 * std::max<int64_t>(steps, 1))); }

// Where B is read from: its own place; a panel that the first tile of rows makes, of a block of k as far as it fits; or one of
// turned columns, which is written in small pieces, and so belongs into half of the first cache, unless A fills the second.
enum class Columns : uint8_t { in_place, copied, turned };

static int64_t panel_steps(const Target& target, const ContractionShape& s, Columns columns, int64_t width, bool again) {
  if (columns == Columns::in_place) return 0;
  int64_t steps = block;
  while (steps * width > most_panel) steps /= 2;
  if (columns == Columns::turned && !again)
    while (8 * steps * width > target.l1_bytes && steps > 16) steps /= 2;
  return s.k < steps ? int64_t(std::bit_ceil(uint64_t(std::max<int64_t>(s.k, 16)))) : steps;
}

static Tile choose_tile(const Target& target, const ContractionShape& s, Columns columns, bool again) {
  int width = std::max(1, target.vector_floats), registers = std::max(8, target.vector_registers);
  int64_t steps = std::min(s.k, block);
  Tile best{1, width};
  double best_cycles = 1e300;
  for (int vectors = 1; vectors <= 6; vectors++) {
    if (vectors > 1 && int64_t(vectors - 1) * width >= s.n) break;
    int64_t panel = panel_steps(target, s, columns, int64_t(vectors) * width, again);
    bool streams = 4 * std::min(steps, panel ? panel : steps) * width * vectors > target.l1_bytes ||
                   (columns == Columns::in_place && s.k > rows_kept(target.l1_bytes, s.b_step));
    for (int rows = 1; rows <= 24 && rows <= std::max<int64_t>(s.m, 1); rows++) {
      if (rows * vectors + vectors + 1 > registers) break;
      if (s.divide && s.m % rows) continue;
      int64_t row_tiles = (s.m + rows - 1) / rows, full = s.n / (int64_t(vectors) * width);
      int64_t rest = s.n - full * vectors * width;
      auto cycles_of = [&](int some) {
        double cycles = step_cycles(target, rows, some, streams);
        // Each strip of columns reads A again, which is felt where A fills a good part of the second cache.
        if (again) cycles += 0.25 * rows;
        // From panel to panel the sums are stored and loaded, and the loop is left.
        if (panel && panel < steps) cycles += (rows * some + 25) / double(panel);
        return cycles;
      };
      double cycles = double(row_tiles) * (double(full) * cycles_of(vectors) + (rest ? cycles_of(int((rest + width - 1) / width)) : 0));
      // Every tile reads its operands anew, begins and ends: among equals the larger one.
      cycles *= 1 + 0.24 / (rows * vectors);
      // A rest is compiled as a second loop.
      if (rest && full) cycles *= 1.03;
      if (cycles < best_cycles) best_cycles = cycles, best = {rows, vectors * width};
    }
  }
  return best;
}

ContractionSchedule schedule_contraction(const Target& target, const ContractionShape& s) {
  bool vectors = target.vector_floats >= 4, plain = s.b_step && s.b_column;
  int64_t steps = std::min(s.k, block), b_bytes = 4 * s.k * std::max(s.b_step, s.b_column);
  bool blocks = s.k > block;
  // Columns across k must be turned. Others are copied where L1 does not hold them and rows enough read the copy.
  bool across = plain && s.b_column != 1 && s.b_step == 1, far = plain && s.b_column == 1 && b_bytes > target.l1_bytes;
  Columns columns = Columns::in_place;
  if (vectors && s.columns_known && (!blocks || s.alone)) columns = across ? Columns::turned : far && s.m >= 48 ? Columns::copied : columns;
  bool panels = columns != Columns::in_place, again = panels && s.m > rows_at_once(target, steps);
  ContractionSchedule result{};
  result.sums = panels && blocks;
  result.tile = choose_tile(target, s, columns, again);
  const Tile& tile = result.tile;
  result.panel = panel_steps(target, s, columns, tile.n, again);
  if (far) result.fetch |= loops::fetch_b;
  if (s.a_step * 4 >= line && 4 * s.k * s.a_step > target.l1_bytes) result.fetch |= loops::fetch_a;
  if (s.body_bytes * s.m * s.n > target.l1_bytes) result.fetch |= loops::fetch_body;

  // So few columns that lanes would be idle, and work enough to pay for the code that turns the sums.
  int64_t lanes = target.vector_floats;
  result.turned = vectors && target.masks && plain && !panels && s.columns_known && s.rows_known && s.a_row == 1 && s.n <= lanes * 3 / 4 && s.n >= 4 && s.k <= block &&
                  s.m >= 4 * lanes && s.m * s.n * s.k >= 200'000;
  if (result.turned) result.tile = {int(lanes) * (2 * s.n + 3 <= target.vector_registers ? 2 : 1), int(lanes)};

  // Where making the panels again for the next rows costs less than reading A again for the next columns.
  int64_t a_bytes = 4 * s.m * steps, strips = (s.n + tile.n - 1) / tile.n, kept = rows_at_once(target, steps) / tile.m * tile.m;
  if (panels && a_bytes > target.l2_bytes * 3 / 4 && kept >= 4 * tile.m) {
    double made_again = double((s.m + kept - 1) / kept - 1) * 4 * double(s.n) * double(steps);
    if (4 * made_again < double(strips - 1) * double(a_bytes)) result.row_block = kept;
  }
  // Sums that wait between panels lie on the stack.
  int64_t waiting = most_panel / 2 / tile.n / tile.m * tile.m;
  if (result.panel && result.panel < steps && waiting < s.m) result.row_block = std::min(result.row_block ? result.row_block : waiting, waiting);

  double work = 2 * double(s.k);
  int64_t row_chunk = choose_chunk(s.m, work * double(s.n), tile.m), column_chunk = choose_chunk(s.n, work * double(s.m), tile.n);
  auto tasks = [](int64_t extent, int64_t chunk) { return (extent + chunk - 1) / chunk; };
  // Over columns each panel is made once.
  result.tasks_over_columns = s.columns_known && (panels || tasks(s.n, column_chunk) > 2 * tasks(s.m, row_chunk));
  result.task_chunk = result.tasks_over_columns ? column_chunk : row_chunk;
  // A task reads A once for all of its columns: not more tasks than that threads end together.
  int64_t most_tasks = 4 * std::clamp(target.threads, 2, 32);
  if (result.tasks_over_columns && panels) result.task_chunk = std::max(result.task_chunk, (s.n + most_tasks * tile.n - 1) / (most_tasks * tile.n) * tile.n);
  return result;
}

int64_t choose_chunk(int64_t steps, double cost, int64_t multiple) {
  int64_t chunk = std::max<int64_t>(1, int64_t(std::ceil(loops::task_operations / std::max(cost, 1.0))));
  chunk = (chunk + multiple - 1) / multiple * multiple;
  return std::max<int64_t>(multiple, std::min(chunk, std::max<int64_t>(steps, 1)));
}

}  // namespace graphc
