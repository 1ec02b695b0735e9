"""The published figures, to the digit, and those of any other date against a reckoning from the file."""

import csv
import io
import json
from collections import Counter
from datetime import date, timedelta

import pytest
from harness import BROMLEY_2012, BROMLEY_2016

AS_AT = "2017-08-31"


def rows():
    return list(csv.DictReader(BROMLEY_2016.open()))


def position(csid, *args):
    return csid.ctl("report", "position", *args, json=True)


def counts(answer):
    return {r["code"]: r["count"] for r in answer["ratings"]}


def test_bromley_at_31_august_2017(bromley):
    answer = position(bromley, "--as-at", AS_AT)
    assert (answer["plan"], answer["as_at"]) == ("bromley-2016", AS_AT)
    assert (answer["actions"], answer["due"], answer["due_percent"]) == (306, 298, 97)
    assert [(r["code"], r["label"], r["meaning"], r["count"], r["percent"]) for r in answer["ratings"]] == [
        ("red", "Red", "off-track", 23, 8), ("amber", "Amber", "at-risk", 142, 48), ("green", "Green", "complete", 133, 44)]
    priorities = {p["number"]: p for p in answer["priorities"]}
    assert sorted(priorities) == list(range(1, 11))
    assert {n for n, p in priorities.items() if p["counts"]["red"] == 0} >= {2, 3, 10}
    assert priorities[5]["counts"]["red"] == 9
    first = priorities[1]
    assert (first["title"], first["actions"], first["due"]) == ("Leadership and management", 34, 33)
    assert first["counts"] == {"red": 2, "amber": 15, "green": 16}
    assert all(isinstance(p["due"], int) for p in answer["priorities"])
    assert "unrated" not in answer


def test_the_path_that_others_rely_on(bromley):
    answer = bromley.get(f"/v1/plans/bromley-2016/position?as_at={AS_AT}")
    assert answer.status == 200 and answer.headers["content-type"].startswith("application/json")
    assert answer.json() == position(bromley, "--as-at", AS_AT)


def test_2012_in_halves(csid):
    csid.ctl("plan", "import", BROMLEY_2012, "--as-at", "2013-09-30")
    answer = position(csid, "--as-at", "2013-09-30")
    assert answer["actions"] == 56 and counts(answer) == {"achieved": 21.5, "significant": 28.5, "limited": 6}
    text = csid.ctl("report", "position", "--as-at", "2013-09-30", "--format", "table").stdout
    assert "56" in text
    shown = csid.get("/v1/plans/-/position?as_at=2013-09-30&width=100", {"Accept": "text/plain"}).text
    assert "21½" in shown and "28½" in shown
    sheet = csid.ctl("--csv", "report", "position", "--as-at", "2013-09-30").stdout
    assert any("." in cell for row in csv.reader(io.StringIO(sheet)) for cell in row), "numbers in CSV"


@pytest.mark.parametrize("days", [0, -400, -200, -31, 60, 4000])
def test_any_other_date_by_the_file(bromley, days):
    """The plan was imported as at 31 August: before that nothing had taken effect; after it the due
    dates decide."""
    on = date(2017, 8, 31) + timedelta(days)
    answer = position(bromley, "--as-at", str(on))
    if days < 0:
        assert (answer["actions"], answer["due"]) == (0, 0)
        return
    due = [r for r in rows() if r["due"] and date.fromisoformat(r["due"]) <= on]
    assert answer["due"] == len(due)
    assert counts(answer) == {**{"red": 0, "amber": 0, "green": 0}, **Counter(r["rating"] for r in due)}
    assert sum(r["percent"] for r in answer["ratings"]) == 100


def test_exceptions_are_the_reds_and_name_what_is_past_due(bromley):
    answer = bromley.ctl("report", "exceptions", "--as-at", AS_AT, json=True)
    reds = [r for r in rows() if r["rating"] == "red"]
    assert sorted(i["ref"] for i in answer["items"]) == sorted(r["ref"] for r in reds)
    assert len(answer["items"]) == 23 and answer["past_due"] == 165
    assert [i["priority"] for i in answer["items"]] == sorted(i["priority"] for i in answer["items"])
    by_ref = {r["ref"]: r for r in reds}
    for item in answer["items"]:
        row = by_ref[item["ref"]]
        assert item["due_on"] == row["due"] and item["owner_title"] == row["owner"] and item["title"] == row["action"]
        assert item["days_over"] == max((date.fromisoformat(AS_AT) - date.fromisoformat(row["due"])).days, 0)


def test_figures_add_up_with_the_list(bromley):
    overdue = bromley.ctl("action", "list", "--overdue", json=True)["items"]
    today = position(bromley)
    assert len(overdue) == 165 == today["past_due"]
    assert all(a["date_state"] == "overdue" and a["days_overdue"] > 0 for a in overdue)
    assert len(bromley.ctl("action", "list", json=True)["items"]) == 306
    red = bromley.ctl("action", "list", "--rating", "red", json=True)["items"]
    assert len(red) == 23
    needed = {"plan", "ref", "priority", "title", "owner", "accountable", "start_on", "due_on", "original_due_on", "rating",
              "status", "date_state", "days_overdue", "completed_on", "updated_at", "recommendations", "parts", "version"}
    assert all(needed <= set(a) for a in red)


def test_a_figure_published_can_be_had_again_after_late_corrections(bromley):
    published = position(bromley, "--as-at", AS_AT)
    known = bromley.now()
    bromley.advance("24h")
    reds = [r["ref"] for r in rows() if r["rating"] == "red"][:3]
    for ref in reds:
        bromley.ctl("action", "update", ref, "--rating", "amber", "--effective", AS_AT, "--note", "Was amber then")
    now = position(bromley, "--as-at", AS_AT)
    assert counts(now) == {"red": 20, "amber": 145, "green": 133}
    again = position(bromley, "--as-at", AS_AT, "--known-at", known)
    assert {k: v for k, v in again.items() if k != "known_at"} == published
    bromley.ctl("action", "update", reds[0], "--rating", "green", "--effective", "2017-12-01", "--status", "complete")
    assert counts(position(bromley, "--as-at", AS_AT)) == {"red": 20, "amber": 145, "green": 133}
    later = counts(position(bromley, "--as-at", "2017-12-01"))
    assert later["green"] == Counter(r["rating"] for r in rows() if r["due"] <= "2017-12-01")["green"] + 1
    history = bromley.ctl("action", "history", reds[0], json=True)["items"]
    assert [h["rating"] for h in history if h["rating"]] == ["red", "amber", "green"]


def test_importing_the_same_file_twice_changes_nothing(bromley):
    before = bromley.ctl("journal", "list", json=True)["items"]
    again = json.loads(bromley.ctl("--json", "plan", "import", BROMLEY_2016, "--as-at", AS_AT).stdout)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 306)
    assert bromley.ctl("journal", "list", json=True)["items"] == before


@pytest.mark.parametrize("left, whole", [(3, False), (41, False), (95, False), (150, False), (10000, True)])
def test_a_file_cut_short_is_refused(csid, tmp_path, left, whole):
    """The last row without its line end and with fewer cells than the one before: a download that broke off.
    A whole last row needs no line end."""
    lines = BROMLEY_2016.read_text().splitlines(keepends=True)[:20]
    cut = tmp_path / "cut.csv"
    cut.write_text("".join(lines[:-1]) + lines[-1].rstrip("\n")[:left])
    done = csid.ctl("plan", "import", cut, "--as-at", AS_AT, check=False)
    assert done.returncode == (0 if whole else 1)
    assert whole or ("line 20" in done.stderr and "ends within" in done.stderr)
    assert len(csid.ctl("plan", "list", json=True)["items"]) == whole


def test_import_dry_run_then_real(csid):
    dry = json.loads(csid.ctl("--json", "plan", "import", BROMLEY_2016, "--as-at", AS_AT, "--dry-run").stdout)
    assert dry["added"] == 306 and dry["dry_run"] is True
    assert csid.ctl("plan", "list", json=True)["items"] == []
    csid.import_plan()
    assert position(csid, "--as-at", AS_AT)["actions"] == 306


def test_faulty_rows_are_listed_and_nothing_is_imported(csid, tmp_path):
    lines = BROMLEY_2016.read_text().splitlines(keepends=True)
    lines[5] = lines[5].replace("2016-08-15", "15/13/2016")
    lines[9] = lines[9].replace(",amber,", ",mauve,").replace(",green,", ",mauve,")
    bad = tmp_path / "bromley-2016.csv"
    bad.write_text("".join(lines))
    done = csid.ctl("plan", "import", bad, "--as-at", AS_AT, "--scheme", "rag", check=False)
    assert done.returncode == 1
    assert "6" in done.stderr and "10" in done.stderr and "mauve" in done.stderr and "15/13/2016" in done.stderr
    assert [(f["line"], f["column"]) for f in json.loads(done.stdout)["faults"]] == [(6, "start"), (10, "rating")]
    assert csid.ctl("plan", "list", json=True)["items"] == []
    done = json.loads(csid.ctl("--json", "plan", "import", bad, "--as-at", AS_AT, "--scheme", "rag", "--skip-bad").stdout)
    assert done["added"] == 304 and [f["line"] for f in done["faults"]] == [6, 10]
