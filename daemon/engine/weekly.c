#include "engine/weekly.h"

#include <stdlib.h>

#include "base/mem.h"

static int was_said(const struct weekly *w, size_t item, const struct role *role,
                    const char *channel, bool *ret, struct err *e)
{
    *ret = false;
    for (int ago = 0; !*ret && ago < WEEKLY_DAYS; ago++) {
        char step[WEEKLY_STEP];
        struct notice n = w->notice(w->arg, item, role, day_add(w->run->today, -ago), step);

        n.channel = channel;
        if (notice_exists(w->run->store, &n, ret, e) < 0)
            return -1;
    }
    return 0;
}

int weekly_is_news(const struct weekly *w, const struct reader *who, const char *channel, bool *ret,
                   struct err *e)
{
    bool said = true;

    for (size_t i = 0; said && i < w->count; i++)
        for (size_t r = 0; said && r < who->count; r++)
            if (was_said(w, i, who->roles[r], channel, &said, e) < 0)
                return -1;
    *ret = !said;
    return 0;
}

static int mail(const struct weekly *w, const struct reader *who, struct notice *notices,
                size_t count, struct err *e)
{
    struct check_run *run = w->run;
    char today[DAY_ISO], *titles = tell_titles(who->roles, who->count);
    char *reference = xasprintf("%s %s", run->check, day_iso(run->today, today));
    struct compose_footer footer = {run->engine->organisation, titles, reference,
                                    day_add(run->today, WEEKLY_DAYS), run->engine->forecast};
    struct letter letter = w->letter(w->arg, who, &footer);
    utc_t until = tell_until(run, day_add(run->today, WEEKLY_DAYS - 1));
    int rc = tell_mail(run, who->roles[0], &letter, NULL, NULL, until, notices, count, e);

    letter_clear(&letter);
    free(reference);
    free(titles);
    return rc;
}

/* Notices of what was said today already, to a mail that said less, are left out. */
static int mail_all(const struct weekly *w, const struct reader *who, struct err *e)
{
    size_t most = w->count * who->count, count = 0;
    struct notice *notices = xcalloc(most, sizeof *notices);
    char(*steps)[WEEKLY_STEP] = xcalloc(most, sizeof *steps);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < most; i++) {
        bool mailed;

        notices[count] = w->notice(w->arg, i / who->count, who->roles[i % who->count],
                                   w->run->today, steps[count]);
        rc = tell_mailed(w->run, &notices[count], &mailed, e);
        count += rc == 0 && !mailed;
    }
    if (rc == 0)
        rc = mail(w, who, notices, count, e);
    free(notices);
    free(steps);
    return rc;
}

int weekly_mail(const struct weekly *w, const struct reader *who, bool *ret_told, struct err *e)
{
    bool news;

    if (weekly_is_news(w, who, "mail", &news, e) < 0 || (news && mail_all(w, who, e) < 0))
        return -1;
    *ret_told |= news;
    return 0;
}
