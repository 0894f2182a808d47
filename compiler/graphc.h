// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// graphc: describe a network, compile its training step, train.
#pragma once

#include "compiler/compile.h"
#include "compiler/object.h"
#include "ir/builder.h"
#include "runtime/pool/pool.h"
#include "runtime/train/instance.h"
