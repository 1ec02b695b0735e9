"""The nightly coverage: what reaches nobody, or has no way to the chair of the board, as an officer sees it and as
the administrator is told."""

import csv
from collections import Counter

from harness import BROMLEY_2016, text_of

ADMIN = "it@x.example"
ROLES = ("improvement-board-chair", "director", "programme-office")


def assign(csid, *slugs):
    for slug in slugs:
        csid.ctl("role", "assign", slug, "--name", slug.title(), "--email", f"{slug}@x.example")


def gaps(csid):
    """The table of the check, as piped: (about, what)."""
    said = csid.ctl("check", "run", "coverage", "--dry-run").stdout
    found = said.partition("Found\n")[2].partition("\n\n")[0].splitlines()[1:]
    return [(row[0], row[-1]) for row in (line.split("\t") for line in found)]


def coverage(csid):
    line = [line for line in csid.ctl("status").stdout.splitlines() if line.startswith("Coverage")]
    assert len(line) == 1
    return line[0].split("\t")[1]


def mails(csid):
    return [(m["Date"].datetime.date().isoformat(), str(m["Subject"])) for m in csid.mails() if m["To"] and ADMIN in m["To"]]


def test_from_nothing_to_all(new_csid):
    csid = new_csid(config={"mail": {"administrator": ADMIN}})
    assert coverage(csid) == "nothing is owed yet"
    assert gaps(csid) == []
    assign(csid, *ROLES)
    csid.ctl("deadline", "add", "Annual return", "--due", "2018-03-01", "--role", "director")
    assert coverage(csid) == "the one obligation reaches somebody"
    csid.ctl("role", "add", "lead", "--title", "Improvement lead", "--reports-to", "head", check=False)
    csid.ctl("role", "add", "head", "--title", "Head of Care")
    csid.ctl("role", "add", "lead", "--title", "Improvement lead", "--reports-to", "head")
    for n in range(3):
        csid.ctl("deadline", "add", f"Return {n}", "--due", "2018-03-01", "--role", "lead")
    assert coverage(csid) == "2 gaps: csictl check run coverage --dry-run"
    assert csid.get("/v1/status").json()["coverage"] == {"obligations": 4, "gaps": 2}
    assert gaps(csid) == [
        ("role:head", "3 that escalate to Head of Care: nobody holds it: "
                      "csictl role assign head --name NAME --email ADDRESS"),
        ("role:lead", "3 deadlines of Improvement lead: nobody holds it: "
                      "csictl role assign lead --name NAME --email ADDRESS")]
    csid.advance("2017-09-02T02:14:00Z")
    assert mails(csid) == []
    csid.advance("2017-09-02T02:15:00Z")  # a quarter past three in summer
    subject = "csid: 2 gaps in who is told, first: 3 that escalate to Head of Care: nobody holds it"
    assert mails(csid) == [("2017-09-02", subject)]
    text = text_of(csid.mails()[-1])
    assert "csictl role assign lead --name NAME --email ADDRESS" in text
    assert "Next: again on Sat 9 Sep 2017, or when one more joins" in text
    assign(csid, "lead")
    csid.advance("2017-09-08T12:00:00Z")
    assert len(mails(csid)) == 1
    csid.advance("2017-09-09T12:00:00Z")
    assert [day for day, _ in mails(csid)] == ["2017-09-02", "2017-09-09"]
    assign(csid, "head")
    assert coverage(csid) == "all 4 obligations reach somebody"
    csid.advance("2017-10-09T12:00:00Z")
    assert len(mails(csid)) == 2


def test_a_line_a_role(csid, folder):
    """The plan without addresses: as many lines as owners have something open, and the chair; each action once."""
    with open(BROMLEY_2016, encoding="utf-8", newline="") as file:
        rows = [{**row, "owner_email": "", "accountable": ""} for row in csv.DictReader(file)]
    with open(folder / "plan.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    csid.import_plan(folder / "plan.csv", "--plan", "p")
    open_ones = [row["owner"] for row in rows if row["status"].lower() != "complete"]
    found = gaps(csid)
    assert found[0][1].startswith(f"{len(open_ones)} that escalate to Chair of the improvement board: nobody holds it")
    assert sorted(what.partition(":")[0] for _, what in found[1:]) == sorted(
        f"{n} action{'s' * (n > 1)} of {owner}" for owner, n in Counter(open_ones).items())
    assert coverage(csid).startswith(f"{len(found)} gaps")


def test_what_no_schedule_runs(new_csid):
    csid = new_csid(config={"schedules": [{"name": "deadlines", "check": "deadlines", "cron": "30 8 * * *"}]})
    assign(csid, *ROLES)
    csid.import_plan()
    assert [what for about, what in gaps(csid) if about == "check:actions-overdue"] == [
        "173 obligations: no schedule runs the check actions-overdue, which tells of them: "
        "add a schedule with check: actions-overdue to csid.yaml, then csictl reload"]


def test_every_check_lists_what_it_finds(bromley):
    """Told before or not: each finding is a row, by hand and as at another day."""
    bromley.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-06", "--to", "2017-09-07")
    bromley.ctl("deadline", "add", "Return", "--due", "2017-09-08", "--role", "director")
    bromley.advance("2017-09-01T08:00:00Z")
    for check in ("actions-overdue", "visits-ahead", "deadlines", "vacancies", "coverage"):
        ran = bromley.ctl("check", "run", check, "--dry-run", json=True)
        assert len(ran["found"]) == ran["findings"] > 0, check
        assert all(f["about"] and f["what"] for f in ran["found"])
    assert bromley.ctl("check", "run", "visits-ahead", "--dry-run", json=True)["told_list"] == []
