#include "notice/webhook_event.h"

#include <string.h>

#include "base/mem.h"

const struct webhook_event webhook_events[] = {
    {"csi.action.overdue", "action is overdue", "actions are overdue", "action list --overdue",
     PLAN_ANY},
    {"csi.action.due-soon", "action is due soon", "actions are due soon", "agenda", PLAN_NONE},
    {"csi.visit.ahead", "visit or inspection is ahead", "visits and inspections are ahead",
     "agenda", PLAN_NONE},
    {"csi.deadline.due", "deadline is due", "deadlines are due", "deadline list", PLAN_NONE},
    {"csi.deadline.missed", "deadline is missed", "deadlines are missed", "deadline list",
     PLAN_NONE},
    {"csi.action.reassigned", "matter is somebody else's now", "matters are somebody else's now",
     "agenda", PLAN_NONE},
    {"csi.deadline.moved", "deadline has moved", "deadlines have moved", "deadline list",
     PLAN_NONE},
    {"csi.window.open", "expected visit or letter is not recorded",
     "expected visits and letters are not recorded", "agenda", PLAN_NONE},
    {"csi.action.no-update", "action wants an update", "actions want an update",
     "action list --status in-progress --sort updated", PLAN_ANY},
    {"csi.action.challenged", "action is challenged", "actions are challenged",
     "action list --challenged", PLAN_ANY},
    {"csi.action.evidence-missing", "complete action lacks its evidence",
     "complete actions lack their evidence", "action list --challenged", PLAN_ANY},
    {"csi.action.completion-waiting", "completion waits for a decision",
     "completions wait for a decision", "check run completions-waiting --dry-run", PLAN_NONE},
    {"csi.extension.waiting", "later due date waits for a decision",
     "later due dates wait for a decision", "extension list --state asked", PLAN_NONE},
    {"csi.digest", "matter was told in one mail", "matters were told in one mail", "notice list",
     PLAN_NONE},
    {"csi.escalation", "overdue matter went up a level", "overdue matters went up a level",
     "agenda", PLAN_NONE},
    {"csi.escalation.resolved", "escalated matter is settled", "escalated matters are settled",
     "agenda", PLAN_NONE},
    {"csi.role.vacant", "role reaches nobody", "roles reach nobody", "role list", PLAN_NONE},
    {"csi.audit.missing", "audit is missing", "audits are missing", "audit list", PLAN_NONE},
    {"csi.measure.not-fed", "measure wants a value", "measures want a value", "measure list",
     PLAN_NONE},
    {"csi.measure.off-target", "measure misses its target", "measures miss their targets",
     "measure list", PLAN_NONE},
    {"csi.risk.not-reviewed", "risk wants a review", "risks want a review", "risk list", PLAN_NONE},
    {"csi.risk.reply-overdue", "reply about a risk has not come",
     "replies about risks have not come", "risk list", PLAN_NONE},
    {"csi.coverage.gap", "gap in who is told of what is owed",
     "gaps in who is told of what is owed", "check run coverage --dry-run", PLAN_NONE},
    {"csi.report.position", "plan as it stands", "plans as they stand", "report position",
     PLAN_ONE},
    {"csi.report.exceptions", "exception, off track", "exceptions, off track", "report exceptions",
     PLAN_ONE},
    {"csi.import", "action was added or changed by an import",
     "actions were added or changed by an import", "report position", PLAN_ONE},
    {"csi.daemon.trouble", "thing csid could not do or tell", "things csid could not do or tell",
     "status", PLAN_NONE},
    {EVENT_TEST, "test of this endpoint: nothing is to be done",
     "tests of this endpoint: nothing is to be done", "webhook list", PLAN_NONE},
};
const size_t webhook_event_count = COUNT(webhook_events);

const struct webhook_event *webhook_event_find(const char *type)
{
    for (size_t i = 0; i < webhook_event_count; i++)
        if (strcmp(webhook_events[i].type, type) == 0)
            return &webhook_events[i];
    return NULL;
}
