/*
 * escalation_probe: lets things happen to one overdue subject, in every order that it is given, and
 * prints whom that told. The database is in memory; a fork for each thing that happens shares what
 * came before, so that orders are told by their last letter alone.
 *
 *   escalation_probe action|deadline POLICY <ORDERS
 *
 * ORDERS: one a line, sorted, of letters: d a day passes and its run, w five days down and a run, a
 * acknowledged for six days, x due tomorrow instead, c complete or submitted, r reopened, v the
 * line manager goes or comes back, s silenced for four days by one person. Each prints "ORDER
 * WHO…": owner, up:ADDRESS:LEVEL, resolved:ADDRESS, admin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "engine/escalate.h"
#include "store/action.h"
#include "store/deadline.h"
#include "store/hold.h"
#include "store/person.h"
#include "store/silence.h"
#include "store/sql.h"

#define BEGINS "2017-12-20 12:00"
#define DUE    "2017-12-20"
#define DAY_S  (24 * 60 * 60)

static struct err e;

struct probe {
    struct store *s;
    struct engine engine;
    struct zone *zone;
    struct holidays *holidays;
    struct engine_schedule schedule;
    struct escalation_policy policy;
    utc_t now;
    bool deadline, manager_gone;
    struct plan plan;
    int64_t action, part, manager, manager_role;
    day_t due;
};

static void must(int rc)
{
    if (rc == 0)
        return;
    fprintf(stderr, "escalation_probe: %s\n", e.text);
    exit(1);
}

static day_t today(const struct probe *p)
{
    return zone_today(p->engine.zone, p->now);
}

static void begin(struct probe *p)
{
    must(store_begin(p->s, "probe", p->now, &e));
}

static void commit(struct probe *p)
{
    must(store_end(p->s, 0, &e));
}

/* ---- the world ---- */

static int64_t add_role(struct probe *p, const char *slug, int64_t reports_to, const char *email,
                        int64_t *ret_person)
{
    day_t from = day_add(today(p), -300);
    struct role role;
    int64_t id = 0, person;
    bool fresh;

    begin(p);
    if (role_find(p->s, slug, from, &role, &e) == 0) {
        id = role.id;
        role_clear(&role);
    } else {
        must(role_add(p->s, slug, slug, reports_to, &id, &e));
    }
    must(person_ensure(p->s, slug, email, &person, &fresh, &e));
    must(role_assign(p->s, id, person, from, DAY_NONE, "permanent", &fresh, &e));
    commit(p);
    if (ret_person)
        *ret_person = person;
    return id;
}

static void say(struct probe *p, const char *status, bool due, int64_t owner)
{
    struct said said = {.status = status,
                        .owner_id = owner,
                        .due = due,
                        .due_on = p->due,
                        .due_precision = DUE_DAY,
                        .completed_on =
                            status && strcmp(status, "complete") == 0 ? today(p) : DAY_NONE};

    must(part_say(p->s, &p->plan, p->action, p->part, &said, today(p), NULL, &e));
}

static void add_action(struct probe *p, int64_t owner, int64_t accountable)
{
    struct action_fields f = {
        .ref = "1.1", .title = "Do it", .accountable_id = accountable, .start_on = DAY_NONE};
    int64_t id;

    begin(p);
    must(plan_add(p->s, "test", "Plan", "rag", &id, &e));
    must(plan_find(p->s, "test", &p->plan, &e));
    must(priority_ensure(p->s, &p->plan, 1, "Care", &f.priority_id, NULL, &e));
    must(action_add(p->s, &p->plan, &f, &p->action, &e));
    must(part_ensure(p->s, p->action, "", &p->part, NULL, &e));
    say(p, "in-progress", true, owner);
    commit(p);
}

static void add_deadline(struct probe *p, int64_t owner)
{
    struct deadline d = deadline_new();

    d.title = xstrdup("Report");
    d.role_id = owner;
    d.due_on = p->due;
    begin(p);
    must(deadline_add(p->s, &d, &p->action, &e));
    commit(p);
    deadline_clear(&d);
}

static void set_engine(struct probe *p)
{
    must(zone_load("Europe/London", &p->zone, &e));
    must(holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales",
                        &p->holidays, &e));
    p->schedule = (struct engine_schedule){.name = "it",
                                           .check = p->deadline ? CHECK_DEADLINES : CHECK_OVERDUE,
                                           .expr = p->deadline ? "30 8 * * *" : "30 8 * * 1-5"};
    must(cron_parse(p->schedule.expr, CRON_BOTH_REFUSED, &p->schedule.cron, &e));
    p->engine = (struct engine){
        .organisation = "Council",
        .mail_from = "csi@council.example",
        .mail_reply_to = "",
        .mail_administrator = "admin@x",
        .zone = p->zone,
        .holidays = p->holidays,
        .division = "england-and-wales",
        .schedules = &p->schedule,
        .schedule_count = 1,
        .policy = policy_usual(),
        .backlog_from = DAY_NONE,
        .escalation = &p->policy,
        .forecast = true, /* nobody reads the bodies */
    };
}

static void run(struct probe *p)
{
    struct tick_result r;

    do
        must(scheduler_tick(p->s, &p->engine, p->now, &r, &e));
    while (r.more);
}

static void set_up(struct probe *p)
{
    char path[] = "/tmp/csid-probe-XXXXXX";
    int64_t owner, executive;
    struct store *file;

    if (close(mkstemp(path)) < 0)
        exit(1);
    must(store_open(path, &file, &e));
    must(store_copy(file, &p->s, &e));
    store_close(file);
    unlink(path);
    set_engine(p);
    must(when_instant(BEGINS, p->engine.zone, &p->now, &e));
    must(day_parse_iso(DUE, &p->due));
    p->manager_role = add_role(p, "manager", 0, "manager@x", &p->manager);
    owner = add_role(p, "owner", p->manager_role, "owner@x", NULL);
    executive = add_role(p, p->deadline ? "director" : "executive", 0, "executive@x", NULL);
    add_role(p, "improvement-board-chair", 0, "chair@x", NULL);
    if (p->deadline)
        add_deadline(p, owner);
    else
        add_action(p, owner, executive);
    run(p);
}

static void tear_down(struct probe *p)
{
    plan_clear(&p->plan);
    store_close(p->s);
    holidays_free(p->holidays);
    zone_free(p->zone);
}

/* ---- what happens ---- */

static void pass_day(struct probe *p)
{
    utc_t next, until = {p->now.s + DAY_S};

    must(scheduler_next(p->s, &p->engine, p->now, &next, &e));
    if (utc_is(next) && next.s <= until.s) {
        p->now = next;
        run(p);
    }
    p->now = until;
}

static void pass_downtime(struct probe *p)
{
    p->now.s += 5 * DAY_S;
    run(p);
}

static const char *about(const struct probe *p)
{
    return p->deadline ? "deadline:1" : "test:1.1";
}

static void acknowledge(struct probe *p)
{
    struct acknowledgement a = {
        .about = about(p), .due_on = p->due, .back_on = day_add(today(p), 6)};
    int64_t id;

    begin(p);
    must(ack_add(p->s, &a, &id, &e));
    commit(p);
}

static void extend(struct probe *p)
{
    struct deadline d;

    p->due = day_add(today(p), 1);
    begin(p);
    if (!p->deadline) {
        say(p, NULL, true, 0);
    } else {
        must(deadline_find(p->s, p->action, &d, &e));
        d.due_on = p->due;
        must(deadline_update(p->s, &d, &e));
        deadline_clear(&d);
    }
    commit(p);
}

static void complete(struct probe *p)
{
    begin(p);
    if (!p->deadline)
        say(p, "complete", false, 0);
    else if (deadline_submit(p->s, p->action, today(p), NULL, NULL, &e) < 0 &&
             e.code != ERR_CONFLICT)
        must(-1);
    commit(p);
}

static void reopen(struct probe *p)
{
    if (p->deadline)
        return;
    begin(p);
    say(p, "in-progress", false, 0);
    commit(p);
}

/* From today on. */
static void vacate(struct probe *p)
{
    char sql[200], on[DAY_ISO];

    day_iso(day_add(today(p), p->manager_gone ? 0 : -1), on);
    if (p->manager_gone)
        snprintf(sql, sizeof sql,
                 "INSERT INTO holding (role_id, person_id, from_on, basis) "
                 "VALUES (%lld, %lld, '%s', 'permanent')",
                 (long long)p->manager_role, (long long)p->manager, on);
    else
        snprintf(sql, sizeof sql,
                 "UPDATE holding SET to_on = '%s' WHERE role_id = %lld AND to_on IS NULL", on,
                 (long long)p->manager_role);
    p->manager_gone = !p->manager_gone;
    if (sqlite3_exec(sql_handle(p->s), sql, NULL, NULL, NULL) != SQLITE_OK)
        must(err_set(&e, ERR_STORAGE, "%s", sqlite3_errmsg(sql_handle(p->s))));
}

static void silence(struct probe *p)
{
    struct silence x = {.start_at = p->now,
                        .end_at = {p->now.s + 4 * DAY_S},
                        .by = (char *)(uintptr_t) "probe",
                        .comment = (char *)(uintptr_t) "quiet"};
    char *match = xasprintf("about=%s", about(p));
    int64_t id;

    must(silence_match_add(&x.match, match, &e));
    begin(p);
    must(silence_add(p->s, &x, &id, &e));
    commit(p);
    silence_match_clear(&x.match);
    free(match);
}

static const struct {
    char letter;
    void (*happens)(struct probe *p);
} things[] = {{'d', pass_day}, {'w', pass_downtime}, {'a', acknowledge}, {'x', extend},
              {'c', complete}, {'r', reopen},        {'v', vacate},      {'s', silence}};

/* ---- whom it told ---- */

static int print_told(void *arg, const struct notice_told *n)
{
    (void)arg;
    if (!n->message)
        return 0;
    if (strcmp(n->event, EVENT_ESCALATION) == 0)
        printf(" up:%s:%.1s", n->to, n->step + strlen("level "));
    else if (strcmp(n->event, EVENT_RESOLVED) == 0)
        printf(" resolved:%s", n->to);
    else if (strcmp(n->to, "admin@x") == 0)
        printf(" admin");
    else if (strcmp(n->to, "owner@x") == 0 && strcmp(n->event, EVENT_DEADLINE_DUE) != 0)
        printf(" owner");
    return 0;
}

static void happen(struct probe *p, char letter)
{
    int64_t last;

    must(notice_last(p->s, &last, &e));
    for (size_t i = 0; i < COUNT(things); i++)
        if (things[i].letter == letter)
            things[i].happens(p);
    must(notice_each_since(p->s, last, print_told, NULL, &e));
}

/* ---- every order ---- */

/* Those of the lines that share their first `depth` letters, each in a process that has seen them.
 */
static void each_order(struct probe *p, char **lines, size_t count, size_t depth)
{
    for (size_t i = 0, end; i < count; i = end) {
        char letter = lines[i][depth];
        pid_t child;
        int status;

        for (end = i + 1; end < count && lines[end][depth] == letter;)
            end++;
        if (!letter)
            continue;
        fflush(stdout);
        child = fork();
        if (child == 0) {
            printf("%.*s", (int)depth + 1, lines[i]);
            happen(p, letter);
            printf("\n");
            each_order(p, lines + i, end - i, depth + 1);
            fflush(stdout);
            _exit(0);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
            exit(1);
    }
}

int main(int argc, char **argv)
{
    struct probe p = {0};
    char **lines = NULL, *line = NULL;
    size_t count = 0, cap = 0, size = 0;
    ssize_t len;

    if (argc != 3)
        return 64;
    p.deadline = strcmp(argv[1], "deadline") == 0;
    must(escalation_parse(argv[2], &p.policy, &e));
    while ((len = getline(&line, &size, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        lines = xgrow(lines, count, &cap, sizeof *lines);
        lines[count++] = xstrdup(line);
    }
    set_up(&p);
    each_order(&p, lines, count, 0);
    tear_down(&p);
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
    free(line);
    return 0;
}
