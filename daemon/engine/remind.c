#include "engine/remind.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/subject.h"
#include "engine/trouble.h"
#include "plan/slug.h"

#define PAST_DAYS 28 /* what is asked once is worth sending for so long */

void reminder_clear(struct reminder *r)
{
    deadline_clear(&r->d);
    free(r->about);
    free(r->reason);
    *r = (struct reminder){.d = deadline_new()};
}

struct tell_step reminder_step(const struct reminder *r)
{
    return r->past ? (struct tell_step){0} : tell_step(&r->ladder, r->place, r->on);
}

static struct notice notice_of(const struct check_run *run, const struct reminder *r,
                               const char *role)
{
    return (struct notice){
        .event = r->overdue ? EVENT_DEADLINE_MISSED : EVENT_DEADLINE_DUE,
        .about = r->about,
        .due_on = r->d.due_on,
        .rule = run->check,
        .step = r->step,
        .role = role,
        .reason = r->reason,
    };
}

/* ---- the draft of the report that is owed ---- */

struct draft {
    char *markdown;     /* NULL: there is none */
    char *why;          /* why it could not be made; NULL: it was, or none is wanted */
    day_t on, meant_on; /* the day of its figures, and the one they are to be of */
};

static void draft_clear(struct draft *d)
{
    free(d->markdown);
    free(d->why);
}

static int make(const struct check_run *run, const char *report, day_t on, char **ret,
                struct err *e)
{
    const struct engine *engine = run->engine;

    if (!engine->draft)
        return err_set(e, ERR_NOTFOUND, "no report is called \"%.40s\"", report);
    return engine->draft(run->store, engine, report, on, run->now, ret, e);
}

/* Figures of days to come are none: until the cut-off they are today's. A draft that fails keeps no
 * reminder back. */
static struct draft draft_of(struct check_run *run, const struct reminder *r)
{
    day_t cut_on = deadline_cut_on(&r->d, r->send_by);
    struct draft d = {.on = cut_on.n < run->today.n ? cut_on : run->today, .meant_on = cut_on};
    struct err why;

    if (r->d.draft && !r->past && make(run, r->d.draft, d.on, &d.markdown, &why) < 0) {
        d.why = xstrdup(why.text);
        trouble_note(run, "%s: the draft of its report could not be made: %s", r->about, d.why);
    }
    return d;
}

/* ---- one person's mail ---- */

/* One person, by those of their roles that concern them; who owes it stands first. */
struct reader {
    const struct role **roles;
    size_t count;
    bool copy;
};

static struct letter write_letter(const struct check_run *run, const struct reminder *r,
                                  const struct role *owner, const struct reader *who,
                                  const struct draft *draft)
{
    bool reachable = tell_reachable(owner);
    char *reference = xasprintf("%s %s", r->about, r->step);
    char *titles = tell_titles(who->roles, who->copy ? who->count : 1);
    char *nobody = reachable ? NULL : tell_why_not(owner);
    struct compose_footer footer = {run->engine->organisation, titles, reference, r->next,
                                    run->engine->forecast};
    struct deadline_facts facts = {
        .title = r->d.title,
        .recipient = r->d.recipient,
        .source = r->d.source,
        .citation = r->d.citation,
        .missed = r->d.missed,
        .role = owner->title,
        .holder = reachable ? owner->holder : NULL,
        .nobody = nobody,
        .why_not_due = workday_why_not(run->engine->holidays, r->d.due_on),
        .draft = draft->markdown,
        .no_draft = draft->why,
        .draft_on = draft->on,
        .cut_on = draft->meant_on,
        .due_on = r->d.due_on,
        .due_was = r->was,
        .send_by = r->send_by,
        .today = run->today,
        .copy = who->copy,
        .past = r->past,
    };
    struct letter letter;

    compose_deadline(&footer, &facts, &letter);
    free(reference);
    free(titles);
    free(nobody);
    return letter;
}

static utc_t worth_until(const struct check_run *run, const struct reminder *r)
{
    if (r->past)
        return tell_until(run, day_add(run->today, PAST_DAYS));
    return tell_until_step(run, r->next);
}

/* Whether it is the first that this role hears of a statutory date that was missed. What had passed
 * when it was recorded may long have been met: it is only asked about. */
static int is_breach(struct check_run *run, const struct reminder *r, const struct notice *n,
                     bool *ret, struct err *e)
{
    bool told = true;

    if (r->overdue && !r->past && subject_is_statutory(n->rule, EVENT_DEADLINE_DUE, n->about) &&
        notice_any_step(run->store, n, &told, e) < 0)
        return -1;
    *ret = !told;
    return 0;
}

static int mail_person(struct check_run *run, const struct roster *roster, const struct reminder *r,
                       const struct reader *who, struct notice *notices, size_t count,
                       struct err *e)
{
    const struct role *owner = roster_id(roster, r->d.role_id);
    struct draft draft = who->copy ? (struct draft){0} : draft_of(run, r);
    struct letter letter = write_letter(run, r, owner, who, &draft);
    const char *reply_to = who->copy ? NULL : tell_reply_to(roster, who->roles[0]);
    bool breach;
    int rc = is_breach(run, r, &notices[0], &breach, e);

    if (rc == 0)
        rc = (breach ? tell_mail_alone : tell_mail)(run, who->roles[0], &letter, r->about, reply_to,
                                                    worth_until(run, r), notices, count, e);
    letter_clear(&letter);
    draft_clear(&draft);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = tell_collapsed(run, &notices[i], &r->ladder, r->place, e);
    return rc;
}

static int tell_person(struct check_run *run, const struct roster *roster, const struct reminder *r,
                       const struct reader *who, struct err *e)
{
    struct notice *notices = xcalloc(who->count, sizeof *notices);
    struct tell_step step = reminder_step(r);
    bool told = false, mailed;
    size_t count = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && !told && i < who->count; i++) {
        notices[count] = notice_of(run, r, who->roles[i]->slug);
        rc = tell_told(run, &notices[count], &step, &mailed, e);
        told = mailed && i == 0;
        count += !mailed;
    }
    if (rc == 0 && !told)
        rc = mail_person(run, roster, r, who, notices, count, e);
    free(notices);
    return rc;
}

/* ---- everyone ---- */

static int tell_none(struct check_run *run, const struct reminder *r, const char *role, char *why,
                     struct err *e)
{
    struct notice n = notice_of(run, r, role);
    struct tell_step step = reminder_step(r);
    bool fresh;
    int rc = tell_nobody_at(run, &n, &step, why, &fresh, e);

    free(why);
    return rc;
}

static bool among(const struct role *role, const struct role *const *roles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (roles[i] == role)
            return true;
    return false;
}

/* Who owes it, then those who get a copy, each once; room for all of the roster. */
static int find_roles(struct check_run *run, const struct roster *roster, const struct reminder *r,
                      const struct role **ret, size_t *ret_count, struct err *e)
{
    const char *list = r->d.copy_to;
    char slug[SLUG_MAX + 1];

    ret[0] = roster_id(roster, r->d.role_id);
    *ret_count = 1;
    while (slug_next(&list, slug)) {
        const struct role *role = roster_slug(roster, slug);

        if (!role && tell_none(run, r, slug, xasprintf("there is no role %s", slug), e) < 0)
            return -1;
        if (role && !among(role, ret, *ret_count))
            ret[(*ret_count)++] = role;
    }
    return 0;
}

/* Takes roles[0] and what else of them the same person holds; *count are left. */
static void take_person(const struct role **roles, size_t *count, struct reader *ret)
{
    size_t left = 0;

    ret->count = 0;
    for (size_t i = 0; i < *count; i++)
        if (i == 0 || (tell_reachable(ret->roles[0]) && tell_reachable(roles[i]) &&
                       tell_same_person(ret->roles[0], roles[i])))
            ret->roles[ret->count++] = roles[i];
        else
            roles[left++] = roles[i];
    *count = left;
}

int remind(struct check_run *run, const struct roster *roster, const struct reminder *r,
           struct err *e)
{
    const struct role **roles = xcalloc(roster->count, sizeof *roles);
    struct reader who = {.roles = xcalloc(roster->count, sizeof *roles)};
    size_t count;
    int rc = find_roles(run, roster, r, roles, &count, e);

    while (rc == 0 && count) {
        take_person(roles, &count, &who);
        if (tell_reachable(who.roles[0]))
            rc = tell_person(run, roster, r, &who, e);
        else
            rc = tell_none(run, r, who.roles[0]->slug, tell_why_not(who.roles[0]), e);
        who.copy = true;
    }
    free(roles);
    free(who.roles);
    return rc;
}
