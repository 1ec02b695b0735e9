"""The test clock at the socket: what it may show, and what is answered when it has moved."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import harness


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "9999-01-01T00:00:00Z",
                                  "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("query", ["", "?dry_run=1"])
def test_times_no_clock_shows(csid, time, query):
    assert csid.request("POST", f"/v1/clock/set{query}", {"time": time}).status == 400
    assert csid.get("/v1/status").json()["now"] == "2017-09-01T06:00:00Z"


@pytest.mark.parametrize("time", ["1900-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
def test_times_at_the_ends(new_csid, time):
    csid = new_csid(config={"schedules": [{"name": "overdue", "check": "actions-overdue", "cron": "30 8 * * 1-5"}]})
    assert csid.request("POST", "/v1/clock/set", {"time": time}).json()["now"] == time
    for path in ("/v1/status", "/v1/overview", "/healthz", "/v1/date?date=today", "/v1/schedules"):
        assert csid.get(path).status == 200


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_start_at_a_time_no_clock_shows(time):
    done = harness.run_csid("--test-clock", time)
    assert done.returncode == 64 and "no time" in done.stderr


def test_arguments_of_an_advance_may_stand_in_the_query(csid):
    answer = csid.request("POST", "/v1/clock/advance?duration=2h&format=table")
    assert answer.status == 200, answer.body
    assert b"10:00" not in answer.body and b"09:00:00" in answer.body


def test_clock_passes_on_after_an_import_that_was_refused(csid):
    csid.ctl("role", "assign", "director", "--name", "D", "--email", "d@x.example")
    csid.ctl("deadline", "add", "Report", "--due", "2017-10-01", "--every", "1w", "--role", "director")
    sheet = b"ref,priority,action\n" + b"1.1,one,Refused for its priority\n" * 300
    with ThreadPoolExecutor() as beside:
        advance = beside.submit(csid.request, "POST", "/v1/clock/advance", {"duration": "30d"}, timeout=30)
        while not advance.done():
            assert csid.request("POST", "/v1/plans/import?plan=p", sheet).status == 422
        assert advance.result().json()["now"] == "2017-10-01T06:00:00Z"
