/*
 * notice: what of a message is told alike wherever it is told.
 */
#ifndef CSID_API_NOTICE_H
#define CSID_API_NOTICE_H

#include "api/call.h"
#include "store/outbox_list.h"

/* Fills a row with an attempt. */
void put_attempt(json_t *row, const struct attempt_row *r);

#endif
