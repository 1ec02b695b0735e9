"""The interface and notices.md to the letter, part four: webhooks, mail, retries, what was under way."""

import base64
import contextlib
import hashlib
import hmac
import re
import socket
import socketserver
import sqlite3
import threading
import time
from datetime import datetime, timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from harness import MailServer

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, yes").decode()
SEEN = ("2017-09-01T07:30:00Z", 1504251000)  # half past eight at Bromley
HOURS = (2, 5, 10, 14, 20, 24)


def board(receiver, **more):
    """An endpoint of one event, so that what it hears can be counted; events=[]: of all."""
    return {"name": "board", "url": receiver.url, "format": "standard", "secret_file": "secret", "allow": ["127.0.0.0/8"],
            "events": ["csi.action.overdue"], **more}


def with_board(new_csid, folder, hook, plan=True, **config):
    (folder / "secret").write_text(SECRET + "\n")
    csid = new_csid(config={"webhooks": [{**hook, "secret_file": str(folder / "secret")}], **config})
    if plan:
        csid.import_plan()
    return csid


def verify(request):
    """Standard Webhooks, from its text: base64 of HMAC-SHA256 over id.timestamp.body."""
    head = request.headers
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + request.body
    mine = base64.b64encode(hmac.new(base64.b64decode(SECRET[6:]), signed, hashlib.sha256).digest()).decode()
    assert f"v1,{mine}" in head["webhook-signature"].split(" ")


def calls(csid):
    return [n for n in csid.ctl("notice", "list", json=True)["items"] if n["channel"] == "webhook:board"]


def attempts(csid, notice):
    return [a["started_at"] for a in csid.ctl("notice", "show", str(notice["id"]), json=True)["attempt_list"]]


def offsets(times):
    at = [datetime.fromisoformat(t) for t in times]
    return [int((b - a).total_seconds()) for a, b in zip(at, at[1:])]


# -- webhooks ------------------------------------------------------------------------------------


def test_one_signed_call_for_a_run(new_csid, folder, receiver):
    csid = with_board(new_csid, folder, board(receiver))
    csid.advance("2017-09-01T08:00:00Z")
    (request,) = receiver.requests
    verify(request)
    assert request.method == "POST" and request.headers["content-type"].startswith("application/json")
    assert request.headers["webhook-timestamp"] == str(SEEN[1])
    body = request.json()
    assert (body["type"], body["timestamp"]) == ("csi.action.overdue", SEEN[0]) and set(body) == {"type", "timestamp", "data"}
    data = body["data"]
    assert (data["plan"], data["as_at"], data["count"], len(data["items"])) == ("bromley-2016", "2017-09-01", 165, 50)
    (row,) = calls(csid)
    assert (row["state"], row["to"], row["event"], row["attempts"]) == ("accepted", "board", "csi.action.overdue", 1)
    assert row["message_id"] == request.headers["webhook-id"], "constant"
    csid.advance("2017-09-04T08:00:00Z")
    assert len(receiver.requests) == 2 and receiver.requests[1].headers["webhook-id"] != row["message_id"]


@pytest.mark.parametrize("events,got", [
    (["csi.deadline.due"], ["csi.deadline.due"]), (["csi.visit.ahead"], ["csi.visit.ahead"]),
    ([], ["csi.action.overdue", "csi.deadline.due", "csi.import", "csi.visit.ahead"])])
def test_events(new_csid, folder, receiver, events, got):
    csid = with_board(new_csid, folder, board(receiver, events=events))
    for role in ("director", "programme-office"):
        csid.ctl("role", "assign", role, "--name", role, "--email", f"{role}@x.example")
    csid.ctl("deadline", "add", "R", "--due", "2017-09-08", "--role", "director")
    csid.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-08", "--to", "2017-09-08")
    csid.advance("2017-09-01T08:00:00Z")
    assert sorted(r.json()["type"] for r in receiver.requests) == got


def test_webhook_retries_each_at_its_own_instant(new_csid, folder, receiver):
    receiver.script.say("POST", *[500] * 20)
    csid = with_board(new_csid, folder, board(receiver))
    csid.advance("2017-09-01T07:30:04Z")
    assert len(receiver.requests) == 1
    csid.advance("10d")
    delays = [5, 300, 1800, *(h * 3600 for h in HOURS)]
    stamps = [int(r.headers["webhook-timestamp"]) for r in receiver.requests if r.headers["webhook-id"] ==
              receiver.requests[0].headers["webhook-id"]]
    assert [b - a for a, b in zip(stamps, stamps[1:])] == delays[:len(stamps) - 1] and len(stamps) >= 9
    first = calls(csid)[0]
    assert offsets(attempts(csid, first)) == delays[:len(stamps) - 1]
    mine = [r for r in receiver.requests if r.headers["webhook-id"] == first["message_id"]]
    assert len({r.body for r in mine}) == 1, "the same bytes each time"
    for request in mine:
        verify(request)


@pytest.mark.parametrize("status,after,wait", [(429, "120", 120), (503, "120", 120), (503, "1", 5), (429, "999999", 86400),
                                               (500, "120", 5)])
def test_retry_after(new_csid, folder, receiver, status, after, wait):
    receiver.script.say("POST", (status, {"Retry-After": after}, b""))
    csid = with_board(new_csid, folder, board(receiver))
    csid.advance("2017-09-03T00:00:00Z")
    (row,) = calls(csid)
    assert offsets(attempts(csid, row)) == [wait] and row["state"] == "accepted"


def test_gone_disables_and_says_so(new_csid, folder, receiver):
    receiver.script.say("POST", 410)
    csid = with_board(new_csid, folder, board(receiver))
    csid.advance("2017-09-05T08:00:00Z")
    assert len(receiver.requests) == 1
    assert {n["state"] for n in calls(csid)} <= {"failed", "held", "queued"}
    assert "webhook:board" in csid.ctl("status").stdout and "410" in csid.ctl("status").stdout
    assert csid.get("/healthz").json()["status"] == "degraded"


@pytest.mark.parametrize("location", [301, 302, 307, 308])
def test_redirects_are_failures(new_csid, folder, receiver, location):
    receiver.script.say("POST", (location, {"Location": receiver.url + "/elsewhere"}, b""))
    csid = with_board(new_csid, folder, board(receiver))
    csid.advance("2017-09-01T07:30:01Z")
    assert len(receiver.requests) == 1 and calls(csid)[0]["state"] == "retry"


def test_addresses_are_vetted(new_csid, folder, receiver):
    """https://127.0.0.1 without `allow` is refused at the socket, and said so; http is at the check."""
    hook = board(receiver, url=receiver.url.replace("http:", "https:") + "/T0PSECRET", allow=[])
    csid = with_board(new_csid, folder, hook)
    csid.advance("2017-09-01T08:00:00Z")
    assert receiver.requests == []
    (row,) = calls(csid)
    shown = csid.ctl("notice", "show", str(row["id"]))
    assert row["state"] == "retry" and "not public" in shown.stdout and "allow" in shown.stdout
    for text in (shown.stdout, csid.ctl("status").stdout, csid.ctl("notice", "list").stdout, csid.stderr, csid.database_dump()):
        assert "T0PSECRET" not in text
    csid.stop()
    csid.write_config({"webhooks": [{**board(receiver, allow=[]), "secret_file": str(folder / "secret")}]})
    done = csid.to_its_end("--check")
    assert done.returncode == 78 and "http" in done.stderr and "allow" in done.stderr


def test_secret_file_is_required(new_csid, folder, receiver):
    csid = new_csid(start=False)
    for hook in ({k: v for k, v in board(receiver).items() if k != "secret_file"}, board(receiver, secret_file="none")):
        csid.write_config({"webhooks": [hook]})
        done = csid.to_its_end("--check")
        assert done.returncode == 78 and re.search(r"csid\.yaml:\d+:\d+: .*secret", done.stderr)


# -- mail ----------------------------------------------------------------------------------------


def told(new_csid, url, when="2017-09-01T08:00:00Z", **mail):
    csid = new_csid(config={"mail": {"url": url, **mail}})
    csid.ctl("role", "assign", "director", "--name", "Dee Rector", "--email", "dcs@example.gov.uk")
    csid.ctl("deadline", "add", "R", "--due", "2017-09-29", "--role", "director")
    if when:
        csid.advance(when)
    return csid


def test_sent_by_the_relay(new_csid, mail_server):
    csid = told(new_csid, mail_server.url)
    (got,) = mail_server.received
    assert (got.sender, got.recipients) == ("csi@bromley.example", ["dcs@example.gov.uk"])
    (row,) = csid.ctl("notice", "list", "--state", "accepted", json=True)["items"]
    assert f"<{row['message_id']}>" == got.message["Message-ID"]
    assert "queued as" in csid.ctl("notice", "show", str(row["id"])).stdout, "proof of delivery: the server's words"
    assert "no relay" not in csid.ctl("status").stdout


def test_mail_retries_each_at_its_own_instant(new_csid, mail_server):
    """1, 5, 15, 30 min, 1 h, 2 h, then every 4 h, give or take a tenth, until the step is overtaken."""
    mail_server.script.say("RCPT", *["451 4.3.0 try later"] * 200)
    csid = told(new_csid, mail_server.url, "2017-09-09T00:00:00Z")
    row = csid.ctl("notice", "list", json=True)["items"][0]
    waits = offsets(attempts(csid, row))
    due = [60, 300, 900, 1800, 3600, 7200] + [14400] * len(waits)
    assert len(waits) >= 20 and all(0.9 * d <= w <= 1.1 * d for d, w in zip(due, waits))
    assert len(set(waits[6:])) > 1, "spread"
    assert row["state"] in ("expired", "failed")
    last = datetime.fromisoformat(attempts(csid, row)[-1])
    assert last <= datetime.fromisoformat(SEEN[0]) + timedelta(days=5, hours=12), "5 days, give or take a tenth"


def test_advance_returns_when_every_attempt_due_by_then_has_ended(new_csid, mail_server):
    mail_server.script.stall("DOT")
    csid = told(new_csid, mail_server.url, None)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (csid.advance("2017-09-01T08:00:00Z"), done.set()), daemon=True)
    thread.start()
    mail_server.wait_step("DOT")
    assert not done.wait(0.3) and csid.ctl("clock", "show", json=True)
    mail_server.script.release()
    thread.join(20)
    assert done.is_set() and csid.ctl("notice", "list", json=True)["items"][0]["state"] == "accepted"


@pytest.mark.parametrize("step", ["MAIL", "DATA", "DOT"])
def test_what_was_under_way_at_a_kill_goes_again_byte_for_byte(new_csid, mail_server, step):
    csid = told(new_csid, mail_server.url, None)
    mail_server.script.stall(step)
    threading.Thread(target=lambda: csid.ctl("clock", "advance", "--to", "2017-09-01T08:00:00Z", check=False), daemon=True).start()
    mail_server.wait_step(step)
    with sqlite3.connect(f"file:{csid.database}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM attempt WHERE ended_at IS NULL").fetchall() == [(1,)], "before any network I/O"
    csid.kill()
    mail_server.script.release()
    csid.start("2017-09-01T08:00:00Z")
    csid.advance("1s")
    (row,) = csid.ctl("notice", "list", "--state", "accepted", json=True)["items"]
    assert row["attempts"] == 2 and mail_server.received
    assert len({r.raw for r in mail_server.received}) == 1
    outcomes = [a["outcome"] for a in csid.ctl("notice", "show", str(row["id"]), json=True)["attempt_list"]]
    assert outcomes == ["in-doubt", "accepted"]


def test_webhook_under_way_at_a_kill(new_csid, folder, receiver):
    csid = with_board(new_csid, folder, board(receiver))
    receiver.script.stall("POST")
    threading.Thread(target=lambda: csid.ctl("clock", "advance", "2h", check=False), daemon=True).start()
    deadline = time.monotonic() + 10
    while not receiver.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    csid.kill()
    receiver.script.release()
    csid.start("2017-09-01T08:00:00Z")
    csid.advance("1s")
    first, second = receiver.requests
    assert first.body == second.body and first.headers["webhook-id"] == second.headers["webhook-id"]
    verify(second)


def test_a_stalled_mail_server_never_delays_the_socket(new_csid, mail_server):
    """All four connections are held, and stay so until 200 answers have come."""
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    csid.import_plan()
    mail_server.script.stall("DOT")
    thread = threading.Thread(target=lambda: csid.ctl("clock", "advance", "--to", "2017-09-01T08:00:00Z", check=False), daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while mail_server.steps.count("DOT") < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert mail_server.connections == 4 and mail_server.steps.count("DOT") == 4
    assert all(csid.get("/v1/status").status == 200 for _ in range(200))
    assert mail_server.connections == 4 and mail_server.steps.count("DOT") == 4 and not mail_server.received
    mail_server.script.release()
    thread.join(30)
    assert len(mail_server.received) == len({r.raw for r in mail_server.received}) == 10


# -- TLS and AUTH, as far as loopback shows ------------------------------------------------------


def authenticate(known):
    def check(server, session, envelope, mechanism, data):
        login = getattr(data, "login", b""), getattr(data, "password", b"")
        return AuthResult(success=login == known, handled=False)
    return check


@pytest.mark.parametrize("lacking", [[], ["PLAIN"], ["LOGIN"]], ids=["both", "LOGIN alone", "PLAIN alone"])
def test_auth_on_loopback(new_csid, folder, lacking):
    (folder / "password").write_text("pass word\n")
    server = MailServer(auth_require_tls=False, auth_required=True, authenticator=authenticate((b"csi", b"pass word")),
                        auth_exclude_mechanism=lacking)
    try:
        told(new_csid, server.url, username="csi", password_file=str(folder / "password"))
        assert len(server.received) == 1
    finally:
        server.stop()


def test_no_auth_offered_is_an_error_not_a_mail(new_csid, folder, mail_server):
    (folder / "password").write_text("pass\n")
    csid = told(new_csid, mail_server.url, username="csi", password_file=str(folder / "password"))
    assert mail_server.received == [] and not {"RCPT", "DATA"} & set(mail_server.steps)
    assert "channel mail is held" in csid.ctl("status").stdout and "AUTH" in csid.ctl("status").stdout
    assert csid.get("/healthz").json()["status"] == "degraded"
    (row,) = csid.ctl("notice", "list", json=True)["items"][:1]
    assert row["state"] in ("held", "queued", "retry"), "the channel's state, not the message's"


def test_refused_login_holds_the_channel(new_csid, folder):
    (folder / "password").write_text("wrong\n")
    server = MailServer(auth_require_tls=False, auth_required=True, authenticator=authenticate((b"csi", b"right")))
    try:
        csid = told(new_csid, server.url, username="csi", password_file=str(folder / "password"))
        assert server.received == [] and "535" in csid.ctl("status").stdout
        assert "wrong" not in csid.ctl("status").stdout + csid.stderr
    finally:
        server.stop()


def own_address():
    """An address of this host that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        with contextlib.suppress(OSError):
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
    return None


def test_beyond_loopback_nothing_goes_in_the_clear(new_csid):
    address = own_address()
    if not address or address.startswith("127."):
        pytest.skip("no address but loopback")
    heard = []

    class Relay(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 relay ESMTP\r\n")
            for line in self.rfile:
                heard.append(line.split()[0].upper())
                self.wfile.write(b"250 relay\r\n")

    with socketserver.ThreadingTCPServer((address, 0), Relay) as relay:
        relay.daemon_threads = True
        threading.Thread(target=relay.serve_forever, args=(0.05,), daemon=True).start()
        csid = told(new_csid, f"smtp://{address}:{relay.server_address[1]}")
        assert b"EHLO" in heard and not {b"MAIL", b"RCPT", b"DATA", b"AUTH"} & set(heard), heard
        assert "channel mail is held" in csid.ctl("status").stdout
        relay.shutdown()


# -- restarts and the test clock -----------------------------------------------------------------


def test_an_earlier_test_clock_repeats_nothing(bromley):
    bromley.advance("2017-09-04T08:00:00Z")
    mails, runs = len(bromley.mails()), bromley.ctl("schedule", "history", "overdue", json=True)["items"]
    bromley.stop()
    bromley.start("2017-09-01T06:00:00Z")
    assert bromley.now() == "2017-09-01T06:00:00Z"
    bromley.advance("2017-09-04T08:00:00Z")
    assert len(bromley.mails()) == mails
    assert bromley.ctl("schedule", "history", "overdue", json=True)["items"] == runs
    assert "suspect" not in bromley.ctl("status").stdout
    bromley.advance("2017-09-05T08:00:00Z")
    assert len(bromley.mails()) > mails


def test_a_later_test_clock_is_downtime_made_good_at_once(bromley):
    bromley.advance("2017-09-01T08:00:00Z")
    mails = len(bromley.mails())
    bromley.stop()
    bromley.start("2017-09-06T10:00:00Z")
    bromley.advance("1s")
    assert len(bromley.mails()) == 2 * mails, "latest: one mail for all of it"
    rows = bromley.ctl("schedule", "history", "overdue", json=True)["items"]
    assert [r["state"] for r in rows[:3]] == ["done", "coalesced", "coalesced"]
    assert rows[0]["late_by"] == 9000 and all(r["reason"] for r in rows if r["state"] == "coalesced")


def test_a_schedule_first_seen_has_no_past(csid):
    csid.write_config({"schedules": [{"name": "new", "check": "deadlines", "cron": "0 * * * *"}]})
    csid.ctl("reload")
    assert csid.ctl("schedule", "list", json=True)["items"][0]["next"] == "2017-09-01T07:00:00Z"
    csid.advance("2017-09-01T08:30:00Z")
    assert [r["nominal"] for r in csid.ctl("schedule", "history", "new", json=True)["items"]] == [
        "2017-09-01T09:00", "2017-09-01T08:00"]


def test_what_is_due_is_done_at_once_on_starting(bromley):
    """Nobody asks for it, nor does the clock pass."""
    bromley.stop()
    bromley.start("2017-09-01T08:00:00Z")
    deadline = time.monotonic() + 10
    while len(bromley.mails()) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(bromley.mails()) == 10
    (row,) = bromley.ctl("schedule", "history", "overdue", json=True)["items"]
    assert (row["state"], row["late_by"]) == ("done", 1800)


def test_status_names_every_channel(new_csid, folder, receiver):
    receiver.script.say("POST", 410)
    csid = with_board(new_csid, folder, board(receiver))
    assert [(c["name"], c["state"]) for c in csid.ctl("status", json=True)["channels"]] == [("mail", "up"), ("webhook:board", "up")]
    csid.advance("2017-09-01T08:00:00Z")
    channels = {c["name"]: c for c in csid.ctl("status", json=True)["channels"]}
    assert channels["webhook:board"]["state"] == "held" and "410" in channels["webhook:board"]["reason"]
    assert f"no relay configured: mail stays in {csid.maildir}" in csid.ctl("status").stdout


def test_status_warns_of_a_statutory_check_that_nobody_runs(new_csid):
    csid = new_csid(config={"schedules": [{"name": "overdue", "check": "actions-overdue", "cron": "30 8 * * 1-5"}]})
    assert "deadlines" in str(csid.ctl("status", json=True)["warnings"])
    assert len(csid.ctl("schedule", "list", json=True)["items"]) == 1, "a list given replaces the shipped one whole"
