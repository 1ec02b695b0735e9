/* record_check: what may stand in a record; between record.c and record_check.c alone. */
#ifndef CSID_STORE_RECORD_CHECK_H
#define CSID_STORE_RECORD_CHECK_H

#include "store/record.h"

/* Reads every value of r into the form in which it is kept and holds them to the definition's
 * rules. */
int record_check(struct store *s, struct record *r, struct err *e);

#endif
