"""Later due dates and silences as officers meet them: who may what, edges of dates, what is kept."""

import json
import re

import pytest

import harness
from test_access import ADMIN, OFFICER, VIEWER, call, open_csid  # noqa: F401

ANN, BOB, READER = OFFICER, ADMIN, VIEWER  # ADMIN is an officer too, as root is
ABOUT = "bromley-2016:5.12"  # due on 19 Feb 2017, in progress


def in_json(csid, user, *words, status=0):
    done = call(csid, ["--json", *words], user)
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return json.loads(done.stdout)


@pytest.fixture
def office(open_csid):  # noqa: F811
    """The plan, and a folder that others may read."""
    csid = open_csid()
    csid.import_plan()
    return csid


def ask(csid, to="30 Sep 2017", user=ANN, ref="5.12"):
    return in_json(csid, user, "action", "extend", ref, "--to", to, "--why", "Late data")


# -- extensions --------------------------------------------------------------------------------------


def test_asked_and_granted(office):
    asked = ask(office)
    assert (asked["state"], asked["about"], asked["from_on"], asked["to_on"], asked["asked_by"], asked["asked_on"]) == (
        "asked", ABOUT, "2017-02-19", "2017-09-30", f"uid {ANN}", "2017-09-01")
    (who,) = asked["told"]
    assert re.fullmatch(r"[\w-]+ and programme-office, in the next mail on what waits for a decision; .*", who), who
    assert office.ctl("action", "show", "5.12", json=True)["due_on"] == "2017-02-19"
    granted = in_json(office, BOB, "extension", "grant", "1")
    assert (granted["state"], granted["decided_by"], granted["decided_on"]) == ("granted", f"uid {BOB}", "2017-09-01")
    assert granted["changes"] == [{"what": "due", "was": "Sunday 19 February 2017",
                                   "is": "Saturday 30 September 2017, 223 days later"}]
    shown = office.ctl("action", "show", "5.12", json=True)
    assert (shown["due_on"], shown["original_due_on"], shown["date_state"]) == ("2017-09-30", "2017-02-19", "not-due")
    history = office.ctl("action", "history", "5.12", json=True)["items"]
    assert [(h["effective_on"], h["due_on"]) for h in history if h["due_on"]] == [
        ("2017-08-31", "2017-02-19"), ("2017-09-01", "2017-09-30")]
    # what was published before is what it was
    assert office.ctl("report", "position", "--as-at", "2017-08-31", json=True)["due"] == 298
    said = [row["what"].split()[0] for row in office.ctl("journal", "list", "--about", "5.12", json=True)["items"]]
    assert said[-3:] == ["extension.ask", "extension.grant", "action.update"]
    assert office.ctl("journal", "verify", json=True)["intact"] is True


@pytest.mark.parametrize("user", [ANN, BOB, 0])
def test_who_asked_may_not_grant(office, user):
    """Whoever it is: an officer, an administrator, root."""
    ask(office, user=user)
    before = office.database_dump()
    problem = in_json(office, user, "extension", "grant", "1", status=4)
    assert problem["status"] == 403 and "somebody else" in problem["detail"]
    assert office.database_dump() == before
    in_json(office, {ANN: BOB}.get(user, ANN), "extension", "grant", "1")


def test_a_viewer_only_reads(office):
    for words in (["action", "extend", "5.12", "--to", "30 Sep 2017", "--why", "x"], ["extension", "grant", "1"],
                  ["extension", "refuse", "1", "--why", "x"], ["notice", "ack", "--about", "5.12"],
                  ["notice", "snooze", "--about", "5.12", "--until", "+1d", "--to", "a@x.example"],
                  ["silence", "add", "--match", "role=director", "--until", "+1d", "--comment", "x"],
                  ["silence", "confirm", "1"], ["silence", "end", "1"]):
        assert call(office, words, READER).returncode == 4, words
    assert call(office, ["extension", "list"], READER).returncode == 0
    assert call(office, ["silence", "list", "--all"], READER).returncode == 0


def test_refused_with_its_reason(office):
    ask(office)
    refused = in_json(office, BOB, "extension", "refuse", "1", "--why", "The board wants it now")
    assert (refused["state"], refused["why"]) == ("refused", "The board wants it now")
    assert office.ctl("action", "show", "5.12", json=True)["due_on"] == "2017-02-19"
    for words in (["extension", "grant", "1"], ["extension", "refuse", "1", "--why", "again"]):
        done = call(office, words, BOB)
        assert done.returncode == 5 and "The board wants it now" in done.stderr
    assert call(office, ["extension", "refuse", "1"], BOB).returncode == 2  # without why


def test_newest_request_replaces(office):
    ask(office)
    ask(office, to="6 Oct 2017", user=BOB)
    items = office.ctl("extension", "list", json=True)["items"]
    assert [(x["id"], x["state"], x["why"]) for x in items] == [
        (1, "refused", "replaced by a request for 6 Oct 2017"), (2, "asked", None)]
    assert [x["id"] for x in office.ctl("extension", "list", "--state", "asked", json=True)["items"]] == [2]
    assert office.ctl("extension", "list", "--state", "open", check=False).returncode == 2


@pytest.mark.parametrize("words", [
    ["action", "update", "5.12", "--status", "complete"],
    ["action", "update", "5.12", "--status", "cancelled", "--note", "Overtaken"],
])
def test_closed_meanwhile(office, words):
    ask(office)
    office.ctl(*words)
    (item,) = office.ctl("extension", "list", json=True)["items"]
    assert (item["state"], item["decided_by"], item["why"]) == ("refused", "csid", "closed meanwhile")
    done = call(office, ["extension", "grant", "1"], BOB)
    assert done.returncode == 5 and "closed meanwhile" in done.stderr
    done = call(office, ["action", "extend", "5.12", "--to", "30 Sep 2017", "--why", "x"], ANN)
    assert done.returncode == 5 and "closed" in done.stderr


def test_closed_by_an_import(office, tmp_path):
    ask(office)
    sheet = tmp_path / "plan.csv"
    sheet.write_text("ref,priority,action,status\n5.12,5,Done,complete\n")
    office.ctl("plan", "import", sheet, "--plan", "bromley-2016", "--as-at", "2017-09-01")
    (item,) = office.ctl("extension", "list", json=True)["items"]
    assert (item["state"], item["why"]) == ("refused", "closed meanwhile")


@pytest.mark.parametrize("to, status, word", [
    ("19 Feb 2017", 2, "later day"), ("18 Feb 2017", 2, "later day"), ("20 Feb 2017", 2, "passed"),
    ("31 Aug 2017", 2, "passed"), ("today", 0, ""), ("30 Feb 2018", 2, "to"), ("29 Feb 2020", 0, ""),
    ("31/12/2017", 0, ""), ("1 Sep 2027", 0, ""), ("2 Sep 2027", 2, "--yes"), ("soon", 2, "to"),
])
def test_dates_that_can_be_asked_for(office, to, status, word):
    done = call(office, ["action", "extend", "5.12", "--to", to, "--why", "x"], ANN)
    assert done.returncode == status and word in done.stderr, done


def test_an_overdue_one_is_so_no_longer(office):
    """Nor is it told of in the next mail."""
    office.ctl("role", "assign", "head-of-children-looked-after", "--name", "Ann Lee", "--email", "ann@x.example")
    ask(office, to="31 Dec 2017")
    in_json(office, BOB, "extension", "grant", "1")
    office.advance("2017-09-01T08:00:00Z")
    (_, mail) = [m for m in office.mails() if m["To"].endswith("<ann@x.example>")]  # the first: it is hers now
    text = harness.text_of(mail)
    assert "5.18" in text and "5.12" not in text


# -- silences ----------------------------------------------------------------------------------------


def silence(csid, *match, user=ANN, until="+14d", status=0, more=()):
    words = [word for m in match for word in ("--match", m)]
    return in_json(csid, user, "silence", "add", *words, "--until", until, "--comment", "On leave", *more,
                   status=status)


def test_silence_of_what_is_not_statutory(office):
    one = silence(office, "about=bromley-2016:5.*", "event=csi.action.overdue")
    assert (one["state"], one["two"], one["by"]) == ("holds", False, f"uid {ANN}")
    assert one["match"] == ["about=bromley-2016:5.*", "event=csi.action.overdue"]
    assert (one["start_at"], one["end_at"]) == ("2017-09-01T06:00:00Z", "2017-09-15T23:00:00Z")  # to the day's end
    assert call(office, ["silence", "confirm", "1"], BOB).returncode == 5  # nobody is awaited
    ended = in_json(office, BOB, "silence", "end", "1")
    assert (ended["state"], ended["ended_by"]) == ("ended", f"uid {BOB}")
    assert call(office, ["silence", "end", "1"], BOB).returncode == 5
    assert office.ctl("silence", "list", json=True)["items"] == []
    assert [x["id"] for x in office.ctl("silence", "list", "--all", json=True)["items"]] == [1]


@pytest.mark.parametrize("since, until, end", [  # London is an hour ahead until 29 Oct 2017
    ("2017-09-01", "2017-10-02", "2017-10-02T23:00:00Z"), ("2017-09-01", "2017-10-03", None),
    ("2017-10-15", "2017-11-15", "2017-11-16T00:00:00Z"), ("2017-10-15", "2017-11-16", None),
    ("2018-01-31", "2018-03-03", "2018-03-04T00:00:00Z"), ("2018-01-31", "2018-03-04", None),
    ("2018-12-31", "2019-01-31", "2019-02-01T00:00:00Z"), ("2018-12-31", "2019-02-01", None),
    ("2017-09-10", "2017-09-10", "2017-09-10T23:00:00Z"), ("2017-09-10", "2017-09-09", None),
    ("2017-08-31", "2017-09-10", None), ("2017-09-01", "2017-08-31", None),
    ("2017-09-10 12:00", "2017-09-10 12:00", None), ("2017-09-10 12:00", "2017-09-10 12:01", "2017-09-10T11:01:00Z"),
    ("2017-09-01T05:59:59Z", "2017-09-01 07:30", "2017-09-01T06:30:00Z"),
    ("2017-09-01", "2017-09-01T06:00:00Z", None), ("2017-09-01", "2017-09-01T06:00:01Z", "2017-09-01T06:00:01Z"),
])
def test_at_most_31_days(office, since, until, end):
    got = silence(office, "role=director", until=until, more=["--from", since], status=0 if end else 2)
    assert not end or got["end_at"] == end


def test_silence_wants_an_end_a_reason_and_a_match(office):
    for words in (["--match", "role=director", "--until", "+1d"], ["--match", "role=director", "--comment", "x"],
                  ["--until", "+1d", "--comment", "x"],
                  ["--match", "role=director", "--until", "+1d", "--comment", ""],
                  ["--match", "role=director", "--match", "role=x", "--until", "+1d", "--comment", "x"],
                  ["--match", "colour=red", "--until", "+1d", "--comment", "x"],
                  ["--match", "role=*director", "--until", "+1d", "--comment", "x"],
                  ["--match", "about=5.12", "--until", "+1d", "--comment", "x"]):
        assert call(office, ["silence", "add", *words], ANN).returncode == 2, words
    for words in (["role=no-such-role"], ["plan=no-such-plan"]):
        silence(office, *words, status=3)
    assert office.ctl("silence", "list", "--all", json=True)["items"] == []


STATUTORY = [  # of the chair, due on 1 Oct 2017; the director gets a copy
    (["event=csi.deadline.missed"], True), (["event=csi.*"], True), (["event=csi.deadline.due"], True),
    (["event=csi.action.overdue"], False), (["about=deadline:1"], True), (["about=deadline:*"], True),
    (["about=deadline:2"], False), (["about=*"], True), (["about=bromley-2016:*"], False),
    (["role=improvement-board-chair"], True), (["role=director"], True), (["role=programme-office"], False),
    (["to=CHAIR@board.example"], True), (["to=chair@*"], True), (["to=ann@x.example"], False),
    (["plan=bromley-2016"], False), (["rule=deadlines"], True), (["rule=actions-overdue"], False),
    (["role=improvement-board-chair", "event=csi.visit.ahead"], False),
]


@pytest.fixture
def chair(office):
    office.ctl("role", "assign", "improvement-board-chair", "--name", "Isabel Moore", "--email", "chair@board.example")
    office.ctl("deadline", "add", "Report", "--due", "2017-10-01", "--role", "improvement-board-chair")
    return office


@pytest.mark.parametrize("match, two", STATUTORY, ids=[" ".join(m) for m, _ in STATUTORY])
def test_what_is_statutory_takes_two(chair, match, two):
    one = silence(chair, *match)
    assert (one["two"], one["state"]) == (two, "asked" if two else "holds")
    if not two:
        return
    assert any("statutory" in note for note in one["notes"])
    for user, status in ((ANN, 4), (READER, 4)):
        assert call(chair, ["silence", "confirm", "1"], user).returncode == status
    assert chair.ctl("silence", "list", json=True)["items"][0]["state"] == "asked"
    done = in_json(chair, BOB, "silence", "confirm", "1")
    assert (done["state"], done["confirmed_by"]) == ("holds", f"uid {BOB}")
    assert call(chair, ["silence", "confirm", "1"], BOB).returncode == 5


def test_second_by_name(chair):
    assert silence(chair, "about=deadline:1", more=["--second", f"uid {ANN}"], status=4)["status"] == 403
    one = silence(chair, "role=programme-office", more=["--second", f"uid {BOB}"])  # wanted, though not needed
    assert (one["two"], one["second"], one["state"]) == (True, f"uid {BOB}", "asked")
    assert call(chair, ["silence", "confirm", "1"], 0).returncode == 4  # root was not asked
    assert in_json(chair, BOB, "silence", "confirm", "1")["state"] == "holds"


def test_states_as_time_passes(office):
    silence(office, "role=director", until="2017-09-03", more=["--from", "2017-09-02"])
    silence(office, "event=csi.deadline.missed", until="2017-09-02")
    seen = []
    for when in ("2017-09-01T22:59:00Z", "2017-09-01T23:00:00Z", "2017-09-02T23:00:00Z", "2017-09-03T22:59:00Z",
                 "2017-09-03T23:00:00Z"):
        office.advance(when)
        seen.append([x["state"] for x in office.ctl("silence", "list", "--all", json=True)["items"]])
    assert seen == [["ahead", "asked"], ["holds", "asked"], ["holds", "over"], ["holds", "over"], ["over", "over"]]
    assert call(office, ["silence", "confirm", "2"], BOB).returncode == 5


def test_hostile_comments(office):
    text = "\x1b]0;owned\x07<script>alert(1)</script>\r\nX: y\t\u202e=1+1"
    kept = "\ufffd]0;owned\ufffd<script>alert(1)</script>\nX: y\t\u202e=1+1"
    one = office.request("POST", "/v1/silences", {"match": ["role=director"], "until": "+1d", "comment": text}).json()
    asked = office.request("POST", "/v1/actions/5.12/extensions", {"to": "30 Sep 2017", "why": text}).json()
    assert one["comment"] == kept and asked["reason"] == kept
    for path in ("/v1/silences", "/v1/extensions"):
        page = office.get(path, {"Accept": "text/html"}).text
        assert "<script>" not in page and "&lt;script&gt;" in page
    for words in (["silence", "list"], ["extension", "list"]):
        assert "\x1b" not in office.ctl(*words).stdout
