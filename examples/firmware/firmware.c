/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A classifier of handwritten digits that gets used to its owner's hand, on a microcontroller without an operating system.
 * The weights in flash come from seven filled-in forms of the data set; the device meets seven others, one after the other: it
 * trains on the first 64 digits of a form and is asked about the rest. All memory is static; a training step is one call. */
#include "digits.h"
#include "digits_data.h" /* pixels, labels: the rows of the forms from `first_row` on */
#include "examples/firmware/machine.h"

/* Each form asks for the same sequence of digits, so the file shows where one begins. */
static const uint16_t begin_of_form[] = {906, 1029, 1157, 1287, 1415, 1545, 1667, 1797};
enum { forms = 7, corrected = 64, steps = 24 };

static digits_params params;
static digits_state state;
static digits_workspace workspace;
static float x[DIGITS_MAX_ROWS][64];
static int32_t y[DIGITS_MAX_ROWS];

/* ---- lines of text */

static char line[96];
static uint32_t length;

static void text(const char* words) {
  while (*words && length + 1 < sizeof line) line[length++] = *words++;
  line[length] = 0;
}

static void number(uint32_t value, uint32_t width, uint32_t base) {
  char digits[16], *begin = digits + sizeof digits - 1;
  *begin = 0;
  do *--begin = "0123456789abcdef"[value % base];
  while (value /= base);
  while (digits + sizeof digits - 1 - begin < (int)width && begin > digits) *--begin = ' ';
  text(begin);
}

static void end_line(void) {
  put_line(line);
  length = 0;
}

/* ---- the classifier */

static void take(uint32_t slot, uint32_t row) {
  uint32_t i;
  for (i = 0; i < 64; i++) x[slot][i] = pixels[row][i];
  y[slot] = labels[row];
}

static uint32_t right_of(uint32_t begin, uint32_t end) {
  uint32_t right = 0;
  while (begin < end) {
    uint32_t rows = 0;
    digits_report report;
    while (rows < DIGITS_MAX_ROWS && begin < end) take(rows++, begin++);
    if (digits_eval(&params, &state, &workspace, &x[0][0], y, rows, &report, NULL) != GRAPHC_OK) return 0;
    right += (uint32_t)(report.accuracy * (float)rows + 0.5f);
  }
  return right;
}

static graphc_status train(uint32_t begin) {
  static uint32_t random = 1;
  graphc_status status = GRAPHC_OK;
  uint32_t step, slot;
  for (step = 0; step < steps && status == GRAPHC_OK; step++) {
    for (slot = 0; slot < DIGITS_MAX_ROWS; slot++) {
      random = random * 1664525u + 1013904223u;
      take(slot, begin + (random >> 16) % corrected);
    }
    status = digits_step(&params, &state, &workspace, &x[0][0], y, DIGITS_MAX_ROWS, NULL, NULL, NULL);
  }
  return status;
}

static uint32_t hash(uint32_t so_far) { /* FNV-1a */
  const unsigned char* bytes = (const unsigned char*)&params;
  uint32_t i;
  for (i = 0; i < sizeof params; i++) so_far = (so_far ^ bytes[i]) * 16777619u;
  return so_far;
}

static void row_of_table(const char* name, uint32_t bytes) {
  text(name);
  number(bytes, 9, 10);
  end_line();
}

static void memory_table(void) {
  machine_memory memory;
  if (!measure_memory(&memory)) return;
  put_line("memory              bytes");
  row_of_table("params          ", sizeof params);
  row_of_table("state           ", sizeof state);
  row_of_table("workspace       ", sizeof workspace);
  row_of_table("all variables   ", memory.data);
  row_of_table("stack, deepest  ", memory.stack);
  row_of_table("  a step at most", DIGITS_STEP_STACK_BYTES);
  row_of_table("RAM             ", memory.ram);
  row_of_table("flash           ", memory.flash);
  row_of_table("  images        ", sizeof pixels + sizeof labels);
  row_of_table("  weights       ", sizeof digits_initial_params + sizeof digits_initial_state);
}

int run(void) {
  uint32_t form, all = 0, right_before = 0, right_after = 0, hashes = 2166136261u;
  put_line("form  asked  right before  right after");
  for (form = 0; form < forms; form++) {
    uint32_t begin = begin_of_form[form] - first_row, end = begin_of_form[form + 1] - first_row, before, after;
    graphc_status status = digits_init(&params, &state, 1); /* the weights from flash */
    before = right_of(begin + corrected, end);
    if (status == GRAPHC_OK) status = train(begin);
    if (status != GRAPHC_OK) {
      put_line(graphc_status_text(status));
      return 1;
    }
    after = right_of(begin + corrected, end);
    hashes = hash(hashes);
    number(form + 7, 4, 10);
    number(end - begin - corrected, 7, 10);
    number(before, 14, 10);
    number(after, 13, 10);
    end_line();
    all += end - begin - corrected;
    right_before += before;
    right_after += after;
  }
  text("all ");
  number(all, 7, 10);
  number(right_before, 14, 10);
  number(right_after, 13, 10);
  end_line();
  text("hash of the weights ");
  number(hashes, 8, 16);
  end_line();
  memory_table();
  return 0;
}
