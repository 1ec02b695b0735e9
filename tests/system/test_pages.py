"""Lists: their order, and their pages: every row once, whatever it is called."""

import re

import pytest

REFS = ["1.1", "A & B", "5>6", "a/b?c=d#e", "100%", "ü", "[1]", "1+1", '"q"', "a;b,c"]


def pages(csid, target):
    """The pages' items from `target` on, by the links to the next."""
    while target:
        answer = csid.get(target)
        assert answer.status == 200, (target, answer.body)
        yield answer.json()["items"]
        link = answer.headers.get("link")
        target = link and re.fullmatch(r'<([^<>"{}|\\^`\s]*)>; rel="next"', link)[1]


@pytest.mark.parametrize("query", ["", "&sort=rating", "&text=%26%20", "&overdue"])
def test_actions_of_any_ref(bromley, query):
    for ref in REFS:
        answer = bromley.request("POST", "/v1/actions", {"ref": ref, "title": f"Called {ref}", "priority": 1,
                                                         "due": "2017-08-01", "rating": "amber"})
        assert answer.status == 201, answer.body
    whole = bromley.get(f"/v1/actions?{query}").json()["items"]
    for limit in (1, 7):
        cut = list(pages(bromley, f"/v1/actions?limit={limit}{query}"))
        assert [a["ref"] for page in cut for a in page] == [a["ref"] for a in whole]
        assert all(len(page) <= limit for page in cut)


def test_every_other_list(bromley):
    bromley.advance("7d")
    for path in ("/v1/roles", "/v1/schedules", "/v1/schedules/overdue/history", "/v1/notices",
                 "/v1/actions/5.12/history", "/v1/plans/-/exceptions"):
        whole = bromley.get(path).json()["items"]
        assert whole, path
        assert [row for page in pages(bromley, f"{path}?limit=1") for row in page] == whole, path


def test_after_a_row_that_is_not_there(bromley):
    for path in ("/v1/actions", "/v1/roles", "/v1/schedules"):
        assert bromley.get(f"{path}?after=nothing").status == 400


@pytest.mark.parametrize("key, order", [
    ("rating", ["red", "amber", "green", None]),
    ("status", ["draft", "agreed", "in-progress", "completion-proposed", "complete", "verified", "embedded",
                "suspended", "superseded", "cancelled"]),
])
def test_codes_are_sorted_as_they_press_not_as_they_are_spelt(bromley, key, order):
    for ref, status in (("1.1", "suspended"), ("1.2", "agreed"), ("1.3", "cancelled"), ("1.4", "draft")):
        bromley.ctl("action", "update", ref, "--status", status, "--note", "Moved")
    bromley.request("POST", "/v1/actions", {"ref": "9.99", "title": "Not rated", "priority": 9})
    items = bromley.get(f"/v1/actions?sort={key}").json()["items"]
    places = [order.index(item[key]) for item in items]
    assert places == sorted(places) and len(set(places)) > 3
    plain = [item["ref"] for item in bromley.get("/v1/actions").json()["items"]]
    for place in set(places):
        refs = [item["ref"] for item in items if order.index(item[key]) == place]
        assert refs == [ref for ref in plain if ref in refs]
