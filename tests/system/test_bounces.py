"""Mails that come back: the address they come back to, the reports about them, and what follows."""

import re

import pytest

RUN = "2017-09-01T08:00:00Z"
BOUNCE_TO = "csi-bounce@bromley.example"


def with_relay(new_csid, mail_server, **mail):
    return new_csid(config={"mail": {"url": mail_server.url, "bounce_to": BOUNCE_TO,
                                     "administrator": "admin@bromley.example", **mail}})


def with_mail(new_csid, mail_server, **mail):
    """A csid that has mailed the director about a deadline; what the mail_server got."""
    csid = with_relay(new_csid, mail_server, **mail)
    csid.ctl("role", "assign", "director", "--name", "Ann", "--email", "ann@x.example")
    csid.ctl("deadline", "add", "Return to the Department", "--due", "2017-09-08", "--role", "director")
    csid.advance(RUN)
    (got,) = [r for r in mail_server.received if r.recipients == ["ann@x.example"]]
    return csid, got


def report(to, *groups, message_id=None, kind="report", subtype="delivery-status"):
    """A report as Postfix writes one: about each group, with the headers of what came back."""
    parts = ["Content-Type: text/plain\n\nThis is the mail system at mail.x.example.\n",
             "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.x.example\n\n"
             + "\n".join("".join(f"{k}: {v}\n" for k, v in g.items()) for g in groups)]
    if message_id:
        parts.append(f"Content-Type: text/rfc822-headers\n\nMessage-ID: {message_id}\nSubject: x\n")
    body = "".join(f"--edge\n{p}\n" for p in parts) + "--edge--\n"
    return (f"From: MAILER-DAEMON@mail.x.example\nTo: {to}\nSubject: Undelivered Mail\nAuto-Submitted: auto-replied\n"
            f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; report-type={subtype};\n\tboundary="edge"\n\n{body}')


def group(recipient="ann@x.example", action="failed", status="5.1.1", said="550 5.1.1 no such user"):
    return {"Final-Recipient": f"rfc822; {recipient}", "Action": action, "Status": status,
            "Diagnostic-Code": f"smtp; {said}"}


def outcome(csid, text):
    done = csid.ctl("bounce", stdin=text, json=True)
    return done["outcome"], done.get("why") or ""


def the_notice(csid, to="ann@x.example"):
    (row,) = [n for n in csid.ctl("notice", "list", json=True)["items"] if n["to"] == to]
    return row


def test_the_sender_names_the_message(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    assert re.fullmatch(r"csi-bounce\+[0-9a-f]{1,15}-[0-9a-f]{16}@bromley\.example", got.sender)
    assert got.message["From"] == "Improvement Programme <csi@bromley.example>"
    csid.write_config({"mail": {"url": mail_server.url}})
    csid.ctl("reload")
    csid.ctl("mail", "test", "bob@x.example")
    csid.advance("1m")
    assert mail_server.received[-1].sender == "csi@bromley.example"


def test_a_failure_marks_the_address(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    assert outcome(csid, report(got.sender.upper(), group())) == ("address-marked", "")
    (row,) = csid.ctl("bounce", "list", json=True)["items"]
    assert (row["address"], row["holder"], row["status"], row["said"]) == (
        "ann@x.example", "Ann", "5.1.1", "550 5.1.1 no such user")
    notice = the_notice(csid)
    assert notice["state"] == "failed" and notice["id"] == row["notice"]
    assert "came back: 5.1.1" in csid.ctl("notice", "show", str(notice["id"])).stdout
    assert "5.1.1" in csid.ctl("role", "show", "director", json=True)["bounced"]
    assert "5.1.1" in csid.ctl("person", "list", json=True)["items"][0]["bounced"]
    assert "comes back (5.1.1" in csid.ctl("notice", "why-not", "--about", "deadline:1", "--to", "director").stdout
    what = [j["what"] for j in csid.ctl("journal", "list", json=True)["items"]]
    assert "bounce.mark ann@x.example" in what and "message.failed message:" in " ".join(what)
    assert outcome(csid, report(got.sender, group())) == ("nothing-changed", "that this mail failed is known already")


def test_whoever_holds_the_role_is_named_where_it_reaches_nobody(new_csid, mail_server):
    """That nobody holds it, or that there is no address, would be mended by the wrong hand."""
    csid, got = with_mail(new_csid, mail_server)
    csid.ctl("role", "assign", "improvement-board-chair", "--name", "Bob", "--email", "bob@x.example")
    csid.ctl("deadline", "add", "Another return", "--due", "2017-09-29", "--role", "improvement-board-chair")
    csid.ctl("mail", "test", "bob@x.example")
    csid.advance("1m")
    sender = [r.sender for r in mail_server.received if r.recipients == ["bob@x.example"]][0]
    for address, who in (("ann@x.example", got.sender), ("bob@x.example", sender)):
        assert outcome(csid, report(who, group(recipient=address))) == ("address-marked", "")
    told = csid.ctl("status").stdout
    assert "mail to Ann <ann@x.example>, who holds the role Director of Children's Services, comes back (5.1.1" in told
    assert "mail to Bob <bob@x.example>, who holds the role Chair of the improvement board, comes back (5.1.1" in told
    assert "nobody holds director" not in told and "nobody holds improvement" not in told and "has no address" not in told
    csid.advance("2017-09-05T08:00:00Z")
    texts = [" ".join(r.message.get_body(("plain",)).get_content().split()) for r in mail_server.received
             if r.recipients == ["admin@bromley.example"]]
    assert any("Bob holds it but mail to bob@x.example comes back (5.1.1" in t for t in texts)
    assert not any("has no address" in t for t in texts)


def test_the_administrator_hears_of_it_once_and_nothing_more_goes_there(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    outcome(csid, report(got.sender, group()))
    before = len(mail_server.received)
    csid.advance("2017-09-11T08:00:00Z")
    later = mail_server.received[before:]
    told = [r for r in later if r.recipients == ["admin@bromley.example"] and
            "no such user): nothing more is sent there" in " ".join(r.message.get_body(("plain",)).get_content().split())]
    assert len(told) == 1
    assert not [r for r in later if r.recipients == ["ann@x.example"]]
    assert csid.ctl("bounce", "clear", "ann@x.example").returncode == 0
    assert csid.ctl("bounce", "list", json=True)["items"] == []
    csid.advance("2017-09-13T08:00:00Z")
    assert [r for r in mail_server.received[before:] if r.recipients == ["ann@x.example"]]
    assert csid.ctl("bounce", "clear", "ann@x.example", check=False).returncode == 3


def test_a_corrected_address_is_another(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    outcome(csid, report(got.sender, group()))
    csid.ctl("person", "update", "1", "--email", "ann@y.example")
    assert csid.ctl("role", "show", "director", json=True)["bounced"] is None
    csid.advance("2017-09-08T08:00:00Z")
    assert [r for r in mail_server.received if r.recipients == ["ann@y.example"]]


# what a report may say, made of the sender and the id of the mail it is about
NOTHING = [
    (lambda s, i: report(s, group(action="delivered", status="2.0.0")), "arrived"),
    (lambda s, i: report(s, group(action="relayed", status="2.0.0")), "arrived"),
    (lambda s, i: report(s, group("a@y.example"), group("b@y.example", "relayed", "2.0.0")), "passes its mail on"),
    (lambda s, i: report("x@y.example", group(), message_id="<a@b.example>"), "no mail of csid's"),
    (lambda s, i: report(re.sub("-[0-9a-f]{16}@", "-0123456789abcdef@", s), group(), message_id=i), "signature is wrong"),
    (lambda s, i: report(re.sub(r"\+[0-9a-f]+-", "+fffff-", s), group()), "names no message"),
    (lambda s, i: report(re.sub(r"-[0-9a-f]{16}@", "@", s), group()), "no mail of csid's"),
    (lambda s, i: report(s, group(), subtype="disposition-notification"), "automatic reply"),
    (lambda s, i: report(s, group(status="failed")), "does not say what became of whom"),
    (lambda s, i: f"From: a@x.example\nTo: {s}\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n",
     "automatic reply"),
    (lambda s, i: f"From: a@x.example\nTo: {s}\n\nWhat is this?\n", "no report"),
    (lambda s, i: "", "no mail"),
    (lambda s, i: report(s, group()) + "x" * (1 << 20), "longer than 1 MiB"),
]


def last_change(csid):
    return csid.sql("SELECT max(seq) FROM journal")[0][0]


def test_what_changes_nothing_is_said_and_is_no_failure(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    before = last_change(csid)
    for text, why in NOTHING:
        said = outcome(csid, text(got.sender, str(got.message["Message-ID"])))
        assert said[0] == "nothing-changed" and why in said[1], said
    assert csid.ctl("bounce", "list", json=True)["items"] == []
    assert last_change(csid) == before
    assert csid.ctl("bounce", "--dry-run", stdin=report(got.sender, group()), json=True)["outcome"] == "address-marked"
    assert last_change(csid) == before


def test_a_delay_is_noted_and_no_more(new_csid, mail_server):
    csid, got = with_mail(new_csid, mail_server)
    for status in ("4.4.1", "4.2.2"):
        assert outcome(csid, report(got.sender, group(action="delayed", status=status))) == ("delay-noted", "")
        shown = csid.ctl("notice", "show", str(the_notice(csid)["id"]), json=True)
        assert shown["state"] == "accepted" and shown["said"].endswith(f"; delayed: {status} 550 5.1.1 no such user")
        assert shown["said"].count("delayed") == 1
    assert csid.ctl("bounce", "list", json=True)["items"] == []


def test_what_a_relay_gave_up_after_days_has_failed(new_csid, mail_server):
    """The last trouble on its way was a passing one, 4.4.7, but no relay has the mail any more: nobody was told of the
    step, and the next run tells it."""
    csid, got = with_mail(new_csid, mail_server)
    assert outcome(csid, report(got.sender, group(status="4.4.7", said="451 4.4.7 no answer for days"))) == ("mail-failed", "")
    shown = csid.ctl("notice", "show", str(the_notice(csid)["id"]), json=True)
    assert (shown["state"], shown["said"]) == ("failed", "came back: 4.4.7 451 4.4.7 no answer for days")
    assert csid.ctl("bounce", "list", json=True)["items"] == []
    csid.advance("2017-09-04T08:00:00Z")
    assert [r.recipients for r in mail_server.received].count(["ann@x.example"]) == 2


# a mail that may have arrived (the connection was lost after the dot), and how it stands when the report comes
DOUBTED = {
    "held": ({"on_doubt": "hold"}, lambda c: c.advance("1m")),
    "in-doubt": ({}, lambda c: None),
    "queued": ({}, lambda c: (c.ctl("channel", "hold", "mail"), c.ctl("notice", "cancel", "1"), c.ctl("notice", "retry", "1"))),
    "expired": ({}, lambda c: (c.ctl("channel", "hold", "mail"), c.advance("25h"))),
}


@pytest.mark.parametrize("state", DOUBTED)
def test_what_may_have_arrived_comes_back(new_csid, mail_server, state):
    """Then it is known that it arrived nowhere: it is failed, and does not go to that address once more."""
    mail, wait = DOUBTED[state]
    csid = with_relay(new_csid, mail_server, **mail)
    mail_server.script.say("DOT", "drop")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    wait(csid)
    notice = the_notice(csid)
    assert notice["state"] == state
    text = report("x@y.example", group(), message_id=f"<{notice['message_id']}>")
    assert outcome(csid, text) == ("address-marked", "")
    assert the_notice(csid)["state"] == "failed"
    assert outcome(csid, text) == ("nothing-changed", "that this mail failed is known already")
    csid.ctl("channel", "release", "mail")
    csid.advance("1h")
    assert not [r for r in mail_server.received if r.recipients == ["ann@x.example"]]


def test_what_went_from_the_machine_that_is_no_more_comes_back(new_csid, mail_server):
    """A backup of the night knows nothing of the morning's mails; a report with their signature does."""
    csid = with_relay(new_csid, mail_server)
    csid.ctl("channel", "hold", "mail")
    csid.ctl("mail", "test", "ann@x.example")
    text = report("x@y.example", group(), message_id=f"<{the_notice(csid)['message_id']}>")
    assert outcome(csid, text) == ("address-marked", "") and the_notice(csid)["state"] == "failed"


@pytest.mark.parametrize("text", [
    lambda s, i: report(s, group("a@y.example"), group("b@y.example")),
    lambda s, i: report("x@y.example", group(), message_id=i)], ids=["passed on to two who fail", "by the id"])
def test_other_ways_to_say_so(new_csid, mail_server, text):
    csid, got = with_mail(new_csid, mail_server)
    assert outcome(csid, text(got.sender, str(got.message["Message-ID"]))) == ("address-marked", "")


def test_a_rule_of_the_other_side_marks_nobody(new_csid, mail_server):
    """"Relaying denied" is said of every address: the mail has failed, and the next run tells it anew."""
    csid, got = with_mail(new_csid, mail_server)
    done = csid.ctl("bounce", stdin=report(got.sender, group(status="5.7.1", said="550 5.7.1 blocked"))).stdout
    assert "mail-failed" in done and "Will be told: who was to read it, anew, and the administrator" in done
    assert csid.ctl("bounce", "list", json=True)["items"] == []
    assert csid.ctl("role", "show", "director", json=True)["bounced"] is None


def test_a_recipient_refused_in_the_dialogue_is_marked(new_csid, mail_server):
    mail_server.script.say("RCPT", "550 5.1.1 <ann@x.example>: user unknown")
    csid = with_relay(new_csid, mail_server)
    csid.ctl("role", "assign", "director", "--name", "Ann", "--email", "ann@x.example")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-08", "--role", "director")
    csid.advance(RUN)
    (row,) = csid.ctl("bounce", "list", json=True)["items"]
    assert (row["address"], row["status"]) == ("ann@x.example", "5.1.1") and "user unknown" in row["said"]
    assert the_notice(csid)["state"] == "failed"
