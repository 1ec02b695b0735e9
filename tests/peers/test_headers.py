"""Nodemailer's mailparser and Python's email read the same headers and parts out of a thousand mails, and both what was
put in. What is asked is drawn anew in each run; a failure prints the seed, CSID_SEED repeats it."""

import base64
import email
import email.policy
import json
import random

from test_mail_oracle import SEED, build, drawn, who

MAILS = 1000
READ = """
const {simpleParser} = require('mailparser');
const one = field => field ? field.value.map(v => [v.name, v.address])[0] : null;
(async () => {
  for (const raw of JSON.parse(require('fs').readFileSync(0))) {
    const m = await simpleParser(Buffer.from(raw, 'base64'), {skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true});
    console.log(JSON.stringify({
      lines: m.headerLines.map(h => h.line), subject: m.subject, from: one(m.from), to: one(m.to), reply_to: one(m.replyTo),
      id: m.messageId, thread: m.inReplyTo || null, date: m.date.getTime() / 1000, text: m.text, html: m.html,
      type: m.headers.get('content-type').value, attached: m.attachments.length}));
  }
})();
"""


def theirs(node, mails):
    out = node(READ, input=json.dumps([base64.b64encode(m).decode() for m in mails]))
    return [json.loads(row) for row in out.rstrip("\n").split("\n")]  # not at a U+2028


def body(m, kind):
    return m.get_body((kind,)).get_content().replace("\r\n", "\n")  # as mailparser writes the ends of lines


def ours(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    lines = raw.split(b"\r\n\r\n", 1)[0].decode().replace("\r\n ", "\n ").split("\r\n")
    return {"lines": [one.replace("\n ", "\r\n ") for one in lines], "subject": str(m["Subject"]), "from": list(who(raw, "From")),
            "to": list(who(raw, "To")), "reply_to": list(who(raw, "Reply-To")) if m["Reply-To"] else None,
            "id": m["Message-ID"].strip(), "thread": m["In-Reply-To"], "date": int(m["Date"].datetime.timestamp()),
            "text": body(m, "plain"), "html": body(m, "html"), "type": m.get_content_type(),
            "attached": 0}


def test_a_thousand_mails(node):
    print(f"CSID_SEED={SEED}")
    dice = random.Random(SEED)
    asked = [drawn(dice) for _ in range(MAILS)]
    mails = build([fields for _, fields in asked])
    for (want, _), raw, read in zip(asked, mails, theirs(node, mails), strict=True):
        assert read == ours(raw), raw
        assert read["subject"] == want["subject"], raw
        assert read["from"] == list(want["from"]) and read["to"] == [want["to_name"], want["to"]], raw
