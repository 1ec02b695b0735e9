"""csid as a service: options and exit codes, --check, signals, reload, the socket's place, what systemd and
the log are told."""

import contextlib
import grp
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

import harness

ROOT = os.getuid() == 0
USAGE, UNAVAILABLE, OSERR, IOERR, CONFIG = 64, 69, 71, 74, 78
LOG_LINE = re.compile(r"<[346]>[^\x00-\x1f\x7f-\x9f]+")

CHAIR = ("role", "assign", "improvement-board-chair", "--name", "Isabel Moore", "--email", "chair@board.example")
REPORT = ("deadline", "add", "Chair's report", "--due", "2017-10-01", "--every", "3m",
          "--role", "improvement-board-chair", "--to", "Secretary of State")
OWED = "2017-09-01T08:00:00Z"  # past the morning's check, which finds T-28 of that report


def owe_report(csid):
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)


def in_background(csid, *words):
    """csictl in a thread of its own; the list gets its CompletedProcess."""
    done = []
    thread = threading.Thread(target=lambda: done.append(csid.ctl(*words, check=False)), daemon=True)
    thread.start()
    return thread, done


# -- options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("args, status, stdout, stderr", [
    (["--version"], 0, r"csid \d+\.\d+\.\d+\n", ""),
    (["--help"], 0, r"usage: csid .*--check.*--print-config.*--test-clock.*--version.*", ""),
    (["-h"], 0, r"usage: csid .*", ""),
    (["--no-such"], USAGE, "", r".*--no-such.*csid --help\n"),
    (["-x"], USAGE, "", r".*csid --help\n"),
    (["start"], USAGE, "", r'.*"start".*csid --help\n'),
    (["-c"], USAGE, "", r".*csid --help\n"),
    (["--test-clock"], USAGE, "", r".*csid --help\n"),
    (["--test-clock", "yesterday"], USAGE, "", r'.*"yesterday" is no time.*'),
    (["--test-clock", "2017-02-30T06:00:00Z"], USAGE, "", r'.*is no time.*'),
    (["-c", "/no/such/csid.yaml"], CONFIG, "", r"<3>/no/such/csid\.yaml:1:1: .*No such file.*\n"),
    (["--check", "-c", "/no/such/csid.yaml"], CONFIG, "", r"/no/such/csid\.yaml:1:1: .*No such file.*\n"),
    (["--check", "-c", "/"], CONFIG, "", r"/:1:1: .*directory.*\n"),
    (["--check", "-c", "/dev/null"], CONFIG, "",
     r"/dev/null:1:1: organisation: is missing.*\n/dev/null:1:1: mail\.from: is missing.*\n"),
])
def test_options(args, status, stdout, stderr):
    done = harness.run_csid(*args)
    assert done.returncode == status, done
    assert re.fullmatch(stdout, done.stdout, re.S), done.stdout
    assert re.fullmatch(stderr, done.stderr, re.S), done.stderr


def test_print_config_is_the_file():
    done = harness.run_csid("--print-config")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (harness.TOP / "etc" / "csid.yaml").read_text()


@pytest.mark.parametrize("arg", ["--version", "--help", "--print-config"])
def test_output_that_cannot_be_written(arg):
    with open("/dev/full", "w") as full:
        done = subprocess.run([harness.CSID, arg], stdout=full, stderr=subprocess.PIPE, timeout=10, check=False,
                              env=harness.environment())
    assert done.returncode == IOERR, done


# -- --check -----------------------------------------------------------------------------------------


def test_check_of_a_faultless_file(new_csid):
    csid = new_csid(start=False, clock=None)
    done = csid.to_its_end("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not csid.database.exists() and not csid.socket.exists() and not csid.maildir.exists()


# each entry: the text of the faulty value (or key), its key as it is told, a word of the reason
FAULTY = """\
organisation: ""
timezone: Europe/Lodnon
sokcet: /run/csid.sock
socket_mode: 0999
access:
  admin: root
  officer: ["csi officers"]
mail:
  url: http://relay.example
  from: nobody
  password_file: smtp/password
schedules:
  - {name: overdue, check: no-such-check, cron: "30 8 * * 1-5"}
  - {name: visits, check: visits-ahead, cron: "30 25 * * *"}
  - {name: never, check: deadlines, cron: "0 8 30 2 *"}
  - {name: reboot, check: deadlines, cron: "@reboot"}
"""
FAULTS = [
    ('""', "organisation", "empty"), ("Europe/Lodnon", "timezone", "Lodnon"),
    ("sokcet", "sokcet", "did you mean socket"), ("0999", "socket_mode", "octal"),
    ("root", "access.admin", "list"), ('"csi officers"', "access.officer", "user"),
    ("http://relay", "mail.url", "smtp"), ("nobody", "mail.from", "no @"),
    ("smtp/password", "mail.password_file", "CREDENTIALS_DIRECTORY"),
    ("no-such-check", "schedules[1].check", "no check"), ('"30 25', "schedules[2].cron", "25"),
    ('"0 8 30 2', "schedules[3].cron", "never fire"), ('"@reboot"', "schedules[4].cron", "@reboot"),
]


def place_of(text, what):
    """Line and column of the first place where `what` stands, both from 1."""
    before = text[:text.index(what)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_check_tells_every_fault_with_its_place(folder):
    file = folder / "csid.yaml"
    file.write_text(FAULTY)
    done = harness.run_csid("-c", file, "--check")
    assert (done.returncode, done.stdout) == (CONFIG, "")
    said = done.stderr.splitlines()
    for what, key, reason in FAULTS:
        line, column = place_of(FAULTY, what)
        place = f"{file}:{line}:{column}: {key}: "
        assert [s for s in said if s.startswith(place) and reason in s], (place, reason, done.stderr)
    assert len(said) == len(FAULTS), done.stderr
    assert harness.run_csid("-c", file).returncode == CONFIG


HOSTILE = {
    "bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi")),
    "deep": "[" * 5000 + "]" * 5000,
    "deep-mapping": "".join(" " * i + "a:\n" for i in range(5000)),
    "open": "mail: {url: [",
    "latin-1": b"organisation: Caf\xe9\n",
    "nul": b"organisation: a\0b\n",
    "binary": bytes(range(256)) * 16,
    "huge": "# " + "x" * (1 << 21),
    "keys": "".join(f"k{i}: 1\n" for i in range(5000)),
    "escape": 'organisation: "a\\e[31mb"\n',
    "tabs": "organisation:\tX\n\tmail: x\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_check_of_hostile_files(folder, name):
    file, text = folder / "csid.yaml", HOSTILE[name]
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    begun = time.monotonic()
    done = harness.run_csid("-c", file, "--check", timeout=20)
    assert time.monotonic() - begun < 5
    assert done.returncode == CONFIG
    said = done.stderr.splitlines()
    assert 1 <= len(said) <= 1001
    for line in said:
        assert re.fullmatch(rf"{re.escape(str(file))}:\d+:\d+: [^\x00-\x1f\x7f]+", line), line


def test_check_tells_what_is_wrong_with_the_database(new_csid):
    csid = new_csid(start=False, clock=None)
    csid.database.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    line, column = place_of(csid.config_file.read_text(), f'"{csid.database}"')
    for args, before in ((("--check",), f"{csid.config_file}:{line}:{column}: database: "), ((), "<3>")):
        done = csid.to_its_end(*args)
        assert (done.returncode, done.stdout) == (CONFIG, "")
        assert done.stderr.startswith(before), done.stderr
        assert str(csid.database) in done.stderr and "not a database" in done.stderr


def test_check_while_csid_runs(csid):
    owe_report(csid)
    done = harness.run_csid("-c", csid.config_file, "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_warnings_are_no_faults(new_csid):
    csid = new_csid(start=False, config={"access": {"officer": ["@no-such-group"], "viewer": ["no-such-user"]}})
    done = csid.to_its_end("--check")
    assert done.returncode == 0
    said = done.stderr.splitlines()
    assert len(said) == 2 and "no-such-group" in said[0] and "no-such-user" in said[1], done.stderr
    csid.start()
    assert len(re.findall(r"^<4>.*no-such-(?:user|group)", csid.stderr, re.M)) == 2, csid.stderr


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_descriptors(new_csid, closed):
    """A log line must never land in what was opened in the place of standard error: the database."""
    csid = new_csid(start=False)
    words = " ".join(f"{fd}>&-" for fd in closed)
    notify = csid.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(notify))
        told.settimeout(20)
        process = subprocess.Popen(["bash", "-c", f'exec "$@" {words}', "bash", *csid.command_line()],
                                   env=harness.environment({"NOTIFY_SOCKET": str(notify)}))
        try:
            while b"READY=1" not in told.recv(4096):
                pass
            owe_report(csid)
            csid.advance(OWED)
            assert os.readlink(f"/proc/{process.pid}/fd/2") in ("/dev/null", os.readlink("/proc/self/fd/2"))
        finally:
            process.terminate()
        assert process.wait(5) == 0
    csid.start(OWED)
    assert len(csid.mails()) == 1 and csid.ctl("journal", "verify", json=True)["intact"] is True


# -- a second csid -----------------------------------------------------------------------------------


def test_second_csid_on_the_same_socket(csid):
    done = harness.run_csid("-c", csid.config_file)
    assert done.returncode == UNAVAILABLE
    assert f"csid is already running, pid {csid.pid}" in done.stderr
    assert csid.get("/healthz").status == 200


def test_second_csid_on_the_same_database(csid, new_csid):
    other = new_csid(start=False, config={"socket": str(csid.folder / "other.sock"),
                                          "database": str(csid.database)})
    done = other.to_its_end()
    assert done.returncode == UNAVAILABLE
    assert str(csid.database) in done.stderr and "in use by another csid" in done.stderr
    assert not (csid.folder / "other.sock").exists()
    owe_report(csid)


def test_of_many_started_at_once_one_stays(new_csid):
    csid = new_csid(start=False)
    many = [subprocess.Popen(csid.command_line(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                             env=harness.environment()) for _ in range(8)]
    try:
        deadline = time.monotonic() + 20
        while len(up := [one for one in many if one.poll() is None]) > 1:
            assert time.monotonic() < deadline
        while True:
            with contextlib.suppress(OSError):
                assert csid.get("/healthz").status == 200
                break
            assert time.monotonic() < deadline
        for one in many:
            if one is not up[0]:
                assert one.returncode == UNAVAILABLE, one.stderr.read()
                assert "csid is already running, pid" in one.stderr.read()
    finally:
        for one in many:
            one.terminate()
    assert up[0].wait(5) == 0


# -- the socket's place ------------------------------------------------------------------------------


def bound_socket(path, listening):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    if listening:
        sock.listen()
    return sock


def test_stale_socket_is_replaced(new_csid):
    csid = new_csid(start=False)
    bound_socket(csid.socket, listening=False).close()
    csid.start()
    assert csid.get("/healthz").status == 200


def test_socket_after_sigkill_is_stale(csid):
    csid.kill()
    assert csid.socket.exists()
    csid.start()
    assert csid.get("/healthz").status == 200
    csid.stop()
    assert not csid.socket.exists()


def test_live_socket_is_refused(new_csid):
    csid = new_csid(start=False)
    with bound_socket(csid.socket, listening=True):
        done = csid.to_its_end()
        assert done.returncode == UNAVAILABLE
        assert f"already running, pid {os.getpid()}" in done.stderr
        assert csid.socket.exists()


@pytest.mark.parametrize("kind", ["file", "directory", "link", "dangling"])
def test_what_is_no_socket_is_left_alone(new_csid, kind):
    csid = new_csid(start=False)
    other = csid.folder / "precious"
    {"file": lambda: csid.socket.write_text("precious"),
     "directory": csid.socket.mkdir,
     "link": lambda: (other.write_text("precious"), csid.socket.symlink_to(other)),
     "dangling": lambda: csid.socket.symlink_to(other)}[kind]()
    before = os.lstat(csid.socket)
    done = csid.to_its_end()
    assert done.returncode == UNAVAILABLE
    assert f"{csid.socket} is there and is not a socket" in done.stderr
    assert os.lstat(csid.socket) == before and not csid.database.exists()


def test_folder_of_the_socket_is_missing(new_csid):
    csid = new_csid(start=False, config={"socket": "/tmp/no/such/folder/csid.sock"})
    done = csid.to_its_end()
    assert done.returncode == OSERR and "/tmp/no/such/folder" in done.stderr


def test_socket_of_another_is_not_removed_at_the_end(csid):
    csid.socket.unlink()
    with bound_socket(csid.socket, listening=True):
        csid.stop()
        assert csid.socket.exists()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666, 0o777])
def test_socket_mode(new_csid, mode):
    csid = new_csid(config={"socket_mode": f"{mode:04o}"})
    assert stat.S_IMODE(csid.socket.stat().st_mode) == mode


def test_files_of_csid_are_its_own(csid):
    owe_report(csid)
    csid.advance(OWED)
    for path in (csid.database, csid.maildir, *csid.maildir.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.skipif(not ROOT, reason="giving a file to any group takes root")
def test_socket_group(new_csid):
    group = grp.getgrall()[-1]
    csid = new_csid(config={"socket_group": group.gr_name})
    assert csid.socket.stat().st_gid == group.gr_gid


def test_socket_group_that_is_not_there(new_csid):
    csid = new_csid(start=False, config={"socket_group": "no-such-group"})
    assert "no-such-group" in csid.to_its_end("--check").stderr
    done = csid.to_its_end()
    assert done.returncode == CONFIG and "no-such-group" in done.stderr
    assert not csid.socket.exists()


def test_socket_from_systemd(new_csid, folder):
    csid = new_csid(start=False, config={"socket": "/tmp/no/such/folder/csid.sock"})
    passed = folder / "passed.sock"
    with open(csid.stderr_file, "ab") as log:
        process = subprocess.Popen(["systemd-socket-activate", "-l", passed, *csid.command_line()],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE,
                                   env=harness.environment())
    assert b"Listening on" in process.stderr.readline()
    csid.socket = passed
    assert csid.get("/healthz").status == 200
    assert csid.get("/v1/status").json()["socket"] == str(passed)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0, process.stderr.read()
    assert passed.exists()  # it is systemd's


# -- signals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_in_order(csid, number):
    owe_report(csid)
    silent = csid.connect()
    csid.process.send_signal(number)
    csid.wait_notified("STOPPING=1")
    assert csid.ended() == 0
    assert not csid.socket.exists()
    assert f"stopping on {number.name}" in csid.stderr
    silent.close()


def held_send(new_csid, mail_server):
    """A csid whose mail server holds a send after its content, and the clock advance that waits for it."""
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    owe_report(csid)
    mail_server.script.stall("DOT")
    advance = in_background(csid, "clock", "advance", "--to", OWED)
    mail_server.wait_step("DOT")
    return csid, advance


def test_ends_while_a_mail_server_holds_a_send(new_csid, mail_server):
    csid, (thread, done) = held_send(new_csid, mail_server)
    csid.process.send_signal(signal.SIGTERM)
    csid.wait_notified("STOPPING=1")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # nobody is to have to ask twice
        csid.process.send_signal(number)
    assert csid.ended() == 0
    thread.join(5)
    assert done[0].returncode == 1 and "stopping" in done[0].stderr
    assert mail_server.received == []
    mail_server.script.release()
    csid.start(OWED)
    csid.advance("1m")
    # whether the first came through was not known; what went again is the same to the byte
    assert len({m.raw for m in mail_server.received}) == 1
    assert [n["state"] for n in csid.ctl("notice", "list", "--to", "chair@board.example", json=True)["items"]] \
        == ["accepted"]


def test_ends_during_a_long_advance(csid):
    owe_report(csid)
    thread, done = in_background(csid, "clock", "advance", "200000h")
    mails = csid.maildir / "new"
    deadline = time.monotonic() + 10
    while not (mails.exists() and len(os.listdir(mails)) > 20):
        assert time.monotonic() < deadline
        csid.get("/v1/clock")
    begun = time.monotonic()
    csid.stop()
    assert time.monotonic() - begun < 5
    thread.join(5)
    assert done[0].returncode == 1 and "stopping" in done[0].stderr, done
    csid.start("2041-01-01T00:00:00Z")
    assert csid.ctl("journal", "verify", json=True)["intact"] is True
    subjects = [(m["To"], m["Date"], m["Subject"]) for m in csid.mails()]
    assert len(subjects) == len(set(subjects))


def test_ends_while_an_import_waits(csid):
    """A worker that another program's lock holds up: csid gives it up rather than end late."""
    lock = sqlite3.connect(csid.database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    thread, done = in_background(csid, "plan", "import", harness.BROMLEY_2016)
    with csid.connect() as probe:  # answered after the import was read, so that it is under way
        probe.sendall(b"GET /v1/clock HTTP/1.1\r\nHost: csid\r\n\r\n")
        assert probe.recv(100).startswith(b"HTTP/1.1 200")
    begun = time.monotonic()
    csid.stop()
    assert time.monotonic() - begun < 5
    lock.close()
    thread.join(5)
    assert done[0].returncode in (1, 6), done
    csid.start()
    assert csid.ctl("plan", "list", json=True)["items"] == []


def test_ends_while_an_import_runs(csid):
    rows = "".join(f"5.{i},5,A thing to be done {i},Head of Service,2017-12-31,amber\n" for i in range(8000))
    sheet = csid.folder / "large.csv"
    sheet.write_text("ref,priority,action,owner,due,rating\n" + rows)
    thread, done = in_background(csid, "plan", "import", sheet, "--plan", "large")
    while not re.search(r"csid\.db-wal", "".join(os.listdir(csid.folder))) or csid.database.with_name(
            "csid.db-wal").stat().st_size < 1 << 20:
        assert thread.is_alive(), done
        csid.get("/v1/clock")
    begun = time.monotonic()
    csid.stop()
    assert time.monotonic() - begun < 5
    thread.join(5)
    csid.start()
    plans = csid.ctl("plan", "list", json=True)["items"]
    assert len(plans) == (1 if done[0].returncode == 0 else 0), (plans, done)
    assert csid.ctl("journal", "verify", json=True)["intact"] is True


@contextlib.contextmanager
def waiting_import(csid):
    """An import that another program's lock holds up within its worker: its thread and what came of it. The lock
    is given back at the end."""
    with contextlib.closing(sqlite3.connect(csid.database, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        importing = in_background(csid, "plan", "import", harness.BROMLEY_2016)
        begin_requests(csid)
        yield importing


def begin_requests(csid):
    """What was sent before is read: an answer on another connection comes only afterwards. csictl has to start
    first, which its connection shows."""
    deadline = time.monotonic() + 10
    while not re.search(rf"^\S+: 0000000[23] .* 03 +\d+ {re.escape(str(csid.socket))}$",
                        Path("/proc/net/unix").read_text(), re.M):
        assert time.monotonic() < deadline
    for _ in range(20):
        csid.get("/v1/clock")


def test_requests_behind_an_import_are_answered_at_the_end(csid):
    with waiting_import(csid) as (importing, imported):
        queued = [in_background(csid, "role", "add", f"role-{n}", "--title", "A role") for n in range(3)]
        begin_requests(csid)
        begun = time.monotonic()
        csid.stop()
        assert time.monotonic() - begun < 5
        importing.join(5)
        for thread, done in queued:
            thread.join(5)
            assert done[0].returncode in (1, 6), done
    csid.start()
    assert [r for r in csid.ctl("role", "list", json=True)["items"] if r["slug"].startswith("role-")] == []


def test_reload_waits_for_an_import(csid):
    csid.write_config({"organisation": "Elsewhere"})
    with waiting_import(csid) as (importing, imported):
        csid.forget_notified()
        csid.process.send_signal(signal.SIGHUP)
        begin_requests(csid)
        assert csid.get("/v1/status").json()["organisation"] == "London Borough of Bromley"
        reloading, reloaded = in_background(csid, "reload")
        assert importing.is_alive()
    importing.join(10)
    reloading.join(10)
    assert imported[0].returncode == reloaded[0].returncode == 0, (imported, reloaded)
    assert csid.get("/v1/status").json()["organisation"] == "Elsewhere"


def test_client_that_leaves_during_an_import(csid):
    with waiting_import(csid):
        with csid.connect() as sock:
            sock.sendall(b"POST /v1/roles HTTP/1.1\r\nHost: csid\r\nContent-Length: 31\r\n\r\n"
                         b'{"slug": "left", "title": "A"}\n')
            begin_requests(csid)
    # the one that left was in line; whatever became of it, csid goes on, and the import with it
    deadline = time.monotonic() + 20
    while not csid.ctl("plan", "list", json=True)["items"]:
        assert time.monotonic() < deadline
    csid.ctl("role", "add", "another", "--title", "A role")


def test_client_that_leaves_during_an_advance(mail_server, new_csid):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    owe_report(csid)
    mail_server.script.stall("DOT")
    body = json.dumps({"to": OWED}).encode()
    with csid.connect() as sock:
        sock.sendall(b"POST /v1/clock/advance HTTP/1.1\r\nHost: csid\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        mail_server.wait_step("DOT")
    second = csid.ctl("clock", "advance", "1h", check=False)
    assert second.returncode == 5 and "on its way" in second.stderr, second
    assert csid.ctl("clock", "set", "2017-09-02T00:00:00Z", check=False).returncode == 5
    mail_server.script.release()
    deadline = time.monotonic() + 10
    while csid.ctl("clock", "advance", "1m", check=False).returncode != 0:
        assert time.monotonic() < deadline
    assert len(mail_server.received) == 1


# -- reading the configuration again -----------------------------------------------------------------

NIGHTLY = {"schedules": [{"name": "nightly", "check": "deadlines", "cron": "15 3 * * *"}]}


def schedules(csid):
    return [(s["name"], s["next"]) for s in csid.get("/v1/status").json()["schedules"]]


def reload_by_signal(csid):
    csid.hang_up()
    assert "RELOADING=1" in csid.notified
    assert [n for n in csid.notified if n.startswith("MONOTONIC_USEC=")]


@pytest.mark.parametrize("again", [reload_by_signal, lambda csid: csid.ctl("reload")], ids=["SIGHUP", "reload"])
def test_reload_takes_effect(csid, again):
    csid.write_config({**NIGHTLY, "organisation": "Elsewhere"})
    again(csid)
    assert schedules(csid) == [("nightly", "2017-09-02T02:15:00Z")]
    status = csid.get("/v1/status").json()
    assert status["organisation"] == "Elsewhere"
    assert [w["text"] for w in status["warnings"] if "statutory" in w["text"]] == [
        f"no schedule runs the statutory check {check}" for check in ("committee-publication", "vacancies")]
    assert "read again" in csid.stderr


@pytest.mark.parametrize("fault", [
    'schedules:\n  - {name: nightly, check: deadlines, cron: "15 25 * * *"}\norganisation: Elsewhere\n',
    "organisation: Elsewhere\nno_such_key: 1\n",
    "organisation: [\n",
], ids=["cron", "key", "yaml"])
def test_faulty_reload_changes_nothing(csid, fault):
    before, notified = csid.get("/v1/status").json(), []
    csid.write_config(fault)
    told = [line for line in csid.to_its_end("--check").stderr.splitlines() if not line.startswith("warning")]
    done = csid.ctl("reload", check=False)
    assert done.returncode == 1 and done.stdout == ""
    for line in told:
        assert line in done.stderr, done.stderr
    reload_by_signal(csid)
    for line in told:
        assert line in csid.stderr
    assert any(n.startswith("STATUS=") and "faulty" in n for n in csid.notified), notified
    after = csid.get("/v1/status").json()
    assert (after["organisation"], after["schedules"]) == (before["organisation"], before["schedules"])
    csid.write_config(NIGHTLY)
    csid.ctl("reload")
    assert schedules(csid)[0][0] == "nightly"


def test_reload_of_a_file_that_is_gone(csid):
    csid.config_file.unlink()
    done = csid.ctl("reload", check=False)
    assert done.returncode == 1 and f"{csid.config_file}:1:1: " in done.stderr
    assert csid.get("/healthz").status == 200


def test_reload_takes_the_relay(csid, mail_server):
    owe_report(csid)
    csid.write_config({"mail": {"url": mail_server.url}})
    csid.ctl("reload")
    assert "Maildir" not in csid.ctl("status").stdout
    csid.advance(OWED)
    assert [m.recipients for m in mail_server.received] == [["chair@board.example"]]
    assert not csid.maildir.exists()


def test_reload_takes_roles_away(csid):
    csid.write_config({"access": {"admin": ["nobody"], "viewer": [harness.me()]}})
    csid.ctl("reload")
    assert csid.ctl("reload", check=False).returncode == 4
    assert csid.ctl(*CHAIR, check=False).returncode == 4
    assert csid.ctl("status").returncode == 0
    csid.write_config()
    reload_by_signal(csid)
    csid.ctl(*CHAIR)


def test_reload_says_what_waits_for_the_next_start(csid):
    csid.write_config({"database": str(csid.folder / "other.db"), "socket": str(csid.folder / "other.sock")})
    csid.ctl("reload")
    assert re.search(r"^<4>.*take effect at the next start", csid.stderr, re.M)
    assert not (csid.folder / "other.db").exists()
    assert csid.get("/v1/status").json()["database"] == str(csid.database)


def test_dry_reload_changes_nothing(csid):
    before = schedules(csid)
    csid.write_config(NIGHTLY)
    csid.ctl("reload", "--dry-run")
    assert schedules(csid) == before != []


def test_reload_while_a_send_is_held(new_csid, mail_server):
    csid, (thread, done) = held_send(new_csid, mail_server)
    csid.write_config({**NIGHTLY, "mail": {"url": mail_server.url}})
    csid.ctl("reload")
    assert schedules(csid)[0][0] == "nightly"
    mail_server.script.release()
    thread.join(10)
    assert done[0].returncode == 0, done
    assert len(mail_server.received) == 1


# -- what systemd and the log are told ---------------------------------------------------------------


def test_watchdog_pings_come(new_csid):
    csid = new_csid(env={"WATCHDOG_USEC": "100000"})
    for _ in range(3):
        csid.forget_notified()
        csid.wait_notified("WATCHDOG=1", 2)


def test_no_watchdog_unless_asked(csid):
    csid.stop()
    assert "WATCHDOG=1" not in csid.notified


def test_ready_only_when_it_answers(csid):
    """READY=1 has been said: the socket is there, and what was due at the start is decided."""
    assert csid.get("/healthz").json()["status"] == "ok"
    assert any(n.startswith("STATUS=") for n in csid.notified), csid.notified


def test_log_lines_have_priorities(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    for title in ("a\n<0>b", "\x1b[31mred", "‮rtl"):
        csid.request("POST", "/v1/deadlines", {"title": title, "due": "2017-10-01",
                                               "role": "improvement-board-chair"})
    csid.ctl(*CHAIR)
    mail_server.script.say("RCPT", *["550 5.1.1 no\x1b[31m such\x07 user"] * 9)
    csid.advance("4d")
    csid.write_config("no_such_key: 1\n")
    csid.hang_up()
    csid.stop()
    lines = csid.stderr.splitlines()
    assert len(lines) > 4
    for line in lines:
        assert LOG_LINE.fullmatch(line), line
    assert {line[:3] for line in lines} == {"<3>", "<4>", "<6>"}


# -- secrets -----------------------------------------------------------------------------------------

PASSWORD = "correct-horse-battery"
HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK_PATH = "T0PS3CR3T"
SECRETS = (PASSWORD, "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", HOOK_SECRET, HOOK_SECRET[6:], HOOK_PATH)


def refuses_logins(server, session, envelope, mechanism, data):
    return AuthResult(success=False, handled=False)


LISTINGS = (["status"], ["notice", "list"], ["notice", "show", "1"], ["notice", "show", "2"], ["journal", "list"],
            ["schedule", "list"], ["schedule", "history", "deadlines"], ["deadline", "show", "1"], [])


def test_secrets_are_never_told(new_csid, folder):
    relay = harness.MailServer(auth_required=True, auth_require_tls=False, authenticator=refuses_logins)
    hook = harness.Receiver()
    with contextlib.ExitStack() as ends:
        ends.callback(relay.stop)
        ends.callback(hook.stop)
        (folder / "password").write_text(PASSWORD + "\n")
        (folder / "secret").write_text(HOOK_SECRET + "\n")
        config = {"mail": {"url": relay.url, "username": "csi", "password_file": str(folder / "password")},
                  "webhooks": [{"name": "board", "url": f"{hook.url}/{HOOK_PATH}", "allow": ["127.0.0.0/8"],
                                "secret_file": "secret"}]}
        csid = new_csid(config=config, env={"CREDENTIALS_DIRECTORY": str(folder)})
        hook.script.say("POST", 500, (302, {"Location": f"/elsewhere/{HOOK_PATH}"}, b""), "drop")
        owe_report(csid)
        csid.advance("3d")
        told = [csid.stderr]
        for words in LISTINGS:
            for form in ([], ["--json"], ["--csv"]):
                done = csid.ctl(*form, *words, check=False)
                told += [done.stdout, done.stderr]
        told += [csid.get("/healthz").text, csid.get("/v1/status").text]
        # a connection refused, and files that are no secrets any more
        hook.stop()
        csid.advance("3d")
        (folder / "secret").write_text(HOOK_SECRET[6:])
        csid.write_config({**config, "webhooks": config["webhooks"] * 2})
        told += [csid.ctl("reload", check=False).stderr, csid.to_its_end("--check").stderr, csid.stderr]
        held = csid.get("/healthz").json()
        assert held["status"] == "degraded" and "held" in held["warnings"][0]["text"], held
        assert len(hook.requests) >= 3  # or nothing was risked
        for text in told:
            for secret in SECRETS:
                assert secret not in text, text
        for secret in SECRETS:
            assert secret.encode() not in csid.database.read_bytes()


# -- while something long is under way ---------------------------------------------------------------


def slowest_answer(csid, path, until):
    """The longest wait for an answer while `until` is not true."""
    longest = 0
    while not until():
        begun = time.monotonic()
        assert csid.get(path).status == 200
        longest = max(longest, time.monotonic() - begun)
    return longest


def test_socket_answers_while_an_import_writes_and_mail_ends(mail_server, new_csid):
    """A mail that ends during a long transaction waits for it; the loop does not."""
    csid, (advance, advanced) = held_send(new_csid, mail_server)
    sheet = csid.folder / "large.csv"
    sheet.write_text("ref,priority,action,owner,due,rating\n" + "".join(
        f"5.{i},5,A thing to be done {i},Head of Service,2017-12-31,amber\n" for i in range(8000)))
    importing, imported = in_background(csid, "plan", "import", sheet, "--plan", "large")
    wal = csid.database.with_name("csid.db-wal")
    while not wal.exists() or wal.stat().st_size < 1 << 20:
        assert importing.is_alive(), imported
        csid.get("/v1/clock")
    mail_server.script.release()
    begun = time.monotonic()
    longest = slowest_answer(csid, "/v1/clock", lambda: not importing.is_alive())
    took = time.monotonic() - begun
    importing.join(20)
    advance.join(20)
    assert imported[0].returncode == advanced[0].returncode == 0, (imported, advanced)
    assert longest < max(0.5, took / 2), (longest, took)
    assert [m.recipients for m in mail_server.received] == [["chair@board.example"]]
    notices = csid.ctl("notice", "list", "--to", "chair@board.example", json=True)["items"]
    assert [n["state"] for n in notices] == ["accepted"]


def test_socket_answers_while_every_mail_connection_is_held(mail_server, new_csid):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    csid.import_plan()
    mail_server.script.stall("EHLO")
    advance, _ = in_background(csid, "clock", "advance", "--to", OWED)
    while mail_server.steps.count("EHLO") < 4:
        mail_server.stepped.wait(1)
        mail_server.stepped.clear()
    assert all(csid.get("/v1/status").status == 200 for _ in range(100))
    assert advance.is_alive() and sorted(mail_server.steps) == ["CONNECT"] * 4 + ["EHLO"] * 4
    mail_server.script.release()
    advance.join(20)
