"""A copy of the database: on another machine, under another name, or an older backup put back in its place. Nothing goes
out of it, by mail, webhook or heartbeat, until it is adopted; all else works, and nothing is lost."""

import contextlib
import shutil
import sqlite3

import pytest

import harness
from test_database import CHAIR, MORNING, REPORT, opened, own_mounts

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LOOPBACK = ["127.0.0.0/8"]
NOON, NEXT = "2017-09-01T12:00:00Z", "2017-09-02T12:00:00Z"
COPY = "this database is a copy"


def config(folder, receiver=None, mail_server=None):
    """Every way out that there is."""
    options = {}
    if mail_server:
        options["mail"] = {"url": mail_server.url}
    if receiver:
        secret = folder / "secret"
        secret.write_text(SECRET + "\n")
        options["webhooks"] = [{"name": "board", "url": receiver.url, "secret_file": str(secret), "allow": LOOPBACK}]
        options["heartbeat"] = {"url": f"{receiver.url}/beat", "allow": LOOPBACK}
    return options


def owe(csid):
    csid.ctl(*CHAIR)
    csid.ctl(*REPORT)


def meta(csid):
    return dict(csid.sql("SELECT key, value FROM meta WHERE key IN ('machine', 'path')"))


def set_meta(csid, key, value):
    with opened(csid.database) as db:
        db.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))


def backup(csid, to):
    """As `sqlite3 csid.db '.backup FILE'` makes it."""
    with contextlib.closing(sqlite3.connect(csid.database)) as source, contextlib.closing(sqlite3.connect(to)) as copy:
        source.backup(copy)


def other_machine(csid):
    csid.stop()
    set_meta(csid, "machine", "0" * 32)


def other_path(csid):
    csid.stop()
    set_meta(csid, "path", "/srv/old/csid.db")


WAYS = {"machine": (other_machine, "was last used on another machine"),
        "path": (other_path, "was last used as /srv/old/csid.db")}


@pytest.fixture
def copied(new_csid, folder, receiver, mail_server):
    """A csid that owes a reminder this morning, stopped before it and made a copy: by machine, or as `by` says."""
    def make(by="machine"):
        csid = new_csid(config=config(folder, receiver, mail_server))
        owe(csid)
        csid.advance("1s")  # the heartbeat of the start has ended
        WAYS[by][0](csid)
        del receiver.requests[:]
        return csid.start()
    return make


def channels(csid):
    return {c["name"]: c["state"] for c in csid.ctl("status", json=True)["channels"]}


def first_warning(csid):
    return csid.ctl("status", json=True)["warnings"][0]["text"]


def states(csid):
    return dict(csid.sql("SELECT channel, group_concat(DISTINCT state) FROM message GROUP BY channel"))


@pytest.mark.parametrize("by", WAYS)
def test_nothing_goes_out_of_a_copy(copied, receiver, mail_server, by):
    csid = copied(by)
    csid.advance(NOON)
    assert mail_server.received == [] and receiver.requests == []
    assert states(csid) == {"mail": "queued", "webhook:board": "queued"}  # nothing is lost either
    assert csid.sql("SELECT count(*) FROM attempt") == [(0,)]
    # and it says so wherever it can be heard
    assert first_warning(csid).startswith(COPY) and WAYS[by][1] in first_warning(csid)
    assert channels(csid) == {"mail": "held", "webhook:board": "held"}
    health = csid.get("/healthz").json()
    assert health["status"] == "degraded" and health["warnings"][0]["text"].startswith(COPY)
    assert f"{COPY}, it {WAYS[by][1]}" in csid.stderr
    assert csid.ctl("status", json=True)["heartbeat_text"] == "none: the database is a copy"
    # reading and writing go on
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    # it is none the less a copy after a restart
    csid.restart()
    assert first_warning(csid).startswith(COPY) and mail_server.received == []


def test_adopting_lets_everything_go_once(copied, receiver, mail_server):
    csid = copied()
    csid.advance(NOON)
    waiting = {c["channel"]: c for c in csid.ctl("adopt", "--dry-run", json=True)["channels"]}
    assert {name: (c["waiting"], c["expired"], c["oldest_at"]) for name, c in waiting.items()} == {
        "mail": (csid.sql("SELECT count(*) FROM message WHERE channel = 'mail'")[0][0], 0, "2017-09-01T07:30:00Z"),
        "webhook:board": (csid.sql("SELECT count(*) FROM message WHERE channel <> 'mail'")[0][0], 0, "2017-09-01T07:30:00Z")}
    assert mail_server.received == [] and first_warning(csid).startswith(COPY)  # a dry run changes nothing
    csid.ctl("adopt")
    csid.advance("1s")
    assert len(mail_server.received) == waiting["mail"]["waiting"] > 0
    hooks = [r for r in receiver.requests if r.path == "/hook"]
    assert len(hooks) == waiting["webhook:board"]["waiting"] > 0
    assert [r.path for r in receiver.requests if r.path != "/hook"] == ["/hook/beat"]
    assert states(csid) == {"mail": "accepted", "webhook:board": "accepted"}
    assert not first_warning(csid).startswith(COPY)
    assert channels(csid) == {"mail": "up", "webhook:board": "up"}
    entry, = (r for r in csid.ctl("journal", "list", json=True)["items"] if r["what"].startswith("database.adopt"))
    assert entry["before"]["machine"] == "0" * 32 and entry["after"] == {**meta(csid)} and entry["who"] == harness.me()
    csid.restart()
    csid.ctl("adopt")  # of what is no copy nothing changes
    csid.advance(NEXT)
    assert len(mail_server.received) == len({m.message["Message-ID"] for m in mail_server.received})
    assert sum(1 for r in csid.ctl("journal", "list", json=True)["items"] if r["what"].startswith("database.adopt")) == 1


def test_what_the_dead_machine_has_sent_is_held_when_asked(copied, receiver, mail_server):
    csid = copied()
    csid.advance(NOON)
    csid.ctl("adopt", "--hold")
    csid.advance("1s")
    assert mail_server.received == [] and states(csid) == {"mail": "held", "webhook:board": "held"}
    first = csid.ctl("notice", "list", "--state", "held", json=True)["items"][0]
    csid.ctl("notice", "retry", str(first["id"]))
    csid.advance("1s")
    assert len(mail_server.received) + len([r for r in receiver.requests if r.path == "/hook"]) == 1
    for name in ("mail", "board"):  # and all that is left, as the manual says
        csid.ctl("channel", "release", name, "--set-aside")
    csid.advance("1s")
    assert states(csid) == {"mail": "accepted", "webhook:board": "accepted"}


def test_what_was_set_aside_outlasts_a_fault_of_its_channel(copied, receiver, mail_server):
    """Weeks later the relay refuses the login and somebody releases mail: what the dead machine may have sent stays."""
    csid = copied()
    csid.advance(NOON)
    csid.ctl("adopt", "--hold")
    assert "what waits is held" in csid.stderr and "what waits goes out" not in csid.stderr
    (aside,), = csid.sql("SELECT count(*) FROM message WHERE channel = 'mail' AND state = 'held'")
    csid.ctl("channel", "hold", "mail", "--why", "the relay moves")
    dry, real = (csid.ctl("channel", "release", "mail", *more, json=True) for more in (["--dry-run"], []))
    assert dry["notes"] == real["notes"] and (real["state"], real["set_aside"]) == ("up", aside)
    note, = real["notes"]
    assert str(aside) in note and "csictl notice retry ID" in note and "csictl channel release mail --set-aside" in note
    csid.advance("1s")
    assert mail_server.received == [] and states(csid)["mail"] == "held"
    csid.ctl("mail", "test", "it@bromley.example")  # what is written after it goes
    csid.advance("1s")
    assert [m.recipients for m in mail_server.received] == [["it@bromley.example"]]
    done = csid.ctl("channel", "release", "mail", "--set-aside", json=True)
    assert (done["held"], done["set_aside"], done["waiting"]) == (0, 0, aside) and "notes" not in done
    csid.advance("1s")
    assert states(csid)["mail"] == "accepted"


def test_an_endpoint_that_comes_after_the_adoption_is_not_told_what_it_may_have_heard(copied, folder, receiver, mail_server):
    """Restored to a machine whose csid.yaml has the endpoint only later: its calls were held for that before."""
    csid = copied()
    csid.advance(NOON)
    csid.write_config(config(folder, None, mail_server))
    csid.ctl("reload")
    csid.ctl("adopt", "--hold")
    csid.write_config(config(folder, receiver, mail_server))
    csid.ctl("reload")
    assert "stay held" in csid.ctl("channel", "release", "board").stdout
    csid.advance("1s")
    assert states(csid)["webhook:board"] == "held" and [r for r in receiver.requests if r.path == "/hook"] == []


def test_what_was_set_aside_for_real_people_is_not_let_go_on_a_test_system(copied, mail_server):
    csid = copied()
    csid.advance(NOON)
    csid.ctl("adopt", "--hold")
    csid.write_config({"mail": {"url": mail_server.url, "redirect_all_to": "tester@bromley.example"}})
    csid.ctl("reload")
    done = csid.ctl("channel", "release", "mail", "--set-aside", check=False)
    assert done.returncode == 5 and "mail.redirect_all_to" in done.stderr
    csid.ctl("channel", "release", "mail")
    csid.advance("1s")
    assert mail_server.received == [] and csid.ctl("channel", "list", json=True)["items"][0]["set_aside"] > 0


def test_a_copy_that_becomes_a_test_system_says_what_goes(copied, mail_server):
    csid = copied()
    csid.advance(NOON)
    csid.write_config({"mail": {"url": mail_server.url, "redirect_all_to": "tester@bromley.example"}})
    csid.ctl("reload")
    done = csid.ctl("adopt", json=True)
    assert "written for tester@bromley.example" in done["waiting"] and "goes out" not in done["waiting"]
    csid.advance("1s")
    assert mail_server.received == [] and states(csid)["mail"] == "held"
    note, = csid.ctl("channel", "release", "mail", json=True)["notes"]
    assert "csictl notice list --state held" in note and "--set-aside" not in note


def test_what_lost_its_point_meanwhile_expires(copied, mail_server):
    csid = copied()
    csid.advance(NOON)
    csid.stop()
    with opened(csid.database) as db:
        db.execute("UPDATE message SET valid_until = '2017-09-01T11:00:00Z' WHERE channel = 'mail'")
    csid.start(NOON)
    expired = {c["channel"]: c["expired"] for c in csid.ctl("adopt", "--dry-run", json=True)["channels"]}
    assert expired["mail"] > 0 == expired["webhook:board"]
    csid.ctl("adopt")
    csid.advance("1s")
    assert mail_server.received == [] and states(csid)["mail"] == "expired"


def test_what_was_under_way_is_in_doubt_until_it_is_adopted(new_csid, folder, mail_server):
    """The backup was made while a mail was under way: nobody knows, and the same bytes go."""
    csid = new_csid(config=config(folder, mail_server=mail_server))
    owe(csid)
    mail_server.script.stall("DOT")
    csid.ctl("clock", "set", MORNING)
    mail_server.wait_step("DOT")
    csid.kill()
    mail_server.script.release()
    set_meta(csid, "machine", "0" * 32)
    csid.start(MORNING)
    assert states(csid) == {"mail": "in-doubt"} and mail_server.received == []
    csid.ctl("adopt")
    csid.advance("1s")
    assert states(csid) == {"mail": "accepted"} and len(mail_server.received) == 1


def test_an_older_backup_in_its_place(new_csid, folder, mail_server):
    """Same machine, same path: the file beside the database knows what was sent since."""
    csid = new_csid(config=config(folder, mail_server=mail_server))
    owe(csid)
    backup(csid, folder / "backup.db")
    csid.advance(NOON)
    sent = len(mail_server.received)
    assert sent > 0
    csid.stop()
    for suffix in ("", "-wal", "-shm"):
        csid.database.with_name(csid.database.name + suffix).unlink(missing_ok=True)
    shutil.copy(folder / "backup.db", csid.database)
    csid.start(NOON)
    assert "is older than what was last sent from here" in first_warning(csid)
    csid.advance("1h")
    csid.restart()
    assert first_warning(csid).startswith(COPY) and len(mail_server.received) == sent
    csid.ctl("adopt", "--hold")
    csid.restart()
    assert not first_warning(csid).startswith(COPY) and len(mail_server.received) == sent


def test_a_backup_since_which_nothing_was_sent_is_as_good(new_csid, folder, mail_server):
    csid = new_csid(config=config(folder, mail_server=mail_server))
    owe(csid)
    csid.advance(NOON)
    backup(csid, folder / "backup.db")
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.kill()  # the power goes
    for suffix in ("-wal", "-shm"):
        csid.database.with_name(csid.database.name + suffix).unlink(missing_ok=True)
    shutil.copy(folder / "backup.db", csid.database)
    csid.start(NOON)
    assert not first_warning(csid).startswith(COPY)


def test_beginning_afresh_is_no_copy(new_csid, folder, mail_server):
    csid = new_csid(config=config(folder, mail_server=mail_server))
    owe(csid)
    csid.advance(NOON)
    csid.stop()
    csid.database.unlink()
    csid.start("2017-09-04T06:00:00Z")
    owe(csid)
    csid.restart()
    assert not first_warning(csid).startswith(COPY)


def test_a_file_beside_it_that_says_nothing(new_csid, mail_server, folder):
    csid = new_csid(config=config(folder, mail_server=mail_server))
    owe(csid)
    csid.advance(NOON)
    csid.stop()
    mark = csid.database.with_name("csid.db.sent")
    assert mark.read_text().split()[1].startswith("2017-09-01T")
    for text in (b"", b"hello", b"\0\n", b"x" * 5000):
        mark.write_bytes(text)
        csid.start(NOON)
        assert not first_warning(csid).startswith(COPY), text
        csid.stop()


def test_a_moved_file(new_csid, folder):
    csid = new_csid()
    csid.stop()
    (folder / "elsewhere").mkdir()
    for file in folder.glob("csid.db*"):
        file.rename(folder / "elsewhere" / file.name)
    old, csid.database = csid.database, folder / "elsewhere" / "csid.db"
    csid.write_config()
    csid.start()
    assert f"was last used as {old.resolve()}" in first_warning(csid)
    assert csid.ctl("adopt", json=True)["is_copy"] is True
    assert meta(csid)["path"] == str(csid.database.resolve())


def test_a_path_through_a_link_is_the_same(new_csid, folder):
    csid = new_csid()
    csid.stop()
    (folder / "link").symlink_to(folder)
    csid.database = folder / "link" / "csid.db"
    csid.write_config()
    csid.start()
    assert not first_warning(csid).startswith(COPY)


def test_an_upgrade_is_told_where_it_is(new_csid):
    csid = new_csid()
    known = meta(csid)
    csid.stop()
    with opened(csid.database) as db:
        db.execute("DELETE FROM meta WHERE key IN ('machine', 'path')")
    csid.start()
    assert meta(csid) == known and set(known) == {"machine", "path"}
    assert not first_warning(csid).startswith(COPY)


def machine_id():
    with open("/etc/machine-id", encoding="ascii") as file:
        return file.read().strip()


def test_the_machines_id_stands_nowhere(new_csid):
    csid = new_csid()
    assert len(meta(csid)["machine"]) == 32 != machine_id()
    assert machine_id() not in csid.database_dump()


@own_mounts
def test_a_machine_without_an_id(new_csid, folder):
    """A container: what the system does not say cannot differ, and the path still tells."""
    csid = new_csid()
    csid.stop()
    empty = folder / "machine-id"
    empty.write_text("")
    plain = csid.command_line
    csid.command_line = lambda: ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/machine-id && exec "$@"', str(empty), *plain()]
    csid.start()
    assert not first_warning(csid).startswith(COPY)
    csid.stop()
    set_meta(csid, "path", "/srv/old/csid.db")
    csid.start()
    assert first_warning(csid).startswith(COPY)


def test_only_an_administrator_adopts(new_csid):
    csid = new_csid(config={"access": {"admin": [], "officer": [harness.me()]}})
    done = csid.ctl("adopt", check=False)
    assert done.returncode == 4 and "administrator" in done.stderr
