"""Mails against Python's parser: what goes in as names, subjects and Markdown comes out of its headers and of
both parts. What is asked is drawn from CSID_SEED, which a failure prints; CSID_LONG draws anew, and more."""

import datetime
import email
import email.header
import email.policy
import email.utils
import html.parser
import io
import os
import random
import re
import subprocess

import pytest

import harness

PROBE = harness.BUILD / "tests" / "tools" / "mail_probe"
SEED = int(os.environ["CSID_SEED"])
MAILS = 10000 if os.environ.get("CSID_LONG") else 300
PUNCTUATION = r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"""
# ASCII, Latin, Greek, combining, Hebrew and Arabic (right to left), Thai, CJK, symbols, emoji, private use
RANGES = [(0x21, 0x7e)] * 4 + [(0xa1, 0x24f), (0x370, 0x3ff), (0x300, 0x36f), (0x5d0, 0x5ea), (0x620, 0x64a),
                               (0xe01, 0xe3a), (0x4e00, 0x9fa5), (0x2190, 0x22ff), (0x1f300, 0x1f64f),
                               (0xe000, 0xe0ff), (0x10000, 0x1007f), (0x10fff0, 0x10fffd)]
TRICKY = ["From ", ".", "..", "=?UTF-8?Q?x?=", "=?", "?=", "\u00a0", "\u2028", "\u202eabc", "\u200d", "5.12", "#1", "1.",
          "- ", "|a|b|", "---", "~~~", "<b>", "&amp;", "a@b", "\"", "\\", "(c)", "x" * 90, "😀" * 30, "é" * 77,
          "http://a.example/_b_?c=*d*"]


def word(dice):
    if dice.random() < 0.25:
        return dice.choice(TRICKY)
    low, high = dice.choice(RANGES)
    return "".join(chr(dice.randint(low, high)) for _ in range(dice.choice((1, 3, 8, 8, 30, 120))))


def line(dice, most):
    return (dice.choice((" ", " ", "  ")).join(word(dice) for _ in range(dice.randint(1, most)))).strip(" ")


def escaped(text):
    return "".join("\\" + c if c in PUNCTUATION else c for c in text)


def paragraphs(dice):
    """Blocks of lines, as text. Cmark takes blanks at both ends of a line away, and so do we."""
    return [[line(dice, 12) for _ in range(dice.randint(1, 4))] for _ in range(dice.randint(1, 5))]


def build(mails):
    sent = b"".join(b"%d\n%s" % (len(data), data) for fields in mails for data in map(str.encode, fields))
    out = io.BytesIO(subprocess.run([PROBE], input=sent, capture_output=True, check=True,
                                    env=harness.environment()).stdout)
    answers = []
    while head := out.readline().rstrip():
        assert head.isdigit(), f"refused: {head.decode()}"
        answers.append(out.read(int(head)))
    assert len(answers) == len(mails)
    return answers


class Text(html.parser.HTMLParser):
    """The text of an HTML part's body, blocks apart."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.blocks, self.open = [], False
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        if tag == "p":
            self.blocks.append("")
            self.open = True

    def handle_endtag(self, tag):
        if tag == "p":
            self.open = False

    def handle_data(self, data):
        if self.open:
            self.blocks[-1] += data


def address(dice):
    local = "".join(dice.choice("abcxyz0189.+-'") for _ in range(dice.randint(1, 20)))
    local = re.sub(r"\.+", ".", local).strip(".") or "a"
    return f"{local}@{dice.choice(['bromley.example', 'localhost', 'a-b.c-d.example', 'x' * 60 + '.example'])}"


def drawn(dice):
    parts = paragraphs(dice)
    mail = {"from": (line(dice, 2).replace("<", "").replace(">", "").replace('"', "").strip(" "), address(dice)),
            "to": address(dice), "to_name": line(dice, 6) if dice.random() < 0.9 else "",
            "reply_to": address(dice) if dice.random() < 0.5 else "", "subject": line(dice, 12),
            "id": f"{dice.getrandbits(128):032x}@bromley.example",
            "thread": "thread.1@bromley.example" if dice.random() < 0.5 else "",
            "blocks": parts, "date": dice.randint(0, 4_000_000_000)}
    name, addr = mail["from"]
    fields = [f'"{name}" <{addr}>'.replace("\\", "\\\\") if name else addr, mail["to"], mail["to_name"], mail["reply_to"],
              mail["subject"], mail["id"], mail["thread"],
              "\n\n".join("\n".join(escaped(one) for one in block) for block in parts), str(mail["date"])]
    return mail, fields


def check_bytes(raw):
    raw.decode("ascii")
    assert raw.endswith(b"\r\n")
    for one in raw.split(b"\r\n"):
        assert not re.search(rb"[\x00-\x1f\x7f]", one)
        assert not one.startswith((b".", b"From "))
        # an address cannot be folded
        assert len(one) <= 78 or b"@" in one and b" " not in one.strip(), one
        assert len(one) <= 998
    for encoded in re.findall(rb"=\?UTF-8\?B\?[^?]*\?=", raw.split(b"\r\n\r\n", 1)[0]):
        assert len(encoded) <= 75


def who(raw, field):
    """Name and address of a field. By the older of Python's two readers: the newer (3.11) leaves the blank
    between two encoded words of a name standing."""
    value = email.message_from_bytes(raw, policy=email.policy.compat32)[field]
    name, addr = email.utils.parseaddr(re.sub(r"\r\n(?=[ \t])", "", value))
    return str(email.header.make_header(email.header.decode_header(name))), addr


def test_python_reads_what_was_written():
    print(f"CSID_SEED={SEED}")
    dice = random.Random(SEED)
    asked = [drawn(dice) for _ in range(MAILS)]
    for (mail, _), raw in zip(asked, build([fields for _, fields in asked])):
        check_bytes(raw)
        read = email.message_from_bytes(raw, policy=email.policy.default)
        assert read["Subject"] == mail["subject"]
        assert who(raw, "From") == mail["from"]
        assert who(raw, "To") == (mail["to_name"], mail["to"])
        assert (who(raw, "Reply-To")[1] if mail["reply_to"] else read["Reply-To"]) == (mail["reply_to"] or None)
        assert read["Message-ID"].strip() == f"<{mail['id']}>"
        assert read["In-Reply-To"] == (f"<{mail['thread']}>" if mail["thread"] else None)
        assert read["Date"].datetime == datetime.datetime.fromtimestamp(mail["date"], datetime.timezone.utc)
        assert read["Auto-Submitted"] == "auto-generated"
        assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain",
                                                                     "text/html"]
        assert not [d for part in read.walk() for d in part.defects]
        want = ["\n".join(block) for block in mail["blocks"]]
        plain = read.get_body(("plain",)).get_content().replace("\r\n", "\n")
        assert plain == "\n\n".join(want) + "\n"
        page = read.get_body(("html",)).get_content().replace("\r\n", "\n")
        assert Text(page).blocks == want


@pytest.mark.parametrize("field,value", [
    (4, "x\r\nBcc: everyone@x.example"), (4, "x\ny"), (2, "a\rb"), (0, "a <b@c>\r\n"), (1, "a@b\r\nRCPT TO:<x@y>"),
    (3, "a@b\n"), (5, "a@b\r\nX: y"), (6, "a@b>\r\n"), (4, "\x00"), (4, "\x7f"), (4, "\x9b31m"), (1, "no at"),
])
def test_refused(field, value):
    fields = ["csid@x.example", "a@x.example", "A", "", "S", "id@x.example", "", "text", "0"]
    build([fields])
    fields[field] = value
    if value == "\x00":
        return  # a C string ends there: the rest never arrives
    with pytest.raises(AssertionError, match="refused"):
        build([fields])
