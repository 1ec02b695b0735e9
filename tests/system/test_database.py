"""The database and the disk below it: files csid must not touch, disks that are full or read-only, SIGKILL at any
point, and a journal that somebody else wrote in."""

import contextlib
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading

import pytest

import harness

ROOT = os.getuid() == 0
IOERR, CONFIG = 74, 78
STRANGER = 54104
CHAIR = ("role", "assign", "improvement-board-chair", "--name", "Isabel Moore", "--email", "chair@board.example")
REPORT = ("deadline", "add", "Chair's report", "--due", "2017-09-08", "--role", "improvement-board-chair")
MORNING = "2017-09-01T08:00:00Z"
as_root = pytest.mark.skipif(not ROOT, reason="takes root")
# in a container root may have none
own_mounts = pytest.mark.skipif(subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0,
                                reason="takes mounts of one's own")


@contextlib.contextmanager
def opened(path):
    """The database as another program may write it, csid being stopped."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        yield db


@pytest.fixture
def made(new_csid):
    """A csid that has been and gone: the path of its database, closed in order."""
    csid = new_csid()
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)
    csid.stop()
    return csid


# -- files that are refused --------------------------------------------------------------------------


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def run_sql(path, *statements):
    with opened(path) as db:
        for statement in statements:
            db.execute(statement)


def replace(path, make):
    path.unlink()
    make(path)


def write(data):
    return lambda path: replace(path, lambda p: p.write_bytes(data))


def foreign(*statements):
    return lambda path: replace(path, lambda p: run_sql(p, *statements))


NEWER = "csid knows up to"
REFUSED = {
    "text": (write(b"hello\n"), "not a database"),
    "garbage": (write(random.Random(1).randbytes(100000)), "not a database"),
    "zeros": (write(bytes(8192)), "not a database"),
    "header only": (write(b"SQLite format 3\0" + bytes(84)), ""),
    "truncated": (lambda p: os.truncate(p, p.stat().st_size // 2), "damaged"),
    "without its last page": (lambda p: os.truncate(p, p.stat().st_size - 4096), "damaged"),
    "a page of garbage": (lambda p: overwrite(p, 8192, b"\xa5" * 4096), "damaged"),
    "schema destroyed": (lambda p: overwrite(p, 100, b"\xa5" * 3000), "damaged"),
    "foreign": (foreign("CREATE TABLE t (a)"), "another program's database"),
    "foreign with a mark": (foreign("PRAGMA application_id = 1", "CREATE TABLE t (a)"), "another program's"),
    "mark and no schema": (lambda p: run_sql(p, "PRAGMA user_version = 0"), "another program's"),
    "negative schema": (lambda p: run_sql(p, "PRAGMA user_version = -1"), "another program's"),
    "newer": (lambda p: run_sql(p, "PRAGMA user_version = 7", "UPDATE meta SET value = '7' WHERE key = 'min_reader'"),
              "has schema 7"),
    "newer, no min_reader": (lambda p: run_sql(p, "PRAGMA user_version = 7", "DELETE FROM meta"), "has schema 7"),
    "newer, odd min_reader": (lambda p: run_sql(p, "PRAGMA user_version = 7", "UPDATE meta SET value = 'x'"),
                              "has schema 7"),
    "newer, no meta": (lambda p: run_sql(p, "PRAGMA user_version = 7", "DROP TABLE meta"), "has schema 7"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(made, name):
    spoil, word = REFUSED[name]
    spoil(made.database)
    before, files = made.database.read_bytes(), sorted(os.listdir(made.folder))
    for args in (["--check"], []):
        done = made.to_its_end(*args)
        assert done.returncode == CONFIG, done
        assert str(made.database) in done.stderr and word in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    if name.startswith("newer"):
        assert "csid 0." in done.stderr and "up to 5" in done.stderr, done.stderr  # both are named
    assert made.database.read_bytes() == before
    left = {f for f in os.listdir(made.folder) if not f.endswith(("-wal", "-shm", ".lock"))}
    assert left <= set(files)


ODD = {"directory": (lambda p: p.mkdir(), "not a regular file"),
       "fifo": (lambda p: os.mkfifo(p), "not a regular file"),
       "device": (lambda p: os.mknod(p, 0o600 | stat.S_IFCHR, os.makedev(1, 3)), "not a regular file"),
       "socket": (lambda p: harness.socket.socket(harness.socket.AF_UNIX).bind(str(p)), "not a regular file"),
       "link": (lambda p: p.symlink_to("other.db"), "not a regular file")}


@pytest.mark.parametrize("name", [n for n in ODD if ROOT or n != "device"])
def test_what_is_no_file(new_csid, name):
    make, word = ODD[name]
    csid = new_csid(start=False)
    make(csid.database)
    for args in (["--check"], []):
        done = csid.to_its_end(*args, timeout=10)
        assert done.returncode == CONFIG and word in done.stderr, done
    assert not csid.socket.exists()


def test_newer_schema_that_allows_us(made):
    run_sql(made.database, "PRAGMA user_version = 7", "CREATE TABLE of_tomorrow (a)")
    assert made.to_its_end("--check").returncode == 0
    made.start()
    made.ctl("deadline", "update", "1", "--title", "Another")
    made.stop()
    with opened(made.database) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (7,)  # it stays what it is
        assert db.execute("SELECT count(*) FROM of_tomorrow").fetchone() == (0,)


def test_a_database_of_schema_1_is_upgraded(new_csid):
    """Its rows stay what they were, a copy of the old file stays beside it, and a second start changes nothing."""
    csid = new_csid(start=False)
    with opened(csid.database) as db:
        db.executescript((harness.TOP / "daemon/store/schema.sql").read_text())
        db.execute(f"PRAGMA application_id = {0x63736964}")
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO deadline (id, series_id, step, first_due_on, title, due_on, every, role_id, recipient) "
                   "VALUES (1, 1, 0, '2017-10-01', 'Report', '2017-10-01', '3m', 1, 'Secretary of State')")
        db.commit()
    assert csid.to_its_end("--check").returncode == 0
    csid.start()
    (before,) = csid.ctl("deadline", "list", json=True)["items"]
    assert (before["title"], before["due_on"], before["every"], before["state"]) == ("Report", "2017-10-01", "3m", "open")
    csid.ctl("role", "assign", "improvement-board-chair", "--name", "C", "--email", "c@x.example")
    csid.advance("2017-09-01T08:00:00Z")
    assert len(csid.mails()) == 1
    csid.restart()
    assert csid.ctl("deadline", "list", json=True)["items"] == [before]
    assert csid.ctl("journal", "verify").returncode == 0
    csid.stop()
    copy = csid.database.with_name(csid.database.name + ".schema-1")
    with opened(copy) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert db.execute("SELECT title FROM deadline").fetchall() == [("Report",)]


@pytest.mark.parametrize("make", [lambda p: p.touch(), lambda p: run_sql(p, "VACUUM"), lambda p: None],
                         ids=["empty file", "empty database", "no file"])
def test_empty_is_made(new_csid, make):
    csid = new_csid(start=False)
    make(csid.database)
    assert csid.to_its_end("--check").returncode == 0
    csid.start()
    csid.ctl(*CHAIR)


def test_leftovers_of_a_crash_are_taken_in(made):
    """A -wal that was never written back holds committed changes."""
    made.start()
    made.ctl("deadline", "update", "1", "--title", "After")
    made.kill()
    assert (made.folder / "csid.db-wal").stat().st_size > 0
    made.start()
    assert made.get("/v1/deadlines/1").json()["title"] == "After"


# -- what may not be written -------------------------------------------------------------------------


def as_stranger(csid, *args):
    """csid under a user that owns nothing here."""
    return subprocess.run([*csid.command_line(), *args], user=STRANGER, group=STRANGER, extra_groups=[],
                          capture_output=True, text=True, timeout=20, check=False, cwd="/",
                          env=harness.environment())


@pytest.fixture
def guarded(new_csid):
    """A csid whose database lies in a folder of its own, and whose socket a stranger could make."""
    csid = new_csid(start=False)
    csid.folder.chmod(0o777)
    csid.database = csid.folder / "state" / "csid.db"
    csid.database.parent.mkdir()
    csid.write_config({"database": str(csid.database)})
    csid.start()
    csid.ctl(*CHAIR)
    csid.stop()
    (csid.folder / "csid.sock.lock").unlink()
    return csid


@as_root
@pytest.mark.parametrize("name, folder_mode, file_mode, owner", [
    ("no folder", None, None, 0), ("folder closed", 0o700, 0o600, 0), ("folder read-only", 0o755, 0o666, 0),
    ("file read-only", 0o777, 0o444, 0), ("file closed", 0o777, 0o600, 0),
    ("own file read-only", 0o777, 0o400, STRANGER)])
def test_no_permission(guarded, name, folder_mode, file_mode, owner):
    before = guarded.database.read_bytes()
    if folder_mode is None:
        shutil.rmtree(guarded.database.parent)
    else:
        guarded.database.chmod(file_mode)
        os.chown(guarded.database, owner, owner)
        guarded.database.parent.chmod(folder_mode)
    done = as_stranger(guarded)
    assert done.returncode == IOERR, done
    assert str(guarded.database) in done.stderr, done.stderr
    assert not guarded.socket.exists()
    if folder_mode:
        guarded.database.parent.chmod(0o700)
        assert guarded.database.read_bytes() == before
        guarded.database.chmod(0o600)
        guarded.start()  # root again: nothing is lost
        assert guarded.get("/v1/people").json()["items"]


# -- disks -------------------------------------------------------------------------------------------


@pytest.fixture
def mount(folder):
    """mount(name, size): a small disk of its own in the scratch folder; gone with the test."""
    disks = []

    def make(name, size):
        place = folder / name
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", place],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        disks.append(place)
        return place

    yield make
    for place in disks:
        subprocess.run(["umount", "-l", place], check=True)


def fill(disk):
    """Writes until nothing more fits; gives the file that takes up the room."""
    filler = disk / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return filler


def warnings(csid, path="/healthz"):
    return [w["text"] for w in csid.get(path).json()["warnings"]]


def states(csid):
    return {name: count for name, count in csid.get("/v1/status").json()["outbox"].items() if count}


@pytest.fixture
def on_small_disk(new_csid, mount):
    """A csid whose database lies on a disk of its own."""
    disk = mount("disk", "2m")
    csid = new_csid(start=False)
    csid.database = disk / "csid.db"
    csid.write_config({"database": str(csid.database)})
    csid.disk = disk
    csid.start()
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)
    return csid


def test_full_disk_under_the_database(on_small_disk):
    csid = on_small_disk
    before = csid.ctl("deadline", "list").stdout
    filler = fill(csid.disk)
    statuses = {csid.request("POST", "/v1/people", {"name": f"P {n}", "email": f"p{n}@x.example"}).status
                for n in range(50)}
    assert 507 in statuses and statuses <= {201, 507}
    answer = csid.request("POST", "/v1/people", {"name": "A", "email": "a@x.example"})
    assert answer.status == 507 and "full" in answer.json()["detail"], answer.body
    done = csid.ctl("deadline", "add", "Another", "--due", "2017-10-01", "--role", "director", check=False)
    assert done.returncode == 1 and "full" in done.stderr, done
    done = csid.ctl("clock", "advance", "--to", MORNING, check=False)
    assert done.returncode == 1 and done.stderr, done
    # it answers, and says what is the matter
    assert csid.ctl("deadline", "list").stdout == before
    assert [w for w in warnings(csid) if "full" in w], warnings(csid)
    assert csid.get("/healthz").json()["status"] == "degraded"
    assert [w for w in warnings(csid, "/v1/status") if "full" in w]
    assert "full" in csid.stderr and len(csid.stderr.splitlines()) < 20, csid.stderr
    assert csid.mails() == []
    # room again: what was due is done, once, and nothing is the matter any more
    filler.unlink()
    csid.advance("2017-09-01T08:30:00Z")
    assert [m["To"] for m in csid.mails()] == ["Isabel Moore <chair@board.example>"]
    assert csid.get("/healthz").json()["status"] == "ok"
    assert csid.ctl("journal", "verify", json=True)["intact"] is True
    csid.restart()
    csid.advance("1h")
    assert len(csid.mails()) == 1


def test_disk_fills_while_mail_is_under_way(mail_server, on_small_disk):
    """The server took it, but there is no room to write that down: it goes again, the same to the byte."""
    csid = on_small_disk
    csid.write_config({"database": str(csid.database), "mail": {"url": mail_server.url}})
    csid.ctl("reload")
    filled = []
    mail_server.on_step = lambda word: filled.append(fill(csid.disk)) if word == "DOT" and not filled else None
    csid.ctl("clock", "advance", "--to", MORNING, check=False)
    # a page or two may have been free in the journal's file, so that this fits: then nothing is tried
    csid.ctl("clock", "advance", "1m", check=False)
    assert len(mail_server.received) == 1
    assert csid.get("/v1/clock").status == 200
    filled[0].unlink()
    csid.advance("2017-09-01T09:00:00Z")
    assert states(csid) == {"accepted": 1}
    assert len({m.raw for m in mail_server.received}) == 1
    assert csid.ctl("journal", "verify", json=True)["intact"] is True


def test_import_that_is_too_large_for_the_disk(on_small_disk):
    csid = on_small_disk
    sheet = csid.folder / "large.csv"
    sheet.write_text("ref,priority,action,owner,due,rating\n" + "".join(
        f"5.{i},5,{'A thing to be done ' * 20}{i},Head of Service,2017-12-31,amber\n" for i in range(8000)))
    before = csid.database_dump()
    done = csid.ctl("plan", "import", sheet, "--plan", "large", check=False)
    assert done.returncode == 1 and "full" in done.stderr, done
    assert csid.database_dump() == before
    # what it left behind in the journal's file is no loss of room for others
    csid.ctl("deadline", "update", "1", "--title", "Another")
    csid.advance(MORNING)
    assert len(csid.mails()) == 1 and csid.ctl("journal", "verify", json=True)["intact"] is True
    csid.restart()
    assert csid.get("/v1/deadlines/1").json()["title"] == "Another"


def test_start_on_a_full_disk(on_small_disk):
    csid = on_small_disk
    before = csid.database_dump()
    csid.stop()
    filler = fill(csid.disk)
    process = subprocess.run(["timeout", "10", *csid.command_line()], capture_output=True, text=True, check=False,
                             env=harness.environment())
    assert process.returncode in (IOERR, 124), process  # it may yet start and serve what can be read
    if process.returncode == IOERR:
        assert "full" in process.stderr or "disk" in process.stderr, process.stderr
    filler.unlink()
    csid.start()
    assert csid.database_dump() == before


def test_new_database_on_a_full_disk(new_csid, mount):
    disk = mount("disk", "64k")
    csid = new_csid(start=False, config={"database": str(disk / "csid.db")})
    filler = fill(disk)
    done = csid.to_its_end()
    assert done.returncode == IOERR and str(disk / "csid.db") in done.stderr, done
    filler.unlink()
    fill(disk)
    assert csid.to_its_end().returncode == IOERR  # half a database is none


def test_read_only_disk(on_small_disk):
    csid = on_small_disk
    csid.stop()
    subprocess.run(["mount", "-o", "remount,ro", csid.disk], check=True)
    done = csid.to_its_end()
    assert done.returncode == IOERR and "Read-only" in done.stderr, done
    subprocess.run(["mount", "-o", "remount,rw", csid.disk], check=True)
    csid.start()
    assert csid.get("/v1/deadlines/1").status == 200


def test_full_disk_under_the_maildir(new_csid, mount):
    disk = mount("mail", "256k")
    csid = new_csid()  # mail/ is where its Maildir lies
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)
    filler = fill(disk)
    csid.advance(MORNING)
    assert states(csid) == {"queued": 1}
    assert list(csid.mails()) == [] and not [p for p in disk.rglob("*") if p.is_file() and p != filler]
    shown = csid.get("/v1/notices").json()["items"][0]
    assert shown["state"] == "queued" and "No space left" in csid.ctl("notice", "show", str(shown["id"])).stdout
    for path in ("/healthz", "/v1/status"):
        assert [w for w in warnings(csid, path) if "No space left" in w], warnings(csid, path)
    assert csid.get("/healthz").json()["status"] == "degraded"
    filler.unlink()
    csid.advance("2h")
    assert states(csid) == {"accepted": 1} and len(csid.mails()) == 1
    assert csid.get("/healthz").json()["status"] == "ok"


@as_root
def test_maildir_that_is_a_file(new_csid):
    csid = new_csid()
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)
    csid.maildir.write_text("no folder")
    csid.advance(MORNING)
    assert states(csid) == {"queued": 1} and [w for w in warnings(csid) if str(csid.maildir) in w]
    csid.maildir.unlink()
    csid.advance("2h")
    assert len(csid.mails()) == 1


# -- the power goes ----------------------------------------------------------------------------------

WEEK = ("2017-09-01T06:00:00Z", "2017-09-07T12:00:00Z")


def prepare(csid):
    csid.import_plan()
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)
    csid.ctl("role", "assign", "director", "--name", "Janet Bailey", "--email", "director@x.example")


def said(message):
    """What a mail says to whom and when, without what tells one csid's mails from another's."""
    return message["To"], message["Subject"], message["Date"], harness.text_of(message)


@pytest.fixture(scope="module")
def week():
    """What a week's mails are when nothing goes wrong."""
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    prepare(csid)
    csid.advance(WEEK[1])
    mails = sorted(said(m) for m in csid.mails())
    csid.stop()
    harness.remove(folder)
    assert len(mails) > 50 and len(set(mails)) == len(mails)
    return mails


def kill_at(csid, server, steps):
    """SIGKILL when the mail server has heard so many more words."""
    left, killed = [steps], threading.Event()

    def count(_):
        left[0] -= 1
        if left[0] == 0:
            os.kill(csid.pid, signal.SIGKILL)
            killed.set()

    server.on_step = count
    return killed


def instant_reached(csid):
    """Where the clock stood: the latest change; a restart there is no downtime."""
    rows = csid.sql("SELECT max(at) FROM (SELECT max(at) AS at FROM journal UNION SELECT max(started_at) FROM attempt "
                    "UNION SELECT max(ran_at) FROM occurrence)")
    return max(rows[0][0], WEEK[0])


def test_sigkill_loses_nothing_and_doubles_only_what_was_in_doubt(mail_server, new_csid, week):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    prepare(csid)
    dice = random.Random(20170901)
    doubtful, kills = set(), 0
    for steps in [dice.randrange(1, 25) for _ in range(8)] + [1, 2, 3, 4, 5, 6]:
        killed = kill_at(csid, mail_server, steps)
        thread = threading.Thread(target=csid.ctl, args=("clock", "advance", "--to", WEEK[1]),
                                  kwargs={"check": False}, daemon=True)
        thread.start()
        thread.join(60)
        mail_server.on_step = None
        if not killed.is_set():
            break  # the week was over before
        kills += 1
        csid.kill()
        with opened(csid.database) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            doubtful |= {i for i, in db.execute("SELECT m.message_id FROM message m JOIN attempt a "
                                                "ON a.message_id = m.id WHERE a.ended_at IS NULL")}
        csid.start(instant_reached(csid))
        assert csid.ctl("journal", "verify", json=True)["intact"] is True
    assert kills >= 10
    csid.advance(WEEK[1])
    by_id = {}
    for mail in mail_server.received:
        by_id.setdefault(mail.message["Message-ID"], []).append(mail.raw)
    assert sorted(said(harness.mail(raws[0])) for raws in by_id.values()) == week
    for message_id, raws in by_id.items():
        assert len(set(raws)) == 1
        assert len(raws) == 1 or message_id.strip("<>") in doubtful, message_id
    assert states(csid) == {"accepted": len(week)}


def test_sigkill_with_a_maildir_keeps_each_mail_once(csid, week):
    """There the name of a file follows from the message, so that even what was in doubt is there once."""
    prepare(csid)
    dice, kept = random.Random(20170902), csid.maildir / "new"
    for _ in range(6):
        there = len(os.listdir(kept)) if kept.exists() else 0
        wanted = there + dice.randrange(1, 12)
        thread = threading.Thread(target=csid.ctl, args=("clock", "advance", "--to", WEEK[1]),
                                  kwargs={"check": False}, daemon=True)
        thread.start()
        while thread.is_alive() and not (kept.exists() and len(os.listdir(kept)) >= wanted):
            pass
        if not thread.is_alive():
            break
        csid.kill()
        thread.join(10)
        csid.start(instant_reached(csid))
        assert csid.ctl("journal", "verify", json=True)["intact"] is True
    csid.advance(WEEK[1])
    assert sorted(said(m) for m in csid.mails()) == week
    assert not os.listdir(csid.maildir / "tmp")
    assert states(csid) == {"accepted": len(week)}


def test_sigkill_of_an_import_leaves_all_or_nothing(csid):
    rows = "".join(f"5.{i},5,A thing to be done {i},Head of Service,2017-12-31,amber\n" for i in range(8000))
    sheet = csid.folder / "large.csv"
    sheet.write_text("ref,priority,action,owner,due,rating\n" + rows)
    thread = threading.Thread(target=csid.ctl, args=("plan", "import", sheet, "--plan", "large"),
                              kwargs={"check": False}, daemon=True)
    thread.start()
    wal = csid.folder / "csid.db-wal"
    while not wal.exists() or wal.stat().st_size < 1 << 20:
        assert thread.is_alive()
        csid.get("/v1/clock")
    csid.kill()
    thread.join(10)
    csid.start()
    assert len(csid.sql("SELECT id FROM action")) in (0, 8000)
    assert csid.ctl("journal", "verify", json=True)["intact"] is True


# -- the journal -------------------------------------------------------------------------------------


def chain(rows):
    """The chain as schema.sql describes it: seq of the first row that does not follow, or None."""
    before = ""
    for place, (seq, at, who, what, was, now, kept) in enumerate(rows, 1):
        text = "".join(f"{'' if v is None else v}\n" for v in (before, seq, at, who, what, was, now))
        before = hashlib.sha256(text.encode()).hexdigest()
        if kept != before or seq != place:
            return seq
    return None


def test_chain_recomputed_independently(bromley):
    bromley.ctl(*CHAIR)
    bromley.ctl(*REPORT)
    bromley.ctl("action", "update", "5.12", "--rating", "red", "--note", "Zeile\nzwei \"ü\" \\ \U0001f600")
    bromley.advance("72h")
    rows = bromley.sql("SELECT * FROM journal ORDER BY seq")
    assert len(rows) > 700
    assert chain(rows) is None
    assert bromley.ctl("journal", "verify", json=True) == {"rows": len(rows), "intact": True}
    listed = bromley.ctl("journal", "list", json=True)["items"]
    assert [(r["seq"], r["hash"]) for r in listed] == [(r[0], r[6]) for r in rows]


TAMPERED = {
    "after": ("UPDATE journal SET after = replace(after, 'Isabel', 'Jezebel') WHERE seq = 1", 1),
    "before": ("UPDATE journal SET before = '{}' WHERE seq = 3", 3),
    "who": ("UPDATE journal SET who = 'nobody' WHERE seq = 2", 2),
    "at": ("UPDATE journal SET at = '2017-09-01T06:00:01Z' WHERE seq = 4", 4),
    "what": ("UPDATE journal SET what = what || ' ' WHERE seq = 4", 4),
    "hash": ("UPDATE journal SET hash = upper(hash) WHERE seq = 3", 3),
    "hash of the first": ("UPDATE journal SET hash = '' WHERE seq = 1", 1),
    "long hash": ("UPDATE journal SET hash = hash || hash WHERE seq = 5", 5),
    "last": ("UPDATE journal SET after = NULL WHERE seq = (SELECT max(seq) FROM journal)", None),
    "row taken out": ("DELETE FROM journal WHERE seq = 3", 4),
    "first taken out": ("DELETE FROM journal WHERE seq = 1", 2),
    "renumbered": ("UPDATE journal SET seq = 1000 WHERE seq = (SELECT max(seq) FROM journal)", 1000),
    "forged at the end": ("INSERT INTO journal SELECT seq + 1, at, who, what, before, after, hash FROM journal "
                          "ORDER BY seq DESC LIMIT 1", "max"),
    "moved across a field": ("UPDATE journal SET who = who || char(10) || what, what = '' WHERE seq = 2", 2),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_journal(made, name):
    statement, broken = TAMPERED[name]
    made.start()
    for number in range(3):
        made.ctl("role", "add", f"role-{number}", "--title", "A role")
    made.stop()
    with opened(made.database) as db:
        assert chain(db.execute("SELECT * FROM journal ORDER BY seq")) is None
        db.execute(statement)
        rows = list(db.execute("SELECT * FROM journal ORDER BY seq"))
    if broken is None or broken == "max":
        broken = rows[-1][0]
    assert chain(rows) == broken
    made.start()  # a broken chain never stops csid
    for _ in range(2):
        done = made.ctl("journal", "verify", check=False)
        assert done.returncode == 1 and f"row {broken}:" in done.stderr, done.stderr
        answer = made.get("/v1/journal/verify")
        assert answer.status == 500 and answer.json()["broken"] == broken
        made.ctl("deadline", "update", "1", "--title", f"Another {len(rows)}")  # nor what comes after
        rows.append(None)
