/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Uses both functions of graphc_slots.h; compiled by run.sh, which looks for undefined symbols. */
#include "runtime/abi/graphc_slots.h"

int32_t save_then_load(const graphc_slots *slots, const graphc_region *regions);

int32_t save_then_load(const graphc_slots *slots, const graphc_region *regions) {
  int32_t status = graphc_slots_save(slots, 1, regions, 2);
  return status != GRAPHC_SLOTS_OK ? status : graphc_slots_load(slots, 1, regions, 2);
}
