// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights as files: .npz where the name ends so, else safetensors. In an .npz, metadata are members "metadata/KEY".
#pragma once

#include <string>

#include "runtime/train/safetensors.h"

namespace graphc {

Safetensors read_weights(const std::string& path);
void write_weights(const std::string& path, const Safetensors& weights);  // atomic

}  // namespace graphc
