"""Schedules at work: what a configuration may say of them, what becomes of what was missed, and a clock that
cannot be trusted."""

import contextlib
import datetime
import sqlite3
import subprocess
import time

import pytest

from harness import me, run_csid, text_of

ADMINISTRATOR = "admin@bromley.example"
DAILY = {"name": "x", "check": "deadlines", "cron": "30 8 * * *"}
FIRST = "2017-09-01T06:00:00Z"


def with_schedules(*schedules):
    return {"schedules": list(schedules), "mail": {"administrator": ADMINISTRATOR}}


def history(csid, name="x"):
    """The rows of a schedule, oldest first: (nominal, state, reason)."""
    items = csid.ctl("schedule", "history", name, json=True)["items"]
    return [(i["nominal"], i["state"], i["reason"]) for i in reversed(items)]


def states(csid, name="x"):
    return [(nominal, state) for nominal, state, _ in history(csid, name)]


# -- what may be said ----------------------------------------------------------------------------


@pytest.mark.parametrize("entry,option,told", [
    ('cron: "@reboot"', "cron", "@reboot is refused"),
    ('cron: "0 8~10 * * *"', "cron", "a~b, a random time, is refused"),
    ('cron: "*/25 8 31 2 *"', "cron", "would never fire"),
    ('cron: "0 */13,20/9 * * *"', "cron", "hits one value only"),
    ('cron: "0 8 1 * 1"', "cron", "both restricted"),
    ('cron: "0 8 9 * MON#1"\n    dom_dow: and', "cron", "would never fire"),
    ('cron: "0 8 1 * 1"\n    dom_dow: both', "dom_dow", "neither and (both must hold) nor or"),
    ('cron: "0 8 * * *"\n    catchup: most', "catchup", "none of latest"),
    ('cron: "0 8 * * *"\n    catchup: all\n    window: 401d', "window", "more than 400 days"),
    ('cron: "0 8 * * *"\n    window: soon', "window", "a duration is a number"),
    ('cron: "0 8 * * *"\n    catchup: none\n    window: 1h', "window", "nothing is caught up here"),
])
def test_refusals_name_the_place(new_csid, entry, option, told):
    csid = new_csid(start=False, config=f"schedules:\n  - name: x\n    check: deadlines\n    {entry}\n")
    lines = csid.config_file.read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.strip().startswith(f"{option}:"))
    column = lines[line - 1].index(": ") + 3
    done = run_csid("-c", csid.config_file, "--check")
    assert done.returncode == 78
    (fault,) = [text for text in done.stderr.splitlines() if "schedules[1]" in text]
    assert fault.startswith(f"{csid.config_file}:{line}:{column}: schedules[1].{option}: ")
    assert told in fault


def explained(csid, *words):
    return [i["local"] for i in csid.ctl("schedule", "explain", *words, json=True)["items"]]


def test_explaining_the_days_of_a_month(csid):
    def by_rule(is_day, count):
        days, day = [], datetime.date(2017, 9, 1)
        while len(days) < count:
            days += [f"{day}T09:00"] if is_day(day) else []
            day += datetime.timedelta(days=1)
        return days

    def next_month(day):
        return (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)

    week = datetime.timedelta(days=7)
    for words, is_day in ((("0 9 L * *",), lambda d: (d + datetime.timedelta(days=1)).day == 1),
                          (("0 9 * * MON#2",), lambda d: d.weekday() == 0 and 8 <= d.day <= 14),
                          (("0 9 * * fri#l",), lambda d: d.weekday() == 4 and d + week >= next_month(d)),
                          (("0 9 13 * 5", "--dom-dow", "and"), lambda d: d.weekday() == 4 and d.day == 13),
                          (("0 9 13 * 5", "--dom-dow", "or"), lambda d: d.weekday() == 4 or d.day == 13)):
        assert explained(csid, *words, "-n", "30") == by_rule(is_day, 30), words
    assert explained(csid, "@quarterly", "-n", "3") == ["2017-10-01T00:00", "2018-01-01T00:00", "2018-04-01T00:00"]
    refused = csid.ctl("schedule", "explain", "0 9 13 * 5", check=False)
    assert refused.returncode == 2 and "both restricted" in refused.stderr
    assert csid.ctl("schedule", "explain", "0 9 13 * 5", "--dom-dow", "xor", check=False).returncode == 2


# -- what was missed -----------------------------------------------------------------------------


def test_each_way_to_catch_up(new_csid):
    csid = new_csid(config=with_schedules(
        {**DAILY, "name": "latest"}, {**DAILY, "name": "digest", "window": "24h"},
        {**DAILY, "name": "all", "catchup": "all", "window": "2d"}, {**DAILY, "name": "none", "catchup": "none"}))
    csid.stop()
    csid.start("2017-09-04T08:00:00Z")  # 09:00 on Monday: half an hour late for that day
    days = [f"2017-09-0{n}T08:30" for n in (1, 2, 3, 4)]
    stands = f"missed; the run of {days[3]} stands for it"
    assert history(csid, "latest") == [*((d, "coalesced", stands) for d in days[:3]), (days[3], "done", None)]
    late = "missed; later than its window of 24h"
    assert history(csid, "digest") == [(days[0], "expired", late), (days[1], "expired", late),
                                       (days[2], "expired", late), (days[3], "done", None)]
    assert states(csid, "all") == [(days[0], "expired"), (days[1], "expired"), (days[2], "done"), (days[3], "done")]
    assert {s for _, s in states(csid, "none")} == {"skipped"}
    items = csid.ctl("schedule", "history", "latest", json=True)["items"]
    assert items[0]["late_by"] == 1800 and items[0]["covers_from"] == days[0]
    (row,) = [i for i in csid.ctl("schedule", "list", json=True)["items"] if i["name"] == "none"]
    assert row["last"] is None and row["last_state"] is None, "what was skipped is no run"
    csid.restart()
    csid.advance("1h")
    assert len(history(csid, "all")) == 4


def test_a_changed_schedule_changes_only_what_is_to_come(new_csid):
    csid = new_csid(config=with_schedules(DAILY))
    csid.advance("2017-09-01T08:00:00Z")
    csid.write_config(with_schedules({**DAILY, "cron": "0 8 * * *"}))
    csid.ctl("reload")
    csid.advance("1h")
    assert states(csid) == [("2017-09-01T08:30", "done")], "08:00 of today is past"
    csid.advance("2017-09-02T08:00:00Z")
    csid.stop()
    csid.write_config(with_schedules({**DAILY, "cron": "0 9 * * *"}))
    csid.start("2017-09-03T12:00:00Z")
    assert history(csid)[1:] == [
        ("2017-09-02T08:00", "done", None),
        ("2017-09-03T08:00", "skipped", "missed, and the schedule was changed before it could run")]
    csid.advance("2017-09-04T08:00:00Z")
    assert states(csid)[-1] == ("2017-09-04T09:00", "done")


def test_ended_at_any_instant_while_catching_up(new_csid):
    """Thousands of runs to catch up with; csid is killed again and again on the way: each is made once."""
    csid = new_csid(config=with_schedules({**DAILY, "cron": "@hourly", "catchup": "all", "window": "60d"}))
    csid.stop()
    csid.clock = "2017-11-20T06:30:00Z"
    for want in (1, 77, 300, 500):
        with open(csid.stderr_file, "ab") as log:
            process = subprocess.Popen(csid.command_line(), stdout=log, stderr=log, cwd=csid.folder)
        deadline = time.monotonic() + 30
        while csid.sql("SELECT count(*) FROM occurrence WHERE state = 'done'")[0][0] < want:
            assert time.monotonic() < deadline
        process.kill()
        process.wait()
    csid.start()
    first, now = datetime.datetime(2017, 9, 1, 6), datetime.datetime(2017, 11, 20, 6, 30)
    due = [first + datetime.timedelta(hours=n) for n in range(1, 81 * 24)]
    due = [t for t in due if t <= now]
    in_window = [t for t in due if now - t <= datetime.timedelta(days=60)]
    rows = csid.sql("SELECT due_at, state FROM occurrence WHERE state = 'done' ORDER BY due_at")
    assert [at for at, _ in rows] == [t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in in_window]
    assert csid.sql("SELECT count(*) FROM occurrence WHERE state = 'expired'") == [(len(due) - len(in_window),)]


def test_many_runs_by_the_systems_clock(new_csid):
    """They are made in pieces, one after the other at once; csid answers in between."""
    csid = new_csid(clock=None, config=with_schedules({**DAILY, "cron": "@hourly", "catchup": "all"}))
    csid.stop()
    with contextlib.closing(sqlite3.connect(csid.database)) as db:
        before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=20)
        db.execute("UPDATE schedule SET decided_at = ?", (before.strftime("%Y-%m-%dT%H:%M:%SZ"),))
        db.commit()
    csid.start()
    deadline = time.monotonic() + 30
    while csid.sql("SELECT count(*) FROM occurrence WHERE state = 'done'")[0][0] < 480:
        assert time.monotonic() < deadline
        assert csid.get("/healthz").status == 200


# -- a clock that cannot be trusted --------------------------------------------------------------


def suspect(csid):
    shown, health = csid.ctl("clock", "show", json=True), csid.get("/healthz").json()
    said = [w["text"] for w in csid.ctl("status", json=True)["warnings"] if "clock is suspect" in w["text"]]
    assert bool(said) == shown["suspect"] == csid.ctl("status", json=True)["clock"].endswith(", suspect")
    assert not shown["suspect"] or health["status"] == "degraded"
    return shown["suspect"]


def owing(new_csid):
    """One deadline of the director, due on the 4th, that a daily check tells of."""
    csid = new_csid(config=with_schedules(DAILY))
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-09-04", "--role", "director")
    return csid


@pytest.mark.parametrize("to,expected", [
    ("2017-09-02T18:00:00Z", False), ("2017-09-02T18:00:01Z", True),  # 36 hours forward is a slip yet
    ("2017-09-01T03:00:01Z", False), ("2017-09-01T03:00:00Z", True),  # 3 hours back is none any more
])
def test_how_far_is_too_far(new_csid, to, expected):
    csid = new_csid(config=with_schedules(DAILY))
    csid.ctl("clock", "set", to)
    assert suspect(csid) == expected
    csid.ctl("clock", "accept")
    assert not suspect(csid)


def test_time_that_passes_is_no_step(new_csid):
    csid = new_csid(config=with_schedules(DAILY))
    csid.advance("30d")
    assert not suspect(csid)
    for _ in range(3):
        csid.ctl("clock", "set", csid.now()[:11] + "05:00:00Z")  # an hour back, and on again
        csid.advance("1d")
        csid.advance("1h")
    assert not suspect(csid)
    csid.restart("2018-03-01T06:00:00Z")
    assert not suspect(csid), "downtime"
    csid.restart("2017-09-02T06:00:00Z")
    assert not suspect(csid), "a test clock that starts earlier"


def test_nothing_is_checked_or_sent_while_it_is_suspect(new_csid):
    csid = owing(new_csid)
    csid.advance("2017-09-01T08:00:00Z")
    told = len(csid.mails())
    assert told == 1
    csid.ctl("clock", "set", "2017-09-05T08:00:00Z")
    assert suspect(csid) and "set forward by 96 hours" in csid.stderr
    csid.advance("1d")
    assert suspect(csid), "that time passes makes it no better"
    assert len(csid.mails()) == told
    assert history(csid) == [("2017-09-01T08:30", "done", None),
                             *((f"2017-09-0{n}T08:30", "skipped", "the clock is suspect") for n in (2, 3, 4, 5, 6))]
    for words in (("schedule", "run", "x"), ("check", "run", "deadlines")):
        refused = csid.ctl(*words, check=False)
        assert refused.returncode == 1 and "clock accept" in refused.stderr
    csid.ctl("check", "run", "deadlines", "--dry-run")
    assert csid.ctl("clock", "accept", "--dry-run", json=True)["suspect"] is False
    assert suspect(csid), "only tried"
    assert csid.ctl("clock", "accept", json=True)["suspect"] is False
    csid.advance("1m")
    assert not suspect(csid)
    assert states(csid)[1:] == [*((f"2017-09-0{n}T08:30", "coalesced") for n in (2, 3, 4, 5)), ("2017-09-06T08:30", "done")]
    new = csid.mails()[told:]
    assert {str(m["To"]).split("<")[-1].strip(">") for m in new} == {ADMINISTRATOR, "d@x.example"}
    (letter,) = [text_of(m) for m in new if ADMINISTRATOR in str(m["To"])]
    assert "set forward by 96 hours" in letter and "was accepted" in letter
    whats = [r["what"] for r in csid.ctl("journal", "list", "--about", "clock", json=True)["items"]]
    assert whats == ["clock.suspect clock", "clock.accept clock"]
    csid.ctl("journal", "verify")


def test_the_time_is_back(new_csid):
    csid = owing(new_csid)
    csid.advance("2017-09-01T08:00:00Z")
    told = len(csid.mails())
    csid.ctl("clock", "set", "2018-09-01T08:00:00Z")
    csid.advance("1d")
    assert suspect(csid) and len(history(csid)) > 300
    csid.ctl("clock", "set", "2017-09-02T08:00:00Z")  # a day has passed, and so it says
    assert not suspect(csid)
    assert history(csid) == [("2017-09-01T08:30", "done", None),
                             ("2017-09-02T08:30", "done", "the clock was suspect")]
    csid.advance("2017-09-04T08:00:00Z")
    assert states(csid)[2:] == [("2017-09-03T08:30", "done"), ("2017-09-04T08:30", "done")], "no day was used up"
    (letter,) = [text_of(m) for m in csid.mails()[told:] if ADMINISTRATOR in str(m["To"])]
    assert "is right again" in letter


def test_set_back_fires_nothing_again(new_csid):
    csid = owing(new_csid)
    csid.advance("2017-09-03T08:00:00Z")
    told, rows = [m.raw for m in csid.mails()], history(csid)
    csid.ctl("clock", "set", "2017-09-01T07:00:00Z")
    assert suspect(csid)
    csid.ctl("clock", "accept")
    csid.advance("2017-09-03T12:00:00Z")
    assert history(csid) == rows
    assert [str(m["To"]) for m in csid.mails() if m.raw not in told] == [ADMINISTRATOR]
    csid.advance("2017-09-04T08:00:00Z")
    assert states(csid)[-1] == ("2017-09-04T08:30", "done")


def test_what_waits_to_be_sent_stays_as_it_is(mail_server, new_csid):
    csid = new_csid(config={**with_schedules(DAILY), "mail": {"url": mail_server.url, "administrator": ADMINISTRATOR}})
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-09-04", "--role", "director")
    mail_server.script.say("RCPT", "451 4.3.0 later")
    csid.advance("2017-09-01T07:30:00Z")
    (waiting,) = csid.ctl("notice", "list", "--state", "retry", json=True)["items"]
    csid.ctl("clock", "set", "2017-09-20T07:30:00Z")  # far beyond what it is worth sending until
    csid.advance("2h")
    assert not mail_server.received
    assert csid.ctl("notice", "show", str(waiting["id"]), json=True)["state"] == "retry"
    csid.ctl("clock", "set", "2017-09-01T09:30:00Z")
    csid.advance("1m")
    assert sorted(r.recipients[0] for r in mail_server.received) == [ADMINISTRATOR, "d@x.example"]


def test_a_restart_of_a_test_clock_ends_it(new_csid):
    csid = owing(new_csid)
    csid.ctl("clock", "set", "2017-10-05T08:00:00Z")
    assert suspect(csid)
    csid.kill()
    csid.start("2017-09-01T06:10:00Z")
    assert not suspect(csid) and history(csid) == []
    csid.advance("2017-09-01T08:00:00Z")
    assert states(csid) == [("2017-09-01T08:30", "done")]


def test_only_an_administrator_accepts(new_csid):
    csid = new_csid(config={**with_schedules(DAILY), "access": {"admin": ["nobody"], "officer": [me()]}})
    denied = csid.ctl("clock", "accept", check=False)
    assert denied.returncode == 4 and "access.admin" in denied.stderr
