#include "service/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/disabled.h"
#include "engine/recheck.h"
#include "engine/scheduler.h"
#include "engine/suspect.h"
#include "service/daemon_impl.h"
#include "service/yaml_pairs.h"
#include "store/notice.h"
#include "store/outbox_list.h"

#define STOP_MS          2000 /* for requests and sends under way, of the five seconds promised */
#define STOP_LOOK_MS     20
#define COURIER_GRACE_MS 500

/* ---- ticks ---- */

static int log_unreached(void *arg, const struct notice_row *n)
{
    (void)arg;
    log_warning("%s could not be told about %s: %s", n->role, n->about, n->reason);
    return 0;
}

/* The tick failed for that reason, NULL: it did not. */
static bool say_how(struct daemon *d, const struct err *failed)
{
    if (failed && !d->trouble) {
        d->trouble = xasprintf("the schedules could not be run, trying again every minute: %s",
                               failed->text);
        log_error("%s", d->trouble);
    }
    if (failed)
        return false;
    if (d->trouble)
        log_info("the schedules run again");
    free(d->trouble);
    d->trouble = NULL;
    return true;
}

/* All that is due, or a part of it: a test clock stands still until the rest is done too. */
static int run_schedules(struct daemon *d, utc_t now, bool *ret_ran, struct err *e)
{
    const struct engine *engine = &d->setup->engine;
    struct tick_result result;

    *ret_ran = false;
    do {
        if (scheduler_tick(d->store, engine, now, &result, e) < 0)
            return -1;
        *ret_ran |= result.ran;
    } while (result.more && d->clock.test);
    d->tick_more = result.more;
    return 0;
}

/* Of endpoints that the courier has disabled the administrator hears at once. */
static void tell_of_disabled(struct daemon *d)
{
    bool told = false;
    struct err e;

    if (d->stopping || (d->requests && requests_writing(d->requests)))
        return;
    if (disabled_tell(d->store, &d->setup->engine, clock_now(&d->clock), &told, &e) < 0)
        log_error("a disabled endpoint could not be told of, trying again: %s", e.text);
    if (told)
        courier_run(carry_courier(d->carry));
}

static bool do_what_is_due(struct daemon *d)
{
    const struct engine *engine = &d->setup->engine;
    utc_t now = clock_now(&d->clock);
    bool ran = false;
    struct err e;
    int rc;

    d->tick_waits = d->tick_more = false;
    rc = watch_look(d->watch, engine, &e);
    d->service.troubles[TROUBLE_CLOCK] = watch_suspect(d->watch);
    d->service.troubles[TROUBLE_COPY] = origin_copy(d->origin);
    courier_pause(carry_courier(d->carry), watch_suspect(d->watch) || origin_copy(d->origin));
    if (rc == 0)
        rc = watch_suspect(d->watch) ? suspect_hold(d->store, engine, now, &e)
                                     : run_schedules(d, now, &ran, &e);
    if (!say_how(d, rc < 0 ? &e : NULL))
        return false;
    if (ran && notice_each_unreached(d->store, now, log_unreached, NULL, &e) < 0)
        log_error("%s", e.text);
    if (ran)
        failpoint("outbox");
    courier_run(carry_courier(d->carry));
    tell_of_disabled(d);
    origin_mark(d->origin);
    return true;
}

bool daemon_tick(struct daemon *d)
{
    bool done;

    if (d->stopping)
        return true;
    if (requests_writing(d->requests)) {
        d->tick_waits = true;
        return true;
    }
    done = do_what_is_due(d);
    daemon_beat(d, true);
    return done;
}

/* Of schedules and messages, after now; what is overdue and does not move (a held channel) is not
 * waited for. */
static utc_t next_in_store(struct daemon *d)
{
    utc_t now = clock_now(&d->clock), schedule = UTC_NONE, message = UTC_NONE;
    struct err e;

    if (watch_suspect(d->watch))
        return UTC_NONE;
    if (scheduler_next(d->store, &d->setup->engine, now, &schedule, &e) < 0 ||
        outbox_next(d->store, &message, &e) < 0) {
        log_error("cannot tell what is due next: %s", e.text);
        return UTC_NONE;
    }
    if (utc_is(message) && message.s <= now.s)
        message = UTC_NONE;
    if (!utc_is(schedule) || (utc_is(message) && message.s < schedule.s))
        return message;
    return schedule;
}

utc_t daemon_next_due(struct daemon *d)
{
    utc_t due = next_in_store(d), beat = daemon_next_beat(d);

    return utc_is(beat) && (!utc_is(due) || beat.s < due.s) ? beat : due;
}

/* What a tick has left undone (a full disk, a worker that writes) is not due at once again: the
 * tick of the minute, or after_request(), comes back to it. */
static void set_alarm(struct daemon *d)
{
    utc_t next = daemon_next_due(d);

    if (utc_is(next) && next.s <= clock_now(&d->clock).s && !d->tick_more)
        next = UTC_NONE;
    if (!d->stopping)
        alarm_set(d->alarm, next);
}

static void fired(void *arg, enum alarm_reason reason)
{
    struct daemon *d = arg;

    if (reason == ALARM_CLOCK_SET)
        log_info("the system's clock was set, or the machine resumed");
    daemon_tick(d);
    set_alarm(d);
    ready_tick(d->ready);
    mem_trim(); /* a long list of a minute ago need not stay */
}

static void settled(void *arg)
{
    struct daemon *d = arg;

    if (d->requests) {
        tell_of_disabled(d);
        daemon_beat(d, false);
    }
    if (d->advancing)
        daemon_advance_on(d);
    else
        set_alarm(d);
}

/* The courier waits while a worker writes, rather than let the loop wait for it. */
static bool writable(void *arg)
{
    const struct daemon *d = arg;

    return !d->requests || !requests_writing(d->requests);
}

static int why_not(void *arg, const struct outbox_message *m, utc_t now, char **ret, struct err *e)
{
    const struct daemon *d = arg;
    struct recheck r = {d->store, &d->setup->engine};

    return recheck_why_not(&r, m, now, ret, e);
}

/* ---- requests ---- */

static struct api make_api(void *arg)
{
    struct daemon *d = arg;
    const struct courier_beat *beat = courier_beat_state(carry_courier(d->carry));

    d->service.troubles[TROUBLE_SCHEDULES] = d->trouble;
    d->service.troubles[TROUBLE_COURIER] = courier_failing(carry_courier(d->carry));
    d->service.troubles[TROUBLE_MAIL] = courier_mail_down(carry_courier(d->carry));
    d->service.heartbeat = (struct api_heartbeat){beat->configured, beat->ok_at, beat->failed_at,
                                                  beat->said_failing, beat->failure};
    return (struct api){d->store, &d->setup->engine, &d->service, clock_now(&d->clock)};
}

static enum access access_for(void *arg, const struct access_caller *caller)
{
    return access_of(((struct daemon *)arg)->setup->access, caller);
}

static int reload(void *arg, struct err *e);

/* What waited for a worker, or is due because something was written. */
static void after_request(void *arg)
{
    struct daemon *d = arg;
    struct err e;

    if (d->stopping)
        return;
    if (d->tick_waits)
        daemon_tick(d);
    else if (!requests_writing(d->requests))
        courier_run(carry_courier(d->carry));
    if (d->reload_waits && !requests_working(d->requests) && reload(d, &e) < 0)
        log_error("reload: %s", e.text);
    settled(d);
}

static void requested(void *arg, struct http_call *call)
{
    requests_handle(((struct daemon *)arg)->requests, call);
}

/* ---- configuration ---- */

static void name_service(struct daemon *d)
{
    for (int level = ACCESS_VIEWER; level <= ACCESS_ADMIN; level++)
        d->service.access_names[level] = access_holders(d->setup->access, (enum access)level);
    d->service.config_file = d->setup->config->file;
    d->setup->engine.mail_channel_note = courier_mail_note(carry_courier(d->carry));
}

static void log_notes(const struct config_faults *f)
{
    for (size_t i = 0; i < f->warnings.count; i++)
        log_warning("%s", f->warnings.items[i]);
}

/* What cannot change while csid runs. */
static void warn_of_fixed(const struct config *old, const struct config *new)
{
    if (strcmp(old->database, new->database) != 0 || strcmp(old->socket, new->socket) != 0 ||
        old->socket_mode != new->socket_mode || strcmp(old->socket_group, new->socket_group) != 0)
        log_warning("%s: database and socket take effect at the next start", new->file);
}

static int reload(void *arg, struct err *e)
{
    struct daemon *d = arg;
    struct config_faults faults = {0};
    struct config *config;
    struct setup *setup;
    struct text all = TEXT_INIT;

    if (requests_working(d->requests))
        return err_set(e, ERR_BUSY, "a long request is under way: try again when it has ended");
    d->reload_waits = false;
    ready_reloading(d->ready);
    config = config_read(d->setup->config->file, d->known_check, &faults);
    log_notes(&faults);
    if (!config) {
        for (size_t i = 0; i < faults.faults.count; i++)
            text_addf(&all, "\n%s", faults.faults.items[i]);
        err_set(e, ERR_REFUSED, "faulty, so the old one stays in force:%s", all.s);
        text_free(&all);
        config_faults_free(&faults);
        ready_up(d->ready, "running on the configuration before: the file is faulty");
        return -1;
    }
    config_faults_free(&faults);
    setup = setup_new(config);
    if (courier_configure(carry_courier(d->carry), &setup->courier, e) < 0) {
        setup_free(setup);
        ready_up(d->ready, "running on the configuration before");
        return -1;
    }
    warn_of_fixed(d->setup->config, setup->config);
    setup_free(d->replaced);
    d->replaced = d->setup;
    d->setup = setup;
    name_service(d);
    d->beat.made = false; /* a new address hears at once */
    log_info("%s read again", setup->config->file);
    ready_up(d->ready, "running");
    daemon_tick(d);
    settled(d);
    return 0;
}

static void hung_up(uv_signal_t *s, int signal)
{
    struct daemon *d = s->data;
    struct err e;

    (void)signal;
    if (d->stopping)
        return;
    d->reload_waits = requests_working(d->requests) > 0;
    if (d->reload_waits)
        log_info("reload: waits for a long request to end");
    else if (reload(d, &e) < 0)
        log_error("reload: %s", e.text);
}

/* ---- stopping ---- */

static void look_whether_done(uv_timer_t *t)
{
    struct daemon *d = t->data;
    bool busy = courier_busy(carry_courier(d->carry)) || http_pending(d->http) ||
                requests_working(d->requests);

    if (busy && clock_monotonic_ms() < d->stop_by_ms)
        return;
    if (requests_working(d->requests)) {
        /* a thread cannot be ended; SQLite takes its transaction back at the next start */
        log_warning("a long request was given up, nothing of it is kept");
        _exit(EXIT_SUCCESS);
    }
    uv_timer_stop(t);
    uv_stop(&d->loop);
}

static void stop(uv_signal_t *s, int signal)
{
    struct daemon *d = s->data;
    struct err stopping;

    if (d->stopping)
        return;
    log_info("stopping on %s", signal == SIGTERM ? "SIGTERM" : "SIGINT");
    d->stopping = true;
    d->stop_by_ms = clock_monotonic_ms() + STOP_MS;
    ready_stopping(d->ready);
    courier_pause(carry_courier(d->carry),
                  true); /* what is begun now may be cut off, and go twice */
    if (d->advancing) {
        err_set(&stopping, ERR_BUSY, "csid is stopping; the clock stands where it came to");
        daemon_advance_end(d, &stopping);
    }
    http_stop(d->http);
    uv_timer_start(&d->stop_timer, look_whether_done, 0, STOP_LOOK_MS);
}

/* ---- life ---- */

static bool alive(void *arg)
{
    struct daemon *d = arg;
    struct outbox_counts counts;
    struct err e;

    return outbox_count(d->store, &counts, &e) == 0;
}

static void init_handles(struct daemon *d)
{
    uv_signal_init(&d->loop, &d->term);
    uv_signal_init(&d->loop, &d->interrupt);
    uv_signal_init(&d->loop, &d->hangup);
    uv_timer_init(&d->loop, &d->stop_timer);
    uv_idle_init(&d->loop, &d->step);
    d->term.data = d->interrupt.data = d->hangup.data = d->stop_timer.data = d->step.data = d;
    uv_signal_start(&d->term, stop, SIGTERM);
    uv_signal_start(&d->interrupt, stop, SIGINT);
    uv_signal_start(&d->hangup, hung_up, SIGHUP);
}

static int open_parts(struct daemon *d, const struct listener *listener, struct err *e)
{
    struct alarm_ops alarm_ops = {.arg = d, .fired = fired};
    struct http_ops http_ops = {d, requested};
    struct carry_ops carry_ops = {d, settled, writable, why_not};
    struct requests_ops requests_ops = {d, make_api, access_for, after_request, daemon_advance};

    if (watch_open(&d->clock, d->store, &d->watch, e) < 0 ||
        origin_open(d->store, clock_now(&d->clock), &d->origin, e) < 0)
        return -1;
    if (carry_open(&d->loop, &d->setup->courier, d->store, &d->clock, &carry_ops, &d->carry, e) <
            0 ||
        alarm_open(&d->loop, &d->clock, &alarm_ops, &d->alarm, e) < 0)
        return -1;
    d->requests = requests_open(&d->loop, &requests_ops);
    return http_open(&d->loop, listener->fd, NULL, &http_ops, &d->http, e);
}

int daemon_start(struct setup *setup, bool (*known_check)(const char *), const struct clock *clock,
                 struct store *store, const struct listener *listener, struct daemon **ret,
                 struct err *e)
{
    struct daemon *d = xcalloc(1, sizeof *d);

    *d = (struct daemon){
        .setup = setup, .known_check = known_check, .clock = *clock, .store = store};
    d->service = (struct api_service){
        .version = CSID_VERSION,
        .database = store_path(store),
        .socket = listener->path,
        .started_at = clock_now(clock),
        .test_clock = clock->test,
        .clock_set = daemon_step_clock,
        .clock_accept = daemon_accept_clock,
        .adopt = daemon_adopt,
        .look = daemon_look,
        .reload = reload,
        .arg = d,
        .yaml_pairs = yaml_pairs,
    };
    if (uv_loop_init(&d->loop) < 0) {
        setup_free(setup);
        free(d);
        return err_set(e, ERR_FAILED, "the system gives no event loop");
    }
    init_handles(d);
    d->ready = ready_open(&d->loop, clock->test ? 0 : ALARM_TICK_MS, alive, d);
    if (open_parts(d, listener, e) < 0) {
        daemon_close(d);
        return -1;
    }
    name_service(d);
    log_info("csid %s on %s, database %s%s%s", CSID_VERSION, listener->path, store_path(store),
             setup->engine.mail_channel_note ? "; " : "",
             setup->engine.mail_channel_note ? setup->engine.mail_channel_note : "");
    daemon_tick(d);
    set_alarm(d);
    ready_up(d->ready, "running");
    *ret = d;
    return 0;
}

void daemon_run(struct daemon *d)
{
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

void daemon_close(struct daemon *d)
{
    http_close(d->http);
    if (d->requests)
        requests_close(d->requests);
    d->requests = NULL; /* the courier still asks whether it may write how its last sends ended */
    alarm_close(d->alarm);
    carry_close(d->carry, COURIER_GRACE_MS);
    ready_close(d->ready);
    watch_close(d->watch);
    if (d->origin)
        origin_mark(d->origin); /* of what went out since the last tick */
    origin_close(d->origin);
    uv_close((uv_handle_t *)&d->term, NULL);
    uv_close((uv_handle_t *)&d->interrupt, NULL);
    uv_close((uv_handle_t *)&d->hangup, NULL);
    uv_close((uv_handle_t *)&d->stop_timer, NULL);
    uv_close((uv_handle_t *)&d->step, NULL);
    uv_run(&d->loop, UV_RUN_DEFAULT); /* the closing callbacks */
    uv_loop_close(&d->loop);
    setup_free(d->setup);
    setup_free(d->replaced);
    free(d->trouble);
    free(d);
}
