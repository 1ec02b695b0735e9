#include "engine/held.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/quiet.h"
#include "engine/reassign.h"
#include "engine/subject.h"
#include "engine/tell.h"
#include "engine/upkeep.h"
#include "store/hold.h"
#include "store/silence.h"

/* The plan of "bromley-2016:5.12"; NULL for what is of no plan. Caller frees. */
static char *plan_of(const char *about)
{
    static const char *const others[] = {"deadline:", "visit:", "inspection:", "run:", "journal:"};
    const char *colon = strchr(about, ':');

    if (upkeep_is(about))
        return NULL;
    for (size_t i = 0; i < COUNT(others); i++)
        if (strncmp(about, others[i], strlen(others[i])) == 0)
            return NULL;
    return colon ? xstrndup(about, (size_t)(colon - about)) : NULL;
}

static int by_silence(struct check_run *run, const struct notice *n, const struct role *to,
                      bool statutory, char **ret, struct err *e)
{
    char *plan = plan_of(n->about);
    struct silence_subject subject = {n->about, n->event, n->role,  to->email,
                                      plan,     n->rule,  statutory};
    struct silence_hold hold = {0};
    int rc = silence_matching(run->store, &subject, run->now, &hold, e);

    if (rc == 0 && hold.id)
        *ret = xasprintf("silence:%" PRId64 " holds it: %s", hold.id, hold.comment);
    free(hold.comment);
    free(plan);
    return rc;
}

static int by_day(day_t until, const char *what, char **ret)
{
    char day[DAY_TEXT];

    if (day_is(until))
        *ret = xasprintf("%s, until %s", what, day_weekday_short(until, day));
    return 0;
}

/* "quiet hours, until Mon 4 Sep 2017 07:00" */
static char *quiet_words(const struct check_run *run)
{
    char day[DAY_TEXT], iso[LOCAL_ISO];

    return xasprintf("quiet hours, until %s %s", day_weekday_short(run->quiet_until.day, day),
                     strchr(local_iso(run->quiet_until, iso), 'T') + 1);
}

/* What somebody has said. */
static int by_word(struct check_run *run, const struct notice *n, const struct role *to, char **ret,
                   struct err *e)
{
    bool statutory = subject_is_statutory(n->rule, n->event, n->about);
    /* who acknowledges wants no more reminders, not to keep others from hearing that it is settled
     */
    bool can_ack = !statutory && strcmp(n->event, EVENT_RESOLVED) != 0 &&
                   strcmp(n->event, EVENT_ACTION_REASSIGNED) != 0;
    day_t until = DAY_NONE;

    if (by_silence(run, n, to, statutory, ret, e) < 0)
        return -1;
    if (*ret)
        return 0;
    if (snooze_in_force(run->store, to->email, n->about, run->today, &until, e) < 0)
        return -1;
    if (day_is(until))
        return by_day(until, "snoozed", ret);
    if (can_ack && ack_in_force(run->store, n->about, n->due_on, run->today, &until, e) < 0)
        return -1;
    return by_day(until, "acknowledged", ret);
}

int held_why(struct check_run *run, const struct notice *n, const struct role *to, char **ret,
             struct err *e)
{
    *ret = quiet_holds(run, n->due_on) ? quiet_words(run) : NULL;
    return *ret ? 0 : by_word(run, n, to, ret, e);
}

int held_one(struct check_run *run, const struct notice *n, const struct role *to, bool *ret_held,
             struct err *e)
{
    char *why = NULL;
    int rc = by_word(run, n, to, &why, e);

    if (rc == 0 && why)
        rc = held_note(run, n, why, e);
    *ret_held = why != NULL;
    free(why);
    return rc;
}

int held_note(struct check_run *run, const struct notice *n, const char *why, struct err *e)
{
    struct notice held = *n;
    bool there;
    int64_t id;

    held.channel = CHANNEL_HELD;
    held.reason = why;
    held.message_id = 0;
    if (notice_exists(run->store, &held, &there, e) < 0)
        return -1;
    if (there)
        return 0;
    run->result.notices++;
    return notice_add(run->store, &held, &id, e);
}
