// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/schedule.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

namespace graphc {

static constexpr int64_t line = 64, block = 1024;
static constexpr int64_t few_steps = 32;
static constexpr int64_t most_panel = 32768;  // floats; it lies on a thread's stack

// Cycles of a tile's k-step on a machine whose FMAs have a latency of four, and with less than two loads a cycle. A fit to
// measurements of products of 128 x 512 x 512 and the like.
// streams: the columns come from the second cache, which is felt from some ten bytes a cycle on.
static double step_cycles(const Target& target, int rows, int vectors, bool streams) {
  int registers = std::max(8, target.vector_registers);
  double fmas = double(rows) * vectors / target.vector_fmas, loads = 0.6 * double(vectors + rows);
  constexpr double latency = 4;  // too few independent sums wait for each other
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

// Best first.
static std::vector<Tile> ranked_tiles(const Target& target, const ContractionShape& s, Columns columns, bool again) {
  int width = std::max(1, target.vector_floats), registers = std::max(8, target.vector_registers);
  int64_t steps = std::min(s.k, block);
  std::vector<std::pair<double, Tile>> all;
  for (int vectors = 1; vectors <= 6; vectors++) {
    if (vectors > 1 && int64_t(vectors - 1) * width >= s.n) break;
    int64_t panel = panel_steps(target, s, columns, int64_t(vectors) * width, again);
    bool streams = 4 * std::min(steps, panel ? panel : steps) * width * vectors > target.l1_bytes * 3 / 4 ||
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
        // What follows few steps, or is long and writes elsewhere than it reads, is felt, and costs by the row.
        if (s.k < few_steps || (s.body_divides && !s.divide)) cycles += 16.0 * rows / double(std::max<int64_t>(s.k, 1));
        return cycles;
      };
      double cycles = double(row_tiles) * (double(full) * cycles_of(vectors) + (rest ? cycles_of(int((rest + width - 1) / width)) : 0));
      // Every tile reads its operands anew, begins and ends: among equals the larger one.
      cycles *= 1 + 0.24 / (rows * vectors);
      // A rest is compiled as a second loop.
      if (rest && full) cycles *= 1.03;
      all.push_back({cycles, {rows, vectors * width}});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Tile> tiles;
  for (const auto& [cycles, tile] : all) tiles.push_back(tile);
  if (tiles.empty()) tiles.push_back({1, width});
  return tiles;
}

static bool turned_columns(const ContractionShape& s) { return s.b_column != 1 && s.b_step == 1; }
static bool panels_possible(const Target& target, const ContractionShape& s) {
  bool plain = s.b_step && s.b_column && (s.b_column == 1 || turned_columns(s));
  return plain && target.vector_floats >= 4 && s.columns_known && (s.k <= block || s.alone);
}
static int64_t b_bytes(const ContractionShape& s) { return 4 * s.k * std::max(s.b_step, s.b_column); }

// Columns across k must be turned. Others are copied where L1 does not hold them and rows enough read the copy.
static Columns choose_columns(const Target& target, const ContractionShape& s) {
  if (!panels_possible(target, s)) return Columns::in_place;
  if (turned_columns(s)) return Columns::turned;
  return b_bytes(s) > target.l1_bytes && s.m >= 48 ? Columns::copied : Columns::in_place;
}

static bool turning_possible(const Target& target, const ContractionShape& s) {
  return target.vector_floats >= 4 && target.masks && s.b_step && s.b_column && s.columns_known && s.rows_known && s.a_row == 1 && s.n <= target.vector_floats && s.k <= block;
}

static void choose_tasks(const Target& target, const ContractionShape& s, ContractionSchedule& result) {
  const Tile& tile = result.tile;
  bool panels = result.panel > 0;
  double work = 2 * double(s.k);
  int64_t row_chunk = choose_chunk(s.m, work * double(s.n), tile.m), column_chunk = choose_chunk(s.n, work * double(s.m), tile.n);
  auto tasks = [](int64_t extent, int64_t chunk) { return (extent + chunk - 1) / chunk; };
  // Over columns each panel is made once.
  result.tasks_over_columns = s.columns_known && (panels || tasks(s.n, column_chunk) > 2 * tasks(s.m, row_chunk));
  result.task_chunk = result.tasks_over_columns ? column_chunk : row_chunk;
  // A task reads A once for all of its columns: not more tasks than that threads end together.
  int64_t most_tasks = 4 * std::clamp(target.threads, 2, 32);
  if (result.tasks_over_columns && panels) result.task_chunk = std::max(result.task_chunk, (s.n + most_tasks * tile.n - 1) / (most_tasks * tile.n) * tile.n);
}

static ContractionSchedule schedule_with(const Target& target, const ContractionShape& s, Columns columns, bool again, const Tile& tile) {
  int64_t steps = std::min(s.k, block);
  bool panels = columns != Columns::in_place;
  ContractionSchedule result{};
  result.sums = panels && s.k > block;
  result.tile = tile;
  result.panel = panel_steps(target, s, columns, tile.n, again);
  if (s.b_step && s.b_column == 1 && b_bytes(s) > target.l1_bytes) result.fetch |= loops::fetch_b;
  if (s.a_step * 4 >= line && 4 * s.k * s.a_step > target.l1_bytes) result.fetch |= loops::fetch_a;
  if (s.body_bytes * s.m * s.n > target.l1_bytes && s.k >= few_steps) result.fetch |= loops::fetch_body;

  // Where making the panels again for the next rows costs less than reading A again for the next columns.
  int64_t a_bytes = 4 * s.m * steps, strips = (s.n + tile.n - 1) / tile.n, kept = rows_at_once(target, steps) / tile.m * tile.m;
  if (panels && a_bytes > target.l2_bytes * 3 / 4 && kept >= 4 * tile.m) {
    double made_again = double((s.m + kept - 1) / kept - 1) * 4 * double(s.n) * double(steps);
    if (4 * made_again < double(strips - 1) * double(a_bytes)) result.row_block = kept;
  }
  // An optimizer's divisions for the rows before fit between multiply-adds of which one begins in a cycle; with two a cycle they
  // cost as much as they hide.
  result.interleave = columns == Columns::copied && target.vector_fmas == 1 && s.divide && s.body_divides && s.k <= result.panel;
  // Sums that wait between panels lie on the stack.
  int64_t waiting = most_panel / 2 / tile.n / tile.m * tile.m;
  if (result.panel && result.panel < steps && waiting < s.m) result.row_block = std::min(result.row_block ? result.row_block : waiting, waiting);
  choose_tasks(target, s, result);
  return result;
}

static ContractionSchedule turned_schedule(const Target& target, const ContractionShape& s) {
  int width = target.vector_floats;
  return schedule_with(target, s, Columns::in_place, false, {width * (2 * s.n + 3 <= target.vector_registers ? 2 : 1), width});
}

ContractionSchedule schedule_contraction(const Target& target, const ContractionShape& s) {
  Columns columns = choose_columns(target, s);
  bool panels = columns != Columns::in_place, again = panels && 4 * s.m * std::min(s.k, block) > target.l2_bytes * 2 / 5;
  // So few columns that lanes would be idle, and work enough to pay for the code that turns the sums.
  int64_t lanes = target.vector_floats;
  if (!panels && turning_possible(target, s) && s.n <= lanes * 3 / 4 && s.n >= 4 && s.m >= 4 * lanes && s.m * s.n * s.k >= 200'000) {
    ContractionSchedule result = turned_schedule(target, s);
    result.turned = true;
    return result;
  }
  return schedule_with(target, s, columns, again, ranked_tiles(target, s, columns, again).front());
}

std::vector<ContractionSchedule> alternatives(const Target& target, const ContractionShape& s, const ContractionSchedule& base) {
  std::vector<ContractionSchedule> all;
  auto add = [&](const ContractionSchedule& x) {
    if (!(x == base) && std::find(all.begin(), all.end(), x) == all.end()) all.push_back(x);
  };
  constexpr size_t most_tiles = 4;
  std::vector<Columns> ways{Columns::in_place};
  if (panels_possible(target, s)) ways.push_back(turned_columns(s) ? Columns::turned : Columns::copied);
  for (Columns columns : ways)
    for (bool again : {false, true}) {
      if (again && columns == Columns::in_place) continue;
      auto tiles = ranked_tiles(target, s, columns, again);
      for (size_t i = 0; i < std::min(tiles.size(), most_tiles); i++) add(schedule_with(target, s, columns, again, tiles[i]));
    }
  for (uint8_t bit : {loops::fetch_a, loops::fetch_b, loops::fetch_body}) {
    ContractionSchedule x = base;
    x.fetch ^= bit;
    add(x);
  }
  if (base.panel && !base.sums && base.panel >= std::min(s.k, block) && s.b_column == 1) {
    ContractionSchedule x = base;
    x.interleave = !x.interleave;
    add(x);
  }
  if (turning_possible(target, s)) {
    ContractionSchedule x = turned_schedule(target, s);
    x.turned = true;
    add(x);
  }
  if (base.panel && base.panel >= std::min(s.k, block))
    for (int64_t rows : {int64_t{0}, rows_at_once(target, std::min(s.k, block)) / base.tile.m * base.tile.m}) {
      ContractionSchedule x = base;
      x.row_block = rows < s.m ? rows : 0;
      add(x);
    }
  return all;
}

int64_t choose_chunk(int64_t steps, double cost, int64_t multiple) {
  int64_t chunk = std::max<int64_t>(1, int64_t(std::ceil(loops::task_operations / std::max(cost, 1.0))));
  chunk = (chunk + multiple - 1) / multiple * multiple;
  return std::max<int64_t>(multiple, std::min(chunk, std::max<int64_t>(steps, 1)));
}

}  // namespace graphc
