/*
 * engine: what the rules go by besides the store: the zone, the holidays, the schedules, who is
 * written to and how. One value made by service/ from the configuration; read-only to everyone
 * else.
 */
#ifndef CSID_ENGINE_ENGINE_H
#define CSID_ENGINE_ENGINE_H

#include <stddef.h>

#include "calendar/cron.h"
#include "calendar/workday.h"
#include "calendar/zone.h"

struct engine_schedule {
    const char *name, *check, *expr;
    struct cron cron;
};

struct engine_webhook {
    const char *name;
    const char *const *events; /* event types it wants; event_count 0: all */
    size_t event_count;
};

struct engine {
    const char *organisation;
    const char *mail_from, *mail_reply_to, *mail_administrator; /* "" where not given */
    const char
        *mail_channel_note; /* "no relay configured: mail stays in /…", or NULL with a relay */
    const struct zone *zone;
    const struct holidays *holidays; /* of division: of the file, or built in; see holidays.h */
    const char *division;            /* one of holidays_divisions */
    const char *holidays_file, *holidays_text; /* the configuration's, its lines; NULL: none */
    const struct engine_schedule *schedules;
    size_t schedule_count;
    const struct engine_webhook *webhooks;
    size_t webhook_count;
};

#endif
