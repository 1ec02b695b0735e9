"""GOV.UK's own client for Node.js beside csid, against the same stand-in: what they ask with is the same, but for the
words. The client is fetched from the npm registry into the build folder: `make check-peers`, no part of check."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "system"))
import harness  # noqa: E402
import notify_server as notify  # noqa: E402

WHERE, PACKAGE = harness.BUILD / "peers", "notifications-node-client"
pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="takes npm")

CLIENT = """
const {NotifyClient} = require('notifications-node-client');
const [base, key, template, to, reference, subject, body] = process.argv.slice(1);
const client = new NotifyClient(base, key);
(async () => {
  const sent = await client.sendEmail(template, to, {personalisation: {subject, body}, reference});
  const found = await client.getNotifications(undefined, undefined, reference);
  console.log(JSON.stringify({sent: sent.data, found: found.data}));
})().catch(e => { console.error(String(e), JSON.stringify(e.response && e.response.data)); process.exit(1); });
"""


@pytest.fixture
def server():
    one = notify.NotifyServer()
    yield one
    one.stop()


@pytest.fixture
def folder():
    path = harness.scratch()
    yield path
    harness.remove(path)


@pytest.fixture(scope="module")
def modules():
    """The folder that holds the client, fetched when it is not there."""
    if not (WHERE / "node_modules" / PACKAGE).is_dir():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", WHERE, PACKAGE], check=True,
                       timeout=300)
    return WHERE / "node_modules"


def ask_with_client(modules, server, to, reference, subject, body):
    done = subprocess.run(["node", "-e", CLIENT, server.base, notify.KEY, notify.TEMPLATE, to, reference, subject, body],
                          env={**os.environ, "NODE_PATH": str(modules)}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ask_with_csid(server, folder):
    """A mail whose first try is lost: posted, then asked for."""
    csid = harness.Csid(folder, config=notify.options(folder, server.base)).start()
    server.script.say("POST", notify.LOST)
    try:
        csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
        csid.ctl("deadline", "add", "Return", "--due", "2017-09-08", "--role", "director")
        csid.advance("2017-09-01T07:40:00Z")
        return csid.sql("SELECT message_id, subject FROM message WHERE channel = 'mail'")[0]
    finally:
        csid.stop()


def shape(value):
    """What a JSON value is made of."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


def test_the_same_is_asked(server, folder, modules):
    message_id, subject = ask_with_csid(server, folder)
    posted, asked = server.asked
    body = posted.body["personalisation"]["body"]
    del server.asked[:]
    answer = ask_with_client(modules, server, "d@x.example", message_id, subject, body)
    theirs_posted, theirs_asked = server.asked

    for ours, theirs in ((posted, theirs_posted), (asked, theirs_asked)):
        assert (ours.method, ours.path) == (theirs.method, theirs.path)
        assert ours.header == theirs.header == {"typ": "JWT", "alg": "HS256"}
        assert set(ours.claims) == set(theirs.claims) == {"iss", "iat"}
        assert shape(ours.claims) == shape(theirs.claims) and ours.claims["iss"] == theirs.claims["iss"]
        assert ours.signed() and theirs.signed()
        assert re.fullmatch(r"Bearer [\w-]+\.[\w-]+\.[\w-]+", ours.headers["authorization"])
        assert re.fullmatch(r"Bearer [\w-]+\.[\w-]+\.[\w-]+", theirs.headers["authorization"])
    assert abs(theirs_posted.claims["iat"] - time.time()) < 60  # seconds, as ours are
    assert posted.body == theirs_posted.body and shape(posted.body) == shape(theirs_posted.body)
    assert posted.headers["content-type"] == theirs_posted.headers["content-type"] == "application/json"
    assert asked.query["reference"] == theirs_asked.query["reference"] == [message_id]
    # the stand-in's answers are such as their client can read
    assert answer["sent"]["reference"] == message_id and len(answer["found"]["notifications"]) == 2
