"""The outbox by hand: channels held and let go, a notice that is not to go, the evidence of what went."""

import hashlib
import json
import sqlite3
import threading
import time

import harness
import pytest
from harness import text_of

CHAIR = ("role", "assign", "improvement-board-chair", "--name", "Pat Lee", "--email", "chair@x.example", "--from",
         "2017-01-01")
MORNING = "2017-09-01T08:00:00Z"
NEXT_MORNING = "2017-09-04T08:00:00Z"


@pytest.fixture
def sending(new_csid, mail_server):
    return new_csid(config={"mail": {"url": mail_server.url}})


def owe(csid, title="Report of the chair", due="2017-09-29"):
    """A statutory deadline of the chair's that has its reminder on the morning of 1 September."""
    csid.ctl(*CHAIR)
    return csid.ctl("deadline", "add", title, "--due", due, "--role", "improvement-board-chair", json=True)["id"]


def own(csid):
    """The address of who owns actions that are overdue on the morning of 1 September."""
    csid.import_plan()
    owner = csid.ctl("action", "list", "--overdue", json=True)["items"][0]["owner"]
    return csid.ctl("role", "show", owner, json=True)["email"]


def notices(csid, **more):
    return csid.ctl("notice", "list", *[w for k, v in more.items() for w in (f"--{k}", v)], json=True)["items"]


def channels(csid):
    return {c["name"]: c for c in csid.ctl("channel", "list", json=True)["items"]}


# -- channels --------------------------------------------------------------------------------------


def test_a_channel_held_by_hand_lets_nothing_go_and_stays_so(sending, mail_server):
    owe(sending)
    shown = sending.ctl("channel", "hold", "mail", "--why", "the relay moves", json=True)
    assert (shown["state"], shown["reason"].split(": ")[1]) == ("held", "the relay moves")
    sending.advance(MORNING)
    assert not mail_server.received and channels(sending)["mail"]["waiting"] == 1
    assert "the relay moves" in sending.ctl("status").stdout
    assert sending.get("/healthz").json()["status"] == "degraded"
    sending.ctl("reload")
    sending.restart()
    sending.advance("2017-09-01T09:00:00Z")
    assert not mail_server.received, "neither a reload nor a restart lets go what somebody holds"
    told = sending.ctl("channel", "release", "mail")
    assert "held → up" in told.stdout
    sending.advance("2017-09-01T09:01:00Z")
    (got,) = mail_server.received
    assert got.recipients == ["chair@x.example"]
    row = channels(sending)["mail"]
    assert (row["state"], row["waiting"], row["sent_at"]) == ("up", 0, "2017-09-01T09:00:00Z")
    assert sending.ctl("journal", "verify").returncode == 0
    said = [j["what"] for j in sending.ctl("journal", "list", "--about", "mail", json=True)["items"]]
    assert said == ["channel.hold mail", "channel.release mail"]


def test_holding_what_is_held_and_what_there_is_not(sending):
    sending.ctl("channel", "hold", "mail")
    again = sending.ctl("channel", "hold", "mail", check=False)
    assert (again.returncode, "is held already" in again.stderr) == (5, True)
    assert sending.ctl("channel", "release", "mail").returncode == 0
    assert sending.ctl("channel", "release", "mail").returncode == 0  # it is as wanted
    for words in (("hold", "mial"), ("release", "webhook:none")):
        done = sending.ctl("channel", *words, check=False)
        assert done.returncode == 3 and "channel list" in done.stderr + "channel list", done.stderr
    assert "did you mean mail" in sending.ctl("channel", "hold", "mial", check=False).stderr
    sending.ctl("channel", "hold", "mail", "--dry-run")
    assert channels(sending)["mail"]["state"] == "up"


def test_a_held_webhook_leaves_mail_alone(new_csid, folder, receiver, mail_server):
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    csid = new_csid(config={"mail": {"url": mail_server.url},
                            "webhooks": [{"name": "board", "url": receiver.url, "format": "standard", "allow": ["127.0.0.0/8"],
                                          "events": ["csi.deadline.due"], "secret_file": str(folder / "secret")}]})
    owe(csid)
    csid.ctl("channel", "hold", "board")  # the endpoint's name is enough
    csid.advance(MORNING)
    assert len(mail_server.received) == 1 and not receiver.requests
    assert [c["state"] for c in csid.ctl("channel", "list", json=True)["items"]] == ["up", "held"]
    csid.ctl("channel", "release", "webhook:board")
    csid.advance("2017-09-01T08:01:00Z")
    assert len(receiver.requests) == 1


def test_a_test_by_each_way(new_csid, folder, receiver, mail_server):
    (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    hook = {"name": "board", "url": receiver.url, "allow": ["127.0.0.0/8"], "secret_file": str(folder / "secret")}
    csid = new_csid(config={"mail": {"url": mail_server.url}, "webhooks": [hook]})
    nobody = csid.ctl("channel", "test", "mail", check=False)
    assert nobody.returncode == 5 and "csictl mail test ADDRESS" in nobody.stderr
    csid.ctl("role", "assign", "administrator", "--name", "It", "--email", "it@x.example")
    for name in ("mail", "board", "webhook:board"):
        notice = csid.ctl("channel", "test", name, json=True)["notice"]
        csid.advance("1s")
        assert csid.ctl("notice", "show", str(notice), json=True)["state"] == "accepted"
    assert [r.recipients for r in mail_server.received] == [["it@x.example"]] and len(receiver.requests) == 2


# -- order -----------------------------------------------------------------------------------------


def test_what_was_written_first_for_somebody_arrives_first(sending, mail_server):
    owe(sending)
    mail_server.script.say("DOT", "451 4.7.1 greylisted", "451 4.7.1 greylisted")
    sending.advance("2017-09-01T07:30:00Z")
    sending.ctl("deadline", "add", "Another", "--due", "2017-09-08", "--role", "improvement-board-chair")
    sending.ctl("schedule", "run", "deadlines")
    sending.advance("2017-09-01T07:30:30Z")
    assert not mail_server.received, "the second does not overtake the first, which has to be tried again"
    sending.advance("2017-09-01T08:00:00Z")
    said = [text_of(r.message) for r in mail_server.received]
    assert len(said) == 2 and "Another" not in said[0] and "Another" in said[1]


# -- limits ----------------------------------------------------------------------------------------


def test_so_many_a_minute(new_csid, mail_server):
    """Ten mails, four a minute: the clock says when each began, and a restart does not begin a minute anew."""
    csid = new_csid(config={"mail": {"url": mail_server.url, "per_minute": 4}}, start=False)
    csid.start()
    csid.stop()
    queue(csid, 10)
    csid.start("2017-09-01T06:00:00Z")
    csid.advance("2017-09-01T06:00:30Z")
    assert len(mail_server.received) == 4
    csid.restart()
    csid.advance("2017-09-01T06:00:59Z")
    assert len(mail_server.received) == 4
    csid.advance("2017-09-01T06:05:00Z")
    began = [r[0][11:16] for r in csid.sql("SELECT started_at FROM attempt ORDER BY id")]
    assert began == ["06:00"] * 4 + ["06:01"] * 4 + ["06:02"] * 2


def test_what_is_in_doubt_waits_for_somebody_where_that_is_wanted(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url, "on_doubt": "hold"}})
    owe(csid)
    mail_server.script.stall("DOT")
    passing = threading.Thread(target=csid.ctl, args=("clock", "advance", "--to", MORNING), kwargs={"check": False})
    passing.start()
    mail_server.wait_step("DOT")
    csid.kill()
    passing.join()
    mail_server.script.release()
    csid.start(MORNING)
    (notice,) = notices(csid, to="chair@x.example")
    assert notice["state"] == "held"
    shown = csid.ctl("notice", "show", str(notice["id"]), json=True)
    assert "may have arrived" in shown["said"] and [a["outcome"] for a in shown["attempt_list"]] == ["in-doubt"]
    csid.ctl("channel", "hold", "mail")
    csid.ctl("channel", "release", "mail")
    assert notices(csid, to="chair@x.example")[0]["state"] == "held", "a release of the channel is no look at it"
    before = len(mail_server.received)
    csid.ctl("notice", "retry", str(notice["id"]))
    csid.advance("1s")
    assert len(mail_server.received) == before + 1 and notices(csid, to="chair@x.example")[0]["state"] == "accepted"


# -- cancel ----------------------------------------------------------------------------------------


def test_cancelling_what_waits(sending, mail_server):
    owner = own(sending)
    sending.ctl("channel", "hold", "mail")
    sending.advance(MORNING)
    (notice,) = [n for n in notices(sending, to=owner)]
    gone = sending.ctl("notice", "cancel", str(notice["id"]), "--why", "told her at the meeting", json=True)
    assert gone["state"] == "cancelled" and gone["said"].endswith("told her at the meeting")
    sending.ctl("channel", "release", "mail")
    sending.ctl("schedule", "run", "overdue")
    sending.advance("2017-09-01T09:00:00Z")
    assert not [r for r in mail_server.received if owner in r.recipients], "nor does the next run write it anew"
    again = sending.ctl("notice", "cancel", str(notice["id"]), check=False)
    assert again.returncode == 5 and "cancelled" in again.stderr
    sending.ctl("notice", "retry", str(notice["id"]))
    sending.advance("2017-09-01T09:01:00Z")
    assert [r for r in mail_server.received if owner in r.recipients], "until somebody wants it after all"
    late = sending.ctl("notice", "cancel", str(notice["id"]), check=False)
    assert late.returncode == 5 and "accepted" in late.stderr


def test_nobody_alone_cancels_what_is_statutory(sending, mail_server):
    owe(sending, due="2017-08-25")  # missed
    sending.ctl("channel", "hold", "mail")
    sending.advance(MORNING)
    (notice,) = notices(sending, to="chair@x.example")
    done = sending.ctl("notice", "cancel", str(notice["id"]), check=False)
    assert done.returncode == 1 and "two people" in done.stderr and "silence add" in done.stderr
    sending.ctl("channel", "release", "mail")
    sending.advance("2017-09-01T08:01:00Z")
    assert len(mail_server.received) >= 1
    assert sending.ctl("notice", "cancel", "999", check=False).returncode == 3


def test_what_is_statutory_and_no_longer_so_can_be_cancelled(sending, mail_server):
    """Else it stays held for ever: it may have arrived, so that nothing decides for itself what becomes of it."""
    owe(sending, due="2017-08-25")
    sending.write_config({"mail": {"url": mail_server.url, "on_doubt": "hold"}})
    sending.ctl("reload")
    mail_server.script.say("DOT", *["drop"] * 20)
    sending.advance(MORNING)
    (notice,) = notices(sending, to="chair@x.example")
    assert notice["state"] == "held"
    words = ("notice", "cancel", str(notice["id"]))
    assert "two people" in sending.ctl(*words, check=False).stderr
    (deadline,) = sending.ctl("deadline", "list", json=True)["items"]
    sending.ctl("deadline", "submit", str(deadline["id"]), "--on", "today")
    assert "no longer" in sending.ctl("notice", "retry", str(notice["id"]), check=False).stderr
    gone = sending.ctl(*words, json=True)
    assert gone["state"] == "cancelled" and "whether it went before is not known" in gone["said"]


def test_what_waits_says_for_what(sending, mail_server):
    """For another to the same reader, for a channel that is held or down: never for a time that has passed."""
    mail_server.script.say("RCPT", "451 4.7.1 greylisted", "451 4.7.1 greylisted")
    assert sending.ctl("mail", "test", "ann@x.example", json=True)["told"] == ["ann@x.example, at once"]
    sending.advance("2m")
    behind = "it waits for notice 1, which was written before it for the same reader"
    assert sending.ctl("mail", "test", "ann@x.example", json=True)["told"] == [f"ann@x.example, later: {behind}"]
    first, second = (sending.ctl("notice", "show", str(i), json=True) for i in (1, 2))
    assert first["next_at"] > sending.now() and first["said"] == "RCPT: 451 4.7.1 greylisted"
    assert (second["next_at"], second["said"]) == (None, behind)
    assert channels(sending)["mail"]["next_at"] == first["next_at"]
    sending.ctl("channel", "hold", "mail", "--why", "the relay moves")
    first, second = (sending.ctl("notice", "show", str(i), json=True) for i in (1, 2))
    for shown, said in ((first, "RCPT: 451 4.7.1 greylisted; mail is held: held by "), (second, "mail is held: held by ")):
        assert shown["next_at"] is None and shown["said"].startswith(said) and shown["said"].endswith(": the relay moves")
    sending.write_config({"mail": {"url": "smtp://127.0.0.1:9"}})
    sending.ctl("reload")
    sending.ctl("channel", "release", "mail")
    sending.advance("10m")
    first = sending.ctl("notice", "show", "1", json=True)
    assert first["said"].startswith("mail is down, next try at") and first["said"].count("connecting:") == 1
    assert first["next_at"] == channels(sending)["mail"]["next_at"] > sending.now()


def test_last_sent_is_when_something_went_whatever_was_written_first(sending, mail_server):
    mail_server.script.say("RCPT", "451 4.7.1 greylisted")
    sending.ctl("mail", "test", "ann@x.example")
    sending.advance("1s")
    sending.ctl("mail", "test", "bob@x.example")
    sending.advance("10m")
    times = [n["sent_at"] for n in notices(sending)]
    assert times[0] > times[1] and channels(sending)["mail"]["sent_at"] == times[0]


# -- proof -----------------------------------------------------------------------------------------


def test_the_proof_holds_what_was_sent_and_hangs_in_the_chain(sending, mail_server):
    due = owe(sending)
    mail_server.script.say("DOT", "451 4.7.1 come again", "250 2.0.0 Ok: queued as ABCDEF01")
    sending.advance(MORNING)
    proof = sending.ctl("notice", "proof", "--about", f"deadline:{due}", json=True)
    (got,), (item,) = mail_server.received, proof["items"]
    assert (item["to"], item["channel"], item["state"]) == ("chair@x.example", "mail", "accepted")
    assert "ABCDEF01" in item["said"] and f"<{item['message_id']}>" == got.message["Message-ID"].strip()
    assert item["sha256"] == hashlib.sha256(item["body"].encode()).hexdigest()
    assert item["body"].encode() == got.raw, "the bytes that the server has"
    assert [a["outcome"] for a in proof["attempts"]] == ["retry", "accepted"]
    assert "451 4.7.1 come again" in proof["attempts"][0]["reply"]
    assert {(a["peer"], a["tls"]) for a in proof["attempts"]} == {(f"127.0.0.1:{mail_server.port}", None)}
    assert proof["journal_intact"] and proof["notices"][0]["step"] == "T-28"
    # the hash of the bytes stands in rows that are chained: recomputed here from the database alone
    rows = sending.sql("SELECT seq, at, who, what, before, after, hash FROM journal ORDER BY seq")
    before = ""
    for seq, at, who, what, was, now, digest in rows:
        before = hashlib.sha256("".join(f"{x}\n" for x in (before, seq, at, who, what, was or "", now or "")).encode()).hexdigest()
        assert before == digest
    assert proof["journal_hash"] == before
    told = {e["seq"]: e for e in proof["journal_entries"]}
    assert {r[0] for r in rows if r[3].endswith(f" message:{item['message']}")} == set(told)
    assert all(json.loads(e["after"])["sha256"] == item["sha256"] for e in told.values())
    assert json.loads(proof["journal_entries"][-1]["after"])["peer"] == f"127.0.0.1:{mail_server.port}"


def test_the_proof_reads_well_in_a_browser(sending, mail_server):
    due = owe(sending, title="Report <b>of</b> the chair")
    sending.advance(MORNING)
    page = sending.get(f"/v1/notices/proof?about=deadline:{due}", {"Accept": "text/html"})
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    for words in ("chair@x.example", "SHA-256", "queued as", "intact", "1 Sep 2017 08:30:00 +01:00", "Report &lt;b&gt;of&lt;/b&gt; the chair"):
        assert words in page.text, words
    assert "<b>of" not in page.text


def test_the_proof_of_a_rules_quarter(new_csid, mail_server):
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    csid.import_plan()
    csid.ctl("plan", "update", "--packs", "intervention")
    csid.ctl(*CHAIR)
    csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", "2017-06-29", "--first-report",
             "2017-10-01", "--every", "3m")
    csid.advance("2017-10-02T08:00:00Z")
    (due,) = [d for d in csid.ctl("deadline", "list", "--all", json=True)["items"] if d["due_on"] == "2017-10-01"
              and "chair" in d["title"]]
    by_rule, by_number = (csid.ctl("notice", "proof", "--about", about, json=True)
                          for about in ("deadline:CHAIR-QTR/2017Q4", f"deadline:{due['id']}"))
    assert by_rule["items"] == by_number["items"] and len(by_rule["items"]) >= 5
    assert {i["to"] for i in by_rule["items"]} == {"chair@x.example"}
    for about, status, says in (("deadline:CHAIR-QTR/2016Q4", 3, "deadline list"), ("deadline:CHAIR-QTR", 2, "a rule and a period"),
                                ("deadline:CHAIR-QTR/soon", 2, "soon"), ("deadline:NONE/2017", 3, "no deadline"),
                                ("deadline:999", 3, "nothing was ever written")):
        done = csid.ctl("notice", "proof", "--about", about, check=False)
        assert (done.returncode, says in done.stderr) == (status, True), (about, done.stderr)


def test_a_proof_says_to_whom_it_went_instead(new_csid, mail_server):
    """On a test system nobody but the tester was told: it must not read as if the chair had been."""
    csid = new_csid(config={"mail": {"url": mail_server.url, "redirect_all_to": "tester@x.example"}})
    due = owe(csid)
    csid.advance(MORNING)
    (item,) = csid.ctl("notice", "proof", "--about", f"deadline:{due}", json=True)["items"]
    assert (item["to"], item["redirected_to"], item["state"]) == ("chair@x.example", "tester@x.example", "accepted")
    page = csid.get(f"/v1/notices/proof?about=deadline:{due}", {"Accept": "text/html"}).text
    assert "tester@x.example" in page and "REDIRECTED TO" in page.upper()


def test_a_proof_says_when_the_chain_is_broken(sending, mail_server):
    due = owe(sending)
    sending.advance(MORNING)
    sending.stop()
    with sqlite3.connect(sending.database) as db:
        db.execute("UPDATE journal SET who = 'nobody' WHERE seq = 2")
    db.close()
    sending.start("2017-09-01T08:00:00Z")
    proof = sending.ctl("notice", "proof", "--about", f"deadline:{due}", json=True)
    assert not proof["journal_intact"] and "broken at row 2" in proof["journal"]


# -- what is listed --------------------------------------------------------------------------------


def test_a_terminal_leaves_out_what_a_later_step_stands_for(new_csid):
    """Of 165 overdue actions it shows what was sent and what was not, and counts the steps that were passed over; --all,
    --state and --about show them. Piped and in the other forms there is every row, whatever is asked."""
    csid = new_csid(config={"schedules": [{"name": "overdue", "check": "actions-overdue", "cron": "30 8 * * 1-5"}]})
    own(csid)
    csid.advance("2017-09-01T08:00:00Z")
    rows = notices(csid)
    left = [n for n in rows if n["state"] == "collapsed"]
    assert len(left) > 1000 and rows == csid.get("/v1/notices?all=true").json()["items"]
    for words, more in ((["--csv"], 1), ([], 1), (["--all"], 1)):
        assert len(csid.ctl("notice", "list", *words).stdout.splitlines()) == len(rows) + more

    def terminal(query=""):
        """What it shows on a wide terminal: the ids of the rows, and what stands below."""
        answer = csid.get(f"/v1/notices?width=300{query}", {"Accept": "text/plain"})
        lines = [line.split() for line in answer.text.splitlines() if line]
        return [int(words[0]) for words in lines if words[0].isdigit()], [" ".join(w) for w in lines if w[0] == "Left"]

    shown = [n["id"] for n in rows if n["state"] != "collapsed"]
    assert terminal() == (shown, [f"Left out: {len(left)} steps that a later one stands for; --all shows them."])
    assert terminal("&all=true") == ([n["id"] for n in rows], [])
    assert terminal("&state=collapsed") == ([n["id"] for n in left], [])
    assert terminal("&state=accepted") == (shown, [])
    about = rows[0]["about"]
    assert terminal(f"&about={about}") == ([n["id"] for n in notices(csid, about=about)], [])
    # pages go on behind what is left out
    assert terminal("&limit=5")[0] == shown[:5] and terminal(f"&limit=5&after={shown[4]}")[0] == shown[5:10]


# -- many ------------------------------------------------------------------------------------------


def queue(csid, count):
    """Queues so many messages, each to somebody else, in a database that nobody has open."""
    with sqlite3.connect(csid.database) as db:
        db.executemany("INSERT INTO message (channel, recipient, event, subject, message_id, body, state, created_at, next_at) "
                       "VALUES ('mail', ?, 'csi.test', 'Test', ?, ?, 'queued', '2017-09-01T06:00:00Z', '2017-09-01T06:00:00Z')",
                       ((f"p{n}@x.example", f"{n}@x.example", b"Subject: Test\r\n\r\n" + (b"x" * 70 + b"\r\n") * 56) for n in range(count)))
    db.close()


def test_ten_thousand_wait_at_the_start(sending, mail_server):
    """csid is up at once and answers, holds four of them in memory and not all, and ends in order with four under way;
    the next one says of those that they are in doubt, and sends them first."""
    sending.stop()
    queue(sending, 10000)
    mail_server.script.stall("DOT")
    sending.start("2017-09-01T06:00:00Z")
    mail_server.wait_step("DOT")
    assert sending.get("/v1/status").json()["outbox"]["sending"] == 4
    with open(f"/proc/{sending.pid}/status", encoding="ascii") as status:
        anon = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    assert anon < 20000 or harness.sanitized()  # KiB; the bodies alone are 40,000
    sending.stop()  # within five seconds
    assert dict(sending.sql("SELECT state, count(*) FROM message GROUP BY state")) == {"queued": 9996, "sending": 4}
    mail_server.script.release()
    first = len(mail_server.received)
    sending.start("2017-09-01T06:00:00Z")
    deadline = time.monotonic() + 30
    while len(mail_server.received) < first + 50:
        assert time.monotonic() < deadline
        mail_server.stepped.wait(0.2)
        mail_server.stepped.clear()
    doubted = {r[0] for r in sending.sql("SELECT recipient FROM message m JOIN attempt a ON a.message_id = m.id "
                                         "WHERE a.outcome = 'in-doubt'")}
    assert doubted <= {got.recipients[0] for got in mail_server.received[first:first + 20]} and len(doubted) == 4
