"""The bodies of calls as Python reads them: every event type of csid.yaml(5) in every format, and titles that
try to be more than text."""

import json
import re
import subprocess

import pytest

import harness
from test_webhooks import objects, texts

PROBE = harness.BUILD / "tests" / "tools" / "webhook_probe"
FORMATS = ("standard", "cloudevents", "teams", "slack")
PING = re.compile(r"<[!@#]|<at>|<https?:")


def probe(*words):
    done = subprocess.run([PROBE, *map(str, words)], capture_output=True, check=True, env=harness.environment())
    return done.stdout


def manual_events():
    page = (harness.TOP / "doc" / "csid.yaml.5").read_text().split(".SH EVENTS")[1].split(".SH ")[0]
    return re.findall(r"^\.B (csi\.\S+)$", page.replace("\\-", "-"), re.M)


def test_the_manual_lists_what_there_is():
    assert manual_events() == probe().decode().split()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_event(kind):
    for event in manual_events():
        for count in (1, 2, 3000):
            raw = probe(kind, event, count, "Review the thresholds", "note")
            body = json.loads(raw)
            if kind == "standard":
                assert body == {"type": event, "timestamp": "2017-09-01T08:30:00Z", "data": {"n": 1}}
            elif kind == "cloudevents":
                assert body["type"] == event and body["specversion"] == "1.0" and body["subject"]
                assert re.fullmatch(r"/csid/[A-Za-z0-9%._~-]+", body["source"]) and body["data"] == {"n": 1}
                assert re.fullmatch(r"[a-z0-9]+", "".join(body)), "names of attributes (CloudEvents 1.0, 3)"
            else:
                said = list(texts(body))
                assert any(t.startswith(f"{count} ") for t in said) and any("csictl " in t for t in said), said
                assert any("Review the thresholds" in t for t in said) and any("31 days over" in t for t in said)
                assert (count > 10) == any(t == f"and {count - 10} more" for t in said)
                assert len(raw) <= 21000


def test_what_is_to_be_typed_can_be():
    rows = {c.words: c for c in harness.commands.read()[0]}
    for event in manual_events():
        typed = list(texts(json.loads(probe("teams", event, 2, "x"))))[-1].split()
        assert typed[0] == "csictl"
        words = next(" ".join(typed[1:n]) for n in range(4, 1, -1) if " ".join(typed[1:n]) in rows)
        options = [w for w in typed if w.startswith("--") and w != "--dry-run"]
        assert rows[words].method == "GET" or "--dry-run" in typed
        assert all(f"[{o}" in rows[words].arguments for o in options), typed


@pytest.mark.parametrize("kind", ["teams", "slack"])
@pytest.mark.parametrize("title", [
    "<!channel> <!here> <!everyone> <@U012AB3CD> <#C1> <https://evil.example|click>", "<at>Everyone</at>",
    "[click](https://evil.example) **b** _i_ `c` ~s~ # h", "{{DATE(2017-01-01T00:00:00Z,SHORT)}} {{{", "\x1b[31m\x07\x7f",
    "\u202ereversed\u202c \u2066x\u2069", "&amp;lt; & &lt;", "a\nb\rc\td", '"quoted" \\ back', "\U0001f40c" * 1500, "x" * 4000,
    '"' * 4000, "<" * 4000])
def test_titles_stay_text(kind, title):
    raw = probe(kind, "csi.action.overdue", 165, title, title)
    body = json.loads(raw)
    said = list(texts(body))
    assert not any(re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", t) for t in said)
    if kind == "slack":
        assert not any(PING.search(t) or "<" in t or ">" in t for t in said)
        assert not any(re.search(r"&(?!(amp|lt|gt);)", t) for t in said)
        blocks = body["blocks"]
        assert len(blocks) <= 50 and len(said[0]) <= 4000
        for o in objects(blocks):
            if o.get("type") in ("plain_text", "mrkdwn"):
                assert 0 < len(o["text"]) <= 3000
            if o.get("type") == "header":
                assert len(o["text"]["text"]) <= 150
            if o.get("type") == "mrkdwn":
                assert o["text"].startswith("`csictl ")
    else:
        assert len(raw) <= 21000
        kinds = {o["type"] for o in objects(body) if "type" in o}
        assert kinds == {"message", "AdaptiveCard", "RichTextBlock", "TextRun"}, "nothing reads Markdown"
        assert not any("{{" in t for t in said) and not any("entities" in o for o in objects(body))
    assert "165 actions are overdue" in said[0] and "csictl action list --overdue --plan dorset-2020" in said[-1]
