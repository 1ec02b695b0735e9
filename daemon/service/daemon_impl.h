/* What the files of the daemon share. */
#ifndef CSID_SERVICE_DAEMON_IMPL_H
#define CSID_SERVICE_DAEMON_IMPL_H

#include "service/alarm.h"
#include "service/carry.h"
#include "service/daemon.h"
#include "service/http.h"
#include "service/origin.h"
#include "service/ready.h"
#include "service/requests.h"
#include "service/watch.h"

struct daemon {
    uv_loop_t loop;
    struct setup *setup;
    struct setup *replaced; /* by the last reload, whose request still points into it */
    bool (*known_check)(const char *name);
    struct clock clock;
    struct watch *watch; /* whether it can be trusted */
    struct store *store;
    struct origin *origin; /* whether it is a copy, from which nothing goes out */
    struct api_service service;
    struct carry *carry;
    struct http *http;
    struct requests *requests;
    struct alarm *alarm;
    struct ready *ready;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t stop_timer;
    uv_idle_t step; /* runs while the test clock is let pass */
    bool advancing;
    utc_t advance_to;
    bool tick_more;    /* the last tick left runs for the next, which is at once */
    bool tick_waits;   /* a worker was writing when something was due */
    bool reload_waits; /* SIGHUP came while a worker looked at the configuration */
    bool stopping;
    uint64_t stop_by_ms;
    struct {
        bool made, failing; /* one was sent; what it said */
        int64_t at;         /* when, on clock_elapsed */
    } beat;
    char *trouble; /* why the last tick failed, NULL when it did not: said once, not every minute */
};

/* Does what is due now. False when it could not be written; it is tried again. */
bool daemon_tick(struct daemon *d);
/* The next instant at which something is due; UTC_NONE without, and while the clock is suspect. */
utc_t daemon_next_due(struct daemon *d);

/* Sends the heartbeat when csid has fallen into trouble or come out of it; after a tick (`ticked`)
 * also when it is due. */
void daemon_beat(struct daemon *d, bool ticked);
/* The next that is due; UTC_NONE without. */
utc_t daemon_next_beat(const struct daemon *d);

/* What is asked of the service itself, in daemon_clock.c; arg is the daemon. */
int daemon_advance(void *arg, utc_t to, struct err *e);
int daemon_step_clock(void *arg, utc_t to, struct err *e);
int daemon_accept_clock(void *arg, const char *who, struct err *e);
int daemon_adopt(void *arg, const char *who, bool hold, struct err *e);
void daemon_look(void *arg,
                 void (*found)(void *to, enum api_seen seen, enum api_health health,
                               const char *text),
                 void *to);
void daemon_advance_on(struct daemon *d); /* an advance waited for something that has ended */
void daemon_advance_end(struct daemon *d, const struct err *failed);

#endif
