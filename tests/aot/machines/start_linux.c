/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Linux without a C library: two system calls. */
#include "examples/firmware/machine.h"

static long system_call(long number, long a, long b, long c) {
#if defined(__x86_64__)
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
#elif defined(__i386__)
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
#elif defined(__arm__)
  register long r7 __asm__("r7") = number, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c;
  __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
  return r0;
#elif defined(__riscv)
  register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
#else
#error "no system call for this machine"
#endif
}

#if defined(__x86_64__)
enum { call_write = 1, call_exit = 60 };
#elif defined(__i386__) || defined(__arm__)
enum { call_write = 4, call_exit = 1 };
#else
enum { call_write = 64, call_exit = 93 };
#endif

void put_line(const char *text) {
  long length = 0;
  while (text[length]) length++;
  system_call(call_write, 1, (long)text, length);
  system_call(call_write, 1, (long)"\n", 1);
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((force_align_arg_pointer))
#endif
void _start(void) {
  system_call(call_exit, run(), 0, 0);
  for (;;) {
  }
}
