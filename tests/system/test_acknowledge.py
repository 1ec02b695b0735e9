"""Mine, back on that day; not me, until then: as commands, and by the link in a mail."""

import os
import re
import urllib.parse

import pytest

import harness
import links
from page import Page
from test_access import OFFICER, STRANGER, VIEWER, call, open_csid  # noqa: F401

ABOUT, DUE = "bromley-2016:5.12", "2017-02-19"  # overdue
AHEAD, AHEAD_DUE = "bromley-2016:5.47", "2017-12-03"
OWNER = "head-of-children-looked-after"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def office(bromley):
    bromley.ctl("role", "assign", OWNER, "--name", "Ann Lee", "--email", "ann@x.example")
    bromley.advance("1s")  # until she has heard what is hers now
    return bromley


def acks(csid):
    return csid.sql("SELECT about, due_on, role, person, by, comment, back_on FROM acknowledgement ORDER BY id")


# -- commands ----------------------------------------------------------------------------------------


def deadline(csid, due):
    return csid.ctl("deadline", "add", "A report", "--due", due, "--role", "director", json=True)["id"]


@pytest.mark.parametrize("now, due, latest", [
    ("2017-09-01", "2017-09-30", "2017-09-15"), ("2017-09-01", "2017-09-15", "2017-09-15"),
    ("2017-09-01", "2017-09-14", "2017-09-14"), ("2017-09-01", "2017-09-02", "2017-09-02"),
    ("2017-09-01", "2017-09-01", "2017-09-01"), ("2017-09-01", "2017-08-31", "2017-09-15"),
    ("2018-02-20", "2018-12-31", "2018-03-06"), ("2020-02-20", "2020-12-31", "2020-03-05"),
    ("2017-12-25", "2018-12-31", "2018-01-08"), ("2017-09-30", "2017-10-31", "2017-10-14"),
])
def test_back_on_at_most(new_csid, now, due, latest):
    csid = new_csid(clock=f"{now}T08:00:00Z")
    about = f"deadline:{deadline(csid, due)}"
    after = csid.ctl("date", latest, "+1d", json=True)["date"]
    before = csid.ctl("date", now, "-1d", json=True)["date"]
    done = csid.ctl("notice", "ack", "--about", about, "--back", after, check=False)
    assert done.returncode == 2 and "at the latest" in done.stderr
    done = csid.ctl("notice", "ack", "--about", about, "--back", before, check=False)
    assert done.returncode == 2 and "passed" in done.stderr
    assert acks(csid) == []
    assert csid.ctl("notice", "ack", "--about", about, json=True)["back_on"] == latest
    assert csid.ctl("notice", "ack", "--about", about, "--back", now, json=True)["back_on"] == now


def test_by_reference(office):
    got = office.ctl("notice", "ack", "--about", "5.12", "--back", "8 Sep 2017", "--comment", "Data came late", json=True)
    assert (got["about"], got["due_on"], got["back_on"], got["by"]) == (ABOUT, DUE, "2017-09-08", harness.me())
    assert got["changes"] == [{"what": "back on", "was": None, "is": "Friday 8 September 2017"}]
    assert got["told"] == ["its owner, again from Fri 8 Sep 2017"]
    assert acks(office) == [(ABOUT, DUE, None, None, harness.me(), "Data came late", "2017-09-08")]
    (row,) = office.ctl("journal", "list", "--about", ABOUT, json=True)["items"][-1:]
    assert row["what"] == f"notice.ack {ABOUT}" and row["after"]["comment"] == "Data came late"
    for about, status in (("9.99", 3), ("deadline:9", 3), ("visit:9", 3), ("nothing", 3), ("visit:x", 2), ("board:1", 2),
                          ("1.01", 5)):
        done = office.ctl("notice", "ack", "--about", about, check=False)
        assert done.returncode == status, (about, done.stderr)  # 1.01 is complete
    assert office.ctl("notice", "ack", check=False).returncode == 2
    assert office.ctl("notice", "ack", "1", "--about", "5.12", check=False).returncode == 2


def test_visits_and_inspections(office):
    office.ctl("visit", "add", "--kind", "monitoring", "--from", "2017-10-30", "--to", "2017-10-31")
    office.ctl("inspection", "add", "--framework", "sif", "--from", "2017-08-01", "--to", "2017-08-20")
    got = office.ctl("notice", "ack", "--about", "visit:1", json=True)
    assert (got["title"], got["due_on"], got["back_on"]) == ("Monitoring visit", "2017-10-30", "2017-09-15")
    assert office.ctl("notice", "ack", "--about", "inspection:1", check=False).returncode == 5  # it is over


def test_by_number_of_a_notice(office):
    """A notice's number is enough where it speaks of one subject; a digest's is not."""
    office.ctl("role", "assign", "director", "--name", "Dee", "--email", "dee@x.example")
    office.ctl("deadline", "add", "A report", "--due", "2017-09-02", "--role", "director")
    office.advance("2017-09-01T08:00:00Z")
    notices = {n["event"]: n for address in ("ann@x.example", "dee@x.example")
               for n in office.ctl("notice", "list", "--to", address, json=True)["items"]}
    one, digest = notices["csi.deadline.due"], notices["csi.action.overdue"]
    got = office.ctl("notice", "ack", str(one["id"]), json=True)
    assert (got["about"], got["due_on"], got["role"], got["back_on"]) == ("deadline:1", "2017-09-02", "director", "2017-09-02")
    assert digest["count"] > 1
    done = office.ctl("notice", "ack", str(digest["id"]), check=False)
    assert done.returncode == 5 and "--about" in done.stderr
    within = office.ctl("notice", "show", str(digest["id"]), json=True)["subjects"][1]
    got = office.ctl("notice", "ack", str(within["id"]), json=True)
    assert (got["about"], got["due_on"]) == (within["about"], within["due_on"])
    office.ctl("deadline", "update", "1", "--due", "2017-09-20")  # what the notice was about is no more
    done = office.ctl("notice", "ack", str(one["id"]), check=False)
    assert done.returncode == 5 and "20 Sep 2017 by now" in done.stderr
    assert office.ctl("notice", "ack", "9999", check=False).returncode == 3


@pytest.mark.parametrize("until, status", [
    ("2017-09-01", 2), ("2017-08-31", 2), ("2017-09-02", 0), ("2017-09-15", 0), ("2017-09-16", 2), ("+2w", 0),
    ("+15d", 2), ("", 2),
])
def test_snoozed_for_at_most_14_days(office, until, status):
    done = office.ctl("notice", "snooze", "--about", "5.12", "--until", until, "--to", "ann@x.example", check=False)
    assert done.returncode == status, done.stderr
    assert len(office.sql("SELECT * FROM snooze")) == (status == 0)


def test_who_is_snoozed(office):
    done = office.ctl("notice", "snooze", "--about", "1.29", "--until", "+3d", check=False)
    assert done.returncode == 2 and "--to" in done.stderr  # nobody has been mailed yet
    assert office.ctl("notice", "snooze", "--about", "5.12", "--until", "+3d", "--to", "a@x\nBcc: b@x",
                      check=False).returncode == 2
    office.advance("2017-09-01T08:00:00Z")
    got = office.ctl("notice", "snooze", "--about", "5.12", "--until", "+3d", json=True)
    assert (got["address"], got["about"], got["until_on"]) == ("ann@x.example", ABOUT, "2017-09-04")
    got = office.ctl("notice", "snooze", "--about", "5.12", "--until", "+3d", "--to", "Bob <bob@x.example>", json=True)
    assert got["address"] == "bob@x.example"


# -- links -------------------------------------------------------------------------------------------


@pytest.fixture
def linked(office):
    links.keep_secret(office)
    return office


def path(token):
    return f"/v1/ack/{token}"


def post(csid, link, **fields):
    return csid.request("POST", path(link), urllib.parse.urlencode(fields).encode(), FORM)


def no_page(answer, status, *words):
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert page.heading and not page.tables
    for word in words:
        assert word in " ".join(page.paragraphs), answer.text


def test_the_page_asks_and_the_form_answers(linked):
    token = links.token(ABOUT, DUE)
    before = linked.database_dump()
    for _ in range(3):  # as scanners do
        answer = linked.get(path(token), BROWSER)
        assert linked.database_dump() == before
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (
        200, "text/html; charset=utf-8", "no-store")
    page = Page(answer.text, form=True)
    cells = {row[0]: row[1] for row in page.tables[0]["rows"]}
    assert (cells["Reference"], cells["Due"], cells["Sent to"]) == (ABOUT, "19 Feb 2017", "ann@x.example")
    back = page.inputs["back"]
    assert (back["type"], back["min"], back["max"], back["value"]) == ("date", "2017-09-01", "2017-09-15", "2017-09-15")

    answer = post(linked, token, back="2017-09-08", comment="Data came late & <b>soon</b>")
    assert answer.status == 201, answer.body
    text = " ".join(Page(answer.text).paragraphs)
    assert "Friday 8 September 2017" in text
    assert acks(linked) == [(ABOUT, DUE, None, "ann@x.example", "by link: Ann Lee <ann@x.example>",
                             "Data came late & <b>soon</b>", "2017-09-08")]
    assert linked.ctl("journal", "verify", json=True)["intact"] is True
    assert links.SECRET not in str(linked.sql("SELECT * FROM journal"))


def test_a_link_works_once(linked):
    token = links.token(ABOUT, DUE)
    assert post(linked, token, back="2017-09-08").status == 201
    kept = acks(linked)
    no_page(post(linked, token, back="2017-09-10"), 410, "used", "8 September 2017")
    no_page(linked.get(path(token), BROWSER), 410, "used")
    assert acks(linked) == kept
    assert post(linked, links.token(ABOUT, DUE, expires="2017-09-16T07:00:00Z"), back="").status == 201  # another mail's
    assert post(linked, links.token(ABOUT, DUE, address="bob@x.example")).status == 201
    assert acks(linked)[-1][4] == "by link: bob@x.example"  # of whom csid knows no name


def test_expires_at_the_minute(linked):
    token = links.token(ABOUT, DUE, expires="2017-09-01T07:30:00Z")
    linked.advance("2017-09-01T07:29:00Z")
    assert linked.get(path(token), BROWSER).status == 200
    linked.advance("2017-09-01T07:30:00Z")
    no_page(linked.get(path(token), BROWSER), 410, "expired")
    no_page(post(linked, token, back="2017-09-08"), 410, "expired")
    assert acks(linked) == []


def test_what_is_no_link(linked):
    token = links.token(ABOUT, DUE)
    tries = [token[:-1], token + "A", token[1:], "x" + token, token + "=", token.swapcase(), "x", "-", "%00", "%2F", "é",
             links.token(ABOUT, DUE, secret="another"), links.token(ABOUT, DUE, purpose=b""), "A" * 3000]
    tries += [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1:] for i in range(0, len(token), 7)]
    before = linked.database_dump()
    for one in tries:
        target = urllib.parse.quote(one, safe="%-")
        for answer in (linked.get(path(target), BROWSER), post(linked, target, back="2017-09-08")):
            assert answer.status in (400, 403), (one, answer.status)
            assert links.SECRET not in answer.text
            if answer.status == 403:
                no_page(answer, 403, "not one that csid has sent")
    assert linked.database_dump() == before


def test_without_a_secret_nothing_is_a_link(office):
    """csid makes one when it writes its first link, not because somebody asks."""
    for secret in ("", "None", links.SECRET):
        no_page(office.get(path(links.token(ABOUT, DUE, secret=secret)), BROWSER), 403)
    assert office.sql("SELECT * FROM meta WHERE key = 'link_secret'") == []


def test_what_has_changed_since_the_mail(linked):
    moved, closed = links.token(AHEAD, AHEAD_DUE), links.token(ABOUT, DUE)
    assert linked.get(path(moved), BROWSER).status == 200
    no_page(linked.get(path(links.token(AHEAD, "2017-12-02")), BROWSER), 410, "3 Dec 2017 by now")
    linked.ctl("action", "update", "5.12", "--status", "complete")
    no_page(linked.get(path(closed), BROWSER), 410, "closed")
    no_page(post(linked, closed), 410, "closed")
    no_page(linked.get(path(links.token("deadline:77", DUE)), BROWSER), 410)
    assert acks(linked) == []


@pytest.mark.parametrize("fields, status", [
    ({}, 201), ({"back": ""}, 201), ({"back": "2017-09-15"}, 201), ({"back": "2017-09-16"}, 400),
    ({"back": "2017-08-31"}, 400), ({"back": "soon"}, 400), ({"token": "x"}, 400), ({"dry_run": "1"}, 400),
    ({"comment": "x" * 4001}, 400), ({"comment": "\x1b[2J"}, 201), ({"by": "root"}, 400),
])
def test_what_a_form_may_say(linked, fields, status):
    answer = post(linked, links.token(ABOUT, DUE), **fields)
    assert answer.status == status, answer.body
    assert len(acks(linked)) == (status == 201)
    if status == 400:
        no_page(answer, 400)
        assert post(linked, links.token(ABOUT, DUE)).status == 201  # a mistake does not use it up


@pytest.mark.parametrize("body", [b"back=%", b"back=%zz", b"back=%00", b"\0", b"back=2017-09-08\0", b"back=a&back=b",
                                  b"&" * 1000 + b"x", b"=" * 1000, b"back=\xff\xfe", b"{}"])
def test_bodies_that_are_no_form(linked, body):
    answer = linked.request("POST", path(links.token(ABOUT, DUE)), body, FORM)
    assert answer.status in (201, 400) and (answer.status == 400 or not acks(linked)[0][5]), answer.body


def test_a_form_is_read_here_alone(linked):
    answer = linked.request("POST", "/v1/deadlines", b"title=A&due=2017-10-01&role=director", FORM)
    assert answer.status == 400 and "JSON" in answer.text
    got = linked.request("POST", path(links.token(ABOUT, DUE)), {"back": "2017-09-08"})  # and JSON as anywhere
    assert got.status == 201 and got.json()["back_on"] == "2017-09-08"
    problem = linked.request("POST", path(links.token(ABOUT, DUE)), {"back": "2017-09-08"})
    assert (problem.status, problem.headers["content-type"]) == (410, "application/problem+json")
    assert linked.request("PATCH", path(links.token(ABOUT, DUE)), {}).status == 405


def test_hostile_texts_on_the_page(linked):
    title = "<script>alert(1)</script>\"'><img src=x onerror=y>"
    linked.request("POST", "/v1/deadlines", {"title": title, "due": "2017-10-01", "role": "director"})
    answer = linked.get(path(links.token("deadline:1", "2017-10-01", address="<b>@x.example")), BROWSER)
    page = Page(answer.text, form=True)
    assert page.tables[0]["rows"][0] == ["What", title]


@pytest.mark.skipif(os.getuid() != 0, reason="calling as other users takes root")
@pytest.mark.parametrize("user, status", [(VIEWER, 201), (OFFICER, 201), (STRANGER, 403)])
def test_a_reverse_proxy_is_a_viewer(open_csid, user, status):  # noqa: F811
    csid = open_csid()
    csid.import_plan()
    links.keep_secret(csid)
    script = ("import http.client, socket, sys\n"
              "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
              "c = http.client.HTTPConnection('csid'); c.sock = s\n"
              f"c.request('POST', sys.argv[2], b'back=2017-09-08', {FORM!r})\n"
              "print(c.getresponse().status)\n")
    done = harness.subprocess.run(["/usr/bin/python3", "-c", script, str(csid.socket), path(links.token(ABOUT, DUE))],
                                  user=user, group=user, extra_groups=[], capture_output=True, timeout=20, check=True,
                                  cwd="/")
    assert done.stdout.decode().strip() == str(status)
    assert len(acks(csid)) == (status == 201)
    assert call(csid, ["notice", "ack", "--about", "5.12"], VIEWER).returncode == 4  # the link is the authority


# -- where links lead --------------------------------------------------------------------------------


@pytest.mark.parametrize("base, fault", [
    ("", None), ("https://csi.bromley.example", None), ("https://csi.bromley.example/csid/", None),
    ("http://csi.bromley.example", "https://"), ("https://a:b@x.example", "password"), ("https://x.example/?a", "? part"),
    ("https://x.example/#a", "# part"), ("csi.bromley.example", "https://"), ("https://", "host name"),
])
def test_link_base(new_csid, base, fault):
    csid = new_csid(start=False, config={"link_base": base})
    done = csid.to_its_end("--check")
    assert done.returncode == (78 if fault else 0), done.stderr
    if fault:
        assert re.search(r"csid\.yaml:\d+:\d+: link_base: .*" + re.escape(fault), done.stdout + done.stderr)
