/*
 * tell: how a check's findings become notices and messages: to a role's holder by mail, to the
 * endpoints that want the event, or, where nobody can be reached, to a row that says so. Decides
 * nothing about when; writes within the caller's transaction.
 */
#ifndef CSID_ENGINE_TELL_H
#define CSID_ENGINE_TELL_H

#include "base/text.h"
#include "engine/checks.h"
#include "notice/compose.h"
#include "notice/webhook_format.h"
#include "plan/ladder.h"
#include "store/notice.h"
#include "store/outbox.h"
#include "store/role.h"

#define EVENT_DIGEST          "csi.digest" /* a mail that speaks of several */
#define EVENT_ACTION_OVERDUE  "csi.action.overdue"
#define EVENT_ACTION_DUE_SOON "csi.action.due-soon"
#define EVENT_VISIT_AHEAD     "csi.visit.ahead"
#define EVENT_DEADLINE_DUE    "csi.deadline.due"
#define EVENT_DEADLINE_MISSED "csi.deadline.missed"
#define EVENT_WINDOW_OPEN     "csi.window.open"
#define EVENT_ROLE_VACANT     "csi.role.vacant"
#define EVENT_AUDIT_MISSING   "csi.audit.missing"
#define EVENT_MEASURE_UNFED   "csi.measure.not-fed"
#define EVENT_MEASURE_TARGET  "csi.measure.off-target"
#define EVENT_RISK_REVIEW     "csi.risk.not-reviewed"
#define EVENT_RISK_REPLY      "csi.risk.reply-overdue"
#define EVENT_ESCALATION      "csi.escalation"
#define EVENT_RESOLVED        "csi.escalation.resolved"

#define EVENT_ACTION_NO_UPDATE  "csi.action.no-update"
#define EVENT_ACTION_CHALLENGED "csi.action.challenged"
#define EVENT_ACTION_EVIDENCE   "csi.action.evidence-missing"
#define EVENT_ACTION_COMPLETION "csi.action.completion-waiting"
#define EVENT_EXTENSION_WAITING "csi.extension.waiting"
#define EVENT_COVERAGE_GAP      "csi.coverage.gap"

#define EVENT_REPORT_POSITION   "csi.report.position"
#define EVENT_REPORT_EXCEPTIONS "csi.report.exceptions"

/* Every role with who holds it today. */
struct roster {
    struct role *roles;
    size_t count;
};
int roster_load(struct check_run *run, struct roster *ret, struct err *e);
void roster_free(struct roster *r);
/* NULL when there is none. */
const struct role *roster_id(const struct roster *r, int64_t id);
const struct role *roster_slug(const struct roster *r, const char *slug);

/* Somebody holds it with an address from which nothing came back. The one place that says whether
 * an address takes mail. */
bool tell_reachable(const struct role *r);
/* Why nobody can be written to, in words; caller frees. */
char *tell_why_not(const struct role *r);
/* Whether one address answers for both roles; both are reachable. */
bool tell_same_person(const struct role *a, const struct role *b);

/* Where answers go that are to be recorded: the programme office's address, NULL where it has none
 * or the letter goes to it. */
const char *tell_reply_to(const struct roster *roster, const struct role *to);

/* "A, B and C"; caller frees. */
char *tell_titles(const struct role *const *roles, size_t count);

/* One letter to who holds `to`, and the notices that say why it exists (their channel and message
 * are set here). It goes with what else the run has for that person, at the run's end; at once
 * where the run has no digest. A letter that cannot be made into a mail leaves the notices without
 * one, with the reason. `thread` names the subject that its mails hang together by, NULL for none;
 * `reply_to` is the address that answers go to, NULL for the configuration's. */
int tell_mail(struct check_run *run, const struct role *to, const struct letter *letter,
              const char *thread, const char *reply_to, utc_t valid_until, struct notice *notices,
              size_t count, struct err *e);
/* The same at once, in a message of its own, whatever else the run has for that person. */
int tell_mail_alone(struct check_run *run, const struct role *to, const struct letter *letter,
                    const char *thread, const char *reply_to, utc_t valid_until,
                    struct notice *notices, size_t count, struct err *e);
/* Records that a notice reached nobody and why; once for the same notice. *ret_new: the first time.
 */
int tell_nobody(struct check_run *run, const struct notice *n, const char *reason, bool *ret_new,
                struct err *e);
/* The same, and the administrator is not told of it. */
int tell_unreached(struct check_run *run, const struct notice *n, const char *reason, bool *ret_new,
                   struct err *e);
/* Whether this notice has been mailed. */
int tell_mailed(const struct check_run *run, const struct notice *n, bool *ret, struct err *e);
/* The date with which this run's check last mailed anybody about that subject, where it was
 * another; DAY_NONE: it was not, or nobody was. And that in words, before a reason, which it frees.
 */
int tell_former_date(struct check_run *run, const char *about, day_t due_on, day_t *ret,
                     struct err *e);
void tell_due_changed(char **reason, day_t was);
/* Where a step stands: its day, and its number on its ladder, counted from 0. */
struct tell_step {
    day_t on;
    int place;
    const void *ladder;
    const char *(*name)(const void *ladder, int place, char ret[LADDER_STEP]); /* NULL: no ladder */
};
/* The ladder is borrowed. */
struct tell_step tell_step(const struct ladder *l, int place, day_t on);
/* Whether the last step told, on the day of that of `n` or since, is one that the ladder does not
 * have up to there: it has changed, and what it asks for now has passed. For mails that is recorded
 * as overtaken. *ret_at: when the other was told; UTC_NONE: none was. */
int tell_passed(const struct check_run *run, const struct notice *n, const struct tell_step *step,
                utc_t *ret_at, struct err *e);
/* Whether it has been mailed, or its step has passed so. */
int tell_told(const struct check_run *run, const struct notice *n, const struct tell_step *step,
              bool *ret, struct err *e);
/* As tell_nobody(), but of what has not passed so. */
int tell_nobody_at(struct check_run *run, const struct notice *n, const struct tell_step *step,
                   const char *reason, bool *ret_new, struct err *e);
/* Records of an earlier step that it was overtaken by the step of `n`, unless it has its row. */
int tell_overtaken(const struct check_run *run, const struct notice *n, const char *step,
                   struct err *e);
/* The same of the ladder's steps before that place, back to one that has its row; those that come
 * again and were missed share one. */
int tell_collapsed(struct check_run *run, const struct notice *n, const struct ladder *l, int place,
                   struct err *e);

/* The next day on which this run's schedule comes round; DAY_NONE when it does not. */
day_t tell_next_day(const struct check_run *run);
/* The same from an instant on, itself left out; from a day to come on. */
day_t tell_day_after(const struct check_run *run, utc_t after);
day_t tell_day_from(const struct check_run *run, day_t day);
/* The end of a local day, but no earlier than a day from now: until then a message is worth
 * sending. */
utc_t tell_until(const struct check_run *run, day_t day);
/* For a step that the one on `day` overtakes: until this run's schedule comes round then, but no
 * earlier than its next time; where nothing runs it, until that day. DAY_NONE: no step follows;
 * then as long as a mail is tried. */
utc_t tell_until_step(const struct check_run *run, day_t day);

/* ---- webhooks: one call per run and endpoint that wants the event ---- */

#define TELL_ITEMS 50 /* in one call */

struct tell_item {
    const char *about, *step;
    day_t due_on;
    char *json;                /* what the call says of it to a program */
    struct webhook_item shown; /* and to people; texts are borrowed */
    struct tell_step at;
};
/* Whether any endpoint takes the event. */
bool tell_webhooks_want(const struct check_run *run, const char *event);
/* Calls every endpoint about those items it has not been told of by this notice; "items" holds the
 * first 50, "count" all of them. */
int tell_webhooks(struct check_run *run, const char *event, const struct tell_item *items,
                  size_t count, struct err *e);
/* The same about all items as one notice of that step: an endpoint hears it once. */
int tell_webhooks_at_once(struct check_run *run, const char *event, const char *about,
                          const char *step, const char *plan, const struct tell_item *items,
                          size_t count, struct err *e);
/* The same where there may be none: that it has nothing to say is what a report says then. */
int tell_webhooks_report(struct check_run *run, const char *event, const char *about,
                         const char *step, const char *plan, const struct tell_item *items,
                         size_t count, struct err *e);
/* Calls one endpoint, whatever events it wants, with a test that says it is one. *ret_notice is the
 * number of its notice. */
int tell_webhook_test(struct check_run *run, const struct engine_webhook *w, int64_t *ret_notice,
                      struct err *e);

#endif
