/* The outbox as people read it: a digest is one row, what became no message stands for itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/notice.h"
#include "store/outbox_list.h"

#define OK(call)                               \
    do {                                       \
        if ((call) != 0)                       \
            fail_msg("%s: %s", #call, e.text); \
    } while (0)

static struct err e;
static struct store *s;

static int64_t message(const char *channel, const char *to, const char *body)
{
    static int count;
    char *id = xasprintf("id-%d@x", ++count);
    struct outbox_message m = {.channel = (char *)(uintptr_t)channel,
                               .recipient = (char *)(uintptr_t)to,
                               .event = (char *)(uintptr_t) "csi.test",
                               .subject = (char *)(uintptr_t) "Subject",
                               .message_id = id,
                               .body = (char *)(uintptr_t)body,
                               .body_len = strlen(body),
                               .valid_until = UTC_NONE};
    int64_t row;

    OK(outbox_add(s, &m, &row, &e));
    free(id);
    return row;
}

static void notice(const char *about, const char *step, const char *channel, int64_t message_id)
{
    struct notice n = {"csi.test", about,   {17000},  "rule",    step,
                       "role",     channel, "reason", message_id};
    int64_t id;

    OK(notice_add(s, &n, &id, &e));
}

/* Notices 1 and 3 are a digest, 2 reached nobody, 4 was overtaken, 5 is a call, 6 another mail. */
static int setup(void **state)
{
    char path[] = "/tmp/csid-list-XXXXXX";
    int64_t digest, call, other;

    (void)state;
    assert_true(close(mkstemp(path)) == 0);
    OK(store_open(path, &s, &e));
    unlink(path); /* SQLite goes on with what is open */
    OK(store_begin(s, "test", (utc_t){1504254600}, &e));
    digest = message("mail", "Ann@x.example", "first body");
    notice("a:1", "T-7", "mail", digest);
    notice("a:2", "T-7", "none", 0);
    notice("a:3", "T-7", "mail", digest);
    notice("a:1", "T-14", "mail", 0);
    call = message("webhook:board", "board", "{}");
    notice("a:1", "T-7", "webhook:board", call);
    other = message("mail", "bob@x.example", "second body");
    notice("a:4", "T-7", "mail", other);
    OK(store_end(s, 0, &e));
    return 0;
}

static int teardown(void **state)
{
    char *wal = xasprintf("%s-wal", store_path(s)), *shm = xasprintf("%s-shm", store_path(s));

    (void)state;
    store_close(s);
    unlink(wal);
    unlink(shm);
    free(wal);
    free(shm);
    return 0;
}

static int put(void *arg, const struct outbox_row *r)
{
    text_addf(arg, "%d %s %s %s %d|", (int)r->id, r->about, r->state, r->to, (int)r->abouts);
    assert_null(r->body); /* a list of thousands does not read them */
    return 0;
}

static void expect(const struct outbox_filter *f, const char *rows)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(outbox_each(s, f, put, &t, &e));
    assert_string_equal(t.s, rows);
    text_free(&t);
}

static void test_list(void **state)
{
    static const struct {
        struct outbox_filter filter;
        const char *rows;
    } cases[] = {
        {{0},
         "1 a:1 queued Ann@x.example 2|2 a:2 cancelled  1|4 a:1 collapsed  1|"
         "5 a:1 queued board 1|6 a:4 queued bob@x.example 1|"},
        {{.state = "queued"},
         "1 a:1 queued Ann@x.example 2|5 a:1 queued board 1|6 a:4 queued bob@x.example 1|"},
        {{.state = "collapsed"}, "4 a:1 collapsed  1|"},
        {{.state = "failed"}, ""},
        {{.to = "ann@X.example"}, "1 a:1 queued Ann@x.example 2|"},
        {{.about = "a:3"}, "1 a:1 queued Ann@x.example 2|"}, /* whatever else the mail speaks of */
        {{.about = "a:1"}, "1 a:1 queued Ann@x.example 2|4 a:1 collapsed  1|5 a:1 queued board 1|"},
        {{.about = "a:9"}, ""},
        {{.limit = 2}, "1 a:1 queued Ann@x.example 2|2 a:2 cancelled  1|"},
        {{.after = 2, .limit = 2}, "4 a:1 collapsed  1|5 a:1 queued board 1|"},
        {{.after = 6}, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        expect(&cases[i].filter, cases[i].rows);
}

static int keep(void *arg, const struct outbox_row *r)
{
    text_addf(arg, "%d %d %.*s", (int)r->id, (int)r->abouts, (int)r->body_len,
              r->body ? (const char *)r->body : "");
    return 0;
}

static void test_find(void **state)
{
    static const struct {
        int64_t id;
        const char *row;
    } cases[] = {{1, "1 2 first body"}, {3, "1 2 first body"}, {2, "2 1 "},
                 {4, "4 1 "},           {5, "5 1 {}"},         {6, "6 1 second body"}};
    struct text t = TEXT_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        text_clear(&t);
        OK(outbox_find(s, cases[i].id, keep, &t, &e));
        assert_string_equal(t.s, cases[i].row);
    }
    assert_int_equal(outbox_find(s, 7, keep, &t, &e), -1);
    assert_int_equal(e.code, ERR_NOTFOUND);
    text_free(&t);
}

static int put_notice(void *arg, const struct notice_row *n)
{
    text_addf(arg, "%d %s|", (int)n->id, n->about);
    return 0;
}

static void test_notices(void **state)
{
    struct text t = TEXT_INIT;

    (void)state;
    text_clear(&t);
    OK(notice_each_of(s, 1, put_notice, &t, &e));
    text_add(&t, "/");
    OK(notice_each_unreached(s, (utc_t){1504254600}, put_notice, &t, &e));
    text_add(&t, "/");
    OK(notice_each_unreached(s, (utc_t){1504254601}, put_notice, &t, &e));
    assert_string_equal(t.s, "1 a:1|3 a:3|/2 a:2|/");
    text_free(&t);
}

static void test_told(void **state)
{
    static const struct {
        const char *channel, *to, *event;
        int64_t from, until;
        bool want;
    } cases[] = {
        {"mail", "ann@x.example", "csi.test", 0, 1, true}, /* addresses know no case */
        {"mail", "ann@x.example", "csi.test", 1, 2, false},
        {"mail", "ann@x.example", "csi.test", -1, 0, false}, /* the end is not included */
        {"mail", "ann@x.example", "csi.other", 0, 1, false},
        {"mail", "cy@x.example", "csi.test", 0, 1, false},
        {"webhook:board", "ann@x.example", "csi.test", 0, 1, false},
    };
    bool told;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        OK(outbox_told(s, cases[i].channel, cases[i].to, cases[i].event,
                       (utc_t){1504254600 + cases[i].from}, (utc_t){1504254600 + cases[i].until},
                       &told, &e));
        assert_int_equal(told, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_notices),
        cmocka_unit_test(test_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
