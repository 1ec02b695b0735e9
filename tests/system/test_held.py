"""What officers have said keeps a reminder back, and nothing else: silences, acknowledgements, snoozes, the link in a
mail. What was held is a row with the reason, and is told once nothing holds it any more."""

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from harness import text_of
from test_reminders import DIRECTOR, assign_roles, day_of, overdue_by_owner, sent_to


def complete_all_but_one(csid):
    """The address of an owner who is then told of one overdue action alone, and that action: the others are
    complete, and all that is complete has its evidence."""
    address, actions = min(overdue_by_owner(date(2017, 9, 1)).items(), key=lambda item: len(item[1]))
    for _, ref, _ in actions[1:]:
        csid.ctl("action", "update", ref, "--status", "complete", "--rating", "green")
    role = address.split("@")[0].replace(".", "-")
    for action in csid.ctl("action", "list", "--challenged", "--owner", role, json=True)["items"]:
        csid.ctl("action", "update", action["ref"], "--evidence", "Audit=https://council.example/audit.pdf")
    return address, actions[0]


@pytest.fixture
def owner(bromley):
    address, action = complete_all_but_one(bromley)
    return address, action[1]


def told_on(csid, address):
    return [day_of(m) for m in sent_to(csid, address)]


def held(csid):
    return csid.sql("SELECT about, reason FROM notice WHERE channel = 'held' ORDER BY id")


def why_not(csid, ref):
    """Why nothing is told of an action, by code."""
    items = csid.ctl("notice", "why-not", "--about", ref, json=True)["items"]
    return {i["code"]: i["text"] for i in items}


def test_a_silence_holds_and_is_made_good(bromley, owner):
    address, ref = owner
    bromley.ctl("silence", "add", "--match", f"to={address}", "--until", "2017-09-06", "--comment", "On leave")
    bromley.advance("2017-09-05T12:00:00Z")
    assert told_on(bromley, address) == []
    assert {about for about, _ in held(bromley)} == {f"bromley-2016:{ref}"}
    assert all("On leave" in reason for _, reason in held(bromley))
    bromley.advance("2017-09-08T12:00:00Z")
    assert told_on(bromley, address) == [date(2017, 9, 7)]


def test_an_acknowledgement_stops_the_repeats_until_its_day(bromley, owner):
    address, ref = owner
    bromley.advance("2017-09-01T12:00:00Z")
    assert told_on(bromley, address) == [date(2017, 9, 1)]
    bromley.ctl("notice", "ack", "--about", f"bromley-2016:{ref}", "--back", "2017-09-06", "--comment", "Mine")
    bromley.advance("2017-09-05T12:00:00Z")
    assert "held back on Mon 4 Sep 2017: acknowledged, until Wed 6 Sep 2017" == why_not(bromley, ref)["held-back"]
    assert "notice" in why_not(bromley, ref)["told-already"]
    bromley.advance("2017-09-07T12:00:00Z")
    assert told_on(bromley, address) == [date(2017, 9, d) for d in (1, 6)]
    assert "held-back" not in why_not(bromley, ref)
    assert all("acknowledged" in reason for _, reason in held(bromley)) and len(held(bromley)) == 1


def test_a_list_goes_whole_but_what_is_held_is_no_reason(bromley):
    """Of three overdue actions one is acknowledged and another snoozed: they stand in the list unmarked, are held rows,
    and are told on the day on which nothing holds them any more."""
    owners = overdue_by_owner(date(2017, 9, 1))
    address, actions = next((a, found) for a, found in owners.items() if len(found) > 2)
    (_, mine, _), (_, later, _), (_, plain, _) = actions[:3]
    bromley.ctl("notice", "ack", "--about", f"bromley-2016:{mine}", "--back", "2017-09-05")
    bromley.ctl("notice", "snooze", "--about", f"bromley-2016:{later}", "--until", "2017-09-06", "--to", address)
    foreseen = bromley.ctl("forecast", "--until", "2017-09-06", json=True)["items"]
    bromley.advance("2017-09-06T12:00:00Z")
    first = " ".join(text_of(sent_to(bromley, address)[0]).split())
    assert all(f"- {ref} " in first for _, ref, _ in actions)
    lines = {line.split(" ")[0]: line for line in first.split(" - ")[1:]}
    assert "(new)" in lines[plain] and "(new)" not in lines[mine] + lines[later]
    assert f"today because of {len(actions) - 2}, marked in brackets" in first

    def days(ref, channel):
        return [day for (day,) in bromley.sql(
            "SELECT substr(created_at, 1, 10) FROM notice WHERE about = ? AND rule = 'actions-overdue' AND channel = ? "
            "AND (channel = 'held' OR message_id > 0) ORDER BY id", f"bromley-2016:{ref}", channel)]

    assert days(mine, "held")[0] == days(later, "held")[0] == days(plain, "mail")[0] == "2017-09-01"
    assert days(mine, "mail")[0] == "2017-09-05" and days(later, "mail")[0] == "2017-09-06"
    told = {(i["at"][:10], i["about"]) for i in foreseen if i["event"] == "csi.action.overdue" and i["channel"] == "mail"}
    assert ("2017-09-05", f"bromley-2016:{mine}") in told and ("2017-09-01", f"bromley-2016:{mine}") not in told


def test_of_two_visits_the_snoozed_one_is_left_out(csid):
    assign_roles(csid)
    for day in ("2017-09-29", "2017-10-02"):
        csid.ctl("visit", "add", "--kind", "monitoring", "--from", day)
    csid.ctl("notice", "snooze", "--about", "visit:1", "--until", "2017-09-08", "--to", DIRECTOR)
    csid.advance("2017-09-08T12:00:00Z")
    rows = csid.sql("SELECT substr(n.created_at, 1, 10), n.about, n.channel FROM notice n WHERE n.role = 'director' AND "
                    "n.rule = 'visits-ahead' ORDER BY n.id")
    assert rows == [("2017-09-01", "visit:1", "held"), ("2017-09-04", "visit:2", "mail"), ("2017-09-08", "visit:1", "mail")]
    assert "29 Sep 2017" not in text_of([m for m in sent_to(csid, DIRECTOR) if "2 Oct 2017" in m["Subject"]][0])


def test_a_statutory_deadline_is_held_by_two_people_only(csid):
    assign_roles(csid)
    csid.ctl("deadline", "add", "Return", "--due", "2017-09-29", "--role", "director")
    csid.ctl("silence", "add", "--match", "about=deadline:1", "--until", "2017-09-20", "--comment", "Agreed by phone")
    csid.advance("2017-09-01T12:00:00Z")
    assert len(sent_to(csid, DIRECTOR)) == 1 and held(csid) == []
    assert csid.ctl("notice", "ack", "--about", "deadline:1", check=False).returncode in (0, 5)
    csid.advance("2017-09-15T12:00:00Z")
    assert len(sent_to(csid, DIRECTOR)) == 2, "no acknowledgement stops what is statutory"


def test_the_link_in_a_mail_acknowledges(new_csid):
    csid = new_csid(config={"link_base": "https://csi.bromley.example/csid"})
    csid.import_plan()
    address, action = complete_all_but_one(csid)
    csid.advance("2017-09-01T12:00:00Z")
    (mail,) = sent_to(csid, address)
    (path,) = set(re.findall(r"https://csi\.bromley\.example/csid(/v1/ack/[A-Za-z0-9_-]+)", text_of(mail)))
    assert action[2] in csid.get(path, {"Accept": "text/html"}).text
    csid.advance("2017-09-04T12:00:00Z")
    assert len(sent_to(csid, address)) == 2, "looking at a link acknowledges nothing"
    answer = csid.request("POST", path, urlencode({"back": "2017-09-08"}).encode(),
                          {"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 201, answer.body
    csid.advance("2017-09-07T12:00:00Z")
    assert len(sent_to(csid, address)) == 2
    many = next(m for m in csid.mails() if "actions overdue" in str(m["Subject"]))
    assert "/v1/ack/" not in text_of(many), "one link cannot answer for a list"
