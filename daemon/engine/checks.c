#include "engine/checks.h"

#include <string.h>

#include "base/mem.h"

const struct check checks[] = {
    {CHECK_OVERDUE, false,
     "lists to each owner what is overdue, on the days of reminders.actions after its date",
     check_overdue},
    {CHECK_DUE_SOON, false, "lists to each owner what is due, on the days of reminders.actions",
     check_due_soon},
    {CHECK_VISITS, false, "announces visits and inspections, on the days of reminders.visits",
     check_visits},
    {CHECK_DEADLINES, true,
     "reminds who owes a deadline, on the days of its rule or of reminders.deadlines",
     check_deadlines},
    {"board-papers", false, "the same of papers and reports for a board", check_deadlines},
    {"committee-publication", true, "the same of papers a committee must publish before it meets",
     check_deadlines},
    {CHECK_WINDOWS, false, "says when a visit may come, and again and again that nothing is booked",
     check_windows},
    {CHECK_LETTERS, false, "the same of the inspectors' letters, until they are recorded",
     check_letters},
    {"vacancies", true, "tells of roles that owe or own something and reach nobody",
     check_vacancies},
    {CHECK_AUDITS, false, "asks for the audits of past months, every 5 working days", check_audits},
    {CHECK_MEASURES, false, "tells of measures that are not fed, and of those off their target",
     check_measures},
    {CHECK_RISKS, false, "tells of risks that were not reviewed, and of replies that have not come",
     check_risks},
    {CHECK_NO_UPDATE, false,
     "asks owners for an update on what had none for reminders.no_update_days", check_no_update},
    {CHECK_CHALLENGES, false,
     "tells owners and the programme office where record and rating disagree", check_challenges},
    {CHECK_EVIDENCE, false, "asks owners for the evidence of what is complete, every 28 days",
     check_evidence_missing},
    {CHECK_COMPLETIONS, false, "says every 5 working days what waits for approval or a verifier",
     check_completions},
    {CHECK_EXTENSIONS, false, "says every 5 working days which later due dates wait for a decision",
     check_extensions},
    {"coverage", false,
     "tells the administrator of what reaches nobody, or has no way to the chair", check_coverage},
    {CHECK_REPORT_POSITION, false, "calls the endpoints with the position of each plan",
     check_report},
    {CHECK_REPORT_EXCEPTIONS, false, "calls the endpoints with what is off track, or that none is",
     check_report},
};
const size_t check_count = COUNT(checks);

int check_report(struct check_run *run, struct err *e)
{
    return run->engine->call_report ? run->engine->call_report(run, e) : 0;
}

bool check_asks(const char *name)
{
    static const char *const asking[] = {CHECK_NO_UPDATE, CHECK_CHALLENGES, CHECK_EVIDENCE,
                                         CHECK_COMPLETIONS, CHECK_EXTENSIONS};

    for (size_t i = 0; i < COUNT(asking); i++)
        if (strcmp(asking[i], name) == 0)
            return true;
    return false;
}

const struct check *check_find(const char *name)
{
    for (size_t i = 0; i < check_count; i++)
        if (strcmp(checks[i].name, name) == 0)
            return &checks[i];
    return NULL;
}
