"""Audits, measures and risks: who is asked for what on which day, what puts it off, what explains it, and what of it
stands on agenda and calendar. The series that is too long to be worked out stands here too: it is asked about."""

from datetime import date, timedelta

import icalendar
import pytest

from harness import matters, text_of
from test_forecast import day_before, forecast, last_notice, same
from test_recheck import EARLY, down, rows, up

OFFICE, LEAD, IT = "office@x.example", "lead@x.example", "it@x.example"


@pytest.fixture
def staffed(csid):
    """Friday 1 September 2017, 07:00 in London; the shipped schedules."""
    csid.ctl("role", "add", "lead", "--title", "Quality lead")
    for slug, email in (("programme-office", OFFICE), ("lead", LEAD)):
        csid.ctl("role", "assign", slug, "--name", f"The {slug}", "--email", email, "--from", "2017-01-01")
    return csid


def told(csid, address):
    """(day, subject) of each matter in the mails to that address."""
    return [(str(mail["Date"].datetime.date()), matter["Subject"]) for mail in csid.mails() if address in str(mail["To"])
            for matter in matters(mail)]


def flat(text):
    return " ".join(text.split())


def measure(csid, *more):
    csid.ctl("measure", "add", "Assessments within 45 days", "--frequency", "1m", "--polarity", "higher", "--unit", "%",
             "--target", "90", "--owner", "lead", *more)


# -- the three checks ----------------------------------------------------------------------------------


def test_a_measure_from_its_first_value_on(staffed):
    measure(staffed)
    staffed.advance("2h")
    assert told(staffed, LEAD) == told(staffed, OFFICE) == [("2017-09-01", "No value: Assessments within 45 days")]
    # the mail says what to type, and that can be typed
    body = flat(text_of(staffed.mails()[0]))
    typed = body.split("To record it: csictl ")[1].split(" Or reply")[0].replace("DATE", "2017-08-31").replace("NUMBER", "91")
    assert staffed.ctl(*typed.split(), json=True)["told"] == [
        "the measure's owner and programme-office, when it misses the target"]
    staffed.advance("2017-10-06T12:00:00Z")
    assert len(told(staffed, LEAD)) == 1, "due on 30 September, and a week of grace"
    staffed.advance("2017-11-07T12:00:00Z")
    assert told(staffed, LEAD)[1:] == [(day, "No value: Assessments within 45 days") for day in ("2017-10-09", "2017-11-06")]
    staffed.ctl("value", "add", "1", "--on", "2017-10-31", "--count", "61", "--out-of", "80")
    staffed.ctl("value", "add", "1", "--on", "2017-10-31", "--value", "82", "--comparator", "england")
    staffed.advance("2017-11-30T12:00:00Z")
    assert told(staffed, LEAD)[3:] == [("2017-11-08", "Off target: Assessments within 45 days")], "once"
    last = flat(text_of([m for m in staffed.mails() if LEAD in m["To"]][-1]))
    assert "76.25% of 31 Oct 2017 (61 of 80), the target is at least 90; owned by Quality lead" in last
    assert told(staffed, OFFICE) == told(staffed, LEAD), "who gets a copy"
    shown = staffed.ctl("measure", "show", "1", json=True)
    assert (shown["latest"], shown["latest_on"], shown["standing"]) == (76.25, "2017-10-31", "off-target")
    assert [value["comparator"] for value in shown["values"]] == [None, None, "england"]


@pytest.mark.parametrize("values, latest, standing", [
    ([], None, None),
    ([{"on": "2017-08-31", "value": 90}], 90, "on-target"),
    ([{"on": "2017-08-31", "value": 89.9999}], 90, "off-target"),  # shown to two places
    ([{"on": "2017-08-31", "count": 0, "out_of": 0}], None, None),
    ([{"on": "2017-08-31", "count": 0, "out_of": 7}], 0, "off-target"),
    ([{"on": "2017-08-31", "count": 2, "out_of": 3}], 66.67, "off-target"),
    ([{"on": "2017-08-31", "value": 91}, {"on": "2017-07-31", "value": 1}], 91, "on-target"),
    ([{"on": "2017-08-31", "value": 1}, {"on": "2017-08-31", "value": 91}], 91, "on-target"),  # recorded last
    ([{"on": "2017-08-31", "value": 91}, {"on": "2017-09-02", "value": 1}], 91, "on-target"),  # tomorrow's
    ([{"on": "2017-08-31", "value": 91, "comparator": "england"}], None, None),
    ([{"on": "2017-08-31", "value": 91, "comparator": "none"}], 91, "on-target"),
])
def test_what_a_measure_shows(csid, values, latest, standing):
    csid.ctl("measure", "add", "M", "--frequency", "1m", "--polarity", "higher", "--target", "90")
    for value in values:
        assert csid.request("POST", "/v1/values", {"measure": "1", **value}).status == 201
    (listed,) = csid.ctl("measure", "list", json=True)["items"]
    assert (listed["latest"], listed["standing"]) == (latest, standing)


def test_a_risk_and_the_reply(staffed):
    said = staffed.ctl("risk", "add", "Agency staff leave", "--likelihood", "4", "--impact", "5", "--owner", "lead",
                       json=True)
    assert said["score"] == 20 and said["told"] == [
        "its owner and programme-office, when it is not reviewed or a reply is overdue"]
    staffed.ctl("risk", "update", "1", "--referral", "escalated", "--referred-to", "The corporate board",
                "--referred-on", "2017-09-01", "--reply-due", "2017-09-15")
    staffed.advance("2017-12-04T12:00:00Z")
    assert told(staffed, LEAD) == told(staffed, OFFICE) == [
        ("2017-09-18", "No reply: Agency staff leave"), ("2017-10-16", "No reply: Agency staff leave"),
        ("2017-11-13", "No reply: Agency staff leave"), ("2017-12-04", "Not reviewed: Agency staff leave")]
    staffed.ctl("risk", "update", "1", "--outcome", "Pay is looked at", "--reviewed-on", "2017-12-04")
    staffed.advance("2018-03-02T12:00:00Z")
    assert len(told(staffed, LEAD)) == 4


def test_audits(staffed):
    for words in (["--kind", "monthly", "--month", "2017-07", "--learning", "A", "--shared-on", "2017-08-30"],
                  ["--kind", "deep-dive", "--month", "Aug 2017", "--theme", "Neglect", "--owner", "lead"]):
        staffed.ctl("audit", "add", *words)
    staffed.advance("2017-09-15T12:00:00Z")
    assert told(staffed, LEAD) == [(day, "Audit not recorded: Deep dive audit of Aug 2017: Neglect")
                                   for day in ("2017-09-07", "2017-09-14")]
    assert told(staffed, OFFICE) == [(day, "No audit: Monthly audit of Aug 2017") for day in ("2017-09-07", "2017-09-14")]
    staffed.ctl("audit", "update", "2", "--learning", "Plans drift", "--shared-on", "2017-09-15")
    body = flat(text_of([m for m in staffed.mails() if OFFICE in m["To"]][-1]))
    typed = body.split("To record it: csictl ")[1].split(" Or reply")[0]
    assert staffed.ctl(*typed.split(), json=True)["month"] == "2017-08"
    staffed.advance("2017-09-22T12:00:00Z")
    assert told(staffed, LEAD)[2:] == []
    assert told(staffed, OFFICE)[2:] == [("2017-09-18", "Audit not recorded: Monthly audit of Aug 2017")], \
        "found by the check after it was recorded, and again five working days later"
    staffed.advance("2017-09-25T12:00:00Z")
    assert [day for day, _ in told(staffed, OFFICE)][3:] == ["2017-09-25"]


def test_restarts_and_downtime(staffed):
    measure(staffed)
    staffed.advance("2h")
    for _ in range(2):
        staffed.restart()
        staffed.ctl("schedule", "run", "measures")
        staffed.advance("1h")
    staffed.kill()
    staffed.start("2017-12-01T07:00:00Z")
    staffed.advance("2h")
    assert [day for day, _ in told(staffed, LEAD)] == ["2017-09-01", "2017-12-01"]
    assert staffed.sql("SELECT step, reason FROM notice WHERE message_id IS NULL AND role = 'lead' ORDER BY id") == [
        (f"unfed+{n}", "collapsed into unfed+84") for n in (28, 56)]


# -- what puts it off ----------------------------------------------------------------------------------


def test_acknowledged_and_snoozed(staffed):
    staffed.ctl("risk", "add", "R", "--likelihood", "1", "--impact", "1", "--owner", "lead", "--review-every", "1w",
                "--reviewed-on", "2017-08-24")
    measure(staffed)
    staffed.ctl("audit", "add", "--kind", "live", "--month", "2017-07", "--owner", "lead")
    done = staffed.ctl("notice", "ack", "--about", "risk:1", "--back", "2017-09-11", json=True)
    assert (done["title"], done["due_on"]) == ("R", "2017-08-31")
    assert staffed.ctl("notice", "ack", "--about", "audit:1", json=True)["back_on"] == "2017-09-15"
    staffed.ctl("notice", "snooze", "--about", "measure:1", "--until", "2017-09-08", "--to", LEAD)
    staffed.advance("2017-09-18T12:00:00Z")
    assert sorted(told(staffed, LEAD)) == [("2017-09-08", "No value: Assessments within 45 days"),
                                           ("2017-09-11", "Not reviewed: R"),
                                           ("2017-09-15", "Audit not recorded: Live audit of Jul 2017")]
    assert told(staffed, OFFICE)[0] == ("2017-09-01", "No value: Assessments within 45 days"), "only one was left alone"
    staffed.ctl("silence", "add", "--match", "about=measure:*", "--until", "+2w", "--comment", "New system")
    staffed.advance("2017-09-29T12:00:00Z")
    assert [s for day, s in told(staffed, LEAD) if day > "2017-09-18" and "Assessments" in s] == []
    assert staffed.sql("SELECT DISTINCT reason FROM notice WHERE channel = 'held' AND step = 'unfed+28'") == [
        ("silence:1 holds it: New system",)]


@pytest.mark.parametrize("about, status", [("measure:9", 3), ("audits:2017-07", 3), ("risk:2", 5), ("value:1", 2)])
def test_what_cannot_be_put_off(staffed, about, status):
    measure(staffed)
    staffed.ctl("value", "add", "1", "--on", "2017-08-31", "--value", "1")
    for closed in ("", "2017-09-01"):
        staffed.ctl("risk", "add", "R", "--likelihood", "1", "--impact", "1", f"--closed-on={closed}")
    done = staffed.ctl("notice", "ack", "--about", about, check=False)
    assert done.returncode == status, done.stderr


@pytest.mark.parametrize("change, why", [
    (["value", "add", "1", "--on", "2017-08-31", "--value", "95"],
     "measure:1 is due on 30 Sep 2017 by now, no longer on 1 Sep 2017"),
    (["measure", "update", "1", "--ended-on", "2017-09-01"], "measure:1 ended on 1 Sep 2017"),
    (["measure", "update", "1", "--owner", "director"], "measure:1 is with director now, no longer with Quality lead"),
])
def test_looked_at_again_before_it_goes(new_csid, mail_server, change, why):
    """The mail server is down; meanwhile it is no longer so."""
    csid = new_csid(config={"mail": {"url": mail_server.url}})
    down(mail_server)
    csid.ctl("role", "add", "lead", "--title", "Quality lead")
    csid.ctl("role", "assign", "lead", "--name", "The lead", "--email", LEAD, "--from", "2017-01-01")
    measure(csid)
    csid.advance(EARLY)
    csid.ctl(*change)
    up(csid, mail_server)
    assert mail_server.received == [] and rows(csid, LEAD) == [("cancelled", why)]


# -- what explains it ----------------------------------------------------------------------------------


def test_why(staffed):
    measure(staffed)
    staffed.ctl("value", "add", "1", "--on", "2017-08-31", "--value", "61.5")
    staffed.advance("2h")
    (notice,) = [n["id"] for n in staffed.ctl("notice", "list", "--about", "measure:1", "--to", LEAD, json=True)["items"]]
    staffed.ctl("value", "add", "1", "--on", "2017-09-01", "--value", "95")
    why = staffed.ctl("notice", "why", str(notice), json=True)
    facts = {fact["what"]: (fact["then"], fact["now"]) for fact in why["facts"]}
    assert facts["latest value"] == ("61.5 of 31 Aug 2017", "95 of 1 Sep 2017")
    assert facts["target"] == ("90", "90")
    text = staffed.ctl("notice", "why", str(notice)).stdout
    assert "off-target" in text and "measures" in text


def test_why_not(staffed):
    measure(staffed)
    staffed.ctl("value", "add", "1", "--on", "2017-08-31", "--value", "95")
    staffed.ctl("risk", "add", "R", "--likelihood", "1", "--impact", "1", "--closed-on", "2017-09-01")
    staffed.ctl("audit", "add", "--kind", "monthly", "--month", "2017-07", "--owner", "lead")

    def codes(about, *to):
        items = staffed.ctl("notice", "why-not", "--about", about, *to, json=True)["items"]
        return [(item["code"], item["on"]) for item in items]

    assert codes("measure:1") == [("not-due", "2017-10-09")]
    assert codes("risk:1") == [("closed", None)]
    assert codes("audit:1", "--to", "lead") == [("not-due", "2017-09-01")]
    assert codes("audit:1", "--to", "director") == [("not-concerned", None)]
    assert codes("audits:2017-08") == [("not-due", "2017-09-07")]
    assert codes("audits:2017-05") == [("no-subject", None)]
    for about in ("measure:1", "audit:1", "audits:2017-08"):  # their checks have steps of their own
        assert "its check" in staffed.ctl("policy", "show", about).stdout
    staffed.advance("2h")
    assert codes("audit:1", "--to", LEAD) == [("told-already", "2017-09-01"), ("not-due", "2017-09-08")]


# -- the forecast --------------------------------------------------------------------------------------


def add_some(csid):
    measure(csid)
    csid.ctl("measure", "add", "Waiting", "--frequency", "2w", "--polarity", "lower", "--target", "0")
    csid.ctl("value", "add", "2", "--on", "2017-08-28", "--count", "1", "--out-of", "9")
    csid.ctl("risk", "add", "R", "--likelihood", "3", "--impact", "3", "--owner", "lead", "--review-every", "1m",
             "--reply-due", "2017-10-01")
    csid.ctl("audit", "add", "--kind", "monthly", "--month", "2017-08")
    csid.ctl("audit", "add", "--kind", "live", "--planned-on", "2017-10-31", "--owner", "lead")


def test_foreseen_is_what_goes(staffed):
    add_some(staffed)
    foreseen, last = forecast(staffed, "2018-01-31"), last_notice(staffed)
    assert {"csi.audit.missing", "csi.measure.not-fed", "csi.measure.off-target", "csi.risk.not-reviewed",
            "csi.risk.reply-overdue"} <= {item["event"] for item in foreseen["items"]}
    staffed.advance(day_before("2018-01-31"))
    same(foreseen["items"], staffed, last)


def test_supposed(staffed):
    add_some(staffed)
    items = forecast(staffed, "2017-10-31", "risk 1 reviewed-on 2017-10-30")["items"]
    changed = {(item["change"], item["about"], item["event"]) for item in items if item.get("change")}
    assert changed == {("removed", "risk:1", "csi.risk.not-reviewed")}


# -- agenda and calendar -------------------------------------------------------------------------------


def test_on_the_agenda(staffed):
    add_some(staffed)
    staffed.ctl("inspection", "add", "--framework", "ilacs", "--from", "2017-08-07", "--to", "2017-08-11",
                "--planning-on", "2017-09-12")
    items = staffed.ctl("agenda", json=True)["items"]
    rows = [(i["on"], i["kind"], i["about"], i["state"]) for i in items if i["kind"] not in ("window", "deadline")]
    assert rows == [
        ("2017-08-31", "audit", "audit:1", "overdue"), ("2017-09-01", "measure", "measure:1", "open"),
        ("2017-09-11", "measure", "measure:2", "open"), ("2017-09-12", "planning", "inspection:1", "ahead"),
        ("2017-10-01", "risk", "risk:1", "open"), ("2017-10-01", "reply", "risk:1", "open"),
        ("2017-10-31", "audit", "audit:2", "open")]
    lead = [i["about"] for i in staffed.ctl("agenda", "--for", "lead", json=True)["items"]]
    assert lead == ["measure:1", "risk:1", "risk:1", "audit:2"]
    pages = staffed.get("/v1/agenda?limit=3")
    assert 'rel="next"' in pages.headers["link"]


def events(csid):
    calendar = icalendar.Calendar.from_ical(csid.get("/v1/calendar.ics").body)
    return {str(e["UID"]).split("@")[0]: e for e in calendar.walk("VEVENT")}


def test_in_the_calendar(staffed):
    add_some(staffed)
    staffed.ctl("inspection", "add", "--framework", "ilacs", "--from", "2017-08-07", "--to", "2017-08-11",
                "--planning-on", "2017-09-12")
    before = events(staffed)
    assert {"audit-1", "audit-2", "measure-1", "measure-2", "risk-1", "reply-1", "planning-1", "inspection-1"} <= set(before)
    staffed.advance("1h")
    staffed.ctl("value", "add", "2", "--on", "2017-09-01", "--value", "0")
    staffed.ctl("risk", "update", "1", "--closed-on", "2017-09-01")
    after = events(staffed)
    assert after["measure-2"]["DTSTART"].dt == date(2017, 9, 1) + timedelta(14)
    assert after["measure-2"]["SEQUENCE"] > before["measure-2"]["SEQUENCE"]
    assert after["measure-2"]["LAST-MODIFIED"].dt > before["measure-2"]["LAST-MODIFIED"].dt
    assert after["risk-1"]["STATUS"] == after["reply-1"]["STATUS"] == "CANCELLED"


# -- a series that is too long -------------------------------------------------------------------------


def first(days):
    return str(date(2017, 9, 1) - timedelta(days))


def direction(csid, days):
    return csid.ctl("instrument", "add", "--kind", "statutory-direction", "--issued-on", first(days), "--first-report",
                    first(days), "--every", "1d", json=True)


def test_a_series_that_is_too_long_is_asked_about(new_csid):
    csid = new_csid(config={"mail": {"administrator": IT}})
    fine = direction(csid, 4960)
    assert fine.get("notes") is None
    assert "CHAIR-QTR" in {row["rule"] for row in fine["follows"]}
    long = direction(csid, 5002)
    asked = f"CHAIR-QTR of instrument:2: more than 5000 dates, every 1d from {date(2017, 9, 1) - timedelta(5002):%-d %b %Y} on"
    (note,) = long["notes"]
    assert note.startswith(asked) and "is that day right?" in note
    csid.advance("26h")
    mails = [m for m in csid.mails() if IT in m["To"] and asked in flat(text_of(m))]
    assert len(mails) == 2, "with each run of the check of deadlines, by that check alone"
    csid.ctl("instrument", "update", "2", "--issued-on", "2017-09-01", "--first-report", "2017-09-01")
    said = csid.ctl("instrument", "update", "2", "--note", "Put right", json=True)
    assert said.get("notes") is None
