"""Delivery when everything goes wrong at once: weeks in which a relay and an endpoint misbehave at random, csid is
killed, ended and told to read its settings in the midst of it, and officers hold, release, retry and pipe in what came
back. Then all is well for a while, and what csid says of it is held against what the servers have."""

import os
import random
import re
import signal
import subprocess
import threading
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

import harness
from harness import MailServer, Receiver, Script
from test_bounces import BOUNCE_TO, group, report
from test_doctor import doctor

SEED = int(os.environ["CSID_SEED"])
LONG = bool(os.environ.get("CSID_LONG"))
SEEDS = int(os.environ.get("CSID_SEEDS", "100" if LONG else "2"))
DAYS = (14, 29) if LONG else (6, 11)
STATES = harness.TOP / "daemon" / "notice" / "outbox_state.c"
HOOK = "webhook:board"
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
KEEP = "250 2.0.0 Ok"  # the message is there, and its sender never hears of it: KEEP, then a drop

WRONG = {
    "CONNECT": ["421 busy", "554 no service here", "drop"],
    "EHLO": ["421 4.3.2 going down", "451 4.3.0 later", "502 5.5.1 what", "drop"],
    "MAIL": ["451 4.3.0 later", "421 4.3.2 going down", "550 5.7.1 not you", "drop", "drop"],
    "RCPT": ["451 4.7.1 greylisted", "452 4.2.2 full", "421 4.7.0 too many", "550 5.1.1 no such user",
             "550 5.7.1 not wanted", "drop", "drop"],
    "DATA": ["451 4.3.0 later", "421 4.3.2 going down", "554 5.5.1 no", "drop", "drop"],
    "DOT": ["451 4.3.0 later", "421 4.3.2 going down", "554 5.7.1 spam", "drop", "drop", KEEP, KEEP, KEEP],
    "RSET": ["421 4.3.2 going down", "drop"],
    "QUIT": ["drop"],
    "POST": [500, 500, 502, 302, 404, "drop", "drop", "drop", (429, {"Retry-After": "90"}, b""),
             (429, {"Retry-After": "nonsense"}, b""), (503, {"Retry-After": "7200"}, b""), 410],
}


class Weather(Script):
    """Answers wrongly by chance, and now and then has something happen at a step of the dialogue."""

    def __init__(self, rng):
        super().__init__()
        self.rng, self.chance, self.lock = random.Random(rng.random()), 0, threading.Lock()
        self.strike, self.left = None, 0

    def at_a_step(self, strike, steps):
        with self.lock:
            self.strike, self.left = strike, steps

    def next(self, word):
        with self.lock:
            self.left -= 1
            if self.strike and self.left <= 0:
                strike, self.strike = self.strike, None
                strike()
            return self.rng.choice(WRONG[word]) if word in WRONG and self.rng.random() < self.chance else None


class Relay(MailServer):
    def __init__(self, script):
        super().__init__()
        self.script, self.seen = script, []  # seen: all that came whole, taken or not

    async def handle_DATA(self, server, session, envelope):
        self.seen.append(harness.Received(envelope))
        answer = await super().handle_DATA(server, session, envelope)
        if answer == KEEP:
            server.transport.abort()
        return answer


def identity(received):
    return received.message["Message-ID"].strip("<> \r\n")


class World:
    """A csid, what is around it, and chance."""

    def __init__(self, new_csid, folder, seed):
        self.rng, self.log = random.Random(seed), []
        self.relay, self.board = Relay(Weather(self.rng)), Receiver()
        self.board.script = Weather(self.rng)
        self.away = set()
        (folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        self.folder = folder
        self.csid = new_csid(config=self.settings())
        self.csid.import_plan()
        for role in ("director", "improvement-board-chair", "programme-office"):
            self.csid.ctl("role", "assign", role, "--name", role.title(), "--email", f"{role}@x.example", "--from",
                          "2017-01-01")
        self.ending, self.hands, self.down = None, [], False
        self.stays = set()
        self.now = self.csid.now()

    def stop(self):
        self.relay.stop()
        self.board.stop()

    def settings(self, hooked=True, **mail):
        hook = {"name": "board", "url": self.board.url, "format": "standard", "allow": ["127.0.0.0/8"],
                "secret_file": str(self.folder / "secret")}
        return {"mail": {"url": self.relay.url, "bounce_to": BOUNCE_TO, "administrator": "it@x.example", **mail},
                "webhooks": [hook] * hooked}

    # time

    def say(self, *words):
        self.log.append(" ".join(str(w) for w in (self.now, *words)))

    def signal(self, which):
        """In the midst of a step: the csid that there is, once."""
        if self.ending is None and self.csid.running:
            if which != signal.SIGHUP:
                self.ending = which
            os.kill(self.csid.pid, which)

    def by_hand(self, *words):
        """In the midst of a step, by somebody who does not wait for its end."""
        env = harness.environment({"CSID_SOCKET": str(self.csid.socket)})
        self.hands.append(subprocess.Popen([harness.CSICTL, *words], env=env, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL))

    def arm(self):
        steps = self.rng.randrange(1, 120)
        script = self.rng.choice((self.relay.script, self.relay.script, self.board.script))
        if script is self.board.script:
            steps = self.rng.randrange(1, 5)
        if self.rng.random() < 0.6:
            which = self.rng.choice(SIGNALS)
            self.say("at step", steps, which.name)
            script.at_a_step(lambda: self.signal(which), steps)
        elif self.rng.random() < 0.5:
            words = self.rng.choice((("channel", "hold", "mail"), ("channel", "release", "mail"), ("reload",),
                                     ("channel", "hold", HOOK), ("channel", "release", HOOK)))
            self.say("at step", steps, *words)
            script.at_a_step(lambda: self.by_hand(*words), steps)

    def disarm(self):
        for script in (self.relay.script, self.board.script):
            script.at_a_step(None, 0)

    def advance(self, to):
        csid = self.csid
        if self.down:
            self.disarm()  # or the csid that is just ending gets the signal, and the next one is waited for
            self.say("down until", to)
            self.down = False
            csid.restart(to)
        try:
            csid.advance(to)
        except AssertionError:
            assert self.ending, csid.stderr
        self.disarm()
        for hand in self.hands:
            hand.wait(harness.COMMAND_S)
        self.hands.clear()
        csid.forget_notified()  # systemd would read it; csid waits where nobody does
        self.now = to
        if self.ending:
            assert csid.process.wait(20) == (-self.ending if self.ending == signal.SIGKILL else 0), csid.stderr
            csid.notify.close()
            csid.process, self.ending = None, None
            csid.start(to)
        assert csid.running and csid.now() >= to, csid.stderr

    # what happens

    def change_weather(self):
        for name, server in (("relay", self.relay), ("board", self.board)):
            if name in self.away:
                self.away.discard(name)
                server.come_back()
            elif self.rng.random() < 0.1:
                self.away.add(name)
                server.go()
            server.script.chance = self.rng.choice((0, 0, 0.03, 0.03, 0.1, 0.3, 0.8))
        self.say("weather", self.relay.script.chance, self.board.script.chance, *self.away)

    def ctl(self, *words, **more):
        """What an officer tries: that it is refused is as good as done."""
        done = self.csid.ctl(*words, check=False, **more)
        self.say(*words, "->", done.returncode, done.stderr.strip()[:150])
        assert done.returncode in (0, 2, 3, 5) or "is statutory" in done.stderr, done.stderr
        return done

    def day(self, ahead):
        return str(date.fromisoformat(self.now[:10]) + timedelta(ahead))

    def happen(self):
        getattr(self, "do_" + self.rng.choice([name[3:] for name in dir(self) if name.startswith("do_")]))()

    def do_hold(self):
        self.ctl("channel", "hold", self.rng.choice(("mail", HOOK)), "--why", "the relay moves")

    def do_release(self):
        for channel in ("mail", HOOK):
            self.ctl("channel", "release", channel)

    def settled(self, *states):
        marks = ",".join("?" * len(states))
        return [str(i) for i, in self.csid.sql("SELECT min(n.id) FROM notice n JOIN message m ON m.id = n.message_id "
                                               f"WHERE m.state IN ({marks}) GROUP BY m.id ORDER BY 1", *states)]

    def do_retry(self):
        for notice in self.settled("failed", "expired", "cancelled", "held", "accepted")[-40:]:
            if self.rng.random() < 0.2:
                self.ctl("notice", "retry", notice)

    do_retry_again = do_retry

    def do_cancel(self):
        for notice in self.settled("queued", "retry", "in-doubt", "held")[:3]:
            self.ctl("notice", "cancel", notice)

    def do_redeliver(self):
        self.ctl("webhook", "redeliver", "board", "--since", f"{self.day(-3)}T00:00:00Z")

    def do_bounce(self):
        for got in self.rng.sample(self.relay.received, min(2, len(self.relay.received))):
            about = group(got.recipients[0], *self.rng.choice((("failed", "5.1.1"), ("failed", "5.7.1"), ("delayed", "4.4.1"),
                                                               ("delivered", "2.0.0"), ("failed", "5.2.2"))))
            self.ctl("bounce", stdin=report(got.sender, about))

    do_bounce_again = do_bounce

    def do_clear(self):
        for row in self.csid.ctl("bounce", "list", json=True)["items"]:
            self.ctl("bounce", "clear", row["address"])

    def do_complete(self):
        for item in self.rng.sample(self.overdue(), 3):
            self.ctl("action", "update", item["ref"], "--status", "complete")

    def do_acknowledge(self):
        self.ctl("notice", "ack", "--about", self.rng.choice(self.overdue())["ref"], "--back", self.day(3))

    def do_owe(self):
        self.ctl("deadline", "add", f"Owed on {self.now}", "--due", self.day(self.rng.randrange(0, 10)), "--role",
                 self.rng.choice(("director", "improvement-board-chair", "programme-office")))

    do_owe_again = do_owe

    def do_submit(self):
        items = self.csid.ctl("deadline", "list", json=True)["items"]
        if items:
            self.ctl("deadline", "submit", str(self.rng.choice(items)["id"]), "--on", self.now[:10])

    def do_visit(self):
        self.ctl("visit", "add", "--kind", "monitoring", "--from", self.day(self.rng.randrange(2, 20)))

    def do_hand_over(self):
        who = f"office{self.now[5:10]}"
        self.ctl("role", "assign", "programme-office", "--name", who, "--email", f"{who}@x.example", "--from", self.day(0))

    def do_restart(self):
        self.say("restart")
        self.csid.restart(self.now)

    def do_kill(self):
        self.say("kill")
        self.csid.kill()
        self.csid.start(self.now)

    def do_stay_down(self):
        self.down = True

    def do_reload(self):
        mail = {"connections": self.rng.choice((1, 2, 4)), "per_minute": self.rng.choice((0, 0, 3)),
                "on_doubt": self.rng.choice(("resend", "resend", "hold"))}
        hooked = self.rng.random() < 0.8
        self.csid.write_config(self.settings(hooked, **mail))
        self.ctl("reload")
        self.say(hooked, mail)

    def do_test(self):
        self.ctl("channel", "test", self.rng.choice(("mail", HOOK)))

    def overdue(self):
        return self.csid.ctl("action", "list", "--overdue", json=True)["items"]

    # how it goes

    def live(self, days):
        for _ in range(days):
            self.change_weather()
            for _ in range(self.rng.randrange(0, 4)):
                self.happen()
            self.arm()
            self.advance(f"{self.day(0)}T08:{self.rng.randrange(10, 59)}:00Z")
            for _ in range(self.rng.randrange(0, 3)):
                self.happen()
            self.arm()
            self.advance(f"{self.day(1)}T06:00:00Z")

    def be_well(self):
        for name, server in (("relay", self.relay), ("board", self.board)):
            server.script.chance = 0
            if name in self.away:
                server.come_back()
        self.away.clear()
        self.say("all is well")
        self.csid.write_config(self.settings())
        self.ctl("reload")
        self.do_release()
        self.do_clear()
        for notice in self.settled("held"):
            if self.ctl("notice", "retry", notice).returncode:  # it is no longer so
                if self.ctl("notice", "cancel", notice).returncode:  # nor may one person let it be
                    self.stays.add(int(notice))
        self.since = self.csid.now()
        self.advance(f"{self.day(10)}T12:00:00Z")


# -- what must hold ----------------------------------------------------------------------------------


def table_of_states():
    """state → what may follow, as outbox_state.c has it."""
    text = re.sub(r"/\*.*?\*/", "", STATES.read_text(), flags=re.S)
    rows = re.findall(r'\[OUTBOX_\w+\] =\s*\{"([a-z-]+)",([^}]*)\}', text)
    table = {name: {w.lower().replace("_", "-") for w in re.findall(r"TO\((\w+)\)", nexts)} for name, nexts in rows}
    assert len(table) == 10 and table["retry"] == {"sending", "expired", "cancelled", "held", "failed"}
    return table


def histories(csid):
    """message → [(seq, before, after)], as the journal has its states."""
    found = defaultdict(list)
    for seq, what, before, after in csid.sql("SELECT seq, what, json_extract(before, '$.state'), "
                                             "json_extract(after, '$.state') || '' FROM journal "
                                             "WHERE what LIKE 'message.%' ORDER BY seq"):
        if what.split()[0] not in ("message.delayed",):
            found[int(what.split(":")[1])].append((seq, before, after))
    return found


def check_transitions(csid):
    table = table_of_states()
    for message, steps in histories(csid).items():
        assert steps[0][1:] == (None, "queued"), (message, steps)
        was = "queued"
        for _, before, after in steps[1:]:
            # that it is claimed is the attempt's row, not the journal's
            assert before == was or (before == "sending" and "sending" in table[was]), (message, steps)
            assert after in table[before], (message, before, after)
            was = after


def check_server(csid, seen, taken, channel):
    """(1) to (3): seen and taken are id → [bytes], of what came whole and of what the server said yes to."""
    messages = csid.sql("SELECT id, message_id, state, body FROM message WHERE channel = ?", channel)
    assert set(seen) <= {m[1] for m in messages}
    for number, name, state, body in messages:
        assert set(seen[name]) <= {body}, f"message {number}: other bytes"
        outcomes = Counter(o for o, in csid.sql("SELECT outcome FROM attempt WHERE message_id = ?", number))
        assert state != "accepted" or taken[name], f"message {number} is accepted and never arrived"
        assert outcomes["accepted"] <= len(taken[name]) <= outcomes["accepted"] + outcomes["in-doubt"] + outcomes[None], (
            f"message {number} taken {len(taken[name])} times, {outcomes}")
        if len(taken[name]) > 1 and not outcomes["in-doubt"]:
            assert csid.sql("SELECT 1 FROM journal WHERE what = ? AND json_extract(before, '$.state') IN ('accepted', "
                            "'failed', 'expired', 'cancelled', 'held')", f"message.queued message:{number}"), number


def check_order(csid, channel):
    """(4): by recipient, first accepted as written, but for those that had left the row."""
    steps = histories(csid)
    rows = csid.sql("SELECT recipient, id FROM message WHERE channel = ? ORDER BY id", channel)
    by_recipient = defaultdict(list)
    for recipient, number in rows:
        first = next((seq for seq, _, after in steps[number] if after == "accepted"), None)
        left = next((seq for seq, _, after in steps[number] if after in ("failed", "expired", "held", "cancelled")), None)
        by_recipient[recipient].append((number, first, left))
    for recipient, those in by_recipient.items():
        for place, (number, first, left) in enumerate(those):
            for later, its, _ in those[place + 1:]:
                if its and (first is None or its < first):
                    assert left and left < its, f"{recipient}: {later} before {number}"


def check_end(world):
    """(5): nothing waits, each has its reason, and who owes something knows."""
    csid = world.csid
    waits = csid.sql("SELECT id, channel, state, next_at, reason FROM message WHERE state NOT IN ('accepted', 'failed', "
                     "'expired', 'cancelled', 'collapsed')")
    stays = {i for n in world.stays for i, in csid.sql("SELECT message_id FROM notice WHERE id = ?", n)}
    assert {row[0] for row in waits} <= stays, waits
    assert not csid.sql("SELECT id FROM message WHERE state <> 'accepted' AND coalesce(reason, '') = ''")
    assert not csid.sql("SELECT id FROM notice WHERE message_id IS NULL AND reason = ''")
    assert not csid.sql("SELECT id FROM attempt WHERE ended_at IS NULL")
    told = set(csid.sql("SELECT n.about, n.due_on, m.recipient FROM notice n JOIN message m ON m.id = n.message_id WHERE "
                        "m.state = 'accepted' AND m.channel = 'mail' AND n.channel = 'mail' AND m.sent_at > ?", world.since))
    holders = {role["slug"]: role["email"] for role in csid.ctl("role", "list", json=True)["items"]}
    for item in world.overdue():
        about = (f"{item['plan']}:{item['ref']}", item["due_on"], holders[item["owner"]])
        assert about in told, f"{about} was not told"
    for item in csid.ctl("deadline", "list", json=True)["items"]:
        if item["due_on"] < world.day(-2):
            about = (f"deadline:{item['id']}", item["due_on"], holders[item["role"]])
            assert about in told, f"{about} was not told"


def check_doctor(world):
    """(6): what has failed for good, and a channel that stands still, have a name."""
    csid = world.csid
    csid.advance("1m")  # a csid that has just been started may be sending
    found = doctor(csid)[1]
    failed = csid.sql(
        "SELECT m.id FROM message m JOIN notice v ON v.message_id = m.id WHERE m.state = 'failed' AND m.channel = 'mail' "
        "AND (SELECT max(ended_at) FROM attempt WHERE message_id = m.id) > ? AND NOT EXISTS (SELECT 1 FROM notice n "
        "WHERE n.about = v.about AND n.role = v.role AND n.channel = 'mail' AND n.message_id > m.id) AND NOT EXISTS "
        "(SELECT 1 FROM bounce b WHERE b.address = m.recipient)", f"{world.day(-6)}T00:00:00Z")
    said = " ".join(text for state, text in found["notices"] if state != "ok")
    assert not failed or "failed for good" in said, (failed, found["notices"])
    there = {row["name"] for row in csid.ctl("channel", "list", json=True)["items"]}
    stopped = there & {name for name, in csid.sql("SELECT name FROM channel WHERE state = 'held'")}
    said = " ".join(text for state, text in found["channels"] if state != "ok")
    lost = csid.sql("SELECT m.id FROM message m WHERE m.state = 'failed' AND m.channel = ? AND m.event <> 'csi.test' AND "
                    "(SELECT max(ended_at) FROM attempt WHERE message_id = m.id) > ?", HOOK, f"{world.day(-6)}T00:00:00Z")
    assert not lost or HOOK not in there or "to the endpoint board failed for good" in said, (lost, found["channels"])
    assert all(name.removeprefix("webhook:") in said for name in stopped), (stopped, found["channels"])


def by_id(pairs):
    found = defaultdict(list)
    for name, raw in pairs:
        found[name].append(raw)
    return found


def check(world):
    csid = world.csid
    check_transitions(csid)
    check_server(csid, by_id((identity(r), r.raw) for r in world.relay.seen),
                 by_id((identity(r), r.raw) for r in world.relay.received), "mail")
    calls = [(r.headers["webhook-id"], r.body, r.answer) for r in world.board.requests]
    check_server(csid, by_id(c[:2] for c in calls), by_id(c[:2] for c in calls if c[2] == 200), HOOK)
    for channel in ("mail", HOOK):
        check_order(csid, channel)
    assert csid.ctl("journal", "verify").returncode == 0


@pytest.mark.parametrize("seed", range(SEED, SEED + SEEDS))
def test_weeks_in_which_all_goes_wrong(new_csid, folder, seed):
    world = World(new_csid, folder, seed)
    try:
        world.live(world.rng.randrange(*DAYS))
        check_doctor(world)
        world.be_well()
        check(world)
        check_end(world)
    finally:
        print(f"CSID_SEED={seed}", *world.log, sep="\n")
        world.stop()
