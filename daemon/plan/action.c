#include "plan/action.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define SOON_DAYS 28

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
    return p->due_on.n - today.n <= SOON_DAYS ? DATE_DUE_SOON : DATE_NOT_DUE;
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

/* Amber or red and overdue is no contradiction, nor is a draft not yet rated. */
static void challenge_part(struct text *t, const struct part *p, const struct rating *r,
                           day_t today)
{
    int days = part_days_overdue(p, today);
    const char *of = *p->label ? ": " : "";

    if (status_is_complete(p->status) && r->meaning != MEANING_COMPLETE &&
        r->meaning != MEANING_ON_TRACK)
        text_addf(t, "%s%s%s%s, status %s", t->len ? "; " : "", p->label, of, r->label,
                  status_name(p->status));
    else if (days > 0 && (r->meaning == MEANING_COMPLETE || r->meaning == MEANING_ON_TRACK))
        text_addf(t, "%s%s%s%s, %d day%s overdue, not complete", t->len ? "; " : "", p->label, of,
                  r->label, days, days == 1 ? "" : "s");
    else if (status_is_open(p->status) && r->meaning == MEANING_COMPLETE)
        text_addf(t, "%s%s%s%s, not complete", t->len ? "; " : "", p->label, of, r->label);
}

char *action_challenge(const struct action *a, const struct scheme *scheme, day_t today)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (p->known && p->rating >= 0 && (size_t)p->rating < scheme->count)
            challenge_part(&t, p, &scheme->ratings[p->rating], today);
    }
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
