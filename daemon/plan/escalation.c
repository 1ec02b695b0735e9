#include "plan/escalation.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"

#define EXAMPLE \
    "owner +1, line-manager +3, accountable +7, improvement-board-chair +14, then every 1m"
#define REPEAT "then every"
#define SHOWN  40 /* bytes of what is wrong in a message */

static const char *const kinds[] = {
    [ESCALATE_OWNER] = "owner",
    [ESCALATE_MANAGER] = "line-manager",
    [ESCALATE_ACCOUNTABLE] = "accountable",
};

/* ---- reading ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One item between commas, without blanks around it; *at becomes NULL behind the last. Caller
 * frees. */
static char *take_item(const char **at)
{
    const char *from = *at, *end = from + strcspn(from, ",");

    *at = *end ? end + 1 : NULL;
    while (is_blank(*from))
        from++;
    while (end > from && is_blank(end[-1]))
        end--;
    return xstrndup(from, (size_t)(end - from));
}

static int read_days(const char *text, int *ret, struct err *e)
{
    size_t len = strlen(text);
    int days = 0;

    if (len >= 1 && len <= 3 && strspn(text, "0123456789") == len)
        days = (int)strtol(text, NULL, 10);
    if (days < 1 || days > ESCALATION_DAYS_MAX)
        return err_set(e, ERR_USAGE, "\"+%.*s\" is no number of working days from 1 to %d", SHOWN,
                       text, ESCALATION_DAYS_MAX);
    *ret = days;
    return 0;
}

static void set_name(struct escalation_level *l, const char *slug)
{
    l->kind = ESCALATE_ROLE;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i], slug) == 0)
            l->kind = (enum escalation_kind)i;
    memcpy(l->name, slug, strlen(slug) + 1); /* a slug fits */
}

/* "line-manager +3" */
static int read_level(const char *item, struct escalation_level *ret, struct err *e)
{
    const char *plus = strrchr(item, '+'), *end = plus;
    char *word, *slug = NULL;
    int rc;

    if (!plus)
        return err_set(e, ERR_USAGE,
                       "\"%.*s\": wants a role and working days, such as line-manager +3", SHOWN,
                       item);
    while (end > item && is_blank(end[-1]))
        end--;
    word = xstrndup(item, (size_t)(end - item));
    rc = slug_parse(word, &slug, e);
    if (rc < 0)
        rc = err_set(e, ERR_USAGE,
                     "\"%.*s\" is neither owner, line-manager, accountable nor a role's slug",
                     SHOWN, word);
    free(word);
    if (rc == 0)
        rc = read_days(plus + 1, &ret->days, e);
    if (rc == 0)
        set_name(ret, slug);
    free(slug);
    return rc;
}

static int add_level(struct escalation_policy *p, const struct escalation_level *l, struct err *e)
{
    if (p->count == 0 && l->kind != ESCALATE_OWNER)
        return err_set(e, ERR_USAGE, "begins with %s: the first level is the owner, owner +1",
                       l->name);
    if (p->count == ESCALATION_LEVELS_MAX)
        return err_set(e, ERR_USAGE, "has more than %d levels", ESCALATION_LEVELS_MAX);
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->levels[i].name, l->name) == 0)
            return err_set(e, ERR_USAGE, "names %s twice", l->name);
    p->levels[p->count++] = *l;
    return 0;
}

/* "then every 1m", the last item. */
static int read_repeat(const char *item, const char *rest, struct escalation_policy *p,
                       struct err *e)
{
    item += strlen(REPEAT);
    item += strspn(item, " \t");
    if (rest)
        return err_set(e, ERR_USAGE, "goes on behind \"" REPEAT " %.*s\", which stands last", SHOWN,
                       item);
    if (p->count < 2)
        return err_set(e, ERR_USAGE,
                       "repeats what goes to nobody but the owner: name a level before \"" REPEAT
                       "\"");
    if (when_every(item, &p->every_months, &p->every_days, e) < 0)
        return err_within(e, REPEAT);
    return 0;
}

int escalation_parse(const char *text, struct escalation_policy *ret, struct err *e)
{
    struct escalation_policy p = {.count = 0};
    const char *at = text;
    int rc = 0;

    at += strspn(at, " \t");
    if (strncmp(at, "none", 4) == 0 && at[4 + strspn(at + 4, " \t")] == '\0') {
        *ret = p;
        return 0;
    }
    if (!*at)
        return err_set(e, ERR_USAGE, "is empty: write none, or such as " EXAMPLE);
    do {
        struct escalation_level level;
        char *item = take_item(&at);

        if (strncmp(item, REPEAT, strlen(REPEAT)) == 0)
            rc = read_repeat(item, at, &p, e);
        else if ((rc = read_level(item, &level, e)) == 0)
            rc = add_level(&p, &level, e);
        free(item);
    } while (rc == 0 && at);
    if (rc == 0)
        *ret = p;
    return rc;
}

char *escalation_text(const struct escalation_policy *p)
{
    struct text t = TEXT_INIT;

    if (p->count == 0)
        return xstrdup("none");
    for (size_t i = 0; i < p->count; i++)
        text_addf(&t, "%s%s +%d", i ? ", " : "", p->levels[i].name, p->levels[i].days);
    if (p->every_months && p->every_months % 12 == 0)
        text_addf(&t, ", " REPEAT " %dy", p->every_months / 12);
    else if (p->every_months)
        text_addf(&t, ", " REPEAT " %dm", p->every_months);
    else if (p->every_days % 7 == 0 && p->every_days)
        text_addf(&t, ", " REPEAT " %dw", p->every_days / 7);
    else if (p->every_days)
        text_addf(&t, ", " REPEAT " %dd", p->every_days);
    return text_take(&t);
}

/* ---- the next level ---- */

static bool counts(enum escalation_rung rung)
{
    return rung == RUNG_OPEN || rung == RUNG_EMPTY;
}

/* The first level above `from` that is as if in the policy; 0: none is. */
static size_t next_above(const struct escalation_policy *p, const enum escalation_rung *rungs,
                         size_t from)
{
    for (size_t i = from; i < p->count; i++)
        if (counts(rungs[i]))
            return i + 1;
    return 0;
}

static day_t due_of(const struct escalation_policy *p, const struct holidays *h,
                    const struct escalation_state *s, size_t level)
{
    if (s->empty)
        return s->reached_on;
    return level == 1 ? s->told_on : workday_add(h, s->told_on, p->levels[level - 1].days);
}

static day_t repeat_due(const struct escalation_policy *p, const struct holidays *h, day_t told_on)
{
    day_t due = p->every_months ? day_add_months(told_on, p->every_months)
                                : day_add(told_on, p->every_days);

    return workday_on_or_after(h, due);
}

struct escalation_next escalation_next(const struct escalation_policy *p, const struct holidays *h,
                                       const struct escalation_state *s,
                                       const enum escalation_rung *rungs)
{
    size_t level = next_above(p, rungs, s->reached);

    if (level)
        return (struct escalation_next){level, due_of(p, h, s, level), false,
                                        next_above(p, rungs, level) == 0};
    if (s->told < 2 || (!p->every_months && !p->every_days))
        return (struct escalation_next){.due = DAY_NONE};
    return (struct escalation_next){s->told, repeat_due(p, h, s->told_on), true, true};
}
