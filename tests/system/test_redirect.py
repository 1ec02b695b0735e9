"""A test system: every mail goes to one address, webhooks wait; and the test mail."""

import pytest
from harness import merged

RUN = "2017-09-01T08:00:00Z"
TESTER = "tester@bromley.example"


def config(mail_server, **mail):
    return {"mail": {"url": mail_server.url, **mail}}


def reconfigure(csid, mail_server, **mail):
    csid.write_config(config(mail_server, **mail))
    csid.ctl("reload")


def with_deadline(csid):
    csid.ctl("role", "assign", "director", "--name", "Zoë", "--email", "ann@x.example")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-08", "--role", "director")


def the_mail(csid):
    (row,) = [n for n in csid.ctl("notice", "list", json=True)["items"] if n["to"] == "ann@x.example"]
    return row


def test_every_mail_goes_to_the_tester(new_csid, mail_server):
    csid = new_csid(config=config(mail_server, redirect_all_to=TESTER))
    with_deadline(csid)
    csid.advance(RUN)
    (got,) = mail_server.received
    assert got.recipients == [TESTER] and got.message["To"] == TESTER
    assert got.message["X-Csid-Original-To"] == "ann@x.example"
    assert str(got.message["Subject"]).startswith("[for ann@x.example] ")
    row = the_mail(csid)
    assert (row["to"], row["redirected_to"], row["state"]) == ("ann@x.example", TESTER, "accepted")
    assert TESTER in csid.ctl("notice", "list").stdout and TESTER in csid.ctl("notice", "show", str(row["id"])).stdout
    for said in (csid.ctl("status", json=True), csid.get("/healthz").json()):
        assert said["redirect_all_to"] == TESTER and TESTER in said["mail"]
    assert TESTER in csid.ctl("status").stdout


def test_without_it_nothing_shows(new_csid, mail_server):
    csid = new_csid(config=config(mail_server))
    with_deadline(csid)
    csid.advance(RUN)
    (got,) = mail_server.received
    assert got.recipients == ["ann@x.example"] and got.message["X-Csid-Original-To"] is None
    assert the_mail(csid)["redirected_to"] is None


def test_what_was_written_before_reaches_nobody(new_csid, mail_server):
    """A copy of the real system with a full outbox, set up as a test system; asking for it by hand is no way out."""
    mail_server.script.say("CONNECT", *["421 busy"] * 30)
    csid = new_csid(config=config(mail_server))
    with_deadline(csid)
    csid.advance(RUN)
    assert not mail_server.received
    mail_server.script.answers.clear()
    reconfigure(csid, mail_server, redirect_all_to=TESTER)
    csid.advance("4h")
    row = the_mail(csid)
    assert row["state"] == "held"
    csid.ctl("notice", "retry", str(row["id"]))
    csid.advance("4h")
    row = the_mail(csid)
    assert row["state"] == "held" and not mail_server.received
    assert "redirect_all_to" in csid.ctl("notice", "show", str(row["id"])).stdout


def test_what_was_written_for_the_tester_stays_the_testers(new_csid, mail_server):
    mail_server.script.say("CONNECT", *["421 busy"] * 30)
    csid = new_csid(config=config(mail_server, redirect_all_to=TESTER))
    with_deadline(csid)
    csid.advance(RUN)
    mail_server.script.answers.clear()
    reconfigure(csid, mail_server)
    csid.advance("4h")
    assert [r.recipients for r in mail_server.received] == [[TESTER]]


def test_who_sends_again_what_was_the_testers_hears_who_gets_it(new_csid, mail_server):
    mail_server.script.say("DOT", "554 5.6.0 no")
    csid = new_csid(config=config(mail_server, redirect_all_to=TESTER))
    with_deadline(csid)
    csid.advance(RUN)
    assert csid.ctl("notice", "retry", str(the_mail(csid)["id"]), json=True)["told"] == [f"{TESTER}, by mail"]


def test_webhooks_wait(new_csid, folder, receiver, mail_server):
    (folder / "secret").write_text("whsec_" + "A" * 44 + "\n")
    hook = {"name": "board", "url": receiver.url, "secret_file": str(folder / "secret"), "allow": ["127.0.0.0/8"]}
    options = merged(config(mail_server, redirect_all_to=TESTER), {"webhooks": [hook]})
    csid = new_csid(config=options)
    with_deadline(csid)
    csid.advance(RUN)
    assert not receiver.requests and len(mail_server.received) == 1
    (channel,) = [c for c in csid.ctl("status", json=True)["channels"] if c["name"] == "webhook:board"]
    assert channel["state"] == "held" and "redirect_all_to" in channel["reason"]
    csid.write_config(merged(config(mail_server), {"webhooks": [hook]}))
    csid.ctl("reload")
    csid.advance("1m")
    assert len(receiver.requests) == 1


# -- the test mail ---------------------------------------------------------------------------------


def test_a_test_mail(new_csid, mail_server):
    csid = new_csid(config=config(mail_server))
    made = csid.ctl("mail", "test", "ann@x.example", json=True)
    assert made["hint"] == f"csictl notice show {made['notice']}" and made["to"] == "ann@x.example"
    csid.advance("1s")
    (got,) = mail_server.received
    assert got.recipients == ["ann@x.example"] and "Test mail" in str(got.message["Subject"])
    shown = csid.ctl("notice", "show", str(made["notice"]), json=True)
    assert (shown["state"], shown["event"]) == ("accepted", "csi.test")
    assert csid.ctl("notice", "why", str(made["notice"])).returncode == 0


@pytest.mark.parametrize("address", ["", "ann", "ann@x.example\nBcc: b@x.example", "a@b@c"])
def test_no_address(csid, address):
    before = csid.database_dump()
    done = csid.ctl("mail", "test", address, check=False)
    assert done.returncode == 2 and done.stderr
    assert csid.database_dump() == before


def test_a_marked_address_is_tested_all_the_same(new_csid, mail_server):
    mail_server.script.say("RCPT", "550 5.1.1 unknown")
    csid = new_csid(config=config(mail_server))
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert len(csid.ctl("bounce", "list", json=True)["items"]) == 1
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert len(mail_server.received) == 1
    assert len(csid.ctl("bounce", "list", json=True)["items"]) == 1, "an answer clears nothing"


# -- what the administrator hears ------------------------------------------------------------------


def to_administrator(mail_server):
    return [r.message.get_body(("plain",)).get_content().replace("\n", " ").replace("\r", "")
            for r in mail_server.received if r.recipients == ["it@x.example"]]


def test_late_mails_are_told_in_one_mail(new_csid, mail_server):
    csid = new_csid(config=config(mail_server, administrator="it@x.example"))
    mail_server.script.say("DATA", *["451 4.3.0 not now"] * 80)
    for who in ("ann", "bob"):
        csid.ctl("mail", "test", f"{who}@x.example")
    csid.advance("2017-09-01T07:00:00Z")
    assert to_administrator(mail_server) == []
    with_deadline(csid)
    csid.advance("2017-09-01T12:00:00Z")
    mail_server.script.answers.clear()
    csid.ctl("schedule", "run", "coverage")
    csid.advance("12h")
    csid.ctl("schedule", "run", "coverage")
    csid.advance("1h")
    told = [t for t in to_administrator(mail_server) if "four hours" in t]
    assert len(told) == 1 and "mails have been tried for four hours" in told[0] and "451 4.3.0 not now" in told[0]


def test_a_fault_of_the_mail_is_told_once_it_goes_again(new_csid, mail_server):
    mail_server.script.say("MAIL", *["550 5.7.1 not you"] * 4)
    csid = new_csid(config=config(mail_server, administrator="it@x.example"))
    with_deadline(csid)
    csid.advance(RUN)
    assert csid.get("/healthz").json()["status"] == "degraded" and "not you" in csid.ctl("status").stdout
    assert not mail_server.received and "not you" in csid.stderr
    mail_server.script.answers.clear()
    csid.ctl("reload")
    csid.ctl("schedule", "run", "coverage")
    csid.advance("1h")
    csid.ctl("schedule", "run", "coverage")
    csid.advance("1h")
    told = [t for t in to_administrator(mail_server) if "held for a fault" in t]
    assert len(told) == 1 and "550 5.7.1 not you" in told[0]
