"""csictl wizard intervention: the dialogue on a terminal, the file of answers, what csid writes from them and what
it refuses. Dates are worked out here."""

import datetime
import fcntl
import json
import os
import pty
import re
import select
import shlex
import stat
import struct
import subprocess
import termios

import pytest
import yaml

import harness
from harness import CSICTL, DATA, SANITIZER_SAYS, environment
from test_csictl_offline import Csid as FakeCsid, answer, problem

PATH = "/v1/wizard/intervention"
YAML = {"Content-Type": "application/yaml"}
BRADFORD, BROMLEY = DATA / "wizard-bradford.yaml", DATA / "wizard-bromley.yaml"
BANK_HOLIDAYS = {datetime.date(2018, 12, 25), datetime.date(2018, 12, 26), datetime.date(2019, 1, 1)}
LEFT = "csictl: nothing was written"


def working_days(first, n):
    """The n-th working day after `first`, counted day by day."""
    day = first
    while n:
        day += datetime.timedelta(1)
        n -= day.weekday() < 5 and day not in BANK_HOLIDAYS
    return day.isoformat()


STATEMENT_DUE = working_days(datetime.date(2018, 10, 24), 70)


@pytest.fixture
def bradford(new_csid):
    """A csid on 1 November 2018, the report published three days ago."""
    return new_csid(clock="2018-11-01T08:00:00Z")


@pytest.fixture(scope="module")
def module_csid():
    """One for what is refused: each test must leave the database as it was."""
    folder = harness.scratch()
    csid = harness.Csid(folder, clock="2018-11-01T08:00:00Z").start()
    yield csid
    csid.stop()
    harness.remove(folder)


@pytest.fixture
def untouched(module_csid):
    before = module_csid.database_dump()
    yield module_csid
    assert module_csid.database_dump() == before


class Dialogue:
    """csictl with a terminal on all three descriptors; what it says is read, what is typed is not echoed."""

    def __init__(self, path, *words, columns=100):
        self.main, side = pty.openpty()
        attributes = termios.tcgetattr(side)
        attributes[1] &= ~termios.OPOST
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(side, termios.TCSANOW, attributes)
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        env = environment({"TERM": "xterm", "CSID_SOCKET": str(path)})
        self.process = subprocess.Popen([CSICTL, *map(str, words)], stdin=side, stdout=side, stderr=side, env=env)
        os.close(side)
        self.said, self.read_to = "", 0

    def read(self):
        """More of what it says; False at its end."""
        assert select.select([self.main], [], [], 30)[0], f"silent after: {self.said[-400:]}"
        try:
            block = os.read(self.main, 65536)
        except OSError:  # the other side is closed
            return False
        self.said += block.decode()
        return bool(block)

    def until(self, text):
        """Reads on until it has said the text; what it has said up to there since the last one."""
        while text not in self.said[self.read_to:]:
            assert self.read(), f"no {text!r} in: {self.said[self.read_to:]}"
        end = self.said.index(text, self.read_to) + len(text)
        since, self.read_to = self.said[self.read_to:end], end
        return since

    def type(self, line):
        os.write(self.main, line.encode() + b"\n")

    def leave(self):
        os.write(self.main, b"\x04")

    def asked(self, *pairs):
        """Questions, by a part of their text, each with what is typed."""
        for question, line in pairs:
            self.until(question)
            self.type(line)

    def end(self):
        """(exit status, the rest of what it said)."""
        while self.read():
            pass
        os.close(self.main)
        status = self.process.wait(30)
        assert not SANITIZER_SAYS.search(self.said) and status != harness.SANITIZER_EXIT, self.said
        return status, self.said[self.read_to:]


def questions(csid):
    return csid.get(PATH).json()["items"]


def script(csid, path, **instead):
    """(question, what is typed) for the answers of a file, in the order in which csid wants them asked."""
    words = {name: str(value).strip().replace("\n", "; ") for name, value in yaml.safe_load(path.read_text()).items()}
    asked = [q for q in questions(csid) if all(words.get(on) in values or (not values and on in words)
                                               for on, values in q["only_if"].items())]
    words.update(instead)
    return [(q["question"], words.get(q["name"], "")) for q in asked]


def contents(csid):
    """All that answers make, as it stands in the database."""
    return {table: sorted(csid.sql(f"SELECT * FROM {table}"), key=repr)
            for table in ("record", "record_value", "deadline", "holding", "person", "role")}


def post(csid, answers, query="", headers=None):
    return csid.request("POST", PATH + query, answers, headers)


def faults(answer):
    assert answer.status == 400, answer.body
    return {fault["name"]: fault["reason"] for fault in answer.json()["faults"]}


LEAST = {"framework": "ilacs", "inspected_from": "2018-09-17", "inspected_to": "2018-09-28"}


# -- the dialogue ------------------------------------------------------------------------------------


def test_bradford_in_a_dialogue(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention")
    dialogue.asked(*script(bradford, BRADFORD))
    shown = dialogue.until("Write this? [y/N]")
    assert STATEMENT_DUE == "2019-02-04"
    line = next(line for line in shown.splitlines() if "Statement of proposed action" in line)
    assert "Mon 4 Feb 2019" in line and "Dry run" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert bradford.sql("SELECT count(*) FROM record") == [(0,)]  # shown, not written
    dialogue.type("y")
    assert dialogue.end() == (0, " Written. Next: csictl deadline list\n")
    assert bradford.sql("SELECT due_on, computed_on FROM deadline WHERE rule = 'STMT-70'") == [(STATEMENT_DUE,) * 2]
    assert bradford.sql("SELECT opens_on, due_on FROM deadline WHERE rule = 'MV-FIRST'") == [("2019-01-01", "2019-01-31")]
    chair = bradford.ctl("role", "show", "improvement-board-chair", json=True)
    assert (chair["holder"], chair["email"]) == ("Robin Vale", "chair@board.example")
    assert bradford.ctl("journal", "verify").returncode == 0


def test_the_dialogue_writes_what_the_file_does(bradford, new_csid, folder):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--yes")
    dialogue.asked(*script(bradford, BRADFORD))
    status, said = dialogue.end()
    assert status == 0 and "Statement of proposed action" in said and said.endswith("Written. Next: csictl deadline list\n")
    (folder / "other").mkdir()
    other = new_csid(clock="2018-11-01T08:00:00Z", folder=folder / "other")
    other.ctl("wizard", "intervention", "--answers", BRADFORD, "--yes")
    assert contents(bradford) == contents(other)
    assert len(contents(other)["record"]) == 7 and len(contents(other)["deadline"]) > 5


def test_questions_are_skipped_explained_and_left_open(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--dry-run")
    dialogue.asked(("[ilacs]", "?"), ("sif from November 2013", "none such"), ("One of: ilacs, sif, jtai.", "JTAI"),
                   ("First day", ""), ("is needed", "17 Sep 2018"), ("Last day", "28/9/2018"), ("received", "-"),
                   ("published", ""), ("Judgements", "?"), ("requires-improvement, inadequate.", ""),
                   ("written statement of action?", "yes"), ("planning meeting", ""), ("issued? (none,", ""))
    since = dialogue.until("adviser or a commissioner")
    assert "Issued on" not in since and "First report" not in since  # nothing was issued
    dialogue.asked(("[none]", "-"), ("chairs", ""), ("director", ""), ("programme office", ""), ("board called", ""))
    since = dialogue.until("visit expected")
    assert "How often" not in since and "next meeting" not in since
    dialogue.type("")
    status, said = dialogue.end()
    said = " ".join(said.split())
    assert status == 0 and "Framework: jtai" in said and "Statement required: yes" in said and "Write this" not in said
    assert bradford.sql("SELECT count(*) FROM record") == [(0,)]


def test_faulty_answers_are_asked_again_and_no_others(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention")
    dialogue.asked(*script(bradford, BRADFORD, inspected_to="7 Sep 2018", received_on="24/10/18",
                           judgements="Care leavers: poor", chair="chair@board.example", visit_expected="soon"))
    said = " ".join(dialogue.until("Last day of the inspection?").split())
    for why in ("inspected_to: is before inspected_from, Mon 17 Sep 2018", 'received_on: date "24/10/18": the year needs four',
                'judgements: "poor" is none of: outstanding, good', "chair: wants a name before the address",
                'visit_expected: date "soon": it cannot be read'):
        assert why in said
    dialogue.type("28 Sep 2018")
    between = []
    for question, line in (("received on? (24 Oct 2018)", "24 Oct 2018"), ("Care leavers: good)", "Care leavers: good"),
                           ("jo.smith@example.org>)", "Robin Vale <chair@board.example>"), ("(Jan 2019)", "Jan 2019")):
        between.append(dialogue.until(question))
        dialogue.type(line)
    assert [text.count("? ") for text in between] == [1, 1, 1, 1]  # one question each
    dialogue.until("Write this?")
    dialogue.type("n")
    assert dialogue.end() == (1, " [y/N] csictl: nothing was written\n")
    assert bradford.sql("SELECT count(*) FROM record") == [(0,)]


@pytest.mark.parametrize("typed", [0, 3])
def test_ctrl_d_leaves_with_nothing_written(bradford, typed):
    before = bradford.database_dump()
    kept = bradford.folder / "kept.yaml"
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", kept)
    dialogue.asked(*script(bradford, BRADFORD)[:typed])
    dialogue.until(questions(bradford)[typed]["question"])
    dialogue.leave()
    status, said = dialogue.end()
    assert status == 1 and said.endswith(f"\n{LEFT}\n")
    assert bradford.database_dump() == before and not kept.exists()


def test_ctrl_d_at_the_end_writes_nothing_either(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--answers", BRADFORD)
    dialogue.until("Write this? [y/N]")
    dialogue.leave()
    assert dialogue.end() == (1, f" \n{LEFT}\n")
    assert bradford.sql("SELECT count(*) FROM record") == [(0,)]


def test_controls_that_are_typed_are_not_taken(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention")
    dialogue.asked(("[ilacs]", "\x1b[A"), ("type it again", "ilacs"), ("First day", ""))
    dialogue.leave()
    assert dialogue.end()[0] == 1


def test_who_may_not_write_is_told_before_the_first_question(new_csid):
    csid = new_csid(config={"access": {"admin": [], "officer": [], "viewer": [harness.me()]}})
    status, said = Dialogue(csid.socket, "wizard", "intervention").end()
    assert status == 4 and "officer" in said and "framework" not in said


# -- answers that are kept ---------------------------------------------------------------------------

TITLES = ["Improvement Board", "- a: b # c", "\"quoted\" \\back\\slash", "'single' {flow} [list], &a *b !c %d @e `f", "é 😀 漢字",
          "a\u2028b\u2029c", "null", "~~", "yes", "1e3", "2019-01-14", "a\u00a0b", "\ufeffb", "\ufffe", "?x", "| >", "x" * 1000]


@pytest.mark.parametrize("title", TITLES, ids=lambda t: repr(t)[:30])
def test_kept_answers_read_back_the_same(bradford, title):
    kept = bradford.folder / "kept.yaml"
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", kept)
    typed = script(bradford, BRADFORD, board=title)
    dialogue.asked(*typed)
    dialogue.until("Write this?")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    wanted = {q["name"]: line for q in questions(bradford) for question, line in typed
              if q["question"] == question and (line or q["default"])}
    wanted = {name: line or {"appointed": "none"}[name] for name, line in wanted.items()}
    assert yaml.safe_load(kept.read_text()) == wanted
    dialogue.type("y")
    assert dialogue.end()[0] == 0
    assert [board["title"] for board in bradford.ctl("board", "list", json=True)["items"]] == [title]
    before = bradford.sql("SELECT max(seq) FROM journal")
    again = bradford.ctl("wizard", "intervention", "--answers", kept, "--yes", json=True)
    assert {row["change"] for row in again["written"]} == {"unchanged"} and again["follows"] == []
    assert bradford.sql("SELECT max(seq) FROM journal") == before


def test_a_file_is_overwritten_only_with_yes(bradford, folder):
    kept = folder / "kept.yaml"
    kept.write_text("mine\n")
    kept.chmod(0o644)
    status, said = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", kept).end()
    assert status == 1 and "is there already" in said and "First day" not in said and kept.read_text() == "mine\n"
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", kept, "--yes")
    dialogue.asked(*script(bradford, BRADFORD))
    assert dialogue.end()[0] == 0
    assert yaml.safe_load(kept.read_text())["framework"] == "ilacs" and stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_link_is_not_followed(bradford, folder):
    (folder / "target").write_text("mine\n")
    (folder / "link").symlink_to(folder / "target")
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", folder / "link", "--yes")
    dialogue.asked(*script(bradford, BRADFORD))
    status, said = dialogue.end()
    assert status == 1 and "cannot be written" in said and (folder / "target").read_text() == "mine\n"
    assert bradford.sql("SELECT count(*) FROM record") == [(0,)]


def test_answers_are_kept_though_csid_has_gone(bradford, folder):
    kept = folder / "kept.yaml"
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--write-answers", kept)
    *first, (question, line) = script(bradford, BRADFORD)
    dialogue.asked(*first)
    dialogue.until(question)
    bradford.stop()
    dialogue.type(line)
    status, said = dialogue.end()
    assert status == 6 and "not reachable" in said
    bradford.start()
    assert "Mon 4 Feb 2019" in bradford.ctl("wizard", "intervention", "--answers", kept, "--dry-run").stdout


# -- a file of answers -------------------------------------------------------------------------------


def test_a_file_is_shown_and_asked_about_on_a_terminal(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--answers", BRADFORD, columns=80)
    shown = dialogue.until("Write this? [y/N]")
    assert "4 Feb 2019" in shown and max(map(len, shown.splitlines())) <= 80
    dialogue.type("yes")
    assert dialogue.end()[0] == 0
    assert bradford.sql("SELECT due_on FROM deadline WHERE rule = 'STMT-70'") == [(STATEMENT_DUE,)]


def test_elsewhere_a_file_is_written_only_with_yes(bradford):
    before = bradford.database_dump()
    done = bradford.ctl("wizard", "intervention", "--answers", BRADFORD, check=False)
    assert done.returncode == 1 and done.stderr == f"{LEFT}: add --yes to write it\n" and "Mon 4 Feb 2019" in done.stdout
    dry = bradford.ctl("wizard", "intervention", "--answers", BRADFORD, "--yes", "--dry-run")
    assert dry.stdout == done.stdout and dry.stdout.startswith("Dry run")
    assert bradford.database_dump() == before
    done = bradford.ctl("wizard", "intervention", "--answers", "-", "--yes", stdin=BRADFORD.read_text())
    assert "Mon 4 Feb 2019" in done.stdout and "Dry run" not in done.stdout
    assert bradford.sql("SELECT due_on FROM deadline WHERE rule = 'STMT-70'") == [(STATEMENT_DUE,)]


def test_without_a_terminal_there_is_nothing_to_ask(bradford):
    done = bradford.ctl("wizard", "intervention", check=False, stdin="ilacs\n")
    assert done.returncode == 2 and "--answers=FILE" in done.stderr
    done = bradford.ctl("wizard", "intervention", "--answers", BRADFORD, "--write-answers", "x", check=False)
    assert done.returncode == 2 and "--write-answers" in done.stderr
    assert bradford.ctl("wizard", "intervention", "--answers", "/nonexistent", check=False).returncode == 1


def test_twice_changes_nothing(bradford):
    first = bradford.ctl("wizard", "intervention", "--answers", BRADFORD, "--yes", json=True)
    assert {row["change"] for row in first["written"]} == {"new"} and len(first["follows"]) > 5
    bradford.advance("26h")
    before, seq = contents(bradford), bradford.sql("SELECT max(seq) FROM journal")
    again = bradford.ctl("wizard", "intervention", "--answers", BRADFORD, "--yes", json=True)
    assert {row["change"] for row in again["written"]} == {"unchanged"} and again["follows"] == []
    assert again["notes"] == ["nothing changed: it was so already"]
    assert bradford.sql("SELECT max(seq) FROM journal") == seq
    assert contents(bradford) == before


def test_more_becomes_known(bradford):
    """A later file with more filled in updates what the first has made, and leaves alone what it does not name."""
    post(bradford, {**LEAST, "published_on": "29 Oct 2018", "board": "Improvement Board", "board_every": "6w",
                    "issued": "statutory direction", "issued_on": "12 Dec 2018", "chair": "A <a@x.example>"})
    later = {**LEAST, "received_on": "24 Oct 2018", "board": "IMPROVEMENT BOARD", "next_meeting_on": "14 Jan 2019",
             "issued": "statutory-direction", "issued_on": "2018-12-12", "first_report_on": "1 Apr 2019",
             "chair": "B <b@x.example>", "judgements": "Care leavers: inadequate"}
    got = post(bradford, later).json()
    assert {row["about"]: row["change"] for row in got["written"]} == {
        "role:improvement-board-chair": "changed", "inspection:1": "changed", "judgement:1": "new", "instrument:1": "changed",
        "board:1": "unchanged", "meeting:1": "new"}
    shown = bradford.ctl("inspection", "show", "1", json=True)
    assert (shown["received_on"], shown["published_on"]) == ("2018-10-24", "2018-10-29")
    board = bradford.ctl("board", "show", "1", json=True)
    assert (board["title"], board["cycle"]) == ("Improvement Board", "6w")
    moved = next(row for row in got["follows"] if row["rule"] == "STMT-70")
    assert (moved["change"], moved["due_on"]) == ("moved", STATEMENT_DUE)
    assert moved["was_due_on"] == working_days(datetime.date(2018, 10, 29), 70)
    regrade = post(bradford, {**LEAST, "judgements": "care leavers: good; Leaders: good"}).json()
    assert [(row["about"], row["change"]) for row in regrade["written"]] == [
        ("inspection:1", "unchanged"), ("judgement:1", "changed"), ("judgement:2", "new")]


def test_what_is_another_is_added(bradford):
    for answers in (LEAST, {**LEAST, "framework": "jtai"}, {**LEAST, "inspected_from": "18 Sep 2018"},
                    {**LEAST, "visit_expected": "Jan 2019"}, {**LEAST, "visit_expected": "21 Jan 2019"}):
        post(bradford, answers)
    assert len(bradford.ctl("inspection", "list", json=True)["items"]) == 3
    assert [(v["expected_from_on"], v["expected_to_on"]) for v in bradford.ctl("visit", "list", json=True)["items"]] == [
        ("2019-01-01", "2019-01-31"), ("2019-01-21", "2019-01-21")]


SECOND = {  # what stands, what is answered now, what is said of it
    "another first day": (
        {}, {"inspected_from": "18 Sep 2018"},
        "inspection:2 is a second one: inspection:1 (Framework: ilacs; From: Mon 17 Sep 2018) stands already and stays. "
        "If both are one and the same, do not write this, but first: csictl inspection update 1 --from \"2018-09-18\""),
    "another day of a notice": (
        {"issued": "improvement notice", "issued_on": "12 Dec 2018"},
        {"issued": "improvement notice", "issued_on": "13 Dec 2018"},
        "instrument:2 is a second one: instrument:1 (Kind: improvement-notice; Issued: Wed 12 Dec 2018) stands already and "
        "stays. If both are one and the same, do not write this, but first: csictl instrument update 1 "
        "--issued-on \"2018-12-13\""),
    "another window": (
        {"visit_expected": "Jan 2019"}, {"visit_expected": "Feb 2019"},
        "visit:2 is a second one: visit:1 (Kind: monitoring; Expected from: Tue 1 Jan 2019; Expected by: Thu 31 Jan 2019) "
        "stands already and stays. If both are one and the same, do not write this, but first: csictl visit update 1 "
        "--expected-from \"2019-02-01\" --expected-to \"2019-02-28\""),
    "another title": (
        {"board": "Improvement Board"}, {"board": "The Board"},
        "board:2 is a second one: board:1 (Title: Improvement Board) stands already and stays. If both are one and the "
        "same, do not write this, but first: csictl board update 1 --title \"The Board\""),
    "another framework": ({}, {"framework": "jtai"}, None),
    "another kind": ({"issued": "improvement notice", "issued_on": "12 Dec 2018"},
                     {"issued": "statutory direction", "issued_on": "13 Dec 2018"}, None),
}


@pytest.mark.parametrize("was, now, said", SECOND.values(), ids=SECOND)
def test_a_second_one_is_said_before_it_is_written(bradford, folder, was, now, said):
    """What a date put right in the file would do is said in the preview, with the command that puts it right."""
    post(bradford, {**LEAST, **was})
    path = folder / "answers.yaml"
    path.write_text(yaml.safe_dump({**LEAST, **was, **now}))
    shown = bradford.ctl("wizard", "intervention", "--answers", path, check=False)
    assert shown.returncode == 1 and LEFT in shown.stderr
    assert [line for line in shown.stdout.splitlines() if "a second one" in line] == ([f"Note: {said}"] if said else [])
    if said:
        bradford.ctl(*shlex.split(said.partition("first: csictl ")[2]))
    written = bradford.ctl("wizard", "intervention", "--answers", path, "--yes", json=True)
    assert not any("a second one" in note for note in written.get("notes", []))
    assert ("new" in {row["change"] for row in written["written"]}) == (not said)


def test_of_two_that_are_alike_the_one_that_was_not_cancelled(bradford):
    for _ in range(2):
        bradford.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-17", "--to", "2018-09-28")
    for cancelled, meant in (("1", "inspection:2"), ("2", "inspection:1")):
        bradford.ctl("inspection", "update", cancelled, "--cancelled-on", "2018-10-01")
        assert [row["about"] for row in post(bradford, LEAST).json()["written"]] == [meant]
        bradford.ctl("inspection", "update", cancelled, "--cancelled-on", "")


@pytest.mark.parametrize("about, answers", [("inspection:1", {}), ("instrument:1", {"issued": "improvement notice", "issued_on": "12 Dec 2018"})])
def test_only_one_that_is_cancelled_is_like_it(bradford, about, answers):
    """Nothing would follow from it, and nothing in the answers would say so."""
    answers = {**LEAST, **answers}
    post(bradford, answers)
    kind, number = about.split(":")
    bradford.ctl(kind, "update", number, "--cancelled-on", "1 Feb 2019")
    again = post(bradford, answers).json()
    assert {row["change"] for row in again["written"]} == {"unchanged"}
    assert again["notes"][0].startswith(f"{about} is cancelled")
    bradford.ctl(*shlex.split(again["notes"][0].partition(": csictl ")[2]))
    assert not [note for note in post(bradford, answers).json()["notes"] if "cancelled" in note]
    assert bradford.ctl(kind, "show", number, json=True)["cancelled_on"] is None


def test_what_has_ended_is_no_second_one(bradford):
    answers = {**LEAST, "issued": "improvement notice", "issued_on": "12 Dec 2018", "visit_expected": "Jan 2019"}
    post(bradford, answers)
    for ended in ("--lifted-on", "--cancelled-on"):
        bradford.ctl("instrument", "update", "1", "--lifted-on", "")
        bradford.ctl("instrument", "update", "1", ended, "7 Jan 2019")
        shown = bradford.request("POST", "/v1/wizard/intervention?dry_run=1", {**answers, "issued_on": "14 Jan 2019"})
        assert "notes" not in shown.json()
    bradford.ctl("visit", "update", "1", "--from", "29 Jan 2019")
    bradford.ctl("visit", "add", "--kind", "monitoring", "--expected-from", "2 Apr 2019", "--cancelled-on", "1 Mar 2019")
    again = post(bradford, {**answers, "issued_on": "14 Jan 2019", "visit_expected": "Feb 2019"}).json()
    assert [row["change"] for row in again["written"]] == ["unchanged", "new", "new"] and "notes" not in again


def test_what_was_booked_meanwhile_stays(bradford):
    answers = {**LEAST, "visit_expected": "Jan 2019", "board": "Board of partners"}
    post(bradford, answers)
    bradford.ctl("visit", "update", "1", "--from", "29 Jan 2019")
    bradford.ctl("board", "update", "1", "--kind", "panel", "--chair", "director")
    again = post(bradford, answers).json()
    assert {row["change"] for row in again["written"]} == {"unchanged"}
    assert bradford.ctl("board", "show", "1", json=True)["kind"] == "panel"


def test_bromley(new_csid):
    csid = new_csid(clock="2017-09-13T08:00:00Z")
    got = csid.ctl("wizard", "intervention", "--answers", BROMLEY, "--yes", json=True)
    chair = next(row for row in got["follows"] if row["rule"] == "CHAIR-QTR")
    assert (chair["due_on"], chair["role"]) == ("2017-10-01", "improvement-board-chair")
    assert [(j["area"], j["grade"]) for j in csid.ctl("judgement", "list", json=True)["items"]] == [
        ("Children who need help and protection", "inadequate"),
        ("Effectiveness of the safeguarding board", "requires-improvement")]
    assert csid.ctl("deadline", "show", str(chair["id"]), json=True)["send_by"] == "2017-09-29"
    assert csid.ctl("wizard", "intervention", "--answers", BROMLEY, "--yes", json=True)["follows"] == []


def test_an_appointment(bradford):
    got = post(bradford, {**LEAST, "appointed": "adviser", "appointed_on": "22 Mar 2019", "appointed_name": "Jo Smith"}).json()
    assert [(i["kind"], i["issued_on"], i["name"]) for i in bradford.ctl("instrument", "list", json=True)["items"]] == [
        ("adviser", "2019-03-22", "Jo Smith")]
    assert next(row for row in got["follows"] if row["rule"] == "ADV-6M")["due_on"] == "2019-09-22"


def test_one_key_writes_once(bradford):
    key = {"Idempotency-Key": "k1"}
    first, again = (post(bradford, {**LEAST, "received_on": "24 Oct 2018"}, headers=key) for _ in "12")
    assert first.body == again.body and "new" in first.text


# -- what is refused ---------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_with_their_places(untouched, folder):
    text = ("framwork: ilacs\n"                         # 1: near framework
            "inspected_from: [17 Sep 2018]\n"           # 2: a list
            "inspected_to: 31 Sep 2018\n"               # 3: no such day
            "received_on: 24/10/18\n"                   # 4: two digits
            "judgements: Care leavers\n"                # 5: no colon
            "issued_on: 12 Dec 2018\n"                  # 6: nothing was issued
            "board_every: often\n"                      # 7
            "zzzzzz: 1\n"                               # 8: near nothing
            "received_on: 24 Oct 2018\n"                # 9: twice
            "visit_expected: Jan 2050\n")               # 10: far ahead
    answer = post(untouched, text.encode(), headers=YAML)
    assert answer.status == 400
    got = [(f["line"], f["name"], f["reason"]) for f in answer.json()["faults"]]
    assert [(line, name) for line, name, _ in got] == [
        (1, "framwork"), (2, "inspected_from"), (3, "inspected_to"), (4, "received_on"), (5, "judgements"),
        (6, "issued_on"), (7, "board_every"), (8, "zzzzzz"), (9, "received_on"), (10, "visit_expected"), (None, "framework")]
    for (_, _, reason), word in zip(got, ["did you mean framework?", "a list", "no day 31", "four digits", "colon",
                                          "goes only with issued: improvement-notice or statutory-direction", "recurrence",
                                          "none of the questions", "twice, first in line 4", "--yes", "missing"]):
        assert word in reason, reason
    assert "did you mean" not in got[7][2]
    path = folder / "faulty.yaml"
    path.write_text(text)
    done = untouched.ctl("wizard", "intervention", "--answers", path, "--yes", check=False)
    assert done.returncode == 2 and done.stdout == ""
    told = done.stderr.splitlines()
    assert told[0].startswith("csictl: 10 answers will not do: framwork, ") and len(told) == 11  # 2050 is meant
    assert told[1].startswith(f"{path}:1:11: framwork: ") and told[-1] == f"{path}: framework: is missing"
    # the same as JSON, but for what only YAML has
    body = dict(line.split(": ", 1) for line in reversed(text.splitlines())) | {"inspected_from": "17 Sep 2018"}
    assert faults(post(untouched, body)) == {name: reason for line, name, reason in got if line not in (2, 9)}


def test_json_that_is_no_text(untouched):
    assert faults(post(untouched, {**LEAST, "chair": None, "board": 5, "director": ["a"]})) == {
        "chair": "wants a text", "board": "wants a text", "director": "wants a text"}


HOSTILE = {
    "alias": ("a: &x 1\nb: *x\n", "aliases"), "anchor": ("framework: &a ilacs\n", "anchors"),
    "tag": ("framework: !!str ilacs\n", "tags"), "python": ("framework: !!python/object/apply:os.system [ls]\n", "tags"),
    "list": ("- framework\n", "a list stands"), "text": ("framework\n", "a text stands"), "two": ("a: b\n---\na: b\n", "second document"),
    "deep": ("a: " + "[" * 5000, "nested"), "control": ('framework: "a\x1b[31m"\n', "U+001B"), "no utf-8": ("framework: \udcff\n", "UTF-8"),
    "key is a list": ("? [a]\n: b\n", "stands where a name is to be"), "unfinished": ("framework: 'ilacs\n", "not YAML"),
    "tab": ("\tframework: ilacs\n", "not YAML"), "merge": ("<<: {framework: ilacs}\n", "none of the questions"),
    "laughs": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "aliases"),
    "nul": ('framework: "a\\0b"\n', "NUL"), "escaped control": ('board: "a\\x1b[31m"\n', "control character"),
    "nul key": ('"a\\0": b\n', "stands where a name is to be"), "lines": ("board: |\n  a\n  b\n", "several lines"),
    "long": (f"board: {'x' * 4001}\n", "longer than 4000"), "nested": ("board:\n  title: x\n", "is a mapping"),
    "duplicate": ("board: a\nboard: b\n", "twice"), "duplicate by quotes": ('board: a\n"board": b\n', "twice"),
    "bad key": ('"a\\x1b[31m\\n": b\n', "none of the questions"), "arrows": ("board: a\nbord_every: 6w\n", "did you mean board_every"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml(untouched, name):
    text, word = HOSTILE[name]
    answer = post(untouched, text.encode("utf-8", "surrogateescape"), headers=YAML)
    assert answer.status == 400 and any(word in f["reason"] for f in answer.json()["faults"]), answer.body
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(f["name"] + f["reason"] for f in answer.json()["faults"]))
    assert answer.json()["detail"]


def test_yaml_that_is_too_large(untouched):
    for headers in (YAML, None):
        answer = post(untouched, b"board: " + b"x" * 65536, headers=headers)
        assert answer.status == 413 and "64 KiB" in answer.json()["detail"]
    answer = post(untouched, b"".join(b"k%d: v\n" % n for n in range(5000)), headers=YAML)
    assert answer.status == 400 and len(answer.json()["faults"]) == 100 and answer.json()["detail"].startswith("5003 answers")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}", "framework:\ninspected_from: ~\n"])
def test_a_text_without_answers_lacks_those_that_are_needed(untouched, text):
    assert faults(post(untouched, text.encode(), headers=YAML)) == dict.fromkeys(LEAST, "is missing")


@pytest.mark.parametrize("type", ["application/yaml", "Application/YAML; charset=utf-8", "application/yaml ;x=y"])
def test_yaml_by_its_type(untouched, type):
    text = "".join(f"{name}: {value}\n" for name, value in LEAST.items()).encode()
    assert post(untouched, text, "?dry_run=1", {"Content-Type": type}).status == 200
    for other in ("application/json", "application/yamlish", "text/plain", ""):
        assert "no JSON object" in post(untouched, text, "?dry_run=1", {"Content-Type": other}).json()["detail"]


@pytest.mark.parametrize("body, word", [(b"[]", "no object"), (b"", "no JSON"), (b'{"board": "a", "board": "b"}', "duplicate"),
                                        (b'{"board": "a\\u0000"}', "JSON"), (b"[" * 60000, "depth")])
def test_json_that_is_no_answers(untouched, body, word):
    answer = post(untouched, body)
    assert answer.status == 400 and word in answer.json()["detail"] and "faults" not in answer.json()


@pytest.mark.parametrize("more, name, word", [
    ({"framework": "sip"}, "framework", "none of: ilacs, sif, jtai"),
    ({"inspected_to": "2018-09-16"}, "inspected_to", "before inspected_from, Mon 17 Sep 2018"),
    ({"received_on": "2018-09-27"}, "received_on", "before inspected_to"),
    ({"visit_expected": "Aug 2018"}, "visit_expected", "before inspected_to"),
    ({"visit_expected": "ongoing"}, "visit_expected", "a month"),
    ({"judgements": "A: good; a: good"}, "judgements", "twice"), ({"judgements": ": good"}, "judgements", "an area"),
    ({"judgements": "A: good\nB: splendid"}, "judgements", '"splendid" is none of'),
    ({"judgements": "; ".join(f"A{n}: good" for n in range(51))}, "judgements", "more than 50"),
    ({"issued": "improvement-notice"}, "issued_on", "missing"), ({"appointed": "Adviser"}, "appointed_on", "missing"),
    ({"report_every": "3m"}, "report_every", "first_report_on"), ({"board_every": "6w"}, "board_every", "goes only with board"),
    ({"board": "B", "board_every": "0w"}, "board_every", "recurrence"), ({"statement_required": "yes"}, "statement_required", "jtai"),
    ({"chair": "Jo Smith"}, "chair", "@"), ({"chair": "<a@b.example>"}, "chair", "name"),
    ({"chair": "Jo <a@b.example>, Al <b@b.example>"}, "chair", ""), ({"chair": "Jo <a\nb@b.example>"}, "chair", "several lines"),
    ({"issued": "improvement-notice", "issued_on": "1 Dec 2018", "first_report_on": "30 Nov 2018"}, "first_report_on", "before issued_on"),
    ({"planning_on": "1 Jan 2040"}, "planning_on", "--yes"), ({"board": "a\u0007"}, "board", "control character"),
])
def test_one_answer_that_will_not_do(untouched, more, name, word):
    got = faults(post(untouched, {**LEAST, **more}))
    assert list(got) == [name] and word in got[name], got


def test_far_dates_with_yes(untouched):
    assert post(untouched, {**LEAST, "planning_on": "1 Jan 2040"}, "?dry_run=1&yes=true").status == 200


def test_files_are_csictls_own(untouched):
    for word in ("answers", "write_answers"):
        answer = post(untouched, LEAST, f"?{word}=x")
        assert answer.status == 400 and word in answer.json()["detail"]


def test_viewers_may_not(new_csid):
    csid = new_csid(config={"access": {"admin": [], "officer": [], "viewer": [harness.me()]}})
    assert csid.get(PATH).status == post(csid, LEAST).status == 403


def test_the_questions(module_csid):
    items = questions(module_csid)
    names = [q["name"] for q in items]
    assert len(set(names)) == len(names) > 12
    for q in items:
        assert set(q) == {"name", "question", "help", "kind", "choices", "default", "needed", "only_if", "only_if_text"}
        assert q["question"] and q["help"] and len(q["only_if"]) <= 1
        for on, values in q["only_if"].items():
            assert names.index(on) < names.index(q["name"])
    assert not any("overall" in q["question"].lower() for q in items)
    assert [q["name"] for q in items if q["needed"] and not q["only_if"]] == list(LEAST)


# -- a server that means harm ------------------------------------------------------------------------


class Scripted(FakeCsid):
    """A csid that gives its answers in turn, the last of them again and again."""

    def __init__(self, *answers):
        self.turns = list(answers)
        super().__init__()

    def converse(self, connection):
        self.says = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        super().converse(connection)


def question(name, **more):
    return {"name": name, "question": f"{name}?", "help": "", "kind": "text", "choices": [], "default": None,
            "needed": False, "only_if": {}, **more}


def test_controls_from_the_server_do_not_reach_the_terminal():
    evil = "\x1b]0;x\x07\x1b[2J\u009b\u202e\x00"
    items = [question("a" + evil, question="Q" + evil, help="H" + evil, default="D" + evil, kind="choice",
                      choices=["C" + evil]), question("b")]
    fake = Scripted(answer(json.dumps({"items": items})),
                    problem(400, "no" + evil, faults=[{"name": "b", "reason": "R" + evil, "line": None}]),
                    answer("shown" + evil), answer(json.dumps({"hint": "hint" + evil})))
    try:
        dialogue = Dialogue(fake.path, "wizard", "intervention")
        dialogue.asked(("Q", "?"), ("H", "-"), ("b?", "1"), ("R", "2"), ("Write this?", "y"))
        status, said = dialogue.end()
    finally:
        fake.close()
    assert status == 0 and "Written." in said
    asked, table, rest = dialogue.said.partition("shown")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", dialogue.said) and "\u202e" not in asked and table
    assert [r.method for r in fake.requests] == ["GET", "POST", "POST", "POST"]
    assert [json.loads(r.body) for r in fake.requests[1:]] == [{"b": "1"}, {"b": "2"}, {"b": "2"}]
    assert [r.args.get("dry_run") for r in fake.requests[1:]] == ["1", "1", None]
    assert len({r.headers["idempotency-key"] for r in fake.requests[1:]}) == 3


@pytest.mark.parametrize("says, status", [
    (answer("[]"), 6), (answer("{}"), 6), (answer('{"items": [{}]}'), 6), (answer('{"items": [1]}'), 6), (answer("{"), 6),
    (problem(503, "busy"), 1), (b"", 6)])
def test_questions_that_are_none(says, status):
    fake = Scripted(says)
    try:
        got, said = Dialogue(fake.path, "wizard", "intervention").end()
    finally:
        fake.close()
    assert got == status and "csictl: " in said


def test_faults_that_are_about_no_question_end_the_dialogue():
    fake = Scripted(answer(json.dumps({"items": [question("a")]})), problem(400, "no good", faults=[{"name": "zz", "reason": "r"}]))
    try:
        dialogue = Dialogue(fake.path, "wizard", "intervention")
        dialogue.asked(("a?", "1"))
        status, said = dialogue.end()
    finally:
        fake.close()
    assert status == 2 and "no good" in said and len(fake.requests) == 2


def test_a_csid_that_goes_away(bradford):
    dialogue = Dialogue(bradford.socket, "wizard", "intervention", "--answers", BRADFORD)
    dialogue.until("Write this?")
    bradford.stop()
    dialogue.type("y")
    status, said = dialogue.end()
    assert status == 6 and "not reachable" in said and "Written" not in said
