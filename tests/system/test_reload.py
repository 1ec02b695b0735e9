"""Reading the configuration again beside what is under way, and when the database is not to be written."""

import contextlib
import signal
import sqlite3
import time

BAD_SHEET = b"ref,priority,action\n1.1,one,Refused for its priority\n"


@contextlib.contextmanager
def held_up(csid):
    """A database that takes no writer but us."""
    with contextlib.closing(sqlite3.connect(csid.database, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


def test_sighup_beside_an_import_takes_effect_even_if_that_is_refused(csid):
    csid.write_config({"organisation": "Elsewhere"})
    with csid.connect() as importing:
        with held_up(csid):
            importing.sendall(b"POST /v1/plans/import?plan=p HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                              % (len(BAD_SHEET), BAD_SHEET))
            for _ in range(3):  # by then the worker has it
                csid.get("/healthz")
            csid.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 5
            while "reload: waits" not in csid.stderr:
                assert time.monotonic() < deadline and csid.get("/healthz").status == 200
            assert csid.get("/v1/status").json()["organisation"] == "London Borough of Bromley"
        assert b" 422 " in importing.recv(65536)
    assert csid.get("/v1/status").json()["organisation"] == "Elsewhere"


def test_reload_that_cannot_be_written_leaves_all_as_it_was(csid):
    before = csid.get("/v1/status").json()
    csid.write_config({"organisation": "Elsewhere", "mail": {"url": "smtp://127.0.0.1:9"}})
    with held_up(csid):
        assert csid.request("POST", "/v1/reload").status in (503, 507)
    after = csid.get("/v1/status").json()
    assert (after["organisation"], after["mail"]) == (before["organisation"], before["mail"])
    csid.ctl("reload")
    assert csid.get("/v1/status").json()["organisation"] == "Elsewhere"
