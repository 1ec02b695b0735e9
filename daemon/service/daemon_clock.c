/* What is asked of the service itself: letting a test clock pass, stepping it, accepting a suspect
 * one, adopting a copy of the database, looking around. */
#include "service/daemon_impl.h"
#include "service/look.h"

void daemon_advance_end(struct daemon *d, const struct err *failed)
{
    d->advancing = false;
    uv_idle_stop(&d->step);
    requests_advanced(d->requests, failed);
}

/* One instant: all that is due by it is decided and each send tried before the clock moves on. */
static void advance_step(uv_idle_t *step)
{
    struct daemon *d = step->data;
    utc_t now = clock_now(&d->clock), next;
    struct err e;

    if (courier_failing(carry_courier(d->carry))) {
        err_set(&e, ERR_STORAGE, "the clock stopped: the outbox cannot be written: see the log");
        daemon_advance_end(d, &e);
        return;
    }
    if (courier_busy(carry_courier(d->carry)) > 0 || requests_writing(d->requests)) {
        uv_idle_stop(&d->step); /* woken by settled() */
        return;
    }
    next = daemon_next_due(d);
    if (!utc_is(next) || next.s > d->advance_to.s)
        next = d->advance_to;
    if (next.s > now.s && clock_advance(&d->clock, next, &e) < 0) {
        daemon_advance_end(d, &e);
        return;
    }
    if (!daemon_tick(d)) {
        err_set(&e, ERR_STORAGE,
                "the clock stopped at a tick that could not be written: see the log");
        daemon_advance_end(d, &e);
        return;
    }
    if (next.s >= d->advance_to.s && courier_busy(carry_courier(d->carry)) == 0)
        daemon_advance_end(d, NULL);
}

int daemon_advance(void *arg, utc_t to, struct err *e)
{
    struct daemon *d = arg;

    if (d->advancing)
        return err_set(e, ERR_CONFLICT, "the clock is on its way already");
    if (d->stopping)
        return err_set(e, ERR_BUSY, "csid is stopping");
    courier_run(carry_courier(d->carry)); /* the disk may have room again */
    d->advancing = true;
    d->advance_to = to;
    uv_idle_start(&d->step, advance_step);
    return 0;
}

int daemon_step_clock(void *arg, utc_t to, struct err *e)
{
    struct daemon *d = arg;

    if (d->advancing)
        return err_set(e, ERR_CONFLICT, "the clock is on its way: wait for clock advance to end");
    if (clock_set(&d->clock, to, e) < 0)
        return -1;
    daemon_tick(d);
    return 0;
}

int daemon_accept_clock(void *arg, const char *who, struct err *e)
{
    struct daemon *d = arg;

    if (watch_accept(d->watch, &d->setup->engine, who, e) < 0)
        return -1;
    daemon_tick(d);
    return 0;
}

void daemon_advance_on(struct daemon *d)
{
    uv_idle_start(&d->step, advance_step);
}

int daemon_adopt(void *arg, const char *who, bool hold, struct err *e)
{
    struct daemon *d = arg;

    if (origin_adopt(d->origin, who, hold, clock_now(&d->clock), e) < 0)
        return -1;
    daemon_tick(d);
    return 0;
}

void daemon_look(void *arg,
                 void (*found)(void *to, enum api_seen seen, enum api_health health,
                               const char *text),
                 void *to)
{
    const struct daemon *d = arg;

    look_around(d->setup->config, store_path(d->store), found, to);
}
