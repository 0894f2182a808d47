// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs something that may crash or hang without the test program dying of it.
#pragma once

#include <functional>
#include <string>

namespace graphc_test {

// What `work` returns in a child process; "error: ..." where it throws, "died: ..." where it ends in another way or is not
// done after so many seconds.
std::string isolated(const std::function<std::string()>& work, unsigned seconds);

}  // namespace graphc_test
