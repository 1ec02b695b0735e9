/*
 * daemon: the running csid. Owns store, courier, http, alarm and the loop's handles, and what
 * happens in between: a tick, a request, a long request in a worker, an advancing test clock, a
 * reload, a stop. Decides nothing of the field: rules are engine's, answers are api's.
 */
#ifndef CSID_SERVICE_DAEMON_H
#define CSID_SERVICE_DAEMON_H

#include "service/clock.h"
#include "service/listen.h"
#include "service/setup.h"
#include "store/store.h"

struct daemon;

/* Starts a loop of its own on an opened store and socket (both stay the caller's), does what is due
 * at once, says READY. Takes over `setup`, also on failure. */
int daemon_start(struct setup *setup, bool (*known_check)(const char *), const struct clock *clock,
                 struct store *store, const struct listener *listener, struct daemon **ret,
                 struct err *e);
/* Runs until SIGTERM or SIGINT has been dealt with: nothing accepted any more, running sends
 * finished or marked, within five seconds. */
void daemon_run(struct daemon *d);
/* Closes everything, runs the loop to its end and frees. */
void daemon_close(struct daemon *d);

#endif
