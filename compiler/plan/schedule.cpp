// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/schedule.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace graphc {

// Cycles of a tile's k-step on a machine with two FMAs and two loads a cycle and an FMA latency of four.
// streams: the columns come from the second cache, at some 20 bytes a cycle.
static double step_cycles(const Target& target, int rows, int vectors, bool streams) {
  int registers = std::max(8, target.vector_registers);
  double fmas = double(rows) * vectors / 2, loads = double(vectors + rows) / 2;
  double stream = streams ? 4.0 * vectors * target.vector_floats / 20 : 0;
  double latency = 4;  // fewer than eight independent sums wait for each other
  double spills = std::max(0, rows * vectors + vectors + 1 - registers);
  return std::max({fmas, loads, latency, stream}) + 0.2 * loads + 4 * spills;
}

int64_t rows_kept(int64_t cache_bytes, int64_t stride) {
  constexpr int64_t line = 64, ways = 8;
  int64_t sets = std::max<int64_t>(1, cache_bytes / (line * ways)), bytes = 4 * stride;
  int64_t shared = bytes % line ? 1 : std::gcd(sets, bytes / line);
  return sets / shared * ways;
}

// in_place: B is read where it lies; else from a panel.
static Tile choose_tile(const Target& target, const ContractionShape& s, bool in_place) {
  int width = std::max(1, target.vector_floats), registers = std::max(8, target.vector_registers);
  Tile best{1, width};
  double best_cycles = 1e300;
  for (int vectors = 1; vectors <= 6; vectors++) {
    if (vectors > 1 && int64_t(vectors - 1) * width >= s.n) break;
    bool streams = 4 * s.k * width * vectors > target.l1_bytes || (in_place && s.k > rows_kept(target.l1_bytes, s.b_step));
    for (int rows = 1; rows <= 24 && rows <= std::max<int64_t>(s.m, 1); rows++) {
      if (rows * vectors + vectors + 1 > registers) break;
      if (s.divide && s.m % rows) continue;
      int64_t row_tiles = (s.m + rows - 1) / rows, full = s.n / (int64_t(vectors) * width);
      int64_t rest = s.n - full * vectors * width;
      int rest_vectors = int((rest + width - 1) / width);
      double cycles = double(row_tiles) * (double(full) * step_cycles(target, rows, vectors, streams) + (rest ? step_cycles(target, rows, rest_vectors, streams) : 0));
      // Every tile reads its operands anew: among equals the larger one.
      cycles *= 1 + 0.002 * 24 / (rows * vectors);
      // A rest is compiled as a second loop.
      if (rest && full) cycles *= 1.03;
      if (cycles < best_cycles) best_cycles = cycles, best = {rows, vectors * width};
    }
  }
  return best;
}

ContractionSchedule schedule_contraction(const Target& target, const ContractionShape& s) {
  bool across = s.b_column != 1 && target.vector_floats >= 4;
  // Steps on more pages than the first level of address translation holds, or in too few sets of the cache; and rows enough
  // to pay for the copy.
  bool far = 4 * s.k * s.b_step > 64 * 4096 || s.k > 2 * rows_kept(target.l2_bytes, s.b_step);
  bool scattered = s.b_column == 1 && far && s.m >= 64;
  ContractionSchedule result{choose_tile(target, s, !across && !scattered), 0, 0, false, 0};
  Tile& tile = result.tile;
  if (across || scattered) {
    // A panel that L1 holds beside a's rows, and sums of as many rows as pay for its making, in L2 and on a thread's stack.
    int64_t panel = target.l1_bytes * 3 / 4 / (4 * tile.n), sums = (64 << 10) / (4 * tile.n);
    result.pack_k = 1024;
    while (result.pack_k > 16 && result.pack_k > panel) result.pack_k /= 2;
    result.pack_m = std::max<int64_t>(1, sums / tile.m) * tile.m;
  }
  double work = 2 * double(s.k);
  int64_t row_chunk = choose_chunk(s.m, work * double(s.n), tile.m), column_chunk = choose_chunk(s.n, work * double(s.m), tile.n);
  auto tasks = [](int64_t extent, int64_t chunk) { return (extent + chunk - 1) / chunk; };
  // Over columns each panel is made once.
  result.tasks_over_columns = s.columns_known && (result.pack_k || tasks(s.n, column_chunk) > 2 * tasks(s.m, row_chunk));
  result.task_chunk = result.tasks_over_columns ? column_chunk : row_chunk;
  return result;
}

int64_t choose_chunk(int64_t steps, double cost, int64_t multiple) {
  constexpr double task_cost = 65536;  // element operations; some half a microsecond, above what handing it out costs
  int64_t chunk = std::max<int64_t>(1, int64_t(std::ceil(task_cost / std::max(cost, 1.0))));
  chunk = (chunk + multiple - 1) / multiple * multiple;
  return std::max<int64_t>(multiple, std::min(chunk, std::max<int64_t>(steps, 1)));
}

}  // namespace graphc
