// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/plan/schedule.h"

#include <algorithm>
#include <cmath>

namespace graphc {

// Cycles of a tile's k-step on a machine with two FMAs and two loads a cycle and an FMA latency of four.
static double step_cycles(int rows, int vectors, int registers) {
  double fmas = double(rows) * vectors / 2, loads = double(vectors + rows) / 2;
  double latency = 4;  // fewer than eight independent sums wait for each other
  double spills = std::max(0, rows * vectors + vectors + 1 - registers);
  return std::max({fmas, loads, latency}) + 4 * spills;
}

Tile choose_tile(const Target& target, int64_t m, int64_t n, bool divide) {
  int width = std::max(1, target.vector_floats), registers = std::max(8, target.vector_registers);
  Tile best{1, width};
  double best_cycles = 1e300;
  for (int vectors = 1; vectors <= 6; vectors++) {
    if (vectors > 1 && int64_t(vectors - 1) * width >= n) break;
    for (int rows = 1; rows <= 24 && rows <= std::max<int64_t>(m, 1); rows++) {
      if (rows * vectors + vectors + 1 > registers) break;
      if (divide && m % rows) continue;
      int64_t row_tiles = (m + rows - 1) / rows, full = n / (int64_t(vectors) * width);
      int64_t rest = n - full * vectors * width;
      int rest_vectors = int((rest + width - 1) / width);
      double cycles = double(row_tiles) * (double(full) * step_cycles(rows, vectors, registers) + (rest ? step_cycles(rows, rest_vectors, registers) : 0));
      // Every tile reads its operands anew: among equals the larger one.
      cycles *= 1 + 0.002 * 24 / (rows * vectors);
      if (cycles < best_cycles) best_cycles = cycles, best = {rows, vectors * width};
    }
  }
  return best;
}

int64_t choose_chunk(int64_t steps, double cost, int64_t multiple) {
  constexpr double task_cost = 65536;  // element operations; some ten microseconds
  int64_t chunk = std::max<int64_t>(1, int64_t(std::ceil(task_cost / std::max(cost, 1.0))));
  chunk = (chunk + multiple - 1) / multiple * multiple;
  return std::max<int64_t>(multiple, std::min(chunk, std::max<int64_t>(steps, 1)));
}

}  // namespace graphc
