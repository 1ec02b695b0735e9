/* windows and letters-awaited: what may come from a first day to a last is said when it opens, and,
 * from the day of its warning on, every so many days (reminders.nothing_booked_days) while nothing
 * is recorded of it; one mail per person and run. */
#include "engine/windows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/people.h"
#include "plan/slug.h"
#include "plan/window.h"
#include "store/deadline.h"
#include "store/record.h"

/* Ten years of them: a date mistyped by centuries must not make a hundred thousand rows. */
#define OVERTAKEN_MAX 520

/* What the two checks do not have in common. */
struct manner {
    const char *unrecorded; /* why it is told, after the step */
    bool letters;           /* recorded as received of the visit that it is about */
    void (*compose)(const struct compose_footer *footer, const struct window_item *items,
                    size_t count, day_t today, struct letter *ret);
};

struct expected {
    struct deadline d;
    char *about, *reason, *command;
    int latest; /* the step that is due */
    char step[WINDOW_STEP];
    size_t order;
};

struct found {
    struct check_run *run;
    const struct manner *manner;
    int every; /* days between a warning and the next */
    struct expected *items;
    size_t count, cap;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        deadline_clear(&f->items[i].d);
        free(f->items[i].about);
        free(f->items[i].reason);
        free(f->items[i].command);
    }
    free(f->items);
}

bool windows_concern(const struct deadline *d, const struct role *role)
{
    return role->id == d->role_id || strcmp(role->slug, ROLE_OFFICE) == 0 ||
           deadline_copied_to(d, role->slug);
}

/* ---- finding ---- */

static char *reason_of(const struct found *f, const struct expected *x)
{
    char opens[DAY_TEXT], due[DAY_TEXT];

    day_weekday_short(x->d.due_on, due);
    if (x->latest == WINDOW_OPENS)
        return xasprintf("%s: expected from %s to %s", x->step,
                         day_weekday_short(x->d.opens_on, opens), due);
    return xasprintf("%s: %s, expected by %s", x->step, f->manner->unrecorded, due);
}

/* NULL where it is about no visit. */
static char *command_of(const struct deadline *d)
{
    int64_t visit;
    struct err none;

    if (!d->about || record_number(RECORD_VISIT, d->about, &visit, &none) < 0)
        return NULL;
    return xasprintf("csictl visit update %" PRId64 " --letter-received-on DATE", visit);
}

static int collect(void *arg, const struct deadline *d)
{
    struct found *f = arg;
    const struct check_run *run = f->run;
    int latest;
    struct expected *x;

    if (!window_is_open(d) || strcmp(d->check_name, run->check) != 0)
        return 0;
    latest = window_latest(run->engine->holidays, d, f->every, run->today);
    if (latest < 0)
        return 0;
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    x = &f->items[f->count];
    *x = (struct expected){.d = deadline_dup(d), .latest = latest, .order = f->count++};
    x->about = xasprintf("deadline:%" PRId64, d->id);
    window_step(f->every, latest, x->step);
    x->reason = reason_of(f, x);
    x->command = f->manner->letters ? command_of(d) : NULL;
    return 0;
}

/* What asks for something comes first; then the soonest, as they were found. */
static int by_urgency(const void *a, const void *b)
{
    const struct expected *x = a, *y = b;
    int opens = (x->latest == WINDOW_OPENS) - (y->latest == WINDOW_OPENS);

    return opens ? opens : (x->order > y->order) - (x->order < y->order);
}

static int find(struct found *f, struct err *e)
{
    if (deadline_each(f->run->store, false, DAY_NONE, collect, f, e) < 0)
        return -1;
    if (f->count)
        qsort(f->items, f->count, sizeof *f->items, by_urgency);
    return 0;
}

/* ---- telling ---- */

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct found *f = arg;

    return windows_concern(&f->items[item].d, role);
}

static struct notice notice_for(const struct found *f, const struct expected *x, const char *role)
{
    return (struct notice){
        .event = EVENT_WINDOW_OPEN,
        .about = x->about,
        .due_on = x->d.due_on,
        .rule = f->run->check,
        .step = x->step,
        .role = role,
        .reason = x->reason,
    };
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct found *f = arg;

    return notice_for(f, &f->items[item], role->slug);
}

static const char *step_name(const void *every, int step, char ret[LADDER_STEP])
{
    _Static_assert(WINDOW_STEP <= LADDER_STEP, "a window's step fits where a ladder's does");
    return window_step(*(const int *)every, step, ret);
}

static struct tell_step step_of(const void *arg, size_t item)
{
    const struct found *f = arg;
    const struct expected *x = &f->items[item];
    day_t on = window_day(f->run->engine->holidays, &x->d, f->every, x->latest);

    return (struct tell_step){on, x->latest, &f->every, step_name};
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct found *f = arg;
    const struct holidays *holidays = f->run->engine->holidays;
    struct window_item *list = xcalloc(news->count, sizeof *list);
    struct compose_footer footer = news->footer;
    struct letter letter;

    *ret_until = UTC_NONE;
    for (size_t i = 0; i < news->count; i++) {
        const struct expected *x = &f->items[news->items[i]];
        day_t next = window_day(holidays, &x->d, f->every, x->latest + 1);

        list[i] = (struct window_item){
            .title = x->d.title,
            .command = x->command,
            .opens_on = x->d.opens_on,
            .due_on = x->d.due_on,
            .opens = x->latest == WINDOW_OPENS,
        };
        footer.next = day_earlier(footer.next, next);
        *ret_until = utc_later(*ret_until, tell_until_step(f->run, next));
    }
    f->manner->compose(&footer, list, news->count, f->run->today, &letter);
    if (news->count == 1)
        *ret_thread = f->items[news->items[0]].about;
    free(list);
    return letter;
}

static int overtake(const void *arg, size_t item, const struct notice *n, struct err *e)
{
    const struct found *f = arg;
    int latest = f->items[item].latest, first = latest - OVERTAKEN_MAX;
    char step[WINDOW_STEP];

    for (int i = first > 0 ? first : 0; i < latest; i++)
        if (tell_overtaken(f->run, n, window_step(f->every, i, step), e) < 0)
            return -1;
    return 0;
}

/* A copy is wanted for a role that was never added. */
static int tell_strangers(const struct found *f, const struct roster *roster, struct err *e)
{
    for (size_t i = 0; i < f->count; i++) {
        const char *list = f->items[i].d.copy_to;
        char slug[SLUG_MAX + 1];

        while (slug_next(&list, slug)) {
            struct notice n = notice_for(f, &f->items[i], slug);
            bool fresh;

            if (!roster_slug(roster, slug) &&
                tell_nobody(f->run, &n, "there is no such role: csictl role add", &fresh, e) < 0)
                return -1;
        }
    }
    return 0;
}

/* ---- webhooks ---- */

static char *item_json(const struct expected *x)
{
    struct text t = TEXT_INIT;
    char opens[DAY_ISO], due[DAY_ISO];

    text_addf(&t, "{\"id\":%" PRId64 ",\"title\":", x->d.id);
    text_add_json(&t, x->d.title);
    text_add(&t, ",\"rule\":");
    text_add_json(&t, x->d.rule);
    text_add(&t, ",\"about\":");
    text_add_json(&t, x->d.about);
    text_add(&t, ",\"role\":");
    text_add_json(&t, x->d.role);
    text_addf(&t, ",\"opens_on\":\"%s\",\"due_on\":\"%s\",\"step\":\"%s\"}",
              day_iso(x->d.opens_on, opens), day_iso(x->d.due_on, due), x->step);
    return text_take(&t);
}

static int tell_endpoints(const struct found *f, struct err *e)
{
    struct tell_item *items = xcalloc(f->count, sizeof *items);
    int rc;

    for (size_t i = 0; i < f->count; i++)
        items[i] =
            (struct tell_item){f->items[i].about,
                               f->items[i].step,
                               f->items[i].d.due_on,
                               item_json(&f->items[i]),
                               {f->items[i].about, f->items[i].d.title, f->items[i].d.due_on, NULL},
                               step_of(f, i)};
    rc = tell_webhooks(f->run, EVENT_WINDOW_OPEN, items, f->count, e);
    for (size_t i = 0; i < f->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

/* ---- the checks ---- */

static int check(struct check_run *run, const struct manner *manner, struct err *e)
{
    struct found f = {
        .run = run, .manner = manner, .every = run->engine->policy.nothing_booked_days};
    struct findings findings = {.arg = &f,
                                .concerns = concerns,
                                .notice = notice_of,
                                .letter = write_letter,
                                .step = step_of,
                                .overtake = overtake};
    struct roster roster = {0};
    int rc = find(&f, e);

    findings.count = f.count;
    if (rc == 0)
        rc = roster_load(run, &roster, e);
    if (rc == 0)
        rc = people_tell(run, &roster, &findings, e);
    if (rc == 0)
        rc = tell_strangers(&f, &roster, e);
    if (rc == 0)
        rc = tell_endpoints(&f, e);
    roster_free(&roster);
    found_clear(&f);
    return rc;
}

int check_windows(struct check_run *run, struct err *e)
{
    static const struct manner visits = {"nothing is booked", false, compose_windows};

    return check(run, &visits, e);
}

int check_letters(struct check_run *run, struct err *e)
{
    static const struct manner letters = {"not recorded as received", true, compose_letters};

    return check(run, &letters, e);
}
