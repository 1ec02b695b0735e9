/*
 * plan_fixture: a database of its own for a test, one plan in it, and short ways of saying things
 * of its actions. Every test ends with the journal's chain verified.
 */
#ifndef CSID_TESTS_PLAN_FIXTURE_H
#define CSID_TESTS_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/action.h"
#include "store/journal.h"
#include "store/person.h"
#include "store/role.h"
#include "store/plan.h"

#define OK(call)                               \
    do {                                       \
        if ((call) != 0)                       \
            fail_msg("%s: %s", #call, e.text); \
    } while (0)
/* Fails, for this reason, and says so with these words. */
#define REFUSED(call, why, words)                      \
    do {                                               \
        assert_int_equal((call), -1);                  \
        assert_int_equal(e.code, why);                 \
        if (!strstr(e.text, words))                    \
            fail_msg("%s says \"%s\"", #call, e.text); \
    } while (0)

static struct err e;

struct fixture {
    char path[40];
    struct store *s;
    struct plan plan; /* "test", brag */
    int64_t now;      /* of the transaction under way, and the last */
};

static inline day_t on(int month, int day)
{
    return day_from_ymd(2017, month, day);
}

/* Transactions a minute apart. */
static inline void begin(struct fixture *f)
{
    f->now += 60;
    OK(store_begin(f->s, "tester", (utc_t){f->now}, &e));
}

static inline void commit(struct fixture *f)
{
    OK(store_end(f->s, 0, &e));
}

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    int64_t id;
    int fd;

    snprintf(f->path, sizeof f->path, "/tmp/csid-plan-XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    OK(store_open(f->path, &f->s, &e));
    f->now = 1483228800; /* 1 Jan 2017 */
    begin(f);
    OK(plan_add(f->s, "test", "A plan", "brag", &id, &e));
    commit(f);
    OK(plan_find(f->s, NULL, &f->plan, &e));
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    struct fixture *f = *state;
    int64_t rows, broken;

    OK(journal_verify(f->s, &rows, &broken, &e));
    assert_int_equal(broken, 0);
    assert_true(rows > 0);
    store_close(f->s);
    plan_clear(&f->plan);
    for (size_t i = 0; i < COUNT(ends); i++) {
        char name[64];

        snprintf(name, sizeof name, "%s%s", f->path, ends[i]);
        unlink(name);
    }
    free(f);
    return 0;
}

/* Within a transaction. */
static inline int64_t priority(struct fixture *f, int number)
{
    char title[40];
    int64_t id;

    snprintf(title, sizeof title, "Priority %d", number);
    OK(priority_ensure(f->s, &f->plan, number, title, &id, NULL, &e));
    return id;
}

static inline int64_t add(struct fixture *f, const char *ref, int number)
{
    struct action_fields fields = {
        .ref = ref, .title = "Do it", .priority_id = priority(f, number), .start_on = DAY_NONE};
    int64_t id;

    OK(action_add(f->s, &f->plan, &fields, &id, &e));
    return id;
}

static inline int64_t part(struct fixture *f, int64_t action, const char *label)
{
    int64_t id;

    OK(part_ensure(f->s, action, label, &id, NULL, &e));
    return id;
}

/* Rating and status may be NULL, due DAY_NONE: not spoken of. */
static inline bool say(struct fixture *f, int64_t action, int64_t part_id, const char *rating,
                       const char *status, day_t due, day_t effective)
{
    struct said said = {.rating = rating,
                        .status = status,
                        .due = day_is(due),
                        .due_on = due,
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    bool changed;

    OK(part_say(f->s, &f->plan, action, part_id, &said, effective, &changed, &e));
    return changed;
}

#endif
