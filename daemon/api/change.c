/* What a change is answered with: what was, what is, who will be told. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"

static json_t *list_of(json_t *o, const char *key)
{
    json_t *list = json_object_get(o, key);

    return list ? list : put_list(o, key);
}

void call_changed(struct call *c, const char *what, const char *was, const char *is)
{
    json_t *row = put_row(list_of(c->answer, "changes"));

    put_text(row, "what", what);
    put_text(row, "was", was);
    put_text(row, "is", is);
}

char *change_text(const json_t *change)
{
    const char *was = json_string_value(json_object_get(change, "was"));
    const char *is = json_string_value(json_object_get(change, "is"));

    return xasprintf("%s: %s%s%s", json_string_value(json_object_get(change, "what")),
                     was ? was : "", was ? " → " : "", is ? is : "nothing");
}

void call_changed_day(struct call *c, const char *what, day_t was, day_t is)
{
    char before[DAY_TEXT], after[DAY_TEXT], *told;
    int days = day_is(was) && day_is(is) ? (int)(is.n - was.n) : 0, n = abs(days);
    int unit = n % 7 ? 1 : 7;

    if (day_is(was) == day_is(is) && was.n == is.n)
        return;
    told = day_is(is) ? xstrdup(day_long(is, after)) : NULL;
    if (days) {
        char *both = xasprintf("%s, %d %s%s %s", told, n / unit, unit == 7 ? "week" : "day",
                               n == unit ? "" : "s", days > 0 ? "later" : "earlier");

        free(told);
        told = both;
    }
    call_changed(c, what, day_is(was) ? day_long(was, before) : NULL, told);
    free(told);
}

static day_t day_member(const json_t *o, const char *key)
{
    const char *iso = json_string_value(json_object_get(o, key));
    day_t day;

    return iso && day_parse_iso(iso, &day) == 0 ? day : DAY_NONE;
}

static void compare_column(struct call *c, const json_t *before, const struct column *col)
{
    char what[40], *was, *is;

    snprintf(what, sizeof what, "%s", col->heading);
    for (char *p = what; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    if (col->kind == KIND_DAY) {
        call_changed_day(c, what, day_member(before, col->key), day_member(c->answer, col->key));
        return;
    }
    was = value_text(c, before, col, false);
    is = value_text(c, c->answer, col, false);
    if (col->kind != KIND_TIME && strcmp(was, is) != 0)
        call_changed(c, what, *was ? was : NULL, *is ? is : NULL);
    free(was);
    free(is);
}

void call_compare(struct call *c, const json_t *before)
{
    const struct section *section = &c->view->sections[0];

    for (size_t i = 0; i < section->count; i++)
        compare_column(c, before, &section->columns[i]);
    if (!json_object_get(c->answer, "changes"))
        call_note(c, "nothing changed: it was so already");
}

void call_echo_days(struct call *c)
{
    const struct section *section = &c->view->sections[0];

    for (size_t i = 0; i < section->count; i++)
        if (section->columns[i].kind == KIND_DAY)
            compare_column(c, NULL, &section->columns[i]);
}

void call_note(struct call *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    json_array_append_new(list_of(c->answer, "notes"), json_vsprintf(fmt, ap));
    va_end(ap);
}

void call_note_args(const struct call *c)
{
    json_t *notes = json_object_get(c->args, "#notes");

    if (!notes)
        return;
    json_array_extend(notes, json_object_get(c->answer, "notes"));
    json_object_set(c->answer, "notes", notes);
}

void call_told(struct call *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    json_array_append_new(list_of(c->answer, "told"), json_vsprintf(fmt, ap));
    va_end(ap);
}
