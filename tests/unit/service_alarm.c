/* The clock and what wakes by it. No test waits for time: instants lie in the past, or never come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/alarm.h"

/* What alarm.c reads of its timer; once, as if the wall clock had been set. */
static bool clock_was_set;

ssize_t read(int fd, void *buf, size_t n)
{
    if (clock_was_set && n == sizeof(uint64_t)) {
        clock_was_set = false;
        errno = ECANCELED;
        return -1;
    }
    return syscall(SYS_read, fd, buf, n);
}

struct seen {
    struct alarm *alarm;
    int count[ALARM_TICK + 1];
    int ticks_wanted;
    utc_t next; /* set from within */
};

static void fired(void *arg, enum alarm_reason reason)
{
    struct seen *s = arg;

    s->count[reason]++;
    if (utc_is(s->next)) {
        alarm_set(s->alarm, s->next);
        s->next = UTC_NONE;
    }
}

static void on_walk(uv_handle_t *handle, void *arg)
{
    (void)arg;
    assert_true(uv_is_closing(handle));
}

static void finish(uv_loop_t *loop, struct alarm *a)
{
    alarm_close(a);
    uv_walk(loop, on_walk, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

static struct alarm *start(uv_loop_t *loop, struct seen *s, const struct clock *clock,
                           uint64_t tick_ms)
{
    struct alarm_ops ops = {s, fired, tick_ms};
    struct err e;

    memset(s, 0, sizeof *s);
    s->next = UTC_NONE;
    assert_int_equal(uv_loop_init(loop), 0);
    assert_int_equal(alarm_open(loop, clock, &ops, &s->alarm, &e), 0);
    return s->alarm;
}

/* Turns the loop until `reason` was seen `times`. */
static void turn(uv_loop_t *loop, const struct seen *s, enum alarm_reason reason, int times)
{
    while (s->count[reason] < times)
        assert_int_equal(uv_run(loop, UV_RUN_ONCE), 1);
}

static void test_past_fires_once(void **state)
{
    static const int64_t past[] = {1, 0, -1, -62135596800, INT64_MIN + 1};
    struct clock clock;
    struct seen s;
    uv_loop_t loop;

    (void)state;
    clock_system(&clock);
    for (size_t i = 0; i < COUNT(past); i++) {
        start(&loop, &s, &clock, 5);
        alarm_set(s.alarm, (utc_t){past[i]});
        turn(&loop, &s, ALARM_DUE, 1);
        turn(&loop, &s, ALARM_TICK, s.count[ALARM_TICK] + 3);
        assert_int_equal(s.count[ALARM_DUE], 1);
        finish(&loop, s.alarm);
    }
}

static void test_now_and_again_from_within(void **state)
{
    struct clock clock;
    struct seen s;
    uv_loop_t loop;

    (void)state;
    clock_system(&clock);
    start(&loop, &s, &clock, 0);
    s.next = (utc_t){5};
    alarm_set(s.alarm, clock_now(&clock));
    turn(&loop, &s, ALARM_DUE, 2);
    assert_int_equal(s.count[ALARM_TICK], 0);
    finish(&loop, s.alarm);
}

static void test_later_and_never(void **state)
{
    struct clock clock;
    struct seen s;
    uv_loop_t loop;
    utc_t later[] = {UTC_NONE, {0}, {253402300799}, {INT64_MAX}};

    (void)state;
    clock_system(&clock);
    later[1].s = clock_now(&clock).s + 3600;
    for (size_t i = 0; i < COUNT(later); i++) {
        start(&loop, &s, &clock, 2);
        alarm_set(s.alarm, (utc_t){1});
        alarm_set(s.alarm, later[i]); /* in place of the one before */
        turn(&loop, &s, ALARM_TICK, 5);
        assert_int_equal(s.count[ALARM_DUE] + s.count[ALARM_CLOCK_SET], 0);
        finish(&loop, s.alarm);
    }
}

static void test_clock_set_keeps_the_instant(void **state)
{
    struct clock clock;
    struct seen s;
    uv_loop_t loop;

    (void)state;
    clock_system(&clock);
    start(&loop, &s, &clock, 0);
    alarm_set(s.alarm, (utc_t){1});
    clock_was_set = true;
    turn(&loop, &s, ALARM_CLOCK_SET, 1);
    assert_int_equal(s.count[ALARM_DUE], 0);
    turn(&loop, &s, ALARM_DUE, 1);
    finish(&loop, s.alarm);
}

static void test_test_clock_wakes_nobody(void **state)
{
    struct clock clock;
    struct seen s;
    uv_loop_t loop;

    (void)state;
    clock_test(&clock, (utc_t){1500000000});
    start(&loop, &s, &clock, 1);
    alarm_set(s.alarm, (utc_t){1});
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0); /* nothing to wait for at all */
    assert_int_equal(s.count[ALARM_DUE] + s.count[ALARM_TICK], 0);
    finish(&loop, s.alarm);
}

static void test_clocks(void **state)
{
    struct clock c;
    struct err e;
    uint64_t before = clock_monotonic_ms();
    time_t now = time(NULL);

    (void)state;
    clock_system(&c);
    assert_in_range(clock_now(&c).s, now, now + 60);
    assert_int_equal(clock_set(&c, (utc_t){5}, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_int_equal(clock_advance(&c, (utc_t){INT64_MAX}, &e), -1);
    assert_in_range(clock_now(&c).s, now, now + 60);

    clock_test(&c, (utc_t){1504159200});
    assert_int_equal(clock_now(&c).s, 1504159200);
    assert_int_equal(clock_advance(&c, (utc_t){1504159200}, &e), 0);
    assert_int_equal(clock_advance(&c, (utc_t){1504159260}, &e), 0);
    assert_int_equal(clock_advance(&c, (utc_t){1504159259}, &e), -1);
    assert_string_equal(e.text,
                        "time does not run back from 2017-08-31T06:01:00Z to 2017-08-31T06:00:59Z");
    assert_int_equal(clock_now(&c).s, 1504159260);
    assert_int_equal(clock_set(&c, (utc_t){0}, &e), 0);
    assert_int_equal(clock_now(&c).s, 0);
    assert_true(clock_monotonic_ms() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_past_fires_once),
        cmocka_unit_test(test_now_and_again_from_within),
        cmocka_unit_test(test_later_and_never),
        cmocka_unit_test(test_clock_set_keeps_the_instant),
        cmocka_unit_test(test_test_clock_wakes_nobody),
        cmocka_unit_test(test_clocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
