/* What attention tells of a pass that is divided (include/glassbox_tandem.h): nothing, on a thread that neither leads nor follows. */
#ifndef GB_TANDEM_HOOKS_H
#define GB_TANDEM_HOOKS_H

/** Before a layer's cache is read or written: waits until those who lead have put their rows there. */
void gb_tandem_wait_for_rows(void);
/** A layer's cache has this thread's rows. */
void gb_tandem_rows_stored(void);

#endif
