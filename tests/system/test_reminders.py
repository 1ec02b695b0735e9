"""What people are told: owners of overdue actions, the chair each quarter, director and programme
office before visits. Every expectation is worked out here, from the plan and a calendar, not by csid."""

import csv
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import pytest
from harness import BROMLEY_2016, html_of, matters, text_of
from ladder import steps

REPORT = "Chair's report to the Secretary of State"
CHAIR, DIRECTOR, OFFICE = "chair@example.gov.uk", "dcs@example.gov.uk", "office@example.gov.uk"
DEADLINES_ONLY = {"schedules": [{"name": "deadlines", "check": "deadlines", "cron": "30 8 * * *"}]}
# England and Wales, for the dates used here
HOLIDAYS = {date(2017, 8, 28), date(2017, 12, 25), date(2017, 12, 26), date(2018, 1, 1), date(2018, 3, 30),
            date(2018, 4, 2), date(2018, 5, 7), date(2018, 5, 28), date(2018, 8, 27)}


def working_day_on_or_before(day):
    while day.weekday() >= 5 or day in HOLIDAYS:
        day -= timedelta(1)
    return day


def assign_roles(csid):
    for slug, name, email in (("improvement-board-chair", "Ann Chair", CHAIR), ("director", "Dee Rector", DIRECTOR),
                              ("programme-office", "Programme Office", OFFICE)):
        csid.ctl("role", "assign", slug, "--name", name, "--email", email, "--from", "2017-01-01")


def add_report(csid):
    csid.ctl("deadline", "add", REPORT, "--due", "2017-10-01", "--every", "3m", "--role", "improvement-board-chair",
             "--to", "Secretary of State")


def overdue_by_owner(on):
    """Address → refs of the plan's actions that are overdue on that day, most days over first."""
    owners = defaultdict(list)
    for row in csv.DictReader(BROMLEY_2016.open()):
        due = date.fromisoformat(row["due"]) if row["due"] else None
        if due and due < on and row["status"] != "complete":
            owners[row["owner_email"]].append((due, row["ref"], row["action"]))
    return owners


def sent_to(csid, address):
    return [m for m in csid.mails() if address in str(m["To"])]


def told(csid, address):
    """Each matter that somebody was mailed about, however many to a mail."""
    return [matter for mail in sent_to(csid, address) for matter in matters(mail)]


def day_of(mail):
    return mail["Date"].datetime.date()


# -- owners --------------------------------------------------------------------------------------


def test_every_owner_gets_one_mail_that_lists_all(bromley):
    bromley.advance("2017-09-01T08:00:00Z")
    owners = overdue_by_owner(date(2017, 9, 1))
    assert Counter(str(m["To"].addresses[0].addr_spec) for m in bromley.mails()) == Counter(owners.keys())
    for address, actions in owners.items():
        (mail,) = sent_to(bromley, address)
        text = text_of(mail)
        places = [text.index(f"{ref} ") for _, ref, _ in sorted(actions, key=lambda a: a[0])]
        by_days = [due for due, _, _ in sorted(actions, key=lambda a: text.index(f"{a[1]} "))]
        assert by_days == sorted(by_days), "sorted by days over, most first"
        assert len(places) == len(actions)
        for due, ref, title in actions:
            line = " ".join(text[text.index(f"{ref} "):].split("\n\n")[0].split())
            assert title in line and str((date(2017, 9, 1) - due).days) in line
        assert all(ref in html_of(mail) for _, ref, _ in actions)
        assert str(len(actions)) in str(mail["Subject"])
    assert sum(len(a) for a in owners.values()) == 165


def test_no_second_mail_the_same_day_whatever_is_restarted(bromley):
    bromley.advance("2017-09-01T08:00:00Z")
    first = len(bromley.mails())
    assert first == len(overdue_by_owner(date(2017, 9, 1)))
    bromley.restart()
    bromley.ctl("schedule", "run", "overdue")
    bromley.advance("1h")
    bromley.ctl("clock", "set", "2017-09-01T07:00:00Z")
    bromley.advance("2h")
    bromley.kill()
    bromley.start("2017-09-01T07:29:59Z")
    bromley.advance("2h")
    assert len(bromley.mails()) == first
    bromley.advance("2017-09-04T08:00:00Z")
    # none at the week-end; on Monday those who have a step then, or had one since Friday
    since = {address for address, actions in overdue_by_owner(date(2017, 9, 4)).items()
             if any(date(2017, 9, 2) <= day for due, _, _ in actions for day, _ in steps(due, date(2017, 9, 4)))}
    assert 0 < len(since) < first and len(bromley.mails()) == first + len(since)


def test_a_completed_action_is_no_longer_told(bromley):
    owners = overdue_by_owner(date(2017, 9, 1))
    address, actions = next(iter(owners.items()))
    ref = actions[0][1]
    bromley.ctl("action", "update", ref, "--status", "complete", "--rating", "green", "--note", "Done")
    bromley.advance("2017-09-01T08:00:00Z")
    (mail,) = sent_to(bromley, address)
    assert f"{ref} " not in text_of(mail)
    assert str(len(actions) - 1) in str(mail["Subject"])


# -- the chair -----------------------------------------------------------------------------------


def expected_steps(dues, first_day):
    """Day → (due, step) of every reminder, by the rules: counted from send_by, moved to the working day
    before."""
    steps = {}
    for due in dues:
        send_by = working_day_on_or_before(due)
        for days in (28, 14, 7, 1, 0):
            on = working_day_on_or_before(send_by - timedelta(days))
            if on >= first_day:
                steps.setdefault(on, []).append((due, days))
    return steps


def test_a_year_of_the_chairs_quarters(csid):
    assign_roles(csid)
    add_report(csid)
    dues = [date(2017, 10, 1), date(2018, 1, 1), date(2018, 4, 1), date(2018, 7, 1)]
    send_bys = [date(2017, 9, 29), date(2017, 12, 29), date(2018, 3, 29), date(2018, 6, 29)]
    for due, send_by in zip(dues, send_bys):
        (open_one,) = csid.ctl("deadline", "list", json=True)["items"]
        assert (open_one["due_on"], open_one["send_by"], open_one["state"]) == (str(due), str(send_by), "open")
        csid.advance(f"{send_by}T12:00:00Z")
        csid.ctl("deadline", "submit", str(open_one["id"]), "--on", str(send_by), "--evidence",
                 "Report=https://council.example/report.pdf")
    csid.advance("2018-08-31T12:00:00Z")
    expected = expected_steps(dues, date(2017, 9, 1))
    expected.update(expected_steps([date(2018, 10, 1)], date(2017, 9, 1)))
    expected = {day: steps for day, steps in expected.items() if day <= date(2018, 8, 31)}
    mails = sent_to(csid, CHAIR)
    assert [day_of(m) for m in mails] == sorted(expected), "four quarters' reminders and nothing twice"
    assert len([m for m in mails if day_of(m) <= date(2018, 6, 29)]) == 20
    copies = sent_to(csid, DIRECTOR)
    assert [day_of(m) for m in copies] == [day_of(m) for m in mails], "the director in a mail of its own"
    assert all(len(m["To"].addresses) == 1 for m in csid.mails())
    assert all("29 Sep 2017" in text_of(m) and "send by Fri 29 Sep 2017" in str(m["Subject"])
               for m in mails if day_of(m) <= date(2017, 9, 29))
    closed = csid.ctl("deadline", "list", "--all", json=True)["items"]
    assert [d["state"] for d in closed] == ["submitted"] * 4 + ["open"]


def test_a_step_that_has_gone_is_not_to_come(csid):
    assign_roles(csid)
    add_report(csid)
    to_come = lambda: [r["step"] for r in csid.ctl("deadline", "show", "1", json=True)["reminders"]]
    assert to_come() == ["T-28", "T-14", "T-7", "T-1", "T-0"]
    csid.advance("2017-09-01T08:00:00Z")
    assert to_come() == ["T-14", "T-7", "T-1", "T-0"]


def test_unsubmitted_it_is_overdue_and_said_so_and_the_next_stands(csid):
    assign_roles(csid)
    add_report(csid)
    csid.advance("2017-10-17T12:00:00Z")
    said = [day_of(m) for m in told(csid, CHAIR) if "overdue" in str(m["Subject"]).lower()]
    assert said == [date(2017, 10, d) for d in (2, 9, 16)]
    items = csid.ctl("deadline", "list", json=True)["items"]
    assert [(d["due_on"], d["state"]) for d in items] == [("2017-10-01", "overdue"), ("2018-01-01", "open")]
    csid.ctl("deadline", "submit", str(items[0]["id"]), "--on", "2017-10-17", "--evidence", "Late=https://x.example/1")
    csid.advance("2017-10-30T12:00:00Z")
    assert len([m for m in sent_to(csid, CHAIR) if day_of(m) > date(2017, 10, 17)]) == 0
    assert [d["due_on"] for d in csid.ctl("deadline", "list", json=True)["items"]] == ["2018-01-01"]


def test_a_whole_year_without_anybody_doing_anything(csid):
    """Nobody submits: every quarter is still announced on its own steps."""
    assign_roles(csid)
    add_report(csid)
    csid.advance("2018-06-29T12:00:00Z")
    ahead = [m for m in told(csid, CHAIR) if "overdue" not in str(m["Subject"]).lower()]
    dues = [date(2017, 10, 1), date(2018, 1, 1), date(2018, 4, 1), date(2018, 7, 1)]
    assert [day_of(m) for m in ahead] == sorted(expected_steps(dues, date(2017, 9, 1)))


def test_a_vacant_chair_is_a_row_with_a_reason_and_made_good_when_someone_comes(new_csid):
    csid = new_csid(config=DEADLINES_ONLY)
    csid.ctl("role", "assign", "director", "--name", "Dee Rector", "--email", DIRECTOR, "--from", "2017-01-01")
    add_report(csid)
    csid.advance("2017-09-01T08:00:00Z")
    (copy,) = csid.mails()
    assert DIRECTOR in str(copy["To"]) and "nobody holds" in text_of(copy).lower()
    rows = csid.ctl("notice", "list", json=True)["items"]
    assert any("nobody holds" in row["reason"] for row in rows), "nothing is skipped in silence"
    csid.ctl("role", "assign", "improvement-board-chair", "--name", "Ann Chair", "--email", CHAIR)
    csid.advance("2017-09-04T08:00:00Z")
    assert len(sent_to(csid, CHAIR)) == 1
    csid.advance("2017-09-14T08:00:00Z")
    assert len(sent_to(csid, CHAIR)) == 1 and len(sent_to(csid, DIRECTOR)) == 1


def test_downtime_sends_the_latest_step_once(csid):
    assign_roles(csid)
    add_report(csid)
    csid.advance("2017-09-01T08:00:00Z")
    csid.stop()
    csid.start("2017-09-25T12:00:00Z")
    csid.advance("1s")
    mails = sent_to(csid, CHAIR)
    assert [day_of(m) for m in mails] == [date(2017, 9, 1), date(2017, 9, 25)]
    history = csid.ctl("schedule", "history", "deadlines", json=True)["items"]
    states = Counter(row["state"] for row in history)
    assert states["done"] == 2 and states["coalesced"] == 23
    assert all(row["reason"] for row in history if row["state"] == "coalesced")
    assert history[0]["late_by"] == int((datetime(2017, 9, 25, 12) - datetime(2017, 9, 25, 7, 30)).total_seconds())


# -- visits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind,told", [("monitoring", True), ("peer", False)])
def test_monitoring_visits_are_announced(csid, kind, told):
    assign_roles(csid)
    csid.ctl("visit", "add", "--kind", kind, "--from", "2017-10-30", "--to", "2017-10-31")
    csid.advance("2017-11-03T12:00:00Z")
    begins = date(2017, 10, 30)
    days = sorted(working_day_on_or_before(begins - timedelta(n)) for n in (28, 14, 7, 1)) if told else []
    assert [day_of(m) for m in sent_to(csid, DIRECTOR)] == days
    assert [day_of(m) for m in sent_to(csid, OFFICE)] == days
    assert sent_to(csid, CHAIR) == []
    assert all("30 Oct 2017" in text_of(m) for m in csid.mails())


def test_inspections_are_announced_and_a_moved_one_anew(csid):
    assign_roles(csid)
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2017-10-02", "--to", "2017-10-20")
    csid.advance("2017-09-04T12:00:00Z")
    assert len(sent_to(csid, DIRECTOR)) == 1
    csid.ctl("inspection", "update", "1", "--from", "2017-10-09", "--to", "2017-10-27")
    csid.advance("2017-09-11T12:00:00Z")
    mails = sent_to(csid, DIRECTOR)
    assert [day_of(m) for m in mails] == [date(2017, 9, 4), date(2017, 9, 11)]
    assert "9 Oct 2017" in text_of(mails[1])


# -- the administrator --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["option", "role", "nobody"])
def test_the_administrator_hears_what_could_not_be_told(new_csid, how):
    option = {"mail": {"administrator": "it@example.gov.uk"}} if how == "option" else {}
    csid = new_csid(config={**DEADLINES_ONLY, **option})
    if how == "role":
        csid.ctl("role", "assign", "administrator", "--name", "IT", "--email", "it@example.gov.uk")
    add_report(csid)
    csid.advance("2017-09-01T08:00:00Z")
    mails = sent_to(csid, "it@example.gov.uk")
    assert len(mails) == (0 if how == "nobody" else 1)
    for mail in mails:
        assert "nobody holds" in text_of(mail) and "deadline:1" in text_of(mail)
    assert "nobody holds" in csid.stderr
    warnings = " ".join(w["text"] for w in csid.ctl("status", json=True)["warnings"])
    assert "reached nobody" in warnings and ("mail.administrator" in warnings) == (how == "nobody")
    csid.advance("2h")
    csid.ctl("schedule", "run", "deadlines")
    assert len(sent_to(csid, "it@example.gov.uk")) == len(mails), "the same trouble is told once"


# -- the letter of a mail ------------------------------------------------------------------------


def test_mails_are_what_mail_should_be(bromley):
    assign_roles(bromley)
    add_report(bromley)
    bromley.advance("2017-09-01T08:00:00Z")
    mails = bromley.mails()
    assert len({m["Message-ID"] for m in mails}) == len(mails)
    for m in mails:
        assert m["Auto-Submitted"] == "auto-generated"
        assert m["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert [p.get_content_type() for p in m.iter_parts()] == ["text/plain", "text/html"]
        assert all(len(line) <= 78 for line in m.raw.split(b"\r\n") if b"Message-ID" not in line and b"<" not in line)
        assert all(byte < 128 for byte in m.raw) and b"\n" not in m.raw.replace(b"\r\n", b"")
        foot = text_of(m)
        assert "Why you get this" in foot and "Next:" in foot and "Reference:" in foot
