"""From events to deadlines: three known histories (tests/data/events) recorded day by day, with every date that is
known of them; and any order of recording the same events."""

import contextlib
import random
import re
import shlex
import sqlite3
from datetime import date

import pytest
import yaml

import harness

FILES = sorted((harness.DATA / "events").glob("*.yaml"))
NAMES = [f.stem for f in FILES]
ORDERS = 8


def load(name):
    return yaml.safe_load((harness.DATA / "events" / f"{name}.yaml").read_text())


class History:
    """Events recorded in a csid; knows which record each name stands for."""

    def __init__(self, csid):
        self.csid, self.ids, self.kinds = csid, {}, {}

    def record(self, name, words):
        filled = re.sub(r"\$(\w+)", lambda m: str(self.ids[m[1]]), words)
        answer = self.csid.ctl(*shlex.split(filled), json=True)
        self.ids[name], self.kinds[name] = answer["id"], shlex.split(words)[0]
        return answer

    def name_of(self, about):
        """"meeting:3 resolution:1" as the names the file gives them."""
        names = {f"{self.kinds[n]}:{self.ids[n]}": n for n in self.ids}
        return " ".join(names.get(word, word) for word in about.split()) if about else about

    def rows(self):
        """(rule, what it is about, number within its series) → the deadline, by the names of the file."""
        found = {}
        steps = {}
        items = self.csid.get("/v1/deadlines?all=1").json()["items"]
        details = [self.csid.get(f"/v1/deadlines/{i['id']}").json() for i in items]
        for one in sorted(details, key=lambda d: (d["due_on"], d["id"])):
            key = (one["rule"], self.name_of(one["about"]))
            steps[key] = steps.get(key, -1) + 1
            one["ended_by"] = self.name_of(one["ended_why"])
            one["by"] = self.name_of(one["stated_by"])
            found[(*key, steps[key])] = one
        return found


def as_of(found):
    """What must not depend on the order: all but numbers, and what was withdrawn on the way."""
    return {key: (d["title"], d["opens_on"], d["due_on"], d["computed_opens_on"], d["computed_on"], d["by"], d["stated_on"],
                  d["state"], d["ended_on"], d["ended_by"], d["role"], d["reckoning"])
            for key, d in found.items() if d["ended_why"] != "withdrawn"}


@pytest.fixture(scope="module", params=NAMES)
def history(request):
    """One history recorded on its days, on a clock that goes with it."""
    told = load(request.param)
    csid = harness.Csid(harness.scratch(), clock=f"{told['events'][0][0]}T09:00:00Z").start()
    recorded = History(csid)
    for day, name, words in told["events"]:
        if f"{day}T09:00:00Z" > csid.now():
            csid.advance(f"{day}T09:00:00Z")
        recorded.record(name, words)
    if str(told["clock"]) > csid.now():
        csid.advance(str(told["clock"]))
    yield told, recorded, recorded.rows()
    csid.stop()
    harness.remove(csid.folder)


def test_every_known_date(history):
    told, _, found = history
    faults = []
    for want in told["expect"]:
        key = (want["rule"], want["about"], want.get("step", 0))
        got = found.get(key)
        if not got:
            faults.append(f"{key}: is not there")
            continue
        pairs = {"due_on": want["due"], "opens_on": want.get("opens"), "send_by": want.get("send_by", got["send_by"]),
                 "data_on": want.get("data", got["data_on"]), "ended_by": want.get("closed", got["ended_by"]),
                 "computed_on": want.get("computed", got["computed_on"]),
                 "computed_opens_on": want.get("computed_opens", got["computed_opens_on"]),
                 "by": want.get("stated_by", got["by"]), "differs": want.get("differs", False),
                 "ended_on": want.get("ended", got["ended_on"])}
        for member, value in pairs.items():
            value = str(value) if isinstance(value, date) else value
            if got[member] != value:
                faults.append(f"{key}: {member} is {got[member]}, not {value}")
        if "closed" in want and got["state"] != "ended" or "closed" not in want and "ended" not in want and got["ended_on"]:
            faults.append(f"{key}: {got['state']}, ended on {got['ended_on']} by {got['ended_by']}")
        if want.get("says", "") not in got["reckoning"]:
            faults.append(f"{key}: says {got['reckoning']}")
    assert not faults, "\n".join(faults)


def test_what_must_not_follow(history):
    told, _, found = history
    for never in told.get("never", []):
        assert (never["rule"], never["about"], never.get("step", 0)) not in found


def test_nothing_changes_by_itself(history):
    """The next check and a restart find everything as it is to be."""
    _, recorded, found = history
    csid = recorded.csid
    before = csid.sql("SELECT * FROM deadline ORDER BY id")
    csid.ctl("schedule", "run", "deadlines")
    csid.restart()
    csid.ctl("schedule", "run", "deadlines")
    assert csid.sql("SELECT * FROM deadline ORDER BY id") == before
    assert csid.ctl("rules", "diff", json=True)["items"] == []
    assert csid.ctl("journal", "verify").returncode == 0
    assert as_of(recorded.rows()) == as_of(found)


def shuffled(events, rng):
    """Another order in which every event still comes after those whose records it names, itself included."""
    left, order, known = list(events), [], set()
    seen = {}
    needs = []
    for i, (_, name, words) in enumerate(left):
        wanted = set(re.findall(r"\$(\w+)", words))
        needs.append({seen[w] for w in wanted})
        seen[name] = i
    todo = list(range(len(left)))
    while todo:
        ready = [i for i in todo if needs[i] <= known]
        i = rng.choice(ready)
        todo.remove(i)
        known.add(i)
        order.append(left[i])
    return order


@pytest.mark.parametrize("name", NAMES)
def test_any_order_gives_the_same(name):
    told = load(name)
    csid, first, seed = None, None, random.randrange(1 << 30)
    rng = random.Random(seed)
    for number in range(ORDERS):
        events = told["events"] if number == 0 else shuffled(told["events"], rng)
        folder = harness.scratch()
        csid = harness.Csid(folder, clock=str(told["clock"])).start()
        recorded = History(csid)
        for _, record, words in events:
            recorded.record(record, words)
        got = as_of(recorded.rows())
        csid.stop()
        harness.remove(folder)
        first = first or got
        assert got == first, f"seed {seed}, order {[(n, w) for _, n, w in events]}"
    assert len(first) >= 8


def test_received_later_moves_it_and_what_was_written_wins(csid):
    """Only publication is known: 7 Feb is reckoned, 4 Feb is what Ofsted wrote; the difference stays a warning until
    the receipt explains it or an officer has seen it."""
    csid.restart("2018-11-01T09:00:00Z")
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-17", "--to", "2018-09-28", "--published-on",
             "2018-10-29")
    ident = next(d["id"] for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "STMT-70")
    show = lambda: csid.get(f"/v1/deadlines/{ident}").json()
    assert (show()["due_on"], show()["differs"]) == ("2019-02-07", False)
    assert 'as "Report received" is not recorded' in show()["reckoning"]
    csid.ctl("deadline", "state", str(ident), "4", "Feb", "2019")
    assert (show()["due_on"], show()["computed_on"], show()["stated_on"], show()["differs"]) == \
           ("2019-02-04", "2019-02-07", "2019-02-04", True)
    csid.ctl("deadline", "ack", str(ident))
    assert show()["differs"] is False and show()["due_on"] == "2019-02-04"
    assert csid.ctl("deadline", "ack", str(ident), check=False).returncode == 5
    csid.ctl("deadline", "state", str(ident), "none")
    assert (show()["due_on"], show()["stated_on"]) == ("2019-02-07", None)
    csid.ctl("deadline", "state", str(ident), "4 Feb 2019")
    assert show()["differs"] is True
    csid.ctl("inspection", "update", "1", "--received-on", "2018-10-24")
    assert (show()["computed_on"], show()["differs"]) == ("2019-02-04", False)


@pytest.mark.parametrize("words, opens, due", [
    ("Jan 2019", "2019-01-01", "2019-01-31"), ("Q1 2019", "2019-01-01", "2019-03-31"), ("2020", "2020-01-01", "2020-12-31"),
    ("26 Feb 2019", "2019-02-26", "2019-02-26"), ("2019-02-26", "2019-02-26", "2019-02-26"), ("+2w", "2018-11-15", "2018-11-15")])
def test_a_window_is_stated(csid, words, opens, due):
    csid.restart("2018-11-01T09:00:00Z")
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2018-10-01", "--to", "2018-10-02")
    window = next(d for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "MV-NEXT")
    csid.ctl("deadline", "state", str(window["id"]), words)
    got = csid.get(f"/v1/deadlines/{window['id']}").json()
    assert (got["opens_on"], got["due_on"]) == (opens, due)


@pytest.mark.parametrize("words", ["never", "Ongoing", "31 Feb 2019", "", "1/2/19"])
def test_what_states_nothing(csid, words):
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-08-08")
    before = csid.database_dump()
    assert csid.ctl("deadline", "state", "1", words, check=False).returncode == 2
    assert csid.database_dump() == before


def test_a_rules_deadline_is_the_rules_to_say(csid):
    csid.ctl("inspection", "add", "--framework", "sif", "--from", "2017-08-01", "--to", "2017-08-04", "--received-on",
             "2017-08-30")
    ident = str(next(d["id"] for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "STMT-70"))
    done = csid.ctl("deadline", "update", ident, "--due", "2018-01-01", check=False)
    assert done.returncode == 5 and "csictl deadline state" in done.stderr
    csid.ctl("deadline", "update", ident, "--ended-on", "2017-09-01")  # the Department has agreed to it
    assert csid.get(f"/v1/deadlines/{ident}").json()["state"] == "ended"
    csid.ctl("inspection", "update", "1", "--received-on", "2017-08-29")
    assert csid.get(f"/v1/deadlines/{ident}").json()["state"] == "ended", "what an officer ended stays ended"
    by_hand = csid.ctl("deadline", "add", "A letter", "--due", "2017-10-01", "--role", "director", json=True)
    assert csid.ctl("deadline", "state", str(by_hand["id"]), "1 Nov 2017", check=False).returncode == 5


def changes(said):
    """What follows from a change, by rule."""
    return {f["rule"]: f["change"] for f in said["follows"]}


def test_the_chairs_series_goes_on_from_its_own_dates_and_ends_with_the_direction(csid):
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "2017-08-29", "--first-report", "2017-10-01")
    quarters = lambda: [(d["due_on"], d["state"], d["submitted_on"]) for d in
                        csid.get("/v1/deadlines?all=1").json()["items"] if d["rule"] == "CHAIR-QTR"]
    assert quarters() == [("2017-10-01", "open", None)]
    first = next(d["id"] for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "CHAIR-QTR")
    csid.advance("2017-10-09T12:00:00Z")
    said = csid.ctl("deadline", "submit", str(first), "--on", "2017-10-05", "--evidence", "Report=https://x.example/1",
                    json=True)
    assert any("1 Jan 2018" in note and "29 Dec 2017" in note for note in said["notes"])
    assert quarters() == [("2017-10-01", "submitted", "2017-10-05"), ("2018-01-01", "open", None)]
    said = csid.ctl("instrument", "update", "1", "--lifted-on", "2018-02-01", json=True)
    assert changes(said)["CHAIR-QTR"] == "owed until its end" and quarters()[1][1] == "open"
    said = csid.ctl("instrument", "update", "1", "--lifted-on", "2017-12-15", json=True)
    assert changes(said)["CHAIR-QTR"] == quarters()[1][1] == "ended"
    csid.advance("2018-04-02T12:00:00Z")
    assert len(quarters()) == 2, "no quarter begins once it is lifted"
    exits = [d["due_on"] for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "EXIT-12M"]
    assert exits == ["2018-06-15"]


def test_ended_by_hand_though_its_instrument_ends_it_later(csid):
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "2017-08-31",
             "--first-report", "2017-10-01", "--lifted-on", "2018-06-01")
    report = next(d["id"] for d in csid.get("/v1/deadlines").json()["items"] if d["rule"] == "CHAIR-QTR")
    ended = lambda: tuple(csid.get(f"/v1/deadlines/{report}").json()[m] for m in ("ended_on", "ended_why"))
    assert ended() == ("2018-06-01", "instrument:1")
    csid.ctl("deadline", "update", str(report), "--ended-on", "2017-09-15")
    assert ended() == ("2017-09-15", None)
    csid.ctl("instrument", "update", "1", "--lifted-on", "2018-05-01")
    assert ended() == ("2017-09-15", None), "what an officer has ended stays so"


def test_what_was_ended_by_hand_can_go_on(csid):
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "2017-08-31", "--first-report", "2017-10-01")
    csid.ctl("deadline", "add", "Monthly letter", "--due", "2017-09-30", "--role", "director", "--every", "1m")
    states = lambda: {d["id"]: d["state"] for d in csid.get("/v1/deadlines?all=1").json()["items"]}
    begun = states()
    for number in begun:
        for none in ("none", ""):
            csid.ctl("deadline", "update", str(number), "--ended-on", "2017-09-01")
            assert states()[number] == "ended"
            csid.ctl("deadline", "update", str(number), "--ended-on", none)
            assert states() == begun
    csid.ctl("instrument", "update", "1", "--lifted-on", "2017-09-01")
    assert begun != states(), "the instrument's end still ends what follows from it"


def open_of(csid, about):
    """The rules whose deadlines about that stand open."""
    return {d["rule"] for d in csid.get("/v1/deadlines").json()["items"] if d["about"] == about}


def test_a_visit_that_is_called_off(csid):
    """It is none from then on: what follows from the one before stands again, and nobody is reminded of it."""
    for words in ("visit add --kind monitoring --from 2017-08-08 --to 2017-08-09", "role assign director --name A --email a@x.example",
                  "visit add --kind monitoring --number 5 --from 2017-09-29"):
        csid.ctl(*words.split())
    assert (open_of(csid, "visit:1"), open_of(csid, "visit:2")) == ({"MV-LETTER"}, {"MV-LETTER", "MV-NEXT"})
    csid.advance("2017-09-01T12:00:00Z")
    told = lambda: [n["id"] for n in csid.get("/v1/notices?about=visit:2").json()["items"]]
    before = told()
    assert before  # 28 days ahead
    said = csid.ctl("visit", "update", "2", "--cancelled-on", "2017-09-01")
    assert "Fri 1 Sep 2017" in said.stdout or "Friday 1 September 2017" in said.stdout
    assert "28, 14, 7" not in said.stdout
    assert (open_of(csid, "visit:1"), open_of(csid, "visit:2")) == ({"MV-LETTER", "MV-NEXT"}, set())
    assert csid.ctl("visit", "list", json=True)["items"][1]["cancelled_on"] == "2017-09-01"
    assert "visit:2" not in {i["about"] for i in csid.ctl("agenda", json=True)["items"]}
    feed = csid.get("/v1/calendar.ics").text
    event = next(e for e in feed.split("BEGIN:VEVENT") if "UID:visit-2@" in e)
    assert "STATUS:CANCELLED" in event and "BEGIN:VALARM" not in event
    csid.advance("2017-10-06T12:00:00Z")
    assert told() == before
    why = csid.ctl("notice", "why-not", "--about", "visit:2", "--to", "director")
    assert "it was cancelled" in why.stdout
    assert csid.ctl("notice", "snooze", "--about", "visit:2", "--until", "+2d", "--to", "a@x.example", check=False).returncode == 5
    csid.ctl("visit", "update", "2", "--cancelled-on", "")
    assert (open_of(csid, "visit:1"), open_of(csid, "visit:2")) == ({"MV-LETTER"}, {"MV-LETTER", "MV-NEXT"})


def test_an_inspection_recorded_by_mistake(csid):
    words = "--framework ilacs --from 2017-07-03 --to 2017-07-14 --received-on 2017-08-21 --published-on 2017-08-25 --planning-on 2017-09-20"
    for _ in range(2):
        csid.ctl("inspection", "add", *words.split())
    csid.ctl("judgement", "add", "2", "--area", "Leaders", "--grade", "inadequate")
    assert open_of(csid, "inspection:2") > open_of(csid, "inspection:1") > {"STMT-70"}
    csid.ctl("inspection", "update", "2", "--cancelled-on", "today")
    assert open_of(csid, "inspection:2") == set() and "STMT-70" in open_of(csid, "inspection:1")
    about = [(i["kind"], i["about"]) for i in csid.ctl("agenda", "--from", "2017-07-01", json=True)["items"]]
    assert ("planning", "inspection:1") in about and not [a for _, a in about if a == "inspection:2"]


@pytest.mark.parametrize("kind, more, noted", [
    ("statutory-direction", (), True), ("improvement-notice", (), True), ("adviser", (), False),
    ("statutory-direction", ("--first-report", "2017-10-01"), False), ("improvement-notice", ("--lifted-on", "2017-08-31"), False),
])
def test_a_direction_without_a_first_report_says_that_none_is_expected(csid, kind, more, noted):
    said = csid.ctl("instrument", "add", "--kind", kind, "--issued-on", "2017-08-29", *more)
    assert ("csictl instrument update 1 --first-report DATE" in said.stdout) == noted
    if noted:
        said = csid.ctl("instrument", "update", "1", "--first-report", "2017-10-01")
        assert "is reminded of no report" not in said.stdout


def test_a_visit_called_off_is_not_in_the_chairs_report(bromley):
    bromley.ctl("visit", "add", "--kind", "monitoring", "--number", "7", "--from", "2017-08-08", "--to", "2017-08-09")
    bromley.ctl("visit", "add", "--kind", "monitoring", "--number", "8", "--from", "2017-09-29")
    told = lambda: bromley.ctl("report", "chair").stdout
    assert "Monitoring visit 7" in told() and "Monitoring visit 8" in told()
    bromley.ctl("visit", "update", "1", "--cancelled-on", "2017-08-01")
    bromley.ctl("visit", "update", "2", "--cancelled-on", "2017-08-31")
    assert "Monitoring visit 7" not in told() and "Monitoring visit 8" not in told()


DIRECTION = "--kind statutory-direction --issued-on 2017-07-01 --first-report 2017-10-01"


def states_of(csid, *abouts):
    """Of what follows from any of those: the states and what ended it."""
    listed = [csid.get(f"/v1/deadlines/{d['id']}").json() for d in csid.get("/v1/deadlines?all=1").json()["items"]]
    return {(d["rule"], d["due_on"]): (d["state"], d["ended_why"]) for d in listed if d["about"] in abouts or d["source"] in abouts}


def test_an_instrument_recorded_twice(csid):
    """It is none, and so is what it demands and what was added by hand for it; the other one stays as it is."""
    for number in "12":
        csid.ctl("instrument", "add", *DIRECTION.split())
        csid.ctl("requirement", "add", number, f"A plan, {number}", "--due", "2017-10-10")
        csid.ctl("deadline", "add", f"Figures, {number}", "--due", "2017-10-05", "--every", "1m", "--role", "director",
                 "--source", f"instrument:{number}")
    csid.ctl("role", "assign", "director", "--name", "A", "--email", "a@x.example")
    mine, other = (("instrument:1", "requirement:1"), ("instrument:2", "requirement:2"))
    before = states_of(csid, *other)
    assert set(before.values()) == {("open", None)} and len(before) == 4 and before == states_of(csid, *mine)
    csid.advance("2017-10-06T12:00:00Z")
    stood = states_of(csid, *mine)
    assert ("overdue", None) in states_of(csid, *other).values()
    for lifted in ("", "2017-10-20"):  # who has marked it as lifted before he knew
        csid.ctl("instrument", "update", "2", "--lifted-on", lifted)
        said = csid.ctl("instrument", "update", "2", "--cancelled-on", "today", json=True)
        assert {(f["change"], f["ended_why"]) for f in said["follows"]} == {("ended", "withdrawn")}
        assert said["told"] == ["nobody: it is cancelled"]
        assert set(states_of(csid, *other).values()) == {("ended", "withdrawn")}
        assert states_of(csid, *mine) == stood
        csid.ctl("instrument", "update", "2", "--cancelled-on", "")
        if not lifted:
            assert states_of(csid, *other) == stood, "taking it back restores all"
    csid.ctl("instrument", "update", "2", "--cancelled-on", "2017-10-06")
    assert all(state == ("ended", "withdrawn") for state in states_of(csid, *other).values())
    assert not [i for i in csid.ctl("agenda", "--from", "2017-09-01", json=True)["items"] if i["what"].endswith(", 2")]
    ended = {d["id"] for d in csid.get("/v1/deadlines?all=1").json()["items"] if d["state"] == "ended"}
    events = csid.get("/v1/calendar.ics").text.split("BEGIN:VEVENT")[1:]
    assert all("STATUS:CANCELLED" in e for e in events if int(re.search(r"UID:deadline-(\d+)", e)[1]) in ended)
    last = max(n["id"] for n in csid.get("/v1/notices").json()["items"])
    csid.advance("2017-10-20T12:00:00Z")
    told = {n["about"] for n in csid.get("/v1/notices").json()["items"]
            if n["id"] > last and n["event"] != "csi.escalation.resolved"}
    assert told and not told & {f"deadline:{number}" for number in ended}
    why = csid.ctl("notice", "why-not", "--about", f"deadline:{max(ended)}", "--to", "director").stdout
    assert "it was withdrawn on 6 Oct 2017" in why
    kept = csid.ctl("instrument", "history", "2", json=True)["items"]
    assert [row["value"] for row in kept if row["field"] == "cancelled_on"] == ["2017-10-06", None, "2017-10-06", None, "2017-10-06"]
    assert csid.ctl("instrument", "list", json=True)["items"][1]["cancelled_on"] == "2017-10-06"


@pytest.mark.parametrize("before, kind, words, rule", [
    ("inspection add --framework sif --from 2017-04-11 --to 2017-05-05 --published-on 2017-06-27", "judgement",
     "1 --area Leaders --grade inadequate", "MV-FIRST-SIF"),
    ("instrument add --kind adviser --issued-on 2017-08-01", "requirement", "1 Plan --due 2017-10-10", "REQUIREMENT"),
    ("board add Cabinet --kind committee", "decision", "Statement --on 2017-11-01 --board 1", "KEY-28"),
])
def test_others_that_can_be_taken_back(csid, before, kind, words, rule):
    csid.ctl(*before.split())
    open_now = lambda: sorted(d["rule"] for d in csid.get("/v1/deadlines").json()["items"])
    without = open_now()
    csid.ctl(kind, "add", *words.split())
    follows = open_now()
    assert rule in follows and rule not in without
    on_agenda = lambda: f"{kind}:1" in {i["about"] for i in csid.ctl("agenda", "--until", "2017-12-31", json=True)["items"]}
    shown = on_agenda()
    said = csid.ctl(kind, "update", "1", "--cancelled-on", "today", json=True)
    assert said["cancelled_on"] == "2017-09-01" and said["told"] == ["nobody: it is cancelled"]
    assert open_now() == without and not on_agenda()
    csid.ctl(kind, "update", "1", "--cancelled-on", "")
    assert open_now() == follows and on_agenda() == shown == (kind == "decision")


def test_a_judgement_taken_back_is_not_in_the_chairs_report(bromley):
    bromley.ctl("inspection", "add", "--framework", "sif", "--from", "2017-07-11", "--to", "2017-07-14")
    for area in ("Leaders", "Care leavers"):
        bromley.ctl("judgement", "add", "1", "--area", area, "--grade", "inadequate")
    told = lambda: bromley.ctl("report", "chair").stdout
    assert "Leaders: inadequate" in told() and "Care leavers: inadequate" in told()
    bromley.ctl("judgement", "update", "2", "--cancelled-on", "today")
    assert "Leaders: inadequate" in told() and "Care leavers" not in told()


def test_what_names_a_cancelled_instrument(csid):
    """Who adds to it is told that nothing follows; a text that merely begins like its name is a text."""
    csid.ctl("instrument", "add", *DIRECTION.split())
    csid.ctl("instrument", "update", "1", "--cancelled-on", "today")
    said = csid.ctl("requirement", "add", "1", "A plan", "--due", "2017-10-10").stdout
    assert "Will be told: nobody: instrument:1 is cancelled" in said
    done = csid.ctl("deadline", "add", "A", "--due", "2017-10-01", "--role", "director", "--source", "instrument:01", check=False)
    assert done.returncode == 5 and "source: instrument:1 is cancelled" in done.stderr
    for source in ("Instrument: letter of 3 May", "instruments", "instrument"):
        row = csid.ctl("deadline", "add", "A", "--due", "2017-10-01", "--role", "director", "--source", source, json=True)
        assert row["state"] == "open"
    assert "nobody: it is cancelled" in csid.ctl("instrument", "update", "1", "--note", "Twice").stdout
    assert "--first-report" not in csid.ctl("instrument", "update", "1", "--first-report", "").stdout


def test_a_cancelled_instrument_is_not_in_the_chairs_report(bromley):
    for number in "12":
        bromley.ctl("instrument", "add", *DIRECTION.split())
        bromley.ctl("requirement", "add", number, f"Demand {number}", "--due", "2017-09-20")
    bromley.advance("2017-10-06T12:00:00Z")
    told = lambda *words: bromley.ctl("report", "chair", "--as-at", "2017-10-03", *words).stdout
    both = told()
    assert "Demand 1" in both and "Demand 2" in both
    known = bromley.now()
    bromley.advance("2017-10-07T12:00:00Z")
    bromley.ctl("instrument", "update", "2", "--cancelled-on", "today")
    assert "Demand 1" in told() and "Demand 2" not in told(), "not even as at a day before it was found out"
    assert "Demand 2" in told("--known-at", known)
    assert both.count("Report of the chair") == 2 * told().count("Report of the chair") > 0


def test_a_submission_is_taken_back(csid):
    """Another deadline than was meant, or another day: reminders go on, and it can be recorded rightly."""
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "2017-08-31", "--first-report", "2017-10-01")
    csid.ctl("deadline", "add", "Monthly letter", "--due", "2017-09-30", "--role", "director", "--every", "1m")
    for number in (str(d["id"]) for d in csid.get("/v1/deadlines").json()["items"]):
        before = csid.get(f"/v1/deadlines/{number}").json()
        done = csid.ctl("deadline", "submit", number, "--on", "none", check=False)
        assert done.returncode == 5 and "not recorded as submitted" in done.stderr
        csid.ctl("deadline", "submit", number, "--on", "2017-08-31", "--evidence", "Letter=https://x.example/1")
        again = csid.ctl("deadline", "submit", number, "--on", "2017-09-01", check=False)
        assert again.returncode == 5 and f"csictl deadline submit {number} --on none" in again.stderr
        said = csid.ctl("deadline", "submit", number, "--on", "none")
        assert "submitted → open" in said.stdout and "Will be told: nobody (" in said.stdout
        now = csid.get(f"/v1/deadlines/{number}").json()
        assert {m: v for m, v in now.items() if m not in ("version", "told")} == {
            m: v for m, v in before.items() if m not in ("version", "told")}
        csid.ctl("deadline", "submit", number, "--on", "2017-09-01")
        assert csid.get(f"/v1/deadlines/{number}").json()["submitted_on"] == "2017-09-01"
    listed = [(d["due_on"], d["state"]) for d in csid.get("/v1/deadlines?all=1").json()["items"] if d["every"] == "3m"]
    assert listed == [("2017-10-01", "submitted"), ("2018-01-01", "open")], "the next stands once"
    assert csid.ctl("journal", "verify").returncode == 0


@pytest.mark.parametrize("words", [("deadline", "update", "1", "--title"), ("role", "update", "director", "--title"),
                                   ("person", "update", "1", "--name"), ("plan", "update", "--title")])
def test_a_name_is_not_taken_away(bromley, words):
    bromley.ctl("deadline", "add", "Reply", "--due", "2017-10-02", "--role", "director")
    before = bromley.database_dump()
    done = bromley.ctl(*words, " ", check=False)
    assert done.returncode == 2 and f"{words[-1]}: is empty" in done.stderr
    assert bromley.database_dump() == before


def test_a_deadline_by_the_name_that_lists_give_it(csid):
    csid.ctl("deadline", "add", "Reply", "--due", "2017-10-02", "--role", "director", "--to", "", "--source", "")
    shown = csid.ctl("deadline", "show", "deadline:1", json=True)
    assert shown["id"] == 1 and (shown["to"], shown["source"]) == (None, None)
    csid.ctl("deadline", "update", "deadline:1", "--to", "The Department", "--source", "A letter")
    csid.ctl("deadline", "update", "deadline:1", "--to", "", "--source", "")
    shown = csid.ctl("deadline", "show", "1", json=True)
    assert (shown["to"], shown["source"]) == (None, None)
    csid.ctl("deadline", "submit", "deadline:1", "--on", "today")
    for word in ("deadline:", "deadline:x", "visit:1", "deadline:deadline:1"):
        assert csid.ctl("deadline", "show", word, check=False).returncode == 2


def test_who_will_be_told_of_what_was_past_when_it_was_recorded(csid):
    """csid asks once whether such a thing was sent; what becomes overdue under its eyes it says every day."""
    said = csid.ctl("inspection", "add", "--framework", "sif", "--from", "2016-04-11", "--to", "2016-05-05",
                    "--published-on", "2016-06-27", json=True)
    assert said["told"] == ["whoever owes what follows, on its days: csictl deadline show ID"]
    past = next(f["id"] for f in said["follows"] if f["rule"] == "RPT-PUB-30")
    state = lambda day: csid.ctl("deadline", "state", str(past), day, json=True)["told"][0]
    assert state("2016-08-09").startswith("nobody (director), once, to ask whether it was sent")
    assert state("2017-09-04") == "nobody (director), on the days listed, and once it is overdue until it is recorded as sent"
    mine = csid.ctl("deadline", "add", "X", "--due", "2017-08-31", "--role", "director", json=True)
    assert mine["told"][0] == "nobody (director), on the steps of its ladder until it is recorded as sent"
    assert mine["holder"] == "nobody: csictl role assign director --name NAME --email ADDRESS"


def test_a_deadline_by_hand_ends_with_its_instrument(csid):
    csid.ctl("instrument", "add", "--kind", "improvement-notice", "--issued-on", "2017-08-01")
    assert csid.ctl("deadline", "add", "A", "--due", "2017-10-01", "--role", "director", "--source", "instrument:9",
                    check=False).returncode == 3
    mine = csid.ctl("deadline", "add", "Monthly figures", "--due", "2017-10-01", "--every", "1m", "--role", "director",
                    "--source", "instrument:1", json=True)["id"]
    csid.ctl("instrument", "update", "1", "--lifted-on", "2017-09-15")
    got = csid.get(f"/v1/deadlines/{mine}").json()
    assert (got["state"], got["ended_on"], got["ended_why"]) == ("ended", "2017-09-15", "instrument:1")
    csid.ctl("instrument", "update", "1", "--lifted-on", "")
    assert csid.get(f"/v1/deadlines/{mine}").json()["state"] == "open"


def test_packs_of_a_plan(bromley):
    bromley.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-08-08", "--to", "2017-08-09")
    state = lambda: {d["rule"]: (d["state"], d["ended_why"]) for d in
                     (bromley.get(f"/v1/deadlines/{i['id']}").json() for i in bromley.get("/v1/deadlines?all=1").json()["items"])}
    assert state() == {"MV-NEXT": ("open", None), "MV-LETTER": ("open", None)}
    said = bromley.ctl("plan", "update", "--packs", "governance homes", json=True)
    assert {(f["rule"], f["change"]) for f in said["follows"]} == {("MV-NEXT", "ended"), ("MV-LETTER", "ended")}
    assert state()["MV-NEXT"] == ("ended", "withdrawn")
    assert bromley.ctl("plan", "show", json=True)["packs"] == ["governance", "homes"]
    bromley.ctl("plan", "update", "--packs", "sif-2015")
    assert state()["MV-NEXT"] == ("open", None), "the same row stands again"
    bromley.ctl("plan", "update", "--packs", "all")
    assert bromley.ctl("plan", "show", json=True)["packs"] == []
    done = bromley.ctl("plan", "update", "--packs", "ilac", check=False)
    assert done.returncode == 2 and "csictl rules list" in done.stderr


def test_a_revised_rule_waits_to_be_adopted(new_csid, folder):
    """The council overrides RPT-PUB-30: what was met stays, what is open moves once it is adopted, and it is shown
    before."""
    csid = new_csid()
    for n, received in enumerate(("2017-08-01", "2017-08-02"), 1):
        csid.ctl("inspection", "add", "--framework", "sif", "--from", f"2017-07-0{n}", "--to", f"2017-07-0{n}",
                 "--received-on", received)
    rows = lambda: {d["about"]: (d["due_on"], d["state"]) for d in csid.get("/v1/deadlines?all=1").json()["items"]
                    if d["rule"] == "RPT-PUB-30"}
    ids = {d["about"]: d["id"] for d in csid.get("/v1/deadlines?all=1").json()["items"] if d["rule"] == "RPT-PUB-30"}
    csid.ctl("deadline", "submit", str(ids["inspection:1"]), "--on", "2017-08-31")
    before = rows()
    packs = folder / "rules"
    packs.mkdir()
    own = (harness.TOP / "etc/rules/ilacs.yaml").read_text().split("  - id: RPT-PUB-30")[1].split("\n\n")[0]
    (packs / "own.yaml").write_text("pack: own\ntitle: Ours\nrules:\n  - id: RPT-PUB-30" + own.replace("offset: 30", "offset: 20"))
    csid.write_config({"rules": str(packs)})
    csid.ctl("reload")
    assert rows() == before, "a file on disk changes nothing by itself"
    diff = csid.ctl("rules", "diff", json=True)
    assert {(d["rule"], d["field"], d["was"], d["is"]) for d in diff["items"] if d["field"] == "offset"} == \
           {("RPT-PUB-30", "offset", "30", "20")}
    (moved,) = diff["follows"]
    assert (moved["about"], moved["change"], moved["was_due_on"], moved["due_on"]) == \
           ("inspection:2", "moved", "2017-09-14", "2017-08-31")
    assert rows() == before
    csid.ctl("rules", "adopt")
    assert rows() == {"inspection:1": before["inspection:1"], "inspection:2": ("2017-08-31", "overdue")}
    assert any("rules.adopt rule:RPT-PUB-30" in row["what"] for row in csid.ctl("journal", "list", json=True)["items"])
    assert csid.ctl("rules", "diff", json=True)["items"] == []


@pytest.mark.parametrize("change, says", [
    ("DELETE FROM rule WHERE id = 'MV-NEXT' AND field = 'from'", "rule MV-NEXT has no from"),
    ("DELETE FROM record_value WHERE kind = 'visit' AND field = 'kind'", "visit 1 has no kind"),
    ("UPDATE deadline SET about = NULL", None)])
def test_another_program_has_changed_the_database(csid, change, says):
    """What is missing is said, and csid goes on."""
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-08-08", "--to", "2017-08-09")
    clock = csid.now()
    csid.stop()
    with contextlib.closing(sqlite3.connect(csid.database)) as db, db:
        assert db.execute(change).rowcount > 0
    csid.start(clock)
    done = csid.ctl("visit", "add", "--kind", "peer", "--from", "2017-12-01", check=False)
    assert (done.returncode == 0) is (says is None) and (says or "") in done.stderr
    for words in (["rules", "list"], ["rules", "diff"], ["deadline", "list"], ["agenda"], ["status"]):
        csid.ctl(*words, check=False)
    assert csid.running


def test_the_next_board(csid):
    assert csid.ctl("date", "today", "next-board", check=False).returncode == 3
    csid.ctl("board", "add", "Board", "--kind", "board")
    csid.ctl("board", "add", "Committee", "--kind", "committee")
    for board, on in ((1, "2017-10-20"), (1, "2017-09-22"), (2, "2017-09-12"), (1, "2017-09-01"), (1, "2017-09-15")):
        csid.ctl("meeting", "add", str(board), "--on", on)
    csid.ctl("meeting", "update", "5", "--cancelled-on", "2017-09-01")
    assert csid.ctl("date", "today", "next-board", json=True)["date"] == "2017-09-22"
    assert csid.ctl("date", "2017-09-22", "next-board", json=True)["date"] == "2017-10-20"
