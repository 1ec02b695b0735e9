"""The power goes, at every place where it could lose or repeat something; and at places drawn at random. Seen
from the server's side everything arrives, and twice only, byte for byte, where nobody can know."""

import contextlib
import os
import random
import signal
import subprocess
from collections import defaultdict

import harness
import notify_server
import pytest

FAILING = harness.PROGRAMS / "csid-failpoints"
KILLS = 1000 if os.environ.get("CSID_LONG") else 30

# place → how often the server has the message when all is over
MAIL_PLACES = {
    "outbox": {1},  # the message is committed, nothing has begun
    "attempt": {1},  # its attempt is committed, no connection yet
    "connect": {1},  # the server has greeted
    "data": {1},  # it waits for the content
    "dot": {1, 2},  # the content has gone out, its answer is not there: in doubt
    "accepted": {2},  # the server has taken it, the database does not know: in doubt
    "commit": {1},  # the database knows
}


def died(csid):
    """Waits for the end of a csid that a failpoint, or we, kill."""
    assert csid.process.wait(20) == -signal.SIGKILL, csid.stderr
    csid.notify.close()
    csid.process = None


def advance(csid, to):
    """An advance that csid may not live to answer."""
    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
        csid.advance(to)


def by_id(mail_server):
    copies = defaultdict(list)
    for got in mail_server.received:
        copies[got.message["Message-ID"].strip("<> \r\n")].append(got.raw)
    return copies


def check_arrival(csid, copies):
    """Each message arrived, the same bytes each time, and twice only where its attempt was in doubt."""
    rows = csid.sql("SELECT message_id, state, body, EXISTS (SELECT 1 FROM attempt a WHERE a.message_id = m.id AND "
                    "a.outcome = 'in-doubt') FROM message m WHERE channel = 'mail' AND state <> 'cancelled'")
    assert rows and {r[1] for r in rows} == {"accepted"}
    assert {r[0] for r in rows} == set(copies)
    for message_id, _, body, doubted in rows:
        assert len(copies[message_id]) == 1 or doubted, message_id
        assert set(copies[message_id]) == {body}
    assert csid.ctl("journal", "verify").returncode == 0


def owe(csid):
    csid.ctl("deadline", "add", "Report", "--due", "2017-09-29", "--role", "improvement-board-chair")


def chair(csid):
    csid.ctl("role", "assign", "improvement-board-chair", "--name", "Pat", "--email", "chair@x.example", "--from",
             "2017-01-01")
    owe(csid)


def lives_through(csid, place, prepare):
    """A csid that dies at a place this morning, and the next one, which makes good what it left."""
    csid.program, csid.env = FAILING, {"CSID_FAILPOINT": place}
    csid.start()
    prepare()
    advance(csid, "2017-09-01T08:00:00Z")
    died(csid)
    csid.program, csid.env = harness.CSID, {}
    csid.start("2017-09-01T08:00:00Z")
    csid.advance("2017-09-01T09:00:00Z")


@pytest.mark.parametrize("place", MAIL_PLACES)
def test_a_mail_when_the_power_goes(new_csid, mail_server, place):
    csid = new_csid(config={"mail": {"url": mail_server.url}}, start=False)
    lives_through(csid, place, lambda: chair(csid))
    copies = by_id(mail_server)
    check_arrival(csid, copies)
    (raws,) = copies.values()
    assert len(raws) in MAIL_PLACES[place]
    (notice,) = csid.ctl("notice", "list", "--to", "chair@x.example", json=True)["items"]
    shown = csid.ctl("notice", "show", str(notice["id"]), json=True)
    doubted = place not in ("outbox", "commit")
    assert [a["outcome"] for a in shown["attempt_list"]] == ["in-doubt"] * doubted + ["accepted"]


@pytest.mark.parametrize("place", [f"{place}:{times}" for place in MAIL_PLACES if place != "outbox" for times in (2, 3)])
def test_ten_mails_when_the_power_goes(new_csid, mail_server, place):
    """The same with four connections at work: what one of them does when another's failpoint comes is anybody's guess,
    so here only what must hold for all is asked."""
    csid = new_csid(config={"mail": {"url": mail_server.url}}, start=False)
    lives_through(csid, place, csid.import_plan)
    copies = by_id(mail_server)
    assert len(copies) >= 9
    check_arrival(csid, copies)


# A call's body goes out with its head, so the receiver may have it as soon as the head has.
CALL_PLACES = {**MAIL_PLACES, "data": {1, 2}}


@pytest.mark.parametrize("place", CALL_PLACES)
def test_a_call_when_the_power_goes(new_csid, folder, receiver, place):
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    hook = {"name": "board", "url": receiver.url, "format": "standard", "secret_file": str(folder / "secret"),
            "allow": ["127.0.0.0/8"], "events": ["csi.deadline.due"]}
    csid = new_csid(config={"webhooks": [hook]}, start=False)
    lives_through(csid, place, lambda: owe(csid))  # no mail: nobody holds the role
    assert len(receiver.requests) in CALL_PLACES[place]
    assert len({(r.headers["webhook-id"], r.body) for r in receiver.requests}) == 1
    assert {state for state, in csid.sql("SELECT state FROM message")} == {"accepted"}
    assert csid.ctl("journal", "verify").returncode == 0


@pytest.mark.parametrize("place", MAIL_PLACES)
def test_a_mail_by_notify_when_the_power_goes(new_csid, folder, place):
    """Notify is asked whether it has what may have arrived: it has it once, wherever csid died."""
    server = notify_server.NotifyServer()
    csid = new_csid(config=notify_server.options(folder, server.base), start=False)
    lives_through(csid, place, lambda: chair(csid))
    assert len(server.taken) == 1
    assert {state for state, in csid.sql("SELECT state FROM message")} == {"accepted"}
    server.stop()


def test_no_failpoint_in_what_is_installed():
    def names(program):
        return subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True).stdout

    assert " failpoint\n" not in names(harness.CSID)
    assert " failpoint\n" in names(FAILING)  # and the test can tell


class Killer:
    """Kills csid at the nth word of the dialogue from now on."""

    def __init__(self, csid, server):
        self.csid, self.left, self.kills = csid, 0, 0
        self.killed = False
        server.on_step = self.step

    def step(self, _):
        self.left -= 1
        if self.left == 0:
            self.kills += 1
            self.killed = True  # before csid's end can be seen
            os.kill(self.csid.pid, signal.SIGKILL)


def test_kills_at_random(new_csid, mail_server):
    """Day after day somebody owes something, and csid is killed wherever it is in the dialogue of the morning."""
    seed = int(os.environ["CSID_SEED"])
    rng = random.Random(seed)
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    roles = [f"role-{n}" for n in range(5)]
    for role in roles:
        csid.ctl("role", "add", role, "--title", f"Role {role}")
        csid.ctl("role", "assign", role, "--name", role, "--email", f"{role}@x.example", "--from", "2017-01-01")
    killer = Killer(csid, mail_server)
    day = 0
    while killer.kills < KILLS:
        date = f"{2018 + day // 336}-{day // 28 % 12 + 1:02}-{day % 28 + 1:02}"
        day += 1
        csid.restart(f"{date}T06:00:00Z") if csid.running else csid.start(f"{date}T06:00:00Z")
        due = [csid.ctl("deadline", "add", f"Due on {date}", "--due", date, "--role", role, json=True)["id"]
               for role in rng.sample(roles, 3)]
        killer.left = rng.randrange(1, 20)
        advance(csid, f"{date}T08:45:00Z")
        killer.left = 0
        if killer.killed:
            died(csid)
            killer.killed = False
            csid.start(f"{date}T08:45:00Z")
        csid.advance(f"{date}T12:00:00Z")
        for one in due:
            csid.ctl("deadline", "submit", str(one), "--on", date)
    check_arrival(csid, by_id(mail_server))
    print(f"seed {seed}: {killer.kills} kills in {day} days, {len(mail_server.received)} mails")
