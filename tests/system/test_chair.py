"""The chair's quarter with nobody doing anything: reminders with the draft of the report in them, for a chair
who has no login. Every figure is reckoned here, from the spreadsheet and a calendar, not by csid."""

import csv
import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from datetime import date, timedelta

import pytest
from harness import BROMLEY_2016, html_of, text_of
from test_reminders import (CHAIR, DIRECTOR, OFFICE, REPORT, assign_roles, day_of, expected_steps, sent_to, told,
                            working_day_on_or_before)

CITATION = "Education Act 1996 s497A(4B)"
MISSED = "The direction is not met; the Secretary of State may direct further"
DUES = [date(2017, 10, 1), date(2018, 1, 1), date(2018, 4, 1), date(2018, 7, 1)]
CUTS = [date(2017, 8, 31), date(2017, 11, 30), date(2018, 2, 28), date(2018, 5, 31)]
ROWS = list(csv.DictReader(BROMLEY_2016.open()))
# the quarter after the last cut-off begins the day after it
SINCE = {date(2017, 8, 31): date(2017, 6, 1), date(2017, 11, 30): date(2017, 9, 1),
         date(2018, 2, 28): date(2017, 12, 1), date(2018, 5, 31): date(2018, 3, 1)}


def insert(csid, *rows):
    """Deadlines with what else a rule says of one, written beside csid, which is stopped meanwhile."""
    now = csid.now()
    csid.stop()
    with closing(sqlite3.connect(csid.database)) as db, db:
        for row in rows:
            row = {"step": 0, "series_id": 0, "first_due_on": row["due_on"], "title": REPORT,
                   "check_name": "deadlines", "copy_to": "director programme-office",
                   "created_at": "2017-08-01T09:00:00Z", **row}
            (row["role_id"],) = db.execute("SELECT id FROM role WHERE slug = ?", (row.pop("role"),)).fetchone()
            columns = ", ".join(row)
            key = db.execute(f"INSERT INTO deadline ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
            db.execute("UPDATE deadline SET series_id = id WHERE id = ? AND series_id = 0", (key.lastrowid,))
    csid.start(now)


def quarters(**more):
    return [{"due_on": str(due), "role": "improvement-board-chair", "recipient": "Secretary of State", "citation": CITATION, "missed": MISSED, "draft": "chair", **more} for due in DUES]


def read(mail):
    """The text part, its lines ended as Python ends them."""
    return text_of(mail).replace("\r\n", "\n")


def short(day):
    return f"{day.day} {day:%b %Y}"


def figures(as_at):
    """Actions, due by then, past due and not complete, and the due by rating, as the spreadsheet has them."""
    due = [r for r in ROWS if r["due"] and date.fromisoformat(r["due"]) <= as_at]
    past = [r for r in due if date.fromisoformat(r["due"]) < as_at and r["status"] != "complete"]
    return len(ROWS), len(due), len(past), Counter(r["rating"] for r in due)


def percentages(counts):
    """Whole, adding up to 100 by largest remainder, of equal ones the first."""
    total = sum(counts)
    exact = [100 * n / total for n in counts]
    whole = [int(x) for x in exact]
    for i in sorted(range(len(counts)), key=lambda i: (whole[i] - exact[i], i))[: 100 - sum(whole)]:
        whole[i] += 1
    return whole


def draft_of(mail):
    """The draft as one reads it: heading → its lines."""
    text = read(mail).split("\nDraft of the report\n")[1].split("\nWhy you get this")[0]
    parts, heading = defaultdict(list), None
    for line in text.splitlines():
        if re.fullmatch(r"(Position|Exceptions|Visits and letters( expected)?|Deadlines (met|missed|to come.*))", line):
            heading = line
        elif line.strip("-="):
            parts[heading].append(line)
    return parts


@pytest.fixture
def year(bromley):
    """Bromley's plan and roles, four quarters owed by the chair, none submitted."""
    assign_roles(bromley)
    insert(bromley, *quarters())
    return bromley


# -- a year ----------------------------------------------------------------------------------------


def test_a_year_of_the_chairs_quarters_with_nobody_doing_anything(year):
    year.write_config({"schedules": [{"name": "deadlines", "check": "deadlines", "cron": "30 8 * * *"}]})
    year.ctl("reload")  # the owners' lists of a year are no part of this
    year.advance("2018-06-29T12:00:00Z")
    reminders = [m for m in told(year, CHAIR) if "overdue" not in str(m["Subject"]).lower()]
    expected = expected_steps(DUES, date(2017, 9, 1))
    assert [day_of(m) for m in reminders] == sorted(expected)
    for mail in reminders:
        ((due, _),) = expected[day_of(mail)]
        send_by = working_day_on_or_before(due)
        cut = CUTS[DUES.index(due)]
        text = read(mail)
        first, status = text.split("\n\n")[:2]
        assert f"Send by {send_by:%a} {short(send_by)}" in " ".join(first.split())
        status = " ".join(status.split())
        assert status.startswith("Not recorded as sent.") and MISSED in status
        assert f"figures as at {short(cut)}." in status
        assert CITATION in text
        assert f"Figures cut off at {short(cut)}. A draft to be edited" in " ".join(text.split())
        assert text.index("Draft of the report") > text.index("Owed by") < text.index("Why you get this")
        assert f"the quarter from {short(SINCE[cut])} to {short(cut)}." in " ".join(text.split())
        assert mail["Reply-To"] == OFFICE


def test_the_figures_are_those_of_the_plan(year):
    year.advance("2017-12-01T12:00:00Z")
    # on 1 December the first quarter is overdue in the same mail
    first, second = (next(m for m in told(year, CHAIR) if day_of(m) == day and "overdue" not in str(m["Subject"]).lower())
                     for day in (date(2017, 9, 1), date(2017, 12, 1)))
    actions, due, past, ratings = figures(CUTS[0])
    assert (actions, due, past) == (306, 298, 165)
    assert (ratings["red"], ratings["amber"], ratings["green"]) == (23, 142, 133), "as Bromley published them"
    position = draft_of(first)["Position"]
    assert position[0] == "Bromley 2016: 298 of 306 actions are due (97%)."
    assert position[1:5] == ["- Red: 23 (8%)", "- Amber: 142 (48%)", "- Green: 133 (44%)",
                             "- Past due and not complete: 165"]
    assert "31 May 2017" in position[5], "nothing was imported for the quarter before"
    # three months on, beside the first
    _, due_then, past_then, ratings_then = figures(CUTS[1])
    now = percentages([ratings_then[r] for r in ("red", "amber", "green")])
    was = percentages([ratings[r] for r in ("red", "amber", "green")])
    lines = draft_of(second)["Position"]
    assert lines[0].startswith(f"Bromley 2016: {due_then} of 306 actions are due")
    for i, rating in enumerate(("red", "amber", "green")):
        change = ratings_then[rating] - ratings[rating]
        said = f"{abs(change)} {'more' if change > 0 else 'fewer'}" if change else "no change"
        assert lines[1 + i] == (f"- {rating.capitalize()}: {ratings_then[rating]} ({now[i]}%); {ratings[rating]} "
                                f"({was[i]}%) at 31 Aug 2017, {said}")
    change = past_then - past
    assert lines[4] == (f"- Past due and not complete: {past_then}; {past} at 31 Aug 2017, "
                        f"{change} more")


def test_the_exceptions_are_the_longest_over(year):
    year.advance("2017-09-01T08:00:00Z")
    (mail,) = sent_to(year, CHAIR)
    lines = draft_of(mail)["Exceptions"]
    red = [r for r in ROWS if r["rating"] == "red"]
    assert lines[0] == f"{len(red)} off track; 165 past due and not complete. The 10 longest over:"
    longest = sorted((date.fromisoformat(r["due"]), r["ref"], r["owner"]) for r in red)[:10]
    said = [(re.match(r"- (\S+) ", line).group(1), int(re.search(r"(\d+) days? over$", line).group(1)))
            for line in lines[1:]]
    assert said == [(ref, (CUTS[0] - due).days) for due, ref, _ in longest]
    assert all(owner in line for (_, _, owner), line in zip(longest, lines[1:]))


def test_visits_letters_and_deadlines_of_the_quarter(year):
    ctl = year.ctl
    ctl("visit", "add", "--kind", "monitoring", "--number", "3", "--from", "2017-05-09", "--to", "2017-05-10",
        "--letter-received-on", "2017-06-06")
    ctl("visit", "add", "--kind", "monitoring", "--number", "4", "--from", "2017-08-08", "--to", "2017-08-09",
        "--letter-received-on", "2017-09-08", "--finding", "Progress in *some* areas")
    ctl("visit", "add", "--kind", "monitoring", "--number", "5", "--from", "2017-10-30", "--to", "2017-10-31")
    ctl("deadline", "add", "Late return", "--due", "2017-08-01", "--role", "director", "--to", "Ofsted")
    late = ctl("deadline", "list", json=True)["items"][0]
    assert late["title"] == "Late return"
    ctl("deadline", "submit", str(late["id"]), "--on", "2017-08-10")
    ctl("deadline", "add", "Unsent return", "--due", "2017-08-15", "--role", "director")
    year.advance("2017-09-01T08:00:00Z")
    draft = draft_of(sent_to(year, CHAIR)[0])
    assert draft["Visits and letters"] == [
        "- Monitoring visit 3, 9 May 2017 to 10 May 2017; letter received 6 Jun 2017",
        "- Monitoring visit 4, 8 Aug 2017 to 9 Aug 2017; letter not received: Progress in *some* areas"]
    assert draft["Deadlines met"] == ["- Late return, to Ofsted: due 1 Aug 2017, sent late, on 10 Aug 2017"]
    assert draft["Deadlines missed"] == ["- Unsent return: due 15 Aug 2017, not recorded as sent"]
    assert draft["Deadlines to come, until 30 Nov 2017"] == [
        f"- {REPORT}, to Secretary of State: due 1 Oct 2017, send by Fri 29 Sep 2017"]
    assert draft["Visits and letters expected"] == [
        "- Letter after the visit of 9 Aug 2017: expected 1 Sep 2017 to 21 Sep 2017, not received",
        "- Monitoring visit 5: 30 Oct 2017 to 31 Oct 2017",
        "- Letter after the visit of 31 Oct 2017: expected 22 Nov 2017 to 12 Dec 2017, not received"]
    # the same as JSON, and as Markdown, which is what the mail holds
    report = ctl("report", "chair", "--as-at", "2017-08-31", json=True)
    assert [d["title"] for d in report["met"]] == ["Late return"] and report["met"][0]["late"] is True
    assert [d["title"] for d in report["missed"]] == ["Unsent return"]
    assert [(v["title"], v["booked"]) for v in report["expected"]] == [
        ("Letter after the visit of 9 Aug 2017", False), ("Monitoring visit 5", True),
        ("Letter after the visit of 31 Oct 2017", False)]


# -- the mail --------------------------------------------------------------------------------------


def test_until_it_is_submitted_every_mail_says_so(year):
    year.advance("2017-10-03T12:00:00Z")
    mails = [m for address in (CHAIR, DIRECTOR, OFFICE) for m in told(year, address)
             if REPORT in str(m["Subject"])]
    assert len(mails) == 3 * (5 + 1)
    for m in mails:
        assert "Not recorded as sent." in read(m) and MISSED in " ".join(read(m).split())
        assert len(m["To"].addresses) == 1
    assert len({m["Message-ID"] for m in mails}) == len(mails)
    first = year.ctl("deadline", "list", json=True)["items"][0]
    year.ctl("deadline", "submit", str(first["id"]), "--on", "2017-10-03", "--evidence", "Report=https://x.example/1")
    year.advance("2017-11-30T12:00:00Z")
    assert len([m for address in (CHAIR, DIRECTOR, OFFICE) for m in told(year, address)
                if REPORT in str(m["Subject"])]) == len(mails)


def test_copies_have_no_draft_and_go_to_both(year):
    year.advance("2017-09-01T08:00:00Z")
    for address in (DIRECTOR, OFFICE):
        (copy,) = [m for m in sent_to(year, address) if REPORT in str(m["Subject"])]
        assert str(copy["Subject"]).startswith("Copy: ") and copy["Reply-To"] is None
        assert "Draft of the report" not in read(copy) and "Red" not in read(copy)


def test_the_reply_goes_where_there_is_somebody(bromley):
    bromley.write_config({"mail": {"reply_to": "csi@bromley.example"}})
    bromley.ctl("reload")
    bromley.ctl("role", "assign", "improvement-board-chair", "--name", "Ann Chair", "--email", CHAIR, "--from",
                "2017-01-01")
    insert(bromley, *quarters())
    bromley.advance("2017-09-01T08:00:00Z")
    bromley.ctl("role", "assign", "programme-office", "--name", "Office", "--email", OFFICE, "--from", "2017-09-02")
    bromley.advance("2017-09-15T08:00:00Z")
    assert [m["Reply-To"] for m in sent_to(bromley, CHAIR)] == ["csi@bromley.example", OFFICE]


def test_the_mail_is_what_mail_should_be(year):
    """7-bit, lines of at most 78, text and HTML of the same words, read by Python's parser."""
    year.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-08-08", "--finding",
             "<b>Naïve</b> — ½ of the plans “seen”, " + "and more " * 40)
    year.advance("2017-09-01T08:00:00Z")
    (mail,) = sent_to(year, CHAIR)
    assert mail.defects == [] and all(part.defects == [] for part in mail.walk())
    assert all(byte < 128 for byte in mail.raw) and b"\n" not in mail.raw.replace(b"\r\n", b"")
    head, body = mail.raw.split(b"\r\n\r\n", 1)
    assert all(len(line) <= 78 for line in body.split(b"\r\n"))
    assert all(len(line) <= 78 for line in head.split(b"\r\n") if b"@" not in line), "ids have no place to break at"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]
    html = html_of(mail)
    assert "<h1>Draft of the report</h1>" in html and "<h3>Position</h3>" in html
    assert "<li>Red: 23 (8%)</li>" in html and "<li>Amber: 142 (48%)</li>" in html
    assert "<b>" not in html and "&lt;b&gt;Naïve&lt;/b&gt;" in html
    assert html.count("<ul>") == html.count("</ul>") >= 4
    for word in ("298 of 306", "Not recorded as sent.", "Why you get this"):
        assert word in html and word in read(mail)


def test_a_draft_that_cannot_be_made_keeps_nothing_back(csid):
    """Without a plan there are no figures; the reminder goes, and the administrator hears why."""
    csid.write_config({"mail": {"administrator": "it@example.gov.uk"}})
    csid.ctl("reload")
    assign_roles(csid)
    insert(csid, *quarters())
    csid.advance("2017-09-01T08:00:00Z")
    (mail,) = sent_to(csid, CHAIR)
    text = " ".join(read(mail).split())
    assert "Send by Fri 29 Sep 2017, in 28 days" in text and "It could not be made: no plan is held yet" in text
    (trouble,) = sent_to(csid, "it@example.gov.uk")
    assert "deadline:1: the draft of its report could not be made: no plan is held yet" in " ".join(read(trouble).split())
    csid.import_plan()
    csid.advance("2017-09-15T08:00:00Z")
    assert "298 of 306 actions are due" in read(sent_to(csid, CHAIR)[1])


def test_what_had_passed_when_it_was_recorded_is_asked_once(bromley):
    assign_roles(bromley)
    bromley.ctl("inspection", "add", "--framework", "sif", "--from", "2016-04-11", "--to", "2016-05-05", "--published-on",
                "2016-06-27")
    bromley.advance("2017-09-08T12:00:00Z")
    (mail,) = [m for m in told(bromley, DIRECTOR) if "Statement of proposed action" in str(m["Subject"])]
    assert str(mail["Subject"]).startswith("Was it sent? Statement of proposed action, due Tue 4 Oct 2016")
    assert "Past when it was recorded: was it sent?" in read(mail)
    rows = {d["rule"]: d for d in bromley.ctl("deadline", "list", json=True)["items"]}
    assert rows["STMT-70"]["state"] == "overdue", "until somebody says so"
    bromley.ctl("deadline", "submit", str(rows["STMT-70"]["id"]), "--on", "2016-10-03")
    assert "STMT-70" not in {d["rule"] for d in bromley.ctl("deadline", "list", json=True)["items"]}


# -- the report and the rows ----------------------------------------------------------------------


def test_the_forms_of_the_report(year):
    report = year.ctl("report", "chair", "--as-at", "2017-08-31", json=True)
    assert (report["plan"], report["as_at"], report["since"], report["before_on"], report["until"]) == (
        "bromley-2016", "2017-08-31", "2017-06-01", "2017-05-31", "2017-11-30")
    position = year.ctl("report", "position", "--as-at", "2017-08-31", json=True)
    assert all(report[m] == position[m] for m in ("actions", "due", "due_percent", "past_due"))
    assert [(r["code"], r["count"], r["percent"]) for r in report["ratings"]] == [
        (r["code"], r["count"], r["percent"]) for r in position["ratings"]]
    assert report["exceptions"] == len(year.ctl("report", "exceptions", "--as-at", "2017-08-31", json=True)["items"])
    markdown = year.ctl("--format", "markdown", "report", "chair", "--as-at", "2017-08-31").stdout
    assert markdown.startswith("# Report of the chair of the improvement board\n") and "\n- Red: 23 (8%)\n" in markdown
    answer = year.get("/v1/plans/-/chair?as_at=2017-08-31", headers={"Accept": "text/markdown"})
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8" and answer.text == markdown
    assert "298 of 306 actions due (97%); 165 past due" in year.ctl("report", "chair", "--as-at", "2017-08-31").stdout
    # in the mail the same, one heading lower
    year.advance("2017-09-01T08:00:00Z")
    (mail,) = sent_to(year, CHAIR)
    assert [line for line in markdown.splitlines() if line.startswith("- Amber")][0] in read(mail)


def test_markdown_is_only_where_there_is_some(year):
    for path in ("/v1/deadlines", "/v1/plans/-/position", "/v1/status"):
        answer = year.get(path, headers={"Accept": "text/markdown"})
        assert answer.status == 406 and "text/csv" in answer.json()["detail"]
        assert year.get(path, headers={"Accept": "text/markdown, application/json;q=0.5"}).status == 200
    done = year.ctl("--format", "markdown", "deadline", "list", check=False)
    assert done.returncode == 2 and "markdown" in done.stderr
    before = year.ctl("clock", "show", json=True)["now"]
    for path, body in (("/v1/clock/set", {"time": "2017-09-02T06:00:00Z"}), ("/v1/roles", {"slug": "x", "title": "X"})):
        assert year.request("POST", path, body, headers={"Accept": "text/markdown"}).status == 406
    assert year.ctl("clock", "show", json=True)["now"] == before, "refused before anything is done"
    assert "x" not in [r["slug"] for r in year.ctl("role", "list", json=True)["items"]]


@pytest.mark.parametrize("words,status", [(("--as-at", "9999-12-31"), 2), (("--plan", "nowhere"), 3),
                                          (("--known-at", "soonish"), 2)])
def test_what_cannot_be_reported(year, words, status):
    done = year.ctl("report", "chair", *words, check=False)
    assert done.returncode == status and done.stderr


def test_a_figure_can_be_had_again_after_a_correction(year):
    year.ctl("visit", "add", "--kind", "peer", "--from", "2017-08-01", "--finding", "First words")
    known = year.now()
    year.advance("1h")
    year.ctl("action", "update", "1.11", "--rating", "amber", "--effective", "2017-08-31")
    year.ctl("visit", "update", "1", "--finding", "Other words")
    then = year.ctl("report", "chair", "--as-at", "2017-08-31", "--known-at", known, json=True)
    now = year.ctl("report", "chair", "--as-at", "2017-08-31", json=True)
    assert [r["count"] for r in then["ratings"]] == [23, 142, 133] and then["events"][0]["finding"] == "First words"
    assert [r["count"] for r in now["ratings"]] == [22, 143, 133] and now["events"][0]["finding"] == "Other words"
    assert then["known_at"] == known and "known_at" not in now


def test_what_a_rule_says_is_shown(year):
    year.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    year.ctl("visit", "add", "--kind", "monitoring", "--expected-from", "2018-01-01", "--expected-to", "2018-01-31")
    rows = {d["title"]: d for d in year.ctl("deadline", "list", json=True)["items"]}
    window, report = rows["Next monitoring visit"], rows[REPORT]
    assert (window["rule"], window["about"], window["opens_on"], window["due_on"], window["send_by"]) == (
        "MV-NEXT", "visit:1", "2018-01-01", "2018-01-31", None)
    assert window["differs"] is True and report["differs"] is False and report["opens_on"] is None
    shown = year.ctl("deadline", "show", str(window["id"]), json=True)
    assert {m: shown[m] for m in ("warn_on", "computed_on", "computed_opens_on", "stated_on", "stated_opens_on",
                                  "stated_by", "reckoning", "citation", "missed", "copy_to", "data_on", "ended_why")} == {
        "warn_on": "2018-01-31", "computed_on": "2018-02-28", "computed_opens_on": "2018-01-31",
        "stated_on": "2018-01-31", "stated_opens_on": "2018-01-01", "stated_by": "visit:2",
        "reckoning": "3 to 4 months from 31 Oct 2017", "citation": shown["citation"], "missed": None,
        "copy_to": "director", "data_on": None, "ended_why": None}
    assert "an expectation, not law" in shown["citation"]
    assert shown["reminders"] == [], "windows have a check of their own"
    printed = year.ctl("deadline", "show", str(window["id"])).stdout
    assert "Stated\tMon 1 Jan 2018 to Wed 31 Jan 2018, by visit:2; differs from what is computed\n" in printed
    assert "Reckoning\t3 to 4 months from 31 Oct 2017\n" in printed
    told = year.ctl("deadline", "update", str(report["id"]), "--title", "Another title", json=True)["told"]
    assert told == ["Ann Chair (improvement-board-chair), on the days listed, and once it is overdue until "
                    "it is recorded as sent",
                    "Dee Rector (director), a copy", "Programme Office (programme-office), a copy"]
    told = year.ctl("deadline", "state", str(window["id"]), "2018-01-15", json=True)["told"]
    assert told[0] == "Dee Rector (director), if nothing is booked by Mon 15 Jan 2018"
    year.advance("2017-12-29T12:00:00Z")
    assert [m for m in year.mails() if "Next monitoring visit" in str(m["Subject"])] == []


def test_a_rows_own_ladder_and_check(year):
    insert(year, {"due_on": "2017-09-18", "title": "Committee papers", "role": "programme-office",
                  "ladder": "14 3", "check_name": "committee-publication", "copy_to": ""},
           {"due_on": "2017-09-18", "title": "Board papers", "role": "programme-office",
            "ladder": "7 0", "check_name": "board-papers", "copy_to": ""})
    year.advance("2017-09-20T12:00:00Z")
    days = lambda title: [(day_of(m), OFFICE) for m in told(year, OFFICE) if title in str(m["Subject"])]
    # 14 and 3 days before Mon 18 Sep are Mon 4 and Fri 15; overdue on the 19th
    assert days("Committee papers") == [(date(2017, 9, d), OFFICE) for d in (4, 15, 19)]
    assert days("Board papers") == [(date(2017, 9, d), OFFICE) for d in (11, 18, 19)]
    checks = {s["check"] for s in year.ctl("schedule", "list", json=True)["items"]}
    assert {"deadlines", "board-papers", "committee-publication"} <= checks
    year.write_config("schedules:\n  - {name: all, check: deadlines, cron: \"30 8 * * *\"}\n")
    year.ctl("reload")
    warnings = " ".join(w["text"] for w in year.ctl("status", json=True)["warnings"])
    assert "committee-publication" in warnings and "board-papers" not in warnings
