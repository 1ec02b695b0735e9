#include "service/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/suspect.h"
#include "store/journal.h"
#include "store/meta.h"

#define HOUR_S         3600
#define BACK_S         (3 * HOUR_S)
#define FORWARD_S      (36 * HOUR_S)
#define SUSPECT_KEY    "clock_suspect"
#define SUSPECT_FORMAT "%lld %lld" /* the trusted offset; what had passed then */

struct watch {
    const struct clock *clock;
    struct store *store;
    int64_t offset; /* of the trusted clock to what has passed */
    int64_t by;     /* the suspect one is ahead of it by */
    bool suspect, saved;
    char *why;
};

static int64_t offset_now(const struct watch *w)
{
    return clock_now(w->clock).s - clock_elapsed(w->clock);
}

static bool is_beyond(int64_t by)
{
    return by <= -BACK_S || by > FORWARD_S;
}

/* "set back by 5 hours"; caller frees. */
static char *step_text(const struct watch *w)
{
    if (!is_beyond(w->by)) /* it was put right while csid was down */
        return xstrdup("wrong when csid was ended");
    return xasprintf("set %s by %lld hours", w->by < 0 ? "back" : "forward",
                     (long long)(w->by < 0 ? -w->by : w->by) / HOUR_S);
}

static void explain(struct watch *w)
{
    char *step = step_text(w);

    free(w->why);
    w->why = xasprintf("the clock is suspect, it was %s: nothing is checked or sent until it is "
                       "set right, or accepted by csictl clock accept",
                       step);
    free(step);
}

/* What a csid that was ended while its clock was suspect left behind. A test clock is what it is
 * started with; after a start of the machine nobody can tell what passed. Either way the first
 * look finds it right. */
static void take_over(struct watch *w, const char *left)
{
    long long offset, passed;

    if (!w->clock->test && sscanf(left, SUSPECT_FORMAT, &offset, &passed) == 2 &&
        passed <= clock_elapsed(w->clock))
        w->offset = offset;
    w->suspect = w->saved = true;
    w->by = offset_now(w) - w->offset;
    explain(w);
}

int watch_open(const struct clock *clock, struct store *store, struct watch **ret, struct err *e)
{
    struct watch *w;
    char *left;

    if (meta_read(store, SUSPECT_KEY, &left, e) < 0)
        return -1;
    w = xcalloc(1, sizeof *w);
    *w = (struct watch){.clock = clock, .store = store};
    w->offset = offset_now(w);
    if (left)
        take_over(w, left);
    free(left);
    *ret = w;
    return 0;
}

void watch_close(struct watch *w)
{
    if (!w)
        return;
    free(w->why);
    free(w);
}

const char *watch_suspect(const struct watch *w)
{
    return w->suspect ? w->why : NULL;
}

static int journal(const struct watch *w, const char *what, struct err *e)
{
    char *after = xasprintf("{\"seconds\":%lld}", (long long)w->by);
    int rc = journal_change(w->store, what, "clock", NULL, after, e);

    free(after);
    return rc;
}

static int save(struct watch *w, struct err *e)
{
    char *state;
    int rc = store_begin(w->store, "csid", clock_now(w->clock), e);

    if (rc < 0)
        return -1;
    state = xasprintf(SUSPECT_FORMAT, (long long)w->offset, (long long)clock_elapsed(w->clock));
    rc = meta_write(w->store, SUSPECT_KEY, state, e);
    free(state);
    if (rc == 0)
        rc = journal(w, "clock.suspect", e);
    rc = store_end(w->store, rc, e);
    w->saved = rc == 0;
    return rc;
}

/* Stays suspect when this cannot be written. */
static int end(struct watch *w, const struct engine *engine, const char *who, struct err *e)
{
    utc_t now = clock_now(w->clock);
    char *step = step_text(w);
    char *text = xasprintf("the clock was %s, so nothing was checked or sent; it %s, and what was "
                           "due meanwhile is done now",
                           step, who ? "was accepted" : "is right again");
    int rc = store_begin(w->store, who ? who : "csid", now, e);

    if (rc == 0) {
        rc = meta_write(w->store, SUSPECT_KEY, NULL, e);
        if (rc == 0)
            rc = journal(w, who ? "clock.accept" : "clock.right", e);
        if (rc == 0)
            rc = suspect_end(w->store, engine, now, text, e);
        rc = store_end(w->store, rc, e);
    }
    if (rc == 0) {
        w->suspect = w->saved = false;
        w->offset = offset_now(w);
        log_warning("%s", text);
    }
    free(step);
    free(text);
    return rc;
}

int watch_look(struct watch *w, const struct engine *engine, struct err *e)
{
    int64_t by = offset_now(w) - w->offset;

    if (!is_beyond(by)) {
        if (w->suspect)
            return end(w, engine, NULL, e);
        w->offset += by; /* small steps are no reason to doubt, however many they are */
        return 0;
    }
    if (!w->suspect || by != w->by) {
        w->by = by;
        explain(w);
    }
    if (!w->suspect)
        log_error("%s", w->why);
    w->suspect = true;
    return w->saved ? 0 : save(w, e);
}

int watch_accept(struct watch *w, const struct engine *engine, const char *who, struct err *e)
{
    return w->suspect ? end(w, engine, who, e) : 0;
}
