#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/import_impl.h"

static char *in_short(const char *s)
{
    char *line = text_one_line(s);
    int cut = import_cut(line);
    char *ret = xasprintf("%.*s%s", cut, line, line[cut] ? "…" : "");

    free(line);
    return ret;
}

void import_words(struct text *words, const char *label, const char *before, const char *after,
                  const char *none)
{
    char *b = in_short(before && *before ? before : none);
    char *a = in_short(after && *after ? after : none);

    text_addf(words, "%s%s %s → %s", words->len ? "; " : "", label, b, a);
    free(b);
    free(a);
}

/* Of an update: what a cell says is compared with what holds; where they agree nothing is said. */
struct comparison {
    const struct import *im;
    const struct import_row *row;
    const struct part *held;
    struct said *said;
    struct text *words;
    const char *prefix; /* "a: " for a part */
};

static void tell(const struct comparison *c, const char *field, const char *before,
                 const char *after, const char *none)
{
    char *label = xasprintf("%s%s", c->prefix, field);

    import_words(c->words, label, before, after, none);
    free(label);
}

static const char *rating_code(const struct comparison *c, int rating)
{
    return rating < 0 ? "" : c->im->plan.scheme.ratings[rating].code;
}

static void compare_rating(const struct comparison *c)
{
    if (!c->row->text[FIELD_RATING] || c->row->rating == c->held->rating)
        return;
    c->said->rating = rating_code(c, c->row->rating);
    tell(c, "rating", rating_code(c, c->held->rating), c->said->rating, "none");
}

/* An import may set any status; where it sets none, something new is agreed, or under way once it
 * is rated. */
static void compare_status(const struct comparison *c)
{
    bool known = c->held->known;
    int status = c->row->status;

    if (status < 0 && !known)
        status = c->row->rating >= 0 ? STATUS_IN_PROGRESS : STATUS_AGREED;
    if (status < 0 || (known && status == (int)c->held->status))
        return;
    c->said->status = status_name((enum status)status);
    tell(c, "status", known ? status_name(c->held->status) : "", c->said->status, "none");
}

static const char *due_words(enum due_precision precision, day_t on, const char *text,
                             char buffer[DAY_ISO])
{
    if (text && *text)
        return text;
    if (day_is(on))
        return day_iso(on, buffer);
    return precision == DUE_ONGOING ? "ongoing" : "";
}

static void compare_due(const struct comparison *c)
{
    const struct import_row *r = c->row;
    const struct part *h = c->held;
    const char *cell = r->text[FIELD_DUE], *text;
    char before[DAY_ISO], after[DAY_ISO];

    if (!cell)
        return;
    text = r->due_precision == DUE_DAY || !*cell ? NULL : cell;
    if (r->due_precision == h->due_precision && r->due_on.n == h->due_on.n &&
        strcmp(text ? text : "", h->due_text ? h->due_text : "") == 0)
        return;
    c->said->due = true;
    c->said->due_on = r->due_on;
    c->said->due_precision = r->due_precision;
    c->said->due_text = text;
    tell(c, "due", due_words(h->due_precision, h->due_on, h->due_text, before),
         due_words(r->due_precision, r->due_on, text, after), "none");
}

/* Who owns it is said as a role's title; its id is the caller's to find. */
static void compare_owner(const struct comparison *c)
{
    const char *owner = c->row->text[FIELD_OWNER];
    const char *held = c->held->owner_title ? c->held->owner_title : "";

    if (owner && *owner && strcasecmp(owner, held) != 0) {
        const struct import_role *role = import_role(c->im, owner);

        c->said->owner_id = role->id;
        tell(c, "owner", held, owner, "nobody");
    }
}

static void compare_completed(const struct comparison *c)
{
    int status = c->row->status >= 0 ? c->row->status : c->held->known ? (int)c->held->status : -1;
    day_t on = c->row->completed_on;
    char before[DAY_ISO], after[DAY_ISO];

    if (!day_is(on) || status < 0 || !status_is_complete((enum status)status) ||
        on.n == c->held->completed_on.n)
        return;
    c->said->completed_on = on;
    tell(c, "completed", day_iso(c->held->completed_on, before), day_iso(on, after), "no date");
}

void import_compare(const struct import *im, const struct import_row *row, const struct part *held,
                    struct said *said, struct text *words)
{
    static void (*const fields[])(const struct comparison *c) = {
        compare_rating, compare_status, compare_due, compare_owner, compare_completed};
    char *prefix = *held->label ? xasprintf("%s: ", held->label) : xstrdup("");
    struct comparison c = {im, row, held, said, words, prefix};

    *said = (struct said){.due_on = DAY_NONE, .completed_on = DAY_NONE};
    for (size_t i = 0; i < COUNT(fields); i++)
        fields[i](&c);
    free(prefix);
}
