"""GOV.UK's own client for Node.js beside csid, against the same stand-in: what they ask with is the same, but for the
words."""

import json
import re
import time

import pytest

import harness
import notify_server as notify

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

# the library that Notify's client makes its tokens with
VERIFY = """
const jwt = require('jsonwebtoken');
const [token, secret, iss, iat] = process.argv.slice(1);
const as = secret => { try { return jwt.verify(token, secret, {algorithms: ['HS256'], issuer: iss, clockTimestamp: Number(iat),
                                                              maxAge: 30}); }
                       catch (e) { return e.message; } };
console.log(JSON.stringify([as(secret), as(secret + 'x')]));
"""


@pytest.fixture
def server():
    one = notify.NotifyServer()
    yield one
    one.stop()


def ask_with_client(node, server, to, reference, subject, body):
    return json.loads(node(CLIENT, server.base, notify.KEY, notify.TEMPLATE, to, reference, subject, body))


def ask_with_csid(server, folder):
    """A mail whose first try is lost: posted, then asked for."""
    csid = harness.Csid(folder, config=notify.options(folder, server.base)).start()
    server.script.say("POST", notify.LOST)
    try:
        csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
        csid.ctl("deadline", "add", 'Return "é" 😀 \\ שלום', "--due", "2017-09-08", "--role", "director")
        csid.advance("2017-09-01T07:40:00Z")
        return csid.sql("SELECT message_id, subject FROM message WHERE channel = 'mail'")[0]
    finally:
        csid.stop()


def shape(value):
    """What a JSON value is made of."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


def test_the_same_is_asked(server, folder, node):
    message_id, subject = ask_with_csid(server, folder)
    posted, asked = server.asked
    body = posted.body["personalisation"]["body"]
    del server.asked[:]
    answer = ask_with_client(node, server, "d@x.example", message_id, subject, body)
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


def test_its_library_verifies_our_tokens(server, folder, node):
    ask_with_csid(server, folder)
    assert [one.method for one in server.asked] == ["POST", "GET"]
    for one in server.asked:
        iat = one.claims["iat"]
        for later, verdict in ((0, one.claims), (29, one.claims), (31, "maxAge exceeded")):
            said = json.loads(node(VERIFY, one.token, notify.SECRET, notify.SERVICE, str(iat + later)))
            assert said == [verdict, "invalid signature"]
        assert json.loads(node(VERIFY, one.token, notify.SECRET, "another", str(iat)))[0].startswith("jwt issuer invalid")
