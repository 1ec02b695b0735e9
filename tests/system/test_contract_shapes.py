"""The interface to the letter, part three: JSON that others rely on, schedules explained, the terminal."""

import csv
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest
from harness import CSICTL, Csid, environment, remove, scratch, text_of

UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
DAY = r"\d{4}-\d\d-\d\d"
CODES = {
    "status": "draft agreed in-progress completion-proposed complete verified embedded suspended superseded cancelled",
    "date_state": "not-due due-soon due-today overdue closed",
    "rating": "red amber green",
}


@pytest.fixture(scope="module")
def office():
    """A year's end at the office: the plan, mails of one morning, a deadline in each state, a visit."""
    folder = scratch()
    csid = Csid(folder).start()
    csid.import_plan()
    for role, name in (("director", "Dee Rector"), ("improvement-board-chair", "Ann Chair"), ("programme-office", "Office")):
        csid.ctl("role", "assign", role, "--name", name, "--email", f"{role}@example.gov.uk", "--from", "2017-01-01")
    csid.ctl("deadline", "add", "Chair's report to the Secretary of State", "--due", "2017-10-01", "--every", "3m", "--role",
             "improvement-board-chair", "--to", "Secretary of State")
    csid.ctl("deadline", "add", "Once", "--due", "2017-08-30", "--role", "director", "--source", "letter of 1 Aug")
    csid.ctl("deadline", "add", "Sent", "--due", "2017-08-30", "--role", "director")
    csid.ctl("deadline", "submit", "3", "--on", "2017-08-29", "--evidence", "Report=https://council.example/r.pdf")
    csid.ctl("deadline", "add", "Dropped", "--due", "2017-12-25", "--role", "director")
    csid.ctl("deadline", "update", "4", "--ended-on", "today")
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-15", "--to", "2017-09-16")
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-01-15", "--to", "2018-01-19")
    csid.advance("2017-09-01T08:00:00Z")
    yield csid
    csid.stop()
    remove(folder)


# -- the shapes ----------------------------------------------------------------------------------


def test_action(office):
    members = ["plan", "ref", "priority", "title", "owner", "accountable", "start_on", "due_on", "original_due_on", "rating",
               "status", "date_state", "days_overdue", "completed_on", "updated_at", "recommendations", "parts", "version"]
    items = office.ctl("action", "list", json=True)["items"]
    assert len(items) == 306, "no limit of its own"
    for a in items:
        assert set(members) <= set(a)
        assert all(a[code] in words.split() for code, words in CODES.items() if a[code])
        assert all(re.fullmatch(DAY, a[m]) for m in ("start_on", "due_on", "original_due_on", "completed_on") if a[m])
        assert re.fullmatch(UTC, a["updated_at"])
        assert isinstance(a["days_overdue"], int) and isinstance(a["parts"], list) and isinstance(a["recommendations"], list)


def test_deadline(office):
    members = {"id", "title", "due_on", "send_by", "state", "role", "to", "every", "submitted_on"}
    items = {d["title"]: d for d in office.ctl("deadline", "list", "--all", json=True)["items"]}
    assert all(members <= set(d) for d in items.values())
    assert {t: d["state"] for t, d in items.items() if not d["rule"]} == {
        "Chair's report to the Secretary of State": "open", "Once": "overdue", "Sent": "submitted", "Dropped": "ended"}
    report = items["Chair's report to the Secretary of State"]
    assert (report["due_on"], report["send_by"], report["every"], report["to"]) == (
        "2017-10-01", "2017-09-29", "3m", "Secretary of State")
    assert items["Sent"]["submitted_on"] == "2017-08-29" and items["Once"]["submitted_on"] is None
    assert {d["title"] for d in office.ctl("deadline", "list", json=True)["items"] if not d["rule"]} == {
        "Chair's report to the Secretary of State", "Once"}
    assert [d["title"] for d in office.ctl("deadline", "list", "--until", "2017-09-01", json=True)["items"]] == ["Once"]


@pytest.mark.parametrize("due,send_by", [
    ("2017-10-01", "2017-09-29"), ("2018-01-01", "2017-12-29"), ("2018-04-01", "2018-03-29"), ("2018-07-01", "2018-06-29"),
    ("2017-09-29", "2017-09-29"), ("2017-12-26", "2017-12-22"), ("2017-08-28", "2017-08-25")])
def test_send_by(office, due, send_by):
    answer = office.ctl("deadline", "add", "T", "--due", due, "--role", "director", "--dry-run", json=True)
    assert (answer["due_on"], answer["send_by"]) == (due, send_by)


def test_notice(office):
    members = {"id", "event", "about", "reason", "to", "channel", "state", "created_at", "sent_at", "attempts", "message_id"}
    items = office.ctl("notice", "list", json=True)["items"]
    assert all(members <= set(n) for n in items)
    mails = {m["Message-ID"].strip("<>"): m for m in office.mails()}
    sent = [n for n in items if n["state"] != "collapsed"]
    assert len(sent) == len(mails) == len({n["message_id"] for n in sent}), "a digest is one row"
    for n in items:
        assert n["reason"] and re.fullmatch(UTC, n["created_at"])
    for n in sent:
        assert n["state"] == "accepted" and n["channel"] == "mail" and n["attempts"] == 1
        assert n["to"] == mails[n["message_id"]]["To"].addresses[0].addr_spec
        assert re.fullmatch(UTC, n["sent_at"])
    digest = next(n for n in sent if n["event"] == "csi.action.overdue")
    rows = office.sql("SELECT count(*) FROM notice WHERE message_id = (SELECT message_id FROM notice WHERE id = ?)", digest["id"])
    assert rows[0][0] > 1
    about = office.ctl("notice", "list", "--about", digest["about"], json=True)["items"]
    assert [n["message_id"] for n in about if n["state"] != "collapsed"] == [digest["message_id"]]
    assert office.ctl("notice", "list", "--to", digest["to"], "--state", "accepted", json=True)["items"] == [digest]
    for state in "queued sending retry in-doubt failed expired cancelled held".split() + ["in doubt"]:
        assert office.ctl("notice", "list", "--state", state, json=True)["items"] == []


def test_about_in_every_way_it_is_said(office):
    every = [n["id"] for n in office.ctl("notice", "list", "--about", "bromley-2016:1.11", json=True)["items"]]
    states = [n["state"] for n in office.ctl("notice", "list", "--about", "1.11", json=True)["items"]]
    assert len(states) == len(every) and states.count("accepted") == 1 == len(set(states) - {"collapsed"})
    for ref in ("1.11", "action:1.11"):
        assert [n["id"] for n in office.ctl("notice", "list", "--about", ref, json=True)["items"]] == every
    assert len(office.ctl("notice", "list", "--about", "deadline:1", json=True)["items"]) == 2
    assert len(office.ctl("journal", "list", "--about", "deadline:1", json=True)["items"]) >= 1
    assert len(office.ctl("journal", "list", "--about", "1.11", json=True)["items"]) >= 1


def test_every_list_is_items_and_its_times_are_utc(office):
    for line in ("plan list", "action list", "action history 5.12", "deadline list", "visit list", "inspection list",
                 "role list", "person list", "schedule list", "schedule history overdue", "notice list", "journal list"):
        items = office.ctl(*line.split(), json=True)["items"]
        assert isinstance(items, list) and items, line
        for row in items:
            assert all(re.fullmatch(UTC, v) for k, v in row.items() if k.endswith("_at") and v)
            assert all(re.fullmatch(DAY, v) for k, v in row.items() if k.endswith("_on") and v)


def test_lists_take_limit_and_after(office):
    for path in ("plans", "actions", "deadlines?all=1", "visits", "inspections", "roles", "people", "schedules", "notices",
                 "journal", "schedules/overdue/history", "actions/5.12/history", "plans/-/exceptions"):
        whole, got, after = office.get(f"/v1/{path}").json()["items"], [], f"/v1/{path}{'&' if '?' in path else '?'}limit=2"
        while after:
            answer = office.get(after)
            assert answer.status == 200, (path, answer.body)
            assert 1 <= len(answer.json()["items"]) <= 2
            got += answer.json()["items"]
            link = answer.headers.get("link")
            after = re.fullmatch(r'<([^>]+)>; rel="next"', link).group(1) if link else None
            if len(got) > 40:
                break
        assert got == whole[:len(got)] and (len(got) == len(whole) or len(got) > 40), path


def test_explain_the_dst_vectors(office):
    def utc(expr, day, n):
        answer = office.ctl("schedule", "explain", *expr.split(), "--tz", "Europe/London", "--from", f"{day}T00:00:00Z", "-n",
                            str(n), json=True)
        assert all(set(i) == {"local", "utc", "reason"} and re.fullmatch(DAY + r"T\d\d:\d\d", i["local"])
                   for i in answer["items"])
        night = [i for i in answer["items"] if i["utc"].startswith(day) and i["utc"][11:13] < "03"]
        return [(i["local"][11:], i["utc"][11:16], i["reason"]) for i in night]

    spring, autumn = "2026-03-29", "2026-10-25"
    assert utc("30 1 * * *", spring, 3) == [("01:30", "01:00", "gap")]
    assert [u[:2] for u in utc("30 1 * * *", autumn, 3)] == [("01:30", "00:30")]
    assert utc("0,30 1 * * *", spring, 4) == [("01:00", "01:00", "gap"), ("01:30", "01:00", "gap")]
    assert [u[1] for u in utc("0,30 1 * * *", autumn, 4)] == ["00:00", "00:30"]
    assert utc("*/15 1 * * *", spring, 9) == []
    assert len(utc("*/15 1 * * *", autumn, 12)) == 8
    halves = [f"{h:02}:{m:02}" for h in range(3) for m in (0, 30)]
    assert [u[1] for u in utc("*/30 * * * *", spring, 9)] == halves == [u[1] for u in utc("*/30 * * * *", autumn, 9)]
    answer = office.ctl("schedule", "explain", "30 1 * * *", "--tz", "Europe/London", "--from", "2026-03-29T01:00:00Z", "-n", "1",
                        json=True)
    assert answer["items"] == [{"local": "2026-03-29T01:30", "utc": "2026-03-29T01:00:00Z", "reason": "gap"}], "from included"
    assert len(office.ctl("schedule", "explain", "@daily", json=True)["items"]) == 20
    assert office.ctl("schedule", "explain", "@daily", "-n", "1", json=True)["items"][0]["reason"] is None


@pytest.mark.parametrize("expr,same", [("@yearly", "0 0 1 1 *"), ("@quarterly", "0 0 1 1,4,7,10 *"), ("@monthly", "0 0 1 * *"),
                                       ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"), ("@hourly", "0 * * * *"),
                                       ("30 8 * * MON-FRI", "30 8 * * 1-5"), ("0 9 1 jan,JUL *", "0 9 1 1,7 *")])
def test_nicknames_and_names(office, expr, same):
    explain = ("schedule", "explain")
    assert office.ctl(*explain, expr, json=True) == office.ctl(*explain, same, json=True)


# -- CSV and pipes -------------------------------------------------------------------------------

PRINTED = ["", "status", "plan list", "plan show", "report position", "report exceptions", "action list", "action show 5.12",
           "action history 5.12", "deadline list --all", "deadline show 1", "visit list", "visit show 1", "inspection list",
           "role list", "role show director", "person list", "person show 1", "schedule list", "schedule history overdue",
           "schedule explain 30 8 * * 1-5", "notice list", "notice show 1", "journal list --limit 5", "journal verify",
           "date 2018-10-24 +70wd", "clock show", "help", "help action list",
           "action update 5.12 --rating red --note x --dry-run", "deadline update 1 --due +2w --dry-run"]


@pytest.mark.parametrize("line", ["action list", "report exceptions", "deadline list --all", "notice list", "journal list"])
def test_csv_is_iso(office, line):
    rows = list(csv.DictReader(io.StringIO(office.ctl("--csv", *line.split()).stdout)))
    items = office.ctl(*line.split(), json=True)["items"]
    assert len(rows) == len(items)
    for row in rows:
        assert all(re.fullmatch(DAY, v) for k, v in row.items() if k.endswith("_on") and v)
        assert all(re.fullmatch(UTC, v) for k, v in row.items() if k.endswith("_at") and v)
        assert row.get("rating", "red") in ("red", "amber", "green")


def test_piped_tables_are_whole(office):
    """Tab-separated, full width, dates ISO: what cut and awk are made for."""
    lines = office.ctl("action", "list").stdout.splitlines()
    assert len(lines) == 307 and {line.count("\t") for line in lines} == {lines[0].count("\t")}
    first = dict(zip(lines[0].split("\t"), lines[1].split("\t")))
    assert re.fullmatch(DAY, first["DUE"]) and first["OWNER"] == "Director of Children's Social Care"
    assert "Green" in first["RATING"] and "●" in first["RATING"], "a word and a symbol"
    for line in PRINTED:
        text = office.ctl(*line.split()).stdout
        assert "\x1b" not in text and "\r" not in text
        assert not re.search(r"\t\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4}(\t|$)", text, re.M), line


# -- the terminal --------------------------------------------------------------------------------


def columns(line):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def terminal(csid, *words, width=60, env=None):
    """What csictl prints on a terminal that wide."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    env = {"CSID_SOCKET": str(csid.socket), "TERM": "xterm-256color", **(env or {})}
    with subprocess.Popen([CSICTL, *words], stdin=side, stdout=side, stderr=side, env=environment(env)) as process:
        os.close(side)
        out = b""
        while True:
            try:
                block = os.read(main, 65536)
            except OSError:  # the other side is closed: csictl has ended
                break
            if not block:
                break
            out += block
        os.close(main)
        status = process.wait()
    return status, out.decode().replace("\r\n", "\n")


PLAIN = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("line", PRINTED + ["frobnicate", "plan show bromley", "date 1/2/17", "--help"])
@pytest.mark.parametrize("width", [60, 132])
def test_never_wider_than_the_terminal(office, line, width):
    _, text = terminal(office, *line.split(), width=width)
    plain = PLAIN.sub("", text)
    assert plain.strip() and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", plain)
    assert not [row for row in plain.split("\n") if columns(row.rstrip()) > width]


def test_titles_of_every_kind_fit(csid):
    titles = ["x" * 4000, "word " * 700, "a\u202eb\u200bc", "é" * 300, "tab\there", "two\nlines", "e\u0301" * 200, "表" * 100]
    for i, title in enumerate(titles):
        csid.ctl("plan", "import", "-", "--plan", "p", stdin=f'ref,priority,action,due\n1.{i},1,"{title}",2017-08-31\n')
        for words in (("action", "list"), ("action", "show", f"1.{i}"), ()):
            _, text = terminal(csid, *words)
            wide = [row for row in text.split("\n") if columns(PLAIN.sub("", row).rstrip()) > 60]
            assert not wide, (title[:10], wide[:1])
        assert "\u202e" not in terminal(csid, "action", "show", f"1.{i}")[1]


def test_colours_beside_words_and_symbols(office):
    for words in (("report", "position"), ("action", "list"), ("report", "exceptions")):
        text = terminal(office, *words, width=132)[1]
        assert "\x1b[" in text and "▲ Red" in PLAIN.sub("", text)
        for plain in (terminal(office, *words, width=132, env={"NO_COLOR": "1"})[1],
                      terminal(office, "--no-color", *words, width=132)[1]):
            assert "\x1b" not in plain and plain == PLAIN.sub("", text)
        assert "\x1b[" in terminal(office, *words, width=132, env={"NO_COLOR": ""})[1], "empty: as if unset"


def test_dates_on_a_terminal(office):
    text = terminal(office, "deadline", "list", width=132)[1]
    assert "1 Oct 2017" in text and "29 Sep 2017" in text and "2017-10-01" not in text
    assert "14 Aug 2017" in terminal(office, "action", "list", width=132)[1]


def test_a_bar_per_priority_even_at_60(office):
    text = PLAIN.sub("", terminal(office, "report", "position")[1])
    assert len(re.findall(r"[▲◆●]{5,}", text)) == 10


def test_a_notice_is_shown_as_it_is_read(office):
    for n in office.ctl("notice", "list", "--state", "accepted", json=True)["items"]:
        shown = office.ctl("notice", "show", str(n["id"]))
        (mail,) = [m for m in office.mails() if n["message_id"] in m["Message-ID"]]
        assert " ".join(text_of(mail).split()) in " ".join(shown.stdout.split())
        assert "=E2=80" not in shown.stdout


def test_help_of_every_command(office):
    for line in re.findall(r"^  (\w[\w ]+?)  ", office.ctl("help").stdout, re.M):
        said = office.ctl("help", *line.split()).stdout
        assert said.startswith(f"usage: csictl {line}") and len(said.splitlines()) > 2


# -- bare csictl ---------------------------------------------------------------------------------


def test_bare_csictl_shows_what_concerns_the_caller(office):
    """Statutory first, overdue, due in 7 days, what waits, and two commands to type next."""
    answer = office.ctl(json=True)
    assert (answer["overdue_count"], len(answer["overdue"]), answer["waiting_count"]) == (165, 10, 0)
    over = [a["days_overdue"] for a in answer["overdue"]]
    assert over == sorted(over, reverse=True) and over[0] == max(
        a["days_overdue"] for a in office.ctl("action", "list", "--overdue", json=True)["items"])
    days = [a["on"] for a in answer["ahead"]]
    assert days == sorted(days) and len(days) == 5, "deadlines, a window, a visit and an inspection by date"
    text = office.ctl().stdout
    assert text.index("OVERDUE: Once") < text.index("DAYS OVER")
    for line in text.splitlines()[-2:]:
        assert line.startswith("csictl ")
        office.ctl(*line.split()[1:])


def test_what_waits_for_approval(bromley):
    bromley.ctl("action", "update", "5.12", "--status", "completion proposed")
    answer = bromley.ctl(json=True)
    assert [a["ref"] for a in answer["waiting"]] == ["5.12"] and answer["waiting_count"] == 1
    assert answer["overdue_count"] == 165, "proposed is still open"
    assert "1 waiting" in bromley.ctl().stdout
