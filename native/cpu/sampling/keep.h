/* Which tokens of a vocabulary stay. */
#ifndef GLASSBOX_SAMPLING_KEEP_H
#define GLASSBOX_SAMPLING_KEEP_H

#include "vocabulary.h"

/** The `count` best; `count` is above 0. */
gb_kept gb_keep_best(gb_vocabulary *vocabulary, int64_t count);

/** The fewest best of `kept` whose weights reach `share` of all of theirs, and one at least. */
gb_kept gb_keep_mass(gb_vocabulary *vocabulary, gb_kept kept, double share);

/** Those of `kept` whose weight is at least `least`. */
gb_kept gb_keep_weight(const gb_vocabulary *vocabulary, gb_kept kept, double least);

#endif
