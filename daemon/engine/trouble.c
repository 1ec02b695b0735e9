#include "engine/trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/untold.h"

#define WORTH_DAYS 2 /* sending after the day itself: it is said once */

void trouble_note(struct check_run *run, const char *fmt, ...)
{
    struct trouble *t = &run->trouble;
    char line[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    t->lines = xgrow(t->lines, t->count, &t->cap, sizeof *t->lines);
    t->lines[t->count++] =
        text_clean(line, strlen(line), NULL); /* a cut may have halved a character */
}

void trouble_cut(struct check_run *run, size_t from)
{
    struct trouble *t = &run->trouble;
    size_t keep = from + TROUBLE_ALIKE, more = t->count > keep ? t->count - keep : 0;
    char *last;

    if (!more)
        return;
    while (t->count > keep)
        free(t->lines[--t->count]);
    last = xasprintf("%s; and %zu more", t->lines[keep - 1], more);
    free(t->lines[keep - 1]);
    t->lines[keep - 1] = last;
}

void trouble_clear(struct trouble *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->lines[i]);
    free(t->lines);
    *t = (struct trouble){0};
}

const struct role *trouble_administrator(const struct check_run *run, const struct roster *roster,
                                         struct role *given)
{
    const struct role *role = roster_slug(roster, ROLE_ADMINISTRATOR);

    if (role)
        *given = *role;
    if (role && *run->engine->mail_administrator) {
        given->holder = NULL;
        given->email = (char *)run->engine->mail_administrator;
        given->bounced = NULL; /* whatever came back: there is nobody else to be told */
    }
    return role && tell_reachable(given) ? given : NULL;
}

static int mail(struct check_run *run, const struct role *to, struct notice *n, struct err *e)
{
    char *reference = xasprintf("%s %s", n->about, n->step);
    struct compose_footer footer = {run->engine->organisation, to->title, reference, DAY_NONE,
                                    run->engine->forecast};
    struct letter letter;
    int rc;

    compose_trouble(&footer, (const char *const *)run->trouble.lines, run->trouble.count, &letter);
    rc = tell_mail_alone(run, to, &letter, NULL, NULL,
                         tell_until(run, day_add(run->today, WORTH_DAYS)), n, 1, e);
    letter_clear(&letter);
    free(reference);
    return rc;
}

static int call_endpoints(struct check_run *run, const struct notice *n, struct err *e)
{
    struct tell_item *items = xcalloc(run->trouble.count, sizeof *items);
    int rc;

    for (size_t i = 0; i < run->trouble.count; i++) {
        struct text t = TEXT_INIT;

        text_add(&t, "{\"text\":");
        text_add_json(&t, run->trouble.lines[i]);
        text_add(&t, "}");
        items[i] = (struct tell_item){n->about, n->step, run->today, text_take(&t),
                                      .shown = {NULL, run->trouble.lines[i], DAY_NONE, NULL}};
    }
    rc = tell_webhooks_at_once(run, EVENT_TROUBLE, n->about, n->step, NULL, items,
                               run->trouble.count, e);
    for (size_t i = 0; i < run->trouble.count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

#define STEP 40

/* The instant of the run; a second one of the same instant (by hand, on a clock that stands) is
 * numbered, for it has something else to tell. */
static int step_of(struct check_run *run, const struct notice *n, char ret[STEP], struct err *e)
{
    char at[UTC_ISO];
    struct notice earlier = *n;
    bool mailed = true;

    earlier.step = ret;
    snprintf(ret, STEP, "%s", utc_iso(run->now, at));
    for (int again = 2; mailed; again++) {
        if (tell_mailed(run, &earlier, &mailed, e) < 0)
            return -1;
        if (mailed)
            snprintf(ret, STEP, "%s %d", at, again);
    }
    return 0;
}

static int tell(struct check_run *run, const struct roster *roster, struct err *e)
{
    char *about = xasprintf("run:%s", run->schedule), step[STEP];
    struct notice n = {.event = EVENT_TROUBLE,
                       .about = about,
                       .due_on = run->today,
                       .rule = run->check,
                       .step = step,
                       .role = ROLE_ADMINISTRATOR,
                       .reason = "csid could not do what it should"};
    struct role given;
    const struct role *to = trouble_administrator(run, roster, &given);
    int rc = step_of(run, &n, step, e);

    if (rc == 0 && to)
        rc = mail(run, to, &n, e);
    if (rc == 0)
        rc = call_endpoints(run, &n, e);
    free(about);
    return rc;
}

/* What has become of mails and channels since the run before. */
static void note_untold(void *arg, const struct untold *u)
{
    switch (u->kind) {
    case UNTOLD_BOUNCE:
        trouble_note(arg,
                     "mail to %s comes back (%s): nothing more is sent there until the address is "
                     "corrected (csictl person update), or is right after all (csictl bounce clear "
                     "%s)",
                     u->what, u->said, u->what);
        break;
    case UNTOLD_LATE:
        trouble_note(arg,
                     "%lld mail%s been tried for four hours or longer and not gone, the first to "
                     "%s: %s",
                     (long long)u->count, u->count == 1 ? " has" : "s have", u->what,
                     u->said ? u->said : "no answer yet");
        break;
    case UNTOLD_FAILED:
        trouble_note(
            arg,
            "%lld mail%s failed for good, the first to %s (%s): csictl notice list --state "
            "failed; what the next runs do not tell anew, csictl notice retry sends",
            (long long)u->count, u->count == 1 ? " has" : "s have", u->what, u->said);
        break;
    case UNTOLD_FAULT:
        trouble_note(arg, "the channel %s %s held for a fault: %s", u->what, u->over ? "was" : "is",
                     u->said);
        break;
    }
}

int trouble_tell(struct check_run *run, struct err *e)
{
    struct roster roster;
    int rc;

    if (untold_take(run->store, run->now, note_untold, run, e) < 0)
        return -1;
    if (run->trouble.count == 0)
        return 0;
    if (roster_load(run, &roster, e) < 0)
        return -1;
    rc = tell(run, &roster, e);
    roster_free(&roster);
    return rc;
}
