"""Nodemailer's mailparser and Python's email read the same headers out of a thousand mails, and both what was put in."""

import base64
import email
import email.header
import email.utils
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("CSID_SEED", str(random.SystemRandom().randrange(2 ** 32)))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402
from test_mail_oracle import SEED, build, line  # noqa: E402

MODULES = harness.BUILD / "peers" / "node_modules"
pytestmark = pytest.mark.skipif(not (MODULES / "mailparser").exists(), reason="make check-peers fetches mailparser")
MAILS = 1000
READ = """
const {simpleParser} = require('mailparser');
(async () => {
  for (const raw of JSON.parse(require('fs').readFileSync(0))) {
    const m = await simpleParser(Buffer.from(raw, 'base64'));
    console.log(JSON.stringify([m.subject, m.from.value[0].name, m.from.value[0].address, m.to.value[0].name,
                                m.to.value[0].address, m.messageId, m.date.getTime() / 1000, m.inReplyTo || null]));
  }
})();
"""


def node(mails):
    out = subprocess.run(["node", "-e", READ], input=json.dumps([base64.b64encode(m).decode() for m in mails]), text=True,
                         capture_output=True, check=True, env={**os.environ, "NODE_PATH": str(MODULES)}).stdout
    return [json.loads(row) for row in out.rstrip("\n").split("\n")]  # not at a U+2028


def decoded(value):
    return str(email.header.make_header(email.header.decode_header(value)))


def python(raw):
    """By the old policy: the new one loses blanks between encoded words."""
    m = email.message_from_bytes(raw)
    sender, to = email.utils.parseaddr(m["From"]), email.utils.parseaddr(m["To"])
    return [decoded(m["Subject"]), decoded(sender[0]), sender[1], decoded(to[0]), to[1], m["Message-ID"],
            int(email.utils.parsedate_to_datetime(m["Date"]).timestamp()), m["In-Reply-To"]]


def plain(text):
    """Blanks between two encoded words or at a fold are told apart by neither; both trim."""
    return " ".join(text.split()) if isinstance(text, str) else text


def test_a_thousand_mails():
    dice, asked = random.Random(SEED), []
    for i in range(MAILS):
        asked.append(["csi@bromley.example", f"p{i}@x.example", line(dice, 5), "", line(dice, 12), f"id-{i}@bromley.example",
                      f"t-{i}@bromley.example" if i % 2 else "", "Text\n", str(1504251000 + i)])
    mails = build(asked)
    for want, raw, theirs in zip(asked, mails, node(mails), strict=True):
        ours = python(raw)
        assert list(map(plain, theirs)) == list(map(plain, ours)), (SEED, want)
        assert plain(ours[0]) == plain(want[4]) and plain(ours[3]) == plain(want[2]), (SEED, want)
