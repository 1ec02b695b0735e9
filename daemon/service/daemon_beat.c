/* The heartbeat: after a tick, to an address that raises the alarm when it stays away. csid that is
 * dead says nothing; one that knows it cannot do its duty says that. */
#include "service/daemon_impl.h"
#include "store/channel.h"

/* Or nobody can tell. */
static bool mail_is_held(struct daemon *d)
{
    bool held = true;
    struct err e;

    return channel_held(d->store, "mail", &held, NULL, &e) < 0 || held;
}

/* Whether something keeps csid from checking what is due and telling it. */
static bool in_trouble(struct daemon *d)
{
    const struct courier *courier = carry_courier(d->carry);
    struct err e;

    return d->trouble || watch_suspect(d->watch) || courier_failing(courier) ||
           courier_mail_down(courier) || store_writable(d->store, &e) < 0 || mail_is_held(d);
}

/* A copy says nothing, not even that it is one: the monitor would take it for the csid that it was
 * copied from, which may be well, or dead. */
static bool is_beating(const struct daemon *d)
{
    return courier_beat_state(carry_courier(d->carry))->configured && !origin_copy(d->origin);
}

void daemon_beat(struct daemon *d, bool ticked)
{
    int64_t now = clock_elapsed(&d->clock);
    bool failing, due;

    if (d->stopping || !is_beating(d))
        return;
    failing = in_trouble(d);
    due = !d->beat.made || now - d->beat.at >= d->setup->config->heartbeat.every_s;
    if (!(ticked && due) && (!d->beat.made || failing == d->beat.failing))
        return;
    if (!courier_beat(carry_courier(d->carry), failing))
        return; /* one is under way: the next tick comes back to it */
    d->beat.made = true;
    d->beat.failing = failing;
    d->beat.at = now;
}

utc_t daemon_next_beat(const struct daemon *d)
{
    int64_t every_s = d->setup->config->heartbeat.every_s;
    int64_t left = d->beat.made ? d->beat.at + every_s - clock_elapsed(&d->clock) : 0;

    if (!is_beating(d))
        return UTC_NONE;
    return (utc_t){clock_now(&d->clock).s + (left > 1 ? left : 1)};
}
