"""The interface to the letter, part one: exit statuses, dates in arguments, what a change is answered with."""

import json
import re
import sqlite3

import pytest
from harness import BROMLEY_2012, BROMLEY_2016, CSICTL, Csid, remove, run, scratch

PEOPLE = {"director": "dcs@example.gov.uk", "improvement-board-chair": "chair@example.gov.uk",
          "programme-office": "office@example.gov.uk"}
CHANGES = [("deadline", "add", "Chair's report", "--due", "2017-10-01", "--every", "3m", "--role",
            "improvement-board-chair", "--to", "Secretary of State"),
           ("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31"),
           ("inspection", "add", "--framework", "ilacs", "--from", "2017-10-02", "--to", "2017-10-06")]


@pytest.fixture(scope="module")
def office():
    """A csid that has a bit of everything; the tests that share it change nothing."""
    folder = scratch()
    csid = Csid(folder).start()
    csid.import_plan()
    for role, address in PEOPLE.items():
        csid.ctl("role", "assign", role, "--name", role.title(), "--email", address)
    for words in CHANGES:
        csid.ctl(*words)
    csid.advance("2017-09-01T08:00:00Z")
    yield csid
    csid.stop()
    remove(folder)


@pytest.fixture(scope="module")
def two_plans():
    folder = scratch()
    csid = Csid(folder).start()
    csid.import_plan()
    csid.import_plan(BROMLEY_2012)
    yield csid
    csid.stop()
    remove(folder)


# -- exit statuses -------------------------------------------------------------------------------

FAILURES = [
    # 2: usage, or a value that cannot be read (date, cron, zone, slug)
    (2, "frobnicate", "csictl help"),
    (2, "acton list", "action list"),
    (2, "action list --overdeu", "--overdue"),
    (2, "action show", "REF"),
    (2, "date 2017-02-30", "February 2017 has 28 days"),
    (2, "date 26/9/17", "four digits"),
    (2, "date 9/26/2017", "day first"),
    (2, "date today +5x", "+2w"),
    (2, "report position --as-at soonish", "2017-09-26"),
    (2, "report position --plan No_Slug!", "short name"),
    (2, "plan show no_slug", "short name"),
    (2, "role add a_b --title A", "short name"),
    (2, "schedule explain 61 8 * * *", "0 to 59"),
    (2, "schedule explain 0 8 30 2 *", "never"),
    (2, "schedule explain @reboot", "@reboot"),
    (2, "schedule explain 0 8 1 * 1", "day of the week"),
    (2, "schedule explain 0 8 * * * --tz Mars/Base", "Mars/Base"),
    (2, "action list --rating blue", "blue"),
    (2, "action list --status done", "in-progress"),
    (2, "action list --sort colour", "colour"),
    (2, "action update 5.12 --rating blue", "amber"),
    (2, "deadline show x", "whole number"),
    (2, "deadline add T --due 2017-12-01 --role director --every sometimes", "3m"),
    (2, "clock advance 5x", "26h"),
    (2, "visit add --kind royal --from 2017-10-01", "monitoring"),
    # 3: not found, with the nearest
    (3, "plan show bromly-2016", "bromley-2016"),
    (3, "report position --plan bromley", "bromley-2016"),
    (3, "report position --plan zzz", "csictl plan list"),
    (3, "action show 5.99", "5."),
    (3, "action show bromley-2017:5.12", "bromley-2017"),
    (3, "role show directr", "director"),
    (3, "role show improvement", "improvement-board-chair"),
    (3, "role show chair", "improvement-board-chair"),
    (3, "deadline show 99", "csictl deadline list"),
    (3, "visit show 99", "csictl visit list"),
    (3, "inspection show 99", "csictl inspection list"),
    (3, "person show 99", "csictl person list"),
    (3, "notice show 9999", "csictl notice list"),
    (3, "notice retry 9999", "9999"),
    (3, "schedule run overdu", "overdue"),
    (3, "schedule history zzz", "csictl schedule list"),
    (3, "action add 5.99 T --priority 5 --owner hed-of-leaving-care", "head-of-leaving-care"),
    # 5: conflict
    (5, "action add 5.12 T --priority 5", "5.12"),
    (5, "role add director --title D", "director"),
    (5, "notice retry 1", "accepted"),
]


@pytest.mark.parametrize("status,line,said", FAILURES, ids=[f"{f[0]} {f[1]}" for f in FAILURES])
def test_exit_status_of_failures(office, status, line, said):
    before = office.ctl("journal", "verify").stdout
    done = office.ctl(*line.split(), check=False)
    assert (done.returncode, done.stdout) == (status, ""), done
    assert done.stderr.startswith("csictl: ") and said in done.stderr, done.stderr
    assert not re.search(r"\b(\w+): \1 ", done.stderr), "no word is doubled"
    assert office.ctl("journal", "verify").stdout == before


def test_nothing_held_yet_says_what_to_type(csid):
    for words in (("report", "position"), ("plan", "show"), ("action", "show", "1.1")):
        done = csid.ctl(*words, check=False)
        assert done.returncode == 3 and "csictl plan import FILE" in done.stderr
    assert "csictl plan import FILE" in csid.ctl().stdout
    assert "csictl plan import FILE" in csid.ctl("plan", "list").stdout


def test_exit_4_and_6(csid):
    csid.write_config({"access": {"admin": ["nobody"], "viewer": ["root"]}})
    csid.hang_up()
    done = csid.ctl("role", "add", "x", "--title", "X", check=False)
    assert done.returncode == 4 and "officer" in done.stderr
    done = run(CSICTL, "--socket", csid.folder / "none", "status")
    assert done.returncode == 6 and str(csid.folder / "none") in done.stderr


def test_exit_1_of_what_failed(csid):
    done = csid.ctl("plan", "import", "-", "--plan", "p", stdin="ref,action\n1.1,\n", check=False)
    assert done.returncode == 1
    csid.write_config("organisation: [\n")
    assert csid.ctl("reload", check=False).returncode == 1


SEVERAL = ["plan show", "report position", "report exceptions", "action list", "action list --overdue",
           "action show 1.1", "action history 1.1", "action update 1.1 --note x", "action add 99.1 T --priority 1"]


@pytest.mark.parametrize("line", SEVERAL)
def test_several_plans_want_a_name(two_plans, line):
    done = two_plans.ctl(*line.split(), check=False)
    assert done.returncode == 2 and "bromley-2012" in done.stderr and "bromley-2016" in done.stderr


def test_a_ref_with_its_plan(two_plans):
    for words in (("bromley-2016:5.12",), ("5.12", "--plan", "bromley-2016"), ("BROMLEY-2016:5.12",)):
        assert two_plans.ctl("action", "show", *words, json=True)["plan"] == "bromley-2016"
    assert "bromley-2012:" in two_plans.ctl().stdout


# -- dates ---------------------------------------------------------------------------------------

FORMS = [("2017-09-26", "2017-09-26"), ("26/9/2017", "2017-09-26"), ("26/09/2017", "2017-09-26"),
         ("26 Sep 2017", "2017-09-26"), ("26 september 2017", "2017-09-26"), ("today", "2017-09-01"),
         ("tomorrow", "2017-09-02"), ("fri", "2017-09-08"), ("+2w", "2017-09-15"), ("-10wd", "2017-08-17"),
         ("+3m", "2017-12-01")]
# every argument that is a date, and the member of the answer that shows how it was read
ARGUMENTS = [
    (("date", "{}"), "date"),
    (("report", "position", "--as-at", "{}"), "as_at"),
    (("report", "exceptions", "--as-at", "{}"), "as_at"),
    (("deadline", "add", "T", "--role", "director", "--dry-run", "--due", "{}"), "due_on"),
    (("deadline", "update", "1", "--dry-run", "--due", "{}"), "due_on"),
    (("deadline", "update", "1", "--dry-run", "--ended-on", "{}"), "ended_on"),
    (("visit", "add", "--kind", "peer", "--dry-run", "--from", "{}"), "from_on"),
    (("visit", "update", "1", "--dry-run", "--from", "2015-01-01", "--to", "{}"), "to_on"),
    (("inspection", "update", "1", "--dry-run", "--from", "2015-01-01", "--to", "{}"), "to_on"),
    (("inspection", "update", "1", "--dry-run", "--received-on", "{}"), "received_on"),
    (("inspection", "update", "1", "--dry-run", "--published-on", "{}"), "published_on"),
    (("action", "add", "99.1", "T", "--priority", "1", "--dry-run", "--due", "{}"), "due_on"),
    (("action", "add", "99.1", "T", "--priority", "1", "--dry-run", "--start", "{}"), "start_on"),
]


@pytest.mark.parametrize("words,member", ARGUMENTS, ids=[" ".join(w) for w, _ in ARGUMENTS])
def test_every_form_in_every_argument(office, words, member):
    for form, day in FORMS:
        answer = office.ctl(*(w.format(form) for w in words), json=True)
        assert answer[member] == day, form


@pytest.mark.parametrize("words", [w for w, _ in ARGUMENTS] + [
    ("action", "update", "5.12", "--note", "x", "--effective", "{}"), ("action", "list", "--due-by", "{}"),
    ("deadline", "list", "--until", "{}"), ("deadline", "submit", "1", "--on", "{}"),
    ("role", "assign", "director", "--name", "N", "--email", "n@x.example", "--from", "{}"),
    ("plan", "import", str(BROMLEY_2016), "--as-at", "{}")], ids=" ".join)
@pytest.mark.parametrize("form", ["1/2/17", "12/13/2017", "2017-02-30", "31/11/2017", "soon"])
def test_no_other_form_in_any(office, words, form):
    done = office.ctl(*(w.format(form) for w in words), check=False)
    assert (done.returncode, done.stdout) == (2, "") and form in done.stderr


KEPT = [w for w, m in ARGUMENTS if "--dry-run" in w] + [
    ("action", "update", "5.12", "--note", "x", "--dry-run", "--effective", "{}"),
    ("action", "add", "99.1", "T", "--priority", "1", "--dry-run", "--effective", "{}"),
    ("role", "assign", "director", "--name", "N", "--email", "n@x.example", "--dry-run", "--from", "{}"),
]


@pytest.mark.parametrize("words", KEPT, ids=" ".join)
def test_ten_years_ahead_wants_yes(office, words):
    office.ctl(*(w.format("2027-09-01") for w in words))
    done = office.ctl(*(w.format("2027-09-02") for w in words), check=False)
    assert done.returncode == 2 and "--yes" in done.stderr and "2 September 2027" in done.stderr
    office.ctl(*(w.format("2027-09-02") for w in words), "--yes")


def test_exempt_from_it(office):
    for words in (("date", "2040-01-01"), ("schedule", "explain", "@daily", "--from", "2040-01-01"),
                  ("report", "position", "--as-at", "2040-01-01"), ("report", "exceptions", "--as-at", "2040-01-01")):
        office.ctl(*words)


@pytest.mark.parametrize("line,date,skipped", [
    ("2018-10-24 +70wd", "2019-02-04", ["2018-12-25", "2018-12-26", "2019-01-01"]),
    ("2022-04-01 +70wd", "2022-07-15", ["2022-04-15", "2022-04-18", "2022-05-02", "2022-06-02", "2022-06-03"]),
    ("2023-05-09 +70wd", "2023-08-16", ["2023-05-29"]),
    ("2016-06-27 +70wd", "2016-10-04", ["2016-08-29"]),
    ("2017-09-26 -5clear", "2017-09-18", []),
    ("2017-01-31 +1m", "2017-02-28", []), ("2017-12-22 +1wd", "2017-12-27", ["2017-12-25", "2017-12-26"]),
])
def test_date(office, line, date, skipped):
    answer = office.ctl("date", *line.split(), json=True)
    assert answer["date"] == date and [s["date"] for s in answer["skipped"]] == skipped
    assert all(s["name"] for s in answer["skipped"])
    printed = office.ctl("date", *line.split()).stdout
    assert date in printed and all(s["name"] in printed for s in answer["skipped"])


# -- after a change ------------------------------------------------------------------------------


@pytest.mark.parametrize("words,said", [
    (("deadline", "add", "T", "--role", "programme-office", "--due", "12/12/2025"),
     ["Friday 12 December 2025", "Programme-Office", "director"]),
    (("deadline", "update", "1", "--due", "15/10/2017"),
     ["Sunday 1 October 2017", "Sunday 15 October 2017, 2 weeks later", "Improvement-Board-Chair"]),
    (("deadline", "update", "1", "--due", "2017-09-28"), ["Thursday 28 September 2017, 3 days earlier"]),
    (("deadline", "update", "1", "--title", "Another"), ["Chair's report → Another"]),
    (("deadline", "submit", "1", "--on", "today"), ["Friday 1 September 2017", "open → submitted", "nobody",
                                                      ", is due Mon 1 Jan 2018: send by Fri 29 Dec 2017"]),
    (("action", "update", "5.12", "--rating", "red"), ["Amber → Red", "Friday 1 September 2017", "Head of Children Looked After"]),
    (("action", "update", "5.12", "--status", "in progress", "--rating", "Green"), ["Amber → Green"]),
    (("action", "add", "99.1", "T", "--priority", "1", "--due", "26 Sep 2017"), ["Tuesday 26 September 2017", "nobody"]),
    (("visit", "update", "1", "--from", "2017-11-06", "--to", "2017-11-07"),
     ["Monday 30 October 2017 → Monday 6 November 2017, 1 week later", "director"]),
    (("visit", "add", "--kind", "peer", "--from", "2017-11-06"), ["Monday 6 November 2017", "nobody"]),
    (("inspection", "update", "1", "--published-on", "today"), ["Friday 1 September 2017"]),
    (("role", "assign", "director", "--name", "Ann", "--email", "ann@x.example"), ["Director → Ann", "ann@x.example"]),
    (("role", "add", "head-x", "--title", "Head of X"), ["nobody"]),
    (("person", "update", "1", "--email", "new@x.example"), ["→ new@x.example"]),
    (("person", "add", "Ann", "--email", "ann2@x.example"), ["nobody"]),
], ids=lambda v: " ".join(v) if isinstance(v, tuple) else None)
def test_what_was_what_is_who_will_be_told(office, words, said):
    text = office.ctl(*words, "--dry-run").stdout
    for part in [*said, "Will be told: "]:
        assert part.lower() in text.lower(), text
    answer = office.ctl(*words, "--dry-run", json=True)
    assert answer["told"] and all(isinstance(t, str) for t in answer["told"]) and answer["dry_run"] is True


def test_codes_with_blanks_and_hyphens(office):
    for code in ("in-progress", "in progress", "In Progress"):
        answer = office.ctl("action", "update", "5.12", "--status", code, "--dry-run", json=True)
        assert answer["status"] == "in-progress"
        assert len(office.ctl("action", "list", "--status", code, json=True)["items"]) > 100


# -- titles --------------------------------------------------------------------------------------


def test_titles(csid):
    csid.import_plan()
    add = ("action", "add", "99.1")
    assert csid.ctl(*add, "é" * 4001, "--priority", "1", check=False).returncode == 2
    assert csid.ctl(*add, "  " + "é" * 4000 + " \n", "--priority", "1", json=True)["title"] == "é" * 4000
    answer = csid.request("POST", "/v1/actions", {"ref": "99.2", "title": "a\u001b[31mb\tc\nd\u0085e", "priority": 1}).json()
    assert answer["title"] == "a\ufffd[31mb\tc\nd\ufffde"
    assert any("U+FFFD" in note for note in answer["notes"])
    stdin = "ref,priority,action\n9.1,1,  " + "x" * 4000 + " \n9.2,1,a\x1bb\n"
    answer = json.loads(csid.ctl("--json", "plan", "import", "-", "--plan", "t", stdin=stdin).stdout)
    assert answer["added"] == 2 and not answer["faults"] and "U+FFFD" in str(answer)
    assert csid.ctl("action", "show", "t:9.2", json=True)["title"] == "a\ufffdb"
    stdin = "ref,priority,action\n9.3,1," + "x" * 4001 + "\n"
    assert csid.ctl("plan", "import", "-", "--plan", "t", stdin=stdin, check=False).returncode == 1


# -- journal -------------------------------------------------------------------------------------


def test_the_journals_table(office):
    columns = [(r[1], r[2], r[5]) for r in office.sql("PRAGMA table_info(journal)")]
    assert [c[0] for c in columns] == ["seq", "at", "who", "what", "before", "after", "hash"]
    assert columns[0][1:] == ("INTEGER", 1)
    rows = office.sql("SELECT seq, at, before, after FROM journal ORDER BY seq")
    assert [r[0] for r in rows] == list(range(1, len(rows) + 1))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r[1]) for r in rows)
    assert all(json.loads(value) is not None for r in rows for value in r[2:] if value)


def test_a_broken_chain_never_stops_csid(bromley):
    bromley.stop()
    with sqlite3.connect(bromley.database) as db:
        db.execute("UPDATE journal SET after = '{}' WHERE seq = 5")
        db.execute("UPDATE journal SET who = 'x' WHERE seq = 9")
    bromley.start()
    done = bromley.ctl("journal", "verify", check=False)
    assert done.returncode == 1 and re.search(r"\b5\b", done.stderr) and not re.search(r"\b9\b", done.stderr)
    bromley.ctl("role", "add", "x", "--title", "X")
