/* The outbox on a database of its own: what is claimed and in which order, where attempts lead, and
 * what a killed csid finds at its next start. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/channel.h"
#include "store/journal.h"
#include "store/notice.h"
#include "store/outbox_list.h"
#include "store/sql.h"

#define OK(call)                               \
    do {                                       \
        if ((call) != 0)                       \
            fail_msg("%s: %s", #call, e.text); \
    } while (0)

struct fixture {
    char dir[32], path[64];
    struct store *s;
};

static struct err e;

static utc_t at(int64_t seconds)
{
    return (utc_t){1504254600 + seconds};
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    snprintf(f->dir, sizeof f->dir, "/tmp/csid-outbox-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/csid.db", f->dir);
    OK(store_open(f->path, &f->s, &e));
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    int64_t rows, broken;

    OK(journal_verify(f->s, &rows, &broken, &e));
    assert_int_equal(broken, 0);
    store_close(f->s);
    assert_int_equal(nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(f);
    return 0;
}

static int64_t add(struct store *s, const char *channel, const char *to, int64_t now, utc_t valid)
{
    static int count;
    char *id = xasprintf("id-%d@x", ++count), *body = xasprintf("body of %s\r\n%c", id, 0);
    struct outbox_message m = {.channel = (char *)(uintptr_t)channel,
                               .recipient = (char *)(uintptr_t)to,
                               .event = (char *)(uintptr_t) "csi.test",
                               .subject = (char *)(uintptr_t) "Subject",
                               .message_id = id,
                               .body = body,
                               .body_len = strlen(body) + 1,
                               .valid_until = valid};
    int64_t row;

    OK(store_begin(s, "test", at(now), &e));
    OK(store_end(s, outbox_add(s, &m, &row, &e), &e));
    free(id);
    free(body);
    return row;
}

/* Claims and says which message came; 0 when none. */
static int64_t claim(struct store *s, const char *channel, int64_t now, int64_t *ret_attempt)
{
    struct outbox_message m;
    int rc = outbox_claim(s, channel, NULL, 0, at(now), &m, ret_attempt, &e);
    int64_t id = rc > 0 ? m.id : 0;

    if (rc < 0)
        fail_msg("claim: %s", e.text);
    if (rc > 0) {
        assert_int_equal(m.state, OUTBOX_SENDING);
        assert_int_equal(m.body_len, strlen(m.body) + 1); /* the NUL in it came back */
        outbox_message_clear(&m);
    }
    return id;
}

static const struct query q_state = {"SELECT state FROM message WHERE id = ?", false};
static const struct query q_attempts = {"SELECT attempts FROM message WHERE id = ?", false};
static const struct query q_rows = {"SELECT count(*) FROM attempt WHERE message_id = ?", false};

static void expect(struct store *s, int64_t id, const char *state, int attempts)
{
    struct rows r;
    int64_t n;

    rows_start(&r, s, &q_state, "i", id);
    assert_true(rows_next(&r));
    assert_string_equal(rows_text(&r, 0), state);
    OK(rows_end(&r, &e));
    OK(sql_int(s, &q_attempts, -1, &n, &e, "i", id));
    assert_int_equal(n, attempts);
}

static void test_order(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a1 = add(s, "mail", "a@x", 0, UTC_NONE), a2 = add(s, "mail", "a@x", 0, UTC_NONE);
    int64_t b = add(s, "mail", "b@x", 0, UTC_NONE), w = add(s, "webhook:w", "a@x", 0, UTC_NONE);
    int64_t late = add(s, "mail", "c@x", 50, UTC_NONE), t1, t2, t3, t;

    assert_int_equal(claim(s, "mail", -1, &t), 0); /* not before its time */
    assert_int_equal(claim(s, "mail", 0, &t1), a1);
    assert_int_equal(claim(s, "mail", 0, &t2), b); /* a's second waits for its first */
    assert_int_equal(claim(s, "mail", 0, &t), 0);
    assert_int_equal(claim(s, "webhook:w", 0, &t3), w); /* another channel does not wait */
    assert_int_equal(claim(s, "webhook:", 0, &t), 0);
    expect(s, a1, "sending", 1);
    OK(outbox_finish(s, t1, OUTBOX_ACCEPTED, "250 ok", UTC_NONE, at(1), &e));
    expect(s, a1, "accepted", 1);
    assert_int_equal(claim(s, "mail", 60, &t1), a2);
    assert_int_equal(claim(s, "mail", 60, &t), late);
}

static int expect_ended(void *arg, const struct attempt_row *r)
{
    assert_int_equal(r->ended_at.s, ((utc_t *)arg)->s);
    return 0;
}

/* While the disk is full what ended is kept: the evidence says when it ended, not when there was
 * room. */
static void test_written_late(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), t;
    struct outbox_message m;
    utc_t ended = at(2);

    assert_int_equal(claim(s, "mail", 0, &t), a);
    OK(store_begin(s, "csid", at(7200), &e));
    OK(store_end(s, outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, ended, &e), &e));
    OK(outbox_read(s, a, &m, &e));
    assert_int_equal(m.sent_at.s, ended.s);
    outbox_message_clear(&m);
    OK(outbox_attempts(s, a, expect_ended, &ended, &e));
}

static void test_retry_comes_back(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), t;
    utc_t next;

    assert_int_equal(claim(s, "mail", 0, &t), a);
    OK(outbox_next(s, &next, &e));
    assert_false(utc_is(next));
    OK(outbox_finish(s, t, OUTBOX_RETRY, "451 later", at(60), at(0), &e));
    expect(s, a, "retry", 1);
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, at(60).s);
    assert_int_equal(claim(s, "mail", 59, &t), 0);
    assert_int_equal(claim(s, "mail", 60, &t), a);
    expect(s, a, "sending", 2);
    OK(outbox_finish(s, t, OUTBOX_IN_DOUBT, "lost", at(90), at(60), &e));
    assert_int_equal(claim(s, "mail", 90, &t), a);
    OK(outbox_finish(s, t, OUTBOX_FAILED, "550 no", UTC_NONE, at(90), &e));
    expect(s, a, "failed", 3);
    assert_int_equal(claim(s, "mail", 900, &t), 0);
}

/* What was written first for somebody arrives first, however often it has to be tried; nobody else
 * waits for it. */
static void test_turn(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a1 = add(s, "mail", "a@x", 0, UTC_NONE), a2 = add(s, "mail", "a@x", 0, UTC_NONE);
    int64_t b1 = add(s, "mail", "b@x", 0, UTC_NONE), t;
    utc_t next;

    assert_int_equal(claim(s, "mail", 0, &t), a1);
    OK(outbox_finish(s, t, OUTBOX_RETRY, "450 greylisted", at(60), at(0), &e));
    assert_int_equal(claim(s, "mail", 1, &t), b1);
    OK(outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(1), &e));
    assert_int_equal(claim(s, "mail", 59, &t), 0);
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, at(60).s); /* not that of the second, which has passed */
    assert_int_equal(claim(s, "mail", 60, &t), a1);
    OK(outbox_finish(s, t, OUTBOX_IN_DOUBT, "lost", at(60), at(60), &e));
    assert_int_equal(claim(s, "mail", 60, &t), a1);
    OK(outbox_finish(s, t, OUTBOX_FAILED, "550", UTC_NONE, at(60), &e));
    assert_int_equal(claim(s, "mail", 60, &t), a2);
    OK(store_begin(s, "test", at(61),
                   &e)); /* by hand the first goes again, not beside the second */
    OK(store_end(s, outbox_retry(s, a1, &e), &e));
    assert_int_equal(claim(s, "mail", 61, &t), 0);
    OK(outbox_recover(s, at(62), &t, &e));
    assert_int_equal(claim(s, "mail", 62, &t), a1);
}

static int64_t claim_capped(struct store *s, const char *channel, int64_t now)
{
    struct outbox_message m;
    int64_t attempt;
    int rc = outbox_claim(s, channel, NULL, 2, at(now), &m, &attempt, &e);
    int64_t id = rc > 0 ? m.id : 0;

    assert_true(rc >= 0);
    if (rc > 0)
        outbox_message_clear(&m);
    return id;
}

static void test_per_minute(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), b = add(s, "mail", "b@x", 0, UTC_NONE);
    int64_t c = add(s, "mail", "c@x", 0, UTC_NONE), d = add(s, "mail", "d@x", 0, UTC_NONE);
    int64_t w = add(s, "webhook:w", "w", 0, UTC_NONE), f;
    utc_t next;

    assert_int_equal(claim_capped(s, "mail", 0), a);
    assert_int_equal(claim_capped(s, "mail", 10), b);
    assert_int_equal(claim_capped(s, "mail", 10), 0);
    assert_int_equal(claim_capped(s, "webhook:w", 10), w); /* each channel has its own */
    f = add(s, "mail", "f@x", 11, UTC_NONE);
    assert_int_equal(claim_capped(s, "mail", 59), 0);
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, at(60).s);
    assert_int_equal(claim_capped(s, "mail", 60), c); /* the one of 0 is a minute old */
    assert_int_equal(claim_capped(s, "mail", 60), 0);
    assert_int_equal(claim_capped(s, "mail", 70), d);
    assert_int_equal(claim_capped(s, "mail", 119), 0);
    assert_int_equal(claim_capped(s, "mail", 120), f);
}

static void test_illegal(void **state)
{
    static const enum outbox_state never[] = {OUTBOX_SENDING, OUTBOX_EXPIRED, OUTBOX_CANCELLED,
                                              OUTBOX_COLLAPSED};
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), t;

    assert_int_equal(claim(s, "mail", 0, &t), a);
    for (size_t i = 0; i < COUNT(never); i++) {
        assert_int_equal(outbox_finish(s, t, never[i], "", UTC_NONE, at(0), &e), -1);
        assert_int_equal(e.code, ERR_CONFLICT);
        expect(s, a, "sending", 1);
    }
    OK(outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(0), &e));
    assert_int_equal(outbox_finish(s, t, OUTBOX_RETRY, "", at(9), at(0), &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(outbox_release(s, t, "", at(9), at(0), &e), -1);
    assert_int_equal(outbox_finish(s, 999, OUTBOX_ACCEPTED, "", UTC_NONE, at(0), &e), -1);
    expect(s, a, "accepted", 1);
}

static void test_release(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), b = add(s, "mail", "b@x", 0, UTC_NONE), n, t;
    int64_t w = add(s, "webhook:w", "w", 0, UTC_NONE);

    assert_int_equal(claim(s, "mail", 0, &t), a);
    OK(outbox_release(s, t, "connection refused", at(60), at(0), &e));
    expect(s, a, "queued", 0); /* not burned, but on record */
    OK(sql_int(s, &q_rows, -1, &n, &e, "i", a));
    assert_int_equal(n, 1);
    assert_int_equal(claim(s, "mail", 59, &t), 0); /* b would meet the same trouble */
    assert_int_equal(claim(s, "webhook:w", 59, &t), w);
    assert_int_equal(claim(s, "mail", 60, &t), a);
    assert_int_equal(claim(s, "mail", 60, &t), b);
}

static void test_expiry(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, at(100)), b = add(s, "mail", "b@x", 1, at(101)), t;
    int64_t c = b + 1;
    struct outbox_message m;

    assert_int_equal(claim(s, "mail", 100, &t), b);
    expect(s, a, "expired", 0);
    OK(outbox_finish(s, t, OUTBOX_RETRY, "451", at(200), at(100), &e));
    assert_int_equal(claim(s, "mail", 200, &t), 0);
    expect(s, b, "expired", 1);
    OK(outbox_read(s, b, &m, &e));
    assert_string_equal(m.reason, "its time had passed before it could go: it was worth sending "
                                  "until 2017-09-01T08:31:41Z");
    outbox_message_clear(&m);
    assert_int_equal(claim(s, "mail", 200, &t), 0);
    assert_int_equal(c, add(s, "mail", "c@x", 200, at(300)));
    assert_int_equal(claim(s, "mail", 200, &t), c);
    OK(outbox_finish(s, t, OUTBOX_IN_DOUBT, "lost", at(300), at(200), &e));
    assert_int_equal(claim(s, "mail", 300, &t), 0);
    OK(outbox_read(s, c, &m, &e));
    assert_string_equal(m.reason, "its time has passed, and whether it went before is not known: "
                                  "it was worth sending until 2017-09-01T08:35:00Z");
    outbox_message_clear(&m);
    /* asked for by hand it goes, though its time has passed */
    OK(store_begin(s, "test", at(300), &e));
    OK(store_end(s, outbox_retry(s, b, &e), &e));
    assert_int_equal(claim(s, "mail", 300, &t), b);
}

/* Stops what goes to a@x, and cannot say of c@x. */
static int stop_some(void *arg, const struct outbox_message *m, utc_t now, char **ret,
                     struct err *error)
{
    ++*(int *)arg;
    assert_int_equal(now.s, at(0).s);
    if (strcmp(m->recipient, "c@x") == 0)
        return err_set(error, ERR_STORAGE, "the disk");
    *ret = strcmp(m->recipient, "a@x") == 0 ? xstrdup("closed since") : NULL;
    return 0;
}

static void test_gate(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t doubted = add(s, "mail", "a@x", 0, UTC_NONE), a, b, t;
    int asked = 0;
    const struct outbox_gate gate = {stop_some, &asked};
    struct outbox_message m;

    assert_int_equal(claim(s, "mail", 0, &t), doubted);
    OK(outbox_finish(s, t, OUTBOX_IN_DOUBT, "lost", at(0), at(0), &e));
    a = add(s, "mail", "a@x", 0, UTC_NONE);
    b = add(s, "mail", "b@x", 0, UTC_NONE);
    /* what may have gone out is not asked about; now, nor once a server has refused it */
    assert_int_equal(outbox_claim(s, "mail", &gate, 0, at(0), &m, &t, &e), 1);
    assert_int_equal(m.id, doubted);
    assert_int_equal(asked, 0);
    outbox_message_clear(&m);
    OK(outbox_finish(s, t, OUTBOX_RETRY, "451", at(0), at(0), &e));
    assert_int_equal(outbox_claim(s, "mail", &gate, 0, at(0), &m, &t, &e), 1);
    assert_int_equal(m.id, doubted);
    outbox_message_clear(&m);
    OK(outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(0), &e));
    assert_int_equal(outbox_claim(s, "mail", &gate, 0, at(0), &m, &t, &e), 1);
    assert_int_equal(m.id, b);
    outbox_message_clear(&m);
    assert_int_equal(asked, 2);
    expect(s, a, "cancelled", 0);
    OK(outbox_read(s, a, &m, &e));
    assert_string_equal(m.reason, "closed since");
    outbox_message_clear(&m);
}

/* What cannot be asked leaves all as it was. */
static void test_gate_fails(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), c = add(s, "mail", "c@x", 0, UTC_NONE), t;
    int asked = 0;
    const struct outbox_gate gate = {stop_some, &asked};
    struct outbox_message m;

    assert_int_equal(outbox_claim(s, "mail", &gate, 0, at(0), &m, &t, &e), -1);
    assert_int_equal(e.code, ERR_STORAGE);
    assert_int_equal(asked, 2);
    expect(s, a, "queued", 0);
    expect(s, c, "queued", 0);
}

static void test_accept_all(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), b = add(s, "mail", "b@x", 0, UTC_NONE);
    int asked = 0;
    const struct outbox_gate gate = {stop_some, &asked};

    OK(store_begin(s, "csid", at(0), &e));
    OK(store_end(s, outbox_accept_all(s, &gate, at(0), &e), &e));
    expect(s, a, "cancelled", 0);
    expect(s, b, "accepted", 0);
}

static void test_recover(void **state)
{
    struct fixture *f = *state;
    int64_t a = add(f->s, "mail", "a@x", 0, UTC_NONE), b = add(f->s, "mail", "b@x", 0, UTC_NONE);
    int64_t c = add(f->s, "mail", "c@x", 0, UTC_NONE), t, count;
    struct outbox_message before, after;

    assert_int_equal(outbox_claim(f->s, "mail", NULL, 0, at(0), &before, &t, &e), 1);
    assert_int_equal(before.id, a);
    assert_int_equal(claim(f->s, "mail", 0, &t), b);
    OK(outbox_finish(f->s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(0), &e));
    store_close(f->s); /* as a SIGKILL would leave it: a's attempt has no end */
    OK(store_open(f->path, &f->s, &e));
    OK(outbox_recover(f->s, at(10), &count, &e));
    assert_int_equal(count, 1);
    expect(f->s, a, "in-doubt", 1);
    expect(f->s, b, "accepted", 1);
    expect(f->s, c, "queued", 0);
    OK(outbox_recover(f->s, at(10), &count, &e));
    assert_int_equal(count, 0);
    assert_int_equal(claim(f->s, "mail", 10, &t), c); /* it has waited longer */
    assert_int_equal(outbox_claim(f->s, "mail", NULL, 0, at(10), &after, &t, &e), 1);
    assert_int_equal(after.id, a);
    assert_int_equal(after.attempts, 2);
    assert_string_equal(after.message_id, before.message_id);
    assert_int_equal(after.body_len, before.body_len);
    assert_memory_equal(after.body, before.body, before.body_len);
    outbox_message_clear(&before);
    outbox_message_clear(&after);
}

static void test_retry_by_hand(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), t;

    OK(store_begin(s, "test", at(0), &e));
    assert_int_equal(outbox_retry(s, a, &e), -1); /* it is queued already */
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(outbox_retry(s, 999, &e), -1);
    assert_int_equal(e.code, ERR_NOTFOUND);
    store_undo(s);
    assert_int_equal(claim(s, "mail", 0, &t), a);
    OK(outbox_finish(s, t, OUTBOX_FAILED, "550", UTC_NONE, at(0), &e));
    OK(store_begin(s, "test", at(5), &e));
    OK(store_end(s, outbox_retry(s, a, &e), &e));
    expect(s, a, "queued", 1);
    assert_int_equal(claim(s, "mail", 4, &t), 0);
    assert_int_equal(claim(s, "mail", 5, &t), a);
    for (int i = 0; i < 3; i++) {
        OK(outbox_finish(s, t, OUTBOX_RETRY, "451", at(6), at(5), &e));
        assert_int_equal(claim(s, "mail", 6, &t), a);
    }
    expect(s, a, "sending", 5);
    OK(outbox_finish(s, t, OUTBOX_FAILED, "given up", UTC_NONE, at(6), &e));
    OK(store_begin(s, "test", at(7), &e));
    OK(store_end(s, outbox_retry(s, a, &e), &e));
    expect(s, a, "queued", 1); /* its delays begin anew, and that it was tried is known */
}

/* A clock that was ahead: what it put off is due, what was put off by the right one is not. */
static void test_hasten(void **state)
{
    static const struct {
        int64_t written, tried, next, hour; /* tried 0: not; when it is set right */
        bool due;
    } cases[] = {
        {0, 0, 0, 1, true},                /* due anyway */
        {0, 10, 4 * 3600, 1, false},       /* an ordinary delay */
        {0, 10, 24 * 3600, 1, false},      /* the longest */
        {0, 10, 26 * 3600, 1, true},       /* longer than any */
        {0, 2 * 3600, 5 * 3600, 1, true},  /* tried at a time that has not come */
        {0, 2 * 3600, 5 * 3600, 2, false}, /* that has just come */
        {2 * 3600, 0, 2 * 3600, 1, true},  /* written then */
        {9000 * 3600, 0, 9000 * 3600, 1, true},
    };
    struct store *s = ((struct fixture *)*state)->s;

    for (size_t i = 0; i < COUNT(cases); i++) {
        utc_t now = at(cases[i].hour * 3600);
        char *to = xasprintf("%zu@x", i);
        int64_t id = add(s, to, "a@x", cases[i].written, UTC_NONE), t;

        if (cases[i].tried) {
            assert_int_equal(claim(s, to, cases[i].tried, &t), id);
            OK(outbox_finish(s, t, OUTBOX_RETRY, "451", at(cases[i].next), at(cases[i].tried), &e));
        }
        OK(outbox_hasten(s, now, &e));
        if ((claim(s, to, cases[i].hour * 3600, &t) == id) != cases[i].due)
            fail_msg("case %zu", i);
        free(to);
    }
}

static void test_channel(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), w = add(s, "webhook:w", "w", 7, UTC_NONE), t;
    char *reason = NULL;
    utc_t next;
    bool held;

    OK(channel_held(s, "mail", &held, &reason, &e));
    assert_false(held);
    assert_null(reason);
    OK(channel_hold(s, "mail", CHANNEL_BY_FAULT, "535 no", at(1), &e));
    OK(channel_hold(s, "mail", CHANNEL_BY_FAULT, "another", at(2),
                    &e)); /* the first reason stands */
    OK(channel_held(s, "mail", &held, &reason, &e));
    assert_true(held);
    assert_string_equal(reason, "535 no");
    free(reason);
    assert_int_equal(claim(s, "mail", 5, &t), 0);
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, at(7).s); /* what waits on a held channel wakes nobody */
    OK(channel_release(s, "mail", at(8), &e));
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, at(0).s);
    assert_int_equal(claim(s, "mail", 8, &t), a);
    OK(outbox_hold_all(s, "webhook:w", "no such endpoint", at(9), &e));
    expect(s, w, "held", 0);
    expect(s, a, "sending", 1);
}

static void test_waiting_channels(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    char **names;
    size_t count;
    int64_t t;

    OK(outbox_waiting_channels(s, &names, &count, &e));
    assert_int_equal(count, 0);
    free(names);
    add(s, "webhook:b", "b", 0, UTC_NONE);
    add(s, "mail", "a@x", 0, UTC_NONE);
    add(s, "mail", "b@x", 0, UTC_NONE);
    add(s, "webhook:a", "a", 0, UTC_NONE);
    assert_int_not_equal(claim(s, "webhook:a", 0, &t), 0);
    OK(outbox_waiting_channels(s, &names, &count, &e));
    assert_int_equal(count, 2);
    assert_string_equal(names[0], "mail");
    assert_string_equal(names[1], "webhook:b");
    free(names[0]);
    free(names[1]);
    free(names);
}

static void test_many_in_one_transaction(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t a = add(s, "mail", "a@x", 0, UTC_NONE), b = add(s, "mail", "b@x", 0, UTC_NONE), t;

    OK(store_begin(s, "csid", at(0), &e));
    assert_int_equal(claim(s, "mail", 0, &t), a);
    assert_int_equal(claim(s, "mail", 0, &t), b);
    OK(outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(0), &e));
    store_undo(s);
    expect(s, a, "queued", 0);
    expect(s, b, "queued", 0);
}

static void test_notice_identity(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    int64_t m = add(s, "mail", "a@x", 0, UTC_NONE), id;
    const struct notice n = {"csi.action.overdue",
                             "bromley-2016:5.12",
                             day_from_ymd(2017, 9, 1),
                             "actions-overdue",
                             "2017-09-04",
                             "owner",
                             "mail",
                             "repeat",
                             m};
    const char **parts[] = {NULL, NULL, NULL, NULL, NULL};
    bool there;

    OK(store_begin(s, "csid", at(0), &e));
    OK(notice_exists(s, &n, &there, &e));
    assert_false(there);
    OK(notice_add(s, &n, &id, &e));
    OK(notice_exists(s, &n, &there, &e));
    assert_true(there);
    assert_int_equal(notice_add(s, &n, &id, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    for (size_t i = 0; i <= COUNT(parts); i++) { /* every part of the identity counts */
        struct notice other = n;
        const char **words[] = {&other.about, &other.rule, &other.step, &other.role,
                                &other.channel};

        if (i < COUNT(words))
            *words[i] = "another";
        else
            other.due_on = day_add(other.due_on, 1);
        other.message_id = 0;
        OK(notice_exists(s, &other, &there, &e));
        assert_false(there);
        OK(notice_add(s, &other, &id, &e));
    }
    OK(store_end(s, 0, &e));
}

static void test_counts(void **state)
{
    struct store *s = ((struct fixture *)*state)->s;
    struct outbox_counts counts;
    int64_t t;

    OK(outbox_count(s, &counts, &e));
    assert_false(utc_is(counts.oldest_waiting));
    for (int i = 0; i < 5; i++)
        add(s, "mail", i % 2 ? "a@x" : "b@x", i, UTC_NONE);
    claim(s, "mail", 10, &t);
    OK(outbox_finish(s, t, OUTBOX_ACCEPTED, "250", UTC_NONE, at(10), &e));
    claim(s, "mail", 10, &t);
    OK(outbox_count(s, &counts, &e));
    assert_int_equal(counts.by_state[OUTBOX_ACCEPTED], 1);
    assert_int_equal(counts.by_state[OUTBOX_SENDING], 1);
    assert_int_equal(counts.by_state[OUTBOX_QUEUED], 3);
    assert_int_equal(counts.oldest_waiting.s, at(1).s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order),
        TEST(test_written_late),
        TEST(test_retry_comes_back),
        TEST(test_turn),
        TEST(test_per_minute),
        TEST(test_illegal),
        TEST(test_release),
        TEST(test_expiry),
        TEST(test_gate),
        TEST(test_gate_fails),
        TEST(test_accept_all),
        TEST(test_recover),
        TEST(test_retry_by_hand),
        TEST(test_hasten),
        TEST(test_channel),
        TEST(test_waiting_channels),
        TEST(test_many_in_one_transaction),
        TEST(test_notice_identity),
        TEST(test_counts),

    };

    return cmocka_run_group_tests_name("store_outbox", tests, NULL, NULL);
}
