#include "engine/suppose.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "engine/reassign.h"
#include "engine/settle.h"
#include "notice/message.h"
#include "store/action.h"
#include "store/deadline.h"
#include "store/person.h"
#include "store/record.h"
#include "store/role.h"

void supposed_clear(struct supposed *x)
{
    free(x->kind);
    free(x->id);
    free(x->what);
    free(x->value);
    *x = (struct supposed){.on = DAY_NONE};
}

/* What a change is done with: the copy, what is supposed, the day, and its value as a date. */
struct change_of {
    struct store *s;
    const struct engine *engine;
    const struct supposed *x;
    day_t today;
};

static int value_day(const struct change_of *c, day_t *ret, struct err *e)
{
    struct when when = {c->x->today, c->engine->holidays};

    return when_date(c->x->value, &when, ret, e);
}

static bool is_none(const struct supposed *x)
{
    return strcmp(x->value, "none") == 0;
}

/* ---- actions ---- */

struct parts {
    int64_t ids[ACTION_PARTS_MAX];
    size_t count;
};

static int note_parts(void *arg, const struct action *a)
{
    struct parts *p = arg;

    for (size_t i = 0; i < a->part_count && p->count < COUNT(p->ids); i++)
        p->ids[p->count++] = a->parts[i].id;
    return 1;
}

static int say(const struct change_of *c, const struct said *said, struct err *e)
{
    struct action_query q = {.as_at = day_from_ymd(9999, 12, 31), .known_at = UTC_NONE};
    struct parts parts = {0};
    struct plan plan;
    int rc;

    if (action_find(c->s, c->x->id, NULL, &q.action_id, &plan, e) < 0)
        return -1;
    rc = action_each(c->s, &q, note_parts, &parts, e);
    for (size_t i = 0; rc == 0 && i < parts.count; i++)
        rc = part_say(c->s, &plan, q.action_id, parts.ids[i], said, c->x->on, NULL, e);
    plan_clear(&plan);
    return rc;
}

static struct said nothing_said(void)
{
    return (struct said){.due_on = DAY_NONE, .completed_on = DAY_NONE};
}

static int action_due(const struct change_of *c, struct err *e)
{
    struct said said = nothing_said();

    said.due = true;
    said.due_precision = is_none(c->x) ? DUE_NONE : DUE_DAY;
    if (!is_none(c->x) && value_day(c, &said.due_on, e) < 0)
        return -1;
    return say(c, &said, e);
}

static int action_status(const struct change_of *c, struct err *e)
{
    struct said said = nothing_said();
    int status = status_parse(c->x->value);

    if (status < 0)
        return err_set(e, ERR_USAGE, "\"%.40s\" is no status", c->x->value);
    said.status = status_name((enum status)status);
    return say(c, &said, e);
}

static int action_owner(const struct change_of *c, struct err *e)
{
    struct said said = nothing_said();
    struct role role;

    if (role_find(c->s, c->x->value, c->today, &role, e) < 0)
        return -1;
    said.owner_id = role.id;
    role_clear(&role);
    return say(c, &said, e);
}

/* ---- deadlines ---- */

static int read_id(const struct supposed *x, int64_t *ret, struct err *e)
{
    char *end;

    *ret = strtoll(x->id, &end, 10);
    return *ret > 0 && !*end
               ? 0
               : err_set(e, ERR_USAGE, "\"%.40s\" is no number of a %s", x->id, x->kind);
}

/* The deadline that is meant, and the day supposed of it. Caller clears. */
static int read_deadline(const struct change_of *c, struct deadline *ret, day_t *ret_day,
                         struct err *e)
{
    int64_t id;

    return read_id(c->x, &id, e) < 0 || value_day(c, ret_day, e) < 0
               ? -1
               : deadline_find(c->s, id, ret, e);
}

/* What a rule yields is not due on another day, but something else may have been written. */
static int deadline_due(const struct change_of *c, struct err *e)
{
    struct deadline d;
    day_t day;
    int rc;

    if (read_deadline(c, &d, &day, e) < 0)
        return -1;
    if (d.rule)
        d.stated_opens_on = d.stated_on = day;
    else
        d.due_on = day;
    rc = d.rule ? deadline_write(c->s, &d, "deadline.state", e) : deadline_update(c->s, &d, e);
    deadline_clear(&d);
    return rc;
}

static int deadline_ended(const struct change_of *c, struct err *e)
{
    struct deadline d;
    day_t day;
    int rc;

    if (read_deadline(c, &d, &day, e) < 0)
        return -1;
    d.ended_on = day;
    rc = deadline_update(c->s, &d, e);
    deadline_clear(&d);
    return rc;
}

static int deadline_submitted(const struct change_of *c, struct err *e)
{
    int64_t id;
    day_t day;

    if (read_id(c->x, &id, e) < 0 || value_day(c, &day, e) < 0)
        return -1;
    return deadline_submit(c->s, id, day, NULL, NULL, e);
}

/* ---- roles ---- */

/* NAME <ADDRESS> */
static int role_holder(const struct change_of *c, struct err *e)
{
    char *name = NULL, *address = NULL;
    int64_t person;
    struct role role;
    bool is_new, changed;
    int rc;

    if (role_find(c->s, c->x->id, c->today, &role, e) < 0)
        return -1;
    rc = mail_address(c->x->value, &name, &address, e);
    if (rc == 0)
        rc = person_ensure(c->s, *name ? name : address, address, &person, &is_new, e);
    if (rc == 0)
        rc = role_assign(c->s, role.id, person, c->x->on, DAY_NONE, "permanent", &changed, e);
    free(name);
    free(address);
    role_clear(&role);
    return rc;
}

/* ---- records ---- */

/* By the name that the option of its command has: from, letter-received-on. */
static const struct record_field *option_find(enum record_kind kind, const char *option)
{
    const struct record_def *def = record_def(kind);

    for (size_t i = 0; i < def->count; i++)
        if (strcmp(def->fields[i].option, option) == 0)
            return &def->fields[i];
    return NULL;
}

static int field_value(const struct change_of *c, const struct record_field *f, char **ret,
                       struct err *e)
{
    char iso[DAY_ISO];
    day_t day;

    if (is_none(c->x)) {
        *ret = NULL;
        return 0;
    }
    if (f->type == FIELD_DAY && value_day(c, &day, e) < 0)
        return -1;
    *ret = xstrdup(f->type == FIELD_DAY ? day_iso(day, iso) : c->x->value);
    return 0;
}

/* What is moved to another day lasts as long as before. */
static void keep_length(struct record *r, const char *was, const char *is)
{
    const struct record_field *to = record_field_find(r->kind, "to_on", strlen("to_on"));
    char **end = to ? record_value(r, "to_on") : NULL, iso[DAY_ISO];
    day_t before, after, last;

    if (!end || !*end || !was || !is || day_parse_iso(was, &before) < 0 ||
        day_parse_iso(is, &after) < 0 || day_parse_iso(*end, &last) < 0)
        return;
    free(*end);
    *end = xstrdup(day_iso(day_add(last, after.n - before.n), iso));
}

static int record_change(const struct change_of *c, enum record_kind kind, struct err *e)
{
    const struct record_field *f = option_find(kind, c->x->what);
    struct record r;
    char *value, **at;
    int64_t id;
    int rc;

    if (!f)
        return err_set(e, ERR_USAGE, "a %s has no %.40s: see csictl help %s update", c->x->kind,
                       c->x->what, c->x->kind);
    if (record_number(kind, c->x->id, &id, e) < 0 || record_find(c->s, kind, id, &r, e) < 0)
        return -1;
    rc = field_value(c, f, &value, e);
    if (rc == 0) {
        at = record_value(&r, f->name);
        if (strcmp(f->name, "from_on") == 0)
            keep_length(&r, *at, value);
        free(*at);
        *at = value;
        rc = record_put(c->s, &r, e);
    }
    record_clear(&r);
    return rc;
}

/* ---- what may be supposed ---- */

static const struct {
    const char *kind, *what;
    bool happens; /* the value is the day on which it happens */
    bool passes;  /* things on to another owner, who is told at once, as by the command */
    int (*change)(const struct change_of *c, struct err *e);
} changes[] = {
    {"action", "due", false, false, action_due},
    {"action", "status", false, false, action_status},
    {"action", "owner", false, true, action_owner},
    {"deadline", "due", false, false, deadline_due},
    {"deadline", "submitted", true, false, deadline_submitted},
    {"deadline", "ended", false, false, deadline_ended},
    {"role", "holder", false, true, role_holder},
};

static int find_change(const struct supposed *x)
{
    for (size_t i = 0; i < COUNT(changes); i++)
        if (strcmp(changes[i].kind, x->kind) == 0 && strcmp(changes[i].what, x->what) == 0)
            return (int)i;
    return -1;
}

static int no_such_change(const struct supposed *x, struct err *e)
{
    struct text known = TEXT_INIT;

    for (size_t i = 0; i < COUNT(changes); i++)
        text_addf(&known, "%s ID %s, ", changes[i].kind, changes[i].what);
    err_set(e, ERR_USAGE,
            "with: \"%.80s\": may be %sor a record and one of its options: visit ID from", x->text,
            known.s);
    text_free(&known);
    return -1;
}

/* ---- reading ---- */

static char *next_word(const char **at)
{
    const char *from = *at + strspn(*at, " ");
    size_t len = strcspn(from, " ");

    *at = from + len + strspn(from + len, " ");
    return xstrndup(from, len);
}

static char *last_on(char *value)
{
    char *found = NULL;

    for (char *at = strstr(value, " on "); at; at = strstr(at + 1, " on "))
        found = at;
    return found;
}

/* A date behind the value is the day from which it holds. */
static void read_day(const struct when *when, struct supposed *x)
{
    char *on = last_on(x->value);
    struct err none;

    if (on && when_date(on + strlen(" on "), when, &x->on, &none) == 0)
        *on = '\0';
}

int suppose_read(const char *text, const struct engine *engine, day_t today, struct supposed *ret,
                 struct err *e)
{
    struct supposed x = {.text = text, .today = today, .on = today};
    struct when when = {today, engine->holidays};
    enum record_kind kind;
    const char *at = text;
    int change, rc = 0;

    x.kind = next_word(&at);
    x.id = next_word(&at);
    x.what = next_word(&at);
    x.value = xstrdup(at);
    change = find_change(&x);
    read_day(&when, &x);
    if (!*x.value || (change < 0 && !record_kind_find(x.kind, strlen(x.kind), &kind)))
        rc = no_such_change(&x, e);
    else if (change >= 0 && changes[change].happens && x.on.n == today.n)
        rc = when_date(x.value, &when, &x.on, e);
    if (rc < 0) {
        supposed_clear(&x);
        return -1;
    }
    *ret = x;
    return 0;
}

/* ---- doing it ---- */

static int change(const struct change_of *c, utc_t now, struct err *e)
{
    int known = find_change(c->x);
    enum record_kind kind;
    int rc;

    if (known >= 0)
        rc = changes[known].change(c, e);
    else if (record_kind_find(c->x->kind, strlen(c->x->kind), &kind))
        rc = record_change(c, kind, e);
    else
        return no_such_change(c->x, e);
    return rc == 0 ? settle(c->s, c->engine, now, NULL, e) : -1;
}

static int change_and_tell(const struct change_of *c, utc_t now, struct err *e)
{
    int known = find_change(c->x);
    struct ownership *before = NULL;
    int rc = 0;

    if (known >= 0 && changes[known].passes)
        rc = ownership_note(c->s, c->engine, now, &before, e);
    if (rc == 0)
        rc = change(c, now, e);
    if (rc == 0 && before)
        rc = reassign_tell(before, e);
    ownership_free(before);
    return rc;
}

int suppose(struct store *copy, const struct engine *engine, utc_t now, const struct supposed *x,
            struct err *e)
{
    struct change_of c = {copy, engine, x, zone_today(engine->zone, now)};

    if (store_begin(copy, "csid", now, e) < 0)
        return -1;
    if (store_end(copy, change_and_tell(&c, now, e), e) < 0)
        return err_within(e, "with: \"%.80s\"", x->text);
    return 0;
}
