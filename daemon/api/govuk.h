/*
 * govuk: bank holidays in the form GOV.UK publishes them in
 * (https://www.gov.uk/bank-holidays.json). Reads and checks; every text of it may be hostile. Keeps
 * nothing.
 */
#ifndef CSID_API_GOVUK_H
#define CSID_API_GOVUK_H

#include <stddef.h>

#include "calendar/workday.h"

#define GOVUK_MAX_BYTES (1024 * 1024)

/* The lists of the divisions that the text names, in the places of holidays_divisions; NULL for the
 * others. ERR_REFUSED says where it is not that form, ERR_TOOBIG beyond 1 MiB. Caller frees each.
 */
int govuk_read(const void *json, size_t len, struct holidays *ret[HOLIDAYS_DIVISIONS],
               struct err *e);

#endif
