#include "courier/beat.h"

#include <stdlib.h>

#include "base/mem.h"
#include "courier/settle.h"

#define FAIL "/fail" /* as healthchecks.io has it: alive, and in trouble */

struct beat {
    struct web *web;
    const struct courier_ops *ops;
    struct endpoint *endpoint; /* NULL: none */
    bool busy, failing;        /* a call is under way; what it says */
    struct courier_beat state;
    char *failure;
};

struct beat *beat_open(struct web *web, const struct courier_ops *ops)
{
    struct beat *b = xcalloc(1, sizeof *b);

    b->web = web;
    b->ops = ops;
    b->state = (struct courier_beat){.ok_at = UTC_NONE, .failed_at = UTC_NONE};
    return b;
}

void beat_close(struct beat *b)
{
    endpoint_drop(b->endpoint);
    free(b->failure);
    free(b);
}

static void forget(struct beat *b)
{
    free(b->failure);
    b->failure = NULL;
    b->state = (struct courier_beat){.ok_at = UTC_NONE, .failed_at = UTC_NONE};
}

void beat_aim(struct beat *b, struct endpoint *p)
{
    if (!p || !b->endpoint || !endpoint_same_url(p, b->endpoint))
        forget(b);
    endpoint_drop(b->endpoint);
    b->endpoint = p;
    b->state.configured = p != NULL;
}

static void fail(struct beat *b, utc_t now, const char *reply)
{
    if (!b->failure)
        settle_say(b->ops, true, "the heartbeat does not get through: %s", reply);
    free(b->failure);
    b->failure = xstrdup(reply);
    b->state.failed_at = now;
    b->state.failure = b->failure;
}

static void succeed(struct beat *b, utc_t now)
{
    if (b->failure)
        settle_say(b->ops, false, "the heartbeat gets through again");
    free(b->failure);
    b->failure = NULL;
    b->state.failure = NULL;
    b->state.ok_at = now;
    b->state.said_failing = b->failing;
}

static void ended(void *arg, const struct endpoint *p, bool ok, const char *reply)
{
    struct beat *b = arg;
    utc_t now = b->ops->now(b->ops->arg);

    b->busy = false;
    if (p == b->endpoint && ok) /* else it went to an address that is no longer ours */
        succeed(b, now);
    else if (p == b->endpoint)
        fail(b, now, reply);
    b->ops->idle(b->ops->arg);
}

bool beat_send(struct beat *b, bool failing)
{
    if (!b->endpoint || b->busy)
        return false;
    b->busy = true;
    b->failing = failing;
    web_ping(b->web, b->endpoint, failing ? FAIL : "", ended, b);
    return true;
}

const struct courier_beat *beat_state(const struct beat *b)
{
    return &b->state;
}
