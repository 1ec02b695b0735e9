"""The interface to the letter, part two: reading a spreadsheet."""

import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import termios

import pytest
from harness import BROMLEY_2016, CSICTL, environment

HEAD = "ref,priority,action,owner,due,rating,status\n"
GOOD = HEAD + "1.1,1,First,Head,2017-01-31,red,in progress\n1.2,1,Second,Head,2017-02-28,green,complete\n"


def load(csid, text, *words, check=True, **more):
    done = csid.ctl("plan", "import", "-", "--plan", "p", *words, stdin=text, check=check, **more)
    return done


def answer(csid, text, *words, **more):
    return json.loads(csid.ctl("--json", "plan", "import", "-", "--plan", "p", *words, stdin=text, **more).stdout)


def actions(csid, plan="p"):
    return csid.ctl("action", "list", "--plan", plan, json=True)["items"]


# -- forms of one table --------------------------------------------------------------------------

TABLE = [["ref", "priority", "priority_title", "action", "owner", "due", "rating", "status", "progress"],
         ["1.1", "1", "Lead, and manage", "Say \"so\",\nin two lines", "Head of A", "2017-01-31", "red", "in progress", "é"],
         ["1.2", "1", "Lead, and manage", "Second", "Head of B", "31 Mar 2017", "Amber", "In Progress", "a, b"]]


def as_csv(rows, newline="\n", quote=csv.QUOTE_MINIMAL):
    out = io.StringIO()
    csv.writer(out, lineterminator=newline, quoting=quote).writerows(rows)
    return out.getvalue()


def turned(rows):
    return [row[::-1] for row in rows]


FORMS = {
    "plain": as_csv(TABLE), "CRLF": as_csv(TABLE, "\r\n"), "BOM": "\ufeff" + as_csv(TABLE),
    "BOM CRLF": "\ufeff" + as_csv(TABLE, "\r\n"), "all quoted": as_csv(TABLE, quote=csv.QUOTE_ALL),
    "columns turned": as_csv(turned(TABLE)), "upper case": as_csv([[h.upper() for h in TABLE[0]], *TABLE[1:]]),
    "title case, blanks": as_csv([[h.title().replace("_", " ") for h in TABLE[0]], *TABLE[1:]]),
    "no end of line": as_csv(TABLE).rstrip("\n"), "empty lines": as_csv(TABLE) + "\n\n",
    "CRLF within quotes too": as_csv(TABLE, "\r\n").replace("so\"\",\n", "so\"\",\r\n"),
}


@pytest.mark.parametrize("name", FORMS)
def test_any_form_of_the_same_table_reads_the_same(csid, name):
    assert answer(csid, FORMS["plain"])["added"] == 2
    again = answer(csid, FORMS[name])
    assert (again["added"], again["changed"], again["unchanged"], again["faults"]) == (0, 0, 2, [])
    first = actions(csid)[0]
    assert first["title"] == 'Say "so",\nin two lines' and first["priority_title"] == "Lead, and manage"
    assert actions(csid)[1]["due_on"] == "2017-03-31"


def test_twice_changes_nothing_at_all(csid):
    def held():
        tables = [t for (t,) in csid.sql("SELECT name FROM sqlite_schema WHERE type = 'table'") if t != "idempotency"]
        return {table: csid.sql(f"SELECT * FROM {table}") for table in tables}

    load(csid, FORMS["plain"])
    before = held()
    assert before["journal"] and before["action"]
    load(csid, FORMS["plain"])
    assert held() == before


# -- what is faulty ------------------------------------------------------------------------------

FAULTY = GOOD + "1.3,1,Third,Head,2017-02-30,red,in progress\n1.4,one,Fourth,Head,,purple,soon\n,1,No ref,,,,\n1.1,1,Again,,,,\n"
FAULTS = [(4, "due"), (5, "priority"), (5, "rating"), (5, "status"), (6, "ref"), (7, "ref")]


def test_faulty_rows_and_nothing_is_imported(csid):
    done = load(csid, FAULTY, check=False)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [(f["line"], f["column"]) for f in told["faults"]] == FAULTS and all(f["reason"] for f in told["faults"])
    assert all(f"line {line}, {column}: " in done.stderr for line, column in FAULTS)
    assert "--skip-bad" in done.stderr
    assert csid.ctl("plan", "list", json=True)["items"] == []


def test_dry_run_exits_0_where_the_table_was_found(csid):
    before = csid.database_dump()
    told = answer(csid, FAULTY, "--dry-run")
    assert [(f["line"], f["column"]) for f in told["faults"]] == FAULTS and told["dry_run"] is True
    assert "nothing would be imported" in load(csid, FAULTY, "--dry-run").stdout
    assert answer(csid, GOOD, "--dry-run")["added"] == 2
    assert csid.database_dump() == before
    for none in ("", "a,b\n1,2\n", HEAD, "\0\1\2"):
        assert load(csid, none, "--dry-run", check=False).returncode == 1


def test_skip_bad_lists_what_was_left_out(csid):
    told = answer(csid, FAULTY, "--skip-bad")
    assert told["added"] == 2 and [(f["line"], f["column"]) for f in told["faults"]] == FAULTS
    assert [(a["ref"], a["title"]) for a in actions(csid)] == [("1.1", "First"), ("1.2", "Second")]


def test_one_odd_rating_does_not_stop_skip_bad(csid):
    told = answer(csid, GOOD + "1.3,1,Third,Head,,purple,\n", "--skip-bad")
    assert told["added"] == 2 and [(f["line"], f["column"]) for f in told["faults"]] == [(4, "rating")]
    assert csid.ctl("plan", "list", json=True)["items"][0]["scheme"] == "rag"


def test_ratings_of_no_scheme_are_refused(csid):
    strange = GOOD.replace("red", "behind").replace("green", "done")
    for words in ((), ("--skip-bad",)):
        done = load(csid, strange, *words, check=False)
        assert done.returncode == 1 and "--scheme" in done.stderr and "behind" in done.stderr
    assert csid.ctl("plan", "list", json=True)["items"] == []


# -- options -------------------------------------------------------------------------------------


def test_plan_title_scheme_as_at(csid):
    told = answer(csid, GOOD, "--title", "The plan of 2017", "--scheme", "brag", "--as-at", "31/8/2017")
    assert told["plan"] == "p" and told["new_plan"] is True
    (plan,) = csid.ctl("plan", "list", json=True)["items"]
    assert (plan["slug"], plan["title"], plan["scheme"]) == ("p", "The plan of 2017", "brag")
    assert csid.ctl("action", "history", "1.1", json=True)["items"][0]["effective_on"] == "2017-08-31"
    assert load(csid, GOOD, "--scheme", "rag", check=False).returncode == 1, "only for a new plan"
    load(csid, GOOD)
    assert csid.ctl("action", "history", "1.1", json=True)["items"][0]["effective_on"] == "2017-08-31"
    load(csid, GOOD.replace("red", "amber"))
    assert csid.ctl("action", "history", "1.1", json=True)["items"][-1]["effective_on"] in ("2017-09-01", "2017-08-31")
    assert {h["effective_on"] for h in csid.ctl("action", "history", "1.1", json=True)["items"]} == {"2017-08-31", "2017-09-01"}
    assert csid.ctl("plan", "import", "-", "--plan", "CAPS", stdin=GOOD, json=True)["plan"] == "caps"


def test_a_files_name_is_the_plans(csid):
    path = csid.folder / "Our Plan 2017.csv"
    path.write_text(GOOD)
    assert csid.ctl("plan", "import", path, json=True)["plan"] == "our-plan-2017"
    done = csid.ctl("plan", "import", "-", stdin=GOOD, check=False)
    assert done.returncode == 2 and "--plan" in done.stderr


def test_map(csid):
    text = GOOD.replace("ref,", "Item no.,").replace("owner,", "Lead officer,")
    assert load(csid, text, check=False).returncode == 1
    told = answer(csid, text, "--map", "Item no.=ref", "--map", "lead OFFICER=owner")
    assert told["added"] == 2 and actions(csid)[0]["owner"] == "head"
    for bad in ("Item no.=reff", "Item no.", "Nowhere=owner"):
        assert load(csid, text, "--map", "Item no.=ref", "--map", bad, check=False).returncode == 2


def test_ten_years_ahead_in_a_file(csid):
    text = GOOD + "1.3,1,Third,Head,2027-09-02,red,in progress\n"
    done = load(csid, text, check=False)
    assert done.returncode == 1 and "--yes" in done.stderr and "line 4" in done.stderr
    assert answer(csid, text, "--yes")["added"] == 3
    assert load(csid, text, "--as-at", "2027-09-02", check=False).returncode == 2


def test_precision_of_due_dates(csid):
    text = HEAD + "".join(f"1.{i},1,A,Head,{due},red,in progress\n" for i, due in enumerate(
        ("Dec 2016", "Q3 2017", "End of Q3 2017", "2017", "Ongoing", "TBC", "", "1/2/2017"), 1))
    load(csid, text)
    found = [(a["due_on"], a["due_precision"], a["due_text"]) for a in sorted(actions(csid), key=lambda a: a["ref"])]
    assert [f[:2] for f in found] == [
        ("2016-12-31", "month"), ("2017-09-30", "quarter"), ("2017-09-30", "quarter"), ("2017-12-31", "year"),
        (None, "ongoing"), (None, "none"), (None, "none"), ("2017-02-01", "day")]
    assert [f[2] for f in found][:5] == ["Dec 2016", "Q3 2017", "End of Q3 2017", "2017", "Ongoing"]
    done = load(csid, HEAD + "1.1,1,A,Head,End of Q3,red,\n", check=False)
    assert done.returncode == 1 and "year" in done.stderr


def test_parts(csid):
    text = "ref,part,priority,action,rating,status,due\n1.1,a,1,Whole,red,in progress,2017-01-31\n" \
           "1.1,b,1,Whole,green,complete,2017-01-31\n1.2,,1,Other,green,complete,2017-01-31\n"
    assert answer(csid, text)["added"] == 2
    position = csid.ctl("report", "position", json=True)
    assert {r["code"]: r["count"] for r in position["ratings"]} == {"red": 0.5, "amber": 0, "green": 1.5}
    assert "1½" in csid.ctl("report", "position").stdout, "halves print as ½ in text"
    assert "1.5" in csid.ctl("--csv", "report", "position").stdout
    changed = answer(csid, text.replace("b,1,Whole,green,complete", "b,1,Whole,red,in progress"))
    assert (changed["changed"], changed["unchanged"]) == (1, 1)
    assert load(csid, text + "1.1,,1,Whole,red,,\n", check=False).returncode == 1


def test_unrated_stand_beside_the_ratings(csid):
    load(csid, HEAD + "1.1,1,A,Head,2017-01-31,red,in progress\n1.2,1,B,Head,2017-01-31,,agreed\n")
    position = csid.ctl("report", "position", json=True)
    assert position["unrated"] == 1 and position["due"] == 2
    assert {r["code"]: r["count"] for r in position["ratings"]} == {"red": 1, "amber": 0, "green": 0}
    assert "Unrated" in csid.ctl("report", "position").stdout


def test_on_a_terminal(csid):
    """A faultless file goes in there too; a faulty one is refused with its report."""
    def typed(text):
        path = csid.folder / "plan.csv"
        path.write_text(text)
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        done = subprocess.run([CSICTL, "plan", "import", path], stdin=side, stdout=side, stderr=subprocess.PIPE, text=True,
                              env=environment({"CSID_SOCKET": str(csid.socket)}), check=False)
        os.close(side)
        os.close(main)
        return done

    assert typed(GOOD).returncode == 0 and len(actions(csid, "plan")) == 2
    done = typed(FAULTY)
    assert done.returncode == 1 and "line 4" in done.stderr


def test_the_published_plan_in_another_order(bromley):
    rows = list(csv.reader(BROMLEY_2016.open()))
    text = "\ufeff" + as_csv([r[::-1] for r in [rows[0], *rows[:0:-1]]], "\r\n")
    told = json.loads(bromley.ctl("--json", "plan", "import", "-", "--plan", "bromley-2016", "--as-at", "2017-08-31",
                                  stdin=text).stdout)
    assert (told["unchanged"], told["changed"], told["added"], told["missing"]) == (306, 0, 0, 0)
