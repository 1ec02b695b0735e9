"""Escalation against a model of it: a few lines of Python written from what is promised, not from the program, asked
about every order of things that can happen to one overdue subject. tests/tools/escalation_probe lets them happen.

A step of an order is a letter: d a day passes and its run, w five days down and one run, a acknowledged for six days,
x due tomorrow instead, c complete (or submitted), r reopened, v the line manager goes, or comes back, s silenced for
four days by one person. All but d and w happen at noon, between two runs. When the owner is told is another matter
(the reminders' ladder): the model takes it from what was sent, and says what must follow."""

import itertools
import os
import random
import subprocess
from datetime import date, timedelta

import pytest
from harness import BUILD

LONG = bool(os.environ.get("CSID_LONG"))
SEED = int(os.environ["CSID_SEED"])
PROBE = BUILD / "tests" / "tools" / "escalation_probe"
POLICY = "owner +1, line-manager +2, accountable +3, improvement-board-chair +4, then every 2w"
LEVELS = {2: ("manager@x", 2), 3: ("executive@x", 3), 4: ("chair@x", 4)}
BEGINS = DUE = date(2017, 12, 20)
HOLIDAYS = {date(2017, 12, 25), date(2017, 12, 26), date(2018, 1, 1)}
LETTERS = "dwaxcrvs"


def is_working(day):
    return day.weekday() < 5 and day not in HOLIDAYS


def add_working(day, count):
    while count:
        day += timedelta(1)
        count -= is_working(day)
    return day


def on_or_after(day):
    while not is_working(day):
        day += timedelta(1)
    return day


# -- the model -------------------------------------------------------------------------------------


class Chain:
    """One subject on its way up: `told` the levels with their address and day; `since` the day that the next counts
    from; at_once when the level before was found empty."""

    def __init__(self, today, due):
        self.due = due
        self.since = max(today, add_working(due, 1))
        self.level, self.told, self.at_once = 0, [], False


class Model:
    def __init__(self, statutory):
        self.statutory = statutory  # a deadline: never held by an acknowledgement, nor by one person's silence
        self.today, self.due, self.open = BEGINS, DUE, True
        self.acknowledged = {}  # due date → the day on which it ends
        self.silent_until = None  # noon of that day
        self.manager_here = True
        self.admin_knows = set()
        self.chain, self.ended = None, []

    # what officers do

    def happen(self, letter):
        if letter == "a":
            self.acknowledged[self.due] = self.today + timedelta(6)
        elif letter == "x":
            self.due = self.today + timedelta(1)
        elif letter == "c":
            self.open = False
        elif letter == "r" and not self.statutory:
            self.open = True
        elif letter == "v":
            self.manager_here = not self.manager_here
        elif letter == "s":
            self.silent_until = self.today + timedelta(4)

    # a run

    def is_silent(self, morning):
        """A silence ends at noon of its day: it holds the run of that morning still, not one at noon."""
        if self.statutory or self.silent_until is None:
            return False
        return self.today < self.silent_until or (morning and self.today == self.silent_until)

    def is_acknowledged(self):
        return not self.statutory and self.acknowledged.get(self.due, self.today) > self.today

    def run(self, owner_told, morning):
        """Who is told above the owner, and whether the administrator is; the end comes before the climb."""
        self.says, self.admin, self.morning = [], False, morning
        overdue = self.open and self.due < self.today
        if self.chain and not (overdue and self.chain.due == self.due):
            self.end()
        if overdue and not self.chain:
            self.chain = Chain(self.today, self.due)
        if self.chain:
            self.climb()
            if owner_told and self.chain.level == 0:
                self.chain.level, self.chain.since = 1, max(self.today, self.chain.since)
        self.resolve()
        return sorted(self.says), self.admin

    def end(self):
        up = {level for level, _, _ in self.chain.told}
        if up:
            self.ended.append(up)
        self.chain = None

    def resolve(self):
        """Those it was escalated to, whoever holds the role now, once; held while it is silent."""
        waiting = []
        for up in self.ended:
            for level in set(up):
                if level == 2 and not self.manager_here:
                    self.admin = True
                elif self.is_silent(self.morning):
                    continue
                else:
                    self.says.append(f"resolved:{LEVELS[level][0]}")
                up.discard(level)
            if up:
                waiting.append(up)
        self.ended = waiting

    def climb(self):
        """At most one level is told; those in which nobody is are passed over at once."""
        chain = self.chain
        while chain.level:
            again = chain.level == 4
            level = 4 if again else chain.level + 1
            address, days = LEVELS[level]
            due = on_or_after(chain.since + timedelta(14)) if again else add_working(chain.since, days)
            if not chain.at_once and self.today < due:
                return
            if self.is_acknowledged():
                return
            if level == 2 and not self.manager_here:
                self.admin = True
                chain.level, chain.at_once = 2, True
                continue
            if not self.is_silent(self.morning):
                self.says.append(f"up:{address}:{level}")
                chain.told.append((level, address, self.today))
                chain.level, chain.since, chain.at_once = level, self.today, False
            return


def predicted(order, told, statutory):
    """What the model says that the last thing in an order tells, given when the owner was told before."""
    model = Model(statutory)
    for place, letter in enumerate(order):
        owner_told = "owner" in told[order[:place + 1]]
        says, admin = [], False
        if letter == "d":
            model.today += timedelta(1)
            if statutory or model.today.weekday() < 5:
                says, admin = model.run(owner_told, True)
        elif letter == "w":
            model.today += timedelta(5)
            says, admin = model.run(owner_told, False)
        else:
            model.happen(letter)
    return says + ["admin"] * admin


# -- what really happens ---------------------------------------------------------------------------


def really(orders, kind):
    """Order → who was told, for each of them and whatever it begins with."""
    text = "\n".join(sorted(orders)) + "\n"
    done = subprocess.run([PROBE, kind, POLICY], input=text, capture_output=True, text=True, check=True)
    return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}


def compare(orders, kind):
    """How many of the orders and of what they begin with tell somebody above the owner, last of all."""
    told = really(orders, kind)
    assert told.keys() == {order[:n] for order in orders for n in range(1, len(order) + 1)}
    up = 0
    for order, who in told.items():
        said = sorted(w for w in who if w != "owner")
        assert said == sorted(predicted(order, told, kind == "deadline")), (kind, order)
        up += any(w.startswith("up:") for w in said)
    return up


def all_orders(letters, length):
    return ["".join(o) for o in itertools.product(letters, repeat=length)]


def random_orders(count):
    """Orders of up to nine, with time to climb in them."""
    chance = random.Random(SEED)
    return ["".join(chance.choice(LETTERS + "dww") for _ in range(chance.randrange(6, 10))) for _ in range(count)]


@pytest.mark.parametrize("kind", ["action", "deadline"])
def test_orders_of_three_after_it_is_overdue(kind):
    """Every order of three with the owner told, and with the line manager told, and a run at the end."""
    orders = [before + order + "w" for before in ("d", "dw", "dww") for order in all_orders(LETTERS, 3)]
    assert compare(orders, kind) > 300


@pytest.mark.parametrize("kind", ["action", "deadline"])
def test_orders_drawn_at_random(kind):
    print(f"CSID_SEED={SEED}")
    compare(random_orders(150), kind)


@pytest.mark.skipif(not LONG, reason="CSID_LONG is not set: it takes many minutes")
@pytest.mark.parametrize("kind", ["action", "deadline"])
@pytest.mark.parametrize("first", LETTERS)
def test_every_order_of_six(kind, first):
    letters = LETTERS if kind == "action" else LETTERS.replace("r", "")
    compare([first + order for order in all_orders(letters, 5)], kind)


@pytest.mark.skipif(not LONG, reason="CSID_LONG is not set: it takes many minutes")
@pytest.mark.parametrize("kind", ["action", "deadline"])
def test_many_orders_drawn_at_random(kind):
    compare(random_orders(20000), kind)
