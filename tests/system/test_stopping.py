"""Stopping while something is under way."""

import contextlib
import os
import signal
import time
from pathlib import Path


def polls(csid):
    """How many epolls csid has open: libmicrohttpd's goes when http is closed, the loop's later."""
    count = 0
    for fd in Path(f"/proc/{csid.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since the folder was read
            count += os.readlink(fd) == "anon_inode:[eventpoll]"
    return count


def test_a_mail_that_ends_in_the_last_moment_is_still_written_down(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-09-02", "--role", "director")
    mail_server.script.stall("DOT")
    csid.ctl("schedule", "run", "deadlines")
    mail_server.wait_step("DOT")
    before, deadline = polls(csid), time.monotonic() + 5
    csid.process.send_signal(signal.SIGTERM)
    while polls(csid) == before:
        assert time.monotonic() < deadline
    mail_server.script.release()
    assert csid.ended() == 0
    assert csid.sql("SELECT state FROM message") == [("accepted",)]
    csid.process = None
