/*
 * test_mail: a mail that says only that mail works, by the way that every mail goes.
 */
#ifndef CSID_ENGINE_TEST_MAIL_H
#define CSID_ENGINE_TEST_MAIL_H

#include "engine/engine.h"

/* Within a transaction: queues one to that address, whatever came back from it before; *ret_notice
 * is its notice. ERR_USAGE: no mail can go there. */
int test_mail(struct store *s, const struct engine *engine, const char *to, const char *who,
              utc_t now, int64_t *ret_notice, struct err *e);

#endif
