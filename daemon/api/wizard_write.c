/* Records and roles out of a wizard's answers; what is there already is found and left as it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/wizard.h"
#include "base/mem.h"
#include "store/person.h"
#include "store/role.h"

/* ---- what is to be ---- */

static void set_value(struct record *r, const struct record_field *f, const char *value)
{
    char **at = record_value(r, f->name);

    free(*at);
    *at = xstrdup(value);
}

/* "kind=board chair=…" */
static void set_given(struct record *r, const char *given)
{
    for (const char *at = given; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " "), name = strcspn(at, "=");
        char *value = xstrndup(at + name + 1, len - name - 1);

        set_value(r, record_field_find(r->kind, at, name), value);
        free(value);
        at += len;
    }
}

struct writing {
    struct call *call;
    const struct wizard *wizard;
    json_t *written;
    char *refs[RECORD_KINDS]; /* "inspection:1", what others stand under */
};

static void set_parent(const struct writing *g, struct record *r)
{
    const struct record_field *parent = record_parent(r->kind);
    enum record_kind above;

    if (parent && record_kind_find(parent->limit, strlen(parent->limit), &above) && g->refs[above])
        set_value(r, parent, g->refs[above]);
}

/* The values of the part's questions; of a list those of its item `n`. */
static void set_answers(const struct writing *g, enum wizard_part part, size_t n, struct record *r)
{
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_question *q = &wizard_questions[i];
        const struct wizard_answer *a = &g->wizard->answers[i];
        size_t k = q->type == WIZARD_LIST ? n : 0;

        if (q->part != part || k >= a->count)
            continue;
        set_value(r, wizard_field(q, 0), a->values[k].first);
        if (a->values[k].second)
            set_value(r, wizard_field(q, 1), a->values[k].second);
    }
}

/* ---- what is there ---- */

struct search {
    struct record *wanted;
    const char *key;
    int64_t id; /* 0: none is like it */
};

static bool in_key(const char *key, const struct record_field *f)
{
    return wizard_lists(key, f->name);
}

static int compare(void *arg, const struct record *r)
{
    struct search *s = arg;
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++)
        if (in_key(s->key, &def->fields[i]) &&
            (!r->values[i] || strcasecmp(r->values[i], s->wanted->values[i]) != 0))
            return 0;
    s->id = r->id;
    return !record_is_cancelled(r); /* else only where no other is like it */
}

static bool has_key(const struct record *r, const char *key)
{
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++)
        if (in_key(key, &def->fields[i]) && !r->values[i])
            return false;
    return true;
}

/* Puts into `r` what is wanted; of what is there the key stays as it is, and what is given fills
 * gaps. */
static void merge(struct record *r, const struct record *wanted, const struct wizard_part_def *part)
{
    const struct record_def *def = record_def(r->kind);
    struct record given = {.kind = r->kind};

    set_given(&given, part->given);
    for (size_t i = 0; i < def->count; i++) {
        bool keeps = in_key(part->key, &def->fields[i]) || given.values[i];

        if (wanted->values[i] && !(keeps && r->values[i]))
            set_value(r, &def->fields[i], wanted->values[i]);
    }
    record_clear(&given);
}

/* ---- what is told of it ---- */

static void add_field(struct text *t, const struct record_field *f, const char *value)
{
    char human[DAY_TEXT];
    day_t day;

    if (f->type == FIELD_DAY && day_parse_iso(value, &day) == 0)
        value = day_weekday_short(day, human);
    text_addf(t, "%s%s: %s", t->len ? "; " : "", f->heading, value);
}

/* What differs, or, where nothing does, what it was found by. */
static char *told(const struct record *was, const struct record *is, const char *key, bool changed)
{
    const struct record_def *def = record_def(is->kind);
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < def->count; i++) {
        const char *a = was->values[i], *b = is->values[i];

        if (b && def->fields[i].type != FIELD_REF &&
            (changed ? !a || strcmp(a, b) != 0 : in_key(key, &def->fields[i])))
            add_field(&t, &def->fields[i], b);
    }
    return text_take(&t);
}

static void put_written(json_t *written, const char *about, const char *change, const char *text)
{
    json_t *row = put_row(written);

    put_text(row, "about", about);
    put_text(row, "change", change);
    put_text(row, "text", text);
}

/* ---- writing ---- */

static int find_like(struct call *c, struct search *s, struct record *ret, struct err *e)
{
    enum record_kind kind = s->wanted->kind;

    if (record_each(c->api->store, kind, compare, s, e) < 0)
        return -1;
    return s->id ? record_find(c->api->store, kind, s->id, ret, e) : 0;
}

/* ---- a second one ---- */

struct beside {
    const struct wizard_part_def *part;
    const struct record *is;
    int64_t id; /* the latest that is near it and has not ended; 0: none */
    char *text; /* what it says in its key */
};

static int look_beside(void *arg, const struct record *r)
{
    struct beside *b = arg;
    const struct record_def *def = record_def(r->kind);

    if (r->id == b->is->id)
        return 0;
    for (size_t i = 0; i < def->count; i++) {
        const char *mine = b->is->values[i], *its = r->values[i];

        if (in_key(b->part->near, &def->fields[i]) && (!mine || !its || strcmp(mine, its) != 0))
            return 0;
        if (its && in_key(b->part->ends, &def->fields[i]))
            return 0;
    }
    b->id = r->id;
    free(b->text);
    b->text = told(r, r, b->part->key, false);
    return 0;
}

/* A day put right in the answers is another record's: who meant the one that stands can still stop.
 */
static void note_second(struct call *c, const struct beside *b)
{
    const struct record_def *def = record_def(b->is->kind);
    struct text right = TEXT_INIT;

    text_clear(&right);
    for (size_t i = 0; i < def->count; i++)
        if (in_key(b->part->key, &def->fields[i]) && !in_key(b->part->near, &def->fields[i]))
            text_addf(&right, " --%s \"%s\"", def->fields[i].option, b->is->values[i]);
    call_note(c,
              "%s:%" PRId64 " is a second one: %s:%" PRId64
              " (%s) stands already and stays. If both "
              "are one and the same, do not write this, but first: csictl %s update %" PRId64 "%s",
              def->name, b->is->id, def->name, b->id, b->text, def->name, b->id, right.s);
    text_free(&right);
}

static int note_if_second(struct call *c, const struct wizard_part_def *part,
                          const struct record *is, struct err *e)
{
    struct beside b = {part, is, 0, NULL};
    int rc = *part->near ? record_each(c->api->store, is->kind, look_beside, &b, e) : 0;

    if (rc == 0 && b.id)
        note_second(c, &b);
    free(b.text);
    return rc;
}

/* ---- writing ---- */

/* The answers do not say that it stands again: that is the officer's to say. */
static void note_cancelled(struct call *c, const struct record *r)
{
    const char *name = record_def(r->kind)->name;

    call_note(c,
              "%s:%" PRId64
              " is cancelled, and nothing follows from it. Where it stands after all: "
              "csictl %s update %" PRId64 " --cancelled-on=",
              name, r->id, name, r->id);
}

static int put_record(struct writing *g, const struct wizard_part_def *part, struct record *wanted,
                      struct err *e)
{
    struct record was = {.kind = part->kind}, is = {.kind = part->kind};
    struct search s = {wanted, part->key, 0};
    int rc = find_like(g->call, &s, &was, e);

    if (rc == 0 && s.id)
        rc = record_find(g->call->api->store, part->kind, s.id, &is, e);
    if (rc == 0) {
        merge(&is, wanted, part);
        rc = record_put(g->call->api->store, &is, e);
    }
    if (rc == 0) {
        bool changed = is.version != was.version;
        char *text = told(&was, &is, part->key, changed);

        free(g->refs[part->kind]);
        g->refs[part->kind] = xasprintf("%s:%lld", record_def(part->kind)->name, (long long)is.id);
        put_written(g->written, g->refs[part->kind],
                    !was.id   ? "new"
                    : changed ? "changed"
                              : "unchanged",
                    text);
        free(text);
    }
    if (rc == 0 && record_is_cancelled(&is))
        note_cancelled(g->call, &is);
    if (rc == 0 && !was.id)
        rc = note_if_second(g->call, part, &is, e);
    record_clear(&was);
    record_clear(&is);
    return rc;
}

/* How many records a part has: one for each item of its list, or one. */
static size_t records_of(const struct writing *g, enum wizard_part part)
{
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++)
        if (wizard_questions[i].part == part && wizard_questions[i].type == WIZARD_LIST)
            return g->wizard->answers[i].count;
    return 1;
}

/* Nothing where its key is not known. */
static int write_part(struct writing *g, enum wizard_part p, struct err *e)
{
    const struct wizard_part_def *part = &wizard_parts[p];
    int rc = 0;

    for (size_t n = 0; rc == 0 && n < records_of(g, p); n++) {
        struct record wanted = {.kind = part->kind};

        set_given(&wanted, part->given);
        set_parent(g, &wanted);
        set_answers(g, p, n, &wanted);
        if (has_key(&wanted, part->key))
            rc = put_record(g, part, &wanted, e);
        record_clear(&wanted);
    }
    return rc;
}

static int assign(struct writing *g, const struct role *role, const struct wizard_value *person,
                  struct err *e)
{
    struct store *s = g->call->api->store;
    day_t today = g->call->when.today;
    char *about, *text;
    int64_t id;
    bool changed;

    if (person_ensure(s, person->first, person->second, &id, NULL, e) < 0 ||
        person_update(s, id, person->first, NULL, e) < 0 ||
        role_assign(s, role->id, id, today, DAY_NONE, NULL, &changed, e) < 0)
        return -1;
    changed |= !role->holder || strcmp(role->holder, person->first) != 0;
    about = xasprintf("role:%s", role->slug);
    text = xasprintf("%s <%s>", person->first, person->second);
    put_written(g->written, about, !role->holder ? "new" : changed ? "changed" : "unchanged", text);
    if (changed)
        call_told(g->call, "%s, from today on what %s is told", text, role->slug);
    free(about);
    free(text);
    return 0;
}

static int write_role(struct writing *g, const char *slug, const struct wizard_value *person,
                      struct err *e)
{
    struct role role;
    int rc;

    if (role_find(g->call->api->store, slug, g->call->when.today, &role, e) < 0)
        return -1;
    rc = assign(g, &role, person, e);
    role_clear(&role);
    return rc;
}

static int write_roles(struct writing *g, struct err *e)
{
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_answer *a = &g->wizard->answers[i];

        if (wizard_questions[i].part == WIZARD_PART_role && a->count &&
            write_role(g, wizard_questions[i].field, &a->values[0], e) < 0)
            return -1;
    }
    return 0;
}

int wizard_write(struct call *c, const struct wizard *w, json_t *written, struct err *e)
{
    struct writing g = {.call = c, .wizard = w, .written = written};
    int rc = write_roles(&g, e);

    for (size_t p = 0; rc == 0 && p < WIZARD_PARTS; p++)
        rc = write_part(&g, (enum wizard_part)p, e);
    for (size_t i = 0; i < RECORD_KINDS; i++)
        free(g.refs[i]);
    return rc;
}
