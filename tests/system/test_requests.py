"""Requests as any program may send them: what is refused and how, what guards against overwriting and doubling,
what a dry run leaves behind, pages, forms, hostile targets and hostile texts."""

import contextlib
import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import sqlite3
import struct
import termios
import unicodedata

import pytest

import harness
import links
from page import Page
from records import RECORDS, add_all
from test_bounces import group, report

CHAIR = "improvement-board-chair"
MIB = 1 << 20
COMMANDS = [(c.id, c.method, c.path, c.who, c.flags) for c in harness.commands.table()]


def deadline(**more):
    return {"title": "A report", "due": "2017-10-01", "role": CHAIR, **more}


@pytest.fixture
def filled(bromley):
    """The plan, and one of each thing besides: deadline, role, person 1 and each kind of record."""
    for words in (("role", "assign", CHAIR, "--name", "Isabel Moore", "--email", "chair@board.example"),
                  ("deadline", "add", "A report", "--due", "2017-10-01", "--every", "3m", "--role", CHAIR)):
        bromley.ctl(*words)
    add_all(bromley)
    return bromley


def problem(answer, status):
    """The problem that an answer is: RFC 9457, of the status it came with."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    got = answer.json()
    assert got["status"] == status and got["type"].startswith("urn:csid:problem:")
    assert got["title"] and got["detail"]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", got["detail"]), got["detail"]
    return got


# -- bodies ------------------------------------------------------------------------------------------

BAD_BODIES = {
    "empty": (b"", "title"), "brace": (b"{", "line 1"), "list": (b"[]", "no object"), "text": (b'"a"', "object"),
    "null": (b"null", "object"), "number": (b"1", "object"), "no json": (b"title=A", "JSON"),
    "garbage after": (b'{"title": "A"} x', "JSON"), "two": (b'{"title": "A"}{}', "JSON"),
    "single quotes": (b"{'title': 'A'}", "JSON"), "bom": (b"\xef\xbb\xbf{}", "JSON"),
    "duplicate": (b'{"title": "A", "title": "B"}', "duplicate"),
    "duplicate hidden": (b'{"title": "A", "titl\\u0065": "B"}', "duplicate"),
    "latin-1": (b'{"title": "Caf\xe9"}', "byte 0xe9"), "cut short": (b'{"title": "\xe2\x82"}', "byte 0xe2"),
    "overlong": (b'{"title": "\xc0\xaf"}', "byte 0xc0"), "surrogate": (b'{"title": "\xed\xa0\x80"}', "byte 0xed"),
    "lone surrogate": (b'{"title": "\\ud800"}', "JSON"), "nul": (b'{"title": "a\\u0000b"}', "JSON"),
    "raw nul": (b'{"title": "a\0b"}', "JSON"), "nan": (b'{"title": NaN}', "JSON"),
    "deep": (b"[" * 100000, "depth"), "deep objects": (b'{"a":' * 100000, "depth"),
    "huge number": (b'{"title": 1e999}', "JSON"), "huge integer": (b'{"title": ' + b"9" * 400 + b"}", "JSON"),
    "one body of two": (b'{"title": "A"}, {"title": "B"}', "JSON"), "binary": (bytes(range(256)), "JSON"),
}


@pytest.fixture(scope="module")
def shared():
    """A csid for requests that change nothing: each must leave the database as it was."""
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    csid.ctl("role", "assign", CHAIR, "--name", "Isabel Moore", "--email", "chair@board.example")
    csid.import_plan()
    yield csid
    csid.stop()
    harness.remove(folder)


@pytest.fixture
def untouched(shared):
    before = shared.database_dump()
    yield shared
    assert shared.database_dump() == before


@pytest.mark.parametrize("name", BAD_BODIES)
def test_body_that_is_no_object(untouched, name):
    body, word = BAD_BODIES[name]
    answer = untouched.request("POST", "/v1/deadlines", body, {"Content-Type": "application/json"})
    assert word in problem(answer, 400)["detail"], answer.body


@pytest.mark.parametrize("more, word", [
    ({"titel": "A"}, "titel"), ({"": "A"}, "no argument"), ({"#notes": ["A"]}, "#notes"), ({"id": 7}, "id"),
    ({"dry_run": True}, "dry_run"), ({"format": "csv"}, "format"), ({"a\x1b[31m\nb": 1}, "no argument"),
    ({"x" * 70000: 1}, "no argument"),
    ({"title": None}, "title"), ({"title": {}}, "title"), ({"title": 1.5}, "title"), ({"title": True}, "title"),
    ({"title": False}, "title"), ({"title": ["A"]}, "title"), ({"title": []}, "title"),
    ({"title": [["A"]]}, "title"), ({"title": ""}, "title"), ({"title": " \n\t "}, "title"),
    ({"title": "x" * 4001}, "4000"), ({"title": "\U0001f600" * 4001}, "4000"),
    ({"yes": "perhaps"}, "yes"), ({"yes": 2}, "yes"), ({"yes": {}}, "yes"),
    ({"due": "2017-02-29"}, "due"), ({"due": "1/10/17"}, "due"), ({"due": "10/31/2017"}, "due"),
    ({"due": "soon"}, "due"), ({"due": ""}, "due"), ({"due": "2017-10-01T00:00:00Z"}, "due"),
    ({"due": "2028-10-01"}, "--yes"), ({"due": "99999-01-01"}, "due"), ({"due": 20171001}, "due"),
    ({"every": "3"}, "every"), ({"every": "0m"}, "every"), ({"every": "-3m"}, "every"), ({"every": "3y9"}, "every"),
    ({"every": "999999999999m"}, "every"),
])
def test_members_that_will_not_do(untouched, more, word):
    body = deadline(**more)
    answer = untouched.request("POST", "/v1/deadlines", body)
    assert word in problem(answer, 400)["detail"], answer.body


@pytest.mark.parametrize("method, path, body, status, word", [
    ("POST", "/v1/deadlines", deadline(role="improvement-bord-chair"), 404, CHAIR),
    ("POST", "/v1/deadlines", deadline(role="no such role"), 404, "no such role"),
    ("PATCH", "/v1/actions/5.999", {"rating": "green"}, 404, "5.999"),
    ("PATCH", "/v1/actions/5.12", {"rating": "blue"}, 400, "blue"),
    ("PATCH", "/v1/actions/5.12", {"status": "done"}, 400, "done"),
    ("PATCH", "/v1/actions/5.12", {"part": "z", "rating": "green"}, 404, "z"),
    ("PATCH", "/v1/actions/5.12", {"effective": "2047-01-01", "rating": "green"}, 400, "yes"),
    ("POST", "/v1/actions", {"ref": "5.12", "title": "A", "priority": 5}, 409, "5.12"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A"}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": "five"}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": -5}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": 0}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": 1000}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": 4294967297}, 400, "priority"),
    ("POST", "/v1/actions", {"ref": "5.999", "title": "A", "priority": 5, "plan": "none"}, 404, "none"),
    ("POST", "/v1/visits", {"kind": "state", "from": "2017-10-30"}, 400, "state"),
    ("POST", "/v1/visits", {"kind": "peer", "from": "2017-10-30", "to": "2017-10-29"}, 400, "before"),
    ("POST", "/v1/inspections", {"framework": "sif", "from": "2017-10-30"}, 400, "to"),
    ("POST", "/v1/roles", {"slug": "-a-", "title": "A"}, 400, "short name"),
    ("POST", "/v1/roles", {"slug": CHAIR, "title": "A"}, 409, CHAIR),
    ("POST", "/v1/roles", {"slug": "b", "title": "B", "reports_to": "none"}, 404, "none"),
    ("POST", f"/v1/roles/{CHAIR}/holders", {"name": "A", "email": "a@x.example", "basis": "temp"}, 400, "basis"),
    ("POST", f"/v1/roles/{CHAIR}/holders", {"name": "A", "email": "a"}, 400, "email"),
    ("POST", "/v1/people", {"name": "A", "email": "a@x.example\r\nBcc: b@x.example"}, 400, "email"),
    ("POST", "/v1/people", {"name": "A", "email": "a@x.example\nb"}, 400, "email"),
    ("POST", "/v1/people", {"name": "A", "email": "Ann <a@x.example>"}, 400, "email"),
    ("POST", "/v1/people", {"name": "A", "email": "a@x.example, b@x.example"}, 400, "email"),
    ("POST", "/v1/people", {"name": "A", "email": "a" * 300 + "@x.example"}, 400, "email"),
    ("POST", "/v1/deadlines/999/submit", {"on": "2017-10-01"}, 404, "999"),
    ("POST", "/v1/notices/999/retry", None, 404, "999"),
    ("POST", "/v1/schedules/none/run", None, 404, "none"),
    ("POST", "/v1/clock/advance", {}, 400, "26h"),
    ("POST", "/v1/clock/advance", {"duration": "1h", "to": "2018-01-01T00:00:00Z"}, 400, "26h"),
    ("POST", "/v1/clock/advance", {"duration": "-1h"}, 400, ""),
    ("POST", "/v1/clock/advance", {"to": "2017-08-31T00:00:00Z"}, 400, "clock set"),
    ("POST", "/v1/clock/set", {"time": "noon"}, 400, "time"),
    ("POST", "/v1/plans/import?plan=-", b"ref,action\n1,A\n", 400, "short name"),
    ("POST", "/v1/plans/import?scheme=purple&plan=new", b"ref,priority,action\n1,1,A\n", 404, "purple"),
])
def test_what_cannot_be_written(untouched, method, path, body, status, word):
    answer = untouched.request(method, path, body)
    assert word in problem(answer, status)["detail"], answer.body


def test_size_of_bodies(untouched):
    headers = {"Content-Type": "application/json"}
    fits = json.dumps(deadline(title="x" * MIB)).encode()[:MIB]
    assert problem(untouched.request("POST", "/v1/deadlines", fits, headers), 400)
    for size in (MIB + 1, 2 * MIB):
        body = b'{"title": "' + b"x" * (size - 13) + b'"}'
        assert len(body) == size
        assert "1048576" in problem(untouched.request("POST", "/v1/deadlines", body, headers), 413)["detail"]
    assert untouched.get("/healthz").status == 200


@pytest.mark.parametrize("size, status", [(4000, 201), (4001, 400)])
@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600"])
def test_length_of_titles_is_in_characters(csid, size, status, letter):
    answer = csid.request("POST", "/v1/deadlines", deadline(title=letter * size))
    assert answer.status == status, answer.body
    if status == 201:
        assert answer.json()["title"] == letter * size
        assert csid.get("/v1/deadlines/1").json()["title"] == letter * size


# -- targets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path, status", [
    ("/", 404), ("/v1", 404), ("/v1/", 404), ("//v1/status", 404), ("/v1/status/", 404), ("/V1/STATUS", 404),
    ("/v1/../v1/status", 404), ("/v1/%73tatus", 404), ("/v1/actions/", 404), ("/v2/status", 404),
    ("/v1/actions/%", 400), ("/v1/actions/%zz", 400), ("/v1/actions/%0", 400), ("/v1/actions/%00", 400),
    ("/v1/actions/5.12%00", 400), ("/v1/actions/%ff", 404), ("/v1/actions/%c0%af", 404),
    ("/v1/actions/..%2f..%2fetc%2fpasswd", 404), ("/v1/actions/5.12/..", 404), ("/v1/actions/%1b%5b31m", 404),
    ("/v1/actions/';DROP TABLE action;--".replace(" ", "%20"), 404), ("/v1/actions/5.12'", 404),
    ("/v1/actions/" + "9" * 5000, 400), ("/v1/actions/" + "9." * 1500, 404), ("/v1/actions/none:5.12", 404),
    ("/v1/actions/%e2%80%ae21.5", 404), ("/v1/actions/5.12%0a", 200), ("/v1/actions/5%2E12", 200),
    ("/v1/actions/bromley-2016%3A5.12", 200), ("/v1/actions/bromley-2016:5.12?plan=bromley-2016", 200),
    ("/v1/plans/BROMLEY-2016", 200), ("/v1/plans/-", 200), ("/v1/plans/none", 404), ("/v1/plans/a%2fb/position", 400),
    *((f"/v1/deadlines/{bad}", 400) for bad in ("abc", "-1", "1.0", "0x1", "%2B1", "%201x", "1e3", "9" * 20)),
    ("/v1/deadlines/0", 404), ("/v1/deadlines/999999999999999", 404), ("/v1/deadlines/000000000000001", 404),
    ("/v1/actions?limit=x", 400), ("/v1/actions?limit=-1", 400), ("/v1/actions?limit=1.5", 400),
    ("/v1/actions?limit=99999999999999999999", 400), ("/v1/actions?limit=", 200), ("/v1/actions?limit=0", 200),
    ("/v1/actions?nonsense=1", 400), ("/v1/actions?limit=1&limit=2", 400), ("/v1/actions?text=%", 400),
    ("/v1/actions?text=%00", 400), ("/v1/actions?&&&", 200), ("/v1/actions?text=a%26b%3Dc", 200),
    ("/v1/actions?overdue", 200), ("/v1/actions?overdue=true", 200), ("/v1/actions?overdue=perhaps", 400),
    ("/v1/actions?priority=5&rating=red&status=in-progress&sort=days-over&due_by=2018-01-01", 200),
    ("/v1/actions?rating=blue", 400), ("/v1/actions?status=done", 400), ("/v1/actions?sort=colour", 400),
    ("/v1/actions?owner=nobody-at-all", 404), ("/v1/actions?due_by=tuesday-ish", 400),
    ("/v1/actions?after=nothing:1.1", 400), ("/v1/actions?plan=none", 404),
    ("/v1/notices?state=lost", 400), ("/v1/notices?state=in%20doubt", 200), ("/v1/notices?after=x", 400),
    ("/v1/journal?since=yesterday-ish", 400), ("/v1/journal?after=-1", 400), ("/v1/journal?about=x%27y", 200),
    ("/v1/plans/-/position?as_at=2017-02-30", 400), ("/v1/plans/-/position?known_at=2017-02-30T00:00:00Z", 400),
    ("/v1/plans/-/position?as_at=0000-00-00", 400), ("/v1/plans/-/position?as_at=9999-12-31", 200),
    ("/v1/date?date=2017-02-30", 400), ("/v1/date?date=today&offset=%2B5wd", 200), ("/v1/date", 400),
    ("/v1/date?date=today&offset=%2B99999999999wd", 400), ("/v1/date?date=9999-12-31&offset=%2B1d", 400),
    ("/v1/schedules/explain?expr=0+8+30+2+*", 400), ("/v1/schedules/explain?expr=*+*+*+*+*&n=0", 400),
    ("/v1/schedules/explain?expr=30+8+*+*+*&tz=Europe/Lodnon", 400),
    ("/v1/schedules/explain?expr=30+8+*+*+*&tz=../../etc/passwd", 400),
    ("/v1/schedules/explain?expr=@daily&from=2026-03-29T00:00:00Z&n=2", 200),
    ("/v1/schedules/none/history", 404), ("/v1/status?width=abc&color=maybe&format=table", 200),
    ("/v1/status?format=table&width=-5", 200), ("/v1/status?format=table&width=99999999999999999999", 200),
])
def test_targets(untouched, path, status):
    answer = untouched.get(path)
    assert answer.status == status, answer.body[:300]
    if status >= 400:
        problem(answer, status)


def methods_by_path(test_clock):
    paths = {}
    for _, method, path, _, flags in COMMANDS:
        if path and (test_clock or flags != "TEST"):
            paths.setdefault(path, set()).add(method)
    return paths


def test_methods(untouched):
    for path, methods in methods_by_path(True).items():
        target = re.sub(r"\{\w+\}", "1", path)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - methods:
            if "/explain" in target or (target.replace("/explain", "/1") != target):
                continue
            answer = untouched.request(method, target)
            if answer.status == 404:  # another path of the table has it: /v1/plans/import is /v1/plans/{slug} too
                continue
            problem(answer, 405)
            assert methods <= set(answer.headers["allow"].split(", ")), (path, answer.headers)


@pytest.mark.parametrize("method", ["put", "GETT", "G" * 100, "CONNECT", "TRACE"])
def test_unknown_methods(untouched, method):
    answer = untouched.request(method, "/v1/status")
    assert answer.status in (400, 405, 501), answer.status


def test_head(untouched):
    head, get = untouched.request("HEAD", "/v1/plans"), untouched.get("/v1/plans")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(get.body))


def test_clock_commands_only_with_a_test_clock(new_csid):
    csid = new_csid(clock=None)
    for name, method, path, _, flags in COMMANDS:
        if flags == "TEST":
            problem(csid.request(method, path, {"time": "2030-01-01T00:00:00Z"}), 404)
    done = csid.ctl("clock", "advance", "1h", check=False)
    assert done.returncode == 3 and done.stderr
    assert csid.ctl("clock", "show", json=True)["test"] is False


# -- forms -------------------------------------------------------------------------------------------

JSON, TEXT, CSV = "application/json", "text/plain; charset=utf-8", "text/csv; charset=utf-8; header=present"
HTML, ICS = "text/html; charset=utf-8", "text/calendar; charset=utf-8"


@pytest.mark.parametrize("accept, query, form", [
    (None, "", JSON), ("", "", JSON), ("*/*", "", JSON), ("application/json", "", JSON),
    ("APPLICATION/JSON", "", JSON), ("application/*", "", JSON), ("text/plain", "", TEXT), ("text/csv", "", CSV),
    ("text/csv;q=0.5, text/plain;q=0.8", "", TEXT), ("text/csv;q=0.9,text/plain;q=0.8", "", CSV),
    ("text/html, text/csv", "", HTML), ("text/html,*/*;q=0.1", "", HTML), ("text/*", "", TEXT),
    ("application/json;q=0, text/csv", "", CSV), ("text/csv; header=present", "", CSV),
    ("text/calendar", "", None), ("application/json;q=0", "", None), ("image/png, text/html", "", HTML), ("json", "", None),
    ("application/jsonx", "", None), (";;;", "", None),
    (None, "?format=csv", CSV), (None, "?format=table", TEXT), (None, "?format=json", JSON),
    ("text/html", "?format=csv", CSV), ("text/csv", "?format=json", JSON), (None, "?format=CSV", CSV),
    (None, "?format=xml", None), (None, "?format=html", HTML), (None, "?format=ics", None), (None, "?format=%63sv", CSV), (None, "?format=", JSON), ("text/csv", "?format=", CSV),
])
def test_forms(untouched, accept, query, form):
    answer = untouched.get(f"/v1/plans{query}", {} if accept is None else {"Accept": accept})
    if form is None:
        detail = problem(answer, 406)["detail"]
        assert "json" in detail and "csv" in detail
    else:
        assert (answer.status, answer.headers["content-type"]) == (200, form)


def test_every_get_in_every_form(filled):
    filled.advance("2017-09-01T08:00:00Z")
    values = {"slug": "bromley-2016", "plan": "bromley-2016", "ref": "5.12", "id": "1", "name": "overdue",
              "about": "deadline:1"}
    query = {"date": "?date=today&offset=%2B5wd", "schedule_explain": "?expr=@daily", "forecast": "?until=2017-09-05",
             "notice_why_not": "?about=5.12", "notice_proof": "?about=deadline:1"}
    for name, method, path, _, flags in COMMANDS:
        if method != "GET" or not path or flags == "PAGE":
            continue
        target = re.sub(r"\{(\w+)\}", lambda m: values[m[1]], path) + query.get(name, "")
        if name in ("role_show", "role_history"):
            target = target.replace("bromley-2016", CHAIR)
        if name == "rules_show":
            target = "/v1/rules/STMT-70"
        if flags == "FEED":
            assert filled.get(target).headers["content-type"] == ICS
            problem(filled.get(target, {"Accept": JSON}), 406)
            continue
        calendar = filled.get(target, {"Accept": "text/calendar"})
        if flags == "CALENDAR":
            assert (calendar.status, calendar.headers["content-type"]) == (200, ICS)
        else:
            assert "html" in problem(calendar, 406)["detail"], name
        answers = {form: filled.get(target, {"Accept": form.split(";")[0]}) for form in (JSON, TEXT, CSV, HTML)}
        for form, answer in answers.items():
            assert (answer.status, answer.headers["content-type"]) == (200, form), (name, answer.body[:200])
            assert "\x1b" not in answer.text
        got = answers[JSON].json()
        rows = list(csv.reader(io.StringIO(answers[CSV].text)))
        assert len({len(row) for row in rows}) == 1, (name, answers[CSV].text[:400])
        page = Page(answers[HTML].text)
        assert page.heading and page.title.endswith(" – London Borough of Bromley"), name
        assert all(page.tables) and (page.tables or page.paragraphs), name
        if list(got) == ["items"]:
            assert len(rows) == len(got["items"]) + 1, name
            assert sum(len(table["rows"]) for table in page.tables) == len(got["items"]), name


# -- pages -------------------------------------------------------------------------------------------


def follow(csid, target, accept=JSON):
    """All pages from a target on, by Link: rel="next"."""
    pages = []
    while target:
        answer = csid.get(target, {"Accept": accept})
        assert answer.status == 200, answer.body
        pages.append(answer)
        link = answer.headers.get("link")
        target = re.fullmatch(r'<([!#-;=?-~]+)>; rel="next"', link)[1] if link else None
        assert len(pages) < 1000
    return pages


@pytest.fixture(scope="module")
def with_notices():
    """A month of notices and their journal."""
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    csid.ctl("role", "assign", CHAIR, "--name", "Isabel Moore", "--email", "chair+board@board.example")
    csid.ctl("deadline", "add", "A report", "--due", "2017-09-10", "--role", CHAIR)
    csid.import_plan()
    csid.advance("240h")
    yield csid
    csid.stop()
    harness.remove(folder)


@pytest.mark.parametrize("target", [
    "/v1/actions", "/v1/actions?priority=5", "/v1/actions?text=the%20%26&sort=days-over", "/v1/actions?overdue=true",
    "/v1/actions?sort=due&rating=red", "/v1/actions?sort=owner&plan=bromley-2016", "/v1/notices",
    "/v1/notices?to=chair%2Bboard@board.example", "/v1/notices?state=accepted", "/v1/notices?about=deadline:1",
    "/v1/journal", "/v1/journal?about=deadline:1", "/v1/journal?since=2017-09-01T07:00:00Z",
])
@pytest.mark.parametrize("limit", [1, 7, 100000])
def test_pages_make_the_whole(with_notices, target, limit):
    whole = with_notices.get(target).json()["items"]
    if limit == 1 and len(whole) > 100:
        limit = 50
    paged = follow(with_notices, f"{target}{'&' if '?' in target else '?'}limit={limit}")
    assert [item for page in paged for item in page.json()["items"]] == whole
    assert len(paged) == max(1, -(-len(whole) // limit))
    assert "link" not in with_notices.get(target).headers


@pytest.mark.parametrize("path", ["/v1/actions", "/v1/notices", "/v1/journal"])
def test_pages_keep_their_form(with_notices, path):
    whole = with_notices.get(f"{path}?format=csv").text.splitlines(keepends=True)
    pages = follow(with_notices, f"{path}?format=csv&limit=10", "*/*")
    head = whole[0]
    assert all(page.text.startswith(head) for page in pages)
    assert "".join(page.text[len(head):] for page in pages) == "".join(whole[1:])


def test_about_with_hostile_letters_in_the_link(with_notices):
    answer = with_notices.get("/v1/actions?text=e&limit=1&sort=ref&plan=bromley-2016")
    link = answer.headers["link"]
    assert re.fullmatch(r"</v1/actions\?[\w.~%&=:/-]+>; rel=\"next\"", link), link


def test_lists_have_no_limit_of_their_own(with_notices):
    assert len(with_notices.ctl("action", "list", json=True)["items"]) == 306


# -- ETag and If-Match -------------------------------------------------------------------------------

GUARDED = [("/v1/actions/5.12", "PATCH", "/v1/actions/5.12", {"note": "Progress {}"}),
           ("/v1/deadlines/1", "PATCH", "/v1/deadlines/1", {"title": "Report {}"}),
           ("/v1/visits/1", "PATCH", "/v1/visits/1", {"note": "Note {}"}),
           ("/v1/inspections/1", "PATCH", "/v1/inspections/1", {"note": "Note {}"}),
           ("/v1/meetings/1", "PATCH", "/v1/meetings/1", {"title": "Meeting {}"}),
           ("/v1/people/1", "PATCH", "/v1/people/1", {"name": "Isabel {}"}),
           (f"/v1/roles/{CHAIR}", "PATCH", f"/v1/roles/{CHAIR}", {"title": "Chair {}"}),
           (f"/v1/roles/{CHAIR}", "POST", f"/v1/roles/{CHAIR}/holders",
            {"name": "Holder {}", "email": "holder{}@x.example", "from": "2017-09-1{}"}),
           ("/v1/deadlines/1", "POST", "/v1/deadlines/1/submit", {"on": "2017-09-0{}"})]


def numbered(body, number):
    return {key: value.format(number) for key, value in body.items()}


@pytest.mark.parametrize("shown, method, path, body", GUARDED, ids=[f"{g[1]} {g[2]}" for g in GUARDED])
def test_if_match(filled, shown, method, path, body):
    first = filled.get(shown)
    etag = first.headers["etag"]
    assert re.fullmatch(r'"\d+"', etag)
    for wrong in ('"0"', '"999"', etag.strip('"'), "W/" + etag, '"', '""', etag + '"'):
        answer = filled.request(method, path, numbered(body, 1), {"If-Match": wrong})
        present = problem(answer, 412)["present"]
        for key in ("version", "title", "name", "note"):
            assert present.get(key) == first.json().get(key), (key, present)
        assert filled.get(shown).body == first.body
    answer = filled.request(method, path, numbered(body, 1), {"If-Match": etag})
    assert answer.status in (200, 201), answer.body
    assert filled.get(shown).headers["etag"] != etag
    again = filled.request(method, path, numbered(body, 2), {"If-Match": etag})
    assert problem(again, 412)["present"]["version"] != first.json()["version"]


def test_etag_of_a_change_is_that_of_the_resource(filled):
    answer = filled.request("PATCH", "/v1/actions/5.12", {"note": "Once"}, {"If-Match": "*"})
    assert answer.headers["etag"] == filled.get("/v1/actions/5.12").headers["etag"]


# -- Idempotency-Key ---------------------------------------------------------------------------------


def test_same_key_same_answer(csid):
    key = {"Idempotency-Key": "k-1"}
    first = csid.request("POST", "/v1/deadlines", deadline(), key)
    before = csid.database_dump()
    again = csid.request("POST", "/v1/deadlines", deadline(), key)
    assert first.status == again.status == 201
    assert (first.body, first.headers["etag"], first.headers["content-type"]) == \
           (again.body, again.headers["etag"], again.headers["content-type"])
    assert csid.database_dump() == before
    csid.restart()
    assert csid.request("POST", "/v1/deadlines", deadline(), key).body == first.body
    assert len(csid.get("/v1/deadlines").json()["items"]) == 1


@pytest.mark.parametrize("path, body, status", [
    ("/v1/deadlines", deadline(title="Another"), 409), ("/v1/deadlines?format=csv", deadline(), 409),
    ("/v1/people", {"name": "A", "email": "a@x.example"}, 409)])
def test_same_key_for_another_request(csid, path, body, status):
    key = {"Idempotency-Key": "k-1"}
    assert csid.request("POST", "/v1/deadlines", deadline(), key).status == 201
    before = csid.database_dump()
    assert "Idempotency-Key" in problem(csid.request("POST", path, body, key), status)["detail"]
    assert csid.database_dump() == before


def test_what_failed_or_was_dry_holds_no_key(csid):
    key = {"Idempotency-Key": "k-1"}
    assert csid.request("POST", "/v1/deadlines", deadline(due="never"), key).status == 400
    assert csid.request("POST", "/v1/deadlines", deadline(role="none"), key).status == 404
    assert csid.request("POST", "/v1/deadlines?dry_run=1", deadline(), key).status == 201
    assert csid.request("POST", "/v1/deadlines", deadline(), key).status == 201
    assert csid.request("POST", "/v1/deadlines?dry_run=1", deadline(title="Another"), key).status in (201, 409)
    assert len(csid.get("/v1/deadlines").json()["items"]) == 1


def test_keys_are_kept_seven_days(csid):
    key = {"Idempotency-Key": "k-1"}
    assert csid.request("POST", "/v1/deadlines", deadline(), key).status == 201
    csid.advance("167h")
    assert csid.request("POST", "/v1/deadlines", deadline(title="Another"), key).status == 409
    csid.advance("2h")
    assert csid.request("POST", "/v1/deadlines", deadline(title="Another"), key).status == 201
    assert csid.request("POST", "/v1/deadlines", deadline(title="Another"), key).json()["id"] == 2


def test_import_with_a_key(csid):
    key, sheet = {"Idempotency-Key": "k-1"}, harness.BROMLEY_2012.read_bytes()
    first = csid.request("POST", "/v1/plans/import?plan=p&scheme=progress", sheet, key)
    assert first.status in (200, 201), first.body
    again = csid.request("POST", "/v1/plans/import?plan=p&scheme=progress", sheet, key)
    assert (again.status, again.body) == (first.status, first.body)
    problem(csid.request("POST", "/v1/plans/import?plan=p&scheme=progress", sheet[:-10], key), 409)


@pytest.mark.parametrize("key, status", [("", 201), ("k" * 200, 201), ("k" * 201, 400), ("ü%00'\"", 201)])
def test_odd_keys(csid, key, status):
    answer = csid.request("POST", "/v1/deadlines", deadline(), {"Idempotency-Key": key.encode("latin-1")})
    assert answer.status == status, answer.body


def test_csictl_sends_a_key_of_its_own_each_time(csid):
    for _ in range(2):
        csid.ctl("deadline", "add", "A report", "--due", "2017-10-01", "--role", CHAIR)
    assert [n for n, in csid.sql("SELECT count(DISTINCT key) FROM idempotency")] == [2]


# -- dry runs ----------------------------------------------------------------------------------------

RETURNED = report("x@y.example", group("a@x"), message_id="<msg_2>").encode()
SHEET = b"ref,priority,action,due,rating\n5.12,5,Changed,2018-01-01,red\n5.500,5,New,2018-02-01,green\n"
# by command: path and body of a request that would change something
WRITES = {
    "plan_import": ("/v1/plans/import?plan=bromley-2016", SHEET),
    "action_add": ("/v1/actions", {"ref": "5.999", "title": "New", "priority": 5, "due": "2018-01-01"}),
    "action_extend": ("/v1/actions/5.12/extensions", {"to": "2017-12-01", "why": "Late data"}),
    "extension_grant": ("/v1/extensions/1/grant", None),
    "extension_refuse": ("/v1/extensions/1/refuse", {"why": "No"}),
    "action_update": ("/v1/actions/5.12", {"rating": "red", "note": "Slipping"}),
    "action_complete": ("/v1/actions/5.12/complete", {"evidence": ["Audit=https://x.example/1"]}),
    "action_approve": ("/v1/actions/5.13/approve", None),
    "action_verify": ("/v1/actions/5.01/verify", {"note": "Read it"}),
    "action_embed": ("/v1/actions/5.09/embed", None),
    "action_reopen": ("/v1/actions/5.09/reopen", {"why": "Slipped back"}),
    **{f"{kind}_add": (f"/v1/{path}", body) for kind, (path, body, _) in RECORDS.items()},
    **{f"{kind}_update": (f"/v1/{path}/1", change) for kind, (path, _, change) in RECORDS.items()},
    "deadline_add": ("/v1/deadlines", deadline(title="Another")),
    "deadline_update": ("/v1/deadlines/1", {"title": "Another"}),
    "deadline_state": ("/v1/deadlines/{MV-NEXT}/state", {"date": "Jan 2018"}),
    "deadline_ack": ("/v1/deadlines/{MV-LETTER}/ack", None),
    "deadline_submit": ("/v1/deadlines/1/submit", {"on": "2017-08-31", "evidence": "Letter=https://x.example/1"}),
    "holidays_import": ("/v1/holidays/import", {"england-and-wales": {"division": "england-and-wales", "events": [
        {"title": "Christmas Day", "date": "2017-12-25", "notes": "", "bunting": True}]}}),
    "plan_update": ("/v1/plans/bromley-2016", {"packs": "intervention governance"}),
    "rules_adopt": ("/v1/rules/adopt", None),
    "wizard_intervention": ("/v1/wizard/intervention", {"framework": "ilacs", "inspected_from": "2017-08-01",
                                                        "inspected_to": "2017-08-11", "received_on": "2017-08-30"}),
    "role_add": ("/v1/roles", {"slug": "new-role", "title": "New role"}),
    "role_update": (f"/v1/roles/{CHAIR}", {"title": "Chair of the board", "reports_to": "director"}),
    "role_assign": (f"/v1/roles/{CHAIR}/holders", {"name": "Someone", "email": "someone@x.example"}),
    "person_add": ("/v1/people", {"name": "Someone", "email": "someone@x.example"}),
    "person_update": ("/v1/people/1", {"name": "Someone Else"}),
    "check_run": ("/v1/checks/actions-overdue/run", None),
    "schedule_run": ("/v1/schedules/overdue/run", None),
    "notice_retry": ("/v1/notices/{failed}/retry", None),
    "notice_cancel": ("/v1/notices/{waiting}/cancel", {"why": "Said in the meeting"}),
    "channel_test": ("/v1/channels/board/test", None),
    "mail_test": ("/v1/mail/test", {"address": "ann@x.example"}),
    "bounce": ("/v1/bounces", RETURNED),
    "bounce_clear": ("/v1/bounces/clear", {"address": "b@x.example"}),
    "channel_hold": ("/v1/channels/mail/hold", {"why": "The relay moves"}),
    "channel_release": ("/v1/channels/board/release", None),
    "notice_ack": ("/v1/notices/-/ack", {"about": "5.07", "comment": "Mine"}),
    "notice_snooze": ("/v1/notices/-/snooze", {"about": "5.07", "until": "2017-09-05", "to": "a@x.example"}),
    "silence_add": ("/v1/silences", {"match": ["role=director"], "until": "2017-09-05", "comment": "Leave"}),
    "silence_confirm": ("/v1/silences/1/confirm", None),
    "silence_end": ("/v1/silences/1/end", None),
    "webhook_test": ("/v1/webhooks/board/test", None),
    "webhook_redeliver": ("/v1/webhooks/board/redeliver", {"since": "2017-09-01T06:00:00Z"}),
    "ack_link": ("/v1/ack/{token}", None),
    "clock_advance": ("/v1/clock/advance", {"duration": "2h"}),
    "clock_accept": ("/v1/clock/accept", None),
    "clock_set": ("/v1/clock/set", {"time": "2017-09-02T12:00:00Z"}),
    "reload": ("/v1/reload", None),
    "adopt": ("/v1/adopt", {"hold": True}),
}
WRITING = {name: method for name, method, path, _, _ in COMMANDS if method != "GET"}


def test_every_writing_command_is_tried():
    assert set(WRITES) == set(WRITING)


@pytest.fixture
def with_failure(mail_server, new_csid):
    """What `filled` holds, a failed notice, and a configuration that a reload would change."""
    hook = {"name": "board", "url": "https://127.0.0.1:9", "format": "slack", "events": ["csi.test"]}
    csid = new_csid(config={"mail": {"url": mail_server.url}, "webhooks": [hook]})
    for words in (("role", "assign", CHAIR, "--name", "Isabel Moore", "--email", "chair@board.example"),
                  ("deadline", "add", "A report", "--due", "2017-10-01", "--every", "3m", "--role", CHAIR)):
        csid.ctl(*words)
    add_all(csid)
    mail_server.script.say("RCPT", "550 5.7.1 not from you")
    csid.advance("2h")
    csid.import_plan()
    csid.ctl("action", "update", "5.13", "--status", "completion-proposed")
    csid.ctl("action", "update", "5.09", "--status", "verified")
    csid.failed = csid.get("/v1/notices?state=failed").json()["items"][0]["id"]
    csid.ruled = dict(csid.sql("SELECT rule, max(id) FROM deadline WHERE rule IS NOT NULL GROUP BY rule"))
    csid.ctl("deadline", "state", str(csid.ruled["MV-LETTER"]), "1 Mar 2018")  # not what the rule says
    with sqlite3.connect(csid.database) as db:  # an older csid had this rule otherwise
        db.execute("UPDATE rule SET value = '71' WHERE id = 'MV-LETTER' AND field = 'offset'")
        db.execute("INSERT INTO message (channel, recipient, event, subject, message_id, body, state, created_at) VALUES "
                   "('webhook:board', 'board', 'csi.test', 'A test', 'msg_1', x'7b7d', 'accepted', '2017-09-01T07:00:00Z')")
        db.execute("INSERT INTO message (id, channel, recipient, event, subject, message_id, body, state, created_at) VALUES "
                   "(9000, 'mail', 'a@x', 'csi.action.overdue', 'Late', 'msg_2', x'7b7d', 'held', '2017-09-01T07:00:00Z')")
        db.execute("INSERT INTO notice (id, event, about, due_on, rule, step, role, channel, reason, created_at, message_id) "
                   "VALUES (9000, 'csi.action.overdue', 'bromley-2016:5.07', '2017-01-02', 'actions-overdue', '+1', 'director', "
                   "'mail', 'overdue', '2017-09-01T07:00:00Z', 9000)")
        db.execute("INSERT INTO bounce (address, status, said, bounced_at) VALUES ('b@x.example', '5.1.1', 'no', "
                   "'2017-09-01T07:00:00Z')")
        db.execute("INSERT INTO channel (name, state, reason, since, held_by) VALUES ('webhook:board', 'held', 'Moved', "
                   "'2017-09-01T07:00:00Z', 'hand')")
        # what waits for somebody else than who asked
        db.execute("UPDATE entry SET who = 'ann' WHERE part_id IN (SELECT p.id FROM part p JOIN action a "
                   "ON a.id = p.action_id WHERE a.ref = '5.01')")
        db.execute("INSERT INTO extension (part_id, asked_on, asked_by, from_on, to_on, reason) SELECT p.id, "
                   "'2017-09-01', 'ann', '2017-01-02', '2017-12-01', 'Late' FROM part p JOIN action a "
                   "ON a.id = p.action_id WHERE a.ref = '5.07'")
        db.execute("INSERT INTO silence (matchers, start_at, end_at, by, comment, at, two) VALUES ('role=director', "
                   "'2017-09-01T06:00:00Z', '2017-09-09T06:00:00Z', 'ann', 'Leave', '2017-09-01T06:00:00Z', 1)")
    links.keep_secret(csid)
    csid.token = links.token("bromley-2016:5.07", "2017-01-02")
    csid.write_config({"organisation": "Elsewhere"})
    return csid


def held(csid):
    """All that a request could change: the database, the clock, the configuration in force, mail sent."""
    status = csid.get("/v1/status").json()
    return csid.database_dump(), status["now"], status["organisation"]


@pytest.mark.parametrize("name", WRITES)
def test_dry_run_changes_nothing(with_failure, name):
    csid, (path, body) = with_failure, WRITES[name]
    path = path.format(failed=csid.failed, waiting=9000, token=csid.token, **csid.ruled)
    if name == "clock_accept":
        csid.ctl("clock", "set", "2017-09-05T08:00:00Z")  # far enough to be suspect
    if name == "adopt":
        csid.stop()
        with contextlib.closing(sqlite3.connect(csid.database)) as db, db:
            db.execute("UPDATE meta SET value = '0' WHERE key = 'machine'")
        csid.start("2017-09-01T08:00:00Z")
    before = held(csid)
    for query in ("dry_run=1", "dry_run=true", "dry_run", "dry_run=", "dry%5Frun=1", "dry_run=yes",
                  "dry_run=0&dry_run=1"):
        answer = csid.request(WRITING[name], f"{path}{'&' if '?' in path else '?'}{query}", body,
                              {"Idempotency-Key": "k-1"})
        assert answer.status in (200, 201) or (answer.status == 400 and query not in ("dry_run=1",)), answer.body
        assert answer.status == 400 or answer.json()["dry_run"] is True, answer.body
        assert held(csid) == before, query
    dry = csid.request(WRITING[name], f"{path}{'&' if '?' in path else '?'}dry_run=1", body).json()
    real = csid.request(WRITING[name], path, body, {"Idempotency-Key": "k-1"})
    assert real.status in (200, 201), real.body
    assert held(csid) != before  # so the dry run was one of something
    assert "dry_run" not in real.json()
    if name not in ("clock_advance", "notice_retry"):  # the clock is there only afterwards; a retry goes at once
        assert {k: v for k, v in dry.items() if k != "dry_run"} == real.json()


@pytest.mark.parametrize("query", ["dry_run=0", "dry_run=false"])
def test_what_is_no_dry_run(csid, query):
    answer = csid.request("POST", f"/v1/deadlines?{query}", deadline())
    assert answer.status == 201 and "dry_run" not in answer.json()
    assert csid.get("/v1/deadlines/1").status == 200


@pytest.mark.parametrize("path, body", [
    ("/v1/deadlines/1", {"title": "A report"}), ("/v1/visits/1", {"kind": "monitoring"}),
    ("/v1/inspections/1", {"framework": "sif"}), ("/v1/people/1", {"name": "Isabel Moore"}), ("/v1/people/1", {}),
    ("/v1/actions/5.12", {}),
])
def test_update_to_what_it_is_already_is_no_change(filled, path, body):
    if path == "/v1/people/1":
        path = f"/v1/people/{filled.sql('SELECT id FROM person WHERE name = ?', 'Isabel Moore')[0][0]}"
    etag, journal = filled.get(path).headers["etag"], filled.sql("SELECT count(*) FROM journal")
    answer = filled.request("PATCH", path, body)
    assert answer.status in (200, 400), answer.body
    assert filled.sql("SELECT count(*) FROM journal") == journal
    assert filled.get(path).headers["etag"] == etag


# -- hostile texts -----------------------------------------------------------------------------------

ESC = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[0m"
TEXTS = {
    "newlines": "first\nsecond\r\nthird\n\n\nlast", "tabs": "a\tb\t\tc", "escapes": ESC, "c1": "a\x9b31mb\x85c\x90d",
    "return": "real\rfake", "backspace": "abc\x08\x08\x08xyz", "delete": "a\x7fb", "bell": "\x07ding",
    "right to left": "a \u202etxt.exe\u202c b", "marks": "\u200f\u05e2\u05d1\u05e8\u05d9\u05ea\u200e \u2066x\u2069",
    "zero width": "a\u200bb\ufeffc\u200dd", "separators": "a\u2028b\u2029c\xa0d", "wide": "\u6f22\u5b57" * 40,
    "combining": "e" + "\u0301" * 200, "emoji": "\U0001f469\u200d\U0001f467" * 20, "4000": "x" * 4000,
    "words": "word " * 799 + "last", "quotes": "\"';--<script>&amp;`$(id)`%s%n", "csv": '=1+1,"a"',
    "no characters": "a\uffffb\U0010ffff", "private": "\ue000\U000f0000",
}
TITLES = dict(enumerate(TEXTS.values(), 1))


def forbidden(text, also=""):
    """Control characters that no terminal is to get."""
    return [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n" + also]


@pytest.fixture(scope="module")
def hostile():
    folder = harness.scratch()
    csid = harness.Csid(folder).start()
    csid.import_plan()
    csid.ctl("role", "assign", CHAIR, "--name", "Isabel Moore", "--email", "chair@board.example")
    for number, text in TITLES.items():
        for path, body in (("/v1/deadlines", deadline(title=text, to=text, source=text)),
                           ("/v1/actions", {"ref": f"99.{number}", "title": text, "priority": 99, "due": "2017-08-01",
                                            "owner": CHAIR, "success_measure": text}),
                           ("/v1/roles", {"slug": f"role-{number}", "title": text}),
                           ("/v1/visits", {"kind": "other", "from": "2017-09-02", "scope": text, "note": text})):
            answer = csid.request("POST", path, body)
            assert answer.status == 201, (text, answer.body)
        answer = csid.request("PATCH", f"/v1/actions/99.{number}", {"note": text, "rating": "red"})
        assert answer.status == 200, answer.body
    csid.advance("2h")
    yield csid
    csid.stop()
    harness.remove(folder)


def test_controls_are_replaced_and_told(csid):
    answer = csid.request("POST", "/v1/deadlines", deadline(title=f"  {ESC}\r\n\ttwo \n"))
    assert answer.status == 201
    got = answer.json()
    assert got["title"] == ESC.translate({7: 0xfffd, 27: 0xfffd}) + "\n\ttwo"
    assert any("title" in note and "control" in note for note in got["notes"]), got


def test_texts_come_back_as_they_are(hostile):
    """What is no control character is nobody's business to change."""
    for number, text in TITLES.items():
        kept = hostile.get(f"/v1/deadlines/{number}").json()["title"]
        want = text.replace("\r\n", "\n").strip()
        want = "".join("�" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in want)
        assert kept == want, (number, kept)


SHOWN = [["deadline", "list"], ["deadline", "show"], ["action", "list", "--priority", "99"], ["action", "show"],
         ["action", "history"], ["role", "list"], ["role", "show"], ["visit", "list"], ["visit", "show"],
         ["journal", "list"], ["notice", "list"], ["notice", "show"], ["status"], [], ["report", "exceptions"],
         ["report", "position"], ["person", "list"]]


def with_subject(words, number):
    subject = {"action": f"99.{number}", "role": f"role-{number}"}.get(words[0] if words else "", str(number))
    return [*words, subject] if words and words[-1] in ("show", "history") else words


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_piped_output_has_no_control_characters(hostile, words):
    for number in TITLES if words and words[-1] in ("show", "history") else [1]:
        for form, also in (([], "\t"), (["--json"], ""), (["--csv"], "\t\r")):
            done = hostile.ctl(*form, *with_subject(words, number), check=False)
            if words[:1] == ["notice"] and done.returncode == 3:
                continue
            assert done.returncode == 0, done.stderr
            assert not forbidden(done.stdout, also), (form, done.stdout)
            assert not forbidden(done.stderr), done.stderr
            if form == ["--csv"]:
                rows = list(csv.reader(io.StringIO(done.stdout, newline="")))
                assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("words", [["deadline", "list"], ["action", "list", "--priority", "99"], ["role", "list"],
                                   ["visit", "list"], ["journal", "list"], ["notice", "list"]], ids=" ".join)
def test_piped_tables_have_a_line_a_row(hostile, words):
    rows = hostile.ctl(*words, json=True)["items"]
    lines = hostile.ctl(*words).stdout.split("\n")
    table = [line for line in lines if "\t" in line]
    assert len(table) == len(rows) + 1
    assert len({line.count("\t") for line in table}) == 1


def in_terminal(csid, words, columns):
    """What csictl writes to a terminal of so many columns."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(harness.CSICTL, ["csictl", *words], harness.environment(
            {"CSID_SOCKET": str(csid.socket), "TERM": "xterm-256color"}))
    got = b""
    while True:
        ready, _, _ = select.select([fd], [], [], 20)
        assert ready, got
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        got += more
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    assert status == 0, got
    return got.decode()


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_terminal_gets_colours_and_nothing_else(hostile, words):
    for number in (1, 3, 4, 9) if words and words[-1] in ("show", "history") else [1]:
        if words[:1] == ["notice"] and words[-1] == "show":
            number = 1
        text = in_terminal(hostile, with_subject(words, number), 60)
        left = re.sub(r"\x1b\[[0-9;:]*m", "", text).replace("\r\n", "\n")
        assert not forbidden(left, "\t" if words[-1:] == ["show"] else ""), left


def test_mails_of_hostile_texts(hostile):
    """Whatever stands in a title, a mail is one message of ASCII lines with one recipient."""
    mails = hostile.mails()
    assert mails
    for mail in mails:
        assert re.fullmatch(rb"[\t\r\n\x20-\x7e]*", mail.raw)
        assert all(len(line) <= 998 for line in mail.raw.split(b"\r\n"))
        assert len(mail.get_all("To")) == len(mail.get_all("Subject")) == len(mail.get_all("Message-ID")) == 1
        assert not forbidden(mail["Subject"])
        assert not forbidden(harness.text_of(mail), "\t\r"), mail.file
