// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/abi_module.h"

namespace graphc {

// The entry behind the ABI, computed by the evaluator on the plan's graphs and layout: slow, and right by construction.
// f32 with the target's class of fused multiply-add. Only initial values that are a function of their place (ir/fill.h) are
// fast. The plan must outlive it.
EntryCall evaluator_entry(const PlanModule& plan, const Plan& entry);

}  // namespace graphc
