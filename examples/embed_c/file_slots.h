/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The hooks of graphc_slots.h over a file. On a device, these three functions drive its flash. */
#ifndef EXAMPLES_FILE_SLOTS_H
#define EXAMPLES_FILE_SLOTS_H

#include <stdio.h>

#include "runtime/abi/graphc_slots.h"

typedef struct file_slots {
  FILE* file;
  graphc_slots slots; /* for graphc_slots_load and graphc_slots_save */
} file_slots;

/* Opens or makes the file. 0, or 1 where that is not possible. The struct must stay where it is. */
int file_slots_open(file_slots* storage, const char* path, uint32_t slot_bytes);
void file_slots_close(file_slots* storage);

#endif
