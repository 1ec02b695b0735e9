"""service/http and service/listen under clients that are wrong, slow, silent, many or gone, through
tests/tools/http_probe. Every fault of libmicrohttpd that the design names has its test here."""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import pwd
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

import harness

PROBE = harness.BUILD / "tests" / "tools" / "http_probe"
KIB, MIB = 1 << 10, 1 << 20
ROOT = os.getuid() == 0
STATUS_LINE = re.compile(rb"HTTP/1\.[01] \d\d\d ")
GET = b"GET /state HTTP/1.1\r\nHost: csid\r\n\r\n"
HELD, RELEASE = GET.replace(b"/state", b"/held"), GET.replace(b"/state", b"/release")


class Probe:
    def __init__(self, folder, *limits, before=()):
        self.path = folder / "http.sock"
        self.log = open(folder / "probe.log", "w+b")
        self.process = subprocess.Popen([*before, PROBE, self.path, *limits], stdout=subprocess.PIPE,
                                        stderr=self.log, env=harness.environment())
        assert self.process.stdout.readline() == b"ready\n", self.said()

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def connect(self, timeout=10):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(str(self.path))
        return s

    def ask(self, sent=GET):
        with self.connect() as s:
            s.sendall(sent)
            return reply_of(s)

    def state(self):
        return self.ask()[1]

    def until(self, what, seconds=10):
        """The state, once `what` is true of it: each look is a request that must be answered."""
        end = time.monotonic() + seconds
        while not what(state := self.state()):
            assert time.monotonic() < end, state
        return state

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(10)
        assert (status, self.said()) == (0, "")


def reply_of(s, method="GET"):
    """Status, body (JSON if it says so) and the response of the next reply on a socket."""
    r = http.client.HTTPResponse(s, method=method)
    r.begin()
    body = r.read()
    kind = r.headers.get("Content-Type", "")
    return r.status, json.loads(body) if kind.endswith("json") and body else body, r


def closed(s, seconds=10):
    """Reads to the end: whether it came in time, and what was read."""
    s.settimeout(seconds)
    got = b""
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while more := s.recv(65536):
            got += more
    return got


@pytest.fixture
def probes(folder):
    made = []

    def make(*limits):
        made.append(Probe(folder, *limits))
        return made[-1]

    with contextlib.ExitStack() as ends:
        yield make
        for one in made:
            ends.callback(one.stop)


@pytest.fixture
def probe(probes):
    return probes()


# -- what is right -----------------------------------------------------------------------------------


def post(body, path="/echo", *headers):
    head = [f"POST {path} HTTP/1.1", "Host: csid", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_request_as_received(probe):
    body = bytes(range(256))
    status, got, r = probe.ask(post(body, "/v1/actions/5.12?text=a%00b%2Fc&x=%C3%A4+1&x", "Accept: text/csv",
                                    "accept: text/plain", "Content-Type: application/json",
                                    'If-Match: "3"', "Idempotency-Key: k-1"))
    assert status == 200
    assert got["method"] == "POST"
    assert got["target"] == "/v1/actions/5.12?text=a%00b%2Fc&x=%C3%A4+1&x"
    assert got["accept"] == "text/csv, text/plain"
    assert (got["content_type"], got["if_match"], got["key"]) == ("application/json", '"3"', "k-1")
    assert (got["length"], got["sha256"]) == (256, hashlib.sha256(body).hexdigest())
    assert (got["uid"], got["gid"], got["pid"]) == (os.getuid(), os.getgid(), os.getpid())
    assert r.headers["ETag"] == '"7"'
    assert r.headers["Cache-Control"] == "no-store"
    assert r.headers["X-Content-Type-Options"] == "nosniff"


def test_absent_headers_and_body(probe):
    _, got, _ = probe.ask(b"GET /x HTTP/1.1\r\nHost:\r\n\r\n")
    assert [got[k] for k in ("accept", "content_type", "if_match", "key", "length")] == [None] * 4 + [0]


def test_keep_alive_and_http_1_0(probe):
    with probe.connect() as s:
        for n in range(50):
            s.sendall(post(b"x" * n))
            status, got, _ = reply_of(s)
            assert (status, got["length"]) == (200, n)
    with probe.connect() as s:
        s.sendall(b"GET /state HTTP/1.0\r\n\r\n")
        assert closed(s).startswith(b"HTTP/1.")


def test_head_has_no_body(probe):
    with probe.connect() as s:
        s.sendall(b"HEAD /echo HTTP/1.1\r\nHost: csid\r\n\r\n")
        status, body, r = reply_of(s, "HEAD")
        assert (status, body) == (200, b"") and int(r.headers["Content-Length"]) > 100
        s.sendall(GET)
        assert reply_of(s)[0] == 200


def test_pipelined(probe):
    with probe.connect() as s:
        s.sendall(b"".join(post(b"y" * n) for n in range(100)))
        file = s.makefile("rb")
        for n in range(100):
            head = b"".join(iter(file.readline, b"\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            assert json.loads(file.read(length))["length"] == n


ODD_BUT_RIGHT = [
    b"GET /x HTTP/1.1\r\nHost: csid\r\n\r\n",
    b"GET /x HTTP/1.1\nHost: csid\n\n",
    b"\r\n\r\nGET /x HTTP/1.1\r\nHost: csid\r\n\r\n",
    b"GET /x HTTP/1.1\r\nHost:csid\r\nX-Empty:\r\nX-Blank:   \r\nX-Tab:\t a\tb \t\r\n\r\n",
    b"GET /x HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"v" * n) for n in range(150)) + b"Host: c\r\n\r\n",
    b"GET /x HTTP/1.1\r\nhOST: csid\r\nCookie: a=b; c=d\r\nX: \xc3\xa4\r\n\r\n",
    b"GET /x?" + b"&".join(b"k%d=%%41" % n for n in range(200)) + b" HTTP/1.1\r\nHost: csid\r\n\r\n",
    b"GET /x HTTP/1.0\r\nHost: csid\r\nConnection: keep-alive\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nTrail: er\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: c\r\nContent-Length: 000003\r\n\r\nabc",
]


@pytest.mark.parametrize("sent", ODD_BUT_RIGHT)
@pytest.mark.parametrize("step", [1, 7, 100000])
def test_odd_but_right(probe, sent, step):
    """However the bytes are cut: the examination of the head relies on how libmicrohttpd holds them."""
    with probe.connect() as s:
        for at in range(0, len(sent), step):
            s.sendall(sent[at:at + step])
        assert reply_of(s)[0] == 200
        s.sendall(GET)
        assert reply_of(s)[0] == 200


# -- what is wrong -----------------------------------------------------------------------------------

X = b"GET /x HTTP/1.1\r\nHost: c\r\n"
P = b"POST /x HTTP/1.1\r\nHost: c\r\n"
BODY = b"\r\n5\r\nhello\r\n0\r\n\r\n"
WRONG = {
    "length and encoding": (400, P + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + BODY),
    "encoding and length": (400, P + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + BODY),
    "two lengths": (400, P + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
    "twice the same length": (400, P + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello"),
    "two encodings": (400, P + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + BODY),
    "two hosts": (400, X + b"Host: d\r\n\r\n"),
    "no host": (400, b"GET /x HTTP/1.1\r\nAccept: */*\r\n\r\n"),
    "no header at all": (400, b"GET /x HTTP/1.1\r\n\r\n"),
    "NUL in the target": (400, b"GET /x\0y HTTP/1.1\r\nHost: c\r\n\r\n"),
    "NUL ending the target": (400, b"GET /x\0 HTTP/1.1\r\nHost: c\r\n\r\n"),
    "NUL in a value": (400, X + b"A: b\0c\r\nD: e\r\n\r\n"),
    "NUL in the last value": (400, X + b"A: b\0c\r\n\r\n"),
    "NUL ending the last value": (400, X + b"A: b\0\r\n\r\n"),
    "NUL beginning a value": (400, X + b"A: \0b\r\nD: e\r\n\r\n"),
    "NUL in a name": (400, X + b"A\0B: c\r\n\r\n"),
    "NUL in the method": (400, b"GET\0 /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "folded": (400, X + b"A: b\r\n c\r\nD: e\r\n\r\n"),
    "folded last": (400, X + b"A: b\r\n\tc\r\n\r\n"),
    "folded first": (400, b"GET /x HTTP/1.1\r\n Host: c\r\nHost: d\r\n\r\n"),
    "blank before the colon": (400, P + b"Content-Length : 5\r\n\r\nhello"),
    "blank in a name": (400, X + b"A B: c\r\n\r\n"),
    "no name": (400, X + b": c\r\n\r\n"),
    "no colon": (400, X + b"garbage\r\n\r\n"),
    "bare CR": (400, X + b"A: b\rC: d\r\n\r\n"),
    "control character": (400, X + b"A: b\x1b[2Jc\r\n\r\n"),
    "unknown method": (405, b"BREW /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "method in lower case": (405, b"get /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "CONNECT": (405, b"CONNECT /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "TRACE": (405, b"TRACE /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "two blanks": (400, b"GET  /x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "two blanks later": (400, b"GET /x  HTTP/1.1\r\nHost: c\r\n\r\n"),
    "blank in the target": (400, b"GET /x y HTTP/1.1\r\nHost: c\r\n\r\n"),
    "raw bytes in the target": (400, b"GET /\xc3\xa4 HTTP/1.1\r\nHost: c\r\n\r\n"),
    "absolute target": (400, b"GET http://c/x HTTP/1.1\r\nHost: c\r\n\r\n"),
    "no target": (400, b"GET HTTP/1.1\r\nHost: c\r\n\r\n"),
    "asterisk": (400, b"OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n"),
    "HTTP/1.2": (400, b"GET /x HTTP/1.2\r\nHost: c\r\n\r\n"),
    "HTTP/2.0": (505, b"GET /x HTTP/2.0\r\nHost: c\r\n\r\n"),
    "no version": (400, b"GET /x\r\nHost: c\r\n\r\n"),
    "negative length": (400, P + b"Content-Length: -5\r\n\r\nhello"),
    "length with a sign": (400, P + b"Content-Length: +5\r\n\r\nhello"),
    "length in hex": (400, P + b"Content-Length: 0x5\r\n\r\nhello"),
    "length in a list": (400, P + b"Content-Length: 5, 5\r\n\r\nhello"),
    "empty length": (400, P + b"Content-Length:\r\n\r\nhello"),
    "length above 2^64": (413, P + b"Content-Length: 99999999999999999999999\r\n\r\nhello"),
    "length of 2^63": (413, P + b"Content-Length: 9223372036854775808\r\n\r\nhello"),
    "gzip": (400, P + b"Transfer-Encoding: gzip, chunked\r\n" + BODY),
    "identity": (400, P + b"Transfer-Encoding: identity\r\n\r\nhello"),
    "chunks in HTTP/1.0": (400, b"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + BODY),
    "chunk of no size": (400, P + b"Transfer-Encoding: chunked\r\n\r\nhello\r\n"),
    "chunk of negative size": (400, P + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"),
    "binary": (None, bytes(range(256)) * 4 + b"\r\n\r\n"),
    "TLS": (None, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\n\n"),
}
# what libmicrohttpd refuses before anybody is asked; its words are its own
NOT_OURS = {"no colon", "no target", "HTTP/2.0", "no version", "negative length", "length with a sign",
            "length in hex", "length in a list", "empty length", "length above 2^64", "length of 2^63",
            "chunk of no size", "chunk of negative size", "NUL in a name", "two blanks later"}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("after", [b"", GET], ids=["alone", "pipelined"])
def test_wrong_is_refused_and_the_connection_closed(probe, name, after):
    """What follows on the connection is never taken for a request: nobody agrees where it begins."""
    status, sent = WRONG[name]
    with probe.connect() as s:
        s.sendall(sent + after)
        got = closed(s)
    assert b'"pending"' not in got
    # libmicrohttpd says the head of its own complaint about a length twice, the second within the first's body
    assert len(STATUS_LINE.findall(got)) <= (2 if name in NOT_OURS else 1)
    assert got or status is None
    if got:
        head, _, body = got.partition(b"\r\n\r\n")
        assert status in (None, int(head.split()[1]))
        assert b"\r\nconnection: close" in head.lower()
        if status and name not in NOT_OURS:
            assert b"application/problem+json" in head
            problem = json.loads(body)
            assert problem["status"] == status and problem["detail"]
    assert probe.state()["connections"] == 1


def test_garbage_after_a_request(probe):
    with probe.connect() as s:
        s.sendall(GET + b"\xff\x00 garbage \r\n\r\n\r\n" * 1000 + GET)
        assert closed(s).count(b"HTTP/1.1 200") == 1


def test_surplus_body_is_no_request(probe):
    with probe.connect() as s:
        s.sendall(P + b"Content-Length: 3\r\n\r\nabc" + b"defgh\r\n\r\n")
        got = closed(s)
    assert got.count(b"HTTP/1.1 200") == 1 and got.count(b"HTTP/1.") <= 2


def test_head_limit(probe):
    start, end = b"GET /x HTTP/1.1\r\nHost: c\r\nX: ", b"\r\n\r\n"
    fits = start + b"x" * (16 * KIB - len(start + end)) + end
    assert probe.ask(fits)[0] == 200
    assert probe.ask(fits.replace(b"\r\nX:", b"\r\nXY:"))[0] == 413
    for huge in (start + b"x" * MIB + end, b"GET /" + b"x" * MIB + b" HTTP/1.1\r\nHost: c\r\n\r\n",
                 X + b"a:\r\n" * 250000 + b"\r\n"):
        with probe.connect() as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.sendall(huge)
            got = closed(s)
        assert got == b"" or got.split()[1] in (b"413", b"414", b"431")
    assert probe.state()["connections"] == 1


# -- bodies ------------------------------------------------------------------------------------------


def chunks(body, size=60000):
    for at in range(0, len(body), size):
        part = body[at:at + size]
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def chunked(body, path="/echo"):
    return f"POST {path} HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + b"".join(chunks(body))


@pytest.mark.parametrize("form", [post, chunked])
@pytest.mark.parametrize("path, limit", [("/echo", MIB), ("/v1/plans/import?plan=x", 64 * MIB)])
def test_body_limit(probe, form, path, limit):
    body = os.urandom(KIB) * (limit // KIB)
    status, got, _ = probe.ask(form(body, path))
    assert (status, got["length"], got["sha256"]) == (200, limit, hashlib.sha256(body).hexdigest())
    status, got, r = probe.ask(form(body + b"x", path))
    assert (status, got["status"]) == (413, 413) and str(limit) in got["detail"]
    assert r.headers["Connection"] == "close"


def test_only_the_import_is_large(probe):
    for path in ("/v1/plans/imports", "/v1/plans/import/x", "/v1/plans", "/v1/plans/import%3F"):
        assert probe.ask(post(b"x" * (2 * MIB), path))[0] == 413
    sent = post(b"x" * (2 * MIB), "/v1/plans/import").replace(b"POST", b"PUT", 1)
    assert probe.ask(sent)[0] == 413


def test_ordinary_clients_see_the_413(probe):
    """http.client and curl send all they have before they read."""
    c = http.client.HTTPConnection("csid")
    c.sock = probe.connect()
    c.request("POST", "/echo", b"x" * (2 * MIB))
    assert c.getresponse().status == 413
    c.close()
    for expect in ("Expect:", "Expect: 100-continue"):
        r = subprocess.run(["curl", "-s", "--unix-socket", probe.path, "-H", expect, "--data-binary", "@-",
                            "-w", "%{http_code}", "-o", "/dev/null", "http://csid/echo"],
                           input=b"x" * (2 * MIB), stdout=subprocess.PIPE, timeout=20)
        assert r.stdout == b"413"


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_too_large_is_said_before_it_is_sent(probe, expect):
    with probe.connect(3) as s:
        s.sendall(P + expect + b"Content-Length: 10000000000\r\n\r\n")
        assert reply_of(s)[0] == 413
        assert closed(s, 3) == b""


def test_endless_body_is_cut_off(probe):
    with probe.connect(5) as s:
        s.sendall(P + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(1000):
                s.sendall(b"%x\r\n%s\r\n" % (MIB, b"x" * MIB))
        assert reply_of(s)[0] == 413


def test_expect_continue(probe):
    with probe.connect() as s:
        s.sendall(P + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert s.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        s.sendall(b"hello")
        assert reply_of(s)[1]["length"] == 5


def rss_mib(probe):
    with open(f"/proc/{probe.process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def test_promised_bytes_cost_nothing(probe):
    before = rss_mib(probe)
    with contextlib.ExitStack() as all_of:
        for _ in range(100):
            s = all_of.enter_context(probe.connect())
            s.sendall(b"POST /v1/plans/import HTTP/1.1\r\nHost: c\r\nContent-Length: 67108864\r\n\r\nx")
        probe.until(lambda state: state["connections"] == 101)
        assert rss_mib(probe) - before < 64


def test_few_large_bodies_at_a_time(probes):
    probe = probes("large=2")
    start = b"POST /v1/plans/import HTTP/1.1\r\nHost: c\r\nContent-Length: 3145728\r\n\r\n" + b"x" * (2 * MIB)
    with probe.connect() as a, probe.connect() as b:
        for s in (a, b):
            s.sendall(start)
        probe.state()
        status, problem, _ = probe.ask(start + b"x" * MIB)
        assert status == 503 and "large" in problem["detail"]
        assert probe.ask(post(b"small", "/v1/plans/import"))[0] == 200
        for s in (a, b):
            s.sendall(b"x" * MIB)
            assert reply_of(s)[1]["length"] == 3 * MIB
    assert probe.ask(start + b"x" * MIB)[0] == 200


# -- slow, silent, many ------------------------------------------------------------------------------

DRIPS = {
    "line": b"GET /" + b"x" * 10000,
    "head": X + b"A: " + b"x" * 10000,
    "body": P + b"Content-Length: 100000\r\n\r\n" + b"x" * 10000,
    "chunk": P + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 10000,
    "trailer": P + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 10000,
}


@pytest.mark.parametrize("name", DRIPS)
def test_dripping_is_cut_at_the_deadline(probes, name):
    """The whole request has the time, not each byte of it."""
    probe = probes("request_ms=300")
    start = time.monotonic()
    with probe.connect() as s:
        s.sendall(DRIPS[name][:60])
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in DRIPS[name][60:]:
                if select.select([s], [], [], 0.02)[0]:
                    break
                s.sendall(bytes([byte]))
        took = time.monotonic() - start
        got = closed(s)
    assert 0.25 < took < 2
    assert got == b"" if name == "line" else got.startswith(b"HTTP/1.1 408")


def test_silence_and_idleness_are_cut(probes):
    probe = probes("request_ms=300")
    with probe.connect() as silent, probe.connect() as idle:
        idle.sendall(GET)
        assert reply_of(idle)[0] == 200
        start = time.monotonic()
        assert (closed(silent), closed(idle)) == (b"", b"")
        assert time.monotonic() - start < 2


def test_deadline_starts_anew_with_each_request(probes):
    probe = probes("request_ms=400")
    with probe.connect() as s:
        for _ in range(8):
            assert select.select([s], [], [], 0.15)[0] == []
            s.sendall(GET)
            assert reply_of(s)[0] == 200


def test_silent_crowd(probe):
    with contextlib.ExitStack() as all_of:
        for _ in range(300):
            all_of.enter_context(probe.connect())
        took = []
        for _ in range(200):
            start = time.monotonic()
            assert probe.ask()[0] == 200
            took.append(time.monotonic() - start)
        assert probe.state()["connections"] <= 256
        assert max(took) < 2, took  # and not as long as the silent may be silent
    probe.until(lambda state: state["connections"] == 1)


def ask_on(s):
    s.sendall(GET)
    return reply_of(s)[1]


def wait_read(s):
    """Until the other side has read all that was sent to it (SIOCOUTQ, unix(7))."""
    end = time.monotonic() + 10
    while fcntl.ioctl(s, termios.TIOCOUTQ, bytes(4)) != bytes(4):
        assert time.monotonic() < end


def test_oldest_silent_one_makes_room(probes):
    probe = probes("connections=8")
    with contextlib.ExitStack() as all_of:
        asker, *crowd = [all_of.enter_context(probe.connect()) for _ in range(8)]
        for gone in crowd:
            assert ask_on(asker)["connections"] == 8
            all_of.enter_context(probe.connect())
            assert closed(gone, 5) == b""


def test_limit_recovers(probes):
    """When nobody can make room the newcomer is told so; afterwards all is as before."""
    probe = probes("connections=8", "hold_ms=1000")
    with contextlib.ExitStack() as all_of:
        *holders, last = [all_of.enter_context(probe.connect()) for _ in range(8)]
        for s in holders:
            s.sendall(HELD)
        while ask_on(last)["held"] < 7:
            pass
        last.sendall(HELD)
        wait_read(last)
        crowd = [probe.connect() for _ in range(200)]
        for s in crowd:
            assert reply_of(s)[0] == 503
            s.close()
        for s in [*holders, last]:
            assert reply_of(s)[0] == 503
    while True:
        status, state, _ = probe.ask()
        if status == 200:
            break
    assert state["held"] == 8
    assert probe.ask(RELEASE)[1] == {"released": 8}


def test_out_of_descriptors(folder):
    """libmicrohttpd then stops listening, and starts again only in the run after one that closed somebody:
    when all close in one run, no event brings about another."""
    probe = Probe(folder, before=["prlimit", "--nofile=32"])
    descriptors = Path(f"/proc/{probe.process.pid}/fd")
    with contextlib.ExitStack() as all_of:
        for _ in range(60):
            all_of.enter_context(probe.connect())
        end = time.monotonic() + 10
        while len(list(descriptors.iterdir())) < 32:
            assert time.monotonic() < end
        probe.process.send_signal(signal.SIGSTOP)
    probe.process.send_signal(signal.SIGCONT)
    with probe.connect(5) as s:
        assert ask_on(s)["connections"] >= 1
    probe.stop()


def test_limit_of_one_user(probes):
    """A user at the limit loses connections of its own and costs others nothing."""
    probe = probes()
    os.chmod(probe.path.parent, 0o755)
    script = f"""
import select, socket
all_of = []
for _ in range(100):
    s = socket.socket(socket.AF_UNIX)
    s.connect({str(probe.path)!r})
    all_of.append(s)
gone = set()
while len(gone) < 36:
    gone |= set(select.select([s for s in all_of if s not in gone], [], [])[0])
last = all_of[-1]
last.sendall({GET!r})
print(last.recv(15).decode(), sorted(all_of.index(s) for s in gone) == list(range(36)), flush=True)
input()
"""
    more = {"user": pwd.getpwnam("nobody").pw_uid, "group": 65534, "extra_groups": []} if ROOT else {}
    with subprocess.Popen([sys.executable if not ROOT else "/usr/bin/python3", "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True, **more) as child:
        assert child.stdout.readline() == "HTTP/1.1 200 OK True\n"
        if ROOT:
            with contextlib.ExitStack() as mine:
                for _ in range(100):
                    mine.enter_context(probe.connect())
                assert probe.state()["connections"] == 64 + 100 + 1
        child.communicate("\n")


def test_slow_reader_is_cut(probes):
    probe = probes("reply_ms=300")
    with probe.connect() as s:
        s.sendall(b"GET /large HTTP/1.1\r\nHost: c\r\n\r\n")
        assert s.recv(10) == b"HTTP/1.1 2"
        assert probe.state()["pending"] == 2
        probe.until(lambda state: state["connections"] == 1)
        assert len(closed(s)) < 16 * MIB


def test_large_reply_is_whole(probe):
    status, body, _ = probe.ask(b"GET /large HTTP/1.1\r\nHost: c\r\n\r\n")
    assert (status, len(body), body[-17:]) == (200, 16 * MIB, b"\n0123456789abcde\n")


# -- held calls --------------------------------------------------------------------------------------

def test_held_reply_arrives(probe):
    with probe.connect() as s:
        s.sendall(HELD + GET)
        assert probe.until(lambda state: state["held"] == 1)["pending"] == 2
        assert probe.ask(RELEASE)[1] == {"released": 1}
        assert closed_after(s, 2).count(b'"held"') == 2


def closed_after(s, replies):
    got = b""
    while got.count(b"HTTP/1.1 200") < replies or not got.endswith(b"}\n"):
        got += s.recv(65536)
    return got


def test_client_gone_while_held(probe):
    for _ in range(20):
        s = probe.connect()
        s.sendall(HELD)
        probe.until(lambda state: state["held"] == 1)
        s.close()
        assert probe.ask(RELEASE)[1] == {"released": 1}
    probe.until(lambda state: state["connections"] == 1)


def test_held_too_long(probes):
    probe = probes("hold_ms=200")
    with probe.connect() as s:
        s.sendall(HELD)
        status, problem, _ = reply_of(s)
        assert status == 503 and "still" in problem["detail"]
        assert probe.state()["held"] == 1
        s.sendall(HELD)
        probe.until(lambda state: state["held"] == 2)
        assert probe.ask(RELEASE)[1] == {"released": 2}
        assert reply_of(s)[1] == {"held": True}
    assert probe.state()["held"] == 0


def test_stop(probe):
    with probe.connect() as held, probe.connect() as silent, probe.connect() as asking, probe.connect() as idle:
        held.sendall(HELD)
        asking.sendall(b"GET /state HT")
        idle.sendall(GET)
        assert reply_of(idle)[0] == 200
        probe.until(lambda state: state["held"] == 1)
        with probe.connect() as last:
            last.sendall(GET.replace(b"/state", b"/stop") + RELEASE)
            status, _, r = reply_of(last)
            assert (status, r.headers["Connection"]) == (200, "close")
        assert closed(idle) == b""
        with probe.connect() as late:
            late.sendall(GET)
            late.settimeout(0.2)
            with pytest.raises(TimeoutError):
                late.recv(1)
        assert closed(silent) == b""
    # the held one is answered, or not, at SIGTERM: see probe.stop


def test_end_with_calls_held(probe):
    with probe.connect() as a, probe.connect() as b, probe.connect():
        a.sendall(HELD)
        probe.until(lambda state: state["held"] == 1)
        b.sendall(b"POST /v1/plans/import HTTP/1.1\r\nHost: c\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 2000000)
        probe.state()
        probe.process.send_signal(signal.SIGTERM)
        assert probe.process.wait(10) == 0


# -- who is calling ----------------------------------------------------------------------------------


@pytest.mark.skipif(not ROOT, reason="only root can be somebody else")
@pytest.mark.parametrize("groups", [[], [3000], list(range(3000, 3300))], ids=len)
def test_caller_is_whom_the_kernel_says(probe, groups):
    os.chmod(probe.path.parent, 0o755)
    done = subprocess.run(["curl", "-s", "--unix-socket", probe.path, "http://csid/echo"], stdout=subprocess.PIPE,
                          user=12345, group=2345, extra_groups=groups, check=True)
    got = json.loads(done.stdout)
    assert (got["uid"], got["gid"], sorted(got["groups"])) == (12345, 2345, groups)


# -- the socket --------------------------------------------------------------------------------------


def fails(*words, **more):
    done = subprocess.run([PROBE, *words], stderr=subprocess.PIPE, text=True, timeout=10,
                          env=harness.environment(), **more)
    assert done.returncode == 69
    return done.stderr


def test_live_socket_is_refused(probe):
    said = fails(probe.path)
    assert f"csid is already running, pid {probe.process.pid} " in said
    os.unlink(f"{probe.path}.lock")     # somebody tidied up; the socket itself still answers
    assert f"csid is already running, pid {probe.process.pid} " in fails(probe.path)
    assert probe.ask()[0] == 200


def test_stale_socket_is_replaced(folder):
    first = Probe(folder)
    first.process.kill()
    first.process.wait()
    assert first.path.is_socket()
    second = Probe(folder)
    assert second.ask()[0] == 200
    second.stop()
    assert not second.path.exists()


def test_full_backlog_is_alive(folder):
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as s, contextlib.ExitStack() as all_of:
        s.bind(str(path))
        s.listen(0)
        for _ in range(5):
            c = all_of.enter_context(socket.socket(socket.AF_UNIX))
            c.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                c.connect(str(path))
        assert "is in use" in fails(path)
    assert path.is_socket()


def test_what_is_no_socket_is_left_alone(folder):
    (folder / "file").write_text("precious")
    assert "is not a socket" in fails(folder / "file")
    assert (folder / "file").read_text() == "precious"
    os.symlink("nowhere", folder / "link")
    assert "is not a socket" in fails(folder / "link")
    (folder / "dir").mkdir()
    assert "is not a socket" in fails(folder / "dir")


def test_impossible_places(folder):
    assert f"the directory {folder}/missing: No such file or directory" in fails(folder / "missing" / "s")
    (folder / "file").touch()
    assert "is not a directory" in fails(folder / "file" / "s")
    assert "has 1 to 107 bytes, this has 108" in fails("/tmp/" + "x" * 103)
    assert "has 1 to 107 bytes" in fails("")


def test_longest_path_and_umask(folder):
    path = folder / ("x" * (107 - len(str(folder)) - 1))
    one = subprocess.Popen([PROBE, path], stdout=subprocess.PIPE, umask=0o777, env=harness.environment())
    assert one.stdout.readline() == b"ready\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    one.terminate()
    assert one.wait(10) == 0


def test_another_file_is_not_removed_at_the_end(folder):
    one = Probe(folder)
    one.path.unlink()
    one.path.write_text("precious")
    one.stop()
    assert one.path.read_text() == "precious"


def pass_sockets(sockets, *words):
    """As systemd does: descriptors from 3 on, LISTEN_PID the process itself."""
    moves = " ".join(f"{3 + n}<&{s.fileno()}" for n, s in enumerate(sockets))
    script = f'LISTEN_PID=$$ LISTEN_FDS={len(sockets)} exec "$@" {moves}'
    return subprocess.Popen(["bash", "-c", script, "-", PROBE, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=harness.environment(), pass_fds=[s.fileno() for s in sockets])


def test_passed_socket_wins(folder):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(folder / "passed"))
        s.listen()
        one = pass_sockets([s], folder / "own")
        assert one.stdout.readline() == b"ready\n"
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(str(folder / "passed"))
        c.sendall(GET)
        assert reply_of(c)[0] == 200
    one.terminate()
    assert one.wait(10) == 0
    assert (folder / "passed").is_socket() and not (folder / "own").exists()


def test_wrong_sockets_passed(folder):
    with socket.socket(socket.AF_UNIX) as a, socket.socket(socket.AF_INET) as b, socket.socket(socket.AF_UNIX) as c:
        b.bind(("127.0.0.1", 0))
        b.listen()
        c.bind(str(folder / "c"))
        c.listen()
        for sockets, word in (([a], b"not a listening Unix socket"), ([b], b"not a listening Unix socket"),
                              ([c, b], b"passed 2 sockets")):
            one = pass_sockets(sockets, folder / "own")
            assert word in one.communicate(timeout=10)[1] and one.returncode == 69
