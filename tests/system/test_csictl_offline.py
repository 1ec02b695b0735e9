"""csictl against a stand-in for csid: what it sends for which words, and what it makes of any answer."""

import fcntl
import json
import os
import pty
import pwd
import re
import select
import shutil
import socket
import struct
import subprocess
import termios
import threading
import urllib.parse

import pytest

from harness import CSICTL, SANITIZER_SAYS, TOP, commands, environment, run, scratch

ME_ROOT = os.getuid() == 0
PROBLEM = "application/problem+json"


class Request:
    def __init__(self, raw):
        head, self.body = raw.split(b"\r\n\r\n", 1)
        lines = head.decode("ascii").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
        path, _, query = self.target.partition("?")
        self.path, self.query = path, urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))

    @property
    def args(self):
        return dict(self.query)

    def json(self):
        return json.loads(self.body)


def answer(body=b"done\n", status=200, kind="text/plain", headers=()):
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.0 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def problem(status, detail="no", **more):
    return answer(json.dumps({"type": "about:blank", "title": "T", "status": status, "detail": detail, **more}),
                  status, PROBLEM)


class Csid:
    """Answers each connection with the bytes in `says`, whatever is asked. `held`: waits for it first.
    `deaf`: answers and closes without reading the body. `reset`: closes without reading at all."""

    def __init__(self):
        self.folder = scratch()
        self.path = str(self.folder / "s")
        self.says, self.held, self.deaf = answer(), None, False
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self.converse(connection)
                except OSError:
                    pass

    def converse(self, connection):
        connection.settimeout(30)
        raw = bytearray()
        while b"\r\n\r\n" not in raw:
            more = connection.recv(65536)
            if not more:
                return
            raw += more
        found = re.search(rb"Content-Length: (\d+)", raw)
        length = raw.index(b"\r\n\r\n") + 4 + int(found.group(1)) if found else 0
        while not self.deaf and len(raw) < length:
            raw += connection.recv(1 << 20)
        self.requests.append(Request(bytes(raw)))
        if self.held:
            self.held.wait(30)
        connection.sendall(self.says)

    def stop(self):
        if self.thread.is_alive():
            self.listener.shutdown(socket.SHUT_RDWR)
            self.thread.join()
            self.listener.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ctl(self, *words, env=None, stdin=None):
        return run(CSICTL, *words, env={"CSID_SOCKET": self.path, **(env or {})}, stdin=stdin)

    def asked(self, *words, **more):
        """The one request these words make."""
        before = len(self.requests)
        done = self.ctl(*words, **more)
        assert done.returncode == 0, done.stderr
        assert len(self.requests) == before + 1
        return self.requests[-1]


@pytest.fixture
def csid():
    it = Csid()
    yield it
    it.close()


def refused(*words):
    """Words that csictl refuses by itself: exit 2, nothing on stdout; what it said."""
    done = run(CSICTL, "--socket", "/nonexistent/socket", *words)
    assert (done.returncode, done.stdout) == (2, ""), (words, done)
    return done.stderr


# -- what is sent --------------------------------------------------------------------------------

GETS = [
    ([], "/v1/overview", {}),
    (["status"], "/v1/status", {}),
    (["--", "status"], "/v1/status", {}),
    (["plan", "show"], "/v1/plans/-", {}),
    (["plan", "show", "a/b ?#%é"], "/v1/plans/a%2Fb%20%3F%23%25%C3%A9", {}),
    (["report", "position"], "/v1/plans/-/position", {}),
    (["report", "position", "--plan", "x", "--as-at", "2017-08-31"], "/v1/plans/x/position", {"as_at": "2017-08-31"}),
    (["report", "position", "--as-at=-10wd"], "/v1/plans/-/position", {"as_at": "-10wd"}),
    (["report", "position", "--as-at", "-10wd"], "/v1/plans/-/position", {"as_at": "-10wd"}),
    (["action", "show", "bromley-2016:5.12", "--plan=p"], "/v1/actions/bromley-2016%3A5.12", {"plan": "p"}),
    (["action", "show", "--plan=p", "5.12"], "/v1/actions/5.12", {"plan": "p"}),
    (["action", "list", "--overdue", "--due-by", "+2w", "--priority=007"], "/v1/actions",
     {"overdue": "true", "due_by": "+2w", "priority": "007"}),
    (["action", "list", "--text=a=b&c+d é\n\t"], "/v1/actions", {"text": "a=b&c+d é\n\t"}),
    (["action", "list", "--owner="], "/v1/actions", {"owner": ""}),
    (["date", "2018-10-24", "+70wd"], "/v1/date", {"date": "2018-10-24", "offset": "+70wd"}),
    (["date", "26 Sep 2017", "-5clear"], "/v1/date", {"date": "26 Sep 2017", "offset": "-5clear"}),
    (["date", "-10wd"], "/v1/date", {"date": "-10wd"}),
    (["date", "--", "-10wd", "--json"], "/v1/date", {"date": "-10wd", "offset": "--json"}),
    (["schedule", "explain", "30 8 * * 1-5"], "/v1/schedules/explain", {"expr": "30 8 * * 1-5"}),
    (["schedule", "explain", "30", "8", "*", "*", "1-5"], "/v1/schedules/explain", {"expr": "30 8 * * 1-5"}),
    (["schedule", "explain", "-n", "3", "*/5", "--tz=Europe/London", "8", "*", "*", "-3"], "/v1/schedules/explain",
     {"expr": "*/5 8 * * -3", "n": "3", "tz": "Europe/London"}),
    (["schedule", "explain", "@daily", "-n5"], "/v1/schedules/explain", {"expr": "@daily", "n": "5"}),
    (["schedule", "explain", "@daily", "-n=5"], "/v1/schedules/explain", {"expr": "@daily", "n": "5"}),
    (["inspection", "show", ".."], "/v1/inspections/..", {}),
    (["notice", "list", "--state", "in-doubt", "--after", "5"], "/v1/notices", {"state": "in-doubt", "after": "5"}),
    (["--format", "text/markdown", "plan", "list"], "/v1/plans", {"format": "text/markdown"}),
    (["plan", "--json", "list"], "/v1/plans", {}),
]


@pytest.mark.parametrize("words,path,query", GETS, ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_get(csid, words, path, query):
    request = csid.asked(*words)
    assert (request.method, request.version, request.path, request.args) == ("GET", "HTTP/1.0", path, query)
    assert request.body == b"" and "content-length" not in request.headers
    assert "idempotency-key" not in request.headers
    assert request.headers["user-agent"] == "csictl/" + run(CSICTL, "--version").stdout.split()[1]


WRITES = [
    ("POST", ["reload"], "/v1/reload", {}, {}),
    ("POST", ["reload", "--dry-run"], "/v1/reload", {"dry_run": "1"}, {}),
    ("POST", ["action", "add", "5.12", "Say \"so\"\n\\ é", "--priority", "-007", "--yes"], "/v1/actions", {},
     {"ref": "5.12", "title": "Say \"so\"\n\\ é", "priority": -7, "yes": True}),
    ("PATCH", ["action", "update", "5.12", "--note=", "--rating", "red", "--dry-run"], "/v1/actions/5.12",
     {"dry_run": "1"}, {"note": "", "rating": "red"}),
    ("PATCH", ["visit", "update", "3", "--number=999999999999999999"], "/v1/visits/3", {},
     {"number": 999999999999999999}),
    ("POST", ["deadline", "submit", "4", "--on=today", "--evidence=Report=https://x/?a=b"],
     "/v1/deadlines/4/submit", {}, {"on": "today", "evidence": "Report=https://x/?a=b"}),
    ("POST", ["role", "assign", "director", "--name", "--email", "--email=a@b"], "/v1/roles/director/holders", {},
     {"name": "--email", "email": "a@b"}),
    ("POST", ["notice", "retry", "17"], "/v1/notices/17/retry", {}, {}),
    ("POST", ["clock", "advance", "26h"], "/v1/clock/advance", {}, {"duration": "26h"}),
]


@pytest.mark.parametrize("method,words,path,query,body", WRITES, ids=lambda v: " ".join(v) if isinstance(v, list) else None)
def test_write(csid, method, words, path, query, body):
    request = csid.asked(*words)
    assert (request.method, request.path, request.args) == (method, path, query)
    assert request.json() == body and type(request.json().get("priority")) in (int, type(None))
    assert request.headers["content-type"] == "application/json"
    assert int(request.headers["content-length"]) == len(request.body)
    assert ("idempotency-key" in request.headers) == (method == "POST")


def test_each_post_has_a_key_of_its_own(csid):
    keys = {csid.asked("reload").headers["idempotency-key"] for _ in range(4)}
    assert len(keys) == 4 and all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)


@pytest.mark.parametrize("words,accept,query", [
    ([], "text/plain", {}), (["--json"], "application/json", {}), (["--csv"], "text/csv", {}),
    (["--format=html"], "*/*", {"format": "html"}), (["--json", "--csv"], "text/csv", {}),
    (["--format=html", "--json"], "application/json", {}),
])
def test_form(csid, words, accept, query):
    request = csid.asked("status", *words)
    assert (request.headers["accept"], request.args) == (accept, query)


def test_file_is_the_body(csid):
    content = "ref,title\r\n1.1,\"a\nb\0\"\r\n".encode() + bytes(range(256)) * 1000
    path = csid.folder / "plan 2016 é.csv"
    path.write_bytes(content)
    request = csid.asked("plan", "import", path, "--map", "Ref no=ref", "--map=Due=due=x", "--skip-bad", "--dry-run",
                         "--as-at", "2017-08-31")
    assert request.path == "/v1/plans/import" and request.body == content
    assert request.headers["content-type"] == "text/csv" and "idempotency-key" in request.headers
    assert sorted(request.query) == sorted([
        ("map", "Ref no=ref"), ("map", "Due=due=x"), ("skip_bad", "true"), ("dry_run", "1"),
        ("as_at", "2017-08-31"), ("file", "plan 2016 é.csv")])


def test_file_from_standard_input(csid):
    request = csid.asked("plan", "import", "-", stdin=b"ref\n1\n")
    assert request.body == b"ref\n1\n" and request.query == []
    assert csid.asked("plan", "import", "-", stdin=b"").headers["content-length"] == "0"


@pytest.mark.parametrize("path,said", [("/", "is a directory"), ("/nonexistent.csv", "No such file"),
                                       ("{folder}/s", "cannot be read")])
def test_file_that_cannot_be_read(csid, path, said):
    done = csid.ctl("plan", "import", path.format(folder=csid.folder))
    assert done.returncode == 1 and said in done.stderr and not csid.requests


def test_file_of_64_mib_at_most(csid):
    path = csid.folder / "big.csv"
    with open(path, "wb") as f:
        f.truncate((64 << 20) + 1)
    done = csid.ctl("plan", "import", path)
    assert done.returncode == 2 and "64 MiB" in done.stderr and not csid.requests
    os.truncate(path, 64 << 20)
    assert len(csid.asked("plan", "import", path).body) == 64 << 20


def test_answer_before_the_body_is_sent(csid):
    """csid may refuse by the head alone and close: the reason is told, not a broken pipe."""
    csid.deaf, csid.says = True, problem(413, "too large for csid")
    path = csid.folder / "big.csv"
    path.write_bytes(b"x" * (16 << 20))
    done = csid.ctl("plan", "import", path)
    assert done.returncode == 2 and "csictl: too large for csid\n" in done.stderr


def test_socket_by_option_by_environment(csid):
    for words in (["--socket", csid.path, "status"], ["status", f"--socket={csid.path}"]):
        assert run(CSICTL, *words, env={"CSID_SOCKET": "/nonexistent"}).returncode == 0
    assert run(CSICTL, "status", env={"CSID_SOCKET": csid.path}).returncode == 0
    assert len(csid.requests) == 3


# -- what csictl refuses by itself ---------------------------------------------------------------

REFUSED = [
    (["frobnicate"], "there is no command \"frobnicate\"\ntry: csictl help"),
    (["acton", "list"], "did you mean: csictl action list"),
    (["statsu"], "did you mean: csictl status"),
    (["position"], "did you mean: csictl report position"),
    (["action", "lst"], "did you mean: csictl action list"),
    (["action", "frobnicate"], "usage: csictl action COMMAND"),
    (["action"], "action history"),
    (["action", "--json"], "action: which of them?"),
    (["action list"], "there is no command \"action list\"\ndid you mean: csictl action list"),
    (["action", ""], "there is no command"),
    ([""], "there is no command"),
    (["status", "now"], "one word too many: \"now\""),
    (["action", "show"], "action show: missing: REF\nusage: csictl action show REF [--plan=SLUG]"),
    (["action", "add"], "missing: REF, TITLE, --priority=N\n"),
    (["action", "add", "1", "T", "words"], "one word too many: \"words\""),
    (["action", "add", "1", "T", "--priority", "one"], "--priority: \"one\" is no whole number"),
    (["action", "add", "1", "T", "--priority="], "is no whole number"),
    (["action", "add", "1", "T", "--priority=1.5"], "is no whole number"),
    (["action", "add", "1", "T", "--priority=+1"], "is no whole number"),
    (["action", "add", "1", "T", "--priority=1234567890123456789"], "is no whole number"),
    (["schedule", "explain", "@daily", "-nx"], "-n: \"x\" is no whole number"),
    (["schedule", "explain"], "missing: EXPR"),
    (["schedule", "explain", "@daily", "-x"], "there is no option -x"),
    (["schedule", "explain", "@daily", "-n"], "-n needs a value: -n N"),
    (["action", "list", "--over"], "did you mean: --overdue"),
    (["action", "list", "--overdeu"], "did you mean: --overdue"),
    (["action", "list", "--due_by=fri"], "did you mean: --due-by"),
    (["action", "list", "--overdue=yes"], "--overdue takes no value"),
    (["action", "list", "--json=yes"], "--json takes no value"),
    (["action", "list", "--plan"], "--plan needs a value: --plan=SLUG"),
    (["action", "list", "--plan=a", "--plan", "a"], "--plan is given twice"),
    (["action", "list", "--dry-run"], "there is no option --dry-run"),
    (["--plan", "x", "action", "list"], "there is no option --plan before the command"),
    (["--jsno", "status"], "did you mean: --json"),
    (["--socket"], "--socket needs a value"),
    (["status", "--socket="], "--socket: the value is empty"),
    (["action", "show", ""], "REF: the value is empty"),
    (["report", "position", "--plan="], "--plan: the value is empty"),
    (["action", "show", b"5.\xff"], "REF: the value is not UTF-8"),
    (["action", "list", "--text=a\x1b[2J"], "holds control characters"),
    (["action", "list", "--text=a\rb"], "holds control characters"),
    (["action", "list", "--text=a\x7fb"], "holds control characters"),
    (["action", "list", b"--text=\xc2\x85"], "holds control characters"),
    (["action", "list", b"--text=\xed\xa0\x80"], "not UTF-8"),
    (["date"], "missing: DATE"),
    (["status", "-5clear"], "one word too many"),
    (["status", "-"], "one word too many"),
    (["--", "--json"], "there is no command \"--json\""),
    (["help", "frobnicate"], "there is no command"),
    (["help", "acton"], "did you mean: csictl help action"),
]


@pytest.mark.parametrize("words,said", REFUSED, ids=lambda v: repr(v) if isinstance(v, list) else None)
def test_refused(words, said):
    done = subprocess.run([CSICTL, "--socket", "/nonexistent/socket", *words], env=environment(), capture_output=True)
    stderr = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b""), stderr
    assert said in stderr and stderr.startswith("csictl: ") and not SANITIZER_SAYS.search(stderr)


def test_what_was_typed_is_shown_cleaned():
    said = refused("x\x1b]0;title\x07\u009b2J")
    assert "\x1b" not in said and "\u009b" not in said and "\x07" not in said and "�" in said


def test_a_socket_path_longer_than_a_socket_has():
    done = run(CSICTL, "--socket", "/" + "x" * 107, "status")
    assert done.returncode == 2 and "107" in done.stderr


# -- what csid answers ---------------------------------------------------------------------------

EXITS = [(500, 1), (507, 1), (503, 1), (422, 1), (400, 2), (405, 2), (406, 2), (411, 2), (413, 2), (408, 1), (404, 3),
         (403, 4), (409, 5), (410, 3), (412, 5), (418, 2), (501, 1), (599, 1), (300, 1), (304, 1)]


@pytest.mark.parametrize("status,code", EXITS)
def test_exit_status(csid, status, code):
    csid.says = problem(status, "this\nis why", hint="csictl status")
    done = csid.ctl("status")
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == "csictl: this\nis why\ntry: csictl status\n"


def test_every_row_of_errors_def_is_tested():
    rows = re.findall(r"^ERROR\(\w+,\s*(\d+), (\d+),", (TOP / "include/errors.def").read_text(), re.M)
    assert rows and {(int(a), int(b)) for a, b in rows} <= set(EXITS)


@pytest.mark.parametrize("body,said", [
    (r'{"detail": "\u00e9\ud83d\ude00\/\"\\"}', 'é😀/"\\'),
    (r'{"detail": "a\u001b[31mb\u009bc\u0000d\re\u007ff\bg"}', "a�[31mb�c�d�e�f�g"),
    ('{"detail":"a\\r\\nb"}', "a\nb"),
    ('{"title": "T"}', "T"),
    ('{"detail": null, "title": "T"}', "T"),
    ('{"detail": 5, "title": "T"}', "T"),
    ('{"detail": "first", "detail": "second"}', "first"),
    ('{"faults": [{"detail": "inner", "x": [[], {}, 1e5, true, null]}], "detail": "outer"}', "outer"),
    (' {\n"de\\u0074ail" : "escaped name" } \n', "escaped name"),
    ('{"detail": ""}', ""),
])
def test_problem_text(csid, body, said):
    csid.says = answer(body, 422, PROBLEM + "; charset=utf-8")
    done = csid.ctl("status")
    assert (done.returncode, done.stderr) == (1, f"csictl: {said}\n")


UNREADABLE = ["", "{", "[]", '"detail"', '{"detail": "x"', '{"detail": "x"} x', '{"detail": "x",}', '{,}', '{"a" 1}',
              '{"detail": "\\ud83d"}', '{"detail": "\\ud83dx"}', '{"detail": "\\ude00"}', '{"detail": "\\u12"}',
              '{"detail": "\\x"}', '{"detail": "x', '{"detail": "\\', '{"detail": "a\nb"}', b'{"detail": "\xff"}',
              '{"detail": "x", "a": ' + "[" * 100 + "]" * 100 + "}", '{"a": {"b": [1}}, "detail": "x"}', '{"a": @}',
              "{" * 100000, '{"title": 1}', '{"detail": "x"\0}']


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda b: repr(b)[:30])
def test_problem_that_cannot_be_read(csid, body):
    csid.says = answer(body, 404, PROBLEM)
    done = csid.ctl("status")
    assert (done.returncode, done.stderr) == (3, "csictl: csid answered with HTTP status 404 and said no more\n")


def test_error_that_is_no_problem_document(csid):
    csid.says = answer('{"detail": "x"}', 500, "text/html")
    done = csid.ctl("--json", "status")
    assert (done.returncode, done.stdout) == (1, "") and "HTTP status 500" in done.stderr


def test_problem_goes_to_stdout_with_json(csid):
    csid.says = problem(409, "because", extra=[1])
    done = csid.ctl("--json", "status")
    assert done.returncode == 5 and done.stderr == "csictl: because\n" and json.loads(done.stdout)["extra"] == [1]


@pytest.mark.parametrize("words, detail, said", [
    ("visit add --kind peer --from fri", "from: has passed", "--from: has passed"),
    ("visit add --kind peer", "visit: from_on, expected_from_on: wanted", "visit: --from, --expected-from: wanted"),
    ("visit add --kind peer --from fri", "visit: to_on: 5 is before from_on, 6", "visit: --to: 5 is before --from, 6"),
    ("visit add --kind peer --from fri", 'visit: from_on: "a: from_on" of', 'visit: --from: "a: from_on" of'),
    ("visit add --kind peer --from fri", "visit: held_on: from the kind", "visit: held_on: from the kind"),
    ("visit add --kind peer --from fri", "scope of it: to: number", "scope of it: to: number"),
    ("visit add --kind peer --from fri", "visit:1: to: number", "visit:1: to: number"),
    ("meeting add 5 --on fri", "meeting: board: no board 5", "meeting: BOARD: no board 5"),
    ("meeting add 5 --on fri", "meeting: held_on: 5 is before papers_due_on, 6",
     "meeting: --on: 5 is before --papers-due, 6"),
    ("board add A --kind board", "board add: title: is missing", "board add: TITLE: is missing"),
    ("board add A --kind board", "board: chair, kind, x: no", "board: chair, kind, x: no"),
    ("role assign a --name A --email b", "email: no", "--email: no"),
    ("schedule explain * -n 0", "n: wants 1", "-n: wants 1"),
    ("deadline add A --due fri --role b", "ended_on: no", "ended_on: no"),
    ("deadline update 1 --ended-on fri", "ended_on: no", "--ended-on: no"),
    ("status", ": , : ", ": , :"),
])
def test_a_field_is_named_as_it_is_typed(csid, words, detail, said):
    csid.says = problem(400, detail)
    assert csid.ctl(*words.split()).stderr == f"csictl: {said}\n"
    done = csid.ctl("--json", *words.split())
    assert json.loads(done.stdout)["detail"] == detail and done.stderr == f"csictl: {said}\n"


def test_report_on_a_refused_file_goes_to_stdout(csid):
    """interface.md: not on a terminal, exit 1, report on stderr, JSON on stdout."""
    csid.says = problem(422, "line 3: bad", faults=[3])
    done = csid.ctl("plan", "import", "-", stdin="ref\n")
    assert done.returncode == 1 and done.stderr == "csictl: line 3: bad\n" and json.loads(done.stdout)["faults"] == [3]
    csid.says = problem(403, "not you")
    done = csid.ctl("plan", "import", "-", stdin="ref\n")
    assert (done.returncode, done.stdout) == (4, "")


WHOLE = [
    (b"HTTP/1.1 200 OK\r\ncontent-length: 3 \r\n\r\nabc", b"abc"),
    (b"HTTP/1.0 200\r\nContent-Length: 3\r\n\r\nabcdef", b"abc"),
    (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    (b"HTTP/1.0 204 No\r\n\r\n", b""),
    (b"HTTP/1.0 200 OK\r\nX: " + b"y" * 30000 + b"\r\n\r\nlong head", b"long head"),
    (answer(b"\0\xff\x1b[2J\r" + bytes(range(256))), b"\0\xff\x1b[2J\r" + bytes(range(256))),
]


@pytest.mark.parametrize("says,out", WHOLE, ids=range(len(WHOLE)))
def test_answer_goes_out_as_it_is(csid, says, out):
    csid.says = says
    done = subprocess.run([CSICTL, "status", "--socket", csid.path], env=environment(), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, out, b"")


BROKEN = [b"", b"H", b"HTTP/1.0 200 OK", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nabc",
          b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n",
          b"HTTP/2.0 200 OK\r\n\r\n", b"HTTP/1.0 2000 OK\r\n\r\n", b"HTTP/1.0 100 Continue\r\n\r\n",
          b"HTTP/1.0 abc\r\n\r\n", b"HTTP/1.0\r\n\r\n", b"\r\n\r\n", b"HTTP/1.0 700 X\r\n\r\n",
          b"HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: 1x\r\n\r\na",
          b"HTTP/1.0 200 OK\r\nContent-Length:\r\n\r\na",
          b"HTTP/1.0 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\na",
          b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
          b"HTTP/1.0 200 OK\r\nX: " + b"y" * 200000, problem(404)[:-5]]


@pytest.mark.parametrize("says", BROKEN, ids=lambda b: repr(b)[:60])
def test_answer_that_is_cut_off_or_none(csid, says):
    csid.says = says
    done = csid.ctl("status")
    assert done.returncode == 6 and done.stderr.startswith("csictl: ") and done.stderr.count("\n") == 1


def test_cut_off_answer_shows_what_came(csid):
    csid.says = answer(b"x" * 300000)[:-1]
    done = csid.ctl("status")
    assert done.returncode == 6 and done.stdout == "x" * 299999


def test_large_answer_streams(csid):
    csid.says = answer(b"0123456789abcde\n" * (4 << 20))
    with subprocess.Popen([CSICTL, "action", "list", "--socket", csid.path], stdout=subprocess.PIPE,
                          env=environment()) as p:
        size, rss = 0, 0
        while block := p.stdout.read(1 << 20):
            size += len(block)
            status = open(f"/proc/{p.pid}/status").read()
            rss = max(rss, *map(int, re.findall(r"RssAnon:\s+(\d+)", status)), 0)
    assert (p.returncode, size) == (0, 64 << 20)
    assert rss < 40 << 10  # KiB; the whole would be 64 MiB


# -- what stands in the way ----------------------------------------------------------------------

def test_no_csid(csid):
    csid.stop()
    for path in (csid.path, str(csid.folder / "none"), str(csid.folder / "s" / "below"), str(csid.folder), "/etc/passwd"):
        done = run(CSICTL, "--socket", path, "status")
        assert (done.returncode, done.stdout) == (6, "")
        assert f"csid is not reachable at {path}" in done.stderr and "is it running?" in done.stderr


def test_socket_that_is_no_stream(csid):
    path = str(csid.folder / "d")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
        datagram.bind(path)
        assert run(CSICTL, "--socket", path, "status").returncode == 6


def as_nobody(csid, *words):
    program = shutil.copy(CSICTL, csid.folder / "csictl")
    return subprocess.run([program, "--socket", csid.path, *words], env=environment(), capture_output=True, text=True,
                          user=pwd.getpwnam("nobody").pw_uid, group=65534, extra_groups=[], check=False, cwd="/")


@pytest.mark.skipif(not ME_ROOT, reason="only root can become another")
@pytest.mark.parametrize("mode,folder_mode,said", [
    (0o660, 0o755, "only by the group games"),
    (0o600, 0o755, "nor by a group"),
])
def test_socket_that_may_not_be_opened(csid, mode, folder_mode, said):
    os.chmod(csid.folder, folder_mode)
    os.chown(csid.path, 0, 60)  # games
    os.chmod(csid.path, mode)
    done = as_nobody(csid, "status")
    assert (done.returncode, done.stdout) == (4, "") and said in done.stderr and "try: ask an administrator" in done.stderr


@pytest.mark.skipif(not ME_ROOT, reason="only root can become another")
def test_folder_that_may_not_be_entered(csid):
    inner = csid.folder / "run" / "deep"
    inner.mkdir(parents=True)
    os.chmod(csid.folder, 0o755)
    os.chown(csid.folder / "run", 0, 60)
    os.chmod(csid.folder / "run", 0o750)
    csid.path = str(inner / "s")
    done = as_nobody(csid, "status")
    assert done.returncode == 4 and "games" in done.stderr
    os.chmod(csid.folder / "run", 0o700)
    done = as_nobody(csid, "status")
    assert done.returncode == 4 and str(csid.folder / "run") in done.stderr


# -- where it is printed -------------------------------------------------------------------------

def test_reader_that_goes_away(csid):
    csid.says = answer(b"line\n" * 1000000)
    done = run("bash", "-c", f'"$0" --socket "$1" status | head -1; echo "${{PIPESTATUS[0]}}"', CSICTL, csid.path)
    assert (done.stdout, done.stderr) == ("line\n0\n", "")


@pytest.mark.parametrize("words", [["status"], ["help"], ["--version"]])
@pytest.mark.parametrize("where,said", [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_stdout_that_fails(csid, words, where, said):
    done = run("bash", "-c", f'"$0" --socket "$1" {" ".join(words)} {where}', CSICTL, csid.path)
    assert done.returncode == 1 and f"cannot write to standard output: {said}" in done.stderr


def test_standard_descriptors_closed(csid):
    done = run("bash", "-c", '"$0" --socket "$1" status <&- >&- 2>&-', CSICTL, csid.path)
    assert done.returncode == 1
    assert csid.requests[0].path == "/v1/status"


def in_terminal(words, columns=80, env=None, stderr_too=False, meanwhile=None):
    """Runs csictl with a terminal on stdout; (exit status, what the terminal got, stderr)."""
    main, side = pty.openpty()
    attributes = termios.tcgetattr(side)
    attributes[1] &= ~termios.OPOST  # or \n becomes \r\n
    termios.tcsetattr(side, termios.TCSANOW, attributes)
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
    p = subprocess.Popen([CSICTL, *words], stdin=subprocess.DEVNULL, stdout=side,
                         stderr=side if stderr_too else subprocess.PIPE, env=environment({"TERM": "xterm", **(env or {})}))
    os.close(side)
    got = b""
    while select.select([main], [], [], 30)[0]:
        try:
            block = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not block:
            break
        got += block
        if meanwhile:
            meanwhile(got)
    said = b"" if stderr_too else p.stderr.read()
    os.close(main)
    return p.wait(30), got, said.decode()


@pytest.mark.parametrize("columns,env,words,query", [
    (80, {}, [], {"width": "80", "color": "1"}),
    (200, {}, [], {"width": "200", "color": "1"}),
    (5, {}, [], {"width": "20", "color": "1"}),
    (0, {}, [], {"width": "80", "color": "1"}),
    (0, {"COLUMNS": "44"}, [], {"width": "44", "color": "1"}),
    (0, {"COLUMNS": "x"}, [], {"width": "80", "color": "1"}),
    (60, {"NO_COLOR": "1"}, [], {"width": "60"}),
    (60, {"NO_COLOR": ""}, [], {"width": "60", "color": "1"}),
    (60, {"TERM": "dumb"}, [], {"width": "60"}),
    (60, {}, ["--no-color"], {"width": "60"}),
    (60, {}, ["--json"], {}),
    (60, {}, ["--csv"], {}),
    (60, {}, ["--format=x"], {"format": "x"}),
])
def test_width_and_colour(csid, columns, env, words, query):
    code, got, _ = in_terminal(["--socket", csid.path, "status", *words], columns, env)
    assert (code, got) == (0, b"done\n") and csid.requests[-1].args == query


CONTROLS = [
    (b"plain \xc3\xa9 \xf0\x9f\x98\x80\ttab\n", b"plain \xc3\xa9 \xf0\x9f\x98\x80\ttab\n"),
    (b"\x1b[31mred\x1b[0m \x1b[38;5;1;4:3mx\x1b[m", b"\x1b[31mred\x1b[0m \x1b[38;5;1;4:3mx\x1b[m"),
    (b"a,b\r\nc\r\n", b"a,b\r\nc\r\n"),
    (b"a\r\r\nb\n\r", "a�\r\nb\n�".encode()),
    (b"\x1b[2J", "�[2J".encode()),
    (b"\x1b]0;t\x07", "�]0;t�".encode()),
    (b"\x1b", "�".encode()),
    (b"\x1b[31", "�[31".encode()),
    (b"\x1b[?25lm", "�[?25lm".encode()),
    (b"\x1b\x1b[1m", "�\x1b[1m".encode()),
    (b"\x1b[" + b"1;" * 100 + b"m", ("�[" + "1;" * 100 + "m").encode()),
    (b"a\rb\0c\x7fd\x08", "a�b�c�d�".encode()),
    (b"\xc2\x9b2J \xc2\x85 \xc2\xa0", "�2J � \u00a0".encode()),
    (b"\x9b2J\xff\xc3", "�2J��".encode()),
    (b"\xed\xa0\x80\xf0\x9f\x98", "������".encode()),
    (b"\xe2\x82x", "��x".encode()),
]


@pytest.mark.parametrize("body,shown", CONTROLS, ids=lambda b: repr(b)[:40])
@pytest.mark.parametrize("padding", [0, 65536 - 7, 65536 - 1])
def test_controls_never_reach_a_terminal(csid, body, shown, padding):
    """Wherever the pieces of the answer happen to be cut."""
    csid.says = answer(b"." * padding + body)
    code, got, _ = in_terminal(["--socket", csid.path, "status"])
    assert code == 0 and got[padding:] == shown


def test_every_cut_of_a_sequence(csid):
    whole = b"x\x1b[31mred\x1b[0m\xf0\x9f\x98\x80\x1b[2J"
    for at in range(len(whole) + 1):
        pieces = [b"HTTP/1.0 200 OK\r\n\r\n" + whole[:at], whole[at:]]
        gate = threading.Event()

        def converse(connection, pieces=pieces, gate=gate):
            connection.recv(65536)
            connection.sendall(pieces[0])
            gate.wait(5)
            connection.sendall(pieces[1])

        csid.converse = converse
        shown = whole[:whole.index(b"\x1b[2J")] + "�[2J".encode()

        def meanwhile(got, gate=gate):
            gate.set()

        if at == 0:
            gate.set()
        threading.Timer(0.05, gate.set).start()
        code, got, _ = in_terminal(["--socket", csid.path, "status"], meanwhile=meanwhile)
        assert (code, got) == (0, shown), at


def test_a_problem_on_a_terminal_is_cleaned(csid):
    csid.says = problem(500, "a\x1b[31mb\x07", hint="c\x1b]0;x\x07")
    code, got, _ = in_terminal(["--socket", csid.path, "status"], stderr_too=True)
    assert code == 1 and b"\x1b" not in got and b"\x07" not in got


def test_waiting_is_told_and_taken_back(csid):
    csid.held = threading.Event()

    def meanwhile(got):
        if "csictl: waiting for csid …".encode() in got:
            csid.held.set()

    code, got, _ = in_terminal(["--socket", csid.path, "status"], stderr_too=True, meanwhile=meanwhile)
    assert (code, got) == (0, "csictl: waiting for csid …\r\x1b[Kdone\n".encode())


def test_waiting_is_not_told_to_a_file(csid):
    csid.held = threading.Event()
    threading.Timer(1.3, csid.held.set).start()
    done = csid.ctl("status")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


# -- help and completion -------------------------------------------------------------------------

def table():
    """(words, method, flags, arguments, summary) of commands.def, read another way than csictl does."""
    return [(c.words, c.method, c.flags, c.arguments, c.summary) for c in commands.table()]


def test_help_names_every_command():
    said = run(CSICTL, "help").stdout
    flat = " ".join(said.split())
    assert len(table()) > 40
    for words, _, _, _, summary in table():
        assert f"{words} {summary}" in flat or not words
    assert run(CSICTL, "--help").stdout == said == run(CSICTL, "-h").stdout


@pytest.mark.parametrize("words,method,flags,arguments,summary", [row for row in table() if row[0]], ids=lambda v: v[:20])
def test_help_on_a_command(words, method, flags, arguments, summary):
    said = run(CSICTL, "help", *words.split())
    flat = " ".join(said.stdout.split())
    dry = " [--dry-run]" if method != "GET" and flags != "LOCAL" else ""
    assert said.returncode == 0
    assert flat.startswith(f"usage: csictl {words} {arguments}{dry} {summary}".replace("  ", " "))
    assert run(CSICTL, *words.split(), "--help").stdout == said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 80 and " \n" not in said.stdout


ACTION_COMMANDS = ["list", "show", "history", "add", "update", "complete", "approve", "verify", "embed", "reopen", "extend"]


def test_help_on_a_group():
    said = run(CSICTL, "help", "action").stdout
    assert re.findall(r"^  action (\w+)", said, re.M) == ACTION_COMMANDS
    assert run(CSICTL, "action", "--help").stdout == said


@pytest.mark.parametrize("columns", [20, 60, 80, 300])
def test_help_fits_the_terminal(columns):
    for words in ["help"], ["help", "action", "list"], ["help", "plan", "import"]:
        code, got, _ = in_terminal(words, columns)
        widest = max(len(line) for line in got.decode().split("\n"))
        assert code == 0 and (widest <= columns or columns == 20)


@pytest.mark.parametrize("words,candidates", [
    (["rep"], ["report"]),
    (["act"], ["action"]),
    (["action", ""], ACTION_COMMANDS),
    (["action", "h"], ["history"]),
    (["--json", "action", "h"], ["history"]),
    (["--socket", "action", "sta"], ["status"]),
    (["action", "list", "--ov"], ["--overdue"]),
    (["action", "list", "--pl"], ["--plan="]),
    (["action", "list", "--plan", ""], []),
    (["action", "list", "--plan", "x", "--ov"], ["--overdue"]),
    (["reload", "--dr"], ["--dry-run"]),
    (["status", "--dr"], []),
    (["plan", "import", ""], []),
    (["help", "act"], ["action"]),
    (["help", "action", "l"], ["list"]),
    (["--js"], ["--json"]),
    (["nonsense", "x"], []),
])
def test_completion(words, candidates):
    done = run(CSICTL, "--complete", *words)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, candidates, "")


def test_completion_of_the_first_word():
    first = run(CSICTL, "--complete", "").stdout.split()
    assert first == list(dict.fromkeys(words.split()[0] for words, *_ in table() if words))
    assert run(CSICTL, "--complete").stdout.split() == first


@pytest.mark.parametrize("line,reply", [("csictl action h", "history"), ("csictl rep", "report"),
                                        ("csictl action list --plan=a --ov", "--overdue")])
def test_completion_in_bash(line, reply):
    script = ('PATH="$2:$PATH"; . "$0"; COMP_LINE=$1; COMP_POINT=${#1}; compopt() { :; }; _csictl; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = run("bash", "-c", script, TOP / "etc/csictl.bash", line, CSICTL.parent)
    assert (done.stdout, done.stderr) == (reply + "\n", "")


def test_libc_alone():
    """Nothing is loaded but libc (and what the compiler's sanitizers bring)."""
    done = run("readelf", "-d", CSICTL)
    needed = set(re.findall(r"NEEDED.*\[(.*?)\]", done.stdout))
    assert {n for n in needed if not re.match(r"lib(c|m|gcc_s|resolv|dl|rt|pthread|asan|ubsan)\.so|ld-linux", n)} == set()
