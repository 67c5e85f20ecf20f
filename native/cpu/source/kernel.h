/* What an instruction set brings: a way to prepare a token's inputs, and a way to multiply panels. */
#ifndef GB_KERNEL_H
#define GB_KERNEL_H

#include "inputs.h"

/** A checked product. */
typedef struct gb_job {
  const gb_form *form;
  const uint8_t *packed;
  int64_t panel_bytes;
  int64_t rows;
  int64_t first_panel;
  int64_t end_panel;
  /** Of the last of these panels, and what is read behind it. */
  const uint8_t *end;
  const uint8_t *next;
  gb_prepared inputs;
  gb_output output;
} gb_job;

typedef struct gb_kernel {
  const char *name;
  /** Whether processor and system have it. May ask the system for it, so the answer is kept (isa.c). */
  bool (*is_usable)(void);
  void (*prepare_token)(const float *x, const gb_prepared *inputs, int64_t token);
  void (*product)(const gb_job *job);
} gb_kernel;

/** Each in a file of its own. Those that this build has not are not usable. */
extern const gb_kernel gb_scalar_kernel;
extern const gb_kernel gb_avx2_kernel;
extern const gb_kernel gb_avxvnni_kernel;
extern const gb_kernel gb_avx512vnni_kernel;
extern const gb_kernel gb_amx_kernel;
extern const gb_kernel gb_neon_kernel;

const gb_kernel *gb_current_kernel(void);

static inline const uint8_t *gb_panel(const gb_job *job, int64_t panel) {
  return job->packed + panel * job->panel_bytes;
}

static inline const uint8_t *gb_panel_scales(const gb_job *job, const uint8_t *panel) {
  return panel + job->inputs.blocks * gb_code_bytes(job->form);
}

/** Rows of a panel that the matrix has: 16, but in the last one. */
static inline int gb_panel_rows(const gb_job *job, int64_t panel) {
  const int64_t left = job->rows - panel * GB_PANEL_ROWS;
  return (int)(left < GB_PANEL_ROWS ? left : GB_PANEL_ROWS);
}

/** Puts the finished sums of a token and a panel where they belong. */
static inline void gb_store(const gb_job *job, int64_t token, int64_t panel, const float sums[GB_PANEL_ROWS]) {
  const int64_t at = token * job->output.stride + panel * GB_PANEL_ROWS;
  const int rows = gb_panel_rows(job, panel);
  float *y = job->output.y + at;
  if (job->output.addend) {
    const float *addend = job->output.addend + at;
    for (int row = 0; row < rows; row++) y[row] = addend[row] + sums[row];
  } else {
    for (int row = 0; row < rows; row++) y[row] = sums[row];
  }
}

#endif
