/*
 * engine: what the rules go by besides the store: the zone, the holidays, the schedules, who is
 * written to and how. One value made by service/ from the configuration; read-only to everyone
 * else.
 */
#ifndef CSID_ENGINE_ENGINE_H
#define CSID_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/cron.h"
#include "calendar/workday.h"
#include "calendar/zone.h"
#include "plan/policy.h"

/* What becomes of occurrences that were missed: the latest stands for all, each is run, none is. */
enum catchup { CATCHUP_LATEST, CATCHUP_ALL, CATCHUP_NONE };

struct engine_schedule {
    const char *name, *check, *expr;
    struct cron cron;
    enum catchup catchup;
    int64_t window_s; /* what is later than this is not run any more; 0: no limit */
};

struct engine_webhook {
    const char *name;
    const char *const *events; /* event types it wants; event_count 0: all */
    size_t event_count;
    const struct webhook_format *format; /* NULL: standard */
    const char *shown;                   /* its URL without what is secret in it */
};

struct store;
struct check_run;
struct webhook_format;
struct rule_texts;
struct escalation_policy;

struct engine {
    const char *organisation;
    const char *mail_from, *mail_reply_to, *mail_administrator; /* "" where not given */
    const char *mail_redirect; /* where every mail goes instead; "": to whom it is for */
    const char
        *mail_channel_note; /* "no relay configured: mail stays in /…", or NULL with a relay */
    const char *link_base;  /* of links in mails, see notice/link; "": none */
    const struct zone *zone;
    const struct holidays *holidays; /* of division: of the file, or built in; see holidays.h */
    const char *division;            /* one of holidays_divisions */
    const char *holidays_file, *holidays_text; /* the configuration's, its lines; NULL: none */
    struct policy policy;                      /* how reminders go */
    const struct engine_schedule *schedules;
    size_t schedule_count;
    const struct engine_webhook *webhooks;
    size_t webhook_count;
    const struct escalation_policy *escalation; /* of what becomes overdue; NULL: csid has none */
    day_t backlog_from;                         /* DAY_NONE: the day after a plan's next board */
    const struct rule_texts *packs; /* the rules built in and the council's own, as on disk */
    bool forecast; /* it is only asked what would go: nobody will read the bodies of mails */
    /* The draft of a report ("chair") as at a day, in Markdown, for the reminder of who owes it:
     * the reports stand above this layer. Caller frees. */
    int (*draft)(struct store *s, const struct engine *engine, const char *report, day_t as_at,
                 utc_t now, char **ret, struct err *e);
    /* The report that the run's check names, to the endpoints that take its event. */
    int (*call_report)(struct check_run *run, struct err *e);
};

#endif
