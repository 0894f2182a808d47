/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a program needs of a machine without a C library. One start-up file implements it for each kind of machine. */
#ifndef GRAPHC_EXAMPLES_FIRMWARE_MACHINE_H
#define GRAPHC_EXAMPLES_FIRMWARE_MACHINE_H

#include <stdint.h>

typedef struct machine_memory {
  uint32_t flash; /* bytes of code, constants and initial values */
  uint32_t ram;   /* bytes that there are */
  uint32_t data;  /* of them, taken by variables */
  uint32_t stack; /* deepest so far */
} machine_memory;

void put_line(const char *text);            /* the machine's */
int measure_memory(machine_memory *memory); /* the machine's; 0 where it cannot tell */
int run(void);                              /* the program's; its result is the exit code, where there is one */

#endif
