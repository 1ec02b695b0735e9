/*
 * checks: the registration table. A check looks at facts at `now` and writes the notices and
 * messages that follow, within the caller's transaction; it never sends.
 */
#ifndef CSID_ENGINE_CHECKS_H
#define CSID_ENGINE_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "engine/scheduler.h"
#include "store/store.h"

struct trouble {
    char **lines;
    size_t count, cap;
};

struct digest;
struct finding_list;

struct check_run {
    struct store *store;
    const struct engine *engine;
    const char *schedule; /* its name */
    const char *check;    /* its check's name: the rule of every notice */
    utc_t now;
    day_t today;                /* in the engine's zone */
    day_t through;              /* it speaks up to that day: today, or later where the next runs are
                                   within quiet hours, see engine/quiet */
    bool quiet;                 /* it is itself: what it finds is held */
    struct local quiet_until;   /* then when it ends */
    struct digest *digest;      /* what goes to people at the end of the run; checks have one; NULL:
                                   each at once */
    struct run_result result;   /* the check adds up here */
    struct trouble trouble;     /* what the administrator is to hear of it, see engine/trouble */
    struct finding_list *found; /* where findings are listed, see engine/finding; NULL: nowhere */
};

struct check {
    const char *name;
    bool statutory; /* status warns when no schedule runs it */
    const char *summary;
    int (*run)(struct check_run *run, struct err *e);
};

#define CHECK_OVERDUE   "actions-overdue"
#define CHECK_DUE_SOON  "actions-due-soon"
#define CHECK_VISITS    "visits-ahead"
#define CHECK_DEADLINES "deadlines" /* the rule of what it writes, too */
#define CHECK_WINDOWS   "windows"
#define CHECK_LETTERS   "letters-awaited"
#define CHECK_AUDITS    "audits-missing"
#define CHECK_MEASURES  "measures"
#define CHECK_RISKS     "risks"

#define CHECK_NO_UPDATE   "no-update"
#define CHECK_CHALLENGES  "challenges"
#define CHECK_EVIDENCE    "evidence-missing"
#define CHECK_COMPLETIONS "completions-waiting"
#define CHECK_EXTENSIONS  "extensions-waiting"

#define CHECK_REPORT_POSITION   "report-position"
#define CHECK_REPORT_EXCEPTIONS "report-exceptions"

extern const struct check checks[];
extern const size_t check_count;
const struct check *check_find(const char *name); /* NULL without */
/* Whether it asks for something about actions (an update, evidence, a decision) rather than remind
 * of a date. */
bool check_asks(const char *name);

/* What the table registers, each in a file of its own. They may run again at any time: what was
 * said is not said twice. */
int check_overdue(struct check_run *run, struct err *e);
int check_due_soon(struct check_run *run, struct err *e);
int check_visits(struct check_run *run, struct err *e);
/* Under each of its names it looks at the deadlines whose check_name that is. */
int check_deadlines(struct check_run *run, struct err *e);
int check_windows(struct check_run *run, struct err *e);
int check_letters(struct check_run *run, struct err *e);
int check_vacancies(struct check_run *run, struct err *e);
int check_audits(struct check_run *run, struct err *e);
int check_measures(struct check_run *run, struct err *e);
int check_risks(struct check_run *run, struct err *e);
int check_no_update(struct check_run *run, struct err *e);
int check_challenges(struct check_run *run, struct err *e);
int check_evidence_missing(struct check_run *run, struct err *e);
int check_completions(struct check_run *run, struct err *e);
int check_extensions(struct check_run *run, struct err *e);
int check_coverage(struct check_run *run, struct err *e);
/* Under each of its names a report to the endpoints that take its event. */
int check_report(struct check_run *run, struct err *e);

#endif
