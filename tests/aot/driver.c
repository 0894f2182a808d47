/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A C99 program with nothing but digits.o and digits.h, on this machine. The memory that the header promises, byte for byte
 * (guard pages behind and before it), the stack (painted), what is refused (R18), and that grad and apply are step. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "digits.h"
#include "tests/aot/rows.h"

static int failures;

static void expect(int holds, const char *what) {
  if (holds) return;
  printf("%s\n", what);
  failures++;
}

/* ---- memory with a page behind it, or before it, that nobody may touch */

enum side { at_end, at_begin };

static unsigned char *guarded(size_t bytes, enum side side) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
  unsigned char *all = (unsigned char *)mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == (unsigned char *)MAP_FAILED || mprotect(all + page, whole, PROT_READ | PROT_WRITE)) exit(2);
  memset(all + page, 0xFF, whole);
  return all + page + (side == at_end ? whole - bytes : 0);
}

static digits_params *params;
static digits_state *state;
static digits_workspace *workspace;
static float x[DIGITS_MAX_ROWS * 64], probability[DIGITS_MAX_ROWS * 10];
static int32_t y[DIGITS_MAX_ROWS];
static digits_report report;
static digits_gradients gradients;

static void take_memory(enum side side, size_t less_params, size_t less_state, size_t less_workspace) {
  params = (digits_params *)(void *)guarded(DIGITS_PARAMS_BYTES - less_params, side);
  state = (digits_state *)(void *)guarded(DIGITS_STATE_BYTES - less_state, side);
  workspace = (digits_workspace *)(void *)guarded(DIGITS_WORKSPACE_BYTES - less_workspace, side);
}

static int run_all(void) {
  uint32_t step;
  int all = digits_init(params, state, 1) == GRAPHC_OK;
  for (step = 0; step < 3; step++) {
    uint32_t rows = step == 1 ? 23 : DIGITS_MAX_ROWS;
    fill_rows(step, x, y);
    all &= digits_step(params, state, workspace, x, y, rows, NULL, &report, NULL) == GRAPHC_OK;
    all &= digits_grad(params, state, workspace, x, y, rows, &report, &gradients, NULL) == GRAPHC_OK;
    all &= digits_apply(params, state, workspace, &gradients, rows, NULL, NULL) == GRAPHC_OK;
    all &= digits_eval(params, state, workspace, x, y, rows, &report, NULL) == GRAPHC_OK;
    all &= digits_predict(params, state, workspace, x, rows, probability, NULL) == GRAPHC_OK;
  }
  return all;
}

/* Whether a process of its own comes through with so many bytes less of one region. */
static int survives(size_t less_params, size_t less_state, size_t less_workspace) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    take_memory(at_end, less_params, less_state, less_workspace);
    _exit(run_all() ? 0 : 1);
  }
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void check_memory(void) {
  take_memory(at_begin, 0, 0, 0);
  expect(run_all(), "memory that begins behind a guard page");
  take_memory(at_end, 0, 0, 0);
  expect(run_all(), "memory that ends before a guard page");
  expect(survives(0, 0, 0), "the memory of the header in a process of its own");
  /* Each is a multiple of the alignment: a unit less is not enough, so the sizes are exact. */
  expect(!survives(64, 0, 0), "params need less than the header says");
  expect(!survives(0, 64, 0), "state needs less than the header says");
  expect(!survives(0, 0, 64), "the workspace needs less than the header says");
}

/* ---- the stack, painted */

static ucontext_t outside, inside;
static void (*on_stack)(void);
static void enter(void) { on_stack(); }

static size_t stack_of(void (*body)(void)) {
  static unsigned char stack[1 << 18];
  size_t untouched = 0;
  memset(stack, 0xA5, sizeof stack);
  getcontext(&inside);
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = sizeof stack;
  inside.uc_link = &outside;
  on_stack = body;
  makecontext(&inside, enter, 0);
  swapcontext(&outside, &inside);
  while (untouched < sizeof stack && stack[untouched] == 0xA5) untouched++;
  return sizeof stack - untouched;
}

static graphc_status last;
static void call_nothing(void) {}
static void call_init(void) { last = digits_init(params, state, 1); }
static void call_step(void) { last = digits_step(params, state, workspace, x, y, 32, NULL, &report, NULL); }
static void call_grad(void) { last = digits_grad(params, state, workspace, x, y, 23, &report, &gradients, NULL); }
static void call_apply(void) { last = digits_apply(params, state, workspace, &gradients, 23, NULL, NULL); }
static void call_eval(void) { last = digits_eval(params, state, workspace, x, y, 32, &report, NULL); }
static void call_predict(void) { last = digits_predict(params, state, workspace, x, 1, probability, NULL); }

static void check_stack(void) {
  static const struct {
    const char *name;
    void (*call)(void);
    size_t most;
  } calls[] = {{"init", call_init, DIGITS_INIT_STACK_BYTES},    {"step", call_step, DIGITS_STEP_STACK_BYTES}, {"grad", call_grad, DIGITS_GRAD_STACK_BYTES},
               {"apply", call_apply, DIGITS_APPLY_STACK_BYTES}, {"eval", call_eval, DIGITS_EVAL_STACK_BYTES}, {"predict", call_predict, DIGITS_PREDICT_STACK_BYTES}};
  size_t nothing = stack_of(call_nothing), i;
  for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    /* What the wrapper in the header needs itself is the caller's; some words. */
    size_t most = calls[i].most + 256, used;
    used = stack_of(calls[i].call) - nothing;
    printf("stack of %s: %lu bytes, the header says %lu\n", calls[i].name, (unsigned long)used, (unsigned long)calls[i].most);
    expect(last == GRAPHC_OK && used <= most, "the stack is deeper than the header says");
    expect(calls[i].most <= 2 * used + 1024, "the header says far more stack than there is");
  }
}

/* ---- refusals: nothing is written */

static unsigned char kept_params[sizeof(digits_params)], kept_state[sizeof(digits_state)];

static void refused(const char *what, graphc_status got, graphc_status wanted) {
  if (got != wanted) printf("%s: %s (%d) instead of %d\n", what, graphc_status_text(got), (int)got, (int)wanted);
  if (memcmp(kept_params, params, sizeof kept_params) || memcmp(kept_state, state, sizeof kept_state)) printf("%s: something was written\n", what), failures++;
  failures += got != wanted;
}

static void refuse_regions(const char *what, digits_params *p, digits_state *s, digits_workspace *w, graphc_status wanted) {
  char title[100];
#define REFUSED(NAME, CALL) (sprintf(title, "%s, %s", what, NAME), refused(title, CALL, wanted))
  REFUSED("step", digits_step(p, s, w, x, y, 32, NULL, &report, NULL));
  REFUSED("grad", digits_grad(p, s, w, x, y, 32, &report, &gradients, NULL));
  REFUSED("eval", digits_eval(p, s, w, x, y, 32, &report, NULL));
  REFUSED("predict", digits_predict(p, s, w, x, 32, probability, NULL));
  if (w) REFUSED("apply", digits_apply(p, s, w, &gradients, 32, NULL, NULL)); /* needs no workspace */
#undef REFUSED
}

static void check_refusals(void) {
  digits_hyper hyper = digits_hyper_defaults();
  float kept_x = x[5];
  uint64_t fingerprint = params->head.fingerprint;
  uint32_t rows;
  memcpy(kept_params, params, sizeof kept_params);
  memcpy(kept_state, state, sizeof kept_state);
  refuse_regions("params are null", NULL, state, workspace, GRAPHC_NULL_POINTER);
  refuse_regions("state is null", params, NULL, workspace, GRAPHC_NULL_POINTER);
  refuse_regions("the workspace is null", params, state, NULL, GRAPHC_NULL_POINTER);
  refused("params are null, init", digits_init(NULL, state, 1), GRAPHC_NULL_POINTER);
  refused("state is null, init", digits_init(params, NULL, 1), GRAPHC_NULL_POINTER);
  refused("x is null", digits_step(params, state, workspace, NULL, y, 32, NULL, &report, NULL), GRAPHC_NULL_POINTER);
  refused("y is null", digits_step(params, state, workspace, x, NULL, 32, NULL, &report, NULL), GRAPHC_NULL_POINTER);
  refused("an output is null", digits_predict(params, state, workspace, x, 32, NULL, NULL), GRAPHC_NULL_POINTER);
  refused("gradients are null, grad", digits_grad(params, state, workspace, x, y, 32, NULL, NULL, NULL), GRAPHC_NULL_POINTER);
  refused("gradients are null, apply", digits_apply(params, state, workspace, NULL, 32, NULL, NULL), GRAPHC_NULL_POINTER);
#define OFF(TYPE, POINTER) ((TYPE *)(void *)((unsigned char *)(POINTER) + 4))
  refuse_regions("params are misaligned", OFF(digits_params, params), state, workspace, GRAPHC_MISALIGNED);
  refuse_regions("state is misaligned", params, OFF(digits_state, state), workspace, GRAPHC_MISALIGNED);
  refused("the workspace is misaligned", digits_step(params, state, OFF(digits_workspace, workspace), x, y, 32, NULL, NULL, NULL), GRAPHC_MISALIGNED);
  refused("params are misaligned, init", digits_init(OFF(digits_params, params), state, 1), GRAPHC_MISALIGNED);
  for (rows = 0; rows < 66; rows += 33) { /* 0 and 33 */
    refused("rows, step", digits_step(params, state, workspace, x, y, rows, NULL, &report, NULL), GRAPHC_BAD_ROWS);
    refused("rows, grad", digits_grad(params, state, workspace, x, y, rows, &report, &gradients, NULL), GRAPHC_BAD_ROWS);
    refused("rows, eval", digits_eval(params, state, workspace, x, y, rows, &report, NULL), GRAPHC_BAD_ROWS);
    refused("rows, predict", digits_predict(params, state, workspace, x, rows, probability, NULL), GRAPHC_BAD_ROWS);
  }
  refused("2^32 - 1 rows", digits_step(params, state, workspace, x, y, 0xFFFFFFFFu, NULL, &report, NULL), GRAPHC_BAD_ROWS);
  hyper.size = 4;
  refused("a short hyper struct", digits_step(params, state, workspace, x, y, 32, &hyper, &report, NULL), GRAPHC_BAD_HYPER);
  y[7] = 10;
  refused("a label too large", digits_step(params, state, workspace, x, y, 32, NULL, &report, NULL), GRAPHC_BAD_LABEL);
  refused("a label too large, eval", digits_eval(params, state, workspace, x, y, 32, &report, NULL), GRAPHC_BAD_LABEL);
  y[7] = -1;
  refused("a negative label", digits_step(params, state, workspace, x, y, 32, NULL, &report, NULL), GRAPHC_BAD_LABEL);
  y[7] = 1;
  refuse_regions("params and state exchanged", (digits_params *)(void *)state, (digits_state *)(void *)params, workspace, GRAPHC_WRONG_MODEL);
  x[0] = 1e30f * 1e30f;
  x[0] -= x[0];
  refused("a pixel that is no number", digits_step(params, state, workspace, x, y, 32, NULL, &report, NULL), GRAPHC_NOT_FINITE);
  x[0] = kept_x;
  params->head.fingerprint ^= 1;
  memcpy(kept_params, params, sizeof kept_params);
  refuse_regions("params of another model", params, state, workspace, GRAPHC_WRONG_MODEL);
  refused("check of another model", digits_check(params, state), GRAPHC_WRONG_MODEL);
  params->head.fingerprint = fingerprint;
  params->head.abi++;
  memcpy(kept_params, params, sizeof kept_params);
  refuse_regions("params of another version", params, state, workspace, GRAPHC_WRONG_MODEL);
  params->head.abi--;
  state->head.magic++;
  memcpy(kept_params, params, sizeof kept_params);
  memcpy(kept_state, state, sizeof kept_state);
  refuse_regions("a state that is none", params, state, workspace, GRAPHC_WRONG_MODEL);
  state->head.magic--;
  expect(digits_check(params, state) == GRAPHC_OK, "check refuses what is right");
}

/* ---- the rest of the header */

static void run_backwards(void *user, uint32_t tasks, void (*body)(void *, uint32_t, uint32_t), void *arg) {
  (void)user;
  while (tasks--) body(arg, tasks, 0);
}

static void check_training(void) {
  static digits_params first_params;
  static digits_state first_state;
  graphc_hooks hooks;
  float weights[100 * 10], other[100 * 10];
  FILE *file = tmpfile();
  memset(&hooks, 0, sizeof hooks);
  hooks.size = (uint32_t)sizeof hooks;
  hooks.workers = 1;
  hooks.parallel_for = run_backwards;
  fill_rows(9, x, y);
  expect(digits_init(params, state, 5) == GRAPHC_OK && digits_step(params, state, workspace, x, y, 32, NULL, &report, NULL) == GRAPHC_OK, "a step");
  memcpy(&first_params, params, sizeof first_params);
  memcpy(&first_state, state, sizeof first_state);
  expect(digits_init(params, state, 5) == GRAPHC_OK && digits_grad(params, state, workspace, x, y, 32, NULL, &gradients, NULL) == GRAPHC_OK &&
             digits_apply(params, state, workspace, &gradients, 32, NULL, NULL) == GRAPHC_OK,
         "grad and apply");
  expect(!memcmp(&first_params, params, sizeof first_params) && !memcmp(&first_state, state, sizeof first_state), "grad and apply are not step");
  expect(digits_init(params, state, 5) == GRAPHC_OK && digits_step(params, state, workspace, x, y, 32, NULL, &report, &hooks) == GRAPHC_OK, "a step with tasks");
  expect(!memcmp(&first_params, params, sizeof first_params), "tasks in another order give other bits");

  expect(digits_get_param(params, digits_param_logits_weight, weights) == GRAPHC_OK && weights[17] == params->logits_weight[17], "get_param");
  weights[17] = 42;
  expect(digits_set_param(params, digits_param_logits_weight, weights) == GRAPHC_OK && params->logits_weight[17] == 42, "set_param");
  expect(digits_get_param(params, digits_param_count, other) == GRAPHC_BAD_INDEX, "an index too large");
  expect(digits_set_state(state, digits_state_scaled_mean, weights) == GRAPHC_OK && state->scaled_mean[17] == 42, "set_state");
  expect(file && fwrite(params, sizeof *params, 1, file) == 1 && !fseek(file, 0, SEEK_SET) && fread(&first_params, sizeof first_params, 1, file) == 1, "a file");
  expect(digits_check(&first_params, state) == GRAPHC_OK && first_params.logits_weight[17] == 42, "what came back from a file");
  if (file) fclose(file);
}

int main(void) {
  check_memory();
  check_stack();
  check_refusals();
  check_training();
  printf("%d failures\n", failures);
  return failures != 0;
}
