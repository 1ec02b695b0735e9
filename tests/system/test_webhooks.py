"""Endpoints: the four formats as a receiver gets them, secrets that change over, endpoints that stay away,
and csictl webhook."""

import base64
import hashlib
import hmac
import json
import re
from email.utils import format_datetime
from datetime import datetime, timezone

import pytest

from harness import BROMLEY_2016, Receiver, text_of

OLD, NEW = ("whsec_" + base64.b64encode(word * 4).decode() for word in (b"old-key!", b"new-key!"))
PROBED = ("standard", "cloudevents", "teams", "slack")
HOSTILE = "<!channel> <@U1> *bold* [click](https://evil.example) {{DATE(2017-09-01T00:00:00Z)}} \u202egnp.exe & <b>"


@pytest.fixture
def receivers():
    made = {name: Receiver() for name in PROBED}
    yield made
    for one in made.values():
        one.stop()


def hook(receiver, folder, name="board", **more):
    return {"name": name, "url": receiver.url + "/S3CRETPATH", "allow": ["127.0.0.0/8"],
            "secret_file": str(folder / "secret"), **more}


@pytest.fixture
def secret(folder):
    (folder / "secret").write_text(OLD + "\n")
    return folder / "secret"


def signed(request, key):
    head = request.headers
    text = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(base64.b64decode(key[6:]), text, hashlib.sha256).digest()).decode()


def texts(value):
    """Every text shown in a card or in blocks."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def objects(value):
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


# -- formats ---------------------------------------------------------------------------------------


def test_one_event_in_four_formats(new_csid, folder, receivers, secret):
    hooks = [hook(receivers[f], folder, f, format=f, events=["csi.action.overdue"],
                  **({} if f in ("standard", "cloudevents") else {"secret_file": ""})) for f in PROBED]
    receivers["teams"].script.say("POST", 202)
    csid = new_csid(config={"webhooks": hooks})
    csid.import_plan()
    csid.ctl("action", "add", "1.99", HOSTILE, "--priority", "1", "--due", "2012-01-02", "--yes")
    csid.advance("2017-09-01T07:31:00Z")
    got = {f: receivers[f].requests for f in PROBED}
    assert {f: len(got[f]) for f in PROBED} == dict.fromkeys(PROBED, 1)
    (standard,), (event,), (teams,), (slack,) = got.values()
    data = standard.json()["data"]
    assert data["items"][0]["ref"] == "1.99" and data["count"] == 166

    # CloudEvents 1.0, structured mode; signed by the same headers
    assert event.headers["content-type"] == "application/cloudevents+json"
    body = event.json()
    assert body["data"] == data and body["id"] == event.headers["webhook-id"] != standard.headers["webhook-id"]
    assert (body["specversion"], body["type"], body["time"]) == ("1.0", "csi.action.overdue", "2017-09-01T07:30:00Z")
    assert (body["source"], body["subject"], body["datacontenttype"]) == (
        "/csid/London%20Borough%20of%20Bromley", "bromley-2016", "application/json")
    assert event.headers["webhook-signature"] == signed(event, OLD)

    # Teams: one Adaptive Card 1.2 in a message
    assert teams.headers["content-type"] == "application/json" and len(teams.body) <= 21000
    assert "webhook-signature" not in teams.headers
    message = teams.json()
    (attached,) = message["attachments"]
    assert message["type"] == "message" and attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert all(o["type"] == "RichTextBlock" for o in card["body"]), "no block that reads Markdown"
    said = list(texts(card))
    assert said[0] == "166 actions are overdue" and "and 156 more" in said
    assert said[-1] == "csictl action list --overdue --plan bromley-2016"
    assert any(t.startswith("1.99 <!channel>") for t in said) and any("2 Jan 2012, 2069 days over" in t for t in said)
    assert not any("{{" in t or "\u202e" in t for t in said)
    (row,) = (n for n in csid.ctl("notice", "list", json=True)["items"] if n["to"] == "teams")
    (attempt,) = csid.ctl("notice", "show", str(row["id"]), json=True)["attempt_list"]
    assert "HTTP 202" in attempt["reply"] and "not said" in attempt["reply"]

    # Slack: text and blocks
    message = slack.json()
    said = list(texts(message))
    assert "166 actions are overdue" in said[0] and "csictl action list --overdue" in said[-1]
    assert not any(c in t for t in said for c in "<>\u202e"), said
    assert any("1.99 &lt;!channel&gt; &lt;@U1&gt; *bold*" in t for t in said)
    marked = [o["text"] for o in objects(message) if o.get("type") == "mrkdwn"]
    assert marked == ["`csictl action list --overdue --plan bromley-2016`"], "what others wrote is plain text"
    assert message["mrkdwn"] is False and 2 < len(message["blocks"]) <= 50
    assert all(len(o["text"]) <= 3000 for o in objects(message) if o.get("type") in ("plain_text", "mrkdwn"))
    assert all(len(b["text"]["text"]) <= 150 for b in message["blocks"] if b["type"] == "header")

    # the same bytes after a reload into another format
    receivers["slack"].script.say("POST", 500)
    csid.ctl("webhook", "redeliver", "slack", "--since", "2017-09-01T00:00:00Z")
    csid.advance("1s")
    csid.write_config({"webhooks": [hook(receivers["slack"], folder, "slack", format="cloudevents")]})
    csid.ctl("reload")
    csid.advance("10s")
    again = receivers["slack"].requests[1:]
    assert [r.body for r in again] == [slack.body] * 2 and {r.headers["content-type"] for r in again} == {"application/json"}


# -- secrets ---------------------------------------------------------------------------------------


def test_secrets_change_over(new_csid, folder, receiver, secret):
    csid = new_csid(config={"webhooks": [hook(receiver, folder)]})

    def call():
        csid.ctl("webhook", "test", "board")
        csid.advance("1s")
        return receiver.requests[-1]

    request = call()
    assert request.headers["webhook-signature"] == signed(request, OLD)
    (folder / "previous").write_text(OLD)
    secret.write_text(NEW)
    assert call().headers["webhook-signature"] == signed(receiver.requests[-1], OLD), "until it is read again"
    csid.write_config({"webhooks": [hook(receiver, folder, previous_secret_file=str(folder / "previous"))]})
    csid.ctl("reload")
    request = call()
    assert request.headers["webhook-signature"] == f"{signed(request, NEW)} {signed(request, OLD)}"
    csid.write_config({"webhooks": [hook(receiver, folder)]})
    csid.ctl("reload")
    request = call()
    assert request.headers["webhook-signature"] == signed(request, NEW)
    for key in (OLD, NEW):
        assert key[6:] not in csid.stderr + csid.database_dump()


# -- endpoints that stay away ----------------------------------------------------------------------


def troubles(csid):
    return [m for m in csid.mails() if "disabled" in text_of(m)]


def listed(csid):
    (row,) = csid.ctl("webhook", "list", json=True)["items"]
    return row


ADMINISTRATOR = {"mail": {"administrator": "it@bromley.example"}}


def test_five_days_of_failure_disable(new_csid, folder, receiver, secret):
    receiver.script.say("POST", *[500] * 200)
    csid = new_csid(config={"webhooks": [hook(receiver, folder, events=["csi.action.overdue"])], **ADMINISTRATOR})
    csid.import_plan()
    csid.advance("2017-09-06T07:29:00Z")
    assert not troubles(csid) and csid.get("/healthz").json()["status"] == "ok"
    assert (listed(csid)["state"], listed(csid)["failing_since"]) == ("up", "2017-09-01T07:30:00Z")
    csid.advance("2017-09-07T06:00:00Z")
    row, count = listed(csid), len(receiver.requests)
    assert row["state"] == "held" and row["held_by"] == "endpoint" and row["accepted_at"] is None
    assert "since 2017-09-01T07:30:00Z" in row["reason"] and "HTTP 500" in row["reason"] and row["waiting"] >= 1
    (mail,) = troubles(csid)
    assert mail["To"].endswith("it@bromley.example") or "it@bromley.example" in mail["To"]
    assert "webhook:board" in text_of(mail) and "csictl channel release webhook:board" in text_of(mail)
    assert csid.get("/healthz").json()["status"] == "degraded" and "every call has failed" in csid.ctl("status").stdout
    csid.advance("2017-09-16T06:00:00Z")
    csid.restart()
    csid.advance("2017-09-16T08:00:00Z")
    assert len(receiver.requests) == count and len(troubles(csid)) == 1, "left alone, and told once"
    waiting = listed(csid)["waiting"]
    receiver.script.answers.clear()
    states = {n["created_at"][:10]: n["state"] for n in csid.ctl("notice", "list", "--to", "board", json=True)["items"]}
    assert states["2017-09-07"] == "expired" and states["2017-09-15"] == "queued"
    csid.ctl("channel", "release", "board")
    csid.advance("1m")
    assert len(receiver.requests) == count + waiting and waiting >= 4, "what is still worth sending goes"
    assert (listed(csid)["state"], listed(csid)["failing_since"], listed(csid)["waiting"]) == ("up", None, 0)
    assert "S3CRETPATH" not in csid.stderr + csid.database_dump() + csid.ctl("webhook", "list").stdout


def test_one_answer_begins_the_five_days_anew(new_csid, folder, receiver, secret):
    receiver.script.say("POST", *[500] * 7, 200, *[500] * 200)
    csid = new_csid(config={"webhooks": [hook(receiver, folder, events=["csi.action.overdue"])], **ADMINISTRATOR})
    csid.import_plan()
    csid.advance("2017-09-07T09:00:00Z")
    assert listed(csid)["state"] == "up" and listed(csid)["failing_since"] > listed(csid)["accepted_at"] > "2017-09-02"


def test_gone_is_told_once(new_csid, folder, receiver, secret):
    receiver.script.say("POST", 410)
    csid = new_csid(config={"webhooks": [hook(receiver, folder)], **ADMINISTRATOR})
    csid.ctl("webhook", "test", "board")
    csid.advance("1s")
    assert listed(csid)["held_by"] == "endpoint" and "410" in listed(csid)["reason"]
    assert [m["To"] for m in troubles(csid)] == ["it@bromley.example"]
    done = csid.ctl("webhook", "test", "board")
    assert "held" in done.stdout and "410" in done.stdout
    csid.ctl("reload")
    csid.advance("2d")
    assert len(receiver.requests) == 1 and len(troubles(csid)) == 1


@pytest.mark.parametrize("seconds,wait", [(120, 120), (-30, 5), (3 * 86400, 86400)])
def test_retry_after_as_a_date(new_csid, folder, receiver, secret, seconds, wait):
    """By csid's clock, whatever the system's says."""
    at = datetime.fromtimestamp(1504251000 + seconds, timezone.utc)
    receiver.script.say("POST", (503, {"Retry-After": format_datetime(at, usegmt=True)}, b""))
    csid = new_csid(clock="2017-09-01T07:30:00Z", config={"webhooks": [hook(receiver, folder)]})
    csid.ctl("webhook", "test", "board")
    csid.advance("1s")
    (row,) = csid.ctl("notice", "list", json=True)["items"]
    next_at = csid.ctl("notice", "show", str(row["id"]), json=True)["next_at"]
    assert datetime.fromisoformat(next_at).timestamp() == 1504251000 + wait


# -- csictl webhook --------------------------------------------------------------------------------


def test_list_test_and_redeliver(new_csid, folder, receiver, secret):
    csid = new_csid(config={"webhooks": [hook(receiver, folder, events=["csi.visit.ahead", "csi.deadline.due"])]})
    shown = csid.ctl("webhook", "list")
    assert "csi.visit.ahead, csi.deadline.due" in shown.stdout and "S3CRET" not in shown.stdout
    url = receiver.url.removesuffix("/hook")
    assert listed(csid) == {"name": "board", "format": "standard", "url": url + "/…",
                            "events": "csi.visit.ahead, csi.deadline.due", "state": "up", "held_by": None, "reason": None,
                            "accepted_at": None, "failing_since": None, "waiting": 0}
    csid.ctl("webhook", "test", "board", "--dry-run")
    assert not csid.ctl("notice", "list", json=True)["items"]
    made = csid.ctl("webhook", "test", "board", json=True)
    done = csid.ctl("webhook", "test", "board")
    assert re.search(r"csictl notice show \d+", done.stdout + done.stderr)
    csid.advance("1s")
    assert made["hint"] == f"csictl notice show {made['notice']}"
    first, second = receiver.requests
    assert first.json()["type"] == "csi.test" and "Nothing is to be done" in first.json()["data"]["items"][0]["text"]
    assert csid.ctl("notice", "show", str(made["notice"]), json=True)["state"] == "accepted"
    assert csid.ctl("notice", "why", str(made["notice"])).returncode == 0
    assert listed(csid)["accepted_at"] == "2017-09-01T06:00:00Z"

    csid.advance("2h")
    csid.ctl("webhook", "test", "board")
    csid.advance("1s")
    for since, count in (("2017-09-01T07:00:00Z", 1), ("2017-09-01T06:00:00Z", 3), ("2017-09-01T09:00:00Z", 0)):
        tried = csid.ctl("webhook", "redeliver", "board", "--since", since, "--dry-run", json=True)
        assert tried["messages"] == count and len(receiver.requests) == 3
    assert csid.ctl("webhook", "redeliver", "board", "--since", "2017-09-01T06:00:00Z", json=True)["messages"] == 3
    csid.advance("1s")
    again = receiver.requests[3:]
    assert [(r.headers["webhook-id"], r.body) for r in again] == [
        (r.headers["webhook-id"], r.body) for r in receiver.requests[:3]]
    assert {r.headers["webhook-timestamp"] for r in again} != {r.headers["webhook-timestamp"] for r in receiver.requests[:3]}
    assert csid.ctl("journal", "verify").returncode == 0
    refused = csid.ctl("notice", "retry", str(made["notice"]), check=False)
    assert refused.returncode == 5 and "accepted" in refused.stderr
    for words in (("test", "bord"), ("redeliver", "bord", "--since", "today")):
        done = csid.ctl("webhook", *words, check=False)
        assert done.returncode == 3 and "did you mean board?" in done.stderr
    assert csid.ctl("webhook", "redeliver", "board", check=False).returncode == 2


def test_what_has_failed_and_expired_is_redelivered(new_csid, folder, receiver, secret):
    receiver.script.say("POST", *[500] * 10)
    csid = new_csid(config={"webhooks": [hook(receiver, folder)]})
    csid.ctl("webhook", "test", "board")
    csid.advance("4d")
    (row,) = csid.ctl("notice", "list", json=True)["items"]
    assert (row["state"], row["attempts"]) == ("failed", 10)
    csid.advance("4d")
    receiver.script.say("POST", 500)
    assert csid.ctl("webhook", "redeliver", "board", "--since", "2017-09-01T07:00:00Z", json=True)["messages"] == 1, \
        "it had not failed before then"
    csid.advance("1m")
    (row,) = csid.ctl("notice", "list", "--to", "board", json=True)["items"]
    assert listed(csid)["state"] == "up", "who redelivers has mended something"
    assert (row["state"], row["attempts"]) == ("accepted", 2), "with the delays from the first on"
    assert len({r.body for r in receiver.requests}) == 1 and len({r.headers["webhook-id"] for r in receiver.requests}) == 1


# -- reports and imports ---------------------------------------------------------------------------


def test_reports_on_their_schedule(new_csid, folder, receivers, secret):
    """An endpoint that takes csi.report.exceptions hears on Tuesday what csictl report says; once a day, and that
    there is none where there is none."""
    board, card = receivers["standard"], receivers["teams"]
    csid = new_csid(config={"webhooks": [
        hook(board, folder, events=["csi.report.position", "csi.report.exceptions"]),
        hook(card, folder, "card", format="teams", events=["csi.report.position"], secret_file="")]})
    csid.advance("2017-09-05T08:00:00Z")
    assert not board.requests, "there is no plan"
    csid.import_plan()
    csid.advance("2017-09-12T08:00:00Z")
    csid.ctl("check", "run", "report-exceptions")
    csid.advance("1m")
    position, exceptions = sorted((r.json() for r in board.requests), key=lambda body: body["type"], reverse=True)
    assert (position["type"], exceptions["type"]) == ("csi.report.position", "csi.report.exceptions")

    shown = csid.ctl("report", "position", json=True)
    data = position["data"]
    assert (data["plan"], data["as_at"], data["count"]) == ("bromley-2016", "2017-09-12", 1)
    (one,) = data["items"]
    assert {k: one[k] for k in ("plan", "actions", "due", "due_percent", "past_due", "ratings")} == {
        k: shown[k] for k in ("plan", "actions", "due", "due_percent", "past_due", "ratings")}

    listed = csid.ctl("report", "exceptions", json=True)["items"]
    data = exceptions["data"]
    assert (data["plan"], data["as_at"], data["count"]) == ("bromley-2016", "2017-09-12", len(listed)) and len(listed) == 23
    fields = ("plan", "ref", "title", "owner", "rating", "due_on", "days_over")
    assert [{k: x[k] for k in fields} for x in data["items"]] == [{k: x[k] for k in fields} for x in listed]

    said = list(texts(card.requests[0].json()))
    assert said[0] == "1 plan as it stands" and said[-1] == "csictl report position --plan bromley-2016"
    assert any("298 of 306 actions due, 165 past due and not complete; Red 23, Amber 142, Green 133" in t for t in said)

    for notice in csid.ctl("notice", "list", "--about", "run:report-position", json=True)["items"]:
        why = csid.ctl("notice", "why", str(notice["id"]), json=True)
        assert (why["next_to"], why["next_at"]) == (notice["to"], "2017-09-19T07:30:00Z")

    for x in listed:
        csid.ctl("action", "update", x["ref"], "--rating", "green")
    csid.advance("2017-09-19T08:00:00Z")
    last = [r.json() for r in board.requests if r.json()["type"] == "csi.report.exceptions"][-1]
    assert len(board.requests) == 4 and last["data"]["count"] == 0 and last["data"]["items"] == []


def test_a_report_that_no_schedule_makes_is_missed(new_csid, folder, receiver, secret):
    """A list of schedules from before there were reports replaces all: the endpoint would wait for ever."""
    both = ["csi.report.exceptions", "csi.report.position"]
    csid = new_csid(config={
        "schedules": [{"name": name, "check": name, "cron": "30 8 * * 1"} for name in ("report-position", "vacancies")],
        "webhooks": [hook(receiver, folder, "all"), hook(receiver, folder, events=both)]})
    said = [w["text"] for w in csid.ctl("status", json=True)["warnings"] if "csi.report" in w["text"]]
    assert said == ["no schedule runs the check report-exceptions, so that the endpoint board never hears of "
                    "csi.report.exceptions: add one under schedules in csid.yaml"]


def test_a_report_that_nobody_takes_is_counted(bromley):
    ran = bromley.ctl("schedule", "run", "exceptions", json=True)
    assert {k: ran[k] for k in ("findings", "notices", "messages")} == {"findings": 23, "notices": 0, "messages": 0}
    bromley.advance("2017-09-05T08:00:00Z")
    rows = bromley.ctl("schedule", "history", "position", json=True)["items"]
    assert [row["findings"] for row in rows] == [1]


def test_reports_of_several_plans(new_csid, folder, receivers, secret):
    """One call about all of them, whose command says that it wants a plan; what stands in a title is shown as it is."""
    board, card = receivers["standard"], receivers["teams"]
    events = ["csi.report.position", "csi.report.exceptions"]
    csid = new_csid(config={"webhooks": [
        hook(board, folder, events=events),
        hook(card, folder, "card", format="teams", events=events, secret_file="")]})
    for plan, parts, rating in (("one", ("a", "b"), "red"), ("two", ("",), "green")):
        rows = folder / f"{plan}.csv"
        lines = [f'1.1,{part},"{HOSTILE}",2017-08-01,{rating}' for part in parts]
        rows.write_text("\n".join(["ref,part,action,due,rating", *lines]), encoding="utf-8")
        csid.ctl("plan", "import", str(rows), "--title", HOSTILE, "--yes")
    for check in ("report-position", "report-exceptions"):
        csid.ctl("check", "run", check)
    csid.advance("1s")

    position, exceptions = (r.json()["data"] for r in board.requests)
    assert (position["plan"], position["count"], [i["plan"] for i in position["items"]]) == (None, 2, ["one", "two"])
    assert (exceptions["plan"], exceptions["count"]) == (None, 2)
    assert [(i["part"], i["title"]) for i in exceptions["items"]] == [("a", HOSTILE), ("b", HOSTILE)]
    for request, report, headline, heads in (
            (card.requests[0], "position", "2 plans as they stand", ("one ", "two ")),
            (card.requests[1], "exceptions", "2 exceptions, off track", ("one:1.1 ",))):
        said = list(texts(request.json()))
        assert said[0] == headline, "of parts of an action each is one"
        assert said[-1] == f"csictl report {report} --plan SLUG"
        assert all(any(t.startswith(head) for t in said) for head in heads)
        csid.ctl(*said[-1].replace("SLUG", "two").split()[1:])


def test_an_import_is_told_at_once(new_csid, folder, receivers, secret):
    board = receivers["standard"]
    csid = new_csid(config={"webhooks": [hook(board, folder, events=["csi.import"])]})
    csid.ctl("plan", "import", str(BROMLEY_2016), "--as-at", "2017-08-31", "--dry-run")
    csid.import_plan()
    csid.import_plan()  # the same rows: nothing comes of them
    rows = BROMLEY_2016.read_text(encoding="utf-8").splitlines()
    changed = folder / "changed.csv"
    changed.write_text("\n".join([rows[0], rows[2].replace(",amber,", ",red,", 1)]), encoding="utf-8")
    csid.ctl("plan", "import", str(changed), "--plan", "bromley-2016", "--as-at", "2017-08-30")
    csid.advance("1s")
    first, second = (r.json()["data"] for r in board.requests)
    assert (first["plan"], first["as_at"], first["count"], len(first["items"])) == ("bromley-2016", "2017-08-31", 306, 50)
    assert first["items"][0] == {"plan": "bromley-2016", "ref": "1.01", "added": True, "change": "new"}
    assert (second["as_at"], second["count"]) == ("2017-08-30", 1) and second["items"][0]["added"] is False
