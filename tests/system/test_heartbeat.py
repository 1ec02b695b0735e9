"""The heartbeat: a monitor on loopback that hears from csid as long as it does its duty, is told when csid knows that
it cannot, and hears nothing of one that is dead."""

import contextlib
import socket
import threading
import time

import pytest

import harness
from test_database import fill, mount  # noqa: F401

SECRET = "f4c1e2d3-5a6b-4c7d-8e9f-SECRET"
LOOPBACK = ["127.0.0.0/8"]
OK, FAIL = f"/hook/{SECRET}", f"/hook/{SECRET}/fail"


def beating(receiver, **more):
    return {"heartbeat": {"url": f"{receiver.url}/{SECRET}", "allow": LOOPBACK, **more}}


@pytest.fixture
def csid(new_csid, receiver):
    """One that has just been started, and has said so."""
    return new_csid(config=beating(receiver))


def paths(receiver):
    """What has come since the last time that was asked."""
    found = [r.path for r in receiver.requests]
    del receiver.requests[:]
    return found


def settled(csid):
    """What was under way has ended: a clock that is let pass waits for it."""
    csid.advance("1s")


def status(csid):
    line, = (line for line in csid.ctl("status").stdout.splitlines() if line.startswith("Heartbeat"))
    return line.split("\t")[1]


def heartbeat(csid):
    return csid.get("/v1/status").json()["heartbeat"]


# -- well ------------------------------------------------------------------------------------------


def test_every_five_minutes(csid, receiver):
    settled(csid)
    assert [(r.method, r.path, r.body) for r in receiver.requests] == [("GET", OK, b"")]
    paths(receiver)
    csid.advance("2017-09-01T06:04:59Z")
    assert paths(receiver) == []
    csid.advance("2017-09-01T06:05:00Z")
    assert paths(receiver) == [OK]
    csid.advance("2017-09-01T09:05:00Z")  # past the schedules of the morning, which do not shift it
    assert paths(receiver) == [OK] * 36
    assert status(csid) == "sent 2017-09-01T09:05:00Z"
    assert heartbeat(csid) == {"configured": True, "ok_at": "2017-09-01T09:05:00Z", "failed_at": None,
                               "failure": None, "in_trouble": False}


def test_it_leaves_no_row(csid):
    settled(csid)
    before = [csid.sql(f"SELECT count(*) FROM {table}") for table in ("message", "attempt", "notice", "journal")]
    csid.advance("2h")
    assert before == [csid.sql(f"SELECT count(*) FROM {table}") for table in ("message", "attempt", "notice", "journal")]


def test_another_interval(new_csid, receiver):
    csid = new_csid(config=beating(receiver, every="1h30m"))
    csid.advance("2017-09-01T12:00:00Z")
    assert paths(receiver) == [OK] * 5


def test_none_unless_asked_for(new_csid, receiver):
    csid = new_csid()
    csid.advance("1d")
    assert status(csid) == "none: heartbeat.url is not set"
    assert receiver.requests == [] and heartbeat(csid)["configured"] is False


def test_on_the_system_clock(new_csid, receiver):
    csid = new_csid(clock=None, config=beating(receiver))
    until = time.monotonic() + 10
    while heartbeat(csid)["ok_at"] is None:
        assert time.monotonic() < until, csid.stderr
    assert paths(receiver) == [OK]


# -- in trouble ------------------------------------------------------------------------------------


def test_a_suspect_clock(csid, receiver):
    settled(csid)
    paths(receiver)
    csid.ctl("clock", "set", "2017-09-01T01:00:00Z")
    settled(csid)
    assert paths(receiver) == [FAIL]  # at once
    csid.advance("10m")
    assert paths(receiver) == [FAIL] * 2  # counted by what really passed
    assert status(csid).endswith(", as in trouble")
    csid.ctl("clock", "accept")
    settled(csid)
    assert paths(receiver) == [OK]
    assert "trouble" not in status(csid)


def owe(csid):
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-10", "--role", "director")


def test_mail_that_is_held(new_csid, receiver, mail_server):
    csid = new_csid(config={**beating(receiver), "mail": {"url": mail_server.url}})
    owe(csid)
    csid.advance("2017-09-01T07:29:00Z")
    assert set(paths(receiver)) == {OK}
    mail_server.script.say("MAIL", *["530 5.7.0 Authentication required"] * 9)
    csid.advance("2017-09-01T07:30:00Z")
    assert paths(receiver) == [OK, FAIL]  # the tick was well; what it led to was not
    csid.advance("5m")
    assert paths(receiver) == [FAIL]
    mail_server.script.answers.clear()
    csid.ctl("reload")
    csid.advance("10m")
    assert paths(receiver)[-1] == OK


def test_a_relay_that_is_down(new_csid, receiver):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    csid = new_csid(config={**beating(receiver), "mail": {"url": f"smtp://127.0.0.1:{port}"}})
    owe(csid)
    csid.advance("2017-09-01T07:29:00Z")
    assert set(paths(receiver)) == {OK}
    csid.advance("2017-09-01T07:31:00Z")
    assert paths(receiver) == [OK, FAIL]
    assert [w for w in csid.get("/healthz").json()["warnings"] if "mail" in w["text"]]


def test_a_tick_that_cannot_be_written(new_csid, receiver, mount):  # noqa: F811
    disk = mount("disk", "2m")
    csid = new_csid(start=False)
    csid.database = disk / "csid.db"
    csid.write_config({"database": str(csid.database), **beating(receiver)})
    csid.start()
    owe(csid)
    settled(csid)
    paths(receiver)
    filler = fill(disk)
    csid.advance("5m")
    assert paths(receiver) == [FAIL]  # nothing was due, nothing had failed yet
    csid.ctl("clock", "advance", "--to", "2017-09-01T08:00:00Z", check=False)
    assert OK not in paths(receiver)
    filler.unlink()
    csid.advance("2017-09-01T08:00:00Z")
    assert paths(receiver)[-1] == OK


@pytest.mark.parametrize("path, failing", [
    ("", "/fail"), ("/", "/fail"), (f"/{SECRET}?rid=1&x=/", f"/{SECRET}/fail?rid=1&x=/"), (f"/{SECRET}//", f"/{SECRET}/fail")])
def test_where_the_suffix_goes(new_csid, receiver, path, failing):
    csid = new_csid(config={"heartbeat": {"url": receiver.url + path, "allow": LOOPBACK}})
    csid.ctl("clock", "set", "2017-09-01T01:00:00Z")
    settled(csid)
    assert paths(receiver) == ["/hook" + path, "/hook" + failing]


def test_the_dead_say_nothing(csid, receiver):
    settled(csid)
    paths(receiver)
    csid.kill()
    assert paths(receiver) == []
    csid.start("2017-09-01T09:00:00Z")
    settled(csid)
    assert paths(receiver) == [OK]


# -- an address that does not answer -----------------------------------------------------------------


@pytest.mark.parametrize("answer, told", [
    (500, "HTTP 500"), (404, "HTTP 404"), ((302, {"Location": f"/elsewhere/{SECRET}"}, b""), "redirects"),
    ("drop", ""), ((200, {"X": "y"}, b"z" * 70000), None)])
def test_what_it_answers(csid, receiver, answer, told):
    settled(csid)
    receiver.script.say("GET", answer)
    csid.advance("5m")
    if told is None:
        assert heartbeat(csid)["failure"] is None
        return
    assert told in heartbeat(csid)["failure"]
    assert status(csid).startswith("did not get through at 2017-09-01T06:05:00Z: ")
    assert status(csid).endswith("; last did 2017-09-01T06:00:00Z")
    assert heartbeat(csid)["failed_at"] == "2017-09-01T06:05:00Z"
    assert paths(receiver) == [OK, OK]  # not tried again before its time, no redirect followed
    csid.advance("5m")
    assert status(csid) == "sent 2017-09-01T06:10:00Z"
    assert "does not get through" in csid.stderr and "gets through again" in csid.stderr


def test_one_under_way_at_a_time(csid, receiver):
    """While a monitor does not answer, csid does, and calls no second time. How long it may be is in test_limits."""
    settled(csid)
    paths(receiver)
    receiver.script.stall("GET")
    begun = time.monotonic()
    passing = threading.Thread(target=csid.advance, args=("5m",))
    passing.start()
    while not receiver.requests:
        assert time.monotonic() < begun + 5
    csid.ctl("role", "add", "lead", "--title", "Lead")
    assert csid.get("/healthz").status == 200
    assert paths(receiver) == [OK]
    receiver.script.release()
    passing.join(30)
    csid.advance("5m")
    assert heartbeat(csid)["failure"] is None and paths(receiver) == [OK]


def test_the_machine_itself_is_out_of_reach(new_csid, receiver):
    port = receiver.server.server_address[1]
    csid = new_csid(config={"heartbeat": {"url": f"https://127.0.0.1:{port}/{SECRET}"}})
    settled(csid)
    assert "not public" in heartbeat(csid)["failure"]
    assert receiver.requests == []
    csid.write_config({"heartbeat": {"url": receiver.url, "allow": ["192.0.2.0/24"]}})
    csid.ctl("reload")
    settled(csid)
    assert "not public" in heartbeat(csid)["failure"] and receiver.requests == []


# -- its configuration -------------------------------------------------------------------------------


def test_a_reload_takes_another_address(csid, receiver):
    other = harness.Receiver()
    try:
        settled(csid)
        assert paths(receiver) == [OK]
        csid.write_config(beating(other, every="10m"))
        csid.ctl("reload")
        settled(csid)
        assert paths(other) == [OK] and paths(receiver) == []  # at once
        csid.advance("20m")
        assert paths(other) == [OK] * 2 and paths(receiver) == []
        csid.write_config()
        csid.ctl("reload")
        csid.advance("20m")
        assert paths(other) == paths(receiver) == []
        assert heartbeat(csid) == {"configured": False, "ok_at": None, "failed_at": None, "failure": None,
                                   "in_trouble": False}
        csid.write_config(beating(receiver, every="5 minutes"))
        assert "heartbeat.every" in csid.ctl("reload", check=False).stderr
        csid.advance("20m")
        assert paths(receiver) == []
    finally:
        other.stop()


def test_its_address_is_never_told(new_csid, folder):
    receiver = harness.Receiver()
    with contextlib.ExitStack() as ends:
        ends.callback(receiver.stop)
        csid = new_csid(config=beating(receiver))
        receiver.script.say("GET", 500, (302, {"Location": f"/elsewhere/{SECRET}"}, SECRET.encode()), "drop")
        csid.advance("20m")
        csid.ctl("clock", "set", "2017-09-01T01:00:00Z")
        settled(csid)
        told = [csid.ctl("status").stdout, csid.get("/healthz").text, csid.get("/v1/status").text]
        receiver.stop()
        csid.advance("10m")
        told.append(csid.get("/v1/status").text)
        assert heartbeat(csid)["failure"]
        for url in (f"http://127.0.0.1/{SECRET}", f"ftp://x/{SECRET}", f"https://x/{SECRET} {SECRET}",
                    f"https://user:{SECRET}@x/"):
            csid.write_config({"heartbeat": {"url": url, "every": "0s"}})
            csid.forget_notified()
            told += [csid.ctl("reload", check=False).stderr, csid.to_its_end("--check").stderr]
            assert "heartbeat.url" in told[-1]
        told.append(csid.stderr)
        for text in told:
            assert SECRET not in text
        for file in folder.glob("csid.db*"):
            assert SECRET.encode() not in file.read_bytes()
