"""The courier against Postfix's smtp-sink, which refuses, delays and hangs up where it is told to."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402
from test_courier import Outbox  # noqa: E402

SINK = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
pytestmark = pytest.mark.skipif(not SINK, reason="there is no smtp-sink here")


@pytest.fixture
def sink():
    started = []

    def start(*options):
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        started.append(subprocess.Popen([SINK, "-u", harness.me(), *options, f"127.0.0.1:{port}", "16"], stdout=subprocess.DEVNULL))
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return f"smtp://127.0.0.1:{port}"
            except OSError:
                assert time.monotonic() < deadline

    yield start
    for one in started:
        one.kill()
        one.wait()


@pytest.fixture
def outbox():
    folder = harness.scratch()
    yield Outbox(folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize("options,state", [
    ((), "accepted"), (("-e",), "accepted"), (("-p", "-8", "-a"), "accepted"), (("-W", ".:2"), "accepted"),
    (("-w", "1"), "accepted"), (("-f", "ehlo"), "accepted"),
    (("-f", "ehlo,helo"), "queued"), (("-f", "connect"), "queued"), (("-f", "mail"), "queued"), (("-f", "rcpt"), "failed"),
    (("-f", "data"), "failed"), (("-f", "."), "failed"),
    (("-r", "connect"), "queued"), (("-r", "mail"), "retry"), (("-r", "rcpt"), "retry"), (("-r", "data"), "retry"),
    (("-r", "."), "retry"),
    (("-q", "connect"), "queued"), (("-q", "ehlo"), "queued"), (("-q", "mail"), "retry"), (("-q", "rcpt"), "retry"),
    (("-q", "data"), "retry"), (("-q", "."), "in-doubt"), (("-Q", "data"), "retry"), (("-Q", "."), "retry"),
], ids=lambda v: " ".join(v) if isinstance(v, tuple) else v)
def test_where_it_refuses(outbox, sink, options, state):
    (row,) = outbox.run(sink(*options), *outbox.add())
    assert row["state"] == state, row


def test_many(outbox, sink):
    rows = outbox.run(sink("-m", "4"), *[w for i in range(60) for w in outbox.add(f"p{i}@x.example")])
    assert {r["state"] for r in rows} == {"accepted"} and {r["attempts"] for r in rows} == {1}
