"""Sign-off as officers meet it: five commands in their turn, who may what, evidence as people type it."""

import json

import pytest

import harness
from test_access import ADMIN, OFFICER, VIEWER, call, open_csid  # noqa: F401
from test_extensions import in_json, office  # noqa: F401

ANN, BOB, READER = OFFICER, ADMIN, VIEWER
SUM = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
AUDIT = ("--evidence", "Audit=https://council.example/audit.pdf")
COMPLETE = ("action", "complete", "5.12", *AUDIT)
# every move, from every status
MOVES = {"complete": AUDIT, "approve": (), "verify": (), "embed": (), "reopen": ("--why", "The audit found more")}
TO = {"complete": "completion-proposed", "approve": "complete", "verify": "verified", "embed": "embedded",
      "reopen": "in-progress"}
FROM = {
    "draft": ["complete"], "agreed": ["complete"], "in-progress": ["complete"],
    "completion-proposed": ["approve", "reopen"], "complete": ["verify", "reopen"], "verified": ["embed", "reopen"],
    "embedded": ["reopen"], "suspended": ["reopen"], "superseded": ["reopen"], "cancelled": ["reopen"],
}


def show(csid, ref="5.12"):
    return csid.ctl("action", "show", ref, json=True)


def test_the_whole_way(office):  # noqa: F811
    """Each answer says what was and is, who will be told, and what is next."""
    done = in_json(office, ANN, *COMPLETE)
    assert (done["status"], done["date_state"], done["completed_on"]) == ("completion-proposed", "overdue", None)
    assert done["hint"] == "csictl action approve 5.12"
    assert done["changes"] == [{"what": "status", "was": "in-progress", "is": "completion-proposed"},
                               {"what": "evidence", "was": None, "is": "Audit"},
                               {"what": "effective", "was": None, "is": "Friday 1 September 2017"}]
    assert done["told"] == ["Director of Children's Social Care, from Fri 8 Sep 2017 on, unless it is approved or reopened before"]
    done = in_json(office, ANN, "action", "approve", "5.12")  # one's own proposal: the executive may own the action
    assert (done["status"], done["date_state"], done["completed_on"]) == ("complete", "closed", "2017-09-01")
    assert done["hint"] == "csictl action verify 5.12" and "programme office" in done["told"][0]
    done = in_json(office, BOB, "action", "verify", "5.12", "--note", "Read it with the team")
    assert done["status"] == "verified" and done["hint"] == "csictl action embed 5.12"
    office.ctl("board", "add", "Improvement board", "--kind", "board")
    office.ctl("meeting", "add", "1", "--on", "2017-08-25")
    done = in_json(office, ANN, "action", "embed", "5.12", "--meeting", "1", "--note", "Fewer moves")
    assert done["status"] == "embedded" and "hint" not in done and done["completed_on"] == "2017-09-01"
    assert [u["note"] for u in done["updates"]][-2:] == ["Read it with the team",
                                                         "Seen by meeting:1 of 25 Aug 2017: Fewer moves"]
    done = in_json(office, BOB, "action", "reopen", "5.12", "--why", "It has slipped back")
    assert (done["status"], done["completed_on"], done["date_state"]) == ("in-progress", None, "overdue")
    assert done["updates"][-1]["note"] == "Reopened: It has slipped back" and len(done["evidence"]) == 1
    said = [(row["who"], row["what"].split()[0]) for row in office.ctl("journal", "list", "--about", "5.12", json=True)["items"]]
    ann, bob = f"uid {ANN}", f"uid {BOB}"
    assert said[-9:] == [(ann, "action.evidence"), (ann, "action.complete"), (ann, "action.approve"), (bob, "action.verify"),
                         (bob, "action.update"), (ann, "action.embed"), (ann, "action.update"), (bob, "action.reopen"),
                         (bob, "action.update")]
    assert office.ctl("journal", "verify", json=True)["intact"] is True


def test_every_move_from_every_status(bromley):
    """Wrong moves are a conflict, change nothing and say what to type; what they say works."""
    for status, may in FROM.items():
        bromley.ctl("action", "update", "5.12", "--status", status, "--note", "As decided")
        for move, more in MOVES.items():
            words = ("action", move, "5.12", *more, "--dry-run")
            before = bromley.database_dump()
            done = bromley.ctl(*words, check=False, json=True)
            answer = done if isinstance(done, dict) else json.loads(done.stdout)
            assert bromley.database_dump() == before, (status, move)
            if move == "verify" and move in may:
                assert answer["status"] == 403  # who set it complete is who verifies it here
            elif move in may:
                assert answer["status"] == TO[move], (status, move)
            else:
                assert answer["status"] == 409 and status in answer["detail"], (status, move)
                assert "csictl action" in answer["detail"] or status == "embedded"


@pytest.mark.parametrize("user", [ANN, BOB, 0])
def test_who_proposed_may_not_verify(office, user):  # noqa: F811
    """Whoever it is, whoever approved it."""
    other = {ANN: BOB}.get(user, ANN)
    in_json(office, user, *COMPLETE)
    in_json(office, other, "action", "approve", "5.12")
    problem = in_json(office, user, "action", "verify", "5.12", status=4)
    assert problem["status"] == 403 and "somebody else" in problem["detail"]
    assert in_json(office, other, "action", "verify", "5.12")["status"] == "verified"


def test_set_complete_without_a_proposal(office):  # noqa: F811
    """An officer can set any status; that is no way round the second pair of eyes."""
    in_json(office, ANN, "action", "update", "5.12", "--status", "complete")
    assert in_json(office, ANN, "action", "verify", "5.12", status=4)["status"] == 403
    in_json(office, BOB, "action", "verify", "5.12")
    shown = show(office)
    assert shown["status"] == "verified" and "verified, no evidence" in shown["challenge"]
    for status in FROM:
        office.ctl("action", "update", "5.12", "--status", status, "--note", "As decided")


def test_a_viewer_may_not(office):  # noqa: F811
    for move, more in MOVES.items():
        assert call(office, ["action", move, "5.12", *more], READER).returncode == 4, move


# -- evidence ----------------------------------------------------------------------------------------


def test_evidence_is_listed_and_kept(office):  # noqa: F811
    in_json(office, ANN, *COMPLETE, "--evidence", f"Minutes=/share/minutes of May.pdf#sha256={SUM.upper()}")
    in_json(office, BOB, "action", "update", "5.12", "--evidence", "Later=\\\\server\\share\\a.docx")
    shown = show(office)
    assert [(v["title"], v["link"], v["sha256"], v["who"], v["effective_on"]) for v in shown["evidence"]] == [
        ("Audit", "https://council.example/audit.pdf", None, f"uid {ANN}", "2017-09-01"),
        ("Minutes", "/share/minutes of May.pdf", SUM, f"uid {ANN}", "2017-09-01"),
        ("Later", "\\\\server\\share\\a.docx", None, f"uid {BOB}", "2017-09-01")]
    assert shown["status"] == "completion-proposed"
    history = office.ctl("action", "history", "5.12", json=True)["items"]
    assert [(h["evidence"], h["sha256"]) for h in history if h["evidence"]] == [
        ("Audit", None), ("Minutes", SUM), ("Later", None)]
    text = office.ctl("action", "show", "5.12").stdout
    assert "Evidence" in text and "https://council.example/audit.pdf" in text and SUM in text
    assert SUM in office.get("/v1/actions/5.12?format=html").text


@pytest.mark.parametrize("evidence", [
    "Audit", "=https://x", "Audit=", "Audit=x.example", "Audit=javascript:alert(1)", "Audit=file:///etc/passwd",
    "Audit=https://", "Audit=https://x/a b", "Audit=https://x/<script>", "Audit=https://x/a\nBcc: b@x",
    "Audit=/a\tb", "Audit=/a\x1b[31m", "Audit=/a\u202efdp.exe", "Audit=/" + "a" * 2000, "Audit=/a#sha256=12",
])
def test_hostile_evidence(bromley, evidence):
    before = bromley.database_dump()
    for words in (("action", "complete", "5.12"), ("action", "update", "5.12"), ("deadline", "submit", "1", "--on", "today")):
        if words[0] == "deadline" and "#sha256" in evidence:
            continue
        assert bromley.ctl(*words, "--evidence", evidence, check=False).returncode in (2, 3), words
    assert bromley.database_dump() == before


def test_a_proposal_wants_evidence(bromley):
    done = bromley.ctl("action", "complete", "5.12", check=False)
    assert done.returncode == 2 and "evidence" in done.stderr
    for body in ({}, {"evidence": None}, {"evidence": [["Audit=/a"]]}, {"evidence": [""]}, {"evidence": ["Audit"]}):
        assert bromley.request("POST", "/v1/actions/5.12/complete", body).status == 400, body
    assert show(bromley)["status"] == "in-progress"
    assert bromley.request("POST", "/v1/actions/5.12/complete", {"evidence": "Audit=/a"}).status == 200


def test_complete_without_evidence_is_challenged(bromley):
    """What was imported as complete too; evidence answers it without another move."""
    challenged = bromley.ctl("action", "list", "--challenged", json=True)["items"]
    assert len(challenged) == 133 and {a["status"] for a in challenged} == {"complete"}
    assert {a["challenge"] for a in challenged} == {"complete, no evidence"}
    bromley.ctl("action", "update", "1.01", *AUDIT)
    assert show(bromley, "1.01")["challenge"] is None and show(bromley, "1.01")["status"] == "complete"
    assert len(bromley.ctl("action", "list", "--challenged", json=True)["items"]) == 132


# -- parts, days, what closes ------------------------------------------------------------------------


@pytest.fixture
def split(new_csid, tmp_path):
    """1.1 in two parts, of which b is complete."""
    sheet = tmp_path / "plan.csv"
    sheet.write_text("ref,part,priority,action,status,due\n1.1,a,1,Do it,in progress,2017-08-01\n"
                     "1.1,b,1,Do it,complete,2017-08-01\n")
    csid = new_csid()
    csid.ctl("plan", "import", sheet, "--plan", "p", "--as-at", "2017-08-31")
    return csid


def parts(csid):
    return {p["part"]: p["status"] for p in show(csid, "1.1")["parts"]}


def test_parts(split):
    done = split.ctl("action", "complete", "1.1", "--part", "b", *AUDIT, check=False)
    assert done.returncode == 5 and "part b" in done.stderr and "csictl action verify 1.1" in done.stderr
    assert split.ctl("action", "complete", "1.1", "--part", "c", *AUDIT, check=False).returncode == 3
    split.ctl("action", "complete", "1.1", "--part", "a", *AUDIT)
    assert parts(split) == {"a": "completion-proposed", "b": "complete"}
    assert [v["part"] for v in show(split, "1.1")["evidence"]] == ["a"]
    assert show(split, "1.1")["challenge"] == "b: complete, no evidence"
    split.ctl("action", "approve", "1.1")  # the part that stands there
    assert parts(split) == {"a": "complete", "b": "complete"}
    split.ctl("action", "reopen", "1.1", "--why", "Both")
    assert parts(split) == {"a": "in-progress", "b": "in-progress"}
    split.ctl("action", "complete", "1.1", *AUDIT)  # of the whole
    split.ctl("action", "approve", "1.1")
    assert show(split, "1.1")["challenge"] is None


def test_days(bromley):
    assert bromley.ctl(*COMPLETE, "--effective", "tomorrow", check=False).returncode == 2
    assert bromley.ctl(*COMPLETE, "--effective", "2017-08-30", check=False).returncode == 5  # nothing is said by then
    bromley.ctl(*COMPLETE, "--effective", "2017-08-31")
    done = bromley.ctl("action", "approve", "5.12", "--effective", "2017-08-31", json=True)
    assert done["completed_on"] == "2017-08-31"
    bromley.ctl("action", "reopen", "5.12", "--why", "No")
    done = bromley.ctl(*COMPLETE, "--effective", "2017-08-31", check=False)
    assert done.returncode == 5 and show(bromley)["status"] == "in-progress"


def test_closing_refuses_what_was_asked(office):  # noqa: F811
    in_json(office, ANN, "action", "extend", "5.12", "--to", "31 Dec 2017", "--why", "Late data")
    in_json(office, ANN, *COMPLETE)
    assert office.ctl("extension", "list", json=True)["items"][0]["state"] == "asked"
    in_json(office, BOB, "action", "approve", "5.12")
    (item,) = office.ctl("extension", "list", json=True)["items"]
    assert (item["state"], item["decided_by"], item["why"]) == ("refused", "csid", "closed meanwhile")


def test_meetings_that_can_have_seen_it(office):  # noqa: F811
    for user, words in ((ANN, COMPLETE), (ANN, ("action", "approve", "5.12")), (BOB, ("action", "verify", "5.12"))):
        in_json(office, user, *words)
    office.ctl("board", "add", "Improvement board", "--kind", "board")
    office.ctl("meeting", "add", "1", "--on", "2017-09-22")
    office.ctl("meeting", "add", "1", "--on", "2017-08-25", "--cancelled-on", "2017-08-20")
    for meeting, status, word in (("1", 2, "to come"), ("2", 2, "cancelled"), ("3", 3, "meeting"), ("visit:1", 2, "meeting"),
                                  ("x", 2, "meeting")):
        done = call(office, ["action", "embed", "5.12", "--meeting", meeting], ANN)
        assert done.returncode == status and word in done.stderr, (meeting, done.stderr)
    assert in_json(office, ANN, "action", "embed", "5.12")["status"] == "embedded"


# -- over the socket -----------------------------------------------------------------------------------


def test_if_match_and_keys(bromley):
    path, body = "/v1/actions/5.12/complete", {"evidence": ["Audit=/a"]}
    tag = bromley.get("/v1/actions/5.12").headers["etag"]
    assert bromley.request("POST", path, body, {"If-Match": '"999"'}).status == 412
    first = bromley.request("POST", path, body, {"If-Match": tag, "Idempotency-Key": "k1"})
    assert first.status == 200 and first.headers["etag"] != tag
    again = bromley.request("POST", path, body, {"If-Match": tag, "Idempotency-Key": "k1"})
    assert again.status == 200 and again.body == first.body
    assert len(show(bromley)["evidence"]) == 1
    assert bromley.request("POST", path, {"evidence": ["Audit=/a"], "rating": "red"}).status == 400
    problem = bromley.request("POST", path, body)
    assert problem.status == 409 and problem.headers["content-type"] == "application/problem+json"
    assert bromley.request("POST", "/v1/actions/9.99/approve").status == 404


def test_csictl_helps(bromley):
    for move in MOVES:
        assert f"action {move}" in bromley.ctl("help", "action", move).stdout
    assert "(needed)" in bromley.ctl("help", "action", "complete").stdout
    assert harness.run(harness.CSICTL, "action", "reopen", "5.12").returncode == 2  # without --why, before csid is asked
