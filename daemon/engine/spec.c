#include "engine/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"
#include "calendar/when.h"

#define NONE_WINDOW_S 300 /* a busy minute is no downtime */
#define DOM_DOW       "dom_dow "

char *spec_text(const struct engine *engine, const struct engine_schedule *sch)
{
    const char *both = cron_both_name(sch->cron.both);
    struct text t = TEXT_INIT;

    text_addf(&t, "%s|%s|%s", sch->check, sch->expr, zone_name(engine->zone));
    if (*both)
        text_addf(&t, "|" DOM_DOW "%s", both);
    if (sch->catchup != CATCHUP_LATEST || sch->window_s)
        text_addf(&t, "|catchup %s %lld", catchup_name(sch->catchup), (long long)sch->window_s);
    return text_take(&t);
}

int spec_read(const char *spec, struct cron *ret, struct zone **ret_zone, struct err *e)
{
    char *copy = xstrdup(spec), *rest = copy;
    const char *expr, *zone, *dom_dow;
    enum cron_both both = CRON_BOTH_REFUSED;
    int rc;

    strsep(&rest, "|"); /* the check */
    expr = strsep(&rest, "|");
    zone = strsep(&rest, "|");
    dom_dow = rest && strncmp(rest, DOM_DOW, strlen(DOM_DOW)) == 0
                  ? strsep(&rest, "|") + strlen(DOM_DOW)
                  : "";
    if (!zone)
        rc = err_set(e, ERR_USAGE, "\"%.*s\" is no schedule", shown(spec, SHOWN_MAX), spec);
    else
        rc = cron_both_read(dom_dow, &both, e);
    if (rc == 0)
        rc = cron_parse(expr, both, ret, e);
    if (rc == 0)
        rc = zone_load(zone, ret_zone, e);
    free(copy);
    return rc;
}

const char *catchup_name(enum catchup kind)
{
    static const char *const names[] = {
        [CATCHUP_LATEST] = "latest", [CATCHUP_ALL] = "all", [CATCHUP_NONE] = "none"};

    return names[kind];
}

int catchup_read(const char *s, enum catchup *ret, struct err *e)
{
    for (enum catchup kind = CATCHUP_LATEST; kind <= CATCHUP_NONE; kind++)
        if (strcmp(s, catchup_name(kind)) == 0) {
            *ret = kind;
            return 0;
        }
    return err_set(e, ERR_USAGE,
                   "\"%.*s\" is none of latest (the latest stands for all missed), all (each is "
                   "run) and none",
                   shown(s, SHOWN_MAX), s);
}

int catchup_window_read(const char *s, int64_t *ret_s, struct err *e)
{
    int64_t seconds;

    if (when_duration(s, &seconds, e) < 0)
        return -1;
    if (seconds > CATCHUP_WINDOW_MAX_S)
        return err_set(e, ERR_USAGE, "\"%.*s\" is more than 400 days", shown(s, SHOWN_MAX), s);
    *ret_s = seconds;
    return 0;
}

int64_t catchup_window_default(enum catchup kind)
{
    static const int64_t windows[] = {
        [CATCHUP_LATEST] = 0, [CATCHUP_ALL] = CATCHUP_WINDOW_MAX_S, [CATCHUP_NONE] = NONE_WINDOW_S};

    return windows[kind];
}
