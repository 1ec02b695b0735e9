"""What csid signs, as the library of Standard Webhooks for JavaScript verifies it."""

import base64
import json

import pytest

import harness

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(word * 4).decode() for word in (b"old-key!", b"new-key!", b"another!"))
# the library wants a timestamp of about now, and csid goes by a test clock
VERIFY = """
const {Webhook} = require("standardwebhooks");
const {secret, headers, body} = JSON.parse(require("fs").readFileSync(0));
Date.now = () => 1000 * Number(headers["webhook-timestamp"]);
try { console.log(JSON.stringify(new Webhook(secret).verify(Buffer.from(body, "base64").toString(), headers))); }
catch (e) { console.log(JSON.stringify({refused: e.message})); }
"""


@pytest.fixture
def csid(folder):
    (folder / "new").write_text(NEW)
    (folder / "old").write_text(OLD)
    one = harness.Csid(folder)
    yield one
    one.stop()


@pytest.fixture
def receiver():
    server = harness.Receiver()
    yield server
    server.stop()


def verified(node, secret, request):
    told = {"secret": secret, "headers": request.headers, "body": base64.b64encode(request.body).decode()}
    return json.loads(node(VERIFY, input=json.dumps(told)))


def test_calls_are_verified(node, csid, receiver):
    def call(**secrets):
        hook = {"name": "board", "url": receiver.url, "allow": ["127.0.0.1"],
                **{key: str(csid.folder / file) for key, file in secrets.items()}}
        csid.write_config({"webhooks": [hook]})
        csid.ctl("reload") if csid.running else csid.start()
        csid.ctl("webhook", "test", "board")
        csid.advance("1s")
        return receiver.requests[-1]

    for secrets, good in (({"secret_file": "old"}, [OLD]),
                          ({"secret_file": "new", "previous_secret_file": "old"}, [NEW, OLD]),
                          ({"secret_file": "new"}, [NEW])):
        request = call(**secrets)
        for secret in (OLD, NEW, OTHER):
            if secret in good:
                assert verified(node, secret, request)["type"] == "csi.test"
            else:
                assert "refused" in verified(node, secret, request)
    request.body = request.body.replace(b"csi.test", b"csi.tesT")
    assert "refused" in verified(node, NEW, request)
