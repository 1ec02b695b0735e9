"""What waits is looked at again before it goes. The mail server is down, something changes meanwhile, the server is up
again: a reminder that is no longer so is a row with the reason, and what is still to be told is told by the next run."""

import contextlib
import re
import sqlite3
from datetime import date
from urllib.parse import urlencode

import pytest
from harness import matters
from test_access import ADMIN, OFFICER, call, open_csid  # noqa: F401
from test_forecast import forecast, last_notice, same
from test_reminders import CHAIR, DEADLINES_ONLY, DIRECTOR, OFFICE, assign_roles, overdue_by_owner

EARLY, UP = "2017-09-01T08:00:00Z", "2017-09-01T14:00:00Z"


@pytest.fixture
def mailed(new_csid, mail_server):
    """A csid with the plan, whose mail server is down."""
    csid = new_csid(config={"mail": {"url": mail_server.url}, "link_base": "https://csi.bromley.example/csid"})
    csid.import_plan()
    down(mail_server)
    return csid


@pytest.fixture
def empty(new_csid, mail_server):
    """The same without a plan, with somebody in the roles that csid addresses."""
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    assign_roles(csid)
    down(mail_server)
    return csid


def down(server):
    for step in ("CONNECT", "MAIL"):  # a connection may still be open
        server.script.say(step, *["421 4.3.2 down"] * 10000)


def up(csid, server, until=UP):
    server.script.answers.clear()
    csid.advance(until)


def one_owner(csid, actions=1):
    """The address of an owner of so many overdue actions alone, made so, and their refs."""
    owners = {a: found for a, found in overdue_by_owner(date(2017, 9, 1)).items() if len(found) >= actions}
    address, found = min(owners.items(), key=lambda item: len(item[1]))
    for _, ref, _ in found[actions:]:
        csid.ctl("action", "update", ref, "--status", "complete")
    return address, [ref for _, ref, _ in found[:actions]]


def received(server, address):
    return [r.message for r in server.received if r.recipients == [address]]


def rows(csid, address):
    """State and why of all mails to somebody."""
    return csid.sql("SELECT state, reason FROM message WHERE recipient = ? AND channel = 'mail' ORDER BY id", address)


def notices_of(csid, about):
    items = csid.ctl("notice", "list", "--about", about, json=True)["items"]
    return [(i["state"], i["to"], i["channel"]) for i in items]


# -- what has become of it -----------------------------------------------------------------------------


def test_completed_meanwhile(mailed, mail_server):
    address, (ref,) = one_owner(mailed)
    mailed.advance(EARLY)
    ((state, _),) = rows(mailed, address)
    assert state == "queued"
    mailed.ctl("action", "update", ref, "--status", "complete")
    up(mailed, mail_server)
    assert received(mail_server, address) == [] and len(mail_server.received) > 5
    assert rows(mailed, address) == [("cancelled", f"action {ref} is complete since 1 Sep 2017")]
    assert mailed.sql("SELECT count(*) FROM message WHERE state NOT IN ('accepted', 'cancelled')") == [(0,)]
    (item,) = mailed.ctl("notice", "list", "--to", address, json=True)["items"]
    assert (item["state"], item["channel"], item["to"]) == ("cancelled", "mail", address)
    shown = mailed.ctl("notice", "show", str(item["id"]), json=True)
    assert shown["said"] == f"action {ref} is complete since 1 Sep 2017"
    why = mailed.ctl("notice", "why", str(item["id"]), json=True)
    assert (why["state"], why["said"], why["channel"]) == ("cancelled", shown["said"], "mail")
    codes = {i["code"]: i["text"] for i in mailed.ctl("notice", "why-not", "--about", ref, json=True)["items"]}
    assert "is cancelled: action" in codes["not-delivered"] and "closed" in codes and "told-already" not in codes
    mailed.advance("2017-09-04T12:00:00Z")  # on Tuesday its evidence is asked for
    assert received(mail_server, address) == []


def test_a_list_of_which_something_stands_goes(mailed, mail_server):
    address, refs = one_owner(mailed, 2)
    mailed.advance(EARLY)
    mailed.ctl("action", "update", refs[0], "--status", "complete")
    up(mailed, mail_server)
    (mail,) = received(mail_server, address)
    assert all(f"{ref} " in mail.get_body(("plain",)).get_content() for ref in refs), "its bytes are final"
    assert [state for state, _ in rows(mailed, address)] == ["accepted"]


def test_every_kind_of_cause_is_named(mailed, mail_server):
    address, refs = one_owner(mailed, 3)
    mailed.advance(EARLY)
    for ref in refs[:2]:
        mailed.ctl("action", "update", ref, "--status", "complete")
    mailed.ctl("notice", "ack", "--about", refs[2], "--back", "2017-09-06")
    up(mailed, mail_server)
    ((state, why),) = rows(mailed, address)
    assert state == "cancelled"
    assert why in [f"action {ref} is complete since 1 Sep 2017, and 1 more is closed; "
                   f"action {refs[2]}: acknowledged, until Wed 6 Sep 2017" for ref in refs[:2]]


def test_another_holder_is_told_by_the_next_run(empty, mail_server):
    empty.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "improvement-board-chair")
    empty.advance(EARLY)
    empty.ctl("role", "assign", "improvement-board-chair", "--name", "Cy Chair", "--email", "cy@x.example")
    up(empty, mail_server)
    assert received(mail_server, CHAIR) == [] and len(received(mail_server, DIRECTOR)) == 1
    assert rows(empty, CHAIR) == [
        ("cancelled", "who holds the role Chair of the improvement board is Cy Chair <cy@x.example> now")]
    (at_once,) = received(mail_server, "cy@x.example")
    assert str(at_once["Subject"]) == "Now yours: 1 deadline"
    told, last = forecast(empty, "2017-09-20"), last_notice(empty)
    up(empty, mail_server, "2017-09-20T22:59:00Z")
    same(told["items"], empty, last)
    mails = received(mail_server, "cy@x.example")
    assert [m["Date"].datetime.date() for m in mails] == [date(2017, 9, d) for d in (1, 2, 15)]
    assert "T-28" in mails[1].get_body(("plain",)).get_content()
    assert ("cancelled", CHAIR, "mail") in notices_of(empty, "deadline:1")
    assert ("accepted", "cy@x.example", "mail") in notices_of(empty, "deadline:1")


def test_a_forecast_knows_what_will_not_go(empty, mail_server):
    """What waits and is void is not taken as told."""
    empty.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "improvement-board-chair")
    empty.advance(EARLY)
    empty.ctl("role", "assign", "improvement-board-chair", "--name", "Cy Chair", "--email", "cy@x.example")
    told, last = forecast(empty, "2017-09-20"), last_notice(empty)
    up(empty, mail_server, "2017-09-20T22:59:00Z")
    assert ("2017-09-02", "cy@x.example") in {(i["at"][:10], i["to"]) for i in told["items"]}
    same(told["items"], empty, last)


def test_of_a_mail_that_goes_what_is_somebody_elses_is_told_them(empty, mail_server):
    """One person in two roles gets one mail; one of the roles is handed over while it waits."""
    empty.ctl("role", "assign", "programme-office", "--name", "Dee Rector", "--email", DIRECTOR)
    empty.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-20")
    empty.advance("2017-09-04T08:00:00Z")
    empty.ctl("role", "assign", "programme-office", "--name", "New Office", "--email", OFFICE)
    up(empty, mail_server, "2017-09-04T14:00:00Z")
    assert len(received(mail_server, DIRECTOR)) == 1 and received(mail_server, OFFICE) == []
    empty.advance("2017-09-05T14:00:00Z")
    (mail,) = received(mail_server, OFFICE)
    assert "Monitoring visit" in str(mail["Subject"]) and len(received(mail_server, DIRECTOR)) == 1
    codes = {i["code"] for i in empty.ctl("notice", "why-not", "--about", "visit:1", "--to", "programme-office",
                                          json=True)["items"]}
    assert "told-already" in codes and "not-delivered" not in codes


def test_acknowledged_by_the_link_of_another_day(mailed, mail_server):
    address, (ref,) = one_owner(mailed)
    mailed.advance(EARLY)
    (item,) = mailed.ctl("notice", "list", "--to", address, json=True)["items"]
    text = mailed.ctl("notice", "show", str(item["id"]), json=True)["text"]
    (path,) = set(re.findall(r"https://csi\.bromley\.example/csid(/v1/ack/[A-Za-z0-9_-]+)", text))
    answer = mailed.request("POST", path, urlencode({"back": "2017-09-05"}).encode(),
                            {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 201
    up(mailed, mail_server)
    assert rows(mailed, address) == [("cancelled", f"action {ref}: acknowledged, until Tue 5 Sep 2017")]
    mailed.advance("2017-09-04T12:00:00Z")
    assert received(mail_server, address) == []
    mailed.advance("2017-09-05T12:00:00Z")
    assert len(received(mail_server, address)) == 1


def test_silenced_and_made_good(mailed, mail_server):
    address, (ref,) = one_owner(mailed)
    mailed.advance(EARLY)
    mailed.ctl("silence", "add", "--match", f"to={address}", "--until", "2017-09-05", "--comment", "On leave")
    up(mailed, mail_server)
    assert rows(mailed, address) == [("cancelled", f"action {ref}: silence:1 holds it: On leave")]
    (item,) = mailed.ctl("notice", "list", "--to", address, json=True)["items"]
    refused = mailed.ctl("notice", "retry", str(item["id"]), check=False)
    assert refused.returncode == 5 and "On leave" in refused.stderr
    mailed.ctl("silence", "end", "1")
    mailed.ctl("notice", "retry", str(item["id"]))
    mailed.advance("1m")
    assert len(received(mail_server, address)) == 1, "what holds it no more may go after all"
    mailed.advance("2017-09-01T16:00:00Z")
    mailed.ctl("check", "run", "actions-overdue")
    mailed.advance("1m")
    assert len(received(mail_server, address)) == 1, "and counts as told again"


def test_an_extension_is_granted(open_csid, mail_server):  # noqa: F811
    csid = open_csid(mail={"url": mail_server.url})
    csid.import_plan()
    down(mail_server)
    address, (ref,) = one_owner(csid)
    due = csid.ctl("action", "show", ref, json=True)["due_on"]
    csid.advance(EARLY)
    assert call(csid, ["action", "extend", ref, "--to", "2017-12-31", "--why", "Late"], OFFICER).returncode == 0
    assert call(csid, ["extension", "grant", "1"], ADMIN).returncode == 0
    up(csid, mail_server)
    ((state, why),) = rows(csid, address)
    assert state == "cancelled" and re.fullmatch(
        rf"action {re.escape(ref)} is due on 31 Dec 2017 by now, no longer on \d+ \w+ {due[:4]}", why)


def test_submitted_and_booked(empty, mail_server):
    empty.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "programme-office")
    empty.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-29")
    empty.advance(EARLY)
    assert len(rows(empty, OFFICE)) == 1, "one digest of both"
    empty.ctl("deadline", "submit", "1", "--on", "2017-09-01", "--evidence", "Sent=https://x.example/1")
    empty.ctl("visit", "update", "1", "--from", "2017-10-09", "--to", "2017-10-10")
    up(empty, mail_server)
    ((state, why),) = rows(empty, OFFICE)
    assert state == "cancelled" and received(mail_server, OFFICE) == []
    assert "deadline:1 was submitted on 1 Sep 2017" in why and "visit:1 is due on 9 Oct 2017 by now" in why


def test_what_has_happened_goes_whatever_came_of_it(empty, mail_server):
    """No reminder, but what csid could not do: it stays so."""
    empty.ctl("role", "add", "empty-chair", "--title", "Empty chair")
    empty.write_config({"mail": {"url": mail_server.url, "administrator": "admin@x.example"}, **DEADLINES_ONLY})
    empty.ctl("reload")
    empty.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "empty-chair")
    empty.advance(EARLY)
    empty.ctl("deadline", "update", "1", "--ended-on", "2017-09-01")
    up(empty, mail_server)
    assert len(received(mail_server, "admin@x.example")) == 1
    assert rows(empty, DIRECTOR) == [("cancelled", "deadline:1 ended on 1 Sep 2017")]


# -- what may have gone out ----------------------------------------------------------------------------


def test_in_doubt_goes_again_though_it_is_closed(mailed, mail_server):
    """csid is killed while the server has the mail: whether it arrived nobody knows, so no row may say that it was
    cancelled; the same bytes go again."""
    address, (ref,) = one_owner(mailed)
    mailed.advance("2017-09-01T07:29:00Z")
    mail_server.script.answers.clear()
    for other in overdue_by_owner(date(2017, 9, 1)):
        if other != address:
            mailed.ctl("silence", "add", "--match", f"to={other}", "--until", "2017-09-02", "--comment", "Only one")
    mail_server.script.stall("DOT")
    body = b'{"duration": "5m"}'
    asking = mailed.connect()
    asking.sendall(b"POST /v1/clock/advance HTTP/1.1\r\nHost: csid\r\nContent-Length: %d\r\n\r\n%b"
                   % (len(body), body))
    mail_server.wait_step("DOT")
    mailed.kill()
    asking.close()
    mail_server.script.release()
    down(mail_server)
    mailed.start("2017-09-01T07:40:00Z")
    mailed.ctl("action", "update", ref, "--status", "complete")
    up(mailed, mail_server)
    assert [state for state, _ in rows(mailed, address)] == ["accepted"]
    assert len({m.raw for m in received(mail_server, address)}) == 1


# -- overtaken -----------------------------------------------------------------------------------------


def test_a_step_expires_when_the_next_is_told(empty, mail_server):
    """T-14 could not be delivered for a week: it is not sent beside T-7."""
    empty.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "improvement-board-chair")
    up(empty, mail_server, EARLY)
    assert len(received(mail_server, CHAIR)) == 1
    down(mail_server)
    empty.advance("2017-09-22T07:29:00Z")
    assert [state for state, _ in rows(empty, CHAIR)] == ["accepted", "queued"]
    mail_server.script.answers.clear()
    empty.advance("2017-09-22T14:00:00Z")
    (accepted, expired, last) = rows(empty, CHAIR)
    assert expired[0] == "expired" and expired[1].startswith("its time had passed before it could go")
    assert "2017-09-22T07:30:00Z" in expired[1], "the instant at which the next step was told"
    assert (accepted[0], last[0]) == ("accepted", "accepted")
    bodies = [m.get_body(("plain",)).get_content() for m in received(mail_server, CHAIR)]
    assert [re.search(r"T-\d+", b)[0] for b in bodies] == ["T-28", "T-7"]


def test_until_the_next_run_it_may_go(empty, mail_server):
    """A mail of Friday is worth sending all week-end, for nothing else is told before Monday."""
    empty.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-09-29")
    empty.advance(EARLY)
    up(empty, mail_server, "2017-09-04T07:29:00Z")
    assert [state for state, _ in rows(empty, DIRECTOR)] == ["accepted"]


def test_yesterdays_list_is_not_sent_beside_todays(mailed, mail_server):
    address, _ = one_owner(mailed)
    mailed.advance("2017-09-04T07:31:00Z")
    up(mailed, mail_server, "2017-09-04T14:00:00Z")
    assert [state for state, _ in rows(mailed, address)] == ["expired", "accepted"]
    assert len(received(mail_server, address)) == 1


# -- at once, outside the digest: a statutory breach -----------------------------------------------------


def test_a_breach_is_a_mail_of_its_own_and_later_a_page_of_the_digest(csid):
    assign_roles(csid)
    for title in ("First return", "Second return"):
        csid.ctl("deadline", "add", title, "--due", "2017-09-04", "--role", "director")
    csid.ctl("deadline", "add", "Third return", "--due", "2017-09-19", "--role", "director")
    csid.advance("2017-09-12T12:00:00Z")
    mails = [m for m in csid.mails() if DIRECTOR in str(m["To"])]
    breach = [m for m in mails if m["Date"].datetime.date() == date(2017, 9, 5)]
    assert len(breach) == 3, "each breach, and the digest with T-14 of the third"
    assert sum("overdue" in str(m["Subject"]).lower() for m in breach) == 2
    (later,) = [m for m in mails if m["Date"].datetime.date() == date(2017, 9, 12)]
    assert len(matters(later)) == 3, "both again, and T-7 of the third"


def test_a_missed_board_paper_is_no_breach(csid):
    """Its check is not statutory: it stays in the digest."""
    assign_roles(csid)
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-04", "--role", "director")
    csid.ctl("deadline", "add", "Paper", "--due", "2017-09-04", "--role", "director")
    csid.stop()
    with contextlib.closing(sqlite3.connect(csid.database)) as db:
        db.execute("UPDATE deadline SET check_name = 'board-papers'")
        db.commit()
    csid.start()
    csid.advance("2017-09-05T12:00:00Z")
    (mail,) = [m for m in csid.mails() if DIRECTOR in str(m["To"]) and m["Date"].datetime.date() == date(2017, 9, 5)]
    assert len(matters(mail)) == 2
