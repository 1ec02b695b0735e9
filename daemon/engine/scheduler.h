/*
 * scheduler: what is due now, and which rows that makes. Each occurrence, the notices its check
 * finds and their messages are one transaction: killed at any instant, a run has happened whole or
 * not at all.
 */
#ifndef CSID_ENGINE_SCHEDULER_H
#define CSID_ENGINE_SCHEDULER_H

#include <stdbool.h>

#include "engine/engine.h"
#include "store/store.h"

struct run_result {
    int64_t findings, notices, messages;
};

struct tick_result {
    bool ran;  /* anything */
    bool more; /* is due at once: of many missed runs only some were made */
};

/* Runs all that is due by `now`, schedules in the order of their instants; missed occurrences as
 * each schedule's catchup and window say, those that do not run are rows with the reason:
 * coalesced, skipped, expired. A failing check is recorded as failed and does not stop the others.
 * -1 only when the store cannot be read or written: what could not be recorded is still due and is
 * tried again by the next tick. */
int scheduler_tick(struct store *s, const struct engine *engine, utc_t now, struct tick_result *ret,
                   struct err *e);
/* Up to where a schedule has been decided as it is now, UTC_NONE when it has not. */
int scheduler_decided(struct store *s, const struct engine *engine,
                      const struct engine_schedule *sch, utc_t *ret, struct err *e);
/* The next instant at which something is due, UTC_NONE without schedules. */
int scheduler_next(struct store *s, const struct engine *engine, utc_t now, utc_t *ret,
                   struct err *e);
/* The next occurrence of one schedule after `now`. False: none within 40 years. */
bool scheduler_next_of(const struct engine *engine, const struct engine_schedule *sch, utc_t now,
                       struct cron_time *ret);
/* Runs one schedule's check by hand, within the caller's transaction; no occurrence is written,
 * what was already said today is not said again. ERR_NOTFOUND suggests the nearest name. */
int scheduler_run(struct store *s, const struct engine *engine, const char *name, utc_t now,
                  struct run_result *ret, struct err *e);
/* The same by the check's name, as the first schedule that runs it, or as none. */
int scheduler_check(struct store *s, const struct engine *engine, const char *check, utc_t now,
                    struct run_result *ret, struct err *e);
/* The same, and what was found is added to *found, also on failure. */
struct finding_list;
int scheduler_check_listed(struct store *s, const struct engine *engine, const char *check,
                           utc_t now, struct run_result *ret, struct finding_list *found,
                           struct err *e);
/* The first schedule that runs the check; NULL: none does. */
const struct engine_schedule *scheduler_of(const struct engine *engine, const char *check);
const struct engine_schedule *scheduler_find(const struct engine *engine, const char *name);

#endif
