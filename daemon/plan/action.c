#include "plan/action.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const date_states[] = {
    [DATE_NOT_DUE] = "not-due", [DATE_DUE_SOON] = "due-soon", [DATE_DUE_TODAY] = "due-today",
    [DATE_OVERDUE] = "overdue", [DATE_CLOSED] = "closed",
};

static void part_clear(struct part *p)
{
    free(p->label);
    free(p->due_text);
    free(p->owner);
    free(p->owner_title);
}

void action_clear(struct action *a)
{
    for (size_t i = 0; i < a->part_count; i++)
        part_clear(&a->parts[i]);
    free(a->parts);
    free(a->plan);
    free(a->ref);
    free(a->title);
    free(a->success_measure);
    free(a->priority_title);
    free(a->accountable);
    free(a->accountable_title);
    free(a->recommendations);
    *a = (struct action){0};
}

const char *date_state_name(enum date_state s)
{
    return date_states[s];
}

enum date_state part_date_state(const struct part *p, day_t today)
{
    if (!status_is_open(p->status))
        return DATE_CLOSED;
    if (p->status == STATUS_SUSPENDED || !day_is(p->due_on))
        return DATE_NOT_DUE;
    if (p->due_on.n < today.n)
        return DATE_OVERDUE;
    if (p->due_on.n == today.n)
        return DATE_DUE_TODAY;
    return p->due_on.n - today.n <= ACTION_SOON_DAYS ? DATE_DUE_SOON : DATE_NOT_DUE;
}

enum date_state action_date_state(const struct action *a, day_t today)
{
    enum date_state worst = DATE_CLOSED;

    for (size_t i = 0; i < a->part_count; i++) {
        enum date_state state;

        if (!a->parts[i].known)
            continue;
        state = part_date_state(&a->parts[i], today);
        if (state != DATE_CLOSED && (worst == DATE_CLOSED || state > worst))
            worst = state;
    }
    return worst;
}

int part_days_overdue(const struct part *p, day_t today)
{
    return part_date_state(p, today) == DATE_OVERDUE ? today.n - p->due_on.n : 0;
}

int action_days_overdue(const struct action *a, day_t today)
{
    int most = 0;

    for (size_t i = 0; i < a->part_count; i++) {
        int days = a->parts[i].known ? part_days_overdue(&a->parts[i], today) : 0;

        if (days > most)
            most = days;
    }
    return most;
}

/* NULL: not rated, or not by a rating that the scheme still has. */
static const struct rating *rating_of(const struct part *p, const struct scheme *scheme)
{
    return p->rating >= 0 && (size_t)p->rating < scheme->count ? &scheme->ratings[p->rating] : NULL;
}

/* Amber or red and overdue is no contradiction, nor is a draft not yet rated. */
static unsigned rated_challenge(const struct part *p, const struct rating *r, day_t today)
{
    bool fine = r->meaning == MEANING_COMPLETE || r->meaning == MEANING_ON_TRACK;

    if (status_is_complete(p->status))
        return fine ? 0 : CHALLENGE_STATUS;
    if (part_days_overdue(p, today) > 0 && fine)
        return CHALLENGE_OVERDUE;
    return status_is_open(p->status) && r->meaning == MEANING_COMPLETE ? CHALLENGE_RATING : 0;
}

unsigned part_challenges(const struct part *p, const struct scheme *scheme, day_t today)
{
    const struct rating *r = rating_of(p, scheme);
    unsigned found = r ? rated_challenge(p, r, today) : 0;

    if (status_is_complete(p->status) && !p->evidence)
        found |= CHALLENGE_EVIDENCE;
    return found;
}

static void challenge_begin(struct text *t, const struct part *p)
{
    text_addf(t, "%s%s%s", t->len ? "; " : "", p->label, *p->label ? ": " : "");
}

void part_add_challenge(struct text *t, const struct part *p, const struct scheme *scheme,
                        day_t today)
{
    unsigned found = part_challenges(p, scheme, today);
    const struct rating *r = rating_of(p, scheme);
    int days = part_days_overdue(p, today);

    if (found & ~(unsigned)CHALLENGE_EVIDENCE)
        challenge_begin(t, p);
    if (found & CHALLENGE_STATUS)
        text_addf(t, "%s, status %s", r->label, status_name(p->status));
    else if (found & CHALLENGE_OVERDUE)
        text_addf(t, "%s, %d day%s overdue, not complete", r->label, days, days == 1 ? "" : "s");
    else if (found & CHALLENGE_RATING)
        text_addf(t, "%s, not complete", r->label);
    if (found & CHALLENGE_EVIDENCE) {
        challenge_begin(t, p);
        text_addf(t, "%s, no evidence", status_name(p->status));
    }
}

char *action_challenge(const struct action *a, const struct scheme *scheme, day_t today)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known)
            part_add_challenge(&t, &a->parts[i], scheme, today);
    return t.len ? text_take(&t) : NULL;
}

/* A number is written with its length before it, so that texts compare as numbers do. */
static size_t add_number(struct text *t, const char *digits)
{
    size_t zeros = strspn(digits, "0"), all = strspn(digits, "0123456789"), len = all - zeros;

    text_addf(t, "%02zu", len < 99 ? len : (size_t)99);
    text_add_bytes(t, digits + zeros, len);
    return all;
}

char *action_ref_key(const char *ref)
{
    struct text t = TEXT_INIT;

    text_add(&t, "");
    while (*ref) {
        if (isdigit((unsigned char)*ref)) {
            ref += add_number(&t, ref);
        } else {
            char lower = (char)tolower((unsigned char)*ref++);

            text_add_bytes(&t, &lower, 1);
        }
    }
    return text_take(&t);
}
