#include "engine/disabled.h"

#include <stdlib.h>

#include "engine/trouble.h"
#include "store/channel.h"

static int tell_within(struct check_run *run, const char *channel, const char *reason,
                       struct err *e)
{
    int rc;

    trouble_note(run,
                 "%s is disabled: %s. What waits for it goes when it is released (csictl channel "
                 "release %s), as long as it is worth sending",
                 channel, reason ? reason : "no reason was recorded", channel);
    rc = trouble_tell(run, e);
    return rc == 0 ? channel_told(run->store, channel, e) : rc;
}

static int tell(struct store *s, const struct engine *engine, const char *channel,
                const char *reason, utc_t now, struct err *e)
{
    struct check_run run = {
        .store = s,
        .engine = engine,
        .schedule = channel,
        .check = "channel",
        .now = now,
        .today = zone_today(engine->zone, now),
    };
    int rc = store_begin(s, "csid", now, e);

    if (rc == 0)
        rc = store_end(s, tell_within(&run, channel, reason, e), e);
    trouble_clear(&run.trouble);
    return rc;
}

int disabled_tell(struct store *s, const struct engine *engine, utc_t now, bool *ret_told,
                  struct err *e)
{
    char *channel, *reason;
    int rc = 0;

    for (*ret_told = false; rc == 0; *ret_told = true) {
        if (channel_untold(s, &channel, &reason, e) != 0)
            return -1;
        if (!channel)
            return 0;
        rc = tell(s, engine, channel, reason, now, e);
        free(channel);
        free(reason);
    }
    return rc;
}
