#include "api/record_told.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* As the check visits-ahead does: inspections and monitoring visits that are still to come. */
static bool is_announced(struct record *r)
{
    return r->kind == RECORD_INSPECTION ||
           (r->kind == RECORD_VISIT && strcmp(*record_value(r, "kind"), "monitoring") == 0);
}

/* Whom a check tells of records of that kind, and of what. */
static const char *const upkeep_told[RECORD_KINDS] = {
    [RECORD_AUDIT] = "its owner, else programme-office, once its month is past and what was learnt "
                     "is not shared",
    [RECORD_MEASURE] = "its owner and programme-office, when it is not fed or misses its target",
    [RECORD_VALUE] = "the measure's owner and programme-office, when it misses the target",
    [RECORD_RISK] = "its owner and programme-office, when it is not reviewed or a reply is overdue",
};

/* The chair is reminded of the dates that a notice or direction names, and of none that csid makes
 * up. */
static void note_unasked(struct call *c, struct record *r)
{
    const char *kind = r->kind == RECORD_INSTRUMENT ? *record_value(r, "kind") : "";

    if (text_has_word("improvement-notice statutory-direction", kind) &&
        !*record_value(r, "first_report_on") && !*record_value(r, "lifted_on") &&
        !record_is_cancelled(r))
        call_note(c,
                  "the chair of the improvement board is reminded of no report: where one is asked "
                  "for, csictl "
                  "instrument update %lld --first-report DATE",
                  (long long)r->id);
}

/* A year mistyped would make what follows overdue by a year. */
static void note_early(struct call *c, struct record *r)
{
    static const char *const after[] = {"received_on", "published_on", "planning_on"};
    day_t last, day;

    if (r->kind != RECORD_INSPECTION || day_parse_iso(*record_value(r, "to_on"), &last) < 0)
        return;
    for (size_t i = 0; i < COUNT(after); i++) {
        const char *value = *record_value(r, after[i]);
        char early[DAY_TEXT], end[DAY_TEXT], *heading;

        if (!value || day_parse_iso(value, &day) < 0 || day.n >= last.n)
            continue;
        heading = xstrdup(record_field_find(r->kind, after[i], strlen(after[i]))->heading);
        heading[0] = (char)tolower((unsigned char)heading[0]);
        call_note(c, "%s: %s is before the inspection's last day, %s: is the year right?", heading,
                  day_weekday_short(day, early), day_weekday_short(last, end));
        free(heading);
    }
}

static void tell_announced(struct call *c)
{
    const struct ladder *l = &c->api->engine->policy.ladders[POLICY_visits];
    char *when = ladder_before_text(l);

    if (l->count)
        call_told(c, "director and programme-office, %s", when);
    else
        call_told(c, "nobody that it is near: reminders.visits has no day before it");
    free(when);
}

/* What was cancelled: "it", or what it stands under ("instrument:2"); NULL where neither was.
 * Caller frees. */
static int find_cancelled(struct call *c, const struct record *r, char **ret, struct err *e)
{
    const struct record_field *parent = record_parent(r->kind);
    const char *over = parent ? r->values[0] : NULL;
    bool cancelled = record_is_cancelled(r);
    enum record_kind kind;
    struct record above;
    int64_t id;

    if (!cancelled && over && record_kind_find(parent->limit, strlen(parent->limit), &kind)) {
        if (record_number(kind, over, &id, e) < 0 ||
            record_find(c->api->store, kind, id, &above, e) < 0)
            return -1;
        *ret = record_is_cancelled(&above) ? xstrdup(over) : NULL;
        record_clear(&above);
        return 0;
    }
    *ret = cancelled ? xstrdup("it") : NULL;
    return 0;
}

/* Whether somebody owes what follows; of what was cancelled, more than that it has ended. */
static bool is_owed(const json_t *answer, bool cancelled)
{
    const json_t *follows = json_object_get(answer, "follows");

    for (size_t i = 0; i < json_array_size(follows); i++) {
        const json_t *change = json_object_get(json_array_get(follows, i), "change");

        if (!cancelled || strcmp(json_string_value(change), "ended") != 0)
            return true;
    }
    return false;
}

int record_told_add(struct call *c, struct record *r, struct err *e)
{
    bool follows, announced = is_announced(r);
    const char *from = announced ? *record_value(r, "from_on") : NULL;
    char *cancelled;
    day_t day;

    if (find_cancelled(c, r, &cancelled, e) < 0)
        return -1;
    note_unasked(c, r);
    note_early(c, r);
    follows = is_owed(c->answer, cancelled != NULL);
    if (follows)
        call_told(c, "whoever owes what follows, on its days: csictl deadline show ID");
    if (cancelled && !follows)
        call_told(c, "nobody: %s is cancelled", cancelled);
    else if (!cancelled && from && day_parse_iso(from, &day) == 0 && day.n > c->when.today.n)
        tell_announced(c);
    else if (!cancelled && upkeep_told[r->kind])
        call_told(c, "%s", upkeep_told[r->kind]);
    else if (!follows)
        call_told(c, announced ? "nobody: it is not ahead"
                               : "nobody: only inspections and monitoring visits are announced");
    free(cancelled);
    return 0;
}
