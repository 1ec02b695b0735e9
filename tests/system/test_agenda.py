"""The agenda in its forms: what is on it and for whom, worked out here from what was recorded; the calendar as
python3-icalendar reads it, its times as zoneinfo knows them."""

import contextlib
import csv
import io
import re
import sqlite3
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import pytest

import harness
from page import Page

CHAIR, DIRECTOR, OFFICE, LEAVING_CARE = "improvement-board-chair", "director", "programme-office", "head-of-leaving-care"
TODAY = date(2017, 9, 1)
HORIZON = date(2017, 11, 30)  # 90 days on
SOON = TODAY.toordinal() + 28
KEYS = ["on", "to", "kind", "about", "what", "role", "state", "note"]
CLOSED_DAYS = {date(2017, 8, 28), date(2017, 12, 25), date(2017, 12, 26), date(2018, 1, 1)}  # England and Wales
INSTANCE = re.compile("[0-9a-f]{16}")

BOARD = [
    ("board", "add", "Improvement board", "--kind", "board", "--chair", CHAIR),
    ("board", "add", "Scrutiny committee", "--kind", "committee"),
    ("member", "add", "1", "--role", OFFICE),
    ("member", "add", "2", "--role", LEAVING_CARE, "--invited-on", "2017-10-01"),
    ("meeting", "add", "1", "--on", "2017-09-22", "--at", "14:00", "--place", "Civic Centre, Room 1", "--papers-due", "2017-09-15",
     "--title", "Second", "--author", DIRECTOR),
    ("meeting", "add", "2", "--on", "2017-09-26", "--papers-due", "2017-09-18"),
    ("meeting", "add", "2", "--on", "2017-11-07", "--at", "9:30"),
    ("meeting", "add", "1", "--on", "2017-10-27", "--at", "10:15", "--papers-due", "2017-10-20"),
    ("meeting", "update", "4", "--cancelled-on", "2017-08-31"),
    ("meeting", "add", "1", "--on", "2017-07-14", "--at", "10:00"),
    ("decision", "add", "To approve the statement", "--on", "2017-11-01", "--board", "1", "--owner", DIRECTOR),
    ("visit", "add", "--kind", "monitoring", "--number", "5", "--from", "2017-10-30", "--to", "2017-10-31", "--scope", "Care leavers"),
    ("visit", "add", "--kind", "other", "--from", "2017-09-06"),
    ("visit", "add", "--kind", "monitoring", "--expected-from", "2017-11-15", "--expected-to", "2018-01-31"),
    ("inspection", "add", "--framework", "sif", "--from", "2017-11-20", "--to", "2017-12-15"),
]
DEADLINES = [
    ("deadline", "add", "Return to the Department", "--due", "2017-08-28", "--role", OFFICE),
    ("deadline", "add", "Report of the chair", "--due", "2017-10-01", "--every", "3m", "--role", CHAIR, "--to", "Secretary of State"),
    ("deadline", "add", "Statement", "--due", "2017-11-29", "--role", DIRECTOR),
    ("deadline", "add", "Letter", "--due", "2017-09-20", "--role", CHAIR),
    ("deadline", "submit", "4", "--on", "2017-08-30"),
    ("deadline", "add", "Review", "--due", "2017-11-10", "--role", CHAIR),
    ("deadline", "update", "5", "--ended-on", "2017-08-31"),
    ("deadline", "add", "Exit", "--due", "2019-12-01", "--role", DIRECTOR),
    ("deadline", "add", "At Christmas", "--due", "2017-12-26", "--role", LEAVING_CARE),
]
WINDOW = ("INSERT INTO deadline (id, series_id, step, first_due_on, title, due_on, opens_on, warn_on, role_id, copy_to) SELECT "
          "9, 9, 0, '2017-12-31', 'Next visit', '2017-12-31', '2017-10-15', '2017-12-01', id, 'programme-office' FROM role "
          "WHERE slug = 'director'")


def change(csid, statement, *values):
    """What only the rules write yet: into the database, beside csid."""
    with contextlib.closing(sqlite3.connect(csid.database, timeout=30)) as db, db:
        db.execute(statement, values)


def fill(csid):
    csid.import_plan()
    csid.ctl("plan", "update", "--packs", "homes")  # nothing follows from these records
    for words in BOARD + DEADLINES:
        csid.ctl(*words)
    change(csid, WINDOW)
    return csid


@pytest.fixture
def filled(csid):
    return fill(csid)


@pytest.fixture(scope="module")
def shared():
    """For what only reads."""
    folder = harness.scratch()
    csid = fill(harness.Csid(folder).start())
    yield csid
    csid.stop()
    harness.remove(folder)


# -- what is to be on it, from what was recorded ---------------------------------------------------


def short(iso):
    """Fri 29 Sep 2017"""
    day = date.fromisoformat(str(iso))
    return f"{day:%a} {day.day} {day:%b %Y}"


def send_by(iso):
    day = date.fromisoformat(iso)
    while day.weekday() > 4 or day in CLOSED_DAYS:
        day -= timedelta(1)
    return day


def owed(about, due, what, role, state="open"):
    return (due, None, "deadline", f"deadline:{about}", what, role, state, f"send by {short(send_by(due))}")


RETURN = owed(1, "2017-08-28", "Return to the Department", OFFICE, "overdue")
REPORT = owed(2, "2017-10-01", "Report of the chair", CHAIR)
STATEMENT = owed(3, "2017-11-29", "Statement", DIRECTOR)
LETTER = ("2017-09-20", None, "deadline", "deadline:4", "Letter", CHAIR, "submitted", "submitted on Wed 30 Aug 2017")
NEXT_VISIT = ("2017-10-15", "2017-12-31", "window", "deadline:9", "Next visit", DIRECTOR, "open",
              "until Sun 31 Dec 2017; a warning from Fri 1 Dec 2017 if nothing is booked")
PAPERS_1 = ("2017-09-15", None, "papers", "meeting:1", "Papers: Improvement board: Second", DIRECTOR, "ahead",
            "for the meeting of Fri 22 Sep 2017")
MEETING_1 = ("2017-09-22", None, "meeting", "meeting:1", "Improvement board: Second", CHAIR, "ahead", "14:00, Civic Centre, Room 1")
PAPERS_2 = ("2017-09-18", None, "papers", "meeting:2", "Papers: Scrutiny committee", None, "ahead",
            "for the meeting of Tue 26 Sep 2017")
MEETING_2 = ("2017-09-26", None, "meeting", "meeting:2", "Scrutiny committee", None, "ahead", None)
MEETING_3 = ("2017-11-07", None, "meeting", "meeting:3", "Scrutiny committee", None, "ahead", "09:30")
MEETING_5 = ("2017-07-14", None, "meeting", "meeting:5", "Improvement board", CHAIR, "past", "10:00")
DECISION = ("2017-11-01", None, "decision", "decision:1", "To approve the statement", DIRECTOR, "ahead", "Improvement board")
VISIT_1 = ("2017-10-30", "2017-10-31", "visit", "visit:1", "Monitoring visit 5", None, "ahead", "until Tue 31 Oct 2017: Care leavers")
VISIT_2 = ("2017-09-06", None, "visit", "visit:2", "Visit", None, "ahead", None)
VISIT_3 = ("2017-11-15", "2018-01-31", "window", "visit:3", "Monitoring visit expected", None, "open", "until Wed 31 Jan 2018")
INSPECTION = ("2017-11-20", "2017-12-15", "inspection", "inspection:1", "SIF inspection", None, "ahead", "until Fri 15 Dec 2017")
ORDER = ["deadline", "window", "inspection", "visit", "meeting", "papers", "decision", "action"]


def slug(title):
    return re.sub("[^a-z0-9]+", "-", title.lower().replace("'", ""))


def actions(until, since=None, owner=None):
    """Those of the spreadsheet that are open and due by then."""
    rows = []
    for row in csv.DictReader(harness.BROMLEY_2016.open()):
        due = date.fromisoformat(row["due"]) if row["due"] else None
        if not due or row["status"] == "complete" or due > until or (since and due < since):
            continue
        if owner in (None, slug(row["owner"]), slug(row["accountable"])):
            state = "overdue" if due < TODAY else "due-today" if due == TODAY else "due-soon" if due.toordinal() <= SOON else "not-due"
            rows.append((str(due), None, "action", f"bromley-2016:{row['ref']}", row["action"], slug(row["owner"]), state, None))
    return rows


def in_order(rows):
    """By day, then kind; within these as they come."""
    return sorted(rows, key=lambda row: (row[0], ORDER.index(row[2])))


def rows_of(csid, *words):
    items = csid.ctl("agenda", *words, json=True)["items"]
    assert all(list(item) == [*KEYS, "send_by"] for item in items)
    return [tuple(item[key] for key in KEYS) for item in items]


def unordered(rows):
    """Actions of one day come in no order that matters here."""
    return sorted(rows, key=str)


# -- the list --------------------------------------------------------------------------------------


def test_what_is_overdue_and_ninety_days(shared):
    got = rows_of(shared)
    want = [RETURN, REPORT, STATEMENT, NEXT_VISIT, PAPERS_1, MEETING_1, PAPERS_2, MEETING_2, MEETING_3, DECISION, VISIT_1, VISIT_2,
            VISIT_3, INSPECTION, *actions(HORIZON)]
    assert unordered(got) == unordered(want)
    assert got == in_order(got)
    assert sum(row[2] == "action" and row[6] == "overdue" for row in got) == 165
    for item in shared.ctl("agenda", json=True)["items"]:
        assert item["send_by"] == (str(send_by(item["on"])) if item["kind"] == "deadline" else None)


def test_until(shared):
    assert unordered(rows_of(shared, "--until", "2017-09-20")) == unordered(
        [RETURN, PAPERS_1, PAPERS_2, VISIT_2, *actions(date(2017, 9, 20))])
    assert unordered(rows_of(shared, "--until", "today")) == unordered([RETURN, *actions(TODAY)])
    done = shared.ctl("agenda", "--until", "yesterday", check=False)
    assert done.returncode == 2 and "Thu 31 Aug 2017 is before Fri 1 Sep 2017" in done.stderr


def test_a_period_as_it_was(shared):
    """With what was done in it, without what was overdue before it."""
    got = rows_of(shared, "--from", "2017-07-14", "--until", "2017-09-30")
    want = [RETURN, LETTER, PAPERS_1, MEETING_1, PAPERS_2, MEETING_2, MEETING_5, VISIT_2,
            *actions(date(2017, 9, 30), date(2017, 7, 14))]
    assert unordered(got) == unordered(want) and got == in_order(got)
    ahead = rows_of(shared, "--from", "2017-11-30", "--until", "2017-11-30")  # what lasts over a day is of that day
    assert unordered(ahead) == unordered([NEXT_VISIT, VISIT_3, INSPECTION, *actions(HORIZON, date(2017, 11, 30))])
    assert rows_of(shared, "--from", "2017-07-14") == rows_of(shared, "--from", "2017-07-14", "--until", HORIZON)
    assert shared.ctl("agenda", "--from", "2017-10-02", "--until", "2017-10-01", check=False).returncode == 2


BOARD_1 = [PAPERS_1, MEETING_1, DECISION]


@pytest.mark.parametrize("role, want", [
    (CHAIR, [REPORT, *BOARD_1]),
    (OFFICE, [RETURN, NEXT_VISIT, *BOARD_1, VISIT_1, VISIT_2, VISIT_3, INSPECTION]),
    (DIRECTOR, [RETURN, REPORT, STATEMENT, NEXT_VISIT, *BOARD_1, VISIT_1, VISIT_2, VISIT_3, INSPECTION]),
    (LEAVING_CARE, [MEETING_3, *actions(HORIZON, owner=LEAVING_CARE)]),  # a member since October
    ("director-of-childrens-social-care", actions(HORIZON)),  # accountable for all of them
    ("administrator", []),
])
def test_for_a_role(shared, role, want):
    assert unordered(rows_of(shared, "--for", role)) == unordered(want)


def test_for_a_role_by_its_title(shared):
    assert rows_of(shared, "--for", "Head of Leaving Care") == rows_of(shared, "--for", LEAVING_CARE)
    done = shared.ctl("agenda", "--for", "improvement-board-chain", check=False)
    assert done.returncode == 3 and CHAIR in done.stderr
    assert shared.ctl("agenda", "--for", "administrator").stdout == "Nothing is ahead.\n"


def test_days_pass(filled):
    """What lies in the past leaves, what is missed stays, what lasts is there to its last day."""
    filled.advance("2017-10-31T12:00:00Z")
    states = {row[3]: row[6] for row in rows_of(filled, "--for", DIRECTOR) if row[2] != "papers"}
    assert states["visit:1"] == "today" and states["deadline:2"] == "overdue" and "meeting:1" not in states
    filled.advance("24h")
    rows = {row[3]: row for row in rows_of(filled, "--for", OFFICE)}
    assert "visit:1" not in rows and rows["decision:1"][6] == "today"
    filled.advance("2017-12-01T12:00:00Z")
    assert {row[3]: row for row in rows_of(filled, "--for", OFFICE)}["deadline:9"][7] == "until Sun 31 Dec 2017; nothing is booked"
    filled.advance("2018-02-01T12:00:00Z")
    rows = {row[3]: row for row in rows_of(filled, "--for", OFFICE)}
    assert rows["deadline:9"][6] == rows["visit:3"][6] == "overdue"
    filled.ctl("visit", "update", "3", "--from", "2018-02-05")
    rows = {row[3]: row for row in rows_of(filled, "--for", OFFICE)}
    assert rows["visit:3"][2] == "visit" and rows["visit:3"][0] == "2018-02-05"


def test_table_and_csv(shared):
    rows = [["" if value is None else value for value in row] for row in rows_of(shared)]
    head, *got = csv.reader(io.StringIO(shared.ctl("--csv", "agenda").stdout, newline=""))
    assert (head, got) == (KEYS, rows)
    lines = [line.split("\t") for line in shared.ctl("agenda").stdout.splitlines()]
    assert lines == [["WHEN", "TO", "KIND", "ABOUT", "WHAT", "ROLE", "STATE", "NOTE"], *rows]


@pytest.mark.parametrize("width", [80, 119, 120, 200])
def test_terminal(shared, width):
    text = shared.get(f"/v1/agenda?for={DIRECTOR}&width={width}", {"Accept": "text/plain"}).text
    head, *lines = text.splitlines()
    assert max(map(len, text.splitlines())) <= width
    assert head.split() == (["WHEN", "WHAT", "ABOUT", "STATE", "NOTE"] if width < 120 else
                            ["WHEN", "TO", "KIND", "ABOUT", "WHAT", "ROLE", "STATE", "NOTE"])
    assert any(line.startswith("1 Oct 2017") and "Report of the" in line for line in lines)


def test_pages(shared):
    whole = shared.get("/v1/agenda").json()["items"]
    got, target = [], "/v1/agenda?limit=50"
    while target:
        answer = shared.get(target)
        got += answer.json()["items"]
        link = answer.headers.get("link")
        target = re.fullmatch(r'<(.+)>; rel="next"', link)[1] if link else None
    assert got == whole and len(whole) > 150
    assert shared.get("/v1/agenda?limit=5&format=ics").status == 400


def test_status_and_overview_show_the_first_of_it(shared):
    for words in (["status"], []):
        ahead = shared.ctl(*words, json=True)["ahead"]
        assert [(row["about"], row.get("id"), row["on"]) for row in ahead] == [
            ("deadline", 1, "2017-08-28"), ("deadline", 2, "2017-10-01"), ("deadline", 9, "2017-10-15"), ("visit:1", None, "2017-10-30"),
            ("inspection:1", None, "2017-11-20"), ("deadline", 3, "2017-11-29"), ("deadline", 7, "2017-12-26"),
            ("deadline", 6, "2019-12-01")]
        assert ahead[0]["what"] == "OVERDUE: Return to the Department: send by Fri 25 Aug 2017"
        assert ahead[2]["what"].startswith("Next visit: until Sun 31 Dec 2017")


# -- the page --------------------------------------------------------------------------------------


def test_page(shared):
    for answer in (shared.get("/v1/agenda", {"Accept": "text/html"}).text, shared.ctl("--format", "html", "agenda").stdout):
        page = Page(answer)
        table, = page.tables
        assert table["head"] == ["WHEN", "TO", "KIND", "ABOUT", "WHAT", "ROLE", "STATE", "NOTE"]
        assert page.title == "What is overdue and what is ahead, by day – London Borough of Bromley"
        rows = rows_of(shared)
        assert len(table["rows"]) == len(rows)
        for shown, row in zip(table["rows"], rows):
            day = date.fromisoformat(row[0])
            assert shown[0] == f"{day.day} {day:%b %Y}"
            assert shown[2:] == ["" if value is None else value for value in row[2:]]


HOSTILE = {
    "newline": "a\nb\n\nc", "list": "a, b; c: d", "backslash": "a\\nb\\\\,c\\;d\\", "quotes": "\"a\" 'b' ^n", "tab": "a\tb",
    "controls": "a\x01\x1b[31mb\x7f\x9fc", "rtl": "\u05d0\u05d1\u05d2 \u0627\u0644\u062e\u0637\u0629, \u202eabc\u2066",
    "markup": "</td><script>alert(1)</script>&amp;<!--", "lines": "BEGIN:VEVENT\nUID:x\nEND:VEVENT", "cr": "a\r\nSUMMARY:b",
    "emoji": "\U0001f9d1\u200d\U0001f3eb" * 60, "accents": "e\u0301" * 100, "long": "w" * 4000, "words": ("Plan 漢字é, " * 500)[:4000].strip(),
}


@pytest.fixture(scope="module")
def hostile():
    """One csid with a deadline and a meeting by each of these names, and what it has kept of them."""
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    csid.ctl("board", "add", "Board", "--kind", "panel")
    for title in HOSTILE.values():
        for path, body in (("deadlines", {"title": title, "due": "2017-10-02", "role": CHAIR}),
                           ("meetings", {"board": "1", "on": "2017-10-03", "at": "14:00", "title": title, "place": title})):
            answer = csid.request("POST", f"/v1/{path}", body)
            assert answer.status == 201, answer.body
    yield csid
    csid.stop()
    harness.remove(folder)


def kept(title):
    """Controls become U+FFFD, a CRLF a newline."""
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", title.replace("\r\n", "\n"))


def test_hostile_titles_on_the_page(hostile):
    table, = Page(hostile.get("/v1/agenda?format=html").text).tables
    assert [row[4] for row in table["rows"] if row[2] == "deadline"] == [kept(title) for title in HOSTILE.values()]
    for path in ("deadlines", "meetings"):
        Page(hostile.get(f"/v1/{path}?format=html").text)
        Page(hostile.get(f"/v1/{path}/3?format=html").text)


# -- the calendar ----------------------------------------------------------------------------------


def read(body):
    """The calendar as icalendar reads it, its bytes held to RFC 5545, 3.1."""
    assert body.endswith(b"END:VCALENDAR\r\n")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75 and b"\r" not in line and b"\n" not in line
        line.decode()  # no character is cut in two
    calendar = icalendar.Calendar.from_ical(body)
    assert calendar.is_broken is False if hasattr(calendar, "is_broken") else not calendar.errors
    assert calendar["VERSION"] == "2.0" and "csid" in calendar["PRODID"]
    assert "METHOD" not in calendar  # it would have to stand in the Content-Type too, and want an ORGANIZER: RFC 5545, 3.7.2
    assert calendar.subcomponents  # RFC 5545, 3.6: one at least
    for event in calendar.walk("VEVENT"):
        assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt  # RFC 5545, 3.8.7.2: where there is no METHOD
    return calendar


def calendar_of(csid, target="/v1/calendar.ics", **headers):
    answer = csid.get(target, headers or {"Accept": "text/calendar"})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8"), answer.body
    return read(answer.body)


def events_of(calendar):
    """By what stands before the @ of their UID."""
    events = {}
    for event in calendar.walk("VEVENT"):
        assert not event.errors
        key, _, instance = str(event["UID"]).partition("@")
        assert INSTANCE.fullmatch(instance) and key not in events
        events[key] = event
    return events


def key_of(row, ids):
    on, _, kind, about = row[:4]
    if kind == "action":
        return f"action-{ids[about.split(':')[1]]}"
    return f"{'papers' if kind == 'papers' else about.split(':')[0]}-{about.split(':')[1]}"


def test_every_event_is_a_row_of_the_agenda(shared):
    period = ["--from", "2016-09-01", "--until", "2019-09-01"]
    calendar = calendar_of(shared)
    assert calendar["X-WR-CALNAME"] == "London Borough of Bromley: improvement plan"
    events = events_of(calendar)
    rows = {key_of(row, dict(shared.sql("SELECT ref, id FROM action"))): row for row in rows_of(shared, *period)}
    items = {(i["kind"], i["about"]): i for i in shared.ctl("agenda", *period, json=True)["items"]}
    cancelled = {key for key, event in events.items() if event["STATUS"] == "CANCELLED"}
    assert cancelled == {"deadline-5", "meeting-4", "papers-4"}
    assert set(events) - cancelled == set(rows) and len(rows) > 170
    meetings = {f"meeting-{m['id']}": m for m in shared.ctl("meeting", "list", json=True)["items"]}
    for key, row in rows.items():
        on, to, kind, about, what, role, _, note = row
        event, day = events[key], date.fromisoformat(on)
        assert event["STATUS"] == "CONFIRMED"
        assert event["SUMMARY"] == (f"{about.split(':')[1]} {what}" if kind == "action" else what)
        at = meetings[key]["at"] if kind == "meeting" else None
        if at:
            assert event["DTSTART"].params["TZID"] == "Europe/London" and "DTEND" not in event
            assert event["DTSTART"].dt.replace(tzinfo=None) == datetime.combine(day, time.fromisoformat(at))
        else:
            assert event["DTSTART"].params["VALUE"] == event["DTEND"].params["VALUE"] == "DATE"
            assert event["DTSTART"].dt == day
            assert event["DTEND"].dt == date.fromisoformat(to or on) + timedelta(1)
        assert event["LAST-MODIFIED"].dt == datetime(2017, 9, 1, 6, tzinfo=timezone.utc)
        text = str(event["DESCRIPTION"]).split("\n")
        assert text[-1] == about and (not note or text[0] == note[0].upper() + note[1:])
        assert not role or f"Role: {role}" in text
        check_alarms(event, row, items[kind, about]["send_by"])


def check_alarms(event, row, by):
    on, to, kind, _, _, _, state, _ = row
    alarms = event.walk("VALARM")
    days = sorted((date.fromisoformat(on) + alarm["TRIGGER"].dt for alarm in alarms))
    if date.fromisoformat(to or on) < TODAY or state == "submitted":
        assert not alarms
    elif kind == "deadline":
        assert days == [date.fromisoformat(by) - timedelta(7), date.fromisoformat(by) - timedelta(1)]
    else:
        assert days == [date.fromisoformat(on) - timedelta(1)]
    assert all(alarm["ACTION"] == "DISPLAY" and alarm["DESCRIPTION"] == event["SUMMARY"] for alarm in alarms)


def test_calendar_of_a_role(shared):
    calendar = calendar_of(shared, f"/v1/calendar.ics?for={CHAIR}")
    assert calendar["X-WR-CALNAME"] == "London Borough of Bromley: Chair of the improvement board"
    events = events_of(calendar)
    assert set(events) == {"deadline-2", "deadline-4", "deadline-5", "meeting-1", "papers-1", "meeting-4", "papers-4", "meeting-5",
                           "decision-1"}
    assert str(events["deadline-2"]["DESCRIPTION"]) == "Send by Fri 29 Sep 2017\nTo: Secretary of State\n" \
                                                       "Role: improvement-board-chair\ndeadline:2"
    assert events["meeting-1"]["LOCATION"] == "Civic Centre, Room 1"
    assert "LOCATION" not in events["meeting-5"]
    assert shared.get("/v1/calendar.ics?for=nobody").status == 404
    assert shared.get("/v1/calendar.ics?until=today").status == 400


def test_the_agenda_itself_as_a_calendar(shared):
    """The rows of the agenda, and what fell away in its days."""
    for body in (shared.ctl("--format", "ics", "agenda", "--for", CHAIR).stdout.encode(),
                 shared.get(f"/v1/agenda?for={CHAIR}", {"Accept": "text/calendar"}).body):
        body = body if b"\r\n" in body else body.replace(b"\n", b"\r\n")  # text mode takes them for one
        events = events_of(read(body))
        assert set(events) == {"deadline-2", "deadline-5", "meeting-1", "papers-1", "meeting-4", "papers-4", "decision-1"}
    assert not any(item["about"] == "meeting:4" for item in shared.ctl("agenda", json=True)["items"])


def test_a_calendar_without_events(csid):
    calendar = calendar_of(csid)
    assert [component.name for component in calendar.subcomponents] == ["VTIMEZONE"]
    csid.ctl("deadline", "add", "Reply", "--due", "2017-10-02", "--role", CHAIR)
    assert [component.name for component in calendar_of(csid).subcomponents] == ["VEVENT"]


def test_a_calendar_in_which_nothing_changed_is_the_same(filled):
    before = filled.get("/v1/calendar.ics").body
    filled.advance("1h")
    assert filled.get("/v1/calendar.ics").body == before


def test_forms(shared):
    for accept in ("*/*", "text/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/calendar,text/plain;q=0.8"):
        calendar_of(shared, Accept=accept)
    assert shared.get("/v1/calendar.ics").headers["content-type"] == "text/calendar; charset=utf-8"
    before = shared.database_dump()
    for method, path, body in (("GET", "/v1/status", None), ("GET", "/healthz", None), ("GET", "/v1/deadlines", None),
                               ("POST", "/v1/boards", {"title": "B", "kind": "board"})):
        for target, accept in ((f"{path}?format=ics", "*/*"), (path, "text/calendar")):
            answer = shared.request(method, target, body, {"Accept": accept})
            assert (answer.status, answer.headers["content-type"]) == (406, "application/problem+json")
    for form in ("json", "csv", "table", "html"):
        assert shared.get(f"/v1/calendar.ics?format={form}").status == 406
    assert shared.database_dump() == before
    done = shared.ctl("--format", "ics", "status", check=False)
    assert done.returncode == 2 and "ics" in done.stderr and "html" in done.stderr


def test_events_stay_the_same_through_changes(filled):
    """One name for good; a sequence that grows with each change and only then."""
    before = events_of(calendar_of(filled))
    filled.restart()
    again = events_of(calendar_of(filled))
    assert {key: event["SEQUENCE"] for key, event in again.items()} == {key: event["SEQUENCE"] for key, event in before.items()}
    filled.advance("2017-09-01T07:00:00Z")
    for words in (("deadline", "update", "2", "--due", "2017-10-08"), ("deadline", "update", "3", "--ended-on", "today"),
                  ("meeting", "update", "1", "--on", "2017-09-29", "--at="), ("meeting", "update", "3", "--cancelled-on", "today"),
                  ("visit", "update", "3", "--from", "2017-11-16", "--to", "2017-11-17"),
                  ("action", "update", "1.02", "--status", "cancelled", "--note", "Merged"),
                  ("deadline", "submit", "1", "--on", "today")):
        filled.ctl(*words)
    after = events_of(calendar_of(filled))
    action = f"action-{filled.sql('SELECT id FROM action WHERE ref = ?', '1.02')[0][0]}"
    changed = {"deadline-1", "deadline-2", "deadline-3", "meeting-1", "papers-1", "meeting-3", "visit-3", action}
    assert set(after) == set(before)
    for key, event in after.items():
        grown = event["SEQUENCE"] - before[key]["SEQUENCE"]
        later = event["LAST-MODIFIED"].dt > before[key]["LAST-MODIFIED"].dt
        assert (grown > 0, later) == (key in changed,) * 2, key
        assert event["UID"] == before[key]["UID"]
    assert after["deadline-2"]["DTSTART"].dt == date(2017, 10, 8)
    assert after["meeting-1"]["DTSTART"].dt == date(2017, 9, 29)
    assert (after["visit-3"]["DTSTART"].dt, after["visit-3"]["DTEND"].dt) == (date(2017, 11, 16), date(2017, 11, 18))
    dropped = {key for key, event in after.items() if event["STATUS"] == "CANCELLED"}
    assert dropped == {"deadline-3", "deadline-5", "meeting-3", "meeting-4", "papers-4", action}
    assert not any(after[key].walk("VALARM") for key in dropped | {"deadline-1"})
    filled.ctl("meeting", "update", "3", "--cancelled-on=")
    back = events_of(calendar_of(filled))["meeting-3"]
    assert back["STATUS"] == "CONFIRMED" and back["SEQUENCE"] > after["meeting-3"]["SEQUENCE"]


def test_the_calendar_covers_a_year_back_and_two_ahead(csid):
    days = [TODAY.replace(year=2016), TODAY.replace(year=2016) - timedelta(1), TODAY.replace(year=2019),
            TODAY.replace(year=2019) + timedelta(1)]
    csid.ctl("board", "add", "Board", "--kind", "board")
    for day in days:
        csid.ctl("meeting", "add", "1", "--on", str(day))
    events = events_of(calendar_of(csid))
    assert {key for key in events if key.startswith("meeting-")} == {"meeting-1", "meeting-3"}


def test_events_are_called_by_the_database_they_are_in(filled):
    ((name,),) = filled.sql("SELECT value FROM meta WHERE key = 'instance'")
    uids = {str(event["UID"]) for event in calendar_of(filled).walk("VEVENT")}
    assert f"deadline-2@{name}" in uids and all(uid.endswith(f"@{name}") for uid in uids)


def test_a_row_of_which_no_change_is_known(filled):
    """One from before rows knew when they changed: then since csid runs."""
    change(filled, "UPDATE deadline SET updated_at = NULL WHERE id = 2")
    filled.advance("1h")
    event = events_of(calendar_of(filled))["deadline-2"]
    assert event["LAST-MODIFIED"].dt == datetime(2017, 9, 1, 6, tzinfo=timezone.utc)


def texts(body, name):
    """What a property says in each of the lines that have it, by RFC 5545, 3.1 and 3.3.11."""
    lines = body.decode().replace("\r\n ", "").split("\r\n")
    return [re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], line.partition(":")[2])
            for line in lines if line.startswith(f"{name}:")]


def test_a_calendars_name_is_a_text(new_csid):
    name = 'Bath, Bristol; "North" \\ South: \u00e9'
    csid = new_csid(config={"organisation": name})
    assert texts(csid.get("/v1/calendar.ics").body, "X-WR-CALNAME") == [f"{name}: improvement plan"]
    assert b"Bath\\, Bristol\\; \"North\" \\\\ South" in csid.get("/v1/calendar.ics").body


def test_hostile_titles_in_the_calendar(hostile):
    """As icalendar reads them. Where a backslash stands this one is no judge: it undoes one escape after the other, so
    that "a\\\\nb" gets a new line; there the lines themselves are read."""
    target = f"/v1/calendar.ics?for={CHAIR}"
    events = events_of(calendar_of(hostile, target))
    assert len(events) == len(HOSTILE)  # no line of a title became one of the calendar's
    assert texts(hostile.get(target).body, "SUMMARY") == [kept(title) for title in HOSTILE.values()]
    for number, title in enumerate(HOSTILE.values(), 1):
        event = events[f"deadline-{number}"]
        assert len(event.walk("VALARM")) == 2
        if "\\" not in title:
            assert event["SUMMARY"] == kept(title)
            assert all(alarm["DESCRIPTION"] == kept(title) for alarm in event.walk("VALARM"))
    meetings = events_of(calendar_of(hostile))
    assert texts(hostile.get("/v1/calendar.ics").body, "LOCATION") == [kept(title) for title in HOSTILE.values()]
    for number, title in enumerate(HOSTILE.values(), 1):
        if "\\" not in title:
            assert meetings[f"meeting-{number}"]["LOCATION"] == kept(title)
            assert meetings[f"meeting-{number}"]["SUMMARY"] == f"Board: {kept(title)}"


def test_lines_of_every_length(csid):
    """Every place at which a line may have to be folded, within ASCII and among characters of two to four bytes."""
    wanted = [character * n for character in ("a", "\u00e9", "\u6f22", "\U0001f3eb") for n in range(10, 90)]
    for title in wanted:
        assert csid.request("POST", "/v1/deadlines", {"title": title, "due": "2017-10-02", "role": CHAIR}).status == 201
    assert [str(event["SUMMARY"]) for event in calendar_of(csid).walk("VEVENT")] == wanted


# -- times -----------------------------------------------------------------------------------------

CLOCK_CHANGES = {  # days about which the clocks change, or nearly do
    "Europe/London": ["2017-10-27", "2017-10-28", "2017-10-29", "2017-10-30", "2018-03-24", "2018-03-25", "2018-03-26", "2017-01-10",
                      "2019-07-01"],
    "America/New_York": ["2017-11-04", "2017-11-05", "2017-11-06", "2018-03-10", "2018-03-11", "2018-03-12"],
    "Australia/Lord_Howe": ["2017-09-30", "2017-10-01", "2017-10-02", "2018-04-01", "2018-04-02"],
    "Africa/Casablanca": ["2018-05-12", "2018-05-14", "2018-06-16", "2018-06-18", "2018-10-27", "2018-10-29", "2019-05-06", "2019-06-10"],
    "Asia/Pyongyang": ["2018-05-04", "2018-05-05", "2018-05-06"],
    "Asia/Kolkata": ["2017-10-29", "2018-03-25"],
    "UTC": ["2017-10-29"],
}


@pytest.mark.parametrize("zone", CLOCK_CHANGES)
def test_time_of_a_meeting(new_csid, zone):
    """What the calendar says of its zone is what zoneinfo knows of it, on every day between the first meeting and the
    last; a meeting's instant likewise."""
    csid = new_csid(config={"timezone": zone})
    csid.ctl("board", "add", "Board", "--kind", "board")
    times = [(day, at) for day in CLOCK_CHANGES[zone] for at in ("09:00", "14:00", "23:30")]
    for day, at in times:
        csid.ctl("meeting", "add", "1", "--on", day, "--at", at)
    calendar, known = calendar_of(csid), ZoneInfo(zone)
    component, = calendar.walk("VTIMEZONE")
    assert component["TZID"] == zone
    told = component.to_tz()
    events = events_of(calendar)
    for number, (day, at) in enumerate(times, 1):
        start = events[f"meeting-{number}"]["DTSTART"]
        wall = datetime.combine(date.fromisoformat(day), time.fromisoformat(at))
        assert start.params["TZID"] == zone and start.dt.replace(tzinfo=None) == wall
        assert told.localize(wall).astimezone(timezone.utc) == wall.replace(tzinfo=known).astimezone(timezone.utc), (day, at)
    first, last = (datetime.fromisoformat(f(day for day, _ in times)) for f in (min, max))
    instant = first.replace(tzinfo=timezone.utc)
    while instant < last.replace(tzinfo=timezone.utc):
        assert instant.astimezone(told).utcoffset() == instant.astimezone(known).utcoffset(), instant
        instant += timedelta(hours=1)


def test_time_in_another_years_calendar(new_csid):
    """The rule of London in a year far from this one."""
    csid = new_csid(clock="2031-06-01T06:00:00Z")
    csid.ctl("board", "add", "Board", "--kind", "board")
    for day in ("2031-10-25", "2031-10-26", "2031-10-27", "2032-03-28"):
        csid.ctl("meeting", "add", "1", "--on", day, "--at", "14:00")
    told = calendar_of(csid).walk("VTIMEZONE")[0].to_tz()
    for day in ("2031-10-25", "2031-10-26", "2031-10-27", "2032-03-28"):
        wall = datetime.combine(date.fromisoformat(day), time(14))
        assert told.localize(wall).utcoffset() == wall.replace(tzinfo=ZoneInfo("Europe/London")).utcoffset()
