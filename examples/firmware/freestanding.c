/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What C compilers call even where there is no library. The compiled models need none of it. */
#include <stddef.h>

void *memset(void *to, int value, size_t size) {
  volatile unsigned char *p = (volatile unsigned char *)to;
  while (size--) *p++ = (unsigned char)value;
  return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  volatile unsigned char *p = (volatile unsigned char *)to;
  const unsigned char *q = (const unsigned char *)from;
  while (size--) *p++ = *q++;
  return to;
}
