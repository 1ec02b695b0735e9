"""The courier against real servers, through tests/tools/courier_probe: one run carries what is due at a clock
that stands and says what became of each message."""

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import time

import pytest
from aiosmtpd.smtp import AuthResult

import harness

PROBE = harness.BUILD / "tests" / "tools" / "courier_probe"
NOW = 1504254600
SECRET = "whsec_" + base64.b64encode(b"a key of csid's test, 32 bytes!!").decode()
PATH = "/T0PSECRET?key=s3cr3tkey"
BODY = (b"From: csid <csid@bromley.example>\r\nSubject: 7 overdue\r\n\r\n"
        b"line\r\n=2E\r\n" + b"x" * 76 + b"\r\n\r\nend without more\r\n")


class Outbox:
    """A database and what the probe does with it."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.database = folder / "csid.db"
        self.said = ""

    def add(self, to="anna@bromley.example", channel="mail", body=BODY):
        self.count += 1
        file = self.folder / f"body{self.count}"
        file.write_bytes(body)
        return ["--add", channel, to, f"id-{self.count}@bromley.example", str(file)]

    def command(self, url, *more, now=NOW):
        return [str(PROBE), str(self.database), url, "--now", str(now), *map(str, more)]

    def run(self, url, *more, now=NOW, ok=True):
        done = subprocess.run(self.command(url, *more, now=now), capture_output=True, text=True, timeout=60,
                              env=harness.environment())
        self.said += done.stdout + done.stderr
        assert (done.returncode == 0) == ok, done.stderr
        assert not harness.SANITIZER_SAYS.search(done.stderr), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def outbox(folder):
    return Outbox(folder)


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def start_and_wait(outbox, server, word, *more):
    """A probe that has come to `word` of the dialogue."""
    process = subprocess.Popen(outbox.command(server.url, *more), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=harness.environment())
    server.wait_step(word)
    return process


# -- mail ----------------------------------------------------------------------------------------


def test_bytes_arrive_as_they_are(outbox, mail_server):
    every = [BODY, b"Subject: x\r\n\r\n" + b"\r\n" * 3000, b"Subject: y\r\n\r\n" + b"a" * 70 + b"\r\n",
             b"Subject: z\r\n\r\n" + b"0123456789abcde\r\n" * 100_000]
    adds = [word for i, body in enumerate(every) for word in outbox.add(f"p{i}@bromley.example", body=body)]
    rows = outbox.run(mail_server.url, *adds)
    assert [r["state"] for r in rows] == ["accepted"] * 4
    assert all(r["reason"].startswith("250 2.0.0 Ok: queued as") and r["attempts"] == 1 for r in rows)
    got = {r.recipients[0]: r for r in mail_server.received}
    for i, body in enumerate(every):
        assert got[f"p{i}@bromley.example"].raw == body
        assert got[f"p{i}@bromley.example"].sender == "csid@bromley.example"
        assert len(got[f"p{i}@bromley.example"].recipients) == 1


@pytest.mark.parametrize("step,answer,state,attempts", [
    ("RCPT", "550 5.1.1 no such user", "failed", 1),
    ("RCPT", "451 4.7.1 greylisted", "retry", 1),
    ("RCPT", "452 4.2.2 mailbox full", "retry", 1),
    ("RCPT", "421 4.7.0 too many", "retry", 1),
    ("DATA", "554 5.5.1 no", "failed", 1),
    ("DATA", "451 4.3.0 later", "retry", 1),
    ("DOT", "550 5.7.1 spam", "failed", 1),
    ("DOT", "452 4.3.1 no space", "retry", 1),
    ("DOT", "drop", "in-doubt", 1),
    ("DATA", "drop", "retry", 1),
    ("RCPT", "drop", "retry", 1),
    ("MAIL", "451 4.3.0 later", "retry", 1),
    ("MAIL", "550 5.7.1 not you", "queued", 0),
    ("CONNECT", "554 no service here", "queued", 0),
    ("CONNECT", "421 busy", "queued", 0),
    ("CONNECT", "drop", "queued", 0),
])
def test_refusals(outbox, mail_server, step, answer, state, attempts):
    mail_server.script.say(step, *[answer] * 3)
    (row,) = outbox.run(mail_server.url, *outbox.add())
    assert (row["state"], row["attempts"], row["rows"]) == (state, attempts, 1), row
    assert not mail_server.received
    if answer != "drop":
        assert answer[:3] in row["reason"], row
    if state in ("retry", "in-doubt") or answer[0] == "4" or step == "CONNECT":
        assert NOW + 54 <= row["next_at"] <= NOW + 66
    mail_server.script.answers.clear()
    if row["next_at"]:
        (early,) = outbox.run(mail_server.url, now=max(NOW, row["next_at"] - 1))
        if state == "queued":  # it waited for the channel, which each start tries anew
            assert early["state"] == "accepted"
        else:
            assert early["state"] == state and not mail_server.received
        (row,) = outbox.run(mail_server.url, now=row["next_at"])
        assert row["state"] == "accepted" and len(mail_server.received) == 1
        assert mail_server.received[0].raw == BODY


def test_sender_refused_holds_the_channel(outbox, mail_server):
    mail_server.script.say("MAIL", *["550 5.7.1 not you"] * 4)
    rows = outbox.run(mail_server.url, *outbox.add("a@x.example"), *outbox.add("b@x.example"))
    assert [r["state"] for r in rows] == ["queued", "queued"]
    assert "held" in outbox.said and "550 5.7.1 not you" in outbox.said
    assert len([s for s in mail_server.steps if s == "MAIL"]) <= 2


def test_five_days_of_retries_then_failed(outbox, mail_server):
    mail_server.script.say("RCPT", *["451 4.7.1 later"] * 60)
    (row,) = outbox.run(mail_server.url, *outbox.add())
    delays, now = [], NOW
    while row["state"] == "retry" and len(delays) < 60:
        delays.append(row["next_at"] - now)
        now = row["next_at"]
        (row,) = outbox.run(mail_server.url, now=now)
    published = [60, 300, 900, 1800, 3600, 7200] + [14400] * 60
    assert all(0.9 * p <= d <= 1.1 * p for d, p in zip(delays, published)), delays
    assert row["state"] == "failed" and "given up after 36 attempts" in row["reason"]
    assert 4.5 * 86400 < now - NOW < 5.5 * 86400


def test_dead_server_burns_no_attempt_and_stops_the_queue(outbox, mail_server):
    dead = f"smtp://127.0.0.1:{closed_port()}"
    adds = [w for i in range(20) for w in outbox.add(f"p{i}@x.example")]
    rows = outbox.run(dead, *adds)
    assert {(r["state"], r["attempts"]) for r in rows} == {("queued", 0)}
    assert sum(r["rows"] for r in rows) <= 8, "every message met the same dead server"
    assert len({r["next_at"] for r in rows}) == 1
    rows = outbox.run(mail_server.url, now=rows[0]["next_at"])
    assert {(r["state"], r["attempts"]) for r in rows} == {("accepted", 1)}


def test_unknown_host(outbox):
    (row,) = outbox.run("smtp://no-such-host.invalid:25", *outbox.add())
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert "no-such-host.invalid" in row["reason"]


def test_without_tls_nothing_leaves_the_machine(outbox, mail_server):
    url = mail_server.url.replace("127.0.0.1", "0.0.0.0")  # reaches the same server, but is no loopback name
    (row,) = outbox.run(url, *outbox.add(), "--user", "csid", "s3cr3tpass")
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert "held" in outbox.said and "MAIL" not in mail_server.steps
    assert "s3cr3tpass" not in outbox.said


def test_user_without_auth_offered(outbox, mail_server):
    (row,) = outbox.run(mail_server.url, *outbox.add(), "--user", "csid", "s3cr3tpass")
    assert row["state"] == "queued" and "offers no AUTH" in row["reason"]
    assert not mail_server.received and "DOT" not in mail_server.steps


@pytest.mark.parametrize("right", [True, False])
def test_auth(outbox, right):
    seen = []

    def authenticator(server, session, envelope, mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=right, handled=False)

    server = harness.MailServer(authenticator=authenticator, auth_require_tls=False, auth_required=True)
    try:
        rows = outbox.run(server.url, *outbox.add("a@x.example"), *outbox.add("a@x.example"), "--user", "csid",
                          "s3cr3tpass")
    finally:
        server.stop()
    assert seen[0] == (b"csid", b"s3cr3tpass")
    assert [r["state"] for r in rows] == (["accepted"] * 2 if right else ["queued"] * 2)
    assert ("535" in rows[0]["reason"]) == (not right)
    assert "s3cr3tpass" not in outbox.said
    assert base64.b64encode(b"\0csid\0s3cr3tpass").decode() not in outbox.said


def test_one_connection_is_kept_and_421_on_it_is_no_attempt(outbox, mail_server):
    mail_server.script.say("MAIL", None, "421 4.4.2 idle too long", None)
    rows = outbox.run(mail_server.url, *[w for _ in range(3) for w in outbox.add()])
    assert [(r["state"], r["attempts"], r["rows"]) for r in rows] == [("accepted", 1, 1)] * 3
    assert mail_server.connections == 2
    assert len(mail_server.received) == 3


def test_at_most_four_connections(outbox, mail_server):
    mail_server.script.stall("DOT")
    process = start_and_wait(outbox, mail_server, "DOT",
                             *[w for i in range(12) for w in outbox.add(f"p{i}@x.example")])
    deadline = time.monotonic() + 10
    while mail_server.steps.count("DOT") < 4:
        assert time.monotonic() < deadline
    mail_server.script.release()
    rows = [json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()]
    assert [r["state"] for r in rows] == ["accepted"] * 12
    assert mail_server.connections == 4


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_stalled_server_does_not_hold_up_the_end(outbox, mail_server, step):
    mail_server.script.stall(step)
    begun = time.monotonic()
    (row,) = outbox.run(mail_server.url, *outbox.add(), "--limit", 300)
    assert time.monotonic() - begun < 4
    doubtful = step == "DOT"  # before that it cannot have the mail
    assert (row["state"], row["attempts"]) == (("sending", 1) if doubtful else ("queued", 0))
    mail_server.script.release()
    (row,) = outbox.run(mail_server.url)
    assert (row["state"], row["attempts"]) == ("accepted", 2 if doubtful else 1)
    assert ("byte-identical" in outbox.said) == doubtful
    assert all(r.raw == BODY for r in mail_server.received)


def test_stalled_goodbye(outbox, mail_server):
    mail_server.script.stall("QUIT")
    begun = time.monotonic()
    (row,) = outbox.run(mail_server.url, *outbox.add())
    assert time.monotonic() - begun < 4
    assert row["state"] == "accepted"


def test_grace_lets_a_slow_server_finish(outbox, mail_server):
    mail_server.script.stall("DOT")
    process = start_and_wait(outbox, mail_server, "DOT", *outbox.add(), "--limit", 0, "--grace", 20000)
    mail_server.script.release()
    (row,) = [json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()]
    assert row["state"] == "accepted"


@pytest.mark.parametrize("step", ["MAIL", "DATA", "DOT"])
def test_killed_while_sending(outbox, mail_server, step):
    mail_server.script.stall(step)
    process = start_and_wait(outbox, mail_server, step, *outbox.add(), *outbox.add())
    process.kill()
    process.wait()
    mail_server.script.release()
    rows = outbox.run(mail_server.url, now=NOW + 1)
    assert [r["state"] for r in rows] == ["accepted"] * 2
    assert [r["attempts"] for r in rows] == [2, 1]
    assert {r.raw for r in mail_server.received} == {BODY}
    assert len(mail_server.received) in (2, 3)


# -- Maildir -------------------------------------------------------------------------------------


def test_maildir(outbox, folder):
    where = folder / "deep" / "mail"
    rows = outbox.run(f"maildir:{where}", *outbox.add("a@x.example"), *outbox.add("b@x.example"))
    assert [r["state"] for r in rows] == ["accepted"] * 2
    assert rows[0]["reason"] == f"no relay configured: mail stays in {where}"
    files = sorted((where / "new").iterdir())
    assert [f.read_bytes() for f in files] == [BODY, BODY]
    assert all(f.stat().st_mode & 0o777 == 0o600 for f in files)
    assert all(d.stat().st_mode & 0o777 == 0o700 for d in (where, *(where / s for s in ("new", "cur", "tmp"))))
    assert not list((where / "tmp").iterdir())


def test_maildir_that_is_a_file(outbox, folder):
    where = folder / "mail"
    where.write_text("not a folder")
    (row,) = outbox.run(f"maildir:{where}", *outbox.add())
    assert row["state"] == "queued" and str(where) in row["reason"]
    where.unlink()
    (row,) = outbox.run(f"maildir:{where}", now=row["next_at"])
    assert row["state"] == "accepted" and len(list((where / "new").iterdir())) == 1


def test_maildir_on_a_full_disk(outbox, folder):
    where = folder / "mail"
    where.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", where], capture_output=True)
    if mounted.returncode:
        pytest.skip("no mount here: " + mounted.stderr.decode())
    try:
        (where / "ballast").write_bytes(b"x" * 60_000)
        (row,) = outbox.run(f"maildir:{where}", *outbox.add(body=BODY * 200))
        assert row["state"] == "queued" and "No space left" in row["reason"]
        assert not [f for f in where.rglob("*.csid")], "a piece of a mail was left"
        (where / "ballast").unlink()
        (row,) = outbox.run(f"maildir:{where}", now=row["next_at"])
        assert row["state"] == "accepted"
        assert [f.read_bytes() for f in (where / "new").iterdir()] == [BODY * 200]
    finally:
        subprocess.run(["umount", where], check=True)


# -- webhooks ------------------------------------------------------------------------------------

HOOK = b'{"type":"csi.test","timestamp":"2017-09-01T08:30:00Z","data":{"n":1}}'


def hook(receiver, url=None, secret=SECRET, allow="127.0.0.0/8"):
    return ["--webhook", "board", url or receiver.url + PATH, secret, allow]


def signature(request):
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def call(outbox, receiver, *more, add=True, **options):
    """One run with a Maildir beside it; the webhook's rows."""
    adds = outbox.add("board", "webhook:board", HOOK) if add else []
    return outbox.run(f"maildir:{outbox.folder}/mail", *hook(receiver), *adds, *more, **options)


def check_secrets(outbox):
    for secret in ("T0PSECRET", "s3cr3tkey", SECRET.removeprefix("whsec_")):
        assert secret not in outbox.said
        for file in outbox.folder.glob("csid.db*"):
            assert secret.encode() not in file.read_bytes()


def test_signed_call(outbox, receiver):
    (row,) = call(outbox, receiver)
    assert (row["state"], row["attempts"], row["reason"]) == ("accepted", 1, "HTTP 200")
    (request,) = receiver.requests
    assert request.method == "POST" and request.path == "/hook" + PATH and request.body == HOOK
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("csid/")
    assert request.headers["webhook-id"] == row["id"]
    assert request.headers["webhook-timestamp"] == str(NOW)
    assert request.headers["webhook-signature"] == signature(request)
    check_secrets(outbox)


def test_each_attempt_is_signed_anew(outbox, receiver):
    receiver.script.say("POST", 500)
    (row,) = call(outbox, receiver)
    assert (row["state"], row["next_at"]) == ("retry", NOW + 5)
    (row,) = call(outbox, receiver, add=False, now=NOW + 5)
    assert row["state"] == "accepted"
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.headers["webhook-timestamp"] == str(NOW + 5)
    assert second.headers["webhook-signature"] == signature(second) != first.headers["webhook-signature"]
    assert first.body == second.body


@pytest.mark.parametrize("answer,state,delay,reason", [
    (204, "accepted", None, "HTTP 204"),
    (202, "accepted", None, "HTTP 202"),
    ((302, {"Location": "/elsewhere"}, b""), "retry", 5, "redirect"),
    ((307, {"Location": "http://169.254.169.254/"}, b""), "retry", 5, "redirect"),
    (400, "retry", 5, "HTTP 400"),
    (404, "retry", 5, "HTTP 404"),
    (500, "retry", 5, "HTTP 500"),
    ("drop", "retry", 5, "nothing"),
    ((503, {"Retry-After": "120"}, b""), "retry", 120, "HTTP 503"),
    ((429, {"Retry-After": "1"}, b""), "retry", 5, "HTTP 429"),
    ((429, {"Retry-After": "999999"}, b""), "retry", 86400, "HTTP 429"),
    ((500, {"Retry-After": "120"}, b""), "retry", 5, "HTTP 500"),
    ((503, {"Retry-After": "soon"}, b""), "retry", 5, "HTTP 503"),
    ((200, {}, b"x" * 5_000_000), "accepted", None, "HTTP 200"),
    ((500, {}, b"T0PSECRET" * 500_000), "retry", 5, "HTTP 500"),
])
def test_answers(outbox, receiver, answer, state, delay, reason):
    receiver.script.say("POST", answer)
    (row,) = call(outbox, receiver)
    assert row["state"] == state and reason in row["reason"].replace("returned nothing", "nothing").lower().replace(
        "http", "HTTP"), row
    assert row["next_at"] == (NOW + delay if delay else None)
    assert len(receiver.requests) == 1
    check_secrets(outbox)


def test_gone(outbox, receiver):
    receiver.script.say("POST", 410)
    rows = call(outbox, receiver, *outbox.add("board", "webhook:board", HOOK))
    assert [r["state"] for r in rows] == ["failed", "queued"]
    assert len(receiver.requests) == 1 and "410" in outbox.said
    check_secrets(outbox)


def test_published_delays_then_failed(outbox, receiver):
    receiver.script.say("POST", *[500] * 20)
    (row,) = call(outbox, receiver)
    delays, now = [], NOW
    while row["state"] == "retry" and len(delays) < 20:
        delays.append(row["next_at"] - now)
        now = row["next_at"]
        (row,) = call(outbox, receiver, add=False, now=now)
    hours = [2, 5, 10, 14, 20, 24]
    assert delays == [5, 300, 1800, *(h * 3600 for h in hours)]
    assert row["state"] == "failed" and row["attempts"] == 10 == len(receiver.requests)


def test_nobody_listens(outbox, receiver):
    url = f"http://127.0.0.1:{closed_port()}{PATH}"
    (row,) = outbox.run(f"maildir:{outbox.folder}/mail", *hook(None, url),
                        *outbox.add("board", "webhook:board", HOOK))
    assert (row["state"], row["next_at"], row["attempts"]) == ("retry", NOW + 5, 1)
    check_secrets(outbox)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433",
                                  "0x7f.1", "127.1"])
@pytest.mark.parametrize("allow", ["", "192.0.2.0/24"])
def test_the_machine_itself_is_out_of_reach(outbox, receiver, host, allow):
    port = receiver.url.split(":")[2].split("/")[0]
    (row,) = outbox.run(f"maildir:{outbox.folder}/mail", *hook(None, f"https://{host}:{port}{PATH}", allow=allow),
                        *outbox.add("board", "webhook:board", HOOK))
    assert row["state"] == "retry" and "not public" in row["reason"], row
    assert not receiver.requests
    check_secrets(outbox)


def test_http_only_into_listed_networks(outbox, receiver):
    (row,) = outbox.run(f"maildir:{outbox.folder}/mail", *hook(receiver, allow="192.0.2.1"),
                        *outbox.add("board", "webhook:board", HOOK))
    assert row["state"] == "retry" and "not public" in row["reason"] and not receiver.requests


@pytest.mark.parametrize("url,secret,allow,word", [
    ("http://127.0.0.1/T0PSECRET", SECRET, "", "http is taken only"),
    ("ftp://127.0.0.1/T0PSECRET", SECRET, "127.0.0.1", "neither https nor http"),
    ("file:///T0PSECRET", SECRET, "127.0.0.1", "neither https nor http"),
    ("no url T0PSECRET", SECRET, "127.0.0.1", "cannot be read"),
    ("https://x.example/T0PSECRET", "whsec_T0PSECRET!", "", "whsec_"),
    ("https://x.example/T0PSECRET", "", "", "no secret"),
    ("https://x.example/T0PSECRET", SECRET, "10.0.0.0/33", "no network"),
])
def test_settings_refused(outbox, url, secret, allow, word):
    outbox.run(f"maildir:{outbox.folder}/mail", *hook(None, url, secret, allow), ok=False)
    assert "webhook board: " in outbox.said and word in outbox.said
    assert "T0PSECRET" not in outbox.said


@pytest.mark.parametrize("url", ["http://127.0.0.1", "maildir:relative", "smtp", "file:///etc/passwd", ""])
def test_mail_url_refused(outbox, url):
    outbox.run(url, ok=False)
    assert "mail.url" in outbox.said


def test_endpoint_no_longer_configured(outbox, receiver):
    rows = call(outbox, receiver, *outbox.add("old", "webhook:old", HOOK))
    assert [r["state"] for r in rows] == ["held", "accepted"] or [r["state"] for r in rows] == ["accepted", "held"]
    assert "configuration" in next(r for r in rows if r["state"] == "held")["reason"]
    assert len(receiver.requests) == 1


def test_calls_wait_for_nobody(outbox, receiver, mail_server):
    """A mail server that stalls does not hold up a call, nor the other way round."""
    mail_server.script.stall("DOT")
    process = start_and_wait(outbox, mail_server, "DOT", *outbox.add(), *hook(receiver),
                             *outbox.add("board", "webhook:board", HOOK))
    deadline = time.monotonic() + 10
    while not receiver.requests:
        assert time.monotonic() < deadline
    mail_server.script.release()
    rows = [json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()]
    assert [r["state"] for r in rows] == ["accepted"] * 2


def test_killed_while_calling(outbox, receiver):
    receiver.script.stall("POST")
    process = subprocess.Popen(outbox.command(f"maildir:{outbox.folder}/mail", *hook(receiver),
                                              *outbox.add("board", "webhook:board", HOOK)),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=harness.environment())
    deadline = time.monotonic() + 10
    while not receiver.requests:
        assert time.monotonic() < deadline
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    receiver.script.release()
    (row,) = call(outbox, receiver, add=False, now=NOW + 9)
    assert (row["state"], row["attempts"]) == ("accepted", 2)
    first, second = receiver.requests
    assert first.body == second.body == HOOK
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == row["id"]
