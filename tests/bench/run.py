#!/usr/bin/python3
"""bench [PART...]: measures csid against the limits it promises and prints one table. Each figure stands
beside a floor measured in the same run, what the same work costs without csid, so that the ratio means
the same on any machine. Exit status 1 when a limit is missed. Parts: plans, mail, sends, webhooks, forecasts, latency,
idle."""

import contextlib
import sys
import threading
import time

import world
from harness import BROMLEY_2016, CSICTL, Csid, MailServer, remove, scratch

SIZES = (306, 3000, 10000)
MAILS = 2000
AS_AT = "2017-08-31"
IDLE_S = 121
READING = ("status", "report position", "report exceptions", "action list", "deadline list", "notice list",
           "journal list", "journal verify")


class Table:
    """The figures in the order they were measured. A floor of None: there is nothing to compare with."""

    def __init__(self):
        self.missed = 0
        self.line("what", "figure", "floor", "of", "ratio", "limit", "")
        print("-" * 118)

    def line(self, what, figure, floor, of, ratio, limit, verdict):
        print(f"{what:<44} {figure:>13} {floor:>13}  {of:<20} {ratio:>7}  {limit:>9} {verdict}".rstrip(), flush=True)

    def add(self, what, value, unit, floor=None, of="", most=None, least_ratio=None):
        missed = (most is not None and value > most) or (least_ratio is not None and value < floor * least_ratio)
        limit = f"{most} {unit}" if most is not None else f"x {least_ratio}" if least_ratio is not None else ""
        self.missed += missed
        self.line(what, self.number(value, unit), self.number(floor, unit) if floor is not None else "", of,
                  f"{value / floor:.2f}" if floor else "", limit, ("MISSED" if missed else "ok") if limit else "")

    @staticmethod
    def number(value, unit):
        return f"{value:,.{0 if value >= 1000 or unit == 'KiB' else 2}f} {unit}"


@contextlib.contextmanager
def csid(**more):
    folder = scratch()
    one = Csid(folder, **more).start()
    try:
        yield one
    finally:
        one.stop()
        remove(folder)


def plan_of(folder, size):
    return BROMLEY_2016 if size == 306 else world.write_plan(folder / f"plan-{size}.csv", size)


# -- plans of three sizes ------------------------------------------------------------------------


def plans(table):
    for size in SIZES:
        with csid() as one:
            one_plan(table, one, size)


def one_plan(table, one, size):
    path = plan_of(one.folder, size)
    words = [CSICTL, "plan", "import", path, "--plan", "p", "--as-at", AS_AT]
    env = {"CSID_SOCKET": str(one.socket)}
    most = 2000 if size == 10000 else None
    floor = world.sqlite_import(one.folder, path)
    table.add(f"import, {size:,} rows", world.spawned(words, env), "ms", floor, "sqlite3 .import", most)
    table.add(f"import again, {size:,} rows", world.spawned(words, env), "ms", floor, "sqlite3 .import")

    requests = world.Requests(one)
    clock = requests.ms("/v1/clock", 500)
    scan = world.sqlite_scan(one, 30)
    ms = requests.ms(f"/v1/plans/p/position?as_at={AS_AT}", 30)
    table.add(f"position, {size:,} actions", ms, "ms", clock, "GET /v1/clock", 10 if size == 10000 else None)
    table.add("", ms, "ms", scan, "scan of the entries")
    ms = requests.ms(f"/v1/plans/p/exceptions?as_at={AS_AT}", 20)
    table.add(f"exceptions, {size:,} actions", ms, "ms", scan, "scan of the entries")
    ms = requests.ms("/v1/actions?plan=p", 20)
    table.add(f"action list, {size:,} actions", ms, "ms", scan, "scan of the entries")
    ms = requests.ms("/v1/status", 50)
    table.add(f"GET /v1/status, {size:,} actions", ms, "ms", clock, "GET /v1/clock")

    whole = world.median(lambda: world.spawned([CSICTL, "status"], env), 100)
    true = world.median(lambda: world.spawned(["/bin/true"]), 100)
    curl = world.median(lambda: world.spawned(["curl", "-s", "--unix-socket", one.socket, "http://csid/v1/status"]), 30)
    table.add(f"csictl status, {size:,} actions", whole, "ms", true, "/bin/true", 10 if size == 306 else None)
    table.add("", whole, "ms", curl, "curl --unix-socket")


# -- mail ----------------------------------------------------------------------------------------


def mail(table):
    """Two thousand owners with one overdue action each. The relay is down when the check runs, so that
    deciding and carrying are timed apart; then it is up and the clock goes on to the next try."""
    port = world.free_port()
    with csid(config={"mail": {"url": f"smtp://127.0.0.1:{port}"}}) as one:
        path = world.write_plan(one.folder / "mails.csv", MAILS, owners=MAILS, overdue=True)
        one.ctl("plan", "import", path, "--plan", "mails", "--as-at", AS_AT)
        decided = world.timed(lambda: one.advance("2017-09-01T07:30:00Z"))
        waiting = one.get("/v1/status").json()
        length = mail_length(one)
        table.add(f"check decides {MAILS:,} mails", decided, "ms", world.sqlite_import(one.folder, path),
                  "sqlite3 .import")
        body = query(one, "SELECT body FROM message LIMIT 1")[0][0]
        sink = world.MailSink(port)
        try:
            one.advance("20m")
            states = count_states(one)
            assert states == {"accepted": MAILS}, (states, waiting)
            for connections in (1, 4, 10):
                each, kept = (world.smtp_source(port, MAILS, length, connections, *how) for how in ((), ("-d",)))
                rate = mail_rate(port, connections, body)
                name = f"{MAILS:,} mails of {length / 1000:.1f} kB, {connections} connections"
                table.add(name, rate, "/s", each, f"smtp-source -s {connections}",
                          least_ratio=0.5 if connections == 1 else None)
                table.add("", rate, "/s", kept, f"smtp-source -d -s {connections}")
        finally:
            sink.stop()


def mail_rate(port, connections, body):
    """Mails a second that wait at the start, each for somebody else."""
    with csid(config={"mail": {"url": f"smtp://127.0.0.1:{port}", "connections": connections}}) as one:
        one.stop()
        world.queue(one, [("mail", f"head.{n}@example.gov.uk") for n in range(MAILS)], body)
        one.start()
        took = world.timed(lambda: one.advance("2m"))
        assert count_states(one) == {"accepted": MAILS}
        return MAILS / took * 1e3


# -- a hundred thousand sends ----------------------------------------------------------------------

SENDS, TENTH = 100000, 10000


def sends(table):
    """Status is asked while ten thousand mails go out; then a hundred thousand go, and csid's memory after the first
    tenth of them is the floor."""
    port = world.free_port()
    sink = world.MailSink(port)
    try:
        with csid() as one:
            rest = latencies(one, lambda n: n < 2000)
        with waiting(port, TENTH) as one:
            took = beside(lambda: one.advance("2m"), one)
            assert count_states(one) == {"accepted": TENTH}
            tell_latency(table, f"{TENTH:,} mails going out", took, rest)
        with waiting(port, SENDS) as one:
            passing = threading.Thread(target=one.ctl, args=("clock", "advance", "2m"), kwargs={"timeout": 600})
            passing.start()
            wait_accepted(one, TENTH)
            early = world.anon_kib(one.pid)
            passing.join()
            assert count_states(one) == {"accepted": SENDS}
            table.add(f"memory after {SENDS:,} sends", world.anon_kib(one.pid), "KiB", early, "after a tenth of them",
                      early + 512)
    finally:
        sink.stop()


@contextlib.contextmanager
def waiting(port, count):
    """A csid with so many mails that are due in a minute, each to somebody else."""
    with csid(config={"mail": {"url": f"smtp://127.0.0.1:{port}"}}) as one:
        one.stop()
        world.queue(one, [("mail", f"head.{n}@example.gov.uk") for n in range(count)],
                    b"Subject: Test\r\n\r\n" + (b"x" * 70 + b"\r\n") * 70)
        one.start()
        yield one


# -- webhooks ------------------------------------------------------------------------------------

ENDPOINTS = 10
CALLS = 500  # of each endpoint
PAIRS = 7
CALL_BODY = b'{"type":"csi.action.overdue","timestamp":"2017-09-01T07:30:00Z","data":{"count":0,"items":[]}}'


def webhooks(table):
    """Ten endpoints with so many calls each, one at a time to an endpoint; then one of the ten never answers: in pairs,
    one after the other, of whose ratios the median counts."""
    folder = scratch()
    nginx = world.Nginx(folder)
    (folder / "call").write_bytes(CALL_BODY)
    try:
        one, eight = (world.h2load(nginx.url, folder / "call", ENDPOINTS * CALLS, n) for n in (1, 8))
        rate = call_rate(nginx, ENDPOINTS)
        table.add(f"{ENDPOINTS * CALLS:,} webhook calls", rate, "/s", one, "h2load --h1 -c 1")
        table.add("", rate, "/s", eight, "h2load --h1 -c 8")
        pairs = [(call_rate(nginx, ENDPOINTS - 1, stalled=True), call_rate(nginx, ENDPOINTS - 1)) for _ in range(PAIRS)]
        beside, alone = sorted(pairs, key=lambda pair: pair[0] / pair[1])[PAIRS // 2]
        table.add("nine endpoints, a tenth stalled", beside, "/s", alone, "nine alone", least_ratio=0.95)
    finally:
        nginx.stop()
        remove(folder)


def call_rate(nginx, answering, stalled=False):
    """Calls a second, until so many endpoints that answer have had all of theirs; with one more that never does, for
    which as many calls wait."""
    folder = scratch()
    silent = world.Stalled()
    urls = [nginx.url] * answering + [silent.url] * stalled
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    hooks = [{"name": f"e{n}", "url": url, "format": "standard", "secret_file": str(folder / "secret"),
              "allow": ["127.0.0.0/8"]} for n, url in enumerate(urls)]
    try:
        with csid(config={"webhooks": hooks}) as one:
            one.stop()
            world.queue(one, [(f"webhook:e{n}", f"e{n}") for _ in range(CALLS) for n in range(len(urls))], CALL_BODY)
            one.start()
            passing = threading.Thread(target=one.advance, args=("2m",))
            took = world.timed(lambda: (passing.start(), wait_accepted(one, answering * CALLS)))
            silent.stop()
            passing.join()
            return answering * CALLS / took * 1e3
    finally:
        silent.stop()
        remove(folder)


def wait_accepted(one, count):
    """Asks often, so by a connection that stays and an index alone: asking takes the machine from what is measured."""
    until = time.monotonic() + 120
    with contextlib.closing(connect(one)) as db:
        while db.execute("SELECT count(*) FROM message WHERE state = 'accepted'").fetchone()[0] < count:
            assert time.monotonic() < until, count_states(one)
            time.sleep(0.01)


def connect(one):
    return world.sqlite3.connect(f"file:{one.database}?mode=ro", uri=True)


def query(one, sql):
    with contextlib.closing(connect(one)) as db:
        return db.execute(sql).fetchall()


def mail_length(one):
    return int(query(one, "SELECT avg(length(body)) FROM message")[0][0])


def count_states(one):
    return dict(query(one, "SELECT state, count(*) FROM message GROUP BY state"))


# -- forecasts -------------------------------------------------------------------------------------


def forecasts(table):
    """A year from 1 September 2017, read to its end; the floor is the same year of ticks over no actions."""
    with csid() as one:
        floor = forecast_ms(one)
    for size, most in ((306, 5000), (10000, 60000)):
        with csid() as one:
            one.ctl("plan", "import", plan_of(one.folder, size), "--plan", "p", "--as-at", AS_AT)
            table.add(f"forecast of a year, {size:,} actions", forecast_ms(one), "ms", floor, "no actions", most)


def forecast_ms(one):
    return world.timed(lambda: one.get("/v1/forecast?until=2018-09-01&limit=1", timeout=600))


# -- latency under load --------------------------------------------------------------------------


def latencies(one, more):
    """Of status on a kept connection, for as long as `more` says."""
    requests, took = world.Requests(one), []
    while more(len(took)):
        took.append(world.timed(lambda: requests.get("/v1/status")))
    return took


def tell_latency(table, what, took, floor):
    table.add(f"status p50, {what}", world.percentile(took, 50), "ms", world.percentile(floor, 50), "the same at rest")
    table.add(f"status p99, {what}", world.percentile(took, 99), "ms", world.percentile(floor, 99),
              "the same at rest", 50)


def beside(work, one):
    """Latencies while `work` runs in a thread."""
    thread = threading.Thread(target=work)
    thread.start()
    took = latencies(one, lambda n: thread.is_alive())
    thread.join()
    return took


def latency(table):
    server = MailServer()
    server.script.stall("DOT")
    try:
        with csid(config={"mail": {"url": server.url}}) as one:
            one.import_plan(BROMLEY_2016)
            rest = latencies(one, lambda n: n < 2000)
            passing = threading.Thread(target=one.advance, args=("2017-09-01T07:30:00Z",))
            passing.start()
            held_all(server, 4)
            held = latencies(one, lambda n: n < 2000)
            server.script.release()
            passing.join()
        tell_latency(table, "every mail connection held", held, rest)
    finally:
        server.stop()
    with csid() as one:
        path = plan_of(one.folder, 10000)
        one.import_plan(BROMLEY_2016)
        rest = latencies(one, lambda n: n < 1000)
        took = beside(lambda: one.ctl("plan", "import", path, "--plan", "p", "--as-at", AS_AT), one)
        tell_latency(table, f"import of 10,000 rows ({len(took)} asked)", took, rest)


def held_all(server, connections):
    until = time.monotonic() + 10
    while server.steps.count("DOT") < connections:
        assert time.monotonic() < until, server.steps
        time.sleep(0.01)


# -- at rest -------------------------------------------------------------------------------------


def idle(table):
    for size in SIZES:
        with csid() as one:
            memory(table, one, size)
    with csid(clock=None, env={"WATCHDOG_USEC": "180000000"}) as one:
        empty = world.anon_kib(one.pid)
        one.import_plan()
        for words in READING:
            one.ctl("--json", *words.split())
        table.add("memory after all was read, 306 actions", world.anon_kib(one.pid), "KiB", empty, "csid without plan")
        wakes(table, one)
        table.add(f"memory {IDLE_S} s later", world.anon_kib(one.pid), "KiB", empty, "csid without plan", 8192)


def memory(table, one, size):
    """The demo's morning, and what stays of it."""
    most = 8192 if size == 306 else None
    empty = world.anon_kib(one.pid)

    def tell(what):
        table.add(f"memory {what}, {size:,} actions", world.anon_kib(one.pid), "KiB", empty, "csid without plan", most)

    one.ctl("role", "assign", "director", "--name", "Janet Bailey", "--email", "janet.bailey@example.gov.uk")
    one.ctl("role", "assign", "programme-office", "--name", "Tom Okafor", "--email", "office@example.gov.uk")
    one.ctl("role", "assign", "improvement-board-chair", "--name", "Isabel Moore", "--email", "chair@example.gov.uk")
    one.import_plan(plan_of(one.folder, size), "--plan", "p")
    tell("after import")
    one.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    one.ctl("deadline", "add", "Chair's report to the Secretary of State", "--due", "2017-10-01", "--every", "3m",
            "--role", "improvement-board-chair", "--to", "Secretary of State")
    one.advance("2017-09-01T08:00:00Z")
    for words in READING:
        one.ctl(*words.split())
    tell("after the demo's morning")
    one.restart()
    tell("started again")


def wakes(table, one):
    time.sleep(1)  # what the requests set going has ended
    before = world.switches(one.pid)
    time.sleep(IDLE_S)
    count = world.switches(one.pid) - before
    table.add(f"wake-ups in {IDLE_S} s at rest", count, "", IDLE_S // 60, "one a minute", IDLE_S // 60 + 1)


def main():
    parts = {"plans": plans, "mail": mail, "sends": sends, "webhooks": webhooks, "forecasts": forecasts, "latency": latency, "idle": idle}
    chosen = sys.argv[1:] or list(parts)
    if not set(chosen) <= set(parts):
        sys.exit(__doc__)
    table = Table()
    for name in chosen:
        parts[name](table)
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
