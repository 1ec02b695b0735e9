"""What is expected and not booked, letters that are awaited, and roles that nobody holds: who is told on which
day. Rows stand in the database before csid starts, as rules would have written them; every expectation is worked
out here on a calendar of its own."""

import contextlib
import sqlite3
from datetime import date, timedelta

from harness import text_of

CHECKS = {"schedules": [{"name": "windows", "check": "windows", "cron": "30 8 * * 1-5"},
                        {"name": "letters", "check": "letters-awaited", "cron": "30 8 * * 1-5"},
                        {"name": "vacancies", "check": "vacancies", "cron": "30 8 * * 1-5"}]}
DIRECTOR, OFFICE, LEAD, IT = "dcs@x.example", "office@x.example", "lead@x.example", "it@x.example"
START = "2018-12-03T07:00:00Z"
# England and Wales
HOLIDAYS = {date(2018, 12, 25), date(2018, 12, 26), date(2019, 1, 1), date(2019, 4, 19), date(2019, 4, 22),
            date(2019, 5, 6), date(2019, 5, 27), date(2019, 8, 26), date(2019, 12, 25), date(2019, 12, 26)}


def told_on(day):
    """A step whose day is no working day is told on the next."""
    while day.weekday() >= 5 or day in HOLIDAYS:
        day += timedelta(1)
    return day


def steps(opens, warn, until):
    """(day told, step) of a window that nothing closes, up to and with that day."""
    days = [(told_on(opens), "opens"), (told_on(warn), "warn")]
    n = 7
    while warn + timedelta(n) <= until:
        days.append((told_on(warn + timedelta(n)), f"warn+{n}"))
        n += 7
    return [(day, step) for day, step in days if day <= until]


# -- the world -----------------------------------------------------------------------------------


def write(csid, *statements):
    """Changes the database as it lies there, csid being stopped."""
    now = csid.now()
    csid.stop()
    with contextlib.closing(sqlite3.connect(csid.database)) as db, db:
        for statement, values in statements:
            db.execute(statement, values)
    csid.start(now)


def row(number, title, due, role="director", **more):
    """One row of table deadline; with opens_on it is a window."""
    values = {"id": number, "series_id": number, "step": 0, "title": title, "first_due_on": str(due), "due_on": str(due),
              "check_name": "windows" if "opens_on" in more else "deadlines",
              **{key: value if isinstance(value, int) else str(value) for key, value in more.items()}}
    marks = ", ".join("?" for _ in values)
    return (f"INSERT INTO deadline ({', '.join(values)}, role_id) VALUES ({marks}, "
            "(SELECT id FROM role WHERE slug = ?))", (*values.values(), role))


def change(number, **values):
    places = ", ".join(f"{key} = ?" for key in values)
    return f"UPDATE deadline SET {places} WHERE id = ?", (*map(str, values.values()), number)


def first_visit(number=1, **more):
    """Bradford's: published on 29 October 2018, told "January"."""
    return row(number, "First monitoring visit", date(2019, 1, 31),
               **{"opens_on": date(2019, 1, 1), "rule": "MV-FIRST", "about": "inspection:1", **more})


def assign(csid, slug, email, *, start="2018-01-01"):
    csid.ctl("role", "assign", slug, "--name", f"The {slug}", "--email", email, "--from", start)


def staffed(new_csid, config=None, office=OFFICE):
    csid = new_csid(clock=START, config={**CHECKS, **(config or {})})
    assign(csid, "director", DIRECTOR)
    assign(csid, "programme-office", office)
    return csid


def sent_to(csid, address):
    return [m for m in csid.mails() if address in str(m["To"])]


def day_of(mail):
    return mail["Date"].datetime.date()


def days_to(csid, address):
    return [day_of(m) for m in sent_to(csid, address)]


def reference(mail):
    return [line for line in text_of(mail).splitlines() if line.startswith("Reference: ")][0].split(" (csid")[0]


def flat(mail):
    return " ".join(text_of(mail).split())


def noon(day):
    return f"{day}T12:00:00Z"


def warnings(csid):
    return [w["text"] for w in csid.ctl("status", json=True)["warnings"]]


# -- windows -------------------------------------------------------------------------------------


def test_a_window_from_its_opening_until_it_is_booked(new_csid):
    csid = staffed(new_csid)
    write(csid, first_visit())
    csid.advance(noon(date(2019, 5, 1)))
    expected = steps(date(2019, 1, 1), date(2019, 1, 31), date(2019, 5, 1))
    assert [day for day, _ in expected][:3] == [date(2019, 1, 2), date(2019, 1, 31), date(2019, 2, 7)]
    for address in (DIRECTOR, OFFICE):
        mails = sent_to(csid, address)
        assert [(day_of(m), reference(m)) for m in mails] == [
            (day, f"Reference: deadline:1 {step}") for day, step in expected]
        opens, warn, late = flat(mails[0]), flat(mails[1]), flat(mails[2])
        assert "For your information: First monitoring visit may come from Tue 1 Jan 2019 to Thu 31 Jan 2019" in opens
        assert "nothing is booked" in opens and "Next: again on Thu 31 Jan 2019" in opens
        assert "nothing is booked for First monitoring visit, expected by Thu 31 Jan 2019" in warn
        assert "book it, or ask Ofsted" in warn
        assert "was expected by Thu 31 Jan 2019" in late and "Next: again on Thu 14 Feb 2019" in late
        # answers go to those who can record them, and theirs to nobody else
        assert {m["Reply-To"] for m in mails} == ({OFFICE} if address == DIRECTOR else {None})
    # the visit is booked for a day to come
    write(csid, change(1, ended_on="2019-06-04", ended_why="visit:1"))
    csid.advance(noon(date(2019, 9, 1)))
    assert [day_of(m) for m in csid.mails() if day_of(m) > date(2019, 5, 1)] == []


def test_days_off_put_a_step_off(new_csid):
    """Opens on a Saturday, warns on Good Friday: six days later is the Thursday after it."""
    csid = staffed(new_csid)
    write(csid, row(1, "Next monitoring visit", date(2019, 5, 31), opens_on=date(2019, 3, 2), warn_on=date(2019, 4, 19)))
    csid.advance(noon(date(2019, 5, 28)))
    expected = steps(date(2019, 3, 2), date(2019, 4, 19), date(2019, 5, 28))
    assert [day for day, _ in expected] == [date(2019, 3, 4), date(2019, 4, 23), date(2019, 4, 26), date(2019, 5, 3),
                                            date(2019, 5, 10), date(2019, 5, 17), date(2019, 5, 24)]
    assert days_to(csid, DIRECTOR) == [day for day, _ in expected] == days_to(csid, OFFICE)


def test_how_often_nothing_is_booked_is_configured(new_csid):
    """Every 10 days instead of 7, in the mails, in a forecast of them and in what is shown of the policy."""
    csid = staffed(new_csid, config={"reminders": {"nothing_booked_days": 10}})
    write(csid, first_visit())
    foreseen = {item["at"][:10] for item in csid.ctl("forecast", "--until", "2019-03-15", json=True)["items"]}
    csid.advance(noon(date(2019, 3, 15)))
    days = days_to(csid, DIRECTOR)
    assert days == [date(2019, 1, 2), date(2019, 1, 31), date(2019, 2, 11), date(2019, 2, 20), date(2019, 3, 4),
                    date(2019, 3, 12)]
    assert {str(day) for day in days} == foreseen
    assert reference(sent_to(csid, DIRECTOR)[2]) == "Reference: deadline:1 warn+10"
    assert "Next: again on Wed 20 Feb 2019" in flat(sent_to(csid, DIRECTOR)[2])
    shown = csid.ctl("policy", "show", "deadline:1", json=True)
    assert "every 10 days (reminders.nothing_booked_days" in shown["ladder_from"] and shown["no_update_days"] is None


def test_one_mail_a_day_whatever_roles_one_holds(new_csid):
    csid = staffed(new_csid, office=DIRECTOR.upper())
    csid.ctl("role", "add", "lead", "--title", "Improvement lead")
    assign(csid, "lead", LEAD)
    opened = date(2019, 1, 7)
    windows = {1: (opened, date(2019, 2, 4)), 2: (opened, date(2019, 2, 6)), 3: (date(2019, 2, 4), date(2019, 12, 31))}
    write(csid, *(row(n, f"Window {n}", due, role="lead" if n == 3 else "director", opens_on=opens, copy_to="director")
                  for n, (opens, due) in windows.items()))
    until = date(2019, 3, 1)
    csid.advance(noon(until))
    told = {n: steps(opens, due, until) for n, (opens, due) in windows.items()}
    by_day = {}
    for n, days in told.items():
        for day, step in days:
            by_day.setdefault(day, []).append((step == "opens", n))
    mails = [m for m in csid.mails() if DIRECTOR in str(m["To"]).lower()]
    assert [day_of(m) for m in mails] == sorted(by_day)
    for mail in mails:
        text = text_of(mail)
        order = sorted(by_day[day_of(mail)])
        places = [text.index(f"- Window {n}") for _, n in order]
        assert places == sorted(places), "what presses stands first"
        assert sum(f"- Window {n}" in text for n in windows) == len(order)
        assert f"Window {order[0][1]}" in str(mail["Subject"])
    assert days_to(csid, LEAD) == [day for day, _ in told[3]], "and the lead hears of that one alone"


def test_restarts_and_downtime_repeat_nothing(new_csid):
    csid = staffed(new_csid)
    write(csid, first_visit())
    csid.advance(noon(date(2019, 1, 2)))
    for again in range(3):
        csid.restart()
        csid.ctl("schedule", "run", "windows")
        csid.advance("1h")
    csid.ctl("clock", "set", "2019-01-02T07:00:00Z")
    csid.advance("3h")
    csid.kill()
    csid.start("2019-01-02T08:29:59Z")
    csid.advance("2h")
    assert days_to(csid, DIRECTOR) == [date(2019, 1, 2)]
    # down over the warning and three weeks more
    csid.stop()
    csid.start("2019-02-22T18:00:00Z")
    csid.advance("1h")
    csid.restart()
    csid.advance(noon(date(2019, 3, 1)))
    assert days_to(csid, DIRECTOR) == [date(2019, 1, 2), date(2019, 2, 22), date(2019, 2, 28)]
    assert csid.sql("SELECT step, reason FROM notice WHERE message_id IS NULL AND role = 'director' ORDER BY id") == [
        (step, "collapsed into warn+21") for step in ("warn", "warn+7", "warn+14")]
    assert csid.sql("SELECT count(*) FROM notice WHERE message_id IS NULL AND channel = 'none'") == [(0,)]


def test_a_changed_window_is_told_anew(new_csid):
    csid = staffed(new_csid)
    write(csid, first_visit())
    csid.advance(noon(date(2019, 1, 8)))
    write(csid, change(1, due_on="2019-02-15"))
    csid.advance(noon(date(2019, 2, 22)))
    assert days_to(csid, OFFICE) == [date(2019, 1, 2), date(2019, 1, 9), date(2019, 2, 15), date(2019, 2, 22)]
    assert "to Fri 15 Feb 2019" in flat(sent_to(csid, OFFICE)[1])


# -- letters -------------------------------------------------------------------------------------


def test_a_letter_is_asked_for_until_it_is_recorded(new_csid):
    csid = staffed(new_csid)
    for _ in range(3):
        csid.ctl("visit", "add", "--kind", "peer", "--from", "2018-12-03")
    opens, due = date(2019, 2, 22), date(2019, 3, 14)
    write(csid, row(1, "Letter after the visit of 31 Jan 2019", due, opens_on=opens, check_name="letters-awaited",
                    about="visit:3"))
    csid.advance(noon(date(2019, 4, 1)))
    expected = steps(opens, due, date(2019, 4, 1))
    for address in (DIRECTOR, OFFICE):
        mails = sent_to(csid, address)
        assert [(day_of(m), reference(m)) for m in mails] == [
            (day, f"Reference: deadline:1 {step}") for day, step in expected]
        for mail in mails[1:]:
            assert ("Has it come? Letter after the visit of 31 Jan 2019 was expected between Fri 22 Feb 2019 and Thu "
                    "14 Mar 2019.") in flat(mail)
    # the mail says what to type, and that can be typed
    typed = flat(mails[1]).split("To record it: csictl ")[1].split(" When")[0].replace("DATE", "2019-01-31").split()
    assert typed[:3] == ["visit", "update", "3"]
    assert csid.ctl(*typed, json=True)["letter_received_on"] == "2019-01-31"
    write(csid, change(1, ended_on="2019-04-01", ended_why="visit:3"))
    csid.advance(noon(date(2019, 6, 1)))
    assert len(sent_to(csid, DIRECTOR)) == len(expected)


# -- vacant roles --------------------------------------------------------------------------------


def test_a_vacant_role_is_told_weekly_until_somebody_is_assigned(new_csid):
    csid = staffed(new_csid)
    csid.ctl("role", "add", "lead", "--title", "Improvement lead")
    csid.ctl("role", "add", "head", "--title", "Head of Care")
    write(csid, row(1, "Annual return", date(2019, 6, 30), role="lead"))
    csid.advance(noon(date(2018, 12, 12)))
    weekly = [date(2018, 12, 3), date(2018, 12, 10)]
    assert days_to(csid, DIRECTOR) == weekly == days_to(csid, OFFICE)
    # another obligation, of another role, due before the first: said at the next run, and it stands first
    write(csid, row(2, "Chair's report", date(2019, 1, 1), role="improvement-board-chair"),
          row(3, "First monitoring visit", date(2019, 7, 31), opens_on=date(2019, 6, 1), copy_to="head"))
    csid.advance(noon(date(2019, 1, 8)))
    joined = date(2018, 12, 13)
    weekly += [joined + timedelta(7 * n) for n in range(4)]
    # the Thursdays after: none falls on a week-end, and the check runs on holidays too
    assert days_to(csid, DIRECTOR) == weekly == days_to(csid, OFFICE)
    last = sent_to(csid, OFFICE)[-1]
    text, lines = flat(last), text_of(last)
    assert str(last["Subject"]) == "3 roles reach nobody, first: Chair of the improvement board"
    places = [text.index(words) for words in (
        "- Chair of the improvement board: nobody holds it - Chair's report: due Tue 1 Jan 2019",
        "csictl role assign improvement-board-chair --name NAME --email ADDRESS",
        "- Improvement lead: nobody holds it - Annual return: due Sun 30 Jun 2019",
        "csictl role assign lead --name NAME --email ADDRESS",
        "- Head of Care: nobody holds it - First monitoring visit: expected by Wed 31 Jul 2019",
        "csictl role assign head --name NAME --email ADDRESS")]
    assert places == sorted(places), "soonest first"
    # what it says to type ends it, role by role
    for slug in ("improvement-board-chair", "lead", "head"):
        (typed,) = [line.strip(" -").split()[1:] for line in lines.splitlines() if f"role assign {slug} " in line]
        csid.ctl(*(word.replace("NAME", "Ann Lead").replace("ADDRESS", LEAD) for word in typed))
    csid.advance(noon(date(2019, 5, 31)))
    assert [m for m in csid.mails() if day_of(m) > date(2019, 1, 8)] == []


def test_a_role_that_empties_again_is_told_again(new_csid):
    csid = staffed(new_csid)
    write(csid, row(1, "Chair's report", date(2019, 10, 1), role="improvement-board-chair"))
    csid.advance(noon(date(2018, 12, 3)))
    csid.ctl("role", "assign", "improvement-board-chair", "--name", "Ann Chair", "--email", LEAD, "--from", "2018-12-04",
             "--to", "2019-01-15")
    csid.advance(noon(date(2019, 1, 25)))
    assert days_to(csid, OFFICE) == [date(2018, 12, 3), date(2019, 1, 16), date(2019, 1, 23)]


def test_owners_of_pressing_actions_who_reach_nobody(new_csid, folder):
    plan = folder / "plan.csv"
    plan.write_text("ref,priority,priority_title,action,owner,owner_email,due,rating,status\n"
                    "1.1,1,Care,Audit,Head of Care,,2018-12-01,amber,in progress\n"
                    "1.2,1,Care,Review,Head of Care,,2018-12-31,amber,in progress\n"
                    "1.3,1,Care,Later,Head of Homes,,2019-01-01,amber,in progress\n"
                    "1.4,1,Care,Done,Head of Courts,,2018-12-01,green,complete\n"
                    "1.5,1,Care,Told,Head of Law,law@x.example,2018-12-01,red,in progress\n", encoding="utf-8")
    csid = staffed(new_csid)
    csid.ctl("plan", "import", plan, "--as-at", "2018-12-01")
    csid.advance(noon(date(2018, 12, 3)))
    (mail,) = sent_to(csid, OFFICE)
    assert "Head of Care: nobody holds it - 2 actions, the first due Sat 1 Dec 2018" in flat(mail)
    assert not any(owner in flat(mail) for owner in ("Homes", "Courts", "Law"))
    assert any("1 role owns actions overdue or due within 28 days and reaches nobody, first head-of-care" in w
               for w in warnings(csid))
    csid.advance(noon(date(2018, 12, 4)))
    assert "Head of Homes: nobody holds it - 1 action, due Tue 1 Jan 2019" in flat(sent_to(csid, OFFICE)[1])


def test_one_person_for_both_and_the_administrator_where_there_is_neither(new_csid):
    csid = new_csid(clock=START, config={**CHECKS, "mail": {"administrator": IT}})
    write(csid, row(1, "Chair's report", date(2019, 10, 1), role="improvement-board-chair"))
    csid.advance(noon(date(2018, 12, 11)))
    (first, second) = sent_to(csid, IT)
    assert (day_of(first), day_of(second)) == (date(2018, 12, 3), date(2018, 12, 10))
    assert "nobody holds the role Chair of the improvement board; it owes Chair's report" in flat(first)
    assert len(csid.mails()) == 2
    for slug in ("director", "programme-office"):
        assign(csid, slug, DIRECTOR)
    csid.advance(noon(date(2018, 12, 14)))
    assert days_to(csid, DIRECTOR) == [date(2018, 12, 12)], "at once, now that somebody can be told; one mail for both"
    assert len(csid.mails()) == 3


# -- webhooks ------------------------------------------------------------------------------------


def test_endpoints_hear_of_both(new_csid, receiver, folder):
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    csid = staffed(new_csid, {"webhooks": [{"name": "board", "url": receiver.url, "allow": ["127.0.0.0/8"],
                                            "secret_file": str(folder / "secret"),
                                            "events": ["csi.window.open", "csi.role.vacant"]}]})
    write(csid, first_visit(copy_to="director improvement-board-chair"))
    csid.advance(noon(date(2019, 1, 2)))
    calls = [request.json() for request in receiver.requests]
    vacant = [call for call in calls if call["type"] == "csi.role.vacant"]
    assert [call["data"]["as_at"] for call in vacant] == [str(date(2018, 12, 3) + timedelta(7 * n)) for n in range(5)]
    assert vacant[0]["data"]["items"] == [{
        "role": "improvement-board-chair", "title": "Chair of the improvement board", "holder": None,
        "first_on": "2019-01-31", "actions": 0, "duties": [
            {"about": "deadline:1", "title": "First monitoring visit", "due_on": "2019-01-31", "window": True}]}]
    (opened,) = [call for call in calls if call["type"] == "csi.window.open"]
    assert opened["data"]["items"] == [{
        "id": 1, "title": "First monitoring visit", "rule": "MV-FIRST", "about": "inspection:1", "role": "director",
        "opens_on": "2019-01-01", "due_on": "2019-01-31", "step": "opens"}]


# -- status --------------------------------------------------------------------------------------


def test_status_warns_of_whatever_hangs_in_the_air(new_csid):
    csid = staffed(new_csid)
    csid.ctl("role", "add", "lead", "--title", "Improvement lead")
    quiet = warnings(csid)
    write(csid, first_visit(1, warn_on="2019-01-14"),
          row(2, "Letter", date(2019, 1, 14), opens_on=date(2019, 1, 2), check_name="letters-awaited", about="visit:1"),
          row(3, "Statement of action", date(2019, 2, 4), role="lead", stated_on="2019-02-04", computed_on="2019-02-07"),
          row(4, "Return", date(2019, 3, 1), role="lead"),
          row(5, "Acknowledged", date(2019, 2, 4), stated_on="2019-02-04", computed_on="2019-02-07", difference_seen=1),
          row(6, "Ended", date(2018, 2, 4), stated_on="2018-02-04", computed_on="2018-02-07", ended_on="2018-01-01"))
    lead = ("nobody holds the role Improvement lead; it owes Statement of action, due Mon 4 Feb 2019, and 1 more: "
            "csictl role assign lead --name NAME --email ADDRESS")
    differs = "deadline 3: stated Mon 4 Feb 2019, the rule says Thu 7 Feb 2019: csictl deadline ack 3"
    assert set(warnings(csid)) - set(quiet) == {lead, differs}
    csid.advance(noon(date(2019, 1, 14)))
    assert {"deadline 1: nothing is booked for First monitoring visit, expected by Thu 31 Jan 2019",
            "deadline 2: not recorded as received: Letter, expected by Mon 14 Jan 2019"} <= set(warnings(csid))
    # a window that was told for another month than the rule's; closed, it is spoken of no more
    write(csid, change(1, computed_opens_on="2019-01-29", computed_on="2019-07-29", stated_opens_on="2019-01-01",
                       stated_on="2019-01-31"),
          change(2, ended_on="2019-01-14"))
    now = warnings(csid)
    assert ("deadline 1: stated Tue 1 Jan 2019 to Thu 31 Jan 2019, the rule says Tue 29 Jan 2019 to Mon 29 Jul 2019: "
            "csictl deadline ack 1") in now
    assert not any(w.startswith("deadline 2") for w in now)
    assign(csid, "lead", LEAD)
    assert not any("Improvement lead" in w for w in warnings(csid))
    # the roles that csid addresses are warned of as before, whatever they owe
    chair = "nobody holds improvement-board-chair: csictl role assign improvement-board-chair --name NAME --email ADDRESS"
    assert chair in quiet and [w for w in now if "holds improvement-board-chair" in w] == [chair]
