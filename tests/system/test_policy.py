"""The policy of reminders: ladders against the days worked out anew, quiet hours, copies, what is shown of it."""

import csv
from collections import defaultdict
from datetime import date, timedelta

import pytest
from harness import BROMLEY_2016, text_of
from ladder import on_or_before, steps
from test_reminders import CHAIR, DIRECTOR, OFFICE, assign_roles, day_of, overdue_by_owner, sent_to

START = date(2017, 9, 1)
ACTIONS = [{"name": "overdue", "check": "actions-overdue", "cron": "30 8 * * 1-5"},
           {"name": "due-soon", "check": "actions-due-soon", "cron": "30 8 * * 1-5"}]
ONCE = [{"name": "overdue", "check": "actions-overdue", "cron": "30 8 * * *"},
        {"name": "due-soon", "check": "actions-due-soon", "cron": "30 8 * * *"}]


def told(csid, where="", *values):
    return csid.sql("SELECT n.about, n.due_on, n.step, n.reason, substr(n.created_at, 1, 10) FROM notice n "
                    f"WHERE n.channel = 'mail' AND n.message_id IS NOT NULL {where} ORDER BY n.id", *values)


@pytest.fixture
def plan(new_csid):
    """The Bromley plan at 1 September 2017, actions alone being told of."""
    def make(**config):
        csid = new_csid(config={"schedules": ACTIONS, **config})
        csid.import_plan()
        return csid
    return make


# -- days ------------------------------------------------------------------------------------------


def expected(until, **ladder):
    """about → [(day, step)]: on the first morning the latest that has come, then each on its day."""
    found = {}
    for row in csv.DictReader(BROMLEY_2016.open()):
        if not row["due"] or row["status"] == "complete" or row["part"]:
            continue
        due = date.fromisoformat(row["due"])
        all_steps = steps(due, until, **ladder)
        # between the date and the first step after it nothing is told
        first = [s for s in all_steps if s[0] <= START and (s[1][1] == "+") == (due < START)]
        ahead = [s for s in all_steps if s[0] > START]
        if first or ahead:
            found[f"bromley-2016:{row['ref']}"] = first[-1:] and [(START, first[-1][1])] or []
            found[f"bromley-2016:{row['ref']}"] += ahead
    return {about: days for about, days in found.items() if days}


@pytest.mark.parametrize("text, ladder", [
    (None, {}),
    ("10 0 +1 +14", {"before": (10, 0), "after": (1, 14), "every": 0}),
    ("3 +2 every 1", {"before": (3,), "after": (2,), "every": 1}),
    ("0", {"before": (0,), "after": (), "every": 0}),
    ("7 0 +2 every 3 on any day", {"before": (7, 0), "after": (2,), "every": 3, "any_day": True}),
])
def test_every_action_on_its_days(plan, text, ladder):
    daily = {"schedules": ONCE} if ladder.get("any_day") else {}
    csid = plan(**({"reminders": {"actions": text}, **daily} if text else {}))
    until = date(2017, 9, 30) if text else date(2017, 10, 31)
    csid.advance(f"{until}T22:59:00Z")
    days = defaultdict(list)
    for about, _, step, _, on in told(csid):
        days[about].append((date.fromisoformat(on), step))
    assert days == expected(until, **ladder)


def test_nobody_gets_two_mails_a_day(plan):
    csid = plan()
    csid.advance("2017-09-30T22:59:00Z")
    pairs = [(m["To"], day_of(m)) for m in csid.mails()]
    assert len(pairs) == len(set(pairs)) > 50


def test_a_list_is_whole_and_says_why(plan):
    csid = plan()
    csid.advance("2017-09-15T12:00:00Z")
    reasons = defaultdict(dict)
    for about, _, _, reason, on in told(csid):
        reasons[date.fromisoformat(on)][about.split(":")[1]] = reason
    for address, _ in overdue_by_owner(START).items():
        for mail in sent_to(csid, address):
            on, text = day_of(mail), text_of(mail)
            open_now = [ref for _, ref, _ in overdue_by_owner(on)[address]]
            for ref in open_now:
                line = next(" ".join(part.split()) for part in text.split("- ") if part.startswith(f"{ref} "))
                why = reasons[on].get(ref)
                mark = why.split(":")[0] if why else "("
                assert (f"({mark})" in line) == bool(why), (line, why)


def test_due_changed_and_reopened_are_said(plan):
    csid = plan()
    csid.advance("2017-09-01T12:00:00Z")
    address, actions = next((a, found) for a, found in overdue_by_owner(START).items() if len(found) > 2)
    (_, moved, _), (_, back, _) = actions[0], actions[1]
    rows = list(csv.DictReader(BROMLEY_2016.open()))
    for row in rows:
        row["due"] = "2017-09-05" if row["ref"] == moved else row["due"]
    sheet = csid.folder / "moved.csv"
    with sheet.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    csid.ctl("plan", "import", sheet, "--plan", "bromley-2016")
    csid.ctl("action", "update", back, "--status", "complete")
    csid.advance("1m")
    csid.ctl("action", "update", back, "--status", "in-progress")
    csid.advance("2017-09-04T12:00:00Z")
    rows = {about: reason for about, _, _, reason, on in told(csid) if on == "2017-09-04"}
    was = actions[0][0]
    assert rows[f"bromley-2016:{moved}"] == f"due changed: was {was.day} {was:%b %Y}"
    assert rows[f"bromley-2016:{back}"].startswith("reopened: it was closed on 1 Sep 2017")
    csid.advance("2017-09-05T12:00:00Z")
    assert not [r for r in told(csid) if "reopened" in r[3] and r[4] != "2017-09-04"], "said once"
    (mail,) = [m for m in sent_to(csid, address) if day_of(m) == date(2017, 9, 4)]
    assert "(reopened)" in text_of(mail) and "(due changed, was" in " ".join(text_of(mail).split())


def test_what_was_asked_for_is_no_former_date(new_csid):
    """Its owner was asked for the evidence of the day it was completed; that day was never its due date."""
    csid = new_csid()
    csid.import_plan()
    csid.advance("2017-09-05T12:00:00Z")
    asked = csid.sql("SELECT about FROM notice WHERE event = 'csi.action.evidence-missing' AND role <> 'programme-office'")
    complete = {f"bromley-2016:{row['ref']}": row for row in csv.DictReader(BROMLEY_2016.open())
                if row["status"] == "complete" and row["due"] < "2017-08-31" and not row["part"]}
    about = next(a for (a,) in asked if a in complete)
    csid.ctl("action", "reopen", about, "--why", "The audit found it again")
    csid.advance("2017-09-06T12:00:00Z")
    assert [r[3] for r in told(csid, "AND n.about = ? AND n.rule = 'actions-overdue'", about)] == [
        "reopened: it was closed on 1 Sep 2017"]


def test_what_came_before_is_collapsed(plan):
    csid = plan()
    csid.advance("2017-09-01T12:00:00Z")
    about = told(csid)[0][0]
    rows = csid.sql("SELECT step, reason FROM notice WHERE about = ? AND message_id IS NULL", about)
    assert {"T-28", "T-14", "T-7", "T-1", "T-0"} <= {step for step, _ in rows}
    assert all(reason.startswith("collapsed into T+1") for _, reason in rows)
    # after three weeks of downtime only the latest goes, and a row says of the other repeats
    before = {row[0] for row in told(csid)}
    csid.stop()
    csid.start("2017-09-27T07:00:00Z")
    csid.advance("1h")
    again = [row for row in told(csid) if row[4] == "2017-09-27"]
    assert len(again) == len({row[0] for row in again}) and before <= {row[0] for row in again}


# -- quiet -----------------------------------------------------------------------------------------


def test_quiet_days_hold_and_the_next_run_tells_once(new_csid):
    csid = new_csid(config={"schedules": ONCE, "reminders": {"quiet_days": "non-working"}},
                    clock="2017-09-02T06:00:00Z")  # a Saturday
    csid.import_plan()
    csid.advance("2017-09-03T12:00:00Z")
    assert csid.mails() == []
    held = csid.sql("SELECT DISTINCT reason FROM notice WHERE channel = 'held'")
    assert held == [("quiet hours, until Mon 4 Sep 2017 00:00",)]
    assert "held-back" in {i["code"] for i in csid.ctl(
        "notice", "why-not", "--about", overdue_by_owner(START).popitem()[1][0][1], json=True)["items"]}
    csid.advance("2017-09-04T12:00:00Z")
    assert len(csid.mails()) == len(overdue_by_owner(date(2017, 9, 4))), "one digest each, with all of it"


def test_quiet_hours_are_spoken_for_by_the_run_before(new_csid):
    """A run at 23:00 is within the hours: what is due tomorrow would be told too late by tomorrow's."""
    schedules = [{"name": "day", "check": "deadlines", "cron": "0 12 * * 1"},
                 {"name": "night", "check": "board-papers", "cron": "0 23 * * *"}]
    csid = new_csid(config={"schedules": schedules, "reminders": {"quiet_days": "non-working",
                                                                  "deadlines": "0 +1 every 5"}})
    assign_roles(csid)
    # the Monday run of 18 December speaks for Christmas Day's, which is a day off, and so until 1 January's;
    # Tuesday 2 January is after the first run that is not quiet, of 8 January: so the run of the 18th speaks for it
    csid.ctl("deadline", "add", "Return", "--due", "2018-01-05", "--role", "director")
    csid.advance("2017-12-18T13:00:00Z")
    assert [day_of(m) for m in sent_to(csid, DIRECTOR)] == [date(2017, 12, 18)]
    (row,) = csid.sql("SELECT step, reason FROM notice WHERE channel = 'mail'")
    assert row[0] == "T-0"


def test_a_schedule_that_is_always_quiet_is_not_held(new_csid):
    csid = new_csid(config={"schedules": [{"name": "night", "check": "actions-overdue", "cron": "0 2 * * *"}],
                            "reminders": {"quiet_hours": "20:00-07:00"}})
    csid.import_plan()
    csid.advance("2017-09-02T03:00:00Z")
    assert len(csid.mails()) == len(overdue_by_owner(date(2017, 9, 2)))


# -- copies ----------------------------------------------------------------------------------------


def test_copies_go_to_whom_the_configuration_names(plan):
    csid = plan(reminders={"copy_actions": ["director", "programme-office"], "copy_deadlines": ["programme-office"]})
    assign_roles(csid)
    csid.advance("2017-09-01T12:00:00Z")
    (copy,) = sent_to(csid, DIRECTOR)
    assert str(copy["Subject"]).startswith("Copy: 165 actions overdue") and "gets a copy" in text_of(copy)
    assert len(sent_to(csid, OFFICE)) == 1
    csid.advance("2017-09-04T12:00:00Z")
    stepped = [row for row in told(csid, "AND n.role = 'director'") if row[4] == "2017-09-04"]
    assert 0 < len(stepped) < 165, "only what has a step today"
    added = csid.ctl("deadline", "add", "Return", "--due", "2017-12-01", "--role", "director", json=True)
    assert added["copy_to"] == "programme-office"


# -- shown -----------------------------------------------------------------------------------------


def test_policy_of_an_action(plan):
    csid = plan(reminders={"actions": "14 0 +1 every 5", "quiet_hours": "20:00-07:00"})
    csid.advance("2017-09-01T12:00:00Z")
    due, ref, title = next(a for actions in overdue_by_owner(START).values() for a in actions)
    shown = csid.ctl("policy", "show", f"action:{ref}", json=True)
    assert (shown["about"], shown["title"], shown["ladder"]) == (f"bromley-2016:{ref}", title, "14 0 +1 every 5")
    assert shown["ladder_from"] == "reminders.actions of csid.yaml" and shown["quiet_hours"] == "20:00-07:00"
    assert shown["due_on"] == due.isoformat() and shown["send_by"] == on_or_before(due).isoformat()
    oracle = dict((step, on) for on, step in steps(due, due + timedelta(days=800), before=(14, 0)))
    for row in shown["steps"]:
        assert row["on"] == oracle[row["step"]].isoformat()
    states = {row["step"]: row["state"] for row in shown["steps"]}
    assert states["T-14"].startswith("collapsed into T+1") and list(states.values())[-1] == "ahead"
    assert any(s.startswith("told on Fri 1 Sep 2017 to ") for s in states.values())
    assert csid.ctl("policy", "show", ref, json=True) == shown


def test_policy_of_others(new_csid):
    csid = new_csid()
    assign_roles(csid)
    csid.ctl("deadline", "add", "Return", "--due", "2017-10-01", "--role", "improvement-board-chair")
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    one = csid.ctl("policy", "show", "deadline:1", json=True)
    assert one["ladder"] == "28 14 7 1 0 +1 every 5" and one["send_by"] == "2017-09-29"
    assert one["ladder_from"] == "reminders.deadlines of csid.yaml" and one["copy_to"] == "director"
    assert [s["on"] for s in one["steps"][:6]] == ["2017-09-01", "2017-09-15", "2017-09-22", "2017-09-28",
                                                   "2017-09-29", "2017-10-02"]
    visit = csid.ctl("policy", "show", "visit:1", json=True)
    assert [s["step"] for s in visit["steps"]] == ["T-28", "T-14", "T-7", "T-1"]
    for about in ("deadline:9", "visit:9", "action:99.9", "99.9", "nonsense:1", "../x"):
        assert csid.ctl("policy", "show", about, check=False).returncode in (2, 3)
    assert CHAIR not in str(csid.mails())


def test_who_changes_an_action_is_told_who_will_hear_of_it(plan):
    csid = plan()
    owner = csid.ctl("action", "list", "--overdue", json=True)["items"][0]
    add = ("action", "add", "99.1", "Write it", "--priority", "1", "--dry-run")

    def told_of(*words):
        return csid.ctl(*words).stdout.partition("Will be told: ")[2].splitlines()[0]

    assert told_of(*add, "--owner", owner["owner"], "--due", "2017-08-01") == f"{owner['owner_title']}, in the next mail on overdue actions"
    assert told_of(*add, "--owner", owner["owner"], "--due", "2018-08-01") == \
        f"{owner['owner_title']}, on the days that csictl policy show 99.1 lists"
    assert told_of(*add, "--owner", owner["owner"]) == "nobody: it has no date"
    assert told_of(*add, "--due", "2018-08-01") == "nobody: nobody owns it"
    assert told_of("action", "update", owner["ref"], "--status", "cancelled", "--note", "Merged", "--dry-run") == "nobody: nothing is due of it"


def test_whoever_adds_or_reads_of_a_visit_is_told_its_own_days(new_csid):
    csid = new_csid(config={"reminders": {"visits": "10 3"}})
    assign_roles(csid)
    said = csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30").stdout
    assert "director and programme-office, 10 and 3 days before" in said
    csid.advance("2017-10-20T12:00:00Z")
    (mail,) = [m for m in sent_to(csid, DIRECTOR) if "Monitoring visit" in m["Subject"]]
    assert "which is told 10 and 3 days before" in " ".join(text_of(mail).split())


def test_visits_that_nothing_announces(new_csid):
    csid = new_csid(config={"reminders": {"visits": "+1 every 5"}})
    assign_roles(csid)
    said = csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", json=True)["told"]
    assert "nobody that it is near: reminders.visits has no day before it" in said
    csid.advance("2017-10-30T12:00:00Z")
    assert not [m for m in sent_to(csid, DIRECTOR) if "Monitoring visit" in m["Subject"]]


def test_a_reload_changes_the_days_to_come(plan):
    csid = plan()
    csid.advance("2017-09-01T12:00:00Z")
    csid.write_config({"schedules": ACTIONS, "reminders": {"actions": "0 +1 every 1"}})
    csid.ctl("reload")
    csid.advance("2017-09-04T12:00:00Z")
    assert len([r for r in told(csid) if r[4] == "2017-09-04"]) >= 165, "every working day from now on"
