/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What a test program needs of a machine without a C library. One start_*.c implements it for each kind of machine. */
#ifndef GRAPHC_TESTS_AOT_MACHINE_H
#define GRAPHC_TESTS_AOT_MACHINE_H

void put_line(const char *text); /* the machine's */
int run(void);                   /* the program's; its result is the exit code, where there is one */

#endif
