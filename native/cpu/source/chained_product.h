#ifndef GB_CHAINED_PRODUCT_H
#define GB_CHAINED_PRODUCT_H

#include "../include/glassbox_cpu.h"

/**
 * gb_product for a caller that knows what it reads behind these panels: `next`, or null. A kernel may ask for
 * that at its end, where it would ask for what happens to lie behind the panels (avx512vnni does for short ones).
 */
int32_t gb_chained_product(const gb_matrix *matrix, const gb_inputs *inputs, int64_t first_panel, int64_t end_panel,
                           const gb_output *output, const void *next);

#endif
