/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A Cortex-M with an FPU, bare: the vector table, the FPU switched on, memory set up, and semihosting for the output. */
#include <stdint.h>

#include "examples/firmware/machine.h"

extern uint32_t ram_begin, stack_top, data_begin, data_end, data_image, flash_end, bss_begin, bss_end; /* the linker script's */
static const uint32_t paint = 0xA5A5A5A5u; /* what the stack has not reached */

static int semihosting(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void put_line(const char *text) {
  semihosting(0x04, text); /* SYS_WRITE0 */
  semihosting(0x04, "\n");
}

static void leave(int code) {
  const uint32_t application_exit = 0x20026; /* ADP_Stopped_ApplicationExit */
  uint32_t block[2];
  block[0] = application_exit;
  block[1] = (uint32_t)code;
  semihosting(0x20, block); /* SYS_EXIT_EXTENDED */
  for (;;) {
  }
}

int measure_memory(machine_memory *memory) {
  const volatile uint32_t *reached = &bss_end;
  while (*reached == paint) reached++;
  memory->flash = (uint32_t)&flash_end;
  memory->ram = (uint32_t)&stack_top - (uint32_t)&ram_begin;
  memory->data = (uint32_t)&bss_end - (uint32_t)&ram_begin;
  memory->stack = (uint32_t)&stack_top - (uint32_t)reached;
  return 1;
}

void reset(void);
void fault(void);
void reset(void) {
  volatile uint32_t *const coprocessors = (volatile uint32_t *)0xE000ED88; /* CPACR */
  uint32_t *to, *from;
  *coprocessors |= 0xFu << 20;
  __asm__ volatile("dsb\nisb" ::: "memory");
  for (to = &data_begin, from = &data_image; to < &data_end;) *to++ = *from++;
  for (to = &bss_begin; to < &bss_end;) *to++ = 0;
  for (to = &bss_end; to < (uint32_t *)__builtin_frame_address(0) - 16;) *(volatile uint32_t *)to++ = paint;
  leave(run());
}

void fault(void) {
  put_line("fault");
  leave(99);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault};
