#include "store/signoff.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/evidence.h"
#include "store/sql.h"

struct candidate { /* a part that is meant */
    char *label;
    int64_t id;
    enum status status, last; /* on that day, and the last that was ever said */
    day_t last_on;            /* since when; DAY_NONE: none was said */
};
struct candidates {
    const char *label; /* NULL: all */
    struct candidate *items;
    size_t count, cap;
};

static void candidates_clear(struct candidates *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->items[i].label);
    free(c->items);
}

/* ---- how they stand ---- */

static int note_parts(void *arg, const struct action *a)
{
    struct candidates *c = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known || (c->label && strcmp(c->label, p->label) != 0))
            continue;
        c->items = xgrow(c->items, c->count, &c->cap, sizeof *c->items);
        c->items[c->count++] = (struct candidate){.label = xstrdup(p->label),
                                                  .id = p->id,
                                                  .status = p->status,
                                                  .last = p->status,
                                                  .last_on = DAY_NONE};
    }
    return 1;
}

static int note_last(void *arg, const struct action *a)
{
    struct candidates *c = arg;

    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < a->part_count; k++)
            if (a->parts[k].id == c->items[i].id) {
                c->items[i].last = a->parts[k].status;
                c->items[i].last_on = a->parts[k].status_on;
            }
    return 1;
}

static int stand(struct store *s, int64_t action_id, const struct signoff_wish *w,
                 struct candidates *c, struct err *e)
{
    struct action_query q = {.action_id = action_id, .as_at = w->effective, .known_at = UTC_NONE};
    char day[DAY_TEXT];

    if (action_each(s, &q, note_parts, c, e) < 0)
        return -1;
    day_long(w->effective, day);
    if (!c->count && w->part)
        return err_set(e, ERR_NOTFOUND, "%s has no part \"%.40s\" on %s", w->ref, w->part, day);
    if (!c->count)
        return err_set(e, ERR_CONFLICT, "nothing is said of %s by %s: it begins later", w->ref,
                       day);
    q.as_at = day_from_ymd(9999, 12, 31);
    return action_each(s, &q, note_last, c, e);
}

/* ---- whether it may be ---- */

static int refuse(const struct signoff_wish *w, const struct candidate *x, struct err *e)
{
    char *why = signoff_refusal(w->move, x->status, w->ref);

    err_set(e, ERR_CONFLICT, "%s%s%s%s", *x->label ? "part " : "", x->label, *x->label ? ": " : "",
            why);
    free(why);
    return -1;
}

/* Keeps those of which the move may be made. */
static int choose(const struct signoff_wish *w, struct candidates *c, struct err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        struct candidate x = c->items[i];

        if (!signoff_may(w->move, x.status))
            continue;
        c->items[i] = c->items[kept];
        c->items[kept++] = x;
    }
    if (!kept)
        return refuse(w, &c->items[0], e);
    while (c->count > kept)
        free(c->items[--c->count].label);
    return 0;
}

/* An entry before the last would change nothing of how it stands. */
static int check_latest(const struct signoff_wish *w, const struct candidate *x, struct err *e)
{
    char since[DAY_TEXT], iso[DAY_ISO];

    if (x->last_on.n <= w->effective.n)
        return 0;
    return err_set(e, ERR_CONFLICT, "%s%s%s is %s from %s on: say --effective %s or later", w->ref,
                   *x->label ? " part " : "", x->label, status_name(x->last),
                   day_long(x->last_on, since), day_iso(x->last_on, iso));
}

struct claiming {
    const struct candidate *part;
    day_t until;
    struct signoff_claim claim;
};

static int note_claim(void *arg, const struct history_row *r)
{
    struct claiming *c = arg;
    int status = r->status ? status_parse(r->status) : -1;

    if (status >= 0 && r->part && strcmp(r->part, c->part->label) == 0 &&
        r->effective_on.n <= c->until.n)
        signoff_note(&c->claim, (enum status)status, r->who);
    return 0;
}

static int check_another(struct store *s, int64_t action_id, const struct signoff_wish *w,
                         const struct candidate *x, struct err *e)
{
    struct claiming c = {.part = x, .until = w->effective};
    int rc = action_history(s, action_id, note_claim, &c, e);

    if (rc == 0 && c.claim.who && strcmp(c.claim.who, sql_who(s)) == 0)
        rc = err_set(e, ERR_DENIED, "%s %s that %s is complete: somebody else is to verify it",
                     c.claim.who, c.claim.proposed ? "proposed" : "said", w->ref);
    signoff_claim_clear(&c.claim);
    return rc;
}

static int check(struct store *s, int64_t action_id, const struct signoff_wish *w,
                 struct candidates *c, struct err *e)
{
    if (choose(w, c, e) < 0)
        return -1;
    for (size_t i = 0; i < c->count; i++)
        if (check_latest(w, &c->items[i], e) < 0 ||
            (w->move == SIGNOFF_VERIFY && check_another(s, action_id, w, &c->items[i], e) < 0))
            return -1;
    return 0;
}

/* ---- making it ---- */

static int write_down(struct store *s, const struct plan *p, int64_t action_id,
                      const struct signoff_wish *w, const struct candidates *c, struct err *e)
{
    char *what = xasprintf("action.%s", signoff_name(w->move));
    struct said said = {.what = what,
                        .status = status_name(signoff_to(w->move)),
                        .due_on = DAY_NONE,
                        .completed_on = DAY_NONE};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->evidence_count; i++)
        rc = evidence_add(s, action_id, w->part ? c->items[0].id : 0, &w->evidence[i], w->effective,
                          e);
    for (size_t i = 0; rc == 0 && i < c->count; i++)
        rc = part_say(s, p, action_id, c->items[i].id, &said, w->effective, NULL, e);
    if (rc == 0 && w->note && *w->note)
        rc = action_note(s, action_id, w->note, w->effective, e);
    free(what);
    return rc;
}

int signoff_make(struct store *s, const struct plan *p, int64_t action_id,
                 const struct signoff_wish *w, struct err *e)
{
    struct candidates c = {.label = w->part};
    int rc = stand(s, action_id, w, &c, e);

    if (rc == 0)
        rc = check(s, action_id, w, &c, e);
    if (rc == 0)
        rc = write_down(s, p, action_id, w, &c, e);
    candidates_clear(&c);
    return rc;
}
