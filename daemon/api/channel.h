/*
 * channel: the ways out, as status and channel list show them.
 */
#ifndef CSID_API_CHANNEL_H
#define CSID_API_CHANNEL_H

#include "api/call.h"

/* A row of each under "channels": mail first, then the endpoints in the configuration's order. */
int put_channels(struct call *c, json_t *o, struct err *e);

/* Whether it is mail, or "webhook:NAME" of an endpoint that the configuration names. */
bool channel_is_configured(const struct engine *engine, const char *name);

/* A test by a way out, which goes through the outbox; answers with its notice. */
int channel_test_webhook(struct call *c, const struct engine_webhook *w, struct err *e);
int channel_test_mail(struct call *c, const char *address, struct err *e);

/* Whether what is sent by a channel goes now. */
struct channel_standing {
    const char *state; /* up, down or held */
    char *why;         /* why it does not go, freed by the caller; NULL: it goes */
};
int channel_stands(const struct call *c, const char *name, struct channel_standing *ret,
                   struct err *e);
/* What a notice waits for beside its time, caller frees: its channel, or another that was written
 * before it to the same reader; NULL: nothing. *ret_open: until when is not known. */
int channel_waits(const struct call *c, const char *name, int64_t notice, char **ret,
                  bool *ret_open, struct err *e);

#endif
