/* What systemd is told, read from the other end of its socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/ready.h"

static int systemd;
static char got[512];

static const char *said(void)
{
    ssize_t n = recv(systemd, got, sizeof got - 1, MSG_DONTWAIT);

    got[n > 0 ? n : 0] = '\0';
    return got;
}

static int listen_as_systemd(void **state)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    char name[64];
    int len = snprintf(name, sizeof name, "@csid-ready-%ld", (long)getpid());

    (void)state;
    memcpy(sa.sun_path + 1, name + 1, (size_t)len - 1);
    systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return bind(systemd, (struct sockaddr *)&sa,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len));
}

static int stop_listening(void **state)
{
    (void)state;
    return close(systemd);
}

struct life {
    int asked;
    bool alive;
};

static bool alive(void *arg)
{
    struct life *l = arg;

    l->asked++;
    return l->alive;
}

static struct ready *start_ticked(uv_loop_t *loop, struct life *l, const char *usec,
                                  uint64_t tick_ms)
{
    if (usec)
        setenv("WATCHDOG_USEC", usec, 1);
    else
        unsetenv("WATCHDOG_USEC");
    assert_int_equal(uv_loop_init(loop), 0);
    return ready_open(loop, tick_ms, alive, l);
}

static struct ready *start(uv_loop_t *loop, struct life *l, const char *usec)
{
    return start_ticked(loop, l, usec, 0);
}

static void finish(uv_loop_t *loop, struct ready *r)
{
    ready_close(r);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void test_states(void **state)
{
    struct life l = {0, true};
    uv_loop_t loop;
    struct ready *r = start(&loop, &l, NULL);

    (void)state;
    ready_up(r, "306 actions");
    assert_string_equal(said(), "STATUS=306 actions");
    assert_string_equal(said(), "READY=1");
    ready_status(r, "bad\nREADY=1\nSTOPPING=1");
    assert_string_equal(said(), "STATUS=bad READY=1 STOPPING=1");
    ready_reloading(r);
    assert_memory_equal(said(), "RELOADING=1\nMONOTONIC_USEC=", 27);
    ready_stopping(r);
    assert_string_equal(said(), "STOPPING=1");
    assert_string_equal(said(), "");
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0); /* no watchdog, no waking */
    assert_int_equal(l.asked, 0);
    finish(&loop, r);
}

static void test_sign_of_life(void **state)
{
    struct life l = {0, true};
    uv_loop_t loop;
    struct ready *r = start(&loop, &l, "4000");

    (void)state;
    while (l.asked < 3)
        assert_int_equal(uv_run(&loop, UV_RUN_ONCE), 1);
    for (int i = 0; i < 3; i++)
        assert_string_equal(said(), "WATCHDOG=1");
    l.alive = false;
    while (l.asked < 6)
        assert_int_equal(uv_run(&loop, UV_RUN_ONCE), 1);
    assert_string_equal(said(), "");
    finish(&loop, r);
}

/* Ticks often enough carry the sign of life, and nothing else wakes the loop. */
static void test_with_the_ticks(void **state)
{
    struct life l = {0, true};
    uv_loop_t loop;
    struct ready *r = start_ticked(&loop, &l, "120000000", 60000);

    (void)state;
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(l.asked, 0);
    ready_tick(r);
    assert_string_equal(said(), "WATCHDOG=1");
    l.alive = false;
    ready_tick(r);
    assert_int_equal(l.asked, 2);
    assert_string_equal(said(), "");
    finish(&loop, r);
}

/* Ticks too rare for systemd: the timer it is, and a tick says nothing. */
static void test_ticks_too_rare(void **state)
{
    struct life l = {0, true};
    uv_loop_t loop;
    struct ready *r = start_ticked(&loop, &l, "119999999", 60000);

    (void)state;
    ready_tick(r);
    assert_int_equal(l.asked, 0);
    assert_true(uv_loop_alive(&loop));
    finish(&loop, r);
    r = start_ticked(&loop, &l, "4000", 60000);
    assert_int_equal(uv_run(&loop, UV_RUN_ONCE), 1);
    assert_string_equal(said(), "WATCHDOG=1");
    finish(&loop, r);
    r = start_ticked(&loop, &l, NULL, 60000); /* systemd does not ask */
    ready_tick(r);
    assert_int_equal(l.asked, 1);
    assert_string_equal(said(), "");
    finish(&loop, r);
}

static void test_nobody_asked(void **state)
{
    static const char *const odd[] = {"0", "", "x", "-1", "1"};
    struct life l = {0, true};
    uv_loop_t loop;

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        finish(&loop, start(&loop, &l, odd[i]));
    ready_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states),         cmocka_unit_test(test_sign_of_life),
        cmocka_unit_test(test_with_the_ticks), cmocka_unit_test(test_ticks_too_rare),
        cmocka_unit_test(test_nobody_asked),
    };

    return cmocka_run_group_tests(tests, listen_as_systemd, stop_listening);
}
