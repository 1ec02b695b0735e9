"""What people are asked for: updates, evidence, decisions. One page a person, not more often than said, over
the plan of 2016 with the schedules as shipped."""

import re
from collections import Counter

import pytest
from harness import matters, text_of
from test_contract_delivery import board, with_board

OWNER = "head.of.children.looked.after@example.gov.uk"
EXEC = "director.of.childrens.social.care@example.gov.uk"
OFFICE = "office@x.example"


@pytest.fixture
def office(bromley):
    bromley.ctl("role", "assign", "programme-office", "--name", "Office", "--email", OFFICE, "--from", "2017-01-01")
    return bromley


def pages(csid, address, day, word):
    """The parts of a day's mails to somebody whose subject has that word."""
    mails = [m for m in csid.mails() if m["To"].addresses[0].addr_spec == address and m["Date"].datetime.date().isoformat() == day]
    return [part for m in mails for part in matters(m) if word in part.subject]


def told(csid, event):
    """How many actions were mailed about, by day and person."""
    rows = csid.sql("SELECT substr(n.created_at, 1, 10), m.recipient FROM notice n JOIN message m ON m.id = n.message_id "
                    "WHERE n.event = ? AND n.channel = 'mail'", event)
    return Counter(rows)


def test_first_findings_of_an_import_are_a_page(office):
    """133 complete without evidence: a count, fifty, the command; and not again for 28 days."""
    office.advance("2017-10-04T12:00:00Z")
    missing = told(office, "csi.action.evidence-missing")
    assert {day for day, _ in missing} == {"2017-09-05", "2017-10-03"}
    assert sum(n for (day, _), n in missing.items() if day == "2017-09-05") == 133
    (page,) = pages(office, OWNER, "2017-09-05", "without evidence")
    assert page.subject == "11 actions complete without evidence"
    assert len(re.findall(r"^- 5\.", page.text, re.M)) == 11
    assert "csictl action list --challenged --owner head-of-children-looked-after" in page.text
    assert "Next: again on Tue 3 Oct 2017" in page.text
    (copy,) = pages(office, OFFICE, "2017-09-05", "Copy:")
    assert copy.subject.startswith("Copy: 133 actions") and "and 83 more" in copy.text
    assert len(re.findall(r"^- \d+\.\d+ ", copy.text, re.M)) == 50
    assert told(office, "csi.action.challenged") == {("2017-09-05", OFFICE): 133}
    waiting = told(office, "csi.action.completion-waiting")
    assert waiting == {(day, OFFICE): 133 for day in ("2017-09-07", "2017-09-14", "2017-09-21", "2017-09-28")}
    # 28 days after the import nothing had been said of the others
    assert sum(told(office, "csi.action.no-update").values()) == 173
    assert {day for day, _ in told(office, "csi.action.no-update")} == {"2017-10-03"}


def test_how_long_without_an_update_is_configured(new_csid):
    """14 days instead of 28, and 14 again, in the mails, a forecast of them and what is shown of the policy; a change
    holds from the next run on."""
    schedules = [{"name": "no-update", "check": "no-update", "cron": "30 8 * * 2"}]
    csid = new_csid(config={"schedules": schedules, "reminders": {"no_update_days": 14}})
    csid.import_plan()
    foreseen = Counter(i["at"][:10] for i in csid.ctl("forecast", "--until", "2017-10-04", json=True)["items"])
    csid.advance("2017-10-04T12:00:00Z")
    assert {day for day, _ in told(csid, "csi.action.no-update")} == set(foreseen) == {"2017-09-19", "2017-10-03"}
    (page,) = pages(csid, OWNER, "2017-09-19", "update")
    assert "without an update for 14 days" in page.subject and "Next: again on Tue 3 Oct 2017" in page.text
    assert csid.ctl("policy", "show", "1.02", json=True)["no_update_days"] == 14
    csid.write_config({"schedules": schedules, "reminders": {"no_update_days": 21}})
    csid.ctl("reload")
    csid.advance("2017-10-25T12:00:00Z")
    assert {day for day, _ in told(csid, "csi.action.no-update")} - set(foreseen) == {"2017-10-24"}


def test_the_command_of_the_page_shows_what_it_counts(office):
    office.advance("2017-09-05T12:00:00Z")
    (page,) = pages(office, OWNER, "2017-09-05", "without evidence")
    command = re.search(r"csictl (action list .*)", page.text).group(1).split()
    assert len(office.ctl(*command, json=True)["items"]) == int(page.subject.split()[0])


def test_a_challenge_once(office):
    office.ctl("action", "update", "1.02", "--rating", "green")
    office.advance("2017-09-20T12:00:00Z")
    challenged = {row for row in told(office, "csi.action.challenged").items() if row[0][1] == EXEC}
    assert challenged == {(("2017-09-05", EXEC), 1)}
    (page,) = pages(office, EXEC, "2017-09-05", "does not bear out")
    assert "1.02 Recruit to life story work — Green, 96 days overdue, not complete" in page.text
    (copy,) = pages(office, OFFICE, "2017-09-05", "Copy:")
    assert re.search(r"^- 1\.02 ", copy.text, re.M).start() < re.search(r"^- 1\.01 ", copy.text, re.M).start()
    listed = office.ctl("action", "list", "--challenged", json=True)["items"]
    assert len(listed) == 134 == told(office, "csi.action.challenged")[("2017-09-05", OFFICE)]


def test_what_waits_for_a_decision(office):
    office.ctl("action", "complete", "5.12", "--evidence", "Audit=https://x.example/a")
    office.ctl("action", "extend", "5.18", "--to", "31 Dec 2017", "--why", "Late <b>data</b>")
    office.advance("2017-09-15T12:00:00Z")
    asked = told(office, "csi.extension.waiting")
    assert asked == {(day, who): 1 for day in ("2017-09-01", "2017-09-08", "2017-09-15") for who in (EXEC, OFFICE)}
    (page,) = pages(office, EXEC, "2017-09-08", "later due date")
    assert "Late <b>data</b>" in page.text and "csictl extension list --state asked" in page.text
    (page,) = pages(office, EXEC, "2017-09-08", "waiting for approval")
    assert "5.12 Close gaps in case transfer — proposed on 1 Sep 2017, not approved" in page.text
    assert pages(office, EXEC, "2017-09-07", "waiting for approval") == []
    office.ctl("action", "approve", "5.12")
    office.advance("2017-09-22T12:00:00Z")
    assert pages(office, EXEC, "2017-09-22", "waiting for approval") == []
    (page,) = pages(office, OFFICE, "2017-09-22", "waiting for a verifier")
    assert page.subject == "1 action waiting for a verifier" and "5.12" in page.text


def reasons(csid, about, to):
    items = csid.ctl("notice", "why-not", "--about", about, "--to", to, json=True)["items"]
    return {i["code"]: i["text"] for i in items}


def test_why_and_why_not(office):
    """What else is told of an action stands beside its date."""
    office.ctl("action", "complete", "5.12", "--evidence", "Audit=/a")
    executive = "director-of-childrens-social-care"
    assert "on Fri 8 Sep 2017: proposed on 1 Sep 2017" in reasons(office, "5.12", executive)["not-due"]
    assert "not-concerned" in reasons(office, "5.12", "programme-office")
    closed = reasons(office, "5.01", "head-of-children-looked-after")["closed"]
    assert "it is complete; besides, on Tue 5 Sep 2017: complete since 16 Sep 2016, no evidence" in closed
    assert "besides, on Tue 5 Sep 2017: complete, no evidence" in reasons(office, "5.01", "programme-office")["closed"]
    office.advance("2017-09-05T12:00:00Z")
    assert "told-already" in reasons(office, "5.01", "head-of-children-looked-after")
    (notice, *_) = [n for n in office.sql("SELECT id FROM notice WHERE about LIKE '%:5.01' AND event LIKE '%evidence-missing'")]
    why = office.ctl("notice", "why", str(notice[0]), json=True)
    assert why["check"] == "evidence-missing" and why["next_at"] == "2017-10-03T07:30:00Z"
    assert why["reason"] == "complete since 16 Sep 2016, no evidence"
    office.ctl("action", "update", "5.01", "--evidence", "Audit=/a")
    assert office.ctl("notice", "why", str(notice[0]), json=True)["next_at"] is None


def test_run_by_hand_and_dry(office):
    dry = office.ctl("check", "run", "evidence-missing", "--dry-run", json=True)
    assert (dry["findings"], dry["notices"]) == (133, 133)
    assert len(dry["found"]) == 133 and dry["found"][0]["about"] == "bromley-2016:1.01"
    assert office.ctl("check", "run", "no-update", json=True)["findings"] == 0
    later = office.ctl("check", "run", "no-update", "--as-at", "2017-09-28", "--dry-run", json=True)
    assert later["findings"] == 173
    assert office.ctl("check", "run", "evidence-missing", json=True)["messages"] == dry["messages"]
    again = office.ctl("check", "run", "evidence-missing", json=True)  # found, but told already
    assert (again["findings"], len(again["found"]), again["messages"]) == (133, 133, 0)


def test_forecast_of_them_is_what_comes(office):
    office.ctl("action", "extend", "5.18", "--to", "31 Dec 2017", "--why", "Late data")
    foreseen = office.ctl("forecast", "--until", "2017-10-04", json=True, timeout=120)["items"]
    wanted = ("csi.action.no-update", "csi.action.challenged", "csi.action.evidence-missing",
              "csi.action.completion-waiting", "csi.extension.waiting")
    coming = Counter((i["at"], i["event"], i["about"], i["to"]) for i in foreseen if i["event"] in wanted)
    office.advance("2017-10-04T12:00:00Z")
    came = Counter(office.sql("SELECT n.created_at, n.event, n.about, m.recipient FROM notice n LEFT JOIN message m "
                              f"ON m.id = n.message_id WHERE n.event IN {wanted}"))
    assert coming == came and len({event for _, event, _, _ in came}) == 4 + 1


def test_a_silence_holds_them(office):
    office.ctl("silence", "add", "--match", "event=csi.action.evidence-missing", "--until", "2017-09-11", "--comment", "Moving files")
    office.advance("2017-09-13T12:00:00Z")
    assert {day for day, _ in told(office, "csi.action.evidence-missing")} == {"2017-09-12"}


def test_webhook(new_csid, folder, receiver):
    csid = with_board(new_csid, folder, board(receiver, events=["csi.action.evidence-missing"]))
    csid.advance("2017-09-06T12:00:00Z")
    (call,) = [r.json() for r in receiver.requests]
    assert (call["type"], call["data"]["count"], len(call["data"]["items"])) == ("csi.action.evidence-missing", 133, 50)
    assert call["data"]["plan"] == "bromley-2016" and call["data"]["items"][0]["ref"] == "1.01"


def test_mail_has_both_forms(office):
    office.advance("2017-09-05T12:00:00Z")
    (mail,) = [m for m in office.mails() if m["To"].addresses[0].addr_spec == OFFICE]
    assert "and 83 more" in text_of(mail) and "<li>" in mail.get_body(("html",)).get_content()
