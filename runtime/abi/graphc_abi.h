/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The one interface between a compiled training step and its caller (C99).
 *
 * The evaluator, the JIT and ahead-of-time objects all implement it; the trainer in runtime/train knows nothing else.
 * The caller owns all memory. `params` and `state` each begin with a graphc_head, are 64-byte aligned and can be saved
 * with fwrite. A step never allocates, never throws and writes nothing when it refuses.
 */
#ifndef GRAPHC_ABI_H
#define GRAPHC_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GRAPHC_ABI_VERSION 1u
#define GRAPHC_ALIGNMENT 64u
#define GRAPHC_MAX_RANK 8

/* 0: done. 1: the loss is not finite; it is reported, params and state are unchanged. < 0: refused, nothing written. */
typedef int32_t graphc_status;
enum {
  GRAPHC_OK = 0,
  GRAPHC_NOT_FINITE = 1,
  GRAPHC_NULL_POINTER = -1,
  GRAPHC_MISALIGNED = -2,  /* params, state or workspace is not 64-byte aligned */
  GRAPHC_BAD_ROWS = -3,    /* rows is 0 or above max_rows */
  GRAPHC_BAD_LABEL = -4,   /* a class label outside [0, limit) */
  GRAPHC_WRONG_MODEL = -5, /* params or state belong to another model or version */
  GRAPHC_BAD_HYPER = -6,   /* the hyper struct is smaller than the entry's */
  GRAPHC_WRONG_CPU = -7,   /* this CPU lacks an instruction set that the code was compiled for */
  GRAPHC_COMPILE_FAILED = -8, /* JIT only: the entry could not be compiled */
  GRAPHC_BAD_INDEX = -9    /* there is no variable of that number */
};

static inline const char *graphc_status_text(graphc_status status) {
  switch (status) {
    case GRAPHC_OK: return "done";
    case GRAPHC_NOT_FINITE: return "the loss is not finite; nothing was updated";
    case GRAPHC_NULL_POINTER: return "a pointer is null";
    case GRAPHC_MISALIGNED: return "params, state or workspace is not aligned to 64 bytes";
    case GRAPHC_BAD_ROWS: return "the number of rows is 0 or not one that this was compiled for";
    case GRAPHC_BAD_LABEL: return "a class label is out of range";
    case GRAPHC_WRONG_MODEL: return "params or state belong to another model or version, or were never initialised";
    case GRAPHC_BAD_HYPER: return "the size in the hyper struct is too small";
    case GRAPHC_WRONG_CPU: return "this CPU lacks an instruction set that the code was compiled for";
    case GRAPHC_COMPILE_FAILED: return "the entry could not be compiled";
    case GRAPHC_BAD_INDEX: return "there is no variable of that number";
    default: return "no status of graphc";
  }
}

enum { GRAPHC_F32 = 0, GRAPHC_I32 = 1, GRAPHC_U8 = 2 };

enum {
  GRAPHC_ROLE_INPUT = 0,
  GRAPHC_ROLE_OUTPUT = 1,
  GRAPHC_ROLE_PARAMETER = 2, /* trained; lies in params */
  GRAPHC_ROLE_OPTIMIZER = 3, /* moments, counters; lies in state, saved in checkpoints only */
  GRAPHC_ROLE_RUNNING = 4,   /* running statistics that eval and predict read; lies in state, saved with the weights */
  GRAPHC_ROLE_FITTED = 5     /* fitted once on the training rows of input `of`; lies in state, saved with the weights */
};

/* Threads. May be null: one thread. `tasks` comes from shapes, never from `workers`; tasks may run in any order. */
typedef struct graphc_hooks {
  uint32_t size; /* sizeof(graphc_hooks) */
  void *user;
  uint32_t workers;
  void (*parallel_for)(void *user, uint32_t tasks, void (*body)(void *arg, uint32_t task, uint32_t worker), void *arg);
  uint32_t least_work; /* parts of an entry with fewer operations are not handed out but run by the caller; 0: all are */
} graphc_hooks;

/* The first 64 bytes of params and of state; written by the entry `init`. */
#define GRAPHC_MAGIC_PARAMS UINT64_C(0x3173706367726170) /* "params" and a version, as bytes */
#define GRAPHC_MAGIC_STATE UINT64_C(0x3174736367726170)
typedef struct graphc_head {
  uint64_t magic;
  uint32_t abi;
  uint32_t reserved0;
  uint64_t fingerprint;
  uint64_t reserved[5];
} graphc_head;

/* Whether a region that comes from a file or from flash belongs to this model and version. */
static inline graphc_status graphc_check_head(const graphc_head *head, uint64_t magic, uint64_t fingerprint) {
  if (!head) return GRAPHC_NULL_POINTER;
  return head->magic == magic && head->abi == GRAPHC_ABI_VERSION && head->fingerprint == fingerprint ? GRAPHC_OK : GRAPHC_WRONG_MODEL;
}

/* A tensor in params, in state, or passed by pointer. A dimension of `c * rows` stands in shape[] as -c. Strides count elements. */
typedef struct graphc_tensor {
  const char *name;
  uint8_t role, dtype, rank;
  int32_t limit; /* class labels: values must lie in [0, limit); 0: no limit */
  int64_t shape[GRAPHC_MAX_RANK], stride[GRAPHC_MAX_RANK];
  uint64_t offset, bytes; /* of a variable: place in its region; of an input or output: bytes at max_rows, offset 0 */
  const char *of;         /* GRAPHC_ROLE_FITTED: "INPUT:mean" or "INPUT:scale", the statistic that this tensor holds; else null */
} graphc_tensor;

typedef graphc_status (*graphc_entry)(void *params, void *state, void *workspace, const void *const *inputs, void *const *outputs,
                                      uint32_t rows, const void *hyper, const graphc_hooks *hooks);

/* A run-time number of an entry. The hyper struct begins with its size in bytes as uint32_t; a null hyper means all defaults. */
typedef struct graphc_hyper {
  const char *name;
  uint8_t dtype; /* GRAPHC_F32 or GRAPHC_I32 */
  uint32_t offset;
  double value; /* the default */
} graphc_hyper;

/* `init`: hypers seed_lo, seed_hi (the halves of the seed); rows, inputs and outputs are not used; the workspace is where initial values need it.
 * `step`: inputs and targets in, loss and metrics out (scalars, means over the rows), params and state updated.
 * `grad`: as step, and one output per trained parameter, named grad.NAME; nothing updated. `apply`: those in, params and state updated.
 * `eval`: as step, nothing updated. `predict`: the model's outputs from its inputs. */
typedef struct graphc_entry_info {
  const char *name;
  graphc_entry run;
  uint32_t inputs, outputs, hypers, hyper_bytes;
  const graphc_tensor *input, *output;
  const graphc_hyper *hyper;
} graphc_entry_info;

typedef struct graphc_module {
  uint32_t abi;
  uint32_t max_rows;
  const char *name, *target;
  uint64_t fingerprint, params_bytes, state_bytes, workspace_bytes;
  uint32_t variables, entries;
  const graphc_tensor *variable;
  const graphc_entry_info *entry;
} graphc_module;

#ifdef __cplusplus
}
#endif
#endif
