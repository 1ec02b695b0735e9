"""What csid signs, as the library of Standard Webhooks for JavaScript verifies it. No part of make check: it is
fetched from the npm registry into the build folder."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402

PACKAGE, WHERE = "standardwebhooks@1.1.1", harness.BUILD / "peers" / "standardwebhooks"
OLD, NEW, OTHER = ("whsec_" + base64.b64encode(word * 4).decode() for word in (b"old-key!", b"new-key!", b"another!"))
# the library wants a timestamp of about now, and csid goes by a test clock
VERIFY = """
const {Webhook} = require("standardwebhooks");
const {secret, headers, body} = JSON.parse(require("fs").readFileSync(0));
Date.now = () => 1000 * Number(headers["webhook-timestamp"]);
try { console.log(JSON.stringify(new Webhook(secret).verify(Buffer.from(body, "base64").toString(), headers))); }
catch (e) { console.log(JSON.stringify({refused: e.message})); }
"""


@pytest.fixture(scope="module")
def library():
    if not (WHERE / "node_modules" / "standardwebhooks").exists():
        WHERE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", WHERE, PACKAGE], check=True,
                       timeout=120)
    return WHERE


@pytest.fixture
def csid():
    folder = harness.scratch()
    (folder / "new").write_text(NEW)
    (folder / "old").write_text(OLD)
    one = harness.Csid(folder)
    yield one
    one.stop()
    harness.remove(folder)


@pytest.fixture
def receiver():
    server = harness.Receiver()
    yield server
    server.stop()


def verified(library, secret, request):
    told = {"secret": secret, "headers": request.headers, "body": base64.b64encode(request.body).decode()}
    done = subprocess.run(["node", "-e", VERIFY], input=json.dumps(told), capture_output=True, text=True, cwd=library, check=True,
                          timeout=60)
    return json.loads(done.stdout)


def test_calls_are_verified(library, csid, receiver):
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
                assert verified(library, secret, request)["type"] == "csi.test"
            else:
                assert "refused" in verified(library, secret, request)
    request.body = request.body.replace(b"csi.test", b"csi.tesT")
    assert "refused" in verified(library, NEW, request)
