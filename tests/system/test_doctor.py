"""csictl doctor: every look, good or bad, with its exit status; and that csid, when it cannot mail, says so wherever it
can still be heard, for each reason that there is."""

import csv
import io
import re
import socket

import pytest

import harness
from test_copy import first_warning, set_meta
from test_database import opened, own_mounts
from test_heartbeat import FAIL, OK, beating, owe, paths
from test_webhook_network import make_ca

LOOKS = ["copy", "clock", "mail", "channels", "outbox", "heartbeat", "schedules", "checks", "notices", "roles", "coverage",
         "deadlines", "rules", "database", "journal", "disk", "files", "time-zone", "configuration"]
MORNING = "2017-09-01T07:31:00Z"


def doctor(csid):
    """Exit status, and what is said under each look: [(state, text), …]."""
    done = csid.ctl("--json", "doctor", check=False)
    rows = harness.json_module.loads(done.stdout)["items"]
    return done.returncode, {look: [(r["state"], r["text"]) for r in rows if r["look"] == look] for look in LOOKS}


def finding(csid, look):
    """The one row under a look that is said to be neither well nor missing."""
    status, found = doctor(csid)
    (state, text), = found[look]
    return status, state, text


@pytest.fixture
def well(new_csid, mail_server):
    """A csid of which there is nothing to say."""
    csid = new_csid(config={"mail": {"url": mail_server.url, "administrator": "it@x.example"}})
    for role in ("improvement-board-chair", "director", "programme-office"):
        csid.ctl("role", "assign", role, "--name", role.title(), "--email", f"{role}@x.example")
    csid.advance(MORNING)
    return csid


# -- what it looks at --------------------------------------------------------------------------------


def test_all_is_well(well):
    status, found = doctor(well)
    assert status == 0 and list(found) == LOOKS
    assert {look: rows for look, rows in found.items() if [state for state, _ in rows] != ["ok"]} == {}
    rows = well.sql("SELECT count(*) FROM journal")[0][0]
    assert found["journal"] == [("ok", f"the chain of {rows} rows is whole")]


def test_every_form(well):
    table = well.ctl("doctor").stdout.splitlines()
    assert table[0] == "LOOK\tSTATE\tWHAT IS FOUND" and [line.split("\t")[0] for line in table[1:]] == LOOKS
    rows = list(csv.DictReader(io.StringIO(well.ctl("--csv", "doctor").stdout)))
    assert [row["look"] for row in rows] == LOOKS
    assert "<table" in well.get("/v1/doctor", headers={"Accept": "text/html"}).text
    answer = well.get("/v1/doctor")
    assert answer.status == 200 and answer.json()["state"] == "ok"


def test_warnings_alone_exit_with_0(csid):
    status, found = doctor(csid)
    assert status == 0 and csid.get("/v1/doctor").json()["state"] == "warning"
    assert found["mail"][0][0] == "warning" and str(csid.maildir) in found["mail"][0][1]
    assert len(found["roles"]) == 4 and {state for state, _ in found["roles"]} == {"warning"}


def test_what_status_warns_of_is_in_it(bromley):
    told = [w["text"] for w in bromley.ctl("status", json=True)["warnings"]]
    _, found = doctor(bromley)
    assert told and set(told) <= {text for rows in found.values() for _, text in rows}


def test_a_broken_journal(well):
    well.stop()
    with opened(well.database) as db:
        db.execute("DROP TRIGGER IF EXISTS journal_no_update")
        db.execute("UPDATE journal SET who = 'somebody' WHERE seq = 2")
    well.start(MORNING)
    status, state, text = finding(well, "journal")
    assert (status, state) == (1, "fault") and "broken at row 2" in text
    answer = well.get("/v1/doctor")
    assert answer.status == 503 and answer.json()["state"] == "fault"


def test_a_damaged_database(well):
    """An index that lacks a row: the start looks for more than that, and finds it; it came about meanwhile."""
    with opened(well.database) as db:
        db.execute("PRAGMA writable_schema = ON")
        root, = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'attempt_message'").fetchone()
        page, = db.execute("PRAGMA page_size").fetchone()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with open(well.database, "r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\x00" * page)
    status, state, text = finding(well, "database")
    assert (status, state) == (1, "fault") and "put a backup in its place" in text


def test_the_configuration(well):
    well.config_file.write_text(well.config_file.read_text() + "# a word\n")
    status, state, text = finding(well, "configuration")
    assert (status, state) == (0, "warning") and "csictl reload" in text
    well.ctl("reload")
    assert finding(well, "configuration")[1] == "ok"
    well.config_file.rename(well.folder / "elsewhere.yaml")
    status, state, text = finding(well, "configuration")
    assert (status, state) == (1, "fault") and "cannot be read" in text
    (well.folder / "elsewhere.yaml").rename(well.config_file)


FILES = {0o600: ("ok", 0), 0o640: ("ok", 0), 0o644: ("warning", 0), 0o660: ("fault", 1), 0o602: ("fault", 1)}


@pytest.mark.parametrize("mode", FILES, ids=oct)
def test_who_may_read_the_database(well, mode):
    well.database.chmod(mode)
    status, state, text = finding(well, "files")
    assert (state, status) == FILES[mode] and (state == "ok" or f"chmod 600 {well.database}" in text)


def test_secrets(new_csid, folder, receiver):
    secret = folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    secret.chmod(0o644)
    csid = new_csid(config={"webhooks": [{"name": "board", "url": receiver.url, "secret_file": str(secret),
                                          "allow": ["127.0.0.0/8"]}]})
    status, state, text = finding(csid, "files")
    assert (status, state) == (0, "warning") and str(secret) in text and "MfKQ9" not in text
    secret.unlink()
    status, state, text = finding(csid, "files")
    assert (status, state) == (1, "fault") and "put it back" in text


def test_calls_that_were_given_up(new_csid, folder, receiver):
    """The endpoint takes calls again, and would never know of the one that it refused for three days."""
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    hook = {"name": "board", "url": receiver.url, "secret_file": str(folder / "secret"), "allow": ["127.0.0.0/8"]}
    csid = new_csid(config={"webhooks": [{**hook, "events": ["csi.action.overdue", "csi.test"]}]})
    csid.import_plan()
    receiver.script.say("POST", *[500] * 10)
    csid.advance("2017-09-05T06:00:00Z")
    status, state, text = finding(csid, "channels")
    assert (status, state) == (0, "warning")
    (command,) = re.findall(r"csictl (webhook redeliver board --since \S+) ", text)
    assert text.startswith("1 call to the endpoint board failed for good in the last seven days: ")
    del receiver.requests[:]
    csid.ctl(*command.split())
    csid.advance("1m")
    assert receiver.requests and finding(csid, "channels")[1] == "ok"
    receiver.script.say("POST", 410)  # a test that fails has lost nothing
    csid.ctl("webhook", "test", "board")
    csid.advance("1m")
    csid.ctl("channel", "release", "webhook:board")
    csid.ctl("webhook", "test", "board")
    csid.advance("1m")
    assert finding(csid, "channels")[1] == "ok"


@pytest.mark.parametrize("where", ["mail", "webhook", "heartbeat"])
def test_certificates(new_csid, folder, receiver, where):
    """They are no secret, but without them csid would not start again."""
    ca = make_ca(folder)
    ca.chmod(0o644)
    one = {"ca_file": str(ca)}
    config = {"mail": {"mail": one}, "heartbeat": {"heartbeat": {"url": receiver.url, "allow": ["127.0.0.0/8"], **one}},
              "webhook": {"webhooks": [{"name": "board", "url": receiver.url, "format": "slack", "allow": ["127.0.0.0/8"],
                                        **one}]}}
    csid = new_csid(config=config[where])
    assert finding(csid, "files")[:2] == (0, "ok")
    ca.chmod(0o666)
    assert finding(csid, "files")[:2] == (1, "fault")
    ca.unlink()
    status, state, text = finding(csid, "files")
    assert (status, state) == (1, "fault") and str(ca) in text and "put it back" in text


@own_mounts
def test_the_disk(well):
    """The limits are ours to set: a disk of 8 MiB is too small for csid however empty it is."""
    well.stop()
    plain = well.command_line
    disk = well.folder / "disk"
    disk.mkdir()
    well.database = disk / "csid.db"
    well.write_config()
    well.command_line = lambda: ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"', str(disk), *plain()]
    well.start(MORNING)
    status, state, text = finding(well, "disk")
    assert (status, state) == (1, "fault") and "MiB are free" in text and "make room" in text


def test_a_statutory_check_without_a_schedule(new_csid):
    csid = new_csid(config={"schedules": []})
    status, found = doctor(csid)
    assert status == 0 and found["checks"] and {state for state, _ in found["checks"]} == {"warning"}


def test_what_is_in_doubt_or_tried_for_long(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    owe(csid)
    mail_server.script.say("DOT", *["451 4.3.0 Try later"] * 99)
    csid.advance(MORNING)
    assert doctor(csid)[1]["outbox"][0][0] == "ok"
    csid.advance("2017-09-01T12:00:00Z")
    state, text = doctor(csid)[1]["outbox"][0]
    assert state == "warning" and "2017-09-01T07:30:00Z" in text and "--state retry" in text
    mail_server.script.answers.clear()
    mail_server.script.say("DOT", "drop")
    csid.advance("4h")
    assert any("in doubt" in text for _, text in doctor(csid)[1]["outbox"])


def test_a_heartbeat_that_does_not_get_through(new_csid, receiver):
    csid = new_csid(config={"heartbeat": {**beating(receiver)["heartbeat"], "allow": ["10.0.0.0/8"], "url": "https://127.0.0.1/x"}})
    csid.advance("6m")
    status, state, text = finding(csid, "heartbeat")
    assert (status, state) == (0, "warning") and "did not get through" in text


def test_a_csid_that_is_not_there(csid):
    csid.stop()
    done = csid.ctl("doctor", check=False)
    assert done.returncode == 6 and done.stdout == ""
    assert "systemctl status csid" in done.stderr and "csid --check" in done.stderr


# -- csid cannot mail --------------------------------------------------------------------------------


def held(csid, mail_server):
    mail_server.script.say("MAIL", *["530 5.7.0 Authentication required"] * 9)
    csid.advance(MORNING)


def down(csid, mail_server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    csid.write_config({**csid.ways, "mail": {"url": f"smtp://127.0.0.1:{port}"}})
    csid.ctl("reload")
    csid.advance(MORNING)


def suspect(csid, mail_server):
    csid.ctl("clock", "set", "2017-09-01T01:00:00Z")
    csid.advance("1m")


def copy(csid, mail_server):
    csid.stop()
    set_meta(csid, "machine", "0" * 32)
    csid.start()
    csid.advance(MORNING)


# how it comes about, the look that says so, what it says, what the monitor of the heartbeat hears last
REASONS = {
    "held": (held, "channels", "channel mail is held since", "mail is held until", [FAIL]),
    "down": (down, "channels", "mail is down, next try at", "mail is down, next try at", [FAIL]),
    "suspect": (suspect, "clock", "the clock is suspect", "the clock is suspect", [FAIL]),
    "copy": (copy, "copy", "this database is a copy", "this database is a copy", []),
}


@pytest.mark.parametrize("reason", REASONS)
def test_it_cannot_mail_and_says_so(new_csid, receiver, mail_server, reason):
    bring_about, look, said, logged, beats = REASONS[reason]
    ways = {**beating(receiver), "mail": {"url": mail_server.url}}
    csid = new_csid(config=ways)
    csid.ways = ways
    owe(csid)
    csid.advance("1s")
    assert paths(receiver) == [OK] and doctor(csid)[0] == 0  # all was well
    bring_about(csid, mail_server)
    assert first_warning(csid).startswith(said)  # status
    health = csid.get("/healthz").json()
    assert health["status"] == "degraded" and health["warnings"][0]["text"].startswith(said)
    assert logged in csid.stderr  # the system's journal
    status, found = doctor(csid)
    assert status == 1 and ("fault", first_warning(csid)) in found[look]
    csid.advance("6m")
    assert paths(receiver)[-1:] == beats
    assert mail_server.received == []


def test_a_redirection_and_an_endpoint_that_does_not_answer(new_csid):
    hook = {"name": "board", "url": "https://127.0.0.1:9/x", "format": "slack", "allow": ["127.0.0.0/8"]}
    csid = new_csid(config={"webhooks": [hook]})
    csid.ctl("webhook", "test", "board")
    csid.advance("10s")
    status, state, text = finding(csid, "channels")
    assert (status, state) == (0, "warning") and "board has taken no call since 2017-09-01T06:00:00Z" in text
    csid.write_config({"mail": {"redirect_all_to": "test@x.example"}})
    csid.ctl("reload")
    assert "every mail goes to test@x.example" in str(doctor(csid)[1]["mail"])
