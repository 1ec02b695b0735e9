"""Records: every kind added, listed, shown, changed and remembered by the one definition; what is refused; what a
known history looks like in csictl."""

import csv
import io
import json

import pytest

import harness
from records import RECORDS, add_all

KINDS = list(RECORDS)
OPTION_OF = {"on": {"meeting": "held_on", "edition": "dated_on", "resolution": "agreed_on", "decision": "decided_on",
                    "review": "completed_on", "value": "dated_on"}, "from": "from_on", "to": "to_on",
             "papers_due": "papers_due_on", "first_report": "first_report_on", "due": "due_on",
             "reply_due": "reply_due_on"}


def field(kind, member):
    """The member of an answer that an argument fills."""
    name = OPTION_OF.get(member, member)
    return name[kind] if isinstance(name, dict) else name


def kept(kind, body):
    """What an answer says of these arguments: a reference in full, a code with hyphens."""
    values = {field(kind, member): value for member, value in body.items()}
    for member, value in values.items():
        if member in KINDS and value == "1":
            values[member] = f"{member}:1"
        if member in ("grade", "kind"):
            values[member] = value.replace(" ", "-")
    return values


def texts(kind, body):
    """The same as the database keeps it."""
    return {member: str(value) for member, value in kept(kind, body).items()}


def test_every_kind_is_tried():
    assert KINDS == harness.commands.kinds()


@pytest.fixture(scope="module")
def module_csid():
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    add_all(csid)
    yield csid
    csid.stop()
    harness.remove(folder)


@pytest.fixture
def filled(csid):
    add_all(csid)
    return csid


def typed(kind, body):
    """The words that add it with csictl: what must be there by its place, the rest as options."""
    words = next(c for c in harness.commands.table() if c.id == f"{kind}_add").arguments.split()
    places = [word.lower() for word in words if word[0] not in "-["]
    return [kind, "add", *(body[name] for name in places),
            *(f"--{name.replace('_', '-')}={value}" for name, value in body.items() if name not in places)]


def test_csictl_adds_what_a_request_adds(csid, module_csid):
    for kind, (_, body, _) in RECORDS.items():
        said = csid.ctl(*typed(kind, body), json=True)
        assert said.items() >= kept(kind, body).items() and said["told"]
    for kind in KINDS:
        assert csid.ctl(kind, "show", "1", json=True) == module_csid.ctl(kind, "show", "1", json=True)


# -- every kind, the same way ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_add_list_show(module_csid, kind):
    path, body, _ = RECORDS[kind]
    one = module_csid.ctl(kind, "show", "1", json=True)
    assert one["id"] == 1 and one["version"] == 1
    for member, value in kept(kind, body).items():
        assert one[member] == value, member
    items = module_csid.ctl(kind, "list", json=True)["items"]
    assert len(items) == 1
    assert items[0] == {key: value for key, value in one.items() if not isinstance(value, list)}
    assert module_csid.ctl(kind, "show", f"{kind}:1", json=True) == one
    answer = module_csid.get(f"/v1/{path}/1")
    assert answer.json() == one and answer.headers["etag"] == '"1"'


@pytest.mark.parametrize("kind", KINDS)
def test_table_and_csv(module_csid, kind):
    one = module_csid.ctl(kind, "list", json=True)["items"][0]
    head, row = csv.reader(io.StringIO(module_csid.ctl("--csv", kind, "list").stdout, newline=""))
    assert head == [key for key in one if key != "version"]  # all of it, details too
    assert row == ["" if one[key] is None else str(one[key]) for key in head]
    table = [line.split("\t") for line in module_csid.ctl(kind, "list").stdout.splitlines()]
    assert len(table) == 2 and len(table[0]) == len(table[1]) <= len(head)
    assert set(table[1]) <= set(row)
    shown = dict(line.split("\t", 1) for line in module_csid.ctl(kind, "show", "1").stdout.split("\n\n")[0].splitlines())
    assert set(row) <= {value.strip() for value in shown.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_update_and_history(filled, kind):
    _, body, change = RECORDS[kind]
    before = filled.ctl(kind, "history", "1", json=True)["items"]
    assert {row["field"]: row["value"] for row in before} == texts(kind, body)
    assert {(row["version"], row["who"], row["recorded_at"]) for row in before} == \
           {(1, harness.me(), "2017-09-01T06:00:00Z")}
    filled.advance("1h")
    answer = filled.request("PATCH", f"/v1/{RECORDS[kind][0]}/1", change)
    assert answer.status == 200 and answer.headers["etag"] == '"2"', answer.body
    assert answer.json().items() >= kept(kind, change).items()
    assert len(answer.json()["changes"]) == len(change)
    now = filled.ctl(kind, "show", "1", json=True)
    assert {**kept(kind, body), **kept(kind, change), "version": 2}.items() <= now.items()
    after = filled.ctl(kind, "history", "1", json=True)["items"]
    assert after[:len(before)] == before
    assert [(row["version"], row["recorded_at"], row["field"], row["value"]) for row in after[len(before):]] == \
           [(2, "2017-09-01T07:00:00Z", name, value) for name, value in texts(kind, change).items()]
    rows = filled.sql("SELECT what, before, after FROM journal WHERE what LIKE ? ORDER BY seq", f"% {kind}:1")
    assert [what for what, _, _ in rows] == [f"{kind}.add {kind}:1", f"{kind}.update {kind}:1"]
    assert rows[0][1] is None and rows[0][2] == rows[1][1]
    assert texts(kind, change).items() <= json.loads(rows[1][2]).items()
    assert filled.ctl("journal", "verify").returncode == 0


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changes(filled, kind):
    path, body, change = RECORDS[kind]
    before = filled.database_dump()
    assert filled.request("PATCH", f"/v1/{path}/1", body).status == 200
    assert filled.request("PATCH", f"/v1/{path}/1", {}).status == 200
    assert filled.request("PATCH", f"/v1/{path}/1?dry_run=1", change).json()["version"] == 2
    assert filled.request("POST", f"/v1/{path}?dry_run=1", body).json()["id"] == 2
    stale = filled.request("PATCH", f"/v1/{path}/1", change, {"If-Match": '"7"'})
    assert stale.status == 412 and stale.json()["present"]["version"] == 1
    assert filled.database_dump() == before


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_records(module_csid, kind):
    path = RECORDS[kind][0]
    for word in ("2", "0", f"{kind}:2", "999999999999999"):
        for verb in ("show", "history", "update"):
            done = module_csid.ctl(kind, verb, word, check=False)
            assert done.returncode == 3 and f"csictl {kind} list" in done.stderr, done.stderr
    for word in ("one", "person:1", "-1", "1.0", "1x", f"{kind}:", f"{kind}:x", "9" * 20):
        assert module_csid.get(f"/v1/{path}/{word}").status == 400, word
        assert module_csid.get(f"/v1/{path}/{word}/history").status == 400, word


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_that_will_not_do(module_csid, kind):
    """For every argument a value of the wrong sort is refused, named, and leaves nothing behind."""
    path, body, _ = RECORDS[kind]
    command = next(c for c in harness.commands.table() if c.id == f"{kind}_update")
    before = module_csid.database_dump()
    bad = {"DATE": "2017-02-30", "N": "-1", "NUMBER": "1,5", "MONTH": "2017-13", "CODE": "no/such", "PERIOD": "soon", "ROLE": "no-such-role", "ID": "99",
           "HH:MM": "25:00"}
    tried = 0
    for word in command.arguments.split():
        option, _, meta = word.strip("[-]").partition("=")
        if meta in bad:
            member = option.replace("-", "_")
            for target, method, more in ((f"/v1/{path}", "POST", body), (f"/v1/{path}/1", "PATCH", {})):
                answer = module_csid.request(method, target, {**more, member: bad[meta]})
                assert answer.status == (404 if meta in ("ROLE", "ID") else 400), (member, answer.body)
                assert member in answer.json()["detail"] or field(kind, member) in answer.json()["detail"]
            tried += 1
    assert tried > 0
    assert module_csid.database_dump() == before


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_that_is_missing(module_csid, kind):
    """What must be there is asked for by csictl, by csid, and may not be taken away later."""
    path, body, _ = RECORDS[kind]
    add = next(c for c in harness.commands.table() if c.id == f"{kind}_add").arguments.split()
    before = module_csid.database_dump()
    needed = [word.strip("-").partition("=")[0].lower().replace("-", "_") for word in add if not word.startswith("[")]
    assert needed
    for member in needed:
        for method, target, sent in (("POST", f"/v1/{path}", {k: v for k, v in body.items() if k != member}),
                                     ("POST", f"/v1/{path}", {**body, member: ""}),
                                     ("PATCH", f"/v1/{path}/1", {member: ""})):
            answer = module_csid.request(method, target, sent)
            assert answer.status == 400 and "missing" in answer.json()["detail"], (member, answer.body)
    done = module_csid.ctl(kind, "add", check=False)
    assert done.returncode == 2 and all(word.strip("-").partition("=")[0] in done.stderr
                                        for word in add if not word.startswith("["))
    assert module_csid.database_dump() == before


@pytest.mark.parametrize("kind", KINDS)
def test_viewers_read_only(new_csid, kind):
    csid = new_csid(config={"access": {"admin": [], "officer": [], "viewer": [harness.me()]}})
    path, body, _ = RECORDS[kind]
    assert csid.request("POST", f"/v1/{path}", body).status == 403
    assert csid.get(f"/v1/{path}").json() == {"items": []}
    assert csid.ctl(kind, "list").stdout == "None recorded.\n"


# -- rules -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, body, word", [
    ("visits", {"kind": "peer"}, "expected_from_on"),
    ("visits", {"kind": "peer", "from": "2017-10-30", "to": "2017-10-29"}, "before"),
    ("visits", {"kind": "peer", "from": "2017-10-30", "letter_published_on": "2017-10-29"}, "before"),
    ("visits", {"kind": "peer", "expected_from": "2019-01-31", "expected_to": "2019-01-01"}, "before"),
    ("visits", {"kind": "peer", "from": "2047-10-30"}, "--yes"),
    ("judgements", {"inspection": "1", "area": "Leaders"}, "grade, finding"),
    ("judgements", {"inspection": "visit:1", "area": "Leaders", "grade": "good"}, "visit:1"),
    ("members", {"board": "1"}, "role, name"),
    ("members", {"board": "1", "name": "A", "invited_on": "2017-08-02", "accepted_on": "2017-08-01"}, "before"),
    ("meetings", {"board": "1", "on": "2017-09-14", "papers_due": "2017-09-15"}, "before"),
    ("instruments", {"kind": "adviser", "issued_on": "2022-03-01", "term_ends": "2022-02-01"}, "before"),
    ("approvals", {"edition": "1", "asked_on": "2017-08-02"}, "role, board, name"),
    ("audits", {"kind": "monthly"}, "planned_on, month"),
    ("audits", {"kind": "monthly", "month": "2017-09", "good": 3}, "good, cases: the first is there without the second"),
    ("audits", {"kind": "monthly", "month": "2017-09", "cases": 2, "good": 3}, "good, cases: 3 is more than 2"),
    ("audits", {"kind": "monthly", "month": "Sep 2047"}, "--yes"),
    ("measures", {"title": "A", "frequency": "1m"}, "polarity"),
    ("values", {"measure": "1", "on": "2017-09-01"}, "value, count"),
    ("values", {"measure": "1", "on": "2017-09-01", "count": 3}, "count, out_of: the first is there without the second"),
    ("values", {"measure": "1", "on": "2017-09-01", "count": 3, "out_of": 2}, "count, out_of: 3 is more than 2"),
    ("values", {"measure": "1", "on": "2017-09-01", "value": 1e-7}, "value"),
    ("values", {"measure": "1", "on": "2017-09-01", "count": 1.5, "out_of": 2}, "count"),
    ("risks", {"title": "A", "likelihood": 0, "impact": 1}, "from 1 to 5"),
    ("risks", {"title": "A", "likelihood": 1, "impact": 6}, "from 1 to 5"),
    ("risks", {"title": "A", "likelihood": 1, "impact": 1, "referred_on": "2017-09-02", "reply_due": "2017-09-01"},
     "before"),
    ("inspections", {"framework": "sif", "from": "2016-04-11", "to": "2016-05-05", "grade": "inadequate"}, "grade"),
])
def test_rules(module_csid, path, body, word):
    before = module_csid.database_dump()
    answer = module_csid.request("POST", f"/v1/{path}", body)
    assert answer.status == 400 and word in answer.json()["detail"], answer.body
    assert module_csid.database_dump() == before


@pytest.mark.parametrize("words, said", [
    ("visit add --kind peer --from 2017-13-01", '--from: date "2017-13-01": there is no month 13'),
    ("visit add --kind peer --expected-from 2017-02-30", "--expected-from: date"),
    ("visit add --kind peer", "visit: --from, --expected-from: at least one of them is wanted"),
    ("visit add --kind peer --to 2017-10-30", "visit: --from, --expected-from: at least"),
    ("visit add --kind peer --expected-from 2017-10-01 --to 2017-10-30", "visit: --to: is there without --from"),
    ("visit update 1 --to 2001-01-01", "visit: --to: 2001-01-01 is before --from, "),
    ("audit add --kind monthly --month 2017-09 --cases 2 --good 3", "audit: --good, --cases: 3 is more than 2"),
    ("member add 1", "member: --role, --name: at least"),
    ("meeting add 77 --on fri", "meeting: BOARD: no board 77"),
    ("audit add --kind monthly --month Smarch", 'audit: --month: "Smarch" is no month: write 2017-09'),
    ("audit add --kind monthly --month 2047-09", "--month: Monday 30 September 2047 is more than 10 years ahead: add --yes"),
    ("visit list --kind sudden", '--kind: "sudden" is none of'),
])
def test_csictl_names_the_option(module_csid, words, said):
    done = module_csid.ctl(*words.split(), check=False)
    assert done.returncode and done.stderr.startswith(f"csictl: {said}"), done.stderr


def test_a_report_before_the_inspections_end_is_asked_about(csid):
    """A year mistyped would make a statement of action overdue by a year."""
    said = csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-17", "--to", "2018-09-28",
                    "--received-on", "2017-10-24", "--published-on", "2017-10-29", json=True)
    last = "is before the inspection's last day, Fri 28 Sep 2018: is the year right?"
    assert said["notes"] == [f"report received: Tue 24 Oct 2017 {last}", f"published: Sun 29 Oct 2017 {last}"]
    said = csid.ctl("inspection", "update", "1", "--received-on", "2018-10-24", "--published-on", "2018-10-29", "--planning-on",
                    "2018-09-27", json=True)
    assert said["notes"] == [f"action planning: Thu 27 Sep 2018 {last}"]
    assert "notes" not in csid.ctl("inspection", "update", "1", "--planning-on", "2018-09-28", json=True)


def test_a_visit_of_one_day_is_moved_as_one(csid):
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-11-01", "--expected-from", "2017-11-01")
    days = lambda: tuple(csid.ctl("visit", "show", "1", json=True)[m] for m in ("from_on", "to_on"))
    for day in ("2017-11-08", "2017-10-25"):
        said = csid.ctl("visit", "update", "1", "--from", day)
        assert days() == (day, day) and said.stdout.count(" → ") == 2
    csid.ctl("visit", "update", "1", "--from", "2017-10-24", "--to", "2017-10-25")
    assert days() == ("2017-10-24", "2017-10-25")
    csid.ctl("visit", "update", "1", "--from", "2017-10-23")
    assert days() == ("2017-10-23", "2017-10-25"), "which of two days is meant is not guessed"
    assert csid.ctl("visit", "update", "1", "--from", "2017-10-26", check=False).returncode == 2
    csid.ctl("visit", "update", "1", "--to", "2017-10-23")
    csid.ctl("visit", "update", "1", "--note", "Moved")
    assert days() == ("2017-10-23", "2017-10-23")
    csid.ctl("visit", "update", "1", "--from", "")
    assert days() == (None, None)


def test_a_body_stands_under_another_but_not_in_a_ring(filled):
    filled.ctl("board", "add", "Voice of the child", "--kind", "sub-group", "--parent", "board:1")
    done = filled.ctl("board", "update", "1", "--parent", "2", check=False)
    assert done.returncode == 2 and "under itself" in done.stderr
    assert [b["parent"] for b in filled.ctl("board", "list", json=True)["items"]] == [None, "board:1"]


def test_what_belongs_is_shown_with_it(filled):
    filled.ctl("inspection", "add", "--framework", "ilacs", "--from", "2021-12-06", "--to", "2021-12-17")
    filled.ctl("judgement", "add", "2", "--area", "Leaders", "--grade", "inadequate")
    one, two = (filled.ctl("inspection", "show", number, json=True) for number in "12")
    assert [j["area"] for j in one["judgements"]] == ["Care leavers"]
    assert [j["area"] for j in two["judgements"]] == ["Leaders"]
    assert "Judgements\n" in filled.ctl("inspection", "show", "1").stdout
    body = filled.ctl("board", "show", "1", json=True)
    assert len(body["members"]) == len(body["meetings"]) == 1
    assert filled.ctl("instrument", "show", "1", json=True)["requirements"][0]["paragraph"] == "4(b)"
    assert filled.ctl("document", "show", "1", json=True)["editions"][0]["label"] == "1.0"
    assert filled.ctl("edition", "show", "1", json=True)["approvals"][0]["board"] == "board:1"


def test_lists_by_value(filled):
    filled.ctl("visit", "add", "--kind", "peer", "--from", "2017-09-30")
    filled.ctl("board", "add", "Panel", "--kind", "panel", "--chair", "director")
    filled.ctl("meeting", "add", "2", "--on", "2017-09-20")

    def ids(*words):
        return [item["id"] for item in filled.ctl(*words, json=True)["items"]]

    assert ids("visit", "list") == [2, 1]  # by date
    assert ids("visit", "list", "--kind", "Monitoring") == [1]
    assert ids("meeting", "list", "--board", "board:2") == [2]
    assert ids("meeting", "list", "--board", "1") == [1]
    assert ids("board", "list", "--chair", "Director of Children's Services") == [2]
    assert filled.ctl("visit", "list", "--kind", "state", check=False).returncode == 2
    assert filled.ctl("meeting", "list", "--board", "9", check=False).returncode == 3


def test_a_value_is_taken_away(filled):
    filled.ctl("instrument", "update", "1", "--lifted-on", "2019-01-31")
    said = filled.ctl("instrument", "update", "1", "--lifted-on=").stdout
    assert "lifted: Thursday 31 January 2019 → nothing" in said
    assert filled.ctl("instrument", "show", "1", json=True)["lifted_on"] is None
    assert [row["value"] for row in filled.ctl("instrument", "history", "1", json=True)["items"]
            if row["field"] == "lifted_on"] == ["2019-01-31", None]


# -- a known history: Bromley ------------------------------------------------------------------------


def test_bromley(csid):
    csid.ctl("inspection", "add", "--framework", "SIF", "--from", "11 Apr 2016", "--to", "5 May 2016",
             "--published-on", "27 Jun 2016")
    for area, grade in (("Children who need help and protection", "inadequate"),
                        ("Effectiveness of the safeguarding board", "requires improvement")):
        csid.ctl("judgement", "add", "inspection:1", "--area", area, "--grade", grade)
    csid.ctl("visit", "add", "--kind", "monitoring", "--number", "1", "--from", "2016-11-08", "--to", "2016-11-09")
    csid.ctl("visit", "add", "--kind", "other", "--from", "2017-09-06", "--note", "The National Director")
    csid.ctl("visit", "add", "--kind", "monitoring", "--expected-from", "2018-01-01", "--expected-to", "2018-01-31")
    csid.ctl("board", "add", "Improvement board", "--kind", "board", "--chair", "improvement-board-chair",
             "--cycle", "6w")
    csid.ctl("meeting", "add", "board:1", "--on", "22 Sep 2017", "--papers-due", "15 Sep 2017")
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "12 Sep 2017",
             "--first-report", "1 Oct 2017", "--every", "3m")
    said = csid.ctl("visit", "update", "visit:1", "--letter-published-on", "2016-12-05").stdout
    assert said.startswith("letter published: Monday 5 December 2016\n")
    shown = csid.ctl("inspection", "show", "1").stdout.split("\n\n")[1].splitlines()
    assert shown == ["Judgements", "ID\tArea\tGrade\tFinding\tCancelled",
                     "1\tChildren who need help and protection\tinadequate\t\t",
                     "2\tEffectiveness of the safeguarding board\trequires-improvement\t\t"]
    assert [v["from_on"] for v in csid.ctl("visit", "list", json=True)["items"]] == ["2016-11-08", "2017-09-06", None]
    ahead = [row["about"] for row in csid.ctl("status", json=True)["ahead"]]
    assert not any("visit:" in about for about in ahead)  # a window is no visit
    # the re-inspection may come any day for two years, and what is overdue is much: neither hides what comes next
    nexts = [(row["on"], row["what"].split(":")[0]) for row in csid.ctl(json=True)["ahead"]]
    late = [day for day, what in nexts if what == "OVERDUE"]
    assert len(late) == 5 and max(late) < csid.now()[:10] and nexts == sorted(nexts, key=lambda row: row[0])
    assert ("2017-10-01", "Report of the chair of the improvement board") in nexts
    assert not any(what.startswith("Re-inspection") for _, what in nexts), "its last day, 27 Jun 2018, is far"
