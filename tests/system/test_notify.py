"""Mail by GOV.UK Notify: against a stand-in on loopback written from its documentation."""

import calendar
import time

import pytest

import harness
import notify_server as notify
from test_doctor import finding, first_warning

MORNING = "2017-09-01T07:30:00Z"
DIRECTOR = "d@x.example"


@pytest.fixture
def server():
    one = notify.NotifyServer()
    yield one
    one.stop()


@pytest.fixture
def csid(new_csid, folder, server):
    """One that tells the director of a deadline this morning."""
    one = new_csid(config=notify.options(folder, server.base))
    one.ctl("role", "assign", "director", "--name", "D", "--email", DIRECTOR)
    one.ctl("deadline", "add", "5.12 [Return](https://x.example)", "--due", "2017-09-08", "--role", "director")
    return one


def message(csid):
    (state, attempts, message_id, subject), = csid.sql("SELECT state, attempts, message_id, subject FROM message WHERE channel = 'mail'")
    return {"state": state, "attempts": attempts, "message_id": message_id, "subject": subject}


def replies(csid):
    return [reply for reply, in csid.sql("SELECT reply FROM attempt ORDER BY id")]


def epoch(iso):
    return calendar.timegm(time.strptime(iso, "%Y-%m-%dT%H:%M:%SZ"))


# -- what it sends -----------------------------------------------------------------------------------


def test_a_mail(csid, server):
    csid.advance(MORNING)
    one, = server.asked
    assert (one.method, one.path, one.query) == ("POST", "/v2/notifications/email", {})
    assert one.headers["content-type"] == "application/json" and "expect" not in one.headers
    assert one.header == {"typ": "JWT", "alg": "HS256"} and one.signed()
    assert one.claims == {"iss": notify.SERVICE, "iat": epoch(MORNING)}
    sent = message(csid)
    assert sent["state"] == "accepted"
    assert one.body == {"email_address": DIRECTOR, "template_id": notify.TEMPLATE, "reference": sent["message_id"],
                        "personalisation": {"subject": sent["subject"], "body": one.body["personalisation"]["body"]}}
    assert replies(csid) == [f"GOV.UK Notify has it as {server.taken[0]['id']}"]
    body = one.body["personalisation"]["body"]
    assert "\\[Return](https://x.example)" in body and "Why you get this" in body and "=3D" not in body and "\r" not in body


def test_the_secret_stands_nowhere(csid, server):
    server.script.say("POST", notify.BAD_KEY)
    csid.advance(MORNING)
    said = csid.stderr + csid.database_dump() + csid.ctl("status").stdout + csid.ctl("doctor", check=False).stdout
    assert notify.SECRET not in said


# -- what it makes of the answers --------------------------------------------------------------------


def test_too_many_a_minute(csid, server):
    server.script.say("POST", notify.RATE)
    csid.advance("2017-09-01T07:30:59Z")
    assert message(csid)["state"] == "queued" and message(csid)["attempts"] == 0  # the channel's trouble, not the message's
    assert "RateLimitError" in first_warning(csid)
    csid.advance("2017-09-01T07:31:00Z")
    assert message(csid)["state"] == "accepted" and len(server.taken) == 1


def test_too_many_a_day(csid, server):
    server.script.say("POST", notify.LIMIT)
    csid.advance("2017-09-01T23:59:59Z")  # midnight is UTC's, an hour after London's
    assert server.taken == [] and "next try at 2017-09-02T00:00:00Z" in first_warning(csid)
    csid.advance("2017-09-02T00:00:00Z")
    assert len(server.taken) == 1


def test_our_clock_is_wrong(csid, server):
    server.script.say("POST", notify.CLOCK)
    csid.advance("2017-09-01T07:30:30Z")
    assert "system clock must be accurate" in first_warning(csid)
    assert csid.get("/healthz").json()["status"] == "degraded" and finding(csid, "channels")[:2] == (1, "fault")
    csid.advance("10m")
    assert message(csid)["state"] == "accepted"


def test_a_key_that_is_wrong_holds_the_channel(csid, server, folder):
    csid.write_config(notify.options(folder, server.base, key=notify.KEY[:-1] + "f"))
    csid.ctl("reload")
    csid.advance("2017-09-01T12:00:00Z")
    assert len(server.asked) == 1 and message(csid)["state"] == "queued"
    status, state, text = finding(csid, "channels")
    assert (status, state) == (1, "fault") and "API key not found" in text
    csid.write_config(notify.options(folder, server.base))
    csid.ctl("reload")
    csid.advance("1s")
    assert message(csid)["state"] == "accepted"


def test_a_message_that_it_will_not_have(csid, server):
    server.script.say("POST", notify.BAD_REQUEST)
    csid.advance("2017-09-01T12:00:00Z")
    assert message(csid)["state"] == "failed" and len(server.asked) == 1
    assert "BadRequestError" in replies(csid)[0] and finding(csid, "channels")[1] == "ok"


def test_what_it_has_taken_already_goes_once(csid, server):
    """The connection went before the answer: in doubt, so it is asked for, and found."""
    server.script.say("POST", notify.LOST)
    csid.advance("2017-09-01T07:30:30Z")
    assert message(csid)["state"] == "in-doubt" and len(server.taken) == 1
    csid.advance("10m")
    assert [(a.method, a.query) for a in server.asked[1:]] == [("GET", {"reference": [message(csid)["message_id"]]})]
    assert message(csid)["state"] == "accepted" and len(server.taken) == 1
    assert replies(csid)[1] == f"GOV.UK Notify had it already, as {server.taken[0]['id']}, sending"


@pytest.mark.parametrize("answer, state", [(notify.FAILURE, "retry"), (notify.BAD_GATEWAY, "in-doubt")])
def test_what_it_has_not_taken_goes_after_asking(csid, server, answer, state):
    server.script.say("POST", answer)
    csid.advance("2017-09-01T07:30:30Z")
    assert message(csid)["state"] == state
    csid.advance("10m")
    assert [a.method for a in server.asked] == ["POST", "GET", "POST"]
    assert len({a.token for a in server.asked}) >= 2 and server.asked[2].claims["iat"] > server.asked[0].claims["iat"]
    assert message(csid)["state"] == "accepted" and len(server.taken) == 1


def test_asking_in_vain_sends_nothing(csid, server):
    server.script.say("POST", notify.LOST)
    server.script.say("GET", notify.FAILURE, (200, "nonsense"), (200, {"notifications": "all"}))
    csid.advance("2017-09-01T09:00:00Z")
    assert [a.method for a in server.asked] == ["POST", "GET", "GET", "GET", "GET"]
    assert message(csid)["state"] == "accepted" and len(server.taken) == 1


def test_after_a_power_cut_it_is_asked_for_first(csid, server):
    server.script.stall("POST")
    csid.ctl("clock", "set", MORNING)
    assert server.arrived.wait(10)
    csid.kill()
    server.script.release()
    csid.start("2017-09-01T07:40:00Z")
    csid.advance("1m")
    assert [a.method for a in server.asked] == ["POST", "GET"] and message(csid)["state"] == "accepted"
    assert len(server.taken) == 1


def test_not_there(csid, server):
    server.stop()
    csid.advance("2017-09-01T07:30:30Z")
    assert message(csid)["state"] == "queued" and message(csid)["attempts"] == 0
    assert "GOV.UK Notify: " in first_warning(csid)


# -- the configuration -------------------------------------------------------------------------------

FAULTS = {
    "no template": ({"notify_template": None}, "mail.notify_template: must be the UUID"),
    "a template's name": ({"notify_template": "reminder"}, "mail.notify_template: must be the UUID"),
    "no key": ({"notify_key_file": None}, "mail.notify_key_file: is missing"),
    "http": ({"url": "notify+http://api.example"}, "mail.url: goes by http to this machine only"),
    "a path": ({"url": "notify+https://api.example/v2"}, "mail.url: has something after the host"),
    "a user": ({"username": "u"}, "mail.username: is for a relay"),
    "a relay": ({"url": "smtp://relay.example"}, "mail.notify_key_file: needs mail.url: notify+https://"),
    "no scheme": ({"url": "notify://api.example"}, "mail.url: must begin with"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(new_csid, folder, fault):
    change, said = FAULTS[fault]
    config = notify.options(folder, "https://api.notifications.service.gov.uk")
    csid = new_csid(config=harness.merged(config, {"mail": change}), start=False)
    done = csid.to_its_end("--check")
    assert done.returncode == 78 and said in done.stderr, done.stderr


def test_a_key_that_is_none(new_csid, folder):
    config = notify.options(folder, "https://api.notifications.service.gov.uk", key=notify.SECRET)
    done = new_csid(config=config, start=False).to_its_end("--check")
    assert done.returncode == 78 and "mail.notify_key_file: is no API key" in done.stderr and notify.SECRET not in done.stderr


def test_no_fault(new_csid, folder):
    csid = new_csid(config=notify.options(folder, "https://api.notifications.service.gov.uk"), start=False)
    assert csid.to_its_end("--check").returncode == 0
