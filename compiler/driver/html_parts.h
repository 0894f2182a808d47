// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// page.css and page.js, as CMake writes them into html_parts.cpp.
#pragma once

namespace graphc::driver {

extern const char *const page_css, *const page_js;

}  // namespace graphc::driver
