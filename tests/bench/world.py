"""What the measurements stand on: plans of any size from a seed, timings, and the floors they are held against."""

import csv
import os
import random
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

import harness  # noqa: E402

SEED = 2016
COLUMNS = ("ref part priority priority_title recommendation action success_measure owner owner_email accountable "
           "start due rating status completed progress").split()
WORDS = ("threshold audit supervision caseload pathway strategy placement assessment visit threshold chronology "
         "permanence adoption contact review referral partner practice record improvement").split()


# -- plans ---------------------------------------------------------------------------------------


def plan_rows(actions, owners, overdue=False):
    """Rows as a council's spreadsheet has them: ten priorities, due dates from July 2016 to March 2018,
    eight in a hundred red, 44 complete. `overdue`: every action is late on 31 August 2017."""
    chance = random.Random(SEED + actions)
    for n in range(actions):
        start = date(2016, 7, 1) + timedelta(chance.randrange(300))
        due = start + timedelta(chance.randrange(60, 120 if overdue else 340))
        rating = "red" if overdue else chance.choices(("red", "amber", "green"), (8, 48, 44))[0]
        done = rating == "green"
        owner = n % owners
        yield dict(zip(COLUMNS, (
            f"{n % 10 + 1}.{n // 10 + 1:02}", "", n % 10 + 1, f"Priority {n % 10 + 1}", n + 1,
            " ".join(chance.choices(WORDS, k=7)).capitalize(), f"{chance.randrange(60, 99)}% in the monthly audit",
            f"Head of Service {owner}", f"head.{owner}@example.gov.uk", "Director of Children's Social Care",
            start, due, rating, "complete" if done else "in progress", due - timedelta(3) if done else "",
            "Evidence filed" if done else "Under way")))


def write_plan(path, actions, owners=20, **more):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        out.writerows(plan_rows(actions, owners, **more))
    return path


def queue(csid, ways, body):
    """Queues a message for each (channel, recipient) of `ways`, due a minute after the clock a csid starts with; in
    a database that nobody has open."""
    with sqlite3.connect(csid.database) as db:
        db.executemany("INSERT INTO message (channel, recipient, event, subject, message_id, body, state, created_at, next_at) "
                       "VALUES (?, ?, 'csi.test', 'Test', ?, ?, 'queued', '2017-09-01T06:01:00Z', '2017-09-01T06:01:00Z')",
                       ((channel, to, f"{n}@bench.example", body) for n, (channel, to) in enumerate(ways)))
    db.close()


# -- timings, all in milliseconds ----------------------------------------------------------------


def timed(what):
    begin = time.perf_counter()
    what()
    return (time.perf_counter() - begin) * 1e3


def spawned(words, env=None):
    """A whole process, from posix_spawn to its end, its output thrown away."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
    words = [str(w) for w in words]
    begin = time.perf_counter()
    pid = os.posix_spawn(shutil.which(words[0]), words, {**os.environ, **(env or {})}, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter() - begin) * 1e3
    assert status == 0, f"{words} ended with {status}"
    return took


def median(measure, times):
    return statistics.median(measure() for _ in range(times))


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


class Requests:
    """GET requests one after the other on one connection that stays open."""

    def __init__(self, csid):
        self.connection = harness.UnixConnection(csid.socket)

    def get(self, path):
        self.connection.request("GET", path, headers={"Accept": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body

    def ms(self, path, times):
        return median(lambda: timed(lambda: self.get(path)), times)


# -- floors --------------------------------------------------------------------------------------


def sqlite_import(folder, path):
    """The sqlite3 command line reads the same CSV into one table of a database of its own, on disk."""
    database = folder / "floor.db"
    database.unlink(missing_ok=True)
    return spawned(["sqlite3", database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
                    f".import --csv {path} plan"])


def sqlite_scan(csid, times):
    """SQLite alone reads every row of the table that a position is counted from."""
    db = sqlite3.connect(f"file:{csid.database}?mode=ro", uri=True)
    query = "SELECT max(effective_on), max(rating), max(status), max(due_on), max(owner_id) FROM entry"
    took = median(lambda: timed(lambda: db.execute(query).fetchall()), times)
    db.close()
    return took


class MailSink:
    """postfix's smtp-sink on loopback: takes every mail and throws it away."""

    def __init__(self, port=None):
        self.port = port or free_port()
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.process = subprocess.Popen([*tool("smtp-sink"), *user, f"127.0.0.1:{self.port}", "1000"],
                                        cwd="/tmp", stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    """nginx on loopback, one worker: answers every POST to /hook with 200 and keeps nothing."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook"
        config = folder / "nginx.conf"
        config.write_text(f"""daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{self.port}; location /hook {{ return 200 "ok"; }} }} }}
""")
        self.process = subprocess.Popen([*tool("nginx"), "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def h2load(url, body, calls, connections):
    """Calls a second of nghttp2's h2load, over HTTP/1.1 as csid makes them."""
    words = [*tool("h2load"), "--h1", "-n", calls, "-c", connections, "-t", 1, "-d", body, url]
    return calls / spawned(words) * 1e3


class Stalled:
    """A port that takes connections and never says a word."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/hook"

    def stop(self):
        self.listening.close()


def wait_for_port(port, process):
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 10).close()
            return
        except ConnectionRefusedError:
            assert process.poll() is None and time.monotonic() < until, f"{process.args[0]} does not start"
            time.sleep(0.01)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def tool(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert path, f"{name} is missing: make bench installs it"
    return [path]


def smtp_source(port, mails, length, sessions, *options):
    """Mails a second of postfix's smtp-source over so many connections at a time."""
    words = [*tool("smtp-source"), *options, "-s", str(sessions), "-m", str(mails), "-l", str(length), f"127.0.0.1:{port}"]
    return mails / spawned(words) * 1e3


# -- a process at rest ---------------------------------------------------------------------------


def anon_kib(pid):
    return proc_field(f"/proc/{pid}/status", "RssAnon")


def switches(pid):
    """How often its threads have gone to sleep so far: each wake-up ends with one."""
    return sum(proc_field(f"/proc/{pid}/task/{task}/status", "voluntary_ctxt_switches")
               for task in os.listdir(f"/proc/{pid}/task"))


def proc_field(path, name):
    for line in Path(path).read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(f"{path} has no {name}")
