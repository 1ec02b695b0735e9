#include "api/govuk.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum { EVENTS_MAX = 2000, TITLE_MAX = 200, FIRST_YEAR = 1900 };

/* As the list built in writes it: straight apostrophes, and what the notes say of the day behind
 * the name. Caller frees. */
static char *name_of(const char *title, const char *notes)
{
    static const char apostrophe[] = "\xe2\x80\x99";
    struct text t = TEXT_INIT;
    char *line = text_one_line(title);

    for (const char *s = line; *s; s++) {
        bool curly = strncmp(s, apostrophe, strlen(apostrophe)) == 0;

        text_add_bytes(&t, curly ? "'" : s, 1);
        if (curly)
            s += strlen(apostrophe) - 1;
    }
    if (strcasecmp(notes, "Substitute day") == 0)
        text_add(&t, " (substitute day)");
    free(line);
    return text_take(&t);
}

/* A text member, `none` when it is not there; NULL when it is something else, or too long. */
static const char *member(const json_t *event, const char *key, const char *none)
{
    const json_t *value = json_object_get(event, key);
    const char *text = value ? json_string_value(value) : none;

    return text && strlen(text) <= TITLE_MAX ? text : NULL;
}

static int read_event(const json_t *event, struct holidays *list, struct err *e)
{
    const char *title = member(event, "title", NULL), *date = member(event, "date", NULL);
    const char *notes = member(event, "notes", "");
    const json_t *bunting = json_object_get(event, "bunting");
    int year, month, of_month;
    char *name;
    day_t day;
    bool added;

    if (!json_is_object(event))
        return err_set(e, ERR_REFUSED, "is no object with title and date");
    if (!title || !title[strspn(title, " ")])
        return err_set(e, ERR_REFUSED, "title: wants a text of up to %d bytes", TITLE_MAX);
    if (!date || day_parse_iso(date, &day) < 0)
        return err_set(e, ERR_REFUSED, "date: wants a day such as \"2026-12-25\"");
    day_to_ymd(day, &year, &month, &of_month);
    if (year < FIRST_YEAR)
        return err_set(e, ERR_REFUSED, "date: %s is before %d", date, FIRST_YEAR);
    if (!notes || (bunting && !json_is_boolean(bunting)))
        return err_set(e, ERR_REFUSED, "%s",
                       !notes ? "notes: wants a short text" : "bunting: wants true or false");
    name = name_of(title, notes);
    added = holidays_add(list, day, name);
    free(name);
    return added ? 0 : err_set(e, ERR_REFUSED, "date: %s is there twice", date);
}

static int read_division(const char *name, const json_t *division, struct holidays *list,
                         struct err *e)
{
    const json_t *events = json_object_get(division, "events"), *event;
    const json_t *called = json_object_get(division, "division");
    size_t i;

    if (!json_is_object(division) || !json_is_array(events))
        return err_set(e, ERR_REFUSED, "wants an object with a list of events");
    if (called && (!json_is_string(called) || strcmp(json_string_value(called), name) != 0))
        return err_set(e, ERR_REFUSED, "its member division names another");
    if (json_array_size(events) == 0)
        return err_set(e, ERR_REFUSED, "the list of events is empty");
    if (json_array_size(events) > EVENTS_MAX)
        return err_set(e, ERR_REFUSED, "more than %d events", EVENTS_MAX);
    json_array_foreach(events, i, event)
    {
        if (read_event(event, list, e) < 0)
            return err_within(e, "event %zu", i + 1);
    }
    return 0;
}

static int place_of(const char *division, struct err *e)
{
    char *line;

    for (int i = 0; i < HOLIDAYS_DIVISIONS; i++)
        if (strcmp(division, holidays_divisions[i]) == 0)
            return i;
    line = text_one_line(division);
    err_set(e, ERR_REFUSED,
            "\"%.40s\" is no division; they are england-and-wales, scotland and northern-ireland",
            line);
    free(line);
    return -1;
}

static int read_all(const json_t *root, struct holidays *lists[HOLIDAYS_DIVISIONS], struct err *e)
{
    const char *name;
    json_t *division;

    if (!json_is_object(root) || json_object_size(root) == 0)
        return err_set(e, ERR_REFUSED,
                       "it is no JSON object with divisions, as GOV.UK's bank-holidays.json is");
    json_object_foreach((json_t *)root, name, division)
    {
        int place = place_of(name, e);

        if (place < 0)
            return -1;
        lists[place] = holidays_new(name);
        if (read_division(name, division, lists[place], e) < 0)
            return err_within(e, "%s", name);
    }
    return 0;
}

int govuk_read(const void *json, size_t len, struct holidays *ret[HOLIDAYS_DIVISIONS],
               struct err *e)
{
    struct holidays *lists[HOLIDAYS_DIVISIONS] = {NULL};
    json_error_t je;
    json_t *root;
    int rc;

    if (len > GOVUK_MAX_BYTES)
        return err_set(e, ERR_TOOBIG, "a list of bank holidays has at most 1 MiB");
    if (len >= 3 && memcmp(json, "\xef\xbb\xbf", 3) == 0) {
        json = (const char *)json + 3;
        len -= 3;
    }
    if (len == 0)
        return err_set(e, ERR_REFUSED, "the file is empty");
    root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &je);
    if (!root)
        return err_set(e, ERR_REFUSED, "it is no JSON: line %d, column %d: %s", je.line, je.column,
                       je.text);
    rc = read_all(root, lists, e);
    json_decref(root);
    for (size_t i = 0; i < HOLIDAYS_DIVISIONS; i++)
        if (rc < 0)
            holidays_free(lists[i]);
        else
            ret[i] = lists[i];
    return rc;
}
