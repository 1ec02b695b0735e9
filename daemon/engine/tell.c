#include "engine/tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "engine/digest.h"
#include "engine/held.h"
#include "engine/subject.h"
#include "engine/tell_impl.h"
#include "engine/trouble.h"
#include "notice/link.h"
#include "store/meta.h"

#define DAY_S (24 * 60 * 60)

/* ---- notices and mails ---- */

int tell_notice(struct check_run *run, const struct notice *n, struct err *e)
{
    int64_t id;

    if (notice_add(run->store, n, &id, e) < 0)
        return err_within(e, "notice of %s", n->about);
    run->result.notices++;
    return 0;
}

int tell_mailed(const struct check_run *run, const struct notice *n, bool *ret, struct err *e)
{
    struct notice mailed = *n;

    mailed.channel = "mail";
    return notice_exists(run->store, &mailed, ret, e);
}

int tell_unreached(struct check_run *run, const struct notice *n, const char *reason, bool *ret_new,
                   struct err *e)
{
    struct notice none = *n;
    bool there;

    none.channel = "none";
    none.reason = reason;
    none.message_id = 0;
    if (notice_exists(run->store, &none, &there, e) < 0)
        return -1;
    *ret_new = !there;
    return there ? 0 : tell_notice(run, &none, e);
}

int tell_nobody(struct check_run *run, const struct notice *n, const char *reason, bool *ret_new,
                struct err *e)
{
    if (tell_unreached(run, n, reason, ret_new, e) < 0)
        return -1;
    if (*ret_new)
        trouble_note(run, "%s, about %s: %s", n->role, n->about, reason);
    return 0;
}

/* Told, or said to be overtaken; or that nobody could be reached. */
static int step_has_row(const struct check_run *run, const struct notice *n, const char *step,
                        bool *ret, struct err *e)
{
    static const char *const channels[] = {"mail", "none"};
    struct notice past = *n;
    bool there = false;

    past.step = step;
    for (size_t i = 0; i < COUNT(channels) && !there; i++) {
        past.channel = channels[i];
        if (notice_exists(run->store, &past, &there, e) < 0)
            return -1;
    }
    *ret = there;
    return 0;
}

struct former { /* the last mail of a check about a subject */
    const char *rule;
    day_t due_on;
};

static int note_former(void *arg, const struct notice_told *n)
{
    struct former *f = arg;

    if (strcmp(n->channel, "mail") != 0 || !n->message || n->is_void ||
        strcmp(n->rule, f->rule) != 0 || subject_is_escalation(n->event))
        return 0;
    f->due_on = n->due_on;
    return 1;
}

int tell_former_date(struct check_run *run, const char *about, day_t due_on, day_t *ret,
                     struct err *e)
{
    struct former f = {run->check, due_on};

    if (notice_each_about(run->store, about, note_former, &f, e) < 0)
        return -1;
    *ret = f.due_on.n == due_on.n ? DAY_NONE : f.due_on;
    return 0;
}

void tell_due_changed(char **reason, day_t was)
{
    char day[DAY_TEXT], *both;

    if (!day_is(was))
        return;
    both = xasprintf("due changed: was %s; %s", day_short(was, day), *reason);
    free(*reason);
    *reason = both;
}

int tell_overtaken(const struct check_run *run, const struct notice *n, const char *step,
                   struct err *e)
{
    struct notice past = *n;
    char *reason;
    int64_t id;
    bool there;
    int rc;

    if (step_has_row(run, n, step, &there, e) < 0)
        return -1;
    if (there)
        return 0;
    reason = xasprintf("collapsed into %s", n->step);
    past.step = step;
    past.reason = reason;
    past.channel = "mail";
    past.message_id = 0;
    rc = notice_add(run->store, &past, &id, e); /* none that anybody gets: not counted */
    free(reason);
    return rc;
}

static const char *ladder_name(const void *ladder, int place, char ret[LADDER_STEP])
{
    return ladder_place_step(ladder, place, ret);
}

struct tell_step tell_step(const struct ladder *l, int place, day_t on)
{
    return (struct tell_step){on, place, l, ladder_name};
}

static bool goes_up_to(const struct tell_step *step, const char *other)
{
    char name[LADDER_STEP];
    int i = step->place;

    while (i >= 0 && strcmp(step->name(step->ladder, i, name), other) != 0)
        i--;
    return i >= 0;
}

int tell_passed(const struct check_run *run, const struct notice *n, const struct tell_step *step,
                utc_t *ret_at, struct err *e)
{
    struct notice later = *n;
    utc_t begins, other, at;
    char *told;
    int rc = 0;

    *ret_at = UTC_NONE;
    if (!step->name)
        return 0;
    zone_utc(run->engine->zone, (struct local){step->on, 0}, &begins, &other);
    if (notice_last_step(run->store, n, begins, &told, &at, e) < 0)
        return -1;
    if (told && !goes_up_to(step, told)) {
        later.step = told;
        if (strcmp(n->channel, "mail") == 0)
            rc = tell_overtaken(run, &later, n->step, e);
        *ret_at = at;
    }
    free(told);
    return rc;
}

int tell_told(const struct check_run *run, const struct notice *n, const struct tell_step *step,
              bool *ret, struct err *e)
{
    struct notice mailed = *n;
    utc_t passed = UTC_NONE;
    bool there;

    mailed.channel = "mail";
    if (notice_exists(run->store, &mailed, &there, e) < 0 ||
        (!there && tell_passed(run, &mailed, step, &passed, e) < 0))
        return -1;
    *ret = there || utc_is(passed);
    return 0;
}

int tell_nobody_at(struct check_run *run, const struct notice *n, const struct tell_step *step,
                   const char *reason, bool *ret_new, struct err *e)
{
    struct notice mailed = *n;
    utc_t passed;

    mailed.channel = "mail";
    if (tell_passed(run, &mailed, step, &passed, e) < 0)
        return -1;
    *ret_new = false;
    return utc_is(passed) ? 0 : tell_nobody(run, n, reason, ret_new, e);
}

int tell_collapsed(struct check_run *run, const struct notice *n, const struct ladder *l, int place,
                   struct err *e)
{
    int last_named = (int)(l->count + l->after_count) - 1;
    char steps[2 * LADDER_STEPS_MAX + 1][LADDER_STEP];
    bool there = false;
    size_t count = 0;
    int rc = 0;

    for (int i = place - 1; i >= 0; i = i > last_named ? last_named : i - 1) {
        if (step_has_row(run, n, ladder_place_step(l, i, steps[count]), &there, e) < 0)
            return -1;
        if (there)
            break;
        count++;
    }
    while (rc == 0 && count) /* as they would have come */
        rc = tell_overtaken(run, n, steps[--count], e);
    return rc;
}

int tell_queue(struct check_run *run, struct outbox_message *m, int64_t *ret_id, struct err *e)
{
    if (outbox_add(run->store, m, ret_id, e) < 0)
        return -1;
    run->result.messages++;
    return 0;
}

/* How long until the first of what these speak of is due; what is asked without a date comes last.
 */
static int days_to(const struct check_run *run, const struct notice *notices, size_t count)
{
    int least = INT32_MAX;

    if (check_asks(run->check))
        return least;
    for (size_t i = 0; i < count; i++)
        if (notices[i].due_on.n - run->today.n < least)
            least = notices[i].due_on.n - run->today.n;
    return least;
}

static struct digest_page new_page(const struct check_run *run, const struct role *to,
                                   const struct letter *letter, const char *thread,
                                   const char *reply_to, utc_t valid_until,
                                   const struct notice *notices, size_t count)
{
    return (struct digest_page){
        .email = xstrdup(to->email),
        .holder = xstrdup(to->holder),
        .reply_to = xstrdup(reply_to),
        .thread = xstrdup(thread),
        .event = xstrdup(notices[0].event),
        .letter = {xstrdup(letter->subject), xstrdup(letter->markdown)},
        .valid_until = valid_until,
        .days = days_to(run, notices, count),
        .notices = xcalloc(count, sizeof(int64_t)),
    };
}

#define LINK_DAYS 14

/* Whether the letter speaks of one thing that its reader may put off. */
static bool can_wait(const struct notice *notices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(notices[i].about, notices[0].about) != 0 ||
            notices[i].due_on.n != notices[0].due_on.n || subject_is_escalation(notices[i].event) ||
            subject_is_statutory(notices[i].rule, notices[i].event, notices[i].about))
            return false;
    return true;
}

/* Below its foot, where csid can be reached: the way to say "mine, back on that day" without a
 * log-in. */
static int add_link(struct check_run *run, const struct notice *notices, size_t count,
                    struct digest_page *page, struct err *e)
{
    const char *base = run->engine->link_base;
    struct link l = {
        {run->now.s + LINK_DAYS * DAY_S}, notices[0].about, notices[0].due_on, page->email};
    char *secret, *url, *with;

    if (!base || !*base || !can_wait(notices, count))
        return 0;
    if (meta_link_secret_ensure(run->store, &secret, e) < 0)
        return -1;
    url = notice_link(secret, base, &l);
    with = xasprintf("%s\nYours, but it takes longer? Say until when: <%s>\n",
                     page->letter.markdown, url);
    free(page->letter.markdown);
    page->letter.markdown = with;
    free(secret);
    free(url);
    return 0;
}

static int write_all(struct check_run *run, struct notice *notices, size_t count,
                     struct digest_page *page, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        notices[i].channel = "mail";
        notices[i].message_id = 0; /* until the digest goes, in the same transaction */
        if (notice_add(run->store, &notices[i], &page->notices[page->notice_count++], e) < 0)
            return err_within(e, "notice of %s", notices[i].about);
        run->result.notices++;
    }
    return 0;
}

/* A letter goes if anything in it has a reason to, for it lists the rest too. *ret_goes false: all
 * of it is held, each with its row. */
static int hold(struct check_run *run, const struct role *to, const struct notice *notices,
                size_t count, bool *ret_goes, struct err *e)
{
    char **why = xcalloc(count, sizeof *why);
    bool goes = false;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = held_why(run, &notices[i], to, &why[i], e);
        goes |= rc == 0 && !why[i];
    }
    for (size_t i = 0; rc == 0 && !goes && i < count; i++)
        rc = held_note(run, &notices[i], why[i], e);
    for (size_t i = 0; i < count; i++)
        free(why[i]);
    free(why);
    *ret_goes = goes;
    return rc;
}

int tell_mail(struct check_run *run, const struct role *to, const struct letter *letter,
              const char *thread, const char *reply_to, utc_t valid_until, struct notice *notices,
              size_t count, struct err *e)
{
    struct digest own = {0}, *into = run->digest ? run->digest : &own;
    size_t place = into->count;
    bool goes;
    int rc;

    if (hold(run, to, notices, count, &goes, e) < 0)
        return -1;
    if (!goes)
        return 0;
    digest_add(into, new_page(run, to, letter, thread, reply_to, valid_until, notices, count));
    rc = add_link(run, notices, count, &into->pages[place], e);
    if (rc == 0)
        rc = write_all(run, notices, count, &into->pages[place], e);
    if (rc == 0 && into == &own)
        rc = digest_send(run, &own, e);
    digest_clear(&own);
    return rc;
}

int tell_mail_alone(struct check_run *run, const struct role *to, const struct letter *letter,
                    const char *thread, const char *reply_to, utc_t valid_until,
                    struct notice *notices, size_t count, struct err *e)
{
    struct digest *later = run->digest;
    int rc;

    run->digest = NULL;
    rc = tell_mail(run, to, letter, thread, reply_to, valid_until, notices, count, e);
    run->digest = later;
    return rc;
}
