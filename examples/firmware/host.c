/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The firmware as a program of this machine, to compare with. */
#include <stdio.h>

#include "examples/firmware/machine.h"

void put_line(const char* text) { puts(text); }

int measure_memory(machine_memory* memory) {
  (void)memory;
  return 0;
}

int main(void) { return run(); }
