"""What stays overdue goes up: owner, line manager, accountable executive, chair. The dates are worked out here, from
the calendar and the policy, not by csid."""

import sqlite3
from collections import Counter
from datetime import date

import pytest
from harness import BROMLEY_2016, text_of
from test_access import OFFICER, call, open_csid  # noqa: F401
from test_recheck import down
from test_reminders import overdue_by_owner

DCS = "director.of.childrens.social.care@example.gov.uk"
CHAIR, MANAGER, EXECUTIVE, OWNER = "cy@x.example", "mo@x.example", "eve@x.example", "ann@x.example"
ADMIN = "it@x.example"
HEADING = ("ref,priority,priority_title,action,owner,owner_email,accountable,due,rating,status\n")


def assign(csid, slug, address, name=None, *more):
    csid.ctl("role", "assign", slug, "--name", name or slug.title(), "--email", address, "--from", "2017-01-01", *more)


def plan(csid, *rows, accountable="Executive"):
    """A plan of Head of Care's actions, each (ref, due)."""
    path = csid.folder / "plan.csv"
    path.write_text(HEADING + "".join(
        f"{ref},1,Care,Do {ref},Head of Care,{OWNER},{accountable},{due},amber,in progress\n" for ref, due in rows))
    csid.ctl("plan", "import", path, "--plan", "p", "--yes")


def staff(csid, manager=MANAGER, executive=EXECUTIVE, chair=CHAIR, reports=True):
    csid.ctl("role", "add", "manager", "--title", "Manager")
    csid.ctl("role", "add", "head-of-care", "--title", "Head of Care", *(["--reports-to", "manager"] if reports else []))
    csid.ctl("role", "add", "executive", "--title", "Executive")
    for slug, address in (("manager", manager), ("executive", executive), ("improvement-board-chair", chair)):
        if address:
            assign(csid, slug, address)


def config(**reminders):
    return {"mail": {"administrator": ADMIN}, **({"reminders": reminders} if reminders else {})}


@pytest.fixture
def december(new_csid):
    """One action, due on Friday 15 December 2017, and everyone above its owner."""
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    return csid


def up(csid, event="csi.escalation"):
    """Each telling of that event: the day, the address, what about."""
    return csid.sql("SELECT substr(m.created_at, 1, 10), m.recipient, n.about FROM notice n "
                    "JOIN message m ON m.id = n.message_id WHERE n.event = ? AND n.channel = 'mail' ORDER BY n.id", event)


def days(csid, event="csi.escalation"):
    return [(day, address) for day, address, _ in up(csid, event)]


def resolved(csid):
    return days(csid, "csi.escalation.resolved")


def sent_to(csid, address):
    return [m for m in csid.mails() if address in str(m["To"])]


def troubles(csid):
    return [text_of(m) for m in sent_to(csid, ADMIN)]


def ack(csid, about, back):
    csid.ctl("notice", "ack", "--about", about, "--back", back)


def why(csid, about, event="csi.escalation"):
    (last,) = csid.sql("SELECT max(id) FROM notice WHERE about = ? AND event = ? AND channel = 'mail'", about, event)[0]
    return csid.ctl("notice", "why", str(last), json=True)


def chain(csid, about, event="csi.escalation"):
    return [(r["level"], r["name"], r["who"], r["state"], r["on"]) for r in why(csid, about, event)["chain"]]


def why_not(csid, about, to):
    return {i["code"]: i for i in csid.ctl("notice", "why-not", "--about", about, "--to", to, json=True)["items"]}


# -- the backlog -----------------------------------------------------------------------------------


@pytest.fixture
def backlog(csid):
    """The 2016 plan, first imported on 1 September 2017, and a chair."""
    csid.ctl("plan", "import", BROMLEY_2016)
    assign(csid, "improvement-board-chair", CHAIR)
    return csid


def test_the_first_morning(backlog):
    """165 past due: each owner one digest, the director of children's social care one mail, the chair none."""
    backlog.advance("2017-09-01T12:00:00Z")
    owners = overdue_by_owner(date(2017, 9, 1))
    assert sum(len(actions) for actions in owners.values()) == 165 and DCS in owners
    assert Counter(str(m["To"].addresses[0].addr_spec) for m in backlog.mails()) == Counter(owners.keys())
    assert up(backlog) == [] and sent_to(backlog, CHAIR) == [] and len(sent_to(backlog, DCS)) == 1
    red = [r["count"] for r in backlog.ctl("report", "position", json=True)["ratings"] if r["code"] == "red"]
    assert red == [23] and backlog.sql("SELECT count(*) FROM backlog") == [(165,)]
    (entry,) = [r for r in backlog.ctl("journal", "list", json=True)["items"] if r["what"] == "plan.backlog bromley-2016"]
    assert entry["after"] == {"count": 165}


def warnings(csid):
    return [w["text"] for w in csid.ctl("status", json=True)["warnings"] if "waits for a board" in w["text"] or
            "wait for a board" in w["text"]]


def test_without_a_board_it_waits_and_status_says_so_once(backlog):
    backlog.advance("2017-10-20T12:00:00Z")
    mine = {f"bromley-2016:{ref}" for a in overdue_by_owner(date(2017, 9, 1)).values() for _, ref, _ in a}
    assert not mine & {about for _, _, about in up(backlog)}
    (line,) = warnings(backlog)
    assert "165 actions of bromley-2016" in line and "meeting add" in line and "backlog_from" in line
    ref = sorted(mine)[0]
    found = why_not(backlog, ref, "chair")
    assert "waits for a board that is not recorded" in found["backlog"]["text"]


def test_of_what_is_not_overdue_yet_why_not_knows_the_backlog(backlog):
    """Whether it began to go up or not: only what was past due at the first import waits for the board."""
    mine = sorted(f"bromley-2016:{ref}" for a in overdue_by_owner(date(2017, 9, 1)).values() for _, ref, _ in a)
    assert backlog.sql("SELECT count(*) FROM escalation") == [(0,)]
    assert "waits for a board that is not recorded" in why_not(backlog, mine[0], CHAIR)["backlog"]["text"]
    plan(backlog, ("1.1", "2017-09-15"))
    found = why_not(backlog, "p:1.1", CHAIR)
    assert "backlog" not in found and "not-reached" in found


def board(csid, on, kind="board", **more):
    csid.ctl("board", "add", f"Board of kind {kind}", "--kind", kind)
    (last,) = csid.sql("SELECT max(id) FROM record WHERE kind = 'board'")[0]
    words = [w for k, v in more.items() for w in (f"--{k.replace('_', '-')}", v)]
    csid.ctl("meeting", "add", str(last), "--on", on, *words)


def test_from_the_day_after_the_board_it_climbs_one_level_a_pass(backlog):
    board(backlog, "2017-08-31")
    board(backlog, "2017-09-08", kind="panel")
    board(backlog, "2017-09-11", cancelled_on="2017-09-01")
    board(backlog, "2017-09-22")
    assert warnings(backlog) == []
    owners = overdue_by_owner(date(2017, 9, 1))
    others = [ref for address, actions in owners.items() if address != DCS for _, ref, _ in actions]
    backlog.advance("2017-09-22T12:00:00Z")
    mine = {f"bromley-2016:{ref}" for a in owners.values() for _, ref, _ in a}
    told = lambda day: [(address, about) for on, address, about in up(backlog) if on == day and about in mine]
    assert all(on != "2017-09-22" or about not in mine for on, _, about in up(backlog))
    before = len(sent_to(backlog, DCS))
    found = why_not(backlog, f"bromley-2016:{others[0]}", "chair")
    assert found["backlog"]["on"] == "2017-09-23"
    assert "no line-manager is recorded" in found["passed-over"]["text"]
    assert found["not-due"]["on"] == "2017-10-13"  # 14 working days after the level before
    backlog.advance("2017-09-25T12:00:00Z")  # the 23rd is a Saturday
    # his own are the chair's next: told at another level as their owner, and no executive above
    assert Counter(told("2017-09-25")) == Counter(
        [(DCS, f"bromley-2016:{ref}") for ref in others] +
        [(CHAIR, f"bromley-2016:{ref}") for _, ref, _ in owners[DCS]])
    mails = [m for m in sent_to(backlog, DCS) if m["Date"].datetime.date() == date(2017, 9, 25)
             and "Escalated" in str(m["Subject"])]
    assert len(mails) == 1 and all(f"{ref} " in text_of(mails[0]) for ref in others)
    assert len(sent_to(backlog, DCS)) == before + 2, "his digest and the escalation"
    backlog.advance("2017-10-12T12:00:00Z")
    assert all(told(f"2017-{day}") == [] for day in ("09-26", "10-02", "10-11", "10-12"))
    backlog.advance("2017-10-13T12:00:00Z")
    assert Counter(told("2017-10-13")) == Counter((CHAIR, f"bromley-2016:{ref}") for ref in others)
    assert len([m for m in sent_to(backlog, CHAIR) if m["Date"].datetime.date() == date(2017, 10, 13)]) == 1


def test_backlog_from_is_a_day_of_the_configuration(new_csid):
    csid = new_csid(config=config(backlog_from="2017-09-06"))
    staff(csid)
    plan(csid, ("1.1", "2017-06-30"))
    assert warnings(csid) == []
    csid.advance("2017-09-05T12:00:00Z")
    assert up(csid) == []
    csid.advance("2017-09-06T12:00:00Z")
    assert days(csid) == [("2017-09-06", MANAGER)]
    csid.advance("2017-09-15T12:00:00Z")
    assert days(csid) == [("2017-09-06", MANAGER), ("2017-09-15", EXECUTIVE)]


def test_what_is_added_later_is_no_backlog(new_csid):
    csid = new_csid(config=config())
    staff(csid)
    plan(csid, ("1.1", "2017-06-30"))
    csid.ctl("action", "add", "1.2", "Later", "--priority", "1", "--due", "2017-06-30", "--owner", "head-of-care",
             "--accountable", "executive")
    csid.advance("2017-09-06T12:00:00Z")
    assert up(csid) == [("2017-09-06", MANAGER, "p:1.2")]
    (line,) = warnings(csid)
    assert line.startswith("1 action of p ")


# -- the climb -------------------------------------------------------------------------------------


def test_the_whole_climb_over_christmas(december):
    december.advance("2018-04-05T12:00:00Z")
    assert days(december) == [
        ("2017-12-21", MANAGER),    # the owner was told on Monday 18 December, 3 working days before
        ("2018-01-04", EXECUTIVE),  # 7 after: 22, 27, 28, 29 Dec, 2, 3, 4 Jan
        ("2018-01-24", CHAIR),      # 14 after
        ("2018-02-26", CHAIR),      # a month later is Saturday 24 February
        ("2018-03-26", CHAIR)]
    assert chain(december, "p:1.1") == [
        (1, "owner", OWNER, "told", "2017-12-18"), (2, "line-manager", MANAGER, "told", "2017-12-21"),
        (3, "accountable", EXECUTIVE, "told", "2018-01-04"),
        (4, "improvement-board-chair", CHAIR, "told", "2018-01-24"),
        (0, "improvement-board-chair", CHAIR, "told", "2018-02-26"),
        (0, "improvement-board-chair", CHAIR, "told", "2018-03-26"),
        (0, "improvement-board-chair", CHAIR, "next", "2018-04-26")]
    assert december.sql("SELECT count(*) FROM notice WHERE channel = 'none'") == [(0,)]


@pytest.mark.parametrize("policy, expected", [
    # the owner hears on the ladder's first step, but those days count from the policy's day
    ("owner +5, line-manager +1", ["2017-12-27"]),
    ("owner +1, line-manager +1, then every 2w", ["2017-12-19", "2018-01-02", "2018-01-16"]),
    ("owner +1", []),
])
def test_other_policies(new_csid, policy, expected):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config(escalation=policy))
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2018-01-20T12:00:00Z")
    assert days(csid) == [(day, MANAGER) for day in expected]


def test_what_the_mail_says(december):
    december.ctl("role", "assign", "programme-office", "--name", "Office", "--email", "office@x.example")
    december.advance("2018-01-04T12:00:00Z")
    (mail,) = sent_to(december, EXECUTIVE)
    said = " ".join(text_of(mail).split())
    assert str(mail["Subject"]) == "Escalated to you: 1.1 is 20 days overdue: Do 1.1"
    assert mail["Reply-To"] == "office@x.example"
    for words in ("20 days overdue", "due 15 Dec 2017, 20 days over", "Owner: Head of Care",
                  "on Mon 18 Dec 2017; Manager (Manager) on Thu 21 Dec",
                  "Next: Chair of the improvement board (Improvement-Board-Chair) is told on Wed 24 Jan 2018",
                  "csictl action extend 1.1 --to DATE --why TEXT", "csictl action show 1.1",
                  "reply and say what will be done by when; the programme office records it",
                  "you hold Executive, to which this is escalated"):
        assert words in said, (words, said)
    assert "/v1/ack/" not in said


def test_no_link_acknowledges_for_the_owner(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config={**config(), "link_base": "https://csi.x.example"})
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2017-12-21T12:00:00Z")
    assert "/v1/ack/" in text_of(sent_to(csid, OWNER)[0]) and "/v1/ack/" not in text_of(sent_to(csid, MANAGER)[0])


def test_several_of_one_pass_to_one_person_are_one_mail(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid, executive=MANAGER)
    plan(csid, ("1.1", "2017-12-15"), ("1.2", "2017-12-15"), ("1.3", "2017-12-14"))
    csid.advance("2017-12-21T12:00:00Z")
    assert up(csid) == [("2017-12-20", MANAGER, "p:1.3"), ("2017-12-21", MANAGER, "p:1.1"),
                        ("2017-12-21", MANAGER, "p:1.2")]
    mails = sent_to(csid, MANAGER)
    assert len(mails) == 2 and "2 matters" in str(mails[1]["Subject"])


def test_the_same_person_is_told_once(new_csid):
    """The line manager answers for it too: the chair's own days count in full from the last that was told."""
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid, executive=MANAGER.upper())
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2018-01-05T12:00:00Z")
    found = why_not(csid, "p:1.1", "executive")
    assert "one person hears once" in found["passed-over"]["text"]
    csid.advance("2018-01-15T12:00:00Z")
    assert days(csid) == [("2017-12-21", MANAGER), ("2018-01-15", CHAIR)]  # 14 working days


def test_a_level_that_was_never_recorded_shortens_nothing(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid, reports=False)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2018-02-01T12:00:00Z")
    assert days(csid) == [("2017-12-29", EXECUTIVE), ("2018-01-19", CHAIR)]  # 7 after 18 Dec; 14 after that
    assert (2, "line-manager", None, "not-recorded", None) in chain(csid, "p:1.1")
    assert troubles(csid) == []


def test_nobody_to_go_up_to(new_csid):
    """Without anyone above, the owner alone is told; without an owner the first level counts from the day it would be."""
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config(escalation="owner +1, line-manager +3, accountable +7"))
    staff(csid, reports=False)
    plan(csid, ("1.1", "2017-12-15"), accountable="")
    csid.ctl("action", "add", "1.2", "Nobody's", "--priority", "1", "--due", "2017-12-15", "--accountable", "executive")
    csid.advance("2018-02-01T12:00:00Z")
    assert up(csid) == [("2017-12-29", EXECUTIVE, "p:1.2")]


def test_a_vacant_level_climbs_at_once_and_the_administrator_hears_once(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid, manager=None)
    plan(csid, ("1.1", "2017-12-15"), ("1.2", "2017-12-15"))
    csid.advance("2018-01-10T12:00:00Z")
    assert up(csid) == [("2017-12-21", EXECUTIVE, "p:1.1"), ("2017-12-21", EXECUTIVE, "p:1.2")]
    assert (2, "line-manager", None, "nobody-reached", "2017-12-21") in chain(csid, "p:1.1")
    mine = [t for t in troubles(csid) if "escalation" in t]
    assert len(mine) == 1 and "2 escalations could not be told to manager: nobody holds the role Manager" in \
        " ".join(mine[0].replace("\\", "").split())
    assign(csid, "manager", MANAGER)
    csid.advance("2018-01-15T12:00:00Z")
    assert {address for _, address in days(csid)} == {EXECUTIVE, CHAIR}, "what was passed over stays so"


def test_a_vacant_last_level_is_told_once_somebody_comes(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid, chair=None)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2018-02-02T12:00:00Z")
    assert days(csid) == [("2017-12-21", MANAGER), ("2018-01-04", EXECUTIVE)]
    assert len([t for t in troubles(csid) if "escalation" in t]) == 1
    assign(csid, "improvement-board-chair", CHAIR)
    csid.advance("2018-02-05T12:00:00Z")
    assert days(csid)[2:] == [("2018-02-05", CHAIR)]


def test_whoever_holds_the_role_when_it_is_told(december):
    december.advance("2017-12-20T12:00:00Z")
    december.ctl("role", "assign", "manager", "--name", "New", "--email", "new@x.example")
    december.advance("2017-12-21T12:00:00Z")
    assert days(december) == [("2017-12-21", "new@x.example")]


def test_three_weeks_of_downtime_cost_one_level_a_pass(december):
    december.advance("2017-12-18T12:00:00Z")
    december.restart("2018-01-12T12:00:00Z")
    december.advance("1s")
    assert days(december) == [("2018-01-12", MANAGER)]
    december.advance("2018-01-22T12:00:00Z")
    assert days(december) == [("2018-01-12", MANAGER)]
    december.advance("2018-01-23T12:00:00Z")
    assert days(december)[1:] == [("2018-01-23", EXECUTIVE)]


def test_a_changed_policy_is_for_what_becomes_overdue_later(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config())
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"), ("1.2", "2018-01-05"))
    csid.advance("2017-12-18T12:00:00Z")
    csid.write_config(config(escalation="owner +1, improvement-board-chair +2"))
    csid.ctl("reload")
    csid.advance("2018-01-10T12:00:00Z")
    assert up(csid) == [("2017-12-21", MANAGER, "p:1.1"), ("2018-01-04", EXECUTIVE, "p:1.1"),
                        ("2018-01-10", CHAIR, "p:1.2")]
    assert csid.sql("SELECT id, text FROM escalation_policy ORDER BY id") == [
        (1, "owner +1, line-manager +3, accountable +7, improvement-board-chair +14, then every 1m"),
        (2, "owner +1, improvement-board-chair +2")]
    assert why(csid, "p:1.2")["escalation_policy"] == "owner +1, improvement-board-chair +2"
    shown = lambda ref: csid.ctl("policy", "show", ref, json=True)["escalation"]
    assert shown("1.1").startswith("owner +1, line-manager +3") and shown("1.2") == "owner +1, improvement-board-chair +2"
    assert csid.ctl("journal", "verify").returncode == 0


def test_none_escalates_nothing_and_says_so(new_csid):
    csid = new_csid(clock="2017-12-01T06:00:00Z", config=config(escalation="none"))
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2018-02-01T12:00:00Z")
    assert up(csid) == []
    assert "none when it became overdue" in why_not(csid, "p:1.1", "chair")["no-escalation"]["text"]


# -- what ends it ----------------------------------------------------------------------------------


def test_resolved_goes_once_to_whom_it_had_gone_up(december):
    december.advance("2018-01-04T12:00:00Z")
    december.ctl("role", "assign", "manager", "--name", "New", "--email", "new@x.example")
    december.ctl("action", "update", "1.1", "--status", "complete")
    december.advance("2018-02-01T12:00:00Z")
    assert sorted(resolved(december)) == [("2018-01-05", EXECUTIVE), ("2018-01-05", "new@x.example")]
    assert {r for (r,) in december.sql("SELECT reason FROM notice WHERE event = 'csi.escalation.resolved'")} == {
        "resolved: complete on 4 Jan 2018"}
    assert len(days(december)) == 2 and len(sent_to(december, CHAIR)) == 0
    (mail,) = sent_to(december, "new@x.example")
    assert "complete on 4 Jan 2018" in text_of(mail)
    assert "ended on Fri 5 Jan 2018: complete on 4 Jan 2018" in why(december, "p:1.1")["escalation"]


def test_resolved_is_for_those_above_alone(december):
    december.advance("2017-12-19T12:00:00Z")
    december.ctl("action", "update", "1.1", "--status", "complete")
    december.advance("2018-02-01T12:00:00Z")
    assert resolved(december) == [] and days(december) == []


def test_a_later_date_starts_anew(open_csid):  # noqa: F811
    csid = open_csid()
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2017-12-21T12:00:00Z")
    asked = call(csid, ["action", "extend", "1.1", "--to", "2018-01-05", "--why", "Data came late"], OFFICER)
    assert asked.returncode == 0, asked.stderr
    csid.advance("2017-12-22T12:00:00Z")
    assert resolved(csid) == [], "asking moves nothing"
    csid.ctl("extension", "grant", "1")
    csid.advance("2018-01-12T12:00:00Z")
    assert resolved(csid) == [("2017-12-25", MANAGER)]
    assert {r for (r,) in csid.sql("SELECT reason FROM notice WHERE event = 'csi.escalation.resolved'")} == {
        "resolved: now due 5 Jan 2018"}
    assert days(csid) == [("2017-12-21", MANAGER), ("2018-01-11", MANAGER)]


def test_reopened_on_the_same_date_it_begins_anew(december):
    december.advance("2018-01-04T12:00:00Z")
    december.ctl("action", "update", "1.1", "--status", "complete")
    december.advance("2018-01-08T12:00:00Z")
    december.ctl("action", "update", "1.1", "--status", "in-progress")
    december.advance("2018-01-30T12:00:00Z")
    owner = [d for d, a in days(december, "csi.action.overdue") if d > "2018-01-08"][0]
    assert days(december)[2][1] == MANAGER and days(december)[2][0] > owner
    assert december.sql("SELECT count(*) FROM escalation") == [(2,)]


def test_another_owner_does_not_start_it_anew(december):
    december.advance("2017-12-21T12:00:00Z")
    december.ctl("role", "add", "other", "--title", "Other", "--reports-to", "manager")
    assign(december, "other", "otto@x.example")
    path = december.folder / "plan.csv"
    path.write_text(path.read_text().replace("Head of Care", "Other").replace(OWNER, "otto@x.example"))
    december.ctl("plan", "import", path, "--plan", "p", "--yes")
    december.advance("2018-01-04T12:00:00Z")
    assert days(december) == [("2017-12-21", MANAGER), ("2018-01-04", EXECUTIVE)] and resolved(december) == []


# -- what holds it ---------------------------------------------------------------------------------


def test_an_acknowledgement_holds_it_while_it_lasts(december):
    december.advance("2017-12-18T12:00:00Z")
    ack(december, "p:1.1", "2017-12-29")
    december.advance("2017-12-28T12:00:00Z")
    assert days(december) == []
    assert why_not(december, "p:1.1", "manager")["acknowledged"]["on"] == "2017-12-29"
    assert "acknowledged, until Fri 29 Dec 2017" in why(december, "p:1.1", "csi.action.overdue")["escalation"]
    december.advance("2018-01-20T12:00:00Z")
    assert days(december) == [("2017-12-29", MANAGER), ("2018-01-10", EXECUTIVE)]


@pytest.mark.parametrize("words", [
    ("silence", "add", "--match", "event=csi.escalation", "--until", "2018-01-02", "--comment", "Agreed"),
    ("silence", "add", "--match", "role=manager", "--until", "2018-01-02", "--comment", "On leave"),
    ("notice", "snooze", "--about", "p:1.1", "--to", MANAGER, "--until", "2018-01-03"),
])
def test_what_is_held_is_told_later_and_the_next_waits(december, words):
    december.advance("2017-12-20T12:00:00Z")
    december.ctl(*words)
    december.advance("2018-01-02T12:00:00Z")
    assert days(december) == []
    assert december.sql("SELECT count(*) FROM notice WHERE channel = 'held' AND event = 'csi.escalation'") == [(1,)]
    december.advance("2018-01-12T12:00:00Z")
    assert days(december) == [("2018-01-03", MANAGER), ("2018-01-12", EXECUTIVE)]


def test_what_was_resolved_in_a_silence_is_told_after_it(december):
    december.advance("2017-12-21T12:00:00Z")
    december.ctl("silence", "add", "--match", "about=p:1.1", "--until", "2018-01-02", "--comment", "Agreed")
    december.ctl("action", "update", "1.1", "--status", "complete")
    december.advance("2018-01-02T12:00:00Z")
    assert resolved(december) == []
    december.advance("2018-02-01T12:00:00Z")
    assert resolved(december) == [("2018-01-03", MANAGER)]


# -- what waits ------------------------------------------------------------------------------------


@pytest.fixture
def stuck(new_csid, mail_server):
    """The mail server is down on the morning on which the line manager is told."""
    csid = new_csid(clock="2017-12-01T06:00:00Z", config={"mail": {"url": mail_server.url, "administrator": ADMIN}})
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2017-12-20T12:00:00Z")
    down(mail_server)
    csid.advance("2017-12-21T09:00:00Z")
    return csid


def received(server, address):
    return [r.message for r in server.received if r.recipients == [address]]


def test_what_is_settled_while_it_waits_goes_to_nobody(stuck, mail_server):
    stuck.ctl("action", "update", "1.1", "--status", "complete")
    mail_server.script.answers.clear()
    stuck.advance("2017-12-29T12:00:00Z")
    assert received(mail_server, MANAGER) == [] and resolved(stuck) == []
    assert stuck.sql("SELECT state FROM message WHERE recipient = ?", MANAGER) == [("cancelled",)]


def test_who_has_the_role_by_then_is_told_by_the_next_run(stuck, mail_server):
    stuck.ctl("role", "assign", "manager", "--name", "New", "--email", "new@x.example")
    mail_server.script.answers.clear()
    stuck.advance("2017-12-21T20:00:00Z")
    assert received(mail_server, MANAGER) == []
    stuck.advance("2017-12-22T12:00:00Z")
    assert days(stuck) == [("2017-12-22", "new@x.example")]
    stuck.advance("2018-01-05T12:00:00Z")
    assert days(stuck)[1:] == [("2018-01-05", EXECUTIVE)]  # 7 working days after that
    assert len(received(mail_server, "new@x.example")) == 1


def test_what_is_acknowledged_while_it_waits_is_told_after_it(stuck, mail_server):
    ack(stuck, "p:1.1", "2017-12-29")
    mail_server.script.answers.clear()
    stuck.advance("2017-12-28T12:00:00Z")
    assert received(mail_server, MANAGER) == []
    stuck.advance("2017-12-29T12:00:00Z")
    assert days(stuck) == [("2017-12-29", MANAGER)] and len(received(mail_server, MANAGER)) == 1


# -- deadlines -------------------------------------------------------------------------------------


@pytest.fixture
def deadline(new_csid):
    """A report that the head of care owes on Friday 15 December 2017."""
    csid = new_csid(clock="2017-12-10T06:00:00Z", config=config())
    staff(csid)
    assign(csid, "head-of-care", OWNER)
    assign(csid, "director", "dee@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-12-15", "--role", "head-of-care", "--to", "Ofsted")
    return csid


def test_a_missed_deadline_goes_to_the_director_too(deadline):
    deadline.advance("2018-01-25T12:00:00Z")
    assert days(deadline) == [("2017-12-21", MANAGER), ("2018-01-04", "dee@x.example"), ("2018-01-24", CHAIR)]
    (mail,) = sent_to(deadline, CHAIR)
    said = " ".join(text_of(mail).split())
    assert "csictl deadline submit 1 --on DATE" in said and "unless it is recorded as sent before" in said
    deadline.ctl("deadline", "submit", "1", "--on", "2018-01-25")
    deadline.advance("2018-01-30T12:00:00Z")
    assert sorted(resolved(deadline)) == sorted(("2018-01-26", a) for a in (MANAGER, "dee@x.example", CHAIR))
    assert all("submitted on 25 Jan 2018" in text_of(sent_to(deadline, a)[-1]) for a in (MANAGER, CHAIR))


def test_no_acknowledgement_and_no_one_person_hold_what_is_statutory(deadline):
    deadline.advance("2017-12-18T12:00:00Z")
    ack(deadline, "deadline:1", "2017-12-30")
    deadline.ctl("silence", "add", "--match", "to=*", "--until", "2017-12-30", "--comment", "Christmas")
    deadline.advance("2017-12-21T12:00:00Z")
    assert days(deadline) == [("2017-12-21", MANAGER)]


def test_a_board_paper_that_is_late_is_statutory_too(deadline):
    """Its check is not, but a missed deadline is."""
    deadline.stop()
    with sqlite3.connect(deadline.database) as db:
        db.execute("UPDATE deadline SET check_name = 'board-papers'")
    deadline.start()
    deadline.advance("2017-12-18T12:00:00Z")
    ack(deadline, "deadline:1", "2017-12-30")
    deadline.advance("2017-12-21T12:00:00Z")
    assert days(deadline) == [("2017-12-21", MANAGER)]


def test_another_check_takes_an_escalation_over(deadline):
    deadline.advance("2017-12-21T12:00:00Z")
    deadline.stop()
    with sqlite3.connect(deadline.database) as db:
        db.execute("UPDATE deadline SET check_name = 'committee-publication'")
    deadline.start("2017-12-22T06:00:00Z")
    deadline.advance("2018-01-04T12:00:00Z")
    assert days(deadline) == [("2017-12-21", MANAGER), ("2018-01-04", "dee@x.example")] and resolved(deadline) == []


# -- webhooks --------------------------------------------------------------------------------------


def test_one_call_a_run(new_csid, receiver):
    csid = new_csid(clock="2017-12-01T06:00:00Z", start=False)
    secret = csid.folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    csid.write_config({**config(), "webhooks": [{"name": "board", "url": receiver.url, "secret_file": str(secret),
                                                 "allow": ["127.0.0.0/8"], "events": ["csi.escalation"]}]})
    csid.start()
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"), ("1.2", "2017-12-15"))
    csid.advance("2017-12-22T12:00:00Z")
    (request,) = receiver.requests
    said = request.json()
    assert said["type"] == "csi.escalation" and said["data"]["count"] == 2
    assert [(i["about"], i["owner"], i["role"], i["level"], i["days_overdue"]) for i in said["data"]["items"]] == [
        ("p:1.1", "head-of-care", "manager", 2, 6), ("p:1.2", "head-of-care", "manager", 2, 6)]


# -- why not ---------------------------------------------------------------------------------------


def test_why_the_chair_has_not_been_told(december):
    before = why_not(december, "action:1.1", "chair")
    assert "level 4 of 4" in before["not-reached"]["text"] and before["not-due"]["on"] == "2018-01-24"
    december.advance("2017-12-21T12:00:00Z")
    found = why_not(december, "action:1.1", "chair")
    assert "told so far is line-manager, on Thu 21 Dec 2017; next is accountable, on Thu 4 Jan 2018" in \
        found["not-reached"]["text"]
    assert found["not-due"]["on"] == "2018-01-24" and "escalated to" in found["not-due"]["text"]
    assert list(why_not(december, "p:1.1", "programme-office")) == ["not-concerned"]


# -- mail that comes back --------------------------------------------------------------------------


def test_what_came_back_was_told_to_nobody_and_the_next_level_is_told_at_once(new_csid, mail_server):
    """The manager's mail comes back the day after: the executive hears at the next pass, not six working days on."""
    csid = new_csid(clock="2017-12-01T06:00:00Z", config={"mail": {
        "administrator": ADMIN, "url": mail_server.url, "bounce_to": "back@bromley.example"}})
    staff(csid)
    plan(csid, ("1.1", "2017-12-15"))
    csid.advance("2017-12-21T12:00:00Z")
    assert days(csid) == [("2017-12-21", MANAGER)]
    (got,) = [r for r in mail_server.received if r.recipients == [MANAGER]]
    report = (f"From: MAILER-DAEMON@x.example\nTo: {got.sender}\nMIME-Version: 1.0\n"
              'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
              "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\n"
              f"Final-Recipient: rfc822; {MANAGER}\nAction: failed\nStatus: 5.1.1\n\n--b--\n")
    assert "address-marked" in csid.ctl("bounce", stdin=report).stdout
    csid.advance("2017-12-22T12:00:00Z")
    assert days(csid) == [("2017-12-22", EXECUTIVE)]
    gone = csid.sql("SELECT reason FROM notice WHERE event = 'csi.escalation' AND channel = 'none'")
    assert len(gone) == 1 and f"mail to Manager <{MANAGER}>" in gone[0][0]
    told = [text_of(r.message).replace("\n", " ") for r in mail_server.received if r.recipients == [ADMIN]]
    assert sum(f"mail to {MANAGER} comes back (5.1.1" in t and "csid could not do" in t for t in told) == 1
    csid.advance("2018-01-10T12:00:00Z")
    assert [d for d in days(csid) if d[1] == MANAGER] == []
