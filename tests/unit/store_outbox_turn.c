/* Which message is claimed next, and when anything is, against a reckoning that looks at every
 * pair: many and few recipients, messages in every state, due and not, in outboxes drawn at random
 * (the same each time). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store_scratch.h"
#include "store/outbox_list.h"
#include "store/sql.h"

#define MOST  300
#define DRAWS 60

static const char *const states[] = {"queued", "retry", "in-doubt", "sending", "accepted", "held"};
static const char *const channels[] = {"mail", "webhook:board"};

struct drawn {
    int state, channel, reader, next; /* next: seconds after the start of the test's time */
};

static bool is_open(const struct drawn *m)
{
    return m->state < 4;
}

static bool same_reader(const struct drawn *a, const struct drawn *b)
{
    return a->channel == b->channel && a->reader == b->reader;
}

/* What notices.md asks for: per recipient by creation, one under way at most, the earliest first.
 * The number of the message, from 1; 0: none. */
static int64_t naive(const struct drawn *all, size_t count, int channel, int now)
{
    size_t best = count;

    for (size_t i = 0; i < count; i++) {
        bool turn = all[i].state < 3 && all[i].channel == channel && all[i].next <= now;

        for (size_t k = 0; turn && k < count; k++)
            turn = !(same_reader(&all[k], &all[i]) &&
                     ((k < i && is_open(&all[k])) || all[k].state == 3));
        if (turn && (best == count || all[i].next < all[best].next))
            best = i;
    }
    return best == count ? 0 : (int64_t)best + 1;
}

static utc_t at(int seconds)
{
    return (utc_t){1504254600 + seconds};
}

static const struct query empty = {"DELETE FROM attempt", true},
                          gone = {"DELETE FROM message", true};
static const struct query insert = {
    "INSERT INTO message (id, channel, recipient, event, subject, message_id, body, state, "
    "created_at, next_at) "
    "VALUES (?1, ?2, 'r' || ?3, 'csi.test', 'Test', ?1 || '@x.example', x'00', ?4, ?5, ?5)",
    false};

static void fill(const struct drawn *all, size_t count)
{
    OK(store_begin(s, "test", at(0), &e));
    OK(sql_run(s, &empty, &e, ""));
    OK(sql_run(s, &gone, &e, ""));
    for (size_t i = 0; i < count; i++)
        OK(sql_run(s, &insert, &e, "ititu", (int64_t)i + 1, channels[all[i].channel],
                   (int64_t)all[i].reader, states[all[i].state], at(all[i].next)));
    OK(store_end(s, 0, &e));
}

/* When anything goes next, on either channel. */
static void look_ahead(const struct drawn *all, size_t count)
{
    utc_t next, wanted = UTC_NONE;

    for (int channel = 0; channel < 2; channel++) {
        int64_t id = naive(all, count, channel, INT32_MAX);

        if (id && (!utc_is(wanted) || at(all[id - 1].next).s < wanted.s))
            wanted = at(all[id - 1].next);
    }
    OK(outbox_next(s, &next, &e));
    assert_int_equal(next.s, wanted.s);
}

/* What is under way blocks the rest of its reader's, so each claim looks at another outbox. */
static size_t claim_all(struct drawn *all, size_t count, int channel, int now)
{
    for (size_t claimed = 0;; claimed++) {
        int64_t wanted = naive(all, count, channel, now), attempt;
        struct outbox_message m = {.id = 0};
        int found;

        look_ahead(all, count);
        found = outbox_claim(s, channels[channel], NULL, 0, at(now), &m, &attempt, &e);

        if (found < 0)
            fail_msg("%s", e.text);
        assert_int_equal(found ? m.id : 0, wanted);
        if (!found)
            return claimed;
        outbox_message_clear(&m);
        all[wanted - 1].state = 3;
    }
}

static void test_against_naive(void **state)
{
    unsigned seed = 2016;
    size_t claimed = 0, behind = 0;

    (void)state;
    for (int draw = 0; draw < DRAWS; draw++) {
        size_t count = 1 + (size_t)rand_r(&seed) % MOST;
        int readers = 1 + rand_r(&seed) % (draw % 3 ? 4 : MOST), waiting = 40 + rand_r(&seed) % 60;
        int crowd =
            draw % 2 ? 80 : 0; /* of a hundred that wait for one, and earlier than the rest */
        struct drawn all[MOST];

        for (size_t i = 0; i < count; i++) {
            bool first = rand_r(&seed) % 100 < crowd;

            all[i] = (struct drawn){rand_r(&seed) % 100 < waiting ? 0 : rand_r(&seed) % 6,
                                    rand_r(&seed) % 8 == 0, first ? 0 : rand_r(&seed) % readers,
                                    first ? rand_r(&seed) % 50 : rand_r(&seed) % 300};
        }
        fill(all, count);
        for (int now = -1; now < 301; now += 151)
            for (int channel = 0; channel < 2; channel++) {
                size_t n = claim_all(all, count, channel, now);

                claimed += n;
                behind += n == 0 && count > 100;
            }
    }
    assert_true(claimed > 500 && behind > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_naive, setup, teardown)};

    return cmocka_run_group_tests_name("store_outbox_turn", tests, NULL, NULL);
}
