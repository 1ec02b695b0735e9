"""Fixtures of the system tests. Each test has scratch folders and processes of its own; ports are
ephemeral and on loopback; what csid said is printed when a test fails."""

import contextlib
import os
import random

import pytest

import harness

# What is drawn at random is the same in each run, so that a source which passed yesterday passes today; the nightly
# sizes draw anew. Set before the workers are started, which inherit it: all must collect the same tests.
os.environ.setdefault("CSID_SEED", str(random.randrange(1 << 32)) if os.environ.get("CSID_LONG") else "2016")

CSIDS = pytest.StashKey()


@pytest.fixture
def folder():
    """An empty scratch folder with a short name."""
    path = harness.scratch()
    yield path
    harness.remove(path)


@pytest.fixture
def new_csid(request, folder):
    """Makes csids: new_csid(clock=…, config=…, start=True, folder=…). Those still running at the end of
    the test are ended in order, which must work."""
    made = []

    def make(clock="2017-09-01T06:00:00Z", config=None, start=True, args=(), env=None, folder=folder):
        one = harness.Csid(folder, clock, config, args, env)
        made.append(one)
        request.node.stash.setdefault(CSIDS, []).append(one)
        return one.start() if start else one

    with contextlib.ExitStack() as ends:
        yield make
        for one in made:
            ends.callback(one.stop)


@pytest.fixture
def csid(new_csid):
    """A csid started on an empty database at 07:00 local time on Friday 1 September 2017."""
    return new_csid()


@pytest.fixture
def bromley(csid):
    """The same with the 2016 plan, as at 31 August 2017."""
    csid.import_plan()
    return csid


@pytest.fixture
def mail_server():
    server = harness.MailServer()
    yield server
    server.stop()


@pytest.fixture
def receiver():
    server = harness.Receiver()
    yield server
    server.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for one in item.stash.get(CSIDS, []):
            report.sections.append((f"csid in {one.folder}", one.stderr[-20000:]))
