/* The watch over the clock: which steps are too far, that a doubt ends, and what outlives csid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "service/watch.h"
#include "store/meta.h"

#define NOON   1504267200 /* 2017-09-01T12:00:00Z */
#define HOUR_S 3600
#define DAY_S  86400

static struct err e;

struct world {
    char path[40];
    struct store *s;
    struct zone *zone;
    struct engine engine;
    struct clock clock;
    struct watch *watch;
};

#define OK(call)                                                  \
    do {                                                          \
        if ((call) != 0)                                          \
            fail_msg("line %d: %s: %s", __LINE__, #call, e.text); \
    } while (0)

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    snprintf(w->path, sizeof w->path, "/tmp/csid-watch-XXXXXX");
    assert_true(close(mkstemp(w->path)) == 0);
    OK(store_open(w->path, &w->s, &e));
    OK(zone_load("Europe/London", &w->zone, &e));
    w->engine = (struct engine){.organisation = "Bromley",
                                .mail_from = "csi@bromley.example",
                                .mail_reply_to = "",
                                .mail_administrator = "",
                                .zone = w->zone};
    clock_test(&w->clock, (utc_t){NOON});
    OK(watch_open(&w->clock, w->s, &w->watch, &e));
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    struct world *w = *state;

    watch_close(w->watch);
    store_close(w->s);
    zone_free(w->zone);
    for (size_t i = 0; i < COUNT(ends); i++) {
        char *path = xasprintf("%s%s", w->path, ends[i]);

        unlink(path);
        free(path);
    }
    free(w);
    return 0;
}

/* The clock is set by so many seconds; whether it is suspect then. */
static bool step(struct world *w, int64_t by)
{
    OK(clock_set(&w->clock, (utc_t){w->clock.at.s + by}, &e));
    OK(watch_look(w->watch, &w->engine, &e));
    return watch_suspect(w->watch) != NULL;
}

static bool pass_time(struct world *w, int64_t by)
{
    OK(clock_advance(&w->clock, (utc_t){w->clock.at.s + by}, &e));
    OK(watch_look(w->watch, &w->engine, &e));
    return watch_suspect(w->watch) != NULL;
}

static void test_how_far_is_too_far(void **state)
{
    struct world *w = *state;

    assert_false(pass_time(w, 400 * DAY_S));
    assert_false(step(w, 36 * HOUR_S));
    assert_false(step(w, -3 * HOUR_S + 1));
    for (int i = 0; i < 100; i++) /* each a small one */
        assert_false(step(w, 30 * HOUR_S));
    assert_true(step(w, -3 * HOUR_S));
    assert_non_null(strstr(watch_suspect(w->watch), "back by 3 hours"));
    assert_false(step(w, 1));
    assert_true(step(w, 36 * HOUR_S + 1));
    assert_non_null(strstr(watch_suspect(w->watch), "forward by 36 hours"));
}

static void test_a_doubt_stays_until_it_is_ended(void **state)
{
    struct world *w = *state;

    assert_true(step(w, 10 * DAY_S));
    assert_true(pass_time(w, 5 * DAY_S));
    assert_true(step(w, -8 * DAY_S)); /* nearer, but not near */
    assert_non_null(strstr(watch_suspect(w->watch), "forward by 48 hours"));
    assert_false(step(w, -2 * DAY_S));
    assert_true(step(w, -DAY_S));
    OK(watch_accept(w->watch, &w->engine, "jane", &e));
    assert_null(watch_suspect(w->watch));
    assert_false(pass_time(w, HOUR_S)); /* from now on it goes by this one */
    assert_true(step(w, 2 * DAY_S));
    OK(watch_accept(w->watch, &w->engine, "jane", &e));
    OK(watch_accept(w->watch, &w->engine, "jane", &e)); /* nothing to accept: fine */
}

static char *kept(struct world *w)
{
    char *value;

    OK(meta_read(w->s, "clock_suspect", &value, &e));
    return value;
}

static void keep(struct world *w, const char *value)
{
    OK(store_begin(w->s, "test", (utc_t){NOON}, &e));
    OK(store_end(w->s, meta_write(w->s, "clock_suspect", value, &e), &e));
}

static void reopen(struct world *w)
{
    watch_close(w->watch);
    OK(watch_open(&w->clock, w->s, &w->watch, &e));
    OK(watch_look(w->watch, &w->engine, &e));
}

static void test_a_test_clock_begins_anew(void **state)
{
    struct world *w = *state;
    char *value;

    assert_null(kept(w));
    assert_true(step(w, 10 * DAY_S));
    value = kept(w);
    assert_non_null(value);
    free(value);
    reopen(w);
    assert_null(watch_suspect(w->watch));
    assert_null(kept(w));
}

/* What the system's clock and the machine's uptime say cannot be set here, but what was left can.
 */
static void test_the_systems_clock_after_a_restart(void **state)
{
    struct world *w = *state;
    int64_t passed, offset;
    char *value;

    clock_system(&w->clock);
    passed = clock_elapsed(&w->clock);
    offset = clock_now(&w->clock).s - passed;
    value = xasprintf("%lld %lld", (long long)offset - 5 * DAY_S, (long long)passed);
    keep(w, value);
    free(value);
    reopen(w);
    assert_non_null(watch_suspect(w->watch));
    assert_non_null(strstr(watch_suspect(w->watch), "forward by 1"));
    OK(watch_accept(w->watch, &w->engine, "jane", &e));
    assert_null(kept(w));
    /* it has been put right meanwhile */
    value = xasprintf("%lld %lld", (long long)offset, (long long)passed);
    keep(w, value);
    free(value);
    reopen(w);
    assert_null(watch_suspect(w->watch));
    /* the machine was started since: downtime */
    value = xasprintf("%lld %lld", (long long)offset - 5 * DAY_S, (long long)passed + DAY_S);
    keep(w, value);
    free(value);
    reopen(w);
    assert_null(watch_suspect(w->watch));
    assert_null(kept(w));
    keep(w, "nonsense");
    reopen(w);
    assert_null(watch_suspect(w->watch));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_how_far_is_too_far),
        TEST(test_a_doubt_stays_until_it_is_ended),
        TEST(test_a_test_clock_begins_anew),
        TEST(test_the_systems_clock_after_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
