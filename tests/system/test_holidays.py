"""Bank holidays: the lists there are, taking in GOV.UK's own file, and the deadlines that move with it."""

import contextlib
import json
import sqlite3
from collections import defaultdict

import pytest
from harness import BROMLEY_2016, TOP, me, text_of
from test_reminders import CHAIR, DIRECTOR, OFFICE, REPORT, add_report, assign_roles, sent_to

EW, SCOTLAND, NI = "england-and-wales", "scotland", "northern-ireland"
MAY = "Early May bank holiday"


def listed():
    """Division → day → name, of the list built in."""
    lists = defaultdict(dict)
    for line in (TOP / "etc/bank-holidays.csv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "division,")):
            division, day, name = line.split(",", 2)
            lists[division][day] = name
    return lists


def govuk(days, division=EW, since="2017", until="2028"):
    """Days and names as GOV.UK publishes them: curly apostrophes, and substitute days in the notes."""
    events = [{"title": name.replace(" (substitute day)", "").replace("'", "\u2019"), "date": day,
               "notes": "Substitute day" if "(substitute day)" in name else "", "bunting": True}
              for day, name in sorted(days.items()) if since <= day[:4] <= until]
    return {division: {"division": division, "events": events}}


def changed(drop=(), add=None, division=EW, **years):
    """The list built in, without some days and with others, as GOV.UK's file."""
    days = {day: name for day, name in listed()[division].items() if day not in drop}
    return govuk({**days, **(add or {})}, division, **years)


def load(csid, content, *args, check=True, as_json=True):
    """`holidays import` of it: its answer."""
    text = content if isinstance(content, (str, bytes)) else json.dumps(content, ensure_ascii=False)
    path = csid.folder / "bank-holidays.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return csid.ctl("holidays", "import", path, *args, json=as_json and check, check=check)


def items(answer):
    return [(i["change"], i["was"], i["is"], i["name"]) for i in answer["items"]]


def working_day(csid, day, *args):
    return csid.ctl("date", day, *args, json=True)["working_day"]


def reports(csid):
    return {d["due_on"]: d["send_by"] for d in csid.ctl("deadline", "list", json=True)["items"]}


# -- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("division", [EW, SCOTLAND, NI])
def test_the_list_built_in(csid, division):
    rows = csid.ctl("holidays", "list", "--division", division, json=True)["items"]
    assert {r["date"]: r["name"] for r in rows} == listed()[division]
    assert {(r["division"], r["source"]) for r in rows} == {(division, "built in")}
    (june,) = [r["date"] for r in csid.ctl("holidays", "list", "--year", "2040", "--division", division,
                                           json=True)["items"] if r["name"].startswith("Christmas")]
    assert june == "2040-12-25"


def test_years_and_divisions(csid):
    beyond = csid.ctl("holidays", "list", "--year", "2033", json=True)["items"]
    assert {r["source"] for r in beyond} == {"by rule"} and len(beyond) == 8
    assert ("2033-12-27", "Christmas Day (substitute day)") in {(r["date"], r["name"]) for r in beyond}
    assert csid.ctl("holidays", "list", "--division", "wales", check=False).returncode == 2
    assert csid.ctl("holidays", "list", "--year", "0", check=False).returncode == 2
    assert csid.ctl("holidays", "list", "--year", "99999", check=False).returncode == 2
    assert csid.get("/v1/holidays?year=2017&format=csv").text.startswith("date,weekday,name,division,source\r\n")


def test_dates_of_a_division(csid):
    assert working_day(csid, "2017-11-30") == "yes"
    assert working_day(csid, "2017-11-30", "--division", SCOTLAND) == "St Andrew's Day"
    assert csid.ctl("date", "2017-11-29", "+1wd", "--division", SCOTLAND, json=True)["date"] == "2017-12-01"
    assert csid.ctl("date", "third fri of sep 2017", json=True)["date"] == "2017-09-15"
    assert csid.ctl("date", "2017-09-15", "--division", "kent", check=False).returncode == 2
    assert "2028" in csid.ctl("date", "2040-12-25", json=True)["notes"][0]
    assert "2009" in csid.ctl("date", "2009-12-25", json=True)["notes"][0]
    assert "notes" not in csid.ctl("date", "2028-12-25", json=True)


def test_the_division_of_the_configuration(new_csid):
    csid = new_csid(config={"division": SCOTLAND})
    assert working_day(csid, "2017-11-30") == "St Andrew's Day"
    assert working_day(csid, "2017-11-30", "--division", EW) == "yes"
    csid.write_config({"division": NI})
    csid.ctl("reload")
    assert working_day(csid, "2017-07-12").startswith("Battle of the Boyne")
    csid.write_config({"division": "wales"})
    assert csid.ctl("reload", check=False).returncode != 0
    assert working_day(csid, "2017-07-12").startswith("Battle of the Boyne")


# -- taking in a list ----------------------------------------------------------------------------


def test_what_is_there_already_changes_nothing(csid):
    for division in (EW, SCOTLAND, NI):
        assert load(csid, govuk(listed()[division], division))["items"] == []
    rows = len(csid.ctl("journal", "list", json=True)["items"])
    assert load(csid, govuk(listed()[EW]))["items"] == []
    assert len(csid.ctl("journal", "list", json=True)["items"]) == rows
    days = {r["date"]: (r["name"], r["source"]) for r in csid.ctl("holidays", "list", json=True)["items"]}
    assert {day: name for day, (name, _) in days.items()} == listed()[EW]
    assert days["2012-06-05"][1] == "built in" and days["2017-12-25"][1] == "imported"


def test_a_day_moved_and_moved_back(csid):
    """In 2020 the early May day was moved to the 8th."""
    back = changed(["2020-05-08"], {"2020-05-04": MAY})
    dry = load(csid, back, "--dry-run")
    assert dry["dry_run"] and [i[:3] for i in items(dry)] == [("moved", "2020-05-08", "2020-05-04")]
    assert working_day(csid, "2020-05-04") == "yes" and csid.sql("SELECT count(*) FROM holiday") == [(0,)]
    assert items(load(csid, back)) == items(dry)
    assert working_day(csid, "2020-05-04") == MAY and working_day(csid, "2020-05-08") == "yes"
    again = load(csid, changed())
    assert [i[:3] for i in items(again)] == [("moved", "2020-05-04", "2020-05-08")]
    assert working_day(csid, "2020-05-08").startswith(MAY) and working_day(csid, "2020-05-04") == "yes"
    rows = csid.sql("SELECT before, after FROM journal WHERE what = ? ORDER BY seq", f"holidays.import {EW}")
    assert [b is None for b, _ in rows] == [True, False] and rows[1][0] == rows[0][1]
    assert "2020-05-04" in json.loads(rows[1][0]) and "2020-05-08" in json.loads(rows[1][1])
    assert csid.ctl("journal", "verify").returncode == 0


def test_added_dropped_and_renamed(csid):
    answer = load(csid, changed(["2018-08-27"], {"2018-03-01": "St David's Day", "2018-12-25": "Christmas"}))
    assert set(items(answer)) == {("added", None, "2018-03-01", "St David's Day"),
                                  ("dropped", "2018-08-27", None, "Summer bank holiday"),
                                  ("renamed", "2018-12-25", "2018-12-25", "Christmas")}
    shown = load(csid, changed(), "--dry-run", as_json=False, check=False)
    assert shown.returncode == 0 and "St David's Day" in shown.stdout and "dropped" in shown.stdout


def test_only_the_years_of_the_file_are_replaced(csid):
    load(csid, changed(["2019-12-26"], since="2019", until="2019"))
    assert working_day(csid, "2019-12-26") == "yes"
    assert working_day(csid, "2012-06-05") == "Queen's Diamond Jubilee"
    load(csid, changed(["2035-01-01"], {"2035-12-25": "Christmas Day"}, since="2035", until="2035"))
    assert working_day(csid, "2019-12-26") == "yes", "what was imported before stays"
    assert working_day(csid, "2035-12-26") == "yes" and working_day(csid, "2034-12-26") == "Boxing Day"


def test_it_holds_after_restart_and_reload(csid):
    load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    assert working_day(csid, "2017-09-29") == "Day of thanks"
    csid.ctl("reload")
    assert working_day(csid, "2017-09-29") == "Day of thanks"
    csid.restart()
    assert working_day(csid, "2017-09-29") == "Day of thanks"
    csid.kill()
    csid.start("2017-09-01T06:00:00Z")
    assert csid.ctl("date", "2017-09-28", "+1wd", json=True)["date"] == "2017-10-02"


def test_a_worker_goes_by_it_too(new_csid):
    csid = new_csid(clock="2017-10-02T06:00:00Z")
    load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    csid.ctl("plan", "import", BROMLEY_2016, "--as-at=-1wd")
    assert csid.sql("SELECT DISTINCT effective_on FROM entry") == [("2017-09-28",)]


def test_the_file_of_the_configuration_wins(new_csid, folder):
    file = folder / "own.csv"
    file.write_text(f"{EW},2017-09-27,Own day\n{EW},2017-12-25,Christmas\n", encoding="utf-8")
    csid = new_csid()
    assign_roles(csid)
    add_report(csid)
    load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    (first,) = {s for (s,) in csid.sql("SELECT subject FROM message WHERE recipient = ?", CHAIR)}
    csid.write_config({"bank_holidays": str(file)})
    csid.ctl("reload")
    assert [s for (s,) in csid.sql("SELECT subject FROM message WHERE recipient = ? ORDER BY id", CHAIR)] == [
        first, f"{REPORT}: now send by Fri 29 Sep 2017"]
    told = len(csid.sql("SELECT id FROM message"))
    assert working_day(csid, "2017-09-27") == "Own day" and working_day(csid, "2017-09-29") == "yes"
    assert {r["source"] for r in csid.ctl("holidays", "list", json=True)["items"]} == {"configuration"}
    answer = load(csid, changed())
    assert str(file) in answer["notes"][0] and answer["deadlines"] == []
    assert len(csid.sql("SELECT id FROM message")) == told
    assert working_day(csid, "2017-11-30", "--division", SCOTLAND) == "St Andrew's Day", "which it does not list"
    csid.write_config()
    csid.ctl("reload")
    assert working_day(csid, "2017-09-29") == "yes" and reports(csid)["2017-10-01"] == "2017-09-29"


# -- deadlines -----------------------------------------------------------------------------------


def test_a_day_off_moves_the_chairs_report_and_says_so_once(csid):
    assign_roles(csid)
    add_report(csid)
    thanks = changed([], {"2017-09-29": "Day of thanks"})
    dry = load(csid, thanks, "--dry-run")
    assert csid.sql("SELECT count(*) FROM message") == [(0,)]
    answer = load(csid, thanks)
    assert answer["deadlines"] == dry["deadlines"] and answer["told"] == dry["told"]
    first = answer["deadlines"][0]
    assert first["text"] == f"{REPORT}: send by Fri 29 Sep 2017 → Thu 28 Sep 2017"
    moved = {d["what"]: (d["was"], d["is"]) for d in answer["deadlines"]}
    assert moved == {"send by": ("2017-09-29", "2017-09-28"), "reminder T-28": ("2017-09-01", "2017-08-31"),
                     "reminder T-14": ("2017-09-15", "2017-09-14"),
                     "reminder T-7": ("2017-09-22", "2017-09-21"), "reminder T-1": ("2017-09-28", "2017-09-27")}
    assert [t.split(" (")[0] for t in answer["told"]] == ["Ann Chair", "Dee Rector"]
    assert reports(csid)["2017-10-01"] == "2017-09-28"
    assert load(csid, thanks)["deadlines"] == []
    csid.restart()
    load(csid, thanks)
    csid.advance("1h")
    (to_chair,), (to_director,) = sent_to(csid, CHAIR), sent_to(csid, DIRECTOR)
    assert "28 Sep 2017" in str(to_chair["Subject"]) and str(to_director["Subject"]).startswith("Copy: ")
    for mail in (to_chair, to_director):
        text = " ".join(text_of(mail).split())
        assert REPORT in text and "Day of thanks: Fri 29 Sep 2017 is now a holiday" in text
        assert "send by Fri 29 Sep 2017 → Thu 28 Sep 2017" in text
    assert csid.sql("SELECT DISTINCT event, rule, about FROM notice WHERE channel = 'mail'") == [
        ("csi.deadline.moved", "holidays", "deadline:1")]


def test_what_a_rule_counts_in_working_days_moves_and_is_said(csid):
    assign_roles(csid)
    csid.advance("2018-11-01T12:00:00Z")
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-17", "--to", "2018-09-28", "--received-on",
             "2018-10-24")
    statement = lambda: next(d for d in csid.ctl("deadline", "list", "--all", json=True)["items"] if d["rule"] == "STMT-70")
    assert statement()["due_on"] == "2019-02-04"
    before = len(sent_to(csid, DIRECTOR))
    answer = load(csid, changed([], {"2018-12-27": "Day of thanks"}))
    moved = [(d["title"], d["was"], d["is"]) for d in answer["deadlines"] if d["what"] == "send by"]
    assert ("Statement of proposed action", "2019-02-04", "2019-02-05") in moved
    assert statement()["due_on"] == "2019-02-05"
    csid.advance("1h")
    (mail,) = sent_to(csid, DIRECTOR)[before:]
    text = " ".join(text_of(mail).split())
    assert "Day of thanks: Thu 27 Dec 2018 is now a holiday" in text
    assert "send by Mon 4 Feb 2019 → Tue 5 Feb 2019" in text
    load(csid, changed())
    assert statement()["due_on"] == "2019-02-04"


def test_windows_move_and_those_who_await_are_told(csid):
    """A letter is expected from 16 to 30 working days after the visit: 22 November to 12 December 2017."""
    assign_roles(csid)
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    title = "Letter after the visit of 31 Oct 2017"

    def told(*days):
        before = {who: len(sent_to(csid, who)) for who in (DIRECTOR, OFFICE, CHAIR)}
        answer = load(csid, changed([], {day: "Day of thanks" for day in days}))
        csid.advance("1m")
        mails = {who: sent_to(csid, who)[count:] for who, count in before.items()}
        assert mails.pop(CHAIR) == []
        (mine,), (theirs,) = mails[DIRECTOR], mails[OFFICE]
        assert not mine["Subject"].startswith("Copy") and theirs["Subject"].startswith("Copy: ")
        assert answer["told"] == ["Dee Rector (director)", "Programme Office (programme-office)"]
        assert all(d["title"] == title for d in answer["deadlines"])
        return {d["what"]: (d["was"], d["is"]) for d in answer["deadlines"]}, mine, text_of(theirs)

    moved, mine, theirs = told("2017-12-05")
    assert moved == {"expected by": ("2017-12-12", "2017-12-13")}
    assert mine["Subject"] == f"{title}: now expected by Wed 13 Dec 2017"
    text = " ".join(text_of(mine).split())
    assert f"Expected by Wed 13 Dec 2017, no longer by Tue 12 Dec 2017: {title}" in text
    assert "which hears of it" in text and "Next: a reminder on Wed 22 Nov 2017, unless it is recorded before." in text
    assert "awaited by Director of Children's Services" in " ".join(theirs.split())
    moved, mine, _ = told("2017-11-20")
    assert moved == {"expected from": ("2017-11-22", "2017-11-23")}
    assert mine["Subject"] == f"{title}: expected by Wed 13 Dec 2017 as before, its first day moves"
    moved, mine, _ = told()
    assert moved == {"expected by": ("2017-12-13", "2017-12-12"), "expected from": ("2017-11-23", "2017-11-22")}
    csid.advance("2017-11-24T12:00:00Z")
    csid.ctl("visit", "update", "1", "--letter-received-on", "2017-11-23")
    assert load(csid, changed([], {"2017-12-05": "Day of thanks"}))["deadlines"] == [], "nothing is expected any more"


def as_csv(days):
    return "".join(f"{EW},{day},{name}\n" for day, name in sorted(days.items()))


@pytest.mark.parametrize("again", ["reload", "restart"])
def test_a_list_that_changes_outside_is_said_like_an_import(new_csid, folder, again):
    """An edited file that the configuration names; a newer csid that brings another list is no other thing."""
    path = folder / "days.csv"
    path.write_text(as_csv(listed()[EW]))
    csid = new_csid(config={"bank_holidays": str(path)})
    assign_roles(csid)
    add_report(csid)
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")

    def turn():
        csid.forget_notified()
        csid.ctl("reload") if again == "reload" else csid.restart()
        csid.advance("1m")
        return csid.sql("SELECT recipient, subject FROM message WHERE event = 'csi.deadline.moved' ORDER BY id")

    assert turn() == []
    path.write_text(as_csv({**listed()[EW], "2017-09-29": "Day of thanks", "2017-12-05": "Day of rest"}))
    told = turn()
    assert {who for who, _ in told} == {CHAIR, DIRECTOR, OFFICE}
    assert (CHAIR, f"{REPORT}: now send by Thu 28 Sep 2017") in told
    assert (OFFICE, "Copy: Letter after the visit of 31 Oct 2017: now expected by Wed 13 Dec 2017") in told
    text = " ".join(text_of(sent_to(csid, CHAIR)[-1]).split())
    assert "Day of thanks: Fri 29 Sep 2017 is now a holiday" in text and "Day of rest" in text
    assert turn() == told, "once for one change"
    path.write_text(as_csv(listed()[EW]))
    back = turn()
    assert len(back) == 2 * len(told) and (CHAIR, f"{REPORT}: now send by Fri 29 Sep 2017") in back


def test_a_list_remembered_that_is_none_is_forgotten(csid):
    assign_roles(csid)
    add_report(csid)
    for text in ("", "# \n", "# nowhere\nnowhere,2017-01-01,X\n", f"# {EW}\n{EW},2017-02-30,X\n", "\0" * 9, "x" * 9999):
        now = csid.now()
        csid.stop()
        with contextlib.closing(sqlite3.connect(csid.database)) as db, db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'holidays'", (text,))
        csid.start(now)
        csid.advance("1m")
        assert csid.sql("SELECT value FROM meta WHERE key = 'holidays'")[0][0].startswith(f"# {EW}\n")
    assert csid.sql("SELECT count(*) FROM message WHERE event = 'csi.deadline.moved'") == [(0,)]


SCOTTISH = """pack: ours
title: By the days of Scotland
rules:
  - id: SCOTS
    title: Paper to the partner in Scotland
    from: visit.to_on
    offset: 20
    unit: working-days
    calendar: scotland
    role: director
    citation: Our own promise; not law
"""


def test_what_a_rule_counts_by_another_divisions_days_moves_with_those(new_csid, folder):
    (folder / "rules").mkdir()
    (folder / "rules/ours.yaml").write_text(SCOTTISH)
    csid = new_csid(config={"rules": str(folder / "rules")})
    assign_roles(csid)
    csid.ctl("plan", "update", "--packs", "ours", check=False)
    csid.ctl("visit", "add", "--kind", "focused", "--from", "2017-10-30", "--to", "2017-10-31")
    due = lambda: [d["due_on"] for d in csid.ctl("deadline", "list", json=True)["items"] if d["rule"] == "SCOTS"]
    assert due() == ["2017-11-28"]
    both = changed([], {"2017-11-27": "Bridge day"}, SCOTLAND) | changed([], {"2017-11-24": "Day of thanks"})
    answer = load(csid, both)
    moved = [(d["was"], d["is"]) for d in answer["deadlines"] if d["what"] == "send by" and "Scotland" in d["title"]]
    assert (moved, due()) == ([("2017-11-28", "2017-11-29")], ["2017-11-29"])
    csid.advance("1m")
    assert any("send by Tue 28 Nov 2017 → Wed 29 Nov 2017" in " ".join(text_of(m).split()) for m in sent_to(csid, DIRECTOR))


def test_reminders_come_on_the_new_days(csid):
    assign_roles(csid)
    add_report(csid)
    load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    csid.advance("2017-10-01T12:00:00Z")
    days = [str(m["Date"].datetime.date()) for m in sent_to(csid, CHAIR)]
    # told of the move; T-28 of 28 Sep is 31 Aug, which has passed
    assert days == ["2017-09-01", "2017-09-01", "2017-09-14", "2017-09-21", "2017-09-27", "2017-09-28"]


def test_a_change_back_is_told_again(csid):
    assign_roles(csid)
    add_report(csid)
    thanks = changed([], {"2017-09-29": "Day of thanks"})
    for content in (thanks, changed(), thanks, changed(), changed()):
        load(csid, content)  # the clock stands still
    mails = csid.sql("SELECT subject FROM message WHERE recipient = ? ORDER BY id", CHAIR)
    assert [("28 Sep" in s, "29 Sep" in s) for (s,) in mails] == [(True, False), (False, True)] * 2


def test_what_has_passed_or_is_done_does_not_move(csid):
    assign_roles(csid)
    role = ("--role", "improvement-board-chair")
    csid.ctl("deadline", "add", "Overdue", "--due", "2017-08-31", *role)
    csid.ctl("deadline", "add", "Sent", "--due", "2017-10-01", *role)
    csid.ctl("deadline", "submit", "2", "--on", "2017-09-01")
    csid.ctl("deadline", "add", "Untouched", "--due", "2017-11-20", *role)
    answer = load(csid, changed([], {"2017-08-31": "Too late", "2017-09-29": "Day of thanks"}))
    assert answer["deadlines"] == [] and csid.sql("SELECT count(*) FROM message") == [(0,)]
    assert load(csid, govuk(listed()[SCOTLAND], SCOTLAND))["deadlines"] == []


def test_one_mail_for_one_person_and_nobody_is_a_row(csid):
    for slug in ("improvement-board-chair", "director"):
        csid.ctl("role", "assign", slug, "--name", "Dee Rector", "--email", DIRECTOR, "--from", "2017-01-01")
    add_report(csid)
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-30", "--role", "director")
    csid.ctl("deadline", "add", "Orphan", "--due", "2017-09-30", "--role", "programme-office")
    load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    assert csid.sql("SELECT recipient, count(*) FROM message WHERE event = 'csi.deadline.moved' GROUP BY 1") == [
        (DIRECTOR, 1)]
    rows = csid.sql("SELECT about, role, channel FROM notice WHERE event = 'csi.deadline.moved' ORDER BY 1, 2")
    assert rows == [("deadline:1", "director", "mail"), ("deadline:1", "improvement-board-chair", "mail"),
                    ("deadline:2", "director", "mail"), ("deadline:3", "director", "mail"),
                    ("deadline:3", "programme-office", "none")]


def test_webhooks_hear_of_it_once(new_csid, receiver, folder):
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    csid = new_csid(config={"webhooks": [{"name": "board", "url": receiver.url, "allow": ["127.0.0.0/8"],
                                          "secret_file": str(folder / "secret"),
                                          "events": ["csi.deadline.moved"]}]})
    add_report(csid)
    for _ in range(2):
        load(csid, changed([], {"2017-09-29": "Day of thanks"}))
    csid.advance("1h")
    (call,) = receiver.requests
    body = call.json()
    assert body["type"] == "csi.deadline.moved" and body["data"]["count"] == 1
    (item,) = body["data"]["items"]
    assert (item["send_by_was"], item["send_by"], item["due_on"]) == ("2017-09-29", "2017-09-28", "2017-10-01")


# -- hostile files -------------------------------------------------------------------------------


def event(**members):
    return {"title": "Christmas Day", "date": "2017-12-25", "notes": "", "bunting": True, **members}


def of(*events, name=EW, **members):
    return {name: {"division": name, "events": list(events), **members}}


FAULTS = [
    ("", "empty"),
    ("{", "line 1"),
    ("[]", "no JSON object"),
    ("{}", "no JSON object"),
    ('"england-and-wales"', "line 1"),
    (b"\xff\xfe{", "line 1"),
    ("[" * 100000, "line 1"),
    ('{"a":' * 5000 + "1" + "}" * 5000, "line 1"),
    ('{"england-and-wales": {"events": ' + "[" * 3000 + "]" * 3000 + "}}", "line 1"),
    (of(event(), name="wales"), "wales"),
    (of(event(), name="\x1b[31m"), "no division"),
    ({EW: None}, EW),
    ({EW: []}, EW),
    ({EW: {"division": EW}}, "list of events"),
    ({EW: {"division": EW, "events": {}}}, "list of events"),
    (of(), "empty"),
    (of(event(), division=SCOTLAND), "names another"),
    (of(event(), division=7), "names another"),
    (of(event(), event()), "event 2: date: 2017-12-25 is there twice"),
    (of(event(date="2017-02-30")), "event 1: date"),
    (of(event(date="25/12/2017")), "event 1: date"),
    (of(event(date="1899-12-25")), "1900"),
    (of(event(date=20171225)), "event 1: date"),
    (of(event(date=None)), "event 1: date"),
    (of(event(date="2017-12-25\u0000")), "line 1"),
    (of(event(title=None)), "event 1: title"),
    (of(event(title="  ")), "event 1: title"),
    (of(event(title=["x"])), "event 1: title"),
    (of(event(title="x" * 201)), "event 1: title"),
    (of(event(notes=3)), "event 1: notes"),
    (of(event(bunting="yes")), "event 1: bunting"),
    (of("2017-12-25"), "event 1: is no object"),
    (of(event(), 7), "event 2: is no object"),
    ('{"england-and-wales": {"events": []}, "england-and-wales": {"events": []}}', "duplicate"),
    (of(*[event(date=f"{1900 + i // 336}-{i // 28 % 12 + 1:02}-{i % 28 + 1:02}") for i in range(2001)]), "2000"),
    (json.dumps(of(event())) + " " * (2 << 20), "1048576 bytes"),
    ('{"england-and-wales": {"events": [' + "1," * 1000000 + "1]}}", "1048576 bytes"),
]


@pytest.mark.parametrize("content, told", FAULTS, ids=range(len(FAULTS)))
def test_a_faulty_file_is_refused_whole(csid, content, told):
    if isinstance(content, dict) and SCOTLAND not in content:
        content = {**govuk(listed()[SCOTLAND], SCOTLAND), **content}  # what is before the fault is not kept
    done = load(csid, content, check=False)
    assert done.returncode in (1, 2) and told in done.stderr and "\x1b" not in done.stderr
    assert csid.sql("SELECT count(*) FROM holiday") == [(0,)]
    assert csid.ctl("journal", "list", json=True)["items"] == []


def test_hostile_names_are_only_text(csid):
    assign_roles(csid)
    add_report(csid)
    name = "\x1b[31m<b>**Day**</b>\r\nBcc: x@example.com\u202e"
    load(csid, changed([], {"2017-09-29": name}))
    assert "\x1b" not in csid.ctl("holidays", "list").stdout
    csid.advance("1h")
    for mail in csid.mails():
        assert mail["Bcc"] is None and b"\x1b" not in mail.raw
        assert "<b>" not in mail.get_body(("html",)).get_content()


def test_only_an_officer_imports(csid):
    csid.write_config({"access": {"admin": [], "viewer": [me()]}})
    csid.hang_up()
    assert load(csid, changed(), check=False).returncode == 4
    assert csid.ctl("holidays", "list").returncode == 0
