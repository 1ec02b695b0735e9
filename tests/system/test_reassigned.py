"""Who has something now that was somebody else's is told at once, in one mail that lists it: another role owns an action,
or somebody else holds a role."""

import csv
from collections import defaultdict
from datetime import date

import pytest
from harness import BROMLEY_2016, text_of
from test_reminders import CHAIR, assign_roles

ROLE = "head-of-children-looked-after"
CY = ("--name", "Cy New", "--email", "cy@x.example")


def settled(csid):
    """Until the courier has nothing more to do."""
    csid.advance("1s")


def mails_to(csid, address):
    settled(csid)
    return [m for m in csid.mails() if str(m["To"].addresses[0].addr_spec) == address]


def assign(csid, *words, role=ROLE, who=CY, **more):
    return csid.ctl("role", "assign", role, *who, *words, json=True, **more)


def plan_rows():
    return list(csv.DictReader(BROMLEY_2016.open()))


def open_of(title):
    return [r["ref"] for r in plan_rows() if r["owner"] == title and r["status"] != "complete"]


def changed_plan(folder, **fields):
    """The plan's file with other cells in the row of 5.12."""
    rows = plan_rows()
    for row in rows:
        if row["ref"] == "5.12":
            row.update(fields)
    path = folder / "changed.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


# -- an action -----------------------------------------------------------------------------------------


def test_another_role_owns_an_action(bromley):
    owner = bromley.ctl("role", "show", "head-of-leaving-care", json=True)
    dry = bromley.ctl("action", "update", "5.12", "--owner", "head-of-leaving-care", "--dry-run", json=True)
    assert dry["told"] == [f"{owner['email']}, at once: 1 now theirs"]
    assert bromley.sql("SELECT count(*) FROM notice") == [(0,)] and mails_to(bromley, owner["email"]) == []
    done = bromley.ctl("action", "update", "5.12", "--owner", "head-of-leaving-care", json=True)
    assert done["told"] == dry["told"] and done["owner"] == "head-of-leaving-care"
    assert {"what": "owner", "was": "Head of Children Looked After", "is": "Head of Leaving Care"} in done["changes"]
    (mail,) = mails_to(bromley, owner["email"])
    assert str(mail["Subject"]) == "Now yours: 1 action"
    text = " ".join(text_of(mail).split())
    assert "5.12" in text and "before with Head of Children Looked After" in text and "19 Feb 2017" in text
    (item,) = bromley.ctl("notice", "list", json=True)["items"]
    assert (item["event"], item["about"]) == ("csi.action.reassigned", "bromley-2016:5.12")


def test_nothing_twice(bromley):
    address = bromley.ctl("role", "show", "head-of-leaving-care", json=True)["email"]
    for owner in ("head-of-leaving-care", "head-of-leaving-care", ROLE, "head-of-leaving-care"):
        last = bromley.ctl("action", "update", "5.12", "--owner", owner, json=True)
    assert len(mails_to(bromley, address)) == 1, "back and forth in a day is told once"
    assert "at once" not in str(last["told"])


@pytest.mark.parametrize("words", [
    ("--owner", ROLE),  # it is so already
    ("--owner", "head-of-leaving-care", "--status", "complete"),
    ("--owner", "head-of-leaving-care", "--effective", "2017-09-20"),
    ("--note", "Nothing but a note"),
])
def test_who_is_not_told(bromley, words):
    done = bromley.ctl("action", "update", "5.12", *words, json=True)
    assert "at once" not in str(done["told"])
    assert bromley.sql("SELECT count(*) FROM notice") == [(0,)]


def test_nobody_in_the_new_role(bromley):
    bromley.ctl("role", "add", "empty-chair", "--title", "Empty chair")
    done = bromley.ctl("action", "update", "5.12", "--owner", "empty-chair", json=True)
    assert done["told"] == ["nobody as empty-chair: nobody holds the role Empty chair"]
    (item,) = bromley.ctl("notice", "list", json=True)["items"]
    assert (item["state"], item["event"]) == ("cancelled", "csi.action.reassigned")


def test_an_owner_must_be_a_role(bromley):
    done = bromley.ctl("action", "update", "5.12", "--owner", "no-such-role", check=False)
    assert done.returncode == 3 and "no-such-role" in done.stderr


# -- a role --------------------------------------------------------------------------------------------


def test_somebody_else_holds_a_role(bromley):
    refs = open_of("Head of Children Looked After")
    bromley.ctl("deadline", "add", "Return to the Department", "--due", "2017-11-15", "--role", ROLE)
    dump = bromley.database_dump()
    dry = assign(bromley, "--dry-run")
    assert dry["told"][-1] == f"cy@x.example, at once: {len(refs) + 1} now theirs"
    assert bromley.database_dump() == dump
    assert assign(bromley)["told"] == dry["told"]
    (mail,) = mails_to(bromley, "cy@x.example")
    assert str(mail["Subject"]) == f"Now yours: {len(refs)} actions and 1 deadline"
    text = " ".join(text_of(mail).split())
    assert all(f"{ref} " in text for ref in refs) and "Return to the Department" in text
    closed = [r["ref"] for r in plan_rows() if r["owner"] == "Head of Children Looked After" and r["status"] == "complete"]
    assert closed and not any(f" {ref} " in text for ref in closed)
    again = assign(bromley)
    assert "told" not in again and len(mails_to(bromley, "cy@x.example")) == 1
    bromley.advance("2017-09-01T08:00:00Z")
    assert len(mails_to(bromley, "cy@x.example")) == 2, "what is overdue is told by the next run as ever"


@pytest.mark.parametrize("words", [("--from", "2017-09-04"), ("--from", "2017-08-01", "--to", "2017-08-31")])
def test_who_does_not_hold_it_today_is_not_told(bromley, words):
    assert "at once" not in str(assign(bromley, *words)["told"])
    assert mails_to(bromley, "cy@x.example") == []


def test_from_a_day_that_has_passed_it_is_told_today(bromley):
    assert "at once" in str(assign(bromley, "--from", "2017-08-31")["told"])
    assert len(mails_to(bromley, "cy@x.example")) == 1


def test_a_vacant_role_that_is_filled_is_made_good_by_the_next_run(csid):
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "improvement-board-chair")
    assign_roles(csid)
    assert csid.sql("SELECT count(*) FROM notice") == [(0,)]
    csid.advance("2017-09-01T08:00:00Z")
    assert len([m for m in csid.mails() if CHAIR in str(m["To"])]) == 1


def test_the_same_person_in_another_role_is_not_told(bromley):
    holder = bromley.ctl("role", "show", ROLE, json=True)
    bromley.ctl("role", "add", "second", "--title", "Second role")
    assign(bromley, role="second", who=("--name", holder["holder"], "--email", holder["email"]))
    done = bromley.ctl("action", "update", "5.12", "--owner", "second", json=True)
    assert "at once" not in str(done["told"])


def test_an_acknowledgement_of_the_one_before_holds_nothing(bromley):
    bromley.ctl("notice", "ack", "--about", "5.12", "--back", "2017-09-10")
    address = bromley.ctl("role", "show", "head-of-leaving-care", json=True)["email"]
    bromley.ctl("action", "update", "5.12", "--owner", "head-of-leaving-care")
    assert len(mails_to(bromley, address)) == 1


# -- an import -----------------------------------------------------------------------------------------


def test_a_first_import_tells_nobody(csid):
    done = csid.ctl("plan", "import", BROMLEY_2016, "--as-at", "2017-08-31", json=True)
    assert "at once" not in str(done["told"]) and csid.sql("SELECT count(*) FROM notice") == [(0,)]


def test_an_import_gives_an_action_another_owner(bromley):
    leaving = next(r for r in plan_rows() if r["owner"] == "Head of Leaving Care")
    path = changed_plan(bromley.folder, owner=leaving["owner"], owner_email=leaving["owner_email"])
    done = bromley.ctl("plan", "import", path, "--plan", "bromley-2016", "--as-at", "2017-09-01", "--dry-run", json=True)
    assert f"{leaving['owner_email']}, at once: 1 now theirs" in done["told"]
    assert bromley.sql("SELECT count(*) FROM notice") == [(0,)]
    bromley.ctl("plan", "import", path, "--plan", "bromley-2016", "--as-at", "2017-09-01")
    (mail,) = mails_to(bromley, leaving["owner_email"])
    assert "5.12" in text_of(mail)
    assert bromley.sql("SELECT about FROM notice") == [("bromley-2016:5.12",)]
    bromley.ctl("plan", "import", path, "--plan", "bromley-2016", "--as-at", "2017-09-01")
    assert len(mails_to(bromley, leaving["owner_email"])) == 1


def test_an_import_gives_a_role_another_holder(bromley):
    rows = plan_rows()
    title = next(r["owner"] for r in rows if r["ref"] == "5.12")
    path = bromley.folder / "changed.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows({**r, "owner_email": "cy@x.example"} if r["owner"] == title else r for r in rows)
    bromley.ctl("plan", "import", path, "--plan", "bromley-2016", "--as-at", "2017-09-01")
    (mail,) = mails_to(bromley, "cy@x.example")
    assert str(mail["Subject"]) == f"Now yours: {len(open_of(title))} actions"


# -- webhooks, forecasts -------------------------------------------------------------------------------


def test_endpoints_hear_of_it(bromley, receiver):
    secret = bromley.folder / "secret"
    secret.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    bromley.write_config({"webhooks": [{"name": "board", "url": receiver.url, "secret_file": str(secret),
                                        "allow": ["127.0.0.0/8"], "events": ["csi.action.reassigned"]}]})
    bromley.ctl("reload")
    bromley.ctl("action", "update", "5.12", "--owner", "head-of-leaving-care")
    settled(bromley)
    (call,) = receiver.requests
    body = call.json()
    assert body["type"] == "csi.action.reassigned" and body["data"]["count"] == 1
    (item,) = body["data"]["items"]
    assert (item["about"], item["owner"], item["due_on"]) == ("bromley-2016:5.12", "head-of-leaving-care", "2017-02-19")


def test_what_is_supposed_tells_too(bromley):
    told = bromley.ctl("forecast", "--until", "2017-09-01", "--with", f"role {ROLE} holder Cy New <cy@x.example>",
                       "--with", "action 1.29 owner head-of-leaving-care", json=True)["items"]
    events = defaultdict(set)
    for item in told:
        if item["change"] == "added":
            events[item["event"]].add(item["to"])
    leaving = bromley.ctl("role", "show", "head-of-leaving-care", json=True)["email"]
    assert events["csi.action.reassigned"] == {"cy@x.example", leaving}


def test_of_the_day_it_was_told(bromley):
    assign(bromley)
    ((created, step),) = set(bromley.sql("SELECT substr(created_at, 1, 10), step FROM notice"))
    assert date.fromisoformat(created) == date(2017, 9, 1) and step == f"2017-09-01 {ROLE} cy@x.example"


# -- a deadline ----------------------------------------------------------------------------------------


def test_another_role_owes_a_deadline(csid):
    for slug, name in (("head-a", "Ann"), ("head-b", "Ben")):
        csid.ctl("role", "add", slug, "--title", slug)
        csid.ctl("role", "assign", slug, "--name", name, "--email", f"{name.lower()}@x.example", "--from", "2017-01-01")
    csid.ctl("deadline", "add", "Return to the Department", "--due", "2017-12-01", "--role", "head-a")
    same = csid.ctl("deadline", "update", "1", "--role", "head-a", json=True)
    assert not [t for t in same.get("told", []) if "at once" in t]
    done = csid.ctl("deadline", "update", "1", "--role", "head-b", json=True)
    assert [t for t in done["told"] if "at once" in t] == ["ben@x.example, at once: 1 now theirs"]
    (got,) = mails_to(csid, "ben@x.example")
    assert "Return to the Department" in text_of(got) and "Ann" in text_of(got)
    assert mails_to(csid, "ann@x.example") == []
    csid.ctl("deadline", "update", "1", "--title", "Another title")
    assert len(mails_to(csid, "ben@x.example")) == 1
