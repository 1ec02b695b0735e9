"""The courier against Postfix's smtp-sink, which refuses, delays and hangs up where it is told to. What becomes of a
message, and of the channel, is what the manual promises for each command."""

import contextlib
import shutil
import socket
import sqlite3
import subprocess
import time
from collections import Counter

import pytest

import harness
from test_courier import BODY, Outbox

SINK = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(not SINK, reason="there is no smtp-sink here")


class Sink:
    """An smtp-sink with these options; what it took lies in `folder`, a file each."""

    def __init__(self, folder, *options):
        self.folder = folder / "taken"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{port}"
        self.process = subprocess.Popen([SINK, "-u", harness.me(), "-d", f"{self.folder}/m.", *options, f"127.0.0.1:{port}", "16"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while f":{port:04X} " not in self.listening():  # not by connecting, which some options count
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.01)

    @staticmethod
    def listening():
        with open("/proc/net/tcp", encoding="ascii") as file:
            return " ".join(line.split()[1] + " " for line in file if line.split()[3] == "0A")

    def taken(self):
        """The mails, as they were sent: below the sink's own header. One that was cut short has no end."""
        each = [path.read_bytes().partition(b"\nFrom: ") for path in self.folder.iterdir()]
        return [b"From: " + sent.rstrip(b"\n") + b"\n" for _, found, sent in each if found]

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def sink(folder):
    started = []

    def start(*options):
        started.append(Sink(folder, *options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def outbox(folder):
    return Outbox(folder)


def rows_of(outbox, statement):
    with contextlib.closing(sqlite3.connect(outbox.database)) as db:
        return db.execute(statement).fetchall()


def way(outbox):
    """What the run has made of the channel: up, down, or held."""
    if rows_of(outbox, "SELECT 1 FROM channel WHERE name = 'mail' AND state = 'held'"):
        return "held"
    return "down" if "mail is down" in outbox.said else "up"


GONE, NO = "550 5.1.1 No such user here", "550 no"
MARKS = {GONE: "5.1.1", NO: "5.0.0"}
ORDINARY = "accepted", "up"

# options, what becomes of the message, and of the channel, what the server said
CASES = [
    *[(options, *ORDINARY, "250 2.") for options in (
        (), ("-p", "-8", "-a"), ("-N", "-F", "-C"), ("-f", "rset"), ("-f", "quit"), ("-r", "quit"), ("-q", "quit"),
        ("-Q", "quit"), ("-f", "ehlo"), ("-r", "ehlo"), ("-w", "1"), ("-H", "1"), ("-T", "512"))],
    *[(options, *ORDINARY, "250") for options in (("-e",), ("-P",), ("-E",))],
    # refused for good
    (("-f", "connect"), "queued", "down", "500 5.3.0"),
    (("-f", "ehlo,helo"), "queued", "down", "500 5.3.0"),
    (("-f", "mail"), "queued", "held", "MAIL: 500 5.3.0"),
    (("-f", "mail", "-B", "530 5.7.0 Authentication required"), "queued", "held", "MAIL: 530 5.7.0 Authentication required"),
    (("-f", "rcpt"), "failed", "up", "RCPT: 500 5.3.0"),
    (("-f", "rcpt", "-B", GONE), "failed", "up", "RCPT: " + GONE),
    (("-f", "rcpt", "-B", NO), "failed", "up", "RCPT: " + NO),
    (("-f", "rcpt", "-B", "550 5.7.1 Relaying denied"), "failed", "up", "RCPT: 550 5.7.1 Relaying denied"),
    (("-f", "data"), "failed", "up", "DATA: 500 5.3.0"),
    (("-f", "data", "-B", GONE), "failed", "up", "DATA: " + GONE),
    (("-f", "data", "-B", "554 5.7.1 Spam"), "failed", "up", "DATA: 554 5.7.1 Spam"),
    (("-f", "."), "failed", "up", "500 5.3.0"),
    (("-f", ".", "-B", "552 5.3.4 Too large"), "failed", "up", "552 5.3.4 Too large"),
    (("-A", "1"), "failed", "up", "550 This violates SMTP"),
    # refused for now
    (("-r", "connect"), "queued", "down", "450 4.3.0"),
    (("-r", "ehlo,helo"), "queued", "down", "450 4.3.0"),
    (("-r", "mail"), "retry", "up", "MAIL: 450 4.3.0"),
    (("-r", "rcpt"), "retry", "up", "RCPT: 450 4.3.0"),
    (("-r", "rcpt", "-b", "452 4.2.2 Mailbox full"), "retry", "up", "RCPT: 452 4.2.2 Mailbox full"),
    (("-r", "data"), "retry", "up", "DATA: 450 4.3.0"),
    (("-r", "."), "retry", "up", "450 4.3.0"),
    # hangs up without a word
    (("-q", "connect"), "queued", "down", "connecting"),
    (("-q", "ehlo"), "queued", "down", "EHLO"),
    (("-q", "mail"), "retry", "up", "MAIL"),
    (("-q", "rcpt"), "retry", "up", "RCPT"),
    (("-q", "data"), "retry", "up", "DATA"),
    (("-q", "."), "in-doubt", "up", "the message"),
    # says 421 and hangs up
    (("-Q", "connect"), "queued", "down", "421"),
    (("-Q", "ehlo"), "queued", "down", "EHLO"),
    (("-Q", "mail"), "retry", "up", "MAIL: 421"),
    (("-Q", "rcpt"), "retry", "up", "RCPT: 421"),
    (("-Q", "data"), "retry", "up", "DATA: 421"),
    (("-Q", "."), "retry", "up", "421"),
    # the hard one after a delay is the same
    (("-W", ".:1", "-f", "."), "failed", "up", "500 5.3.0"),
    (("-W", "rcpt:1", "-r", "rcpt"), "retry", "up", "RCPT: 450 4.3.0"),
]


@pytest.mark.parametrize("options,state,channel,said", CASES, ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_where_it_refuses(outbox, sink, options, state, channel, said):
    server = sink(*options)
    (row,) = outbox.run(server.url, *outbox.add())
    assert (row["state"], way(outbox)) == (state, channel), (row, outbox.said)
    assert said in row["reason"], row
    # trouble of the channel is no attempt of the message's; each try has its row all the same
    assert row["attempts"] == (1 if channel == "up" else 0) and row["rows"] == 1, row
    # an address is marked only where the server's word about the recipient blames it (RFC 3463), or says no reason
    marked = [("anna@bromley.example", MARKS[words]) for words in options if words in MARKS and "rcpt" in options]
    assert rows_of(outbox, "SELECT address, status FROM bounce") == marked
    if state == "accepted":
        assert server.taken() == [BODY.replace(b"\r\n", b"\n")]


def test_one_that_refuses_in_the_middle(outbox, sink):
    """It says 550 while the message is still being sent, and hangs up: heard or not, it is not taken for delivered."""
    (row,) = outbox.run(sink("-A", "0").url, *outbox.add(body=BODY + b"0123456789abcde\r\n" * 200_000))
    assert row["state"] in ("failed", "in-doubt") and row["attempts"] == 1 and way(outbox) == "up", row


def test_a_server_that_is_slow_everywhere(outbox, sink):
    steps = ("connect", "ehlo", "mail", "rcpt", "data", ".")
    server = sink(*(word for step in steps for word in ("-W", f"{step}:1")))
    begun = time.monotonic()
    (row,) = outbox.run(server.url, *outbox.add())
    assert row["state"] == "accepted" and row["attempts"] == 1 and way(outbox) == "up", row
    assert time.monotonic() - begun >= len(steps) - 1, "it was slow"
    assert server.taken() == [BODY.replace(b"\r\n", b"\n")]


def test_many(outbox, sink):
    server = sink("-m", "4")
    rows = outbox.run(server.url, *[w for i in range(60) for w in outbox.add(f"p{i}@x.example")])
    assert {r["state"] for r in rows} == {"accepted"} and {r["attempts"] for r in rows} == {1}
    assert len(server.taken()) == 60


@pytest.mark.parametrize("options", [("-M", "7"), ("-n", "2"), ("-n", "5")], ids=" ".join)
def test_a_server_that_goes_away(outbox, sink, options):
    """What it has taken is accepted, or in doubt where it went before it said so; all else still waits."""
    server = sink(*options)
    rows = outbox.run(server.url, *[w for i in range(30) for w in outbox.add(f"p{i}@x.example", body=BODY + b"%d\r\n" % i)])
    taken = {int(one.rsplit(b"\n", 2)[1]) for one in server.taken() if one.rsplit(b"\n", 2)[1].isdigit()}
    by = {i: row["state"] for i, row in enumerate(rows)}
    assert set(by.values()) <= {"accepted", "in-doubt", "retry", "queued"}, by
    accepted = {i for i in by if by[i] == "accepted"}
    doubtful = {i for i in by if by[i] == "in-doubt"}
    assert accepted <= taken <= accepted | doubtful, (Counter(by.values()), taken)
    assert all(row["attempts"] == 0 for row in rows if row["state"] == "queued")
