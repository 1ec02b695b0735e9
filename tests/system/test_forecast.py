"""What is to come: the forecast of a span is what letting it pass on the test clock really sends, with
changes supposed as with changes made. Beside it the checks run by hand, and why something was told or not."""

import contextlib
import csv
import io
import os
import random
import sqlite3
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from harness import BROMLEY_2012, DATA
from ladder import steps
from test_access import ACCESS, OFFICER, call

LONG = os.environ.get("CSID_LONG")
WIZARD = DATA / "wizard-bromley.yaml"
SEEDS = range(int(os.environ.get("CSID_SEEDS", "50")))


# -- what was really written -----------------------------------------------------------------------


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def iso(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def notices_after(csid, last):
    """The rows of the database written after that notice, in the form of a forecast; and which of them
    share a message."""
    rows = csid.sql("SELECT n.created_at, n.event, n.about, n.reason, m.recipient, "
                    "iif(n.channel = 'none', 'mail', n.channel), n.message_id FROM notice n "
                    "LEFT JOIN message m ON m.id = n.message_id WHERE n.id > ? "
                    "AND NOT (n.channel = 'mail' AND n.message_id IS NULL) ORDER BY n.id", last)
    return [row[:6] for row in rows], digests((row[6], row[:6]) for row in rows)


def digests(pairs):
    """Which notices go as one message, whatever its number is."""
    by_message = defaultdict(list)
    for message, row in pairs:
        if message:
            by_message[message].append(row)
    return Counter(tuple(sorted(rows, key=repr)) for rows in by_message.values())


def of(items):
    rows = [(i["at"], i["event"], i["about"], i["reason"], i["to"], i["channel"]) for i in items]
    return rows, digests(zip((i["message"] for i in items), rows))


def last_notice(csid):
    return csid.sql("SELECT coalesce(max(id), 0) FROM notice")[0][0]


def forecast(csid, until, *changes):
    words = [w for change in changes for w in ("--with", change)]
    return csid.ctl("forecast", "--until", str(until), *words, json=True, timeout=300)


def same(forecasted, csid, last):
    foreseen, together = of(forecasted)
    written, really_together = notices_after(csid, last)
    assert Counter(foreseen) == Counter(written)
    assert together == really_together


def day_before(until):
    """The last moment of a day of summer or winter, London's: the forecast includes the whole day."""
    return f"{until}T22:59:00Z"


@pytest.fixture
def calendar(bromley, receiver):
    """The 2016 plan under inspection and direction, a visit booked, a deadline by hand, an endpoint."""
    secret = bromley.folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    bromley.write_config({"webhooks": [{"name": "board", "url": receiver.url, "secret_file": str(secret),
                                        "allow": ["127.0.0.0/8"]}],
                          "socket_mode": "0666", "access": ACCESS})
    bromley.ctl("reload")
    bromley.ctl("wizard", "intervention", "--answers", WIZARD, "--yes")
    bromley.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    bromley.ctl("deadline", "add", "Return to the Department", "--due", "2017-11-15", "--every", "1m", "--role",
                "programme-office")
    bromley.ctl("role", "add", "empty-chair", "--title", "Empty chair")
    bromley.ctl("deadline", "add", "What nobody owes", "--due", "2017-10-20", "--role", "empty-chair")
    return bromley


# -- the metamorphic test --------------------------------------------------------------------------


def test_a_quarter_is_what_really_goes(calendar):
    dump = calendar.database_dump()
    told = forecast(calendar, "2017-11-30")
    assert calendar.database_dump() == dump and calendar.mails() == []
    last = last_notice(calendar)
    calendar.advance(day_before("2017-11-30"))
    assert len(told["items"]) > 1000
    assert {"csi.action.overdue", "csi.deadline.due", "csi.visit.ahead", "csi.escalation"} <= {i["event"] for i in told["items"]}
    assert {i["channel"] for i in told["items"]} == {"mail", "webhook:board"}
    same(told["items"], calendar, last)


AT_ONCE = {"csi.escalation", "csi.deadline.missed", "csi.action.reassigned"}


def test_the_month_before_the_visit(calendar, capsys):
    """What each recipient of the 2016 plan gets from 30 September to 30 October 2017, as a table."""
    for role, name, address in (("director", "Dee Rector", "dcs@example.gov.uk"),
                                ("improvement-board-chair", "Ann Chair", "chair@example.gov.uk"),
                                ("programme-office", "Programme Office", "office@example.gov.uk")):
        calendar.ctl("role", "assign", role, "--name", name, "--email", address)
    calendar.advance("2017-10-30T12:00:00Z")
    mails = calendar.sql("SELECT recipient, substr(created_at, 1, 10), event, id FROM message WHERE channel = 'mail' "
                         "AND created_at BETWEEN '2017-09-30' AND '2017-10-31' ORDER BY id")
    digests = Counter((to, on) for to, on, event, _ in mails if event not in AT_ONCE)
    assert digests and max(digests.values()) == 1, "no one more than one digest a day"
    table = defaultdict(Counter)
    for to, _, event, _ in mails:
        table[to]["at once" if event in AT_ONCE else "digests"] += 1
        table[to]["days"] = len({on for who, on, _, _ in mails if who == to})
    with capsys.disabled() if os.environ.get("CSID_SHOW") else contextlib.nullcontext():
        for to, row in sorted(table.items()):
            print(f"{to:60} {row['digests']:3} {row['at once']:3} {row['days']:3}")
    assert max(row["days"] for row in table.values()) < 31


def test_mails_and_load_agree(calendar):
    told = forecast(calendar, "2017-09-29")
    calendar.advance(day_before("2017-09-29"))
    weeks = Counter()
    for mail in calendar.mails():
        year, week, _ = mail["Date"].datetime.date().isocalendar()
        weeks[mail["To"].addresses[0].addr_spec, f"{year}-W{week:02}"] += 1
    assert {(r["to"], r["week"]): r["mails"] for r in told["load"]} == weeks
    assert [(r["to"].lower(), r["week"]) for r in told["load"]] == sorted((a.lower(), w) for a, w in weeks)


def test_it_goes_on_from_any_moment(calendar):
    """Half-way, after a downtime that is caught up with, it foresees the rest as well."""
    calendar.advance("2017-09-20T12:00:00Z")
    calendar.restart("2017-10-05T09:10:00Z")
    told, last = forecast(calendar, "2017-10-31"), last_notice(calendar)
    calendar.advance("2017-10-31T23:00:00Z")
    same(told["items"], calendar, last)


@pytest.mark.skipif(not LONG, reason="CSID_LONG is not set: it takes minutes")
def test_a_year_is_what_really_goes(calendar):
    told, last = forecast(calendar, "2018-08-31"), last_notice(calendar)
    calendar.ctl("clock", "advance", "--to", day_before("2018-08-31"), timeout=1200)
    same(told["items"], calendar, last)


def happen(csid, chance):
    """Something that officers do, or that befalls a server."""
    now = csid.now()
    today = date.fromisoformat(now[:10])
    what = chance.choice(("complete", "complete", "submit", "visit", "restart", "downtime", "role", "ack", "ack",
                          "snooze", "silence", "extend", "extend", "reopen", "vacate"))
    refs = [i["ref"] for i in csid.ctl("action", "list", "--overdue", json=True)["items"]]
    ahead = str(today + timedelta(chance.randrange(1, 15)))
    if what == "complete":
        csid.ctl("action", "update", chance.choice(refs), "--status", "complete")
    elif what == "reopen":
        done = [i["ref"] for i in csid.ctl("action", "list", "--status", "complete", json=True)["items"]]
        csid.ctl("action", "update", chance.choice(done), "--status", "in-progress")
    elif what == "ack":
        csid.ctl("notice", "ack", "--about", chance.choice(refs), "--back", ahead)
    elif what == "snooze":
        told = csid.sql("SELECT n.id FROM notice n JOIN message m ON m.id = n.message_id WHERE m.channel = 'mail' "
                        "AND n.event = 'csi.action.overdue' ORDER BY n.id DESC LIMIT 100")
        if told:
            csid.ctl("notice", "snooze", str(chance.choice(told)[0]), "--until", ahead, check=False)
    elif what == "silence":
        owner = csid.ctl("action", "show", chance.choice(refs), json=True)["owner"]
        csid.ctl("silence", "add", "--match", f"role={owner}", "--until", ahead, "--comment", "Leave", check=False)
    elif what == "extend":
        ref = chance.choice(refs)
        csid.ctl("action", "extend", ref, "--to", ahead, "--why", "Staff")
        asked = [i for i in csid.ctl("extension", "list", json=True)["items"] if i["state"] == "asked"]
        done = call(csid, ["extension", "grant", asked[-1]["id"]], OFFICER)
        assert done.returncode == 0, done.stderr
    elif what == "vacate":
        owner = csid.ctl("action", "show", chance.choice(refs), json=True)["owner"]
        csid.ctl("role", "assign", owner, "--name", f"Head {now[:10]}", "--email", f"head{now[5:10]}@bromley.example",
                 "--from", str(today), "--to", ahead)
    elif what == "submit":
        ids = [str(i["id"]) for i in csid.ctl("deadline", "list", json=True)["items"] if not i.get("opens_on")]
        if ids:
            csid.ctl("deadline", "submit", chance.choice(ids), "--on", now[:10], check=False)
    elif what == "visit":
        start = today + timedelta(chance.randrange(5, 60))
        csid.ctl("visit", "add", "--kind", "monitoring", "--from", str(start))
    elif what == "role":
        csid.ctl("role", "assign", "programme-office", "--name", f"Officer {now[:10]}", "--email",
                 f"office{now[5:10]}@bromley.example")
    elif what == "restart":
        csid.restart()
    else:
        csid.restart(iso(instant(now) + timedelta(hours=chance.randrange(1, 120))))


def live_through(csid, chance, end):
    """Stretches of days, things happening before each: every one is foreseen to the letter."""
    csid.folder.chmod(0o755)  # a second officer grants what the first asks for
    csid.restart()
    csid.advance("2017-09-01T08:00:00Z")
    while csid.now() < end:
        for _ in range(chance.randrange(1, 4)):
            happen(csid, chance)
        until = date.fromisoformat(csid.now()[:10]) + timedelta(chance.randrange(1, 45))
        told, last = forecast(csid, until), last_notice(csid)
        csid.ctl("clock", "advance", "--to", day_before(until), timeout=600)
        same(told["items"], csid, last)


def test_a_season_in_which_things_happen(calendar):
    live_through(calendar, random.Random(int(os.environ["CSID_SEED"])), "2017-11-15")


@pytest.mark.skipif(not LONG, reason="CSID_LONG is not set: it takes minutes")
@pytest.mark.parametrize("seed", SEEDS)
def test_a_year_in_which_things_happen(calendar, seed):
    live_through(calendar, random.Random(seed), "2018-09-01")


# -- what is supposed ------------------------------------------------------------------------------


def overdue_ref(csid, place=0):
    return csid.ctl("action", "list", "--overdue", json=True)["items"][place]["ref"]


def test_what_is_supposed_is_as_if_it_were_done(calendar):
    ref = overdue_ref(calendar)
    chair = [i for i in calendar.ctl("deadline", "list", json=True)["items"] if i["title"] == "What nobody owes"][0]
    changes = [f"action {ref} status complete", "visit 1 from 6 Nov 2017",
               f"deadline {chair['id']} due 2017-11-10",
               "role programme-office holder New Officer <new@bromley.example>"]
    told = forecast(calendar, "2017-10-31", *changes)
    last = last_notice(calendar)
    calendar.ctl("action", "update", ref, "--status", "complete")
    calendar.ctl("visit", "update", "1", "--from", "2017-11-06", "--to", "2017-11-07")
    calendar.ctl("deadline", "update", str(chair["id"]), "--due", "2017-11-10")
    calendar.ctl("role", "assign", "programme-office", "--name", "New Officer", "--email", "new@bromley.example")
    calendar.advance("2017-10-31T23:00:00Z")
    same([i for i in told["items"] if i["change"] != "removed"], calendar, last)


def test_added_and_removed_are_the_difference(calendar):
    ref = overdue_ref(calendar)
    without = forecast(calendar, "2017-10-10")
    told = forecast(calendar, "2017-10-10", f"action {ref} due 2017-09-20")
    rows = {mark: Counter(of([i for i in told["items"] if i["change"] == mark])[0])
            for mark in (None, "added", "removed")}
    assert rows[None] + rows["removed"] == Counter(of(without["items"])[0])
    about = {row[2] for mark in ("added", "removed") for row in rows[mark]} - {"run:overdue", "run:due-soon"}
    assert about == {f"bromley-2016:{ref}"} and rows["added"] and rows["removed"]
    # as new, then on the steps of the new date; that it is an update moves what asks for one, too
    on = [row[0][:10] for row in sorted(rows["added"])
          if row[2] == f"bromley-2016:{ref}" and row[1] != "csi.action.no-update"]
    assert on == ["2017-09-01", "2017-09-06", "2017-09-13", "2017-09-19", "2017-09-20", "2017-09-21", "2017-09-28",
                  "2017-10-05"]
    assert [i["at"] for i in told["items"]] == sorted(i["at"] for i in told["items"])
    assert all(i["change"] is None for i in without["items"])
    numbers = defaultdict(set)
    for i in told["items"]:
        if i["message"]:
            numbers[i["message"]].add((i["at"], i["to"]))
    assert all(len(of_one) == 1 for of_one in numbers.values())


def test_what_happens_on_a_day_is_supposed_of_that_day(calendar):
    """The reminders before a report goes are still sent, those after it are not."""
    report = [i for i in calendar.ctl("deadline", "list", json=True)["items"] if i["due_on"] == "2017-10-01"][0]
    about = f"deadline:{report['id']}"
    told = forecast(calendar, "2017-10-20", f"deadline {report['id']} submitted 2017-09-27")
    mine = [i for i in told["items"] if i["about"] == about and i["to"]]
    assert {i["at"][:10] for i in mine if i["change"] is None} and all(
        i["at"] < "2017-09-27" for i in mine if i["change"] is None)
    assert all(i["at"] > "2017-09-26T23" and i["change"] == "removed" for i in mine if i["change"])
    later = forecast(calendar, "2017-09-15", f"action {overdue_ref(calendar)} status complete on 2017-09-08")
    assert min(i["at"] for i in later["items"] if i["change"]) > "2017-09-08"


@pytest.mark.parametrize("change, says", [
    ("nonsense", "may be action ID due"),
    ("action 5.12 colour blue", "may be action ID due"),
    ("action 99.99 due 2018-01-01", "99.99"),
    ("action 1.1 due someday", "someday"),
    ("action 1.1 status finished", "finished"),
    ("deadline x due 2018-01-01", "no number"),
    ("deadline 77 due 2018-01-01", "77"),
    ("visit 1 colour blue", "has no colour"),
    ("visit 99 from 2018-01-01", "99"),
    ("visit 1 to 2017-01-01", "to"),
    ("role nobody holder Ann <ann@x.example>", "nobody"),
    ("role director holder Ann", "director"),
    ("", "may be action ID due"),
])
def test_what_cannot_be_supposed(calendar, change, says):
    dump = calendar.database_dump()
    done = calendar.ctl("forecast", "--until", "2017-09-05", "--with", change, check=False)
    assert done.returncode in (2, 3) and says in done.stderr, done.stderr
    assert calendar.database_dump() == dump


# -- how it is asked -------------------------------------------------------------------------------


@pytest.mark.parametrize("until, status", [("2017-08-31", 2), ("2022-09-02", 2), ("never", 2), ("today", 0)])
def test_how_far(bromley, until, status):
    assert bromley.ctl("forecast", "--until", until, check=False).returncode == status


def test_its_forms(calendar):
    told = forecast(calendar, "2017-09-06")
    rows = list(csv.DictReader(io.StringIO(calendar.ctl("--csv", "forecast", "--until", "2017-09-06").stdout)))
    assert [r["about"] for r in rows] == [i["about"] for i in told["items"]]
    lines = calendar.ctl("forecast", "--until", "2017-09-06").stdout.splitlines()
    days = [line.split("\t")[0] for line in lines if line.startswith(("Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "))]
    assert days == [d.strftime("%a ") + f"{d.day} {d.strftime('%b %Y')}"
                    for d in sorted({instant(i["at"]).date() for i in told["items"]})]
    page = calendar.ctl("forecast", "--until", "2017-09-06", "--limit", "5", json=True)["items"]
    rest = calendar.ctl("forecast", "--until", "2017-09-06", "--after", "5", json=True)["items"]
    assert len(page) == 5 and page + rest == told["items"]


def test_others_are_answered_meanwhile_and_a_viewer_may_ask(calendar):
    assert calendar.get("/v1/forecast?until=2017-09-03").status == 200
    assert calendar.request("POST", "/v1/forecast", {"until": "2017-09-03"}).status == 405


# -- checks by hand --------------------------------------------------------------------------------


def test_checks_are_listed_with_what_runs_them(bromley):
    bromley.write_config({"schedules": [{"name": "late", "check": "actions-overdue", "cron": "0 9 * * 1"}]})
    bromley.ctl("reload")
    checks = {c["name"]: c for c in bromley.ctl("check", "list", json=True)["items"]}
    assert checks["actions-overdue"]["schedules"] == "late" and checks["actions-overdue"]["next"] == "2017-09-04T08:00:00Z"
    assert checks["deadlines"]["schedules"] == "" and checks["deadlines"]["statutory"] is True


def test_a_check_runs_now(bromley):
    dry = bromley.ctl("check", "run", "actions-overdue", "--dry-run", json=True)
    assert bromley.sql("SELECT count(*) FROM notice") == [(0,)]
    done = bromley.ctl("check", "run", "actions-overdue", json=True)
    assert (done["findings"], done["notices"], done["messages"]) == (dry["findings"], dry["notices"], dry["messages"])
    assert done["findings"] == done["notices"] == 165
    told = "FROM notice WHERE message_id IS NOT NULL"
    assert bromley.sql(f"SELECT count(*) {told}") == [(165,)]
    bromley.advance("1s")  # until all has gone
    assert len(bromley.mails()) == done["messages"]
    assert sorted(i["about"] for i in done["told_list"]) == sorted(
        row[0] for row in bromley.sql(f"SELECT about {told}"))
    assert bromley.ctl("check", "run", "actions-overdue", json=True)["messages"] == 0


def test_a_check_as_at_another_day_is_only_tried(bromley):
    dump = bromley.database_dump()
    assert bromley.ctl("check", "run", "actions-overdue", "--as-at", "2017-12-01", check=False).returncode == 2
    later = bromley.ctl("check", "run", "actions-overdue", "--as-at", "2017-12-01", "--dry-run", json=True)
    assert later["as_at"] == "2017-12-01" and later["findings"] > 165
    assert {i["at"][:10] for i in later["told_list"]} == {"2017-12-01"}
    earlier = bromley.ctl("check", "run", "actions-overdue", "--as-at", "2016-07-01", "--dry-run", json=True)
    assert earlier["findings"] == 0
    assert bromley.ctl("check", "run", "nonsense", check=False).returncode == 3
    assert bromley.database_dump() == dump


# -- why -------------------------------------------------------------------------------------------


def notice_about(csid, about, to="%"):
    return csid.sql("SELECT n.id FROM notice n JOIN message m ON m.id = n.message_id WHERE n.about = ? "
                    "AND m.channel = 'mail' AND m.recipient LIKE ? ORDER BY n.id LIMIT 1", about, to)[0][0]


def facts_of(why):
    return {f["what"]: (f["then"], f["now"]) for f in why["facts"]}


def test_why_of_an_action(calendar):
    ref = overdue_ref(calendar)
    calendar.advance("2017-09-04T12:00:00Z")
    one = notice_about(calendar, f"bromley-2016:{ref}")
    before = calendar.ctl("notice", "why", str(one), json=True)
    assert before["reason"] == "new" and before["check"] == "actions-overdue" and before["rule"] is None
    assert before["next_at"] == "2017-09-11T07:30:00Z" and before["next_to"] == before["to"]
    assert before["to"] in before["holder_then"] and before["holder_now"] == before["holder_then"]
    calendar.ctl("role", "assign", before["role"], "--name", "New Owner", "--email", "new.owner@bromley.example")
    calendar.ctl("action", "update", ref, "--status", "complete", "--effective", "2017-09-01")
    after = calendar.ctl("notice", "why", str(one), json=True)
    assert facts_of(after)["status"] == ("in-progress", "complete")
    assert after["holder_now"] == "New Owner <new.owner@bromley.example>"
    assert after["holder_then"] == before["holder_then"]
    assert after["next_at"] is None and "nothing more" in after["next_reason"]


def test_why_of_a_deadline_and_a_visit(calendar):
    report = [i for i in calendar.ctl("deadline", "list", json=True)["items"] if i["due_on"] == "2017-10-01"][0]
    calendar.advance("2017-10-03T12:00:00Z")
    why = calendar.ctl("notice", "why", str(notice_about(calendar, f"deadline:{report['id']}")), json=True)
    assert why["rule"] == "CHAIR-QTR" and "497A" in why["citation"] and why["pack"]
    assert facts_of(why)["due_on"] == ("2017-10-01", "2017-10-01")
    calendar.ctl("deadline", "submit", str(report["id"]), "--on", "2017-10-02")
    calendar.ctl("visit", "update", "1", "--from", "2017-11-06", "--to", "2017-11-07")
    why = calendar.ctl("notice", "why", str(notice_about(calendar, f"deadline:{report['id']}")), json=True)
    assert facts_of(why)["submitted_on"] == (None, "2017-10-02") and why["next_at"] is None
    why = calendar.ctl("notice", "why", str(notice_about(calendar, "visit:1")), json=True)
    assert facts_of(why)["from_on"] == ("2017-10-30", "2017-11-06")
    assert why["next_at"] == "2017-10-09T07:30:00Z", why  # 28 days before 6 November
    assert calendar.ctl("notice", "why", "999999", check=False).returncode == 3


# -- why not ---------------------------------------------------------------------------------------


def reasons(csid, about, to=None):
    items = csid.ctl("notice", "why-not", "--about", about, *(["--to", to] if to else []), json=True)["items"]
    return {i["code"]: i for i in items}, [i["code"] for i in items]


def test_why_not_of_a_subject_that_is_none(bromley):
    for about in ("99.99", "deadline:7", "visit:7", "board:1"):
        assert reasons(bromley, about)[1] == ["no-subject"], about


def test_why_not_yet(calendar):
    due = [i for i in calendar.ctl("action", "list", json=True)["items"]
           if i["due_on"] and i["due_on"] > "2017-09-10" and i["status"] != "complete" and i["owner"]][0]
    found, codes = reasons(calendar, f"action:{due['ref']}")
    assert codes == ["not-due"]
    begins = steps(date.fromisoformat(due["due_on"]), date(2018, 12, 31))[0][0]
    assert found["not-due"]["on"] == str(max(begins, date(2017, 9, 1)))
    calendar.advance("2017-09-01T08:00:00Z")
    found, codes = reasons(calendar, overdue_ref(calendar))
    assert codes == ["told-already", "not-due"]
    assert (found["told-already"]["on"], found["not-due"]["on"]) == ("2017-09-01", "2017-09-04")


def test_what_comes_next_is_of_either_side_of_the_date(bromley):
    """The steps before the date are one check's, those after it another's: what follows is the next of both."""
    owner = bromley.ctl("action", "list", "--overdue", json=True)["items"][0]["owner"]
    bromley.ctl("action", "add", "99.1", "Write it", "--priority", "1", "--due", "2017-10-09", "--owner", owner)
    assert reasons(bromley, "99.1")[0]["not-due"]["on"] == "2017-09-11"
    bromley.advance("2017-10-04T12:00:00Z")
    assert reasons(bromley, "99.1")[0]["not-due"]["on"] == "2017-10-06"
    bromley.advance("2017-10-09T12:00:00Z")
    (one,) = bromley.sql("SELECT id FROM notice WHERE about = 'bromley-2016:99.1' AND step = 'T-0' AND message_id > 0")
    why = bromley.ctl("notice", "why", str(one[0]), json=True)
    assert (why["next_at"], why["next_reason"]) == ("2017-10-10T07:30:00Z", "T+1: 1 day overdue")


def test_why_not_of_what_is_closed(calendar):
    ref = overdue_ref(calendar)
    calendar.ctl("action", "update", ref, "--status", "complete")
    assert reasons(calendar, ref)[1] == ["closed"]
    calendar.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-08-08", "--to", "2017-08-09")
    found, codes = reasons(calendar, "visit:2")
    assert codes == ["closed"] and "8 Aug 2017" in found["closed"]["text"]
    calendar.ctl("visit", "add", "--kind", "peer", "--from", "2017-12-08")
    assert reasons(calendar, "visit:3")[1] == ["not-announced"]
    report = [i for i in calendar.ctl("deadline", "list", json=True)["items"] if i["due_on"] == "2017-10-01"][0]
    calendar.ctl("deadline", "submit", str(report["id"]), "--on", "2017-09-01")
    found, codes = reasons(calendar, f"deadline:{report['id']}")
    assert codes == ["closed"] and "submitted on 1 Sep 2017" in found["closed"]["text"]


def test_why_not_to_somebody(calendar):
    ref = overdue_ref(calendar)
    owner = calendar.ctl("action", "show", ref, json=True)["owner_title"]
    found, codes = reasons(calendar, ref, "programme-office")
    assert codes == ["not-concerned"] and owner in found["not-concerned"]["text"]
    assert reasons(calendar, ref, "nobody@x.example")[1] == ["unknown-reader"]
    assert reasons(calendar, ref, "no-such-role")[1] == ["unknown-reader"]
    nobody = [i for i in calendar.ctl("deadline", "list", json=True)["items"] if i["title"] == "What nobody owes"][0]
    found, codes = reasons(calendar, f"deadline:{nobody['id']}", "empty-chair")
    assert codes[0] == "nobody-reached" and "csictl role assign empty-chair" in found["nobody-reached"]["text"]
    assert reasons(calendar, "visit:1", "ada.lane@nowhere.example")[1] == ["unknown-reader"]
    found, codes = reasons(calendar, "visit:1", "director@bromley.example")
    assert codes == ["not-due"] and found["not-due"]["on"] == "2017-10-02"


def test_why_not_without_schedule_owner_or_channel(bromley, mail_server):
    bromley.ctl("action", "add", "9.99", "What nobody owns", "--priority", "9", "--due", "2017-08-01")
    assert reasons(bromley, "9.99")[1][0] == "nobody-owns-it"
    mail_server.script.say("MAIL", *["550 5.7.1 not from here"] * 9)
    bromley.write_config({"schedules": [{"name": "visits", "check": "visits-ahead", "cron": "30 8 * * *"}],
                          "mail": {"url": mail_server.url}})
    bromley.ctl("reload")
    found, codes = reasons(bromley, overdue_ref(bromley))
    assert codes == ["no-schedule"] and "actions-overdue" in found["no-schedule"]["text"]
    bromley.ctl("check", "run", "actions-overdue")
    bromley.advance("1m")
    found, codes = reasons(bromley, overdue_ref(bromley))
    assert "channel-held" in codes and "not-delivered" in codes, codes


# -- beside one another ----------------------------------------------------------------------------


def until_let_in(csid, path):
    """Asks again as long as it is told to come back."""
    answer = csid.get(path, timeout=300)
    while answer.status == 503:
        answer = csid.get(path, timeout=300)
    return answer


def test_two_at_a_time(bromley):
    """The third is told to come back, whichever of those that work on a copy it is, and writing goes on meanwhile."""
    bromley.advance("2017-09-01T08:00:00Z")
    with ThreadPoolExecutor(2) as beside:
        long = [beside.submit(until_let_in, bromley, "/v1/forecast?until=2018-08-31&limit=1") for _ in range(2)]
        refused = bromley.get("/v1/forecast?until=today")
        while refused.status != 503:
            assert refused.status == 200 and not all(one.done() for one in long)
            refused = bromley.get("/v1/forecast?until=today")
        assert "try again" in refused.json()["detail"]
        for path in ("/v1/notices/1/why", "/v1/notices/why-not?about=bromley-2016:1.02"):
            assert bromley.get(path).status == 503 or any(one.done() for one in long)
        done = bromley.ctl("forecast", "--until", "today", check=False)
        assert done.returncode == 1 and "try again" in done.stderr or any(one.done() for one in long)
        bromley.ctl("role", "add", "lead", "--title", "Lead")
        assert bromley.import_plan(BROMLEY_2012, "--plan", "other", "--scheme", "progress").returncode == 0
        assert [one.result().status for one in long] == [200, 200]
    assert bromley.get("/v1/forecast?until=today").status == 200


def test_the_log_is_cut_while_one_is_made(bromley):
    """The copy is made, then the file is let go: what is written meanwhile can be moved from the log into it."""
    with ThreadPoolExecutor(1) as beside, contextlib.closing(sqlite3.connect(bromley.database)) as db:
        long = beside.submit(bromley.get, "/v1/forecast?until=2018-08-31&limit=1", timeout=300)
        cut = 0
        while not long.done():
            bromley.ctl("person", "add", "A", "--email", f"{time.monotonic_ns()}@x.example")
            busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cut += not busy and not long.done()
        assert long.result().status == 200
        assert cut > 5


# -- a changed ladder ------------------------------------------------------------------------------


def test_after_a_changed_ladder_all_say_what_is_sent(calendar):
    """T-14 was told on its day; the ladder read in at noon has T-21 in its place, whose day is past."""
    owner = calendar.ctl("action", "list", "--overdue", json=True)["items"][0]["owner"]
    calendar.ctl("action", "add", "99.1", "Write it", "--priority", "1", "--due", "2017-10-04", "--owner", owner)
    for role, address in ((owner, "owner@x.example"), ("director", "dcs@x.example"),
                          ("programme-office", "po@x.example")):
        calendar.ctl("role", "assign", role, "--name", role.title(), "--email", address)
    calendar.ctl("deadline", "add", "Return", "--due", "2017-10-04", "--role", "programme-office")
    calendar.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-04")
    deadline = max(row["id"] for row in calendar.ctl("deadline", "list", json=True)["items"] if row["title"] == "Return")
    about = {"action:99.1": "bromley-2016:99.1", f"deadline:{deadline}": f"deadline:{deadline}", "visit:2": "visit:2"}
    calendar.advance("2017-09-20T11:00:00Z")
    ladder = '"28 21 7 1 +1 every 4"'
    with calendar.config_file.open("a") as config:
        config.write(f'reminders: {{"actions": {ladder}, "deadlines": {ladder}, "visits": "28 21 7 1"}}\n')
    calendar.ctl("reload")
    for asked, subject in about.items():
        found, codes = reasons(calendar, asked, "programme-office" if subject != "bromley-2016:99.1" else owner)
        assert (codes, found["told-already"]["on"]) == (["told-already", "not-due"], "2017-09-20"), asked
        assert found["not-due"]["on"] == "2017-09-27" and "T-7" in found["not-due"]["text"]
        (one,) = calendar.sql("SELECT max(id) FROM notice WHERE about = ? AND step = 'T-14' AND channel = 'mail'", subject)
        why = calendar.ctl("notice", "why", str(one[0]), json=True)
        assert why["next_at"] == "2017-09-27T07:30:00Z" and why["next_reason"].startswith("T-7"), asked
    told, last = forecast(calendar, "2017-10-03"), last_notice(calendar)
    calendar.advance(day_before("2017-10-03"))
    same(told["items"], calendar, last)
    for asked, subject in about.items():
        sent = calendar.sql("SELECT DISTINCT substr(created_at, 1, 10), step FROM notice WHERE about = ? AND id > ? "
                            "AND message_id > 0 ORDER BY id", subject, last)
        assert sent == [("2017-09-27", "T-7"), ("2017-10-03", "T-1")], asked
        states = {s["step"]: s["state"] for s in calendar.ctl("policy", "show", asked, json=True)["steps"]}
        assert states["T-21"] == "collapsed into T-14" and states["T-7"].startswith("told on Wed 27 Sep 2017"), asked
