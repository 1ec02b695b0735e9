"""Where the features of delivery meet: stopping with a queue, a reload under way, a clock that was wrong, a redirection and
a held channel, what is asked for by hand of what cannot go now."""

import signal
import socket
import time

import notify_server as notify
import pytest
from harness import Receiver, merged

from test_contract_delivery import SECRET, board, with_board
from test_database import opened
from test_outbox import channels, notices
from test_redirect import TESTER, config


def ask(csid, count):
    """So many mails, each to somebody else: nothing but the connections keeps them apart."""
    for i in range(count):
        csid.ctl("mail", "test", f"reader{i}@x.example")


def wait_for(what, seconds=10):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- stopping --------------------------------------------------------------------------------------


def test_nothing_new_is_begun_on_the_way_down(new_csid, mail_server):
    """Or what is under way when the time is over is cut off, and goes twice."""
    csid = new_csid(config={"mail": {"url": mail_server.url, "connections": 1}})
    mail_server.script.stall("DOT")
    ask(csid, 3)
    mail_server.wait_step("DOT")
    csid.process.send_signal(signal.SIGTERM)
    csid.wait_notified("STOPPING=1")
    mail_server.script.release()
    assert csid.ended() == 0
    csid.process = None
    assert csid.sql("SELECT state, count(*) FROM message GROUP BY state") == [("accepted", 1), ("queued", 2)]
    csid.start()
    csid.advance("1s")
    assert len(mail_server.received) == 3


def test_a_mail_that_was_not_begun_to_be_said_is_in_no_doubt(new_csid, mail_server):
    """The relay has let csid wait before it said a word: it cannot have the mail, and nobody need look."""
    csid = new_csid(config={"mail": {"url": mail_server.url, "on_doubt": "hold"}})
    mail_server.script.stall("CONNECT")
    ask(csid, 1)
    mail_server.wait_step("CONNECT")
    csid.stop()
    mail_server.script.release()
    assert csid.sql("SELECT state, attempts FROM message") == [("queued", 0)]
    csid.start()
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "accepted" and len(mail_server.received) == 1


def test_a_mail_whose_end_was_not_answered_for_is_in_doubt(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url, "on_doubt": "hold"}})
    mail_server.script.stall("DOT")
    ask(csid, 1)
    mail_server.wait_step("DOT")
    csid.stop()
    mail_server.script.release()
    csid.start()
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "held"


def test_a_call_of_which_nothing_was_sent_is_in_no_doubt(new_csid, folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing: no TLS, no call
        hook = {"name": "board", "url": f"https://127.0.0.1:{silent.getsockname()[1]}/hook", "allow": ["127.0.0.0/8"],
                "on_doubt": "hold"}
        csid = with_board(new_csid, folder, hook, plan=False)
        csid.ctl("webhook", "test", "board")
        with silent.accept()[0] as connection:
            connection.recv(1)
            csid.stop()
        assert csid.sql("SELECT state, attempts FROM message") == [("queued", 0)]


# -- many endpoints ----------------------------------------------------------------------------------


def test_endpoints_that_never_answer_take_no_place_from_another(new_csid, folder, receiver):
    """A dozen are silent, with more waiting for each; the one that answers has all of its calls meanwhile."""
    silent = Receiver()
    names = [f"e{n}" for n in range(12)]
    hooks = [board(silent, name=name, url=f"{silent.url}/{name}") for name in names]
    (folder / "secret").write_text(SECRET)
    try:
        silent.script.stall("POST")
        csid = new_csid(config={"webhooks": [{**hook, "secret_file": str(folder / "secret")}
                                             for hook in (*hooks, board(receiver))]})
        for name in [*names, *names, "board", "board", "board"]:
            csid.ctl("webhook", "test", name)
        wait_for(lambda: len(receiver.requests) == 3 and len(silent.requests) == 12)
        assert {r.path for r in silent.requests} == {f"/hook/{name}" for name in names}
        silent.script.release()
        wait_for(lambda: len(silent.requests) == 24)
    finally:
        silent.stop()


# -- a reload --------------------------------------------------------------------------------------


def test_a_call_under_way_to_an_endpoint_that_is_removed(new_csid, folder, receiver):
    """It fails after the reload: what cannot go anywhere any more is held and says so, not tried in silence."""
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    receiver.script.say("POST", 500)
    receiver.script.stall("POST")
    csid.ctl("webhook", "test", "board")
    csid.write_config({})
    csid.ctl("reload")
    receiver.script.release()
    csid.advance("1s")
    (call,) = notices(csid)
    assert call["state"] == "held" and "1 message is held, and goes only" in csid.ctl("status").stdout
    assert "no such endpoint" in csid.ctl("notice", "show", str(call["id"])).stdout


def test_a_call_cut_off_by_the_power_to_an_endpoint_that_is_gone_at_the_start(new_csid, folder, receiver):
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    receiver.script.stall("POST")
    csid.ctl("webhook", "test", "board")
    wait_for(lambda: receiver.requests)
    csid.kill()
    receiver.script.release()
    csid.write_config({})
    csid.start()
    (call,) = notices(csid)
    assert call["state"] == "held"


def test_an_endpoint_that_was_given_up_and_is_taken_out_is_nobodys_trouble(new_csid, folder, receiver):
    """Nothing could release it any more, and every monitor would stay red; if it comes back, it is still given up."""
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    receiver.script.say("POST", 410)
    csid.ctl("webhook", "test", "board")
    csid.advance("1s")
    assert csid.ctl("doctor", check=False).returncode == 1
    kept = csid.config_file.read_text()
    csid.write_config({})
    csid.ctl("reload")
    warnings = [w["text"] for w in csid.ctl("status", json=True)["warnings"]]
    assert not [w for w in warnings if "webhook:board" in w] and csid.ctl("doctor").returncode == 0
    csid.config_file.write_text(kept)
    csid.ctl("reload")
    assert csid.ctl("webhook", "list", json=True)["items"][0]["state"] == "held"
    assert "webhook:board is held" in csid.ctl("status").stdout


def test_what_has_no_endpoint_any_more_is_not_promised(new_csid, folder, receiver):
    """Renamed while a call waits for its retry: asking for it by hand says why it cannot go, and what can be done."""
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    receiver.script.say("POST", 500)
    made = csid.ctl("webhook", "test", "board", json=True)
    csid.advance("1s")
    csid.config_file.write_text(csid.config_file.read_text().replace('"board"', '"panel"'))
    csid.ctl("reload")
    refused = csid.ctl("notice", "retry", str(made["notice"]), check=False)
    assert refused.returncode == 5 and "webhook:board" in refused.stderr and "csid.yaml" in refused.stderr
    assert notices(csid)[0]["state"] == "held"
    csid.ctl("notice", "cancel", str(made["notice"]), "--why", "it is another now")


def test_an_endpoint_of_the_name_mail_is_not_mail(new_csid, folder, receiver):
    csid = with_board(new_csid, folder, board(receiver, name="mail"), plan=False)
    assert csid.ctl("channel", "hold", "mail", json=True)["name"] == "mail"
    assert csid.ctl("channel", "hold", "webhook:mail", json=True)["name"] == "webhook:mail"


@pytest.mark.parametrize("on_doubt, state, calls", [("hold", "held", 1), ("resend", "accepted", 2)])
def test_a_call_that_nobody_answered_may_have_arrived(new_csid, folder, receiver, on_doubt, state, calls):
    """The receiver took all of it and the line broke: who cannot deal with repeats has none."""
    csid = with_board(new_csid, folder, board(receiver, on_doubt=on_doubt), plan=False)
    receiver.script.say("POST", "drop")
    csid.ctl("webhook", "test", "board")
    csid.advance("10m")
    assert (notices(csid)[0]["state"], len(receiver.requests)) == (state, calls)
    if on_doubt == "hold":
        assert csid.ctl("webhook", "list", json=True)["items"][0]["failing_since"] == "2017-09-01T06:00:00Z"


def test_who_has_mended_an_endpoint_need_not_wait_a_day(new_csid, folder, receiver):
    """A test waits its turn behind the call that failed, says so, and says how both go at once."""
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    receiver.script.say("POST", (503, {"Retry-After": "86400"}, b""))
    csid.ctl("webhook", "test", "board")
    csid.advance("1s")
    made = csid.ctl("webhook", "test", "webhook:board", json=True)  # as channel list names it
    assert "2017-09-02T06:00:00Z" in made["state"] and "csictl channel release webhook:board" in made["state"]
    csid.advance("1s")
    assert len(receiver.requests) == 1 and channels(csid)["webhook:board"]["next_at"] == "2017-09-02T06:00:00Z"
    csid.ctl("channel", "release", "board")
    csid.advance("1s")
    assert [n["state"] for n in notices(csid)] == ["accepted"] * 2 and len(receiver.requests) == 3


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_a_relay_that_was_down_is_tried_when_it_is_mended(new_csid, mail_server, how):
    """Not in up to four hours, when it would have been tried again without anybody mending it."""
    csid = new_csid(config={"mail": {"url": "smtp://127.0.0.1:9"}})
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("3h")
    assert notices(csid)[0]["state"] == "queued"
    csid.write_config({"mail": {"url": mail_server.url}})
    csid.ctl("reload") if how == "reload" else csid.restart()
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "accepted"


# -- a clock that was wrong ------------------------------------------------------------------------


def wrong(csid, mail_server):
    """A mail that is tried for the first time while the clock is a year ahead."""
    mail_server.script.say("RCPT", "451 4.7.1 greylisted")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "retry"


def test_what_was_tried_by_a_clock_a_year_ahead_is_not_tried_in_a_year(new_csid, mail_server):
    csid = new_csid(clock="2018-09-01T08:00:00Z", config=config(mail_server))
    wrong(csid, mail_server)
    csid.ctl("clock", "set", "2017-09-01T08:00:00Z")
    csid.ctl("clock", "accept")
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "accepted" and len(mail_server.received) == 1


def test_nor_after_a_restart(new_csid, mail_server):
    csid = new_csid(clock="2018-09-01T08:00:00Z", config=config(mail_server))
    wrong(csid, mail_server)
    csid.restart("2017-09-01T08:00:00Z")
    csid.advance("1s")
    assert notices(csid)[0]["state"] == "accepted" and len(mail_server.received) == 1


def test_while_the_clock_is_suspect_every_way_is_held_and_says_so(new_csid, folder, receiver, mail_server):
    csid = with_board(new_csid, folder, board(receiver), plan=False, mail={"url": mail_server.url})
    csid.ctl("clock", "set", "2018-09-01T06:00:00Z")
    for row in channels(csid).values():
        assert row["state"] == "held" and "csictl clock accept" in row["reason"]
    assert "csictl clock accept" in csid.ctl("mail", "test", "ann@x.example").stdout
    assert not mail_server.received
    csid.ctl("clock", "set", "2017-09-01T06:00:00Z")  # it was wrong, and what was asked for meanwhile goes now
    csid.advance("1s")
    assert ["ann@x.example"] in [r.recipients for r in mail_server.received]


# -- a redirection and a held endpoint -------------------------------------------------------------


def test_what_waits_while_mails_are_redirected_is_not_let_go_by_hand(new_csid, folder, receiver, mail_server):
    csid = with_board(new_csid, folder, board(receiver), plan=False, mail={"url": mail_server.url, "redirect_all_to": TESTER})
    done = csid.ctl("channel", "release", "board", check=False)
    assert done.returncode == 5 and "mail.redirect_all_to" in done.stderr
    assert channels(csid)["webhook:board"]["state"] == "held"


def test_what_was_held_by_hand_stays_so_when_mails_are_redirected_no_more(new_csid, folder, receiver, mail_server):
    csid = with_board(new_csid, folder, board(receiver), plan=False)
    hook = {**board(receiver), "secret_file": str(folder / "secret")}
    csid.ctl("channel", "hold", "board", "--why", "moving")
    for mail in ({"redirect_all_to": TESTER}, {}):
        csid.write_config({"webhooks": [hook], "mail": mail})
        csid.ctl("reload")
        csid.restart()
    held = channels(csid)["webhook:board"]
    assert held["state"] == "held" and "moving" in held["reason"]


def test_by_notify_the_tester_sees_for_whom_it_is(new_csid, folder):
    server = notify.NotifyServer()
    try:
        csid = new_csid(config=merged(notify.options(folder, server.base), {"mail": {"redirect_all_to": TESTER}}))
        csid.ctl("mail", "test", "ann@x.example")
        csid.advance("1s")
        (asked,) = server.asked
        assert asked.body["email_address"] == TESTER
        assert asked.body["personalisation"]["subject"].startswith("[for ann@x.example] ")
    finally:
        server.stop()


def test_what_a_fault_holds_can_be_held_by_hand_too(new_csid, mail_server):
    """Or the next reload lets it go, whatever somebody said meanwhile."""
    mail_server.script.say("MAIL", "550 5.7.1 not you")
    csid = new_csid(config=config(mail_server))
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert "not you" in channels(csid)["mail"]["reason"]
    csid.ctl("channel", "hold", "mail", "--why", "not before Monday")
    csid.ctl("reload")
    csid.restart()
    csid.advance("1s")
    assert "not before Monday" in channels(csid)["mail"]["reason"] and not mail_server.received
    assert "held → up" in csid.ctl("channel", "release", "mail").stdout
    assert "held" not in csid.ctl("channel", "release", "mail").stdout.lower().split("channel")[0]
    csid.advance("1s")
    assert len(mail_server.received) == 1


# -- by hand ---------------------------------------------------------------------------------------


def test_what_was_given_up_is_tried_for_days_again_when_it_is_asked_for(new_csid, mail_server):
    once = {"schedules": [{"name": "deadlines", "check": "deadlines", "cron": "30 8 1 * *"}]}  # or it is told anew
    csid = new_csid(config={**config(mail_server), **once})
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-09-29", "--role", "director")
    mail_server.script.say("RCPT", *["451 4.3.0 try later"] * 36)
    csid.advance("2017-09-08T08:00:00Z")
    (row,) = notices(csid, state="failed")
    assert row["attempts"] == 36
    mail_server.script.say("RCPT", "451 4.7.1 greylisted")
    csid.ctl("notice", "retry", str(row["id"]))
    csid.advance("1s")
    assert csid.ctl("notice", "show", str(row["id"]), json=True)["state"] == "retry"
    csid.advance("6m")
    assert csid.ctl("notice", "show", str(row["id"]), json=True)["state"] == "accepted"


def test_what_cannot_be_sent_again_says_why_not(new_csid, mail_server):
    csid = new_csid(config=config(mail_server))
    mail_server.script.say("RCPT", "451 4.7.1 greylisted")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    for words, said in ((("retry",), "goes by itself"), (("cancel",), "")):
        done = csid.ctl("notice", *words, "1", check=False)
        assert (done.returncode == 0) == (not said) and said in done.stderr
        assert "cannot become" not in done.stderr
    csid.ctl("notice", "retry", "1")
    csid.advance("1s")
    for word in ("retry", "cancel"):
        done = csid.ctl("notice", word, "1", check=False)
        assert done.returncode == 5 and "has been accepted" in done.stderr, done.stderr


def test_who_asks_for_a_test_hears_that_it_waits(new_csid, folder, receiver, mail_server):
    csid = with_board(new_csid, folder, board(receiver), plan=False, mail={"url": mail_server.url})
    assert "at once" in csid.ctl("mail", "test", "ann@x.example").stdout
    csid.ctl("channel", "hold", "mail", "--why", "moving the relay")
    held = csid.ctl("mail", "test", "ann@x.example").stdout
    assert "at once" not in held and "moving the relay" in held
    csid.ctl("channel", "release", "mail")
    csid.stop()
    with opened(csid.database) as db:
        db.execute("UPDATE meta SET value = '/srv/old/csid.db' WHERE key = 'path'")
    csid.start()
    for words in (("mail", "test", "ann@x.example"), ("webhook", "test", "board"), ("channel", "test", "webhook:board")):
        told = csid.ctl(*words).stdout
        assert "csictl adopt" in told and "at once" not in told, words
    row = csid.ctl("webhook", "list", json=True)["items"][0]
    assert (row["state"], "csictl adopt" in row["reason"]) == ("held", True)
