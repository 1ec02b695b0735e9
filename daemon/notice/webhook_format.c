#include "notice/webhook_format.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/webhook_event.h"

enum {
    HEADER_MAX = 150,
    REF_MAX = 80,
    TITLE_MAX = 200,
    NOTE_MAX = 160,
    NAME_MAX = 100
}; /* characters */

const struct webhook_format webhook_formats[] = {
    {"standard", "application/json", true, webhook_standard},
    {"cloudevents", "application/cloudevents+json", false, webhook_cloudevent},
    {"teams", "application/json", false, webhook_card},
    {"slack", "application/json", false, webhook_slack},
};
const size_t webhook_format_count = COUNT(webhook_formats);

const struct webhook_format *webhook_format_find(const char *name)
{
    for (size_t i = 0; i < webhook_format_count; i++)
        if (strcmp(webhook_formats[i].name, name) == 0)
            return &webhook_formats[i];
    return NULL;
}

/* ---- for programs ---- */

char *webhook_standard(const struct webhook_call *c)
{
    struct text t = TEXT_INIT;
    char when[UTC_ISO];

    text_add(&t, "{\"type\":");
    text_add_json(&t, c->type);
    text_addf(&t, ",\"timestamp\":\"%s\",\"data\":", utc_iso(c->at, when));
    text_add(&t, c->data);
    text_add(&t, "}");
    return text_take(&t);
}

/* Whose csid it is, as a relative URI (RFC 3986): what is not unreserved is percent-encoded. */
static void add_source(struct text *t, const char *organisation)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";

    text_add(t, "\"/csid/");
    for (; *organisation; organisation++) {
        if (strchr(unreserved, *organisation))
            text_add_bytes(t, organisation, 1);
        else
            text_addf(t, "%%%02X", (unsigned char)*organisation);
    }
    text_add(t, "\"");
}

/* CloudEvents wants a subject that is not empty: the one item, or the plan, or the check. */
static const char *subject_of(const struct webhook_call *c)
{
    const char *ref = c->count == 1 && c->item_count == 1 ? c->items[0].ref : NULL;

    return ref && *ref ? ref : c->plan && *c->plan ? c->plan : c->check;
}

char *webhook_cloudevent(const struct webhook_call *c)
{
    struct text t = TEXT_INIT;
    char when[UTC_ISO];

    text_add(&t, "{\"specversion\":\"1.0\",\"id\":");
    text_add_json(&t, c->id);
    text_add(&t, ",\"source\":");
    add_source(&t, c->organisation);
    text_add(&t, ",\"type\":");
    text_add_json(&t, c->type);
    text_add(&t, ",\"subject\":");
    text_add_json(&t, subject_of(c));
    text_addf(&t, ",\"time\":\"%s\",\"datacontenttype\":\"application/json\",\"data\":",
              utc_iso(c->at, when));
    text_add(&t, c->data);
    text_add(&t, "}");
    return text_take(&t);
}

/* ---- for people ---- */

/* One line of at most so many characters. Caller frees. */
static char *cut(const char *s, size_t most)
{
    char *line = text_one_line(s);
    size_t len = strlen(line), at = 0, last = 0;

    for (size_t n = 0; at < len && n < most; n++) {
        last = at;
        at += utf8_char(line + at, len - at, NULL);
    }
    if (at < len) { /* the last of them gives way to the sign that there is more */
        struct text t = TEXT_INIT;

        text_add_bytes(&t, line, last);
        text_add(&t, "…");
        free(line);
        return text_take(&t);
    }
    return line;
}

static void add_cut(struct text *t, const char *before, const char *s, size_t most)
{
    char *line = cut(s, most);

    text_add(t, before);
    text_add(t, line);
    free(line);
}

char *webhook_headline(const struct webhook_call *c)
{
    const struct webhook_event *event = webhook_event_find(c->type);
    char *line, *text;

    if (!event)
        return xasprintf("%s: %zu", c->type, c->count);
    line = xasprintf("%zu %s", c->count, c->count == 1 ? event->one : event->many);
    text = cut(line, HEADER_MAX);
    free(line);
    return text;
}

char *webhook_context(const struct webhook_call *c)
{
    struct text t = TEXT_INIT;
    char day[DAY_TEXT];

    add_cut(&t, "", c->organisation, NAME_MAX);
    if (c->plan)
        add_cut(&t, ", ", c->plan, NAME_MAX);
    text_addf(&t, ", as at %s", day_short(c->today, day));
    return text_take(&t);
}

char *webhook_name_of(const struct webhook_item *i)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    if (i->ref && *i->ref) {
        add_cut(&t, "", i->ref, REF_MAX);
        text_add(&t, " ");
    }
    add_cut(&t, "", i->title, TITLE_MAX);
    return text_take(&t);
}

static void add_days(struct text *t, int days)
{
    const char *s = days == 1 || days == -1 ? "" : "s";

    if (days == 0)
        text_add(t, "today");
    else if (days < 0)
        text_addf(t, "%d day%s over", -days, s);
    else
        text_addf(t, "in %d day%s", days, s);
}

char *webhook_when_of(const struct webhook_item *i, day_t today)
{
    struct text t = TEXT_INIT;
    char day[DAY_TEXT];

    if (day_is(i->on)) {
        text_addf(&t, "%s, ", day_short(i->on, day));
        add_days(&t, i->on.n - today.n);
    }
    if (i->note && *i->note)
        add_cut(&t, t.len ? "; " : "", i->note, NOTE_MAX);
    return t.len ? text_take(&t) : NULL;
}

char *webhook_more(const struct webhook_call *c, size_t shown)
{
    return shown < c->count && shown ? xasprintf("and %zu more", c->count - shown) : NULL;
}

char *webhook_command(const struct webhook_call *c)
{
    const struct webhook_event *event = webhook_event_find(c->type);

    if (!event)
        return xstrdup("csictl status");
    if (event->plan != PLAN_NONE && c->plan)
        return xasprintf("csictl %s --plan %s", event->command, c->plan);
    return xasprintf("csictl %s%s", event->command, event->plan == PLAN_ONE ? " --plan SLUG" : "");
}
