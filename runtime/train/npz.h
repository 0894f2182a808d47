// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// NumPy's .npz (numpy.savez, savez_compressed): a ZIP archive of .npy files, each named after its key.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/train/stored_tensor.h"

namespace graphc {

// The arrays of these keys, those that there are, in this order; without `keys` all, in the file's. Their inflated sizes
// together keep to inflate_limit (gzip.h). Where a key is missing, `found` has all keys of the file, for the message.
std::vector<StoredTensor> parse_npz(std::span<const std::byte> bytes, const std::string& name,
                                    const std::optional<std::vector<std::string>>& keys = std::nullopt,
                                    std::vector<std::string>* found = nullptr);

}  // namespace graphc
