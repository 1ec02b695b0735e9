"""A mail that has failed for good told nobody: that is said where it can be heard, and the next run tells it anew."""

import pytest

from test_bounces import BOUNCE_TO, group, outcome, report, with_relay
from test_doctor import doctor
from test_redirect import to_administrator

IT = "it@x.example"
MORNING = "2017-09-01T08:00:00Z"
ONCE = [{"name": "deadlines", "check": "deadlines", "cron": "30 8 1 * *"}]  # all others are by hand


def told(mail_server, address="ann@x.example"):
    return [str(r.message["Subject"]) for r in mail_server.received if r.recipients == [address]]


def owing(new_csid, mail_server, **mail):
    csid = new_csid(config={"schedules": ONCE, "mail": {"url": mail_server.url, "bounce_to": BOUNCE_TO, "administrator": IT,
                                                        **mail}})
    csid.ctl("role", "assign", "director", "--name", "Ann", "--email", "ann@x.example")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "director")
    return csid


def failing(csid):
    return csid.ctl("notice", "list", "--state", "failed", json=True)["items"]


def warned(csid):
    return [text for state, text in doctor(csid)[1]["notices"] if state == "warning"]


def refuse_in_the_dialogue(csid, mail_server):
    mail_server.script.say("DOT", "554 5.7.1 message contains spam")
    csid.advance(MORNING)


def give_up(csid, mail_server):
    mail_server.script.say("DATA", *["451 4.3.0 not now"] * 36)
    csid.advance("2017-09-07T00:00:00Z")  # five days, and a tenth more at most


def come_back(csid, mail_server):
    csid.advance(MORNING)
    (got,) = [r for r in mail_server.received if r.recipients == ["ann@x.example"]]
    assert outcome(csid, report(got.sender, group(status="5.7.1", said="554 5.7.1 message contains spam")))[0] == "mail-failed"
    del mail_server.received[:]


@pytest.mark.parametrize("fail", [refuse_in_the_dialogue, give_up, come_back])
def test_what_failed_is_said_and_told_anew(new_csid, mail_server, fail):
    csid = owing(new_csid, mail_server)
    fail(csid, mail_server)
    (row,) = failing(csid)
    (text,) = warned(csid)
    assert "1 mail of the last seven days has failed" in text and "csictl notice list --state failed" in text
    assert text in csid.ctl("status").stdout
    why = csid.ctl("notice", "why-not", "--about", "deadline:1", "--to", "director", json=True)["items"]
    (lost,) = [w["text"] for w in why if w["code"] == "not-delivered"]
    assert f"notice {row['id']} is failed" in lost and ("not now" if fail == give_up else "spam") in lost
    assert told(mail_server) == []
    csid.ctl("schedule", "run", "deadlines")
    csid.advance("1h")
    assert told(mail_server) == ["Return: send by Fri 29 Sep 2017"]
    (said,) = [t for t in to_administrator(mail_server) if "has failed for good" in t]
    assert "the first to ann@x.example" in said and ("not now" if fail == give_up else "spam") in said
    assert warned(csid) == []
    again = csid.ctl("notice", "retry", str(row["id"]), check=False)
    assert again.returncode == 5 and "it was told anew since" in again.stderr
    csid.ctl("schedule", "run", "deadlines")
    csid.advance("1h")
    assert len([t for t in to_administrator(mail_server) if "has failed for good" in t]) == 1 and len(told(mail_server)) == 1


def test_what_failed_goes_again_when_it_is_asked_for(new_csid, mail_server):
    csid = owing(new_csid, mail_server)
    refuse_in_the_dialogue(csid, mail_server)
    csid.ctl("notice", "retry", str(failing(csid)[0]["id"]))
    csid.advance("1m")
    assert warned(csid) == [] and len(told(mail_server)) == 1
    csid.ctl("schedule", "run", "deadlines")
    csid.advance("1h")
    assert len(told(mail_server)) == 1, "told by the same bytes, and not anew"


def test_it_is_said_for_a_week_from_the_day_it_failed(new_csid, mail_server):
    """Whenever it was written: a relay may give up on a mail, and somebody ask for it again, long after."""
    csid = owing(new_csid, mail_server)
    csid.advance(MORNING)
    (got,) = [r for r in mail_server.received if r.recipients == ["ann@x.example"]]
    csid.advance("2017-09-10T08:00:00Z")
    outcome(csid, report(got.sender, group(status="5.7.1", said="554 5.7.1 message contains spam")))
    assert len(warned(csid)) == 1
    csid.advance("2017-09-16T08:00:00Z")
    mail_server.script.say("DOT", "554 5.7.1 message contains spam")
    csid.ctl("notice", "retry", str(failing(csid)[0]["id"]))
    csid.advance("2017-09-23T07:59:00Z")
    assert len(warned(csid)) == 1
    csid.advance("2m")
    assert warned(csid) == []


def test_what_fails_again_is_told_again(new_csid, mail_server):
    """Somebody asked for it again, and believes since that it went."""
    csid = owing(new_csid, mail_server)
    refuse_in_the_dialogue(csid, mail_server)

    def said():
        csid.ctl("check", "run", "vacancies")
        csid.advance("1h")
        return len([t for t in to_administrator(mail_server) if "has failed for good" in t])

    assert said() == said() == 1
    mail_server.script.say("DOT", "554 5.7.1 message contains spam")
    csid.ctl("notice", "retry", str(failing(csid)[0]["id"]))
    csid.advance("1m")
    assert len(failing(csid)) == 1 and said() == said() == 2


def test_a_test_that_failed_leaves_nobody_untold(new_csid, mail_server):
    csid = owing(new_csid, mail_server)
    mail_server.script.say("DOT", "554 5.7.1 spam")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert len(failing(csid)) == 1 and warned(csid) == []


def test_a_mail_of_trouble_that_fails_makes_no_other(new_csid, mail_server):
    """Or each run would tell of the run before, to an address that will have none of it."""
    csid = owing(new_csid, mail_server, connections=1)
    no = "554 5.7.1 spam"  # the same of what tells of it, which is written first; what is told anew is let through
    mail_server.script.say("DOT", no, no, "250 2.0.0 Ok", *[no] * 9)
    csid.advance(MORNING)
    for _ in range(4):
        csid.ctl("schedule", "run", "deadlines")
        csid.advance("1h")
    assert [n["event"] for n in failing(csid)] == ["csi.deadline.due", "csi.daemon.trouble"]


def test_the_chair_who_was_not_told_of_an_escalation_is_told_by_the_next_pass(new_csid, mail_server):
    csid = with_relay(new_csid, mail_server, administrator="it@x.example")
    csid.write_config({"mail": {"url": mail_server.url, "administrator": "it@x.example"},
                       "reminders": {"escalation": "owner +1, improvement-board-chair +2, then every 1m"}})
    csid.ctl("reload")
    for role, who in (("director", "ann"), ("improvement-board-chair", "chair")):
        csid.ctl("role", "assign", role, "--name", who.title(), "--email", f"{who}@x.example", "--from", "2017-01-01")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-01", "--role", "director")
    (first, *_) = [n["at"] for n in csid.ctl("forecast", "--until", "2017-09-30", json=True)["items"]
                   if n["to"] == "chair@x.example"]
    day = int(first[8:10])
    csid.advance(f"2017-09-{day:02}T06:00:00Z")
    mail_server.script.say("DOT", *["554 5.7.1 message contains spam"] * 9)
    csid.advance(f"2017-09-{day:02}T09:00:00Z")
    mail_server.script.answers.clear()
    assert "chair@x.example" in [n["to"] for n in failing(csid)] and not told(mail_server, "chair@x.example")
    csid.advance(f"2017-09-{day + 1:02}T09:00:00Z")
    assert len(told(mail_server, "chair@x.example")) == 1
    proof = csid.ctl("notice", "proof", "--about", "deadline:1", json=True)
    assert [i["state"] for i in proof["items"] if i["to"] == "chair@x.example"] == ["failed", "accepted"]


@pytest.mark.parametrize("kept", ["hold", "down"])
def test_an_escalation_that_expired_is_told_by_the_first_pass_that_can(new_csid, mail_server, kept):
    """It is worth sending for a week. Whoever moves the relay in two must not cost the chair a month."""
    mail = {"url": mail_server.url, "administrator": IT}
    csid = new_csid(config={"mail": mail if kept == "hold" else {**mail, "url": "smtp://127.0.0.1:9"},
                            "reminders": {"escalation": "owner +1, improvement-board-chair +2, then every 1m"}})
    for role, who in (("director", "ann"), ("improvement-board-chair", "chair")):
        csid.ctl("role", "assign", role, "--name", who.title(), "--email", f"{who}@x.example", "--from", "2017-01-01")
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-01", "--role", "director")
    if kept == "hold":
        csid.advance("2017-09-05T08:00:00Z")
        csid.ctl("channel", "hold", "mail", "--why", "the relay moves")
    csid.advance("2017-09-19T06:00:00Z")
    went = [n["state"] for n in csid.ctl("notice", "list", "--to", "chair@x.example", json=True)["items"]]
    assert went[0] == "expired" and not told(mail_server, "chair@x.example")
    csid.write_config({"mail": mail, "reminders": {"escalation": "owner +1, improvement-board-chair +2, then every 1m"}})
    csid.ctl("reload")
    csid.ctl("channel", "release", "mail")
    csid.advance("2017-09-20T08:00:00Z")
    assert len(told(mail_server, "chair@x.example")) == 1
    csid.advance("2017-10-10T08:00:00Z")
    assert len(told(mail_server, "chair@x.example")) == 1, "then every month, from the day it was told"
    levels = csid.ctl("notice", "why", str(csid.ctl("notice", "list", "--to", "chair@x.example", json=True)["items"][-1]["id"])).stdout
    assert "improvement-board-chair" in levels and "told" in levels
