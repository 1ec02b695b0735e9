/*
 * engine_world: a database in a scratch folder, England's holidays, London's clock, and schedules
 * that a test sets: what the tests of engine/ share.
 */
#ifndef CSID_TESTS_ENGINE_WORLD_H
#define CSID_TESTS_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "engine/checks.h"
#include "engine/scheduler.h"
#include "store/deadline.h"
#include "store/journal.h"
#include "store/outbox_list.h"
#include "store/person.h"
#include "store/role.h"
#include "store/schedule.h"
#include "store/sql.h"

#define OK(call)                                                    \
    do {                                                            \
        if ((call) != 0)                                            \
            fail_msg("line %d: %s: %s", __LINE__, #call, err.text); \
    } while (0)
/* in a transaction of its own */
#define WRITE(w, now, call)                         \
    do {                                            \
        OK(store_begin((w)->s, "test", now, &err)); \
        OK(store_end((w)->s, call, &err));          \
    } while (0)

static struct err err;

struct world {
    char dir[40], path[64];
    struct store *s;
    struct zone *zone;
    struct holidays *holidays;
    struct engine_schedule schedules[8];
    struct engine_webhook webhooks[2];
    struct engine engine;
};

static inline void world_schedule(struct world *w, const char *name, const char *check,
                                  const char *expr)
{
    struct engine_schedule *sch = &w->schedules[w->engine.schedule_count++];

    *sch = (struct engine_schedule){.name = name, .check = check, .expr = expr};
    OK(cron_parse(expr, CRON_BOTH_REFUSED, &sch->cron, &err));
}

static inline int world_setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    snprintf(w->dir, sizeof w->dir, "/tmp/csid-engine-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    snprintf(w->path, sizeof w->path, "%s/csid.db", w->dir);
    OK(store_open(w->path, &w->s, &err));
    sqlite3_exec(sql_handle(w->s), "PRAGMA synchronous = OFF", NULL, NULL, NULL);
    OK(zone_load("Europe/London", &w->zone, &err));
    OK(holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &w->holidays,
                      &err));
    w->engine = (struct engine){
        .organisation = "London Borough of Bromley",
        .mail_from = "Improvement Programme <csi@bromley.example>",
        .mail_reply_to = "office@bromley.example",
        .mail_administrator = "",
        .zone = w->zone,
        .holidays = w->holidays,
        .policy = policy_usual(),
        .division = "england-and-wales",
        .schedules = w->schedules,
        .webhooks = w->webhooks,
    };
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;
    int64_t rows, broken;
    pid_t pid;

    OK(journal_verify(w->s, &rows, &broken, &err));
    assert_int_equal(broken, 0);
    store_close(w->s);
    zone_free(w->zone);
    holidays_free(w->holidays);
    pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    free(w);
    return 0;
}

/* "2017-09-01 08:30" on London's clock, or RFC 3339. */
static inline utc_t at(const struct world *w, const char *text)
{
    utc_t t;

    OK(when_instant(text, w->zone, &t, &err));
    return t;
}

static inline day_t day(const char *iso)
{
    day_t d;

    if (day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

static inline bool tick(struct world *w, utc_t now)
{
    struct tick_result result;

    do {
        OK(scheduler_tick(w->s, &w->engine, now, &result, &err));
    } while (result.more);
    return result.ran;
}

/* Lets time pass as csid does: a tick at each instant at which something is due. */
static inline void pass(struct world *w, utc_t from, utc_t to)
{
    utc_t next;

    tick(w, from);
    for (;;) {
        OK(scheduler_next(w->s, &w->engine, from, &next, &err));
        if (!utc_is(next) || next.s > to.s)
            break;
        from = next.s > from.s ? next : from;
        tick(w, from);
    }
    tick(w, to);
}

static inline int64_t sql_count(struct world *w, const char *sql)
{
    sqlite3_stmt *stmt;
    int64_t n;

    assert_int_equal(sqlite3_prepare_v2(sql_handle(w->s), sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

static inline void sql_exec(struct world *w, const char *sql)
{
    assert_int_equal(sqlite3_exec(sql_handle(w->s), sql, NULL, NULL, NULL), SQLITE_OK);
}

/* The rows of a query, columns joined by " | ", rows by newlines. Caller frees. */
static inline char *sql_lines(struct world *w, const char *sql)
{
    struct text t = TEXT_INIT;
    sqlite3_stmt *stmt;

    text_clear(&t);
    assert_int_equal(sqlite3_prepare_v2(sql_handle(w->s), sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *value = (const char *)sqlite3_column_text(stmt, i);

            text_addf(&t, "%s%s", i ? " | " : "", value ? value : "-");
        }
        text_add(&t, "\n");
    }
    sqlite3_finalize(stmt);
    return text_take(&t);
}

static inline void expect_lines(struct world *w, const char *sql, const char *expected)
{
    char *found = sql_lines(w, sql);

    assert_string_equal(found, expected);
    free(found);
}

/* A text for a row that a test makes and nobody frees. */
static inline char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static inline int64_t role_id(struct world *w, const char *slug)
{
    struct role role;
    int64_t id;

    OK(role_find(w->s, slug, day("2017-09-01"), &role, &err));
    id = role.id;
    role_clear(&role);
    return id;
}

/* Somebody holds the role from that day on. */
static inline void world_assign(struct world *w, const char *slug, const char *name,
                                const char *email, const char *from)
{
    struct role role;
    int64_t person;
    bool is_new, changed;
    utc_t now = at(w, from);

    OK(role_find(w->s, slug, day(from), &role, &err));
    WRITE(w, now, person_ensure(w->s, name, email, &person, &is_new, &err));
    WRITE(w, now,
          role_assign(w->s, role.id, person, day(from), DAY_NONE, "permanent", &changed, &err));
    role_clear(&role);
}

#endif
