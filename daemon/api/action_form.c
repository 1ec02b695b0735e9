#include "api/action_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/action.h"

int call_rated(const struct call *c, const struct scheme *scheme, int *ret, struct err *e)
{
    const char *word = call_text(c, "rating"), **words;
    int rc = 0;

    if (!word)
        *ret = RATING_ANY;
    else if (!*word || strcmp(word, "unrated") == 0)
        *ret = RATING_UNRATED;
    else if ((*ret = scheme_rating(scheme, word)) < 0) {
        words = xcalloc(scheme->count + 1, sizeof *words);
        for (size_t i = 0; i < scheme->count; i++)
            words[i] = scheme->ratings[i].code;
        words[scheme->count] = "unrated";
        rc = call_no_word(c, "rating", words, scheme->count + 1, e);
        free(words);
    }
    return rc;
}

int call_status(const struct call *c, int *ret, struct err *e)
{
    const char *word = call_text(c, "status"), *words[STATUS_COUNT];

    *ret = word ? status_parse(word) : -1;
    if (!word || *ret >= 0)
        return 0;
    for (int i = 0; i < STATUS_COUNT; i++)
        words[i] = status_name((enum status)i);
    return call_no_word(c, "status", words, STATUS_COUNT, e);
}

static void put_due(json_t *o, const struct part *p)
{
    static const char *const precisions[] = {
        [DUE_DAY] = "day",   [DUE_MONTH] = "month",     [DUE_QUARTER] = "quarter",
        [DUE_YEAR] = "year", [DUE_ONGOING] = "ongoing", [DUE_NONE] = "none"};

    put_day(o, "due_on", p->due_on);
    put_text(o, "due_precision", precisions[p->due_precision]);
    put_text(o, "due_text", p->due_text);
}

static void put_part(const struct call *c, json_t *o, const struct part *p,
                     const struct scheme *scheme)
{
    put_text(o, "part", p->label);
    put_text(o, "rating", p->rating < 0 ? NULL : scheme->ratings[p->rating].code);
    put_text(o, "status", status_name(p->status));
    put_due(o, p);
    put_text(o, "owner", p->owner);
    put_text(o, "owner_title", p->owner_title);
    put_text(o, "date_state", date_state_name(part_date_state(p, c->when.today)));
    put_int(o, "days_overdue", part_days_overdue(p, c->when.today));
    put_day(o, "completed_on", p->completed_on);
}

/* The part that speaks for the whole: the most pressing open one, else the first known. */
static const struct part *leading_part(const struct action *a, day_t today)
{
    const struct part *lead = NULL;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known)
            continue;
        if (!lead || (status_is_open(p->status) && !status_is_open(lead->status)) ||
            (status_is_open(p->status) == status_is_open(lead->status) &&
             part_date_state(p, today) != DATE_CLOSED &&
             part_date_state(p, today) > part_date_state(lead, today)))
            lead = p;
    }
    return lead ? lead : &a->parts[0];
}

static void put_recommendations(json_t *o, const char *refs)
{
    json_t *rows = put_list(o, "recommendations");

    while (refs && *refs) {
        size_t len = strcspn(refs, ",");

        json_array_append_new(rows, json_stringn(refs, len));
        refs += len;
        refs += strspn(refs, ", ");
    }
}

void put_action(struct call *c, json_t *o, const struct action *a, const struct scheme *scheme)
{
    const struct part *lead = leading_part(a, c->when.today);
    char *challenge = action_challenge(a, scheme, c->when.today);
    json_t *parts;

    put_text(o, "plan", a->plan);
    put_text(o, "ref", a->ref);
    put_int(o, "priority", a->priority);
    put_text(o, "priority_title", a->priority_title);
    put_text(o, "title", a->title);
    put_text(o, "success_measure", a->success_measure);
    put_text(o, "owner", lead->owner);
    put_text(o, "owner_title", lead->owner_title);
    put_text(o, "accountable", a->accountable);
    put_text(o, "accountable_title", a->accountable_title);
    put_day(o, "start_on", a->start_on);
    put_due(o, lead);
    put_day(o, "original_due_on", a->original_due_on);
    put_text(o, "rating", lead->rating < 0 ? NULL : scheme->ratings[lead->rating].code);
    put_text(o, "status", status_name(lead->status));
    put_text(o, "date_state", date_state_name(action_date_state(a, c->when.today)));
    put_int(o, "days_overdue", action_days_overdue(a, c->when.today));
    put_day(o, "completed_on", lead->completed_on);
    put_utc(o, "updated_at", a->updated_at);
    put_recommendations(o, a->recommendations);
    put_text(o, "challenge", challenge);
    parts = put_list(o, "parts");
    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known && *a->parts[i].label)
            put_part(c, put_row(parts), &a->parts[i], scheme);
    put_int(o, "version", a->version);
    free(challenge);
}

void call_evidence_free(struct evidence *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        evidence_clear(&all[i]);
    free(all);
}

int call_evidence(const struct call *c, struct evidence **ret, size_t *ret_count, struct err *e)
{
    const json_t *given = json_object_get(c->args, "evidence"), *text;
    struct evidence *all = xcalloc(json_array_size(given) + 1, sizeof *all);
    size_t i, count = 0;

    json_array_foreach(given, i, text)
    {
        if (evidence_read(json_string_value(text), &all[count], e) < 0) {
            call_evidence_free(all, count);
            return err_within(e, "evidence");
        }
        count++;
    }
    *ret = all;
    *ret_count = count;
    return 0;
}
