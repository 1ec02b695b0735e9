"""Roles as an officer keeps them: whom one reports to, its history and that of people."""

import pytest


@pytest.fixture
def roles(csid):
    for slug in ("a", "b", "c"):
        csid.ctl("role", "add", slug, "--title", f"Head of {slug.upper()}")
    return csid


def reports(csid):
    return {r["slug"]: r["reports_to"] for r in csid.ctl("role", "list", json=True)["items"] if r["slug"] in "abc"}


def test_whom_an_imported_role_reports_to(bromley):
    """An import knows no managers: the officer says who they are, and policy goes by it."""
    slug = "head-of-permanence"
    done = bromley.ctl("role", "update", slug, "--reports-to", "director", json=True)
    assert done["reports_to"] == "director"
    assert {"what": "reports to", "was": "none", "is": "director"} in [
        {**c, "was": c["was"] or "none"} for c in done["changes"]]
    assert bromley.ctl("role", "show", slug, json=True)["reports_to"] == "director"
    bromley.ctl("role", "update", slug, "--reports-to", "")
    assert bromley.ctl("role", "show", slug, json=True)["reports_to"] is None


def test_nothing_given_or_the_same_changes_nothing(roles):
    roles.ctl("role", "update", "a", "--reports-to", "b")
    dump = roles.sql("SELECT * FROM role"), roles.sql("SELECT count(*) FROM journal")
    for words in ([], ["--reports-to", "b"], ["--title", "Head of A"], ["--reports-to", "Head of B"]):
        roles.ctl("role", "update", "a", *words)
    assert dump == (roles.sql("SELECT * FROM role"), roles.sql("SELECT count(*) FROM journal"))
    roles.ctl("role", "update", "a", "--title", "Head of All", "--dry-run")
    assert dump[0] == roles.sql("SELECT * FROM role")


@pytest.mark.parametrize("chain", [("a",), ("b", "a"), ("b", "c", "a")])
def test_no_circle(roles, chain):
    below = "a"
    for above in chain[:-1]:
        roles.ctl("role", "update", below, "--reports-to", above)
        below = above
    before = reports(roles)
    refused = roles.ctl("role", "update", below, "--reports-to", chain[-1], check=False)
    assert refused.returncode == 5 and "would report to itself" in refused.stderr
    assert reports(roles) == before


def test_a_holding_that_leaves_a_gap_says_so(csid):
    """Who stands in ends who held it before; that nobody follows is said at once."""
    def assign(name, *words):
        return csid.ctl("role", "assign", "director", "--name", name, "--email", f"{name}@x.example", *words, json=True)

    assert "notes" not in assign("ann", "--from", "2017-01-01")
    command = "csictl role assign director --name NAME --email ADDRESS --from 2017-09-21"
    said = assign("cat", "--from", "2017-09-15", "--to", "2017-09-20", "--basis", "acting")
    assert said["notes"] == [f"from Thu 21 Sep 2017 on nobody holds it: {command}"]
    assign("bob", "--from", "2017-10-01")
    said = assign("dan", "--from", "2017-09-16", "--to", "2017-09-20")
    assert said["notes"] == [f"from Thu 21 Sep 2017 on nobody holds it, until Sun 1 Oct 2017: {command}"]
    assert "notes" not in assign("eve", "--from", "2017-09-21", "--to", "2017-09-30")
    said = assign("flo", "--from", "2016-01-01", "--to", "2016-06-30")
    assert "notes" not in said and said["told"] == ["nobody: it was so before today"]
    assert said["changes"][0] == {"what": "Director of Children's Services", "was": None, "is": "flo"}


def test_unknown(roles):
    for words in (("nobody", "--title", "X"), ("a", "--reports-to", "nobody")):
        assert roles.ctl("role", "update", *words, check=False).returncode == 3
    assert roles.ctl("role", "history", "nobody", check=False).returncode == 3
    assert roles.ctl("person", "history", "99", check=False).returncode == 3


def test_history_of_a_role(roles):
    roles.ctl("role", "update", "a", "--title", "Head of All", "--reports-to", "b")
    roles.ctl("role", "assign", "a", "--name", "Ann", "--email", "ann@x.example", "--from", "2017-08-01")
    roles.ctl("role", "assign", "a", "--name", "Bob", "--email", "bob@x.example", "--from", "2017-09-01")
    rows = [(i["field"], i["was"], i["value"]) for i in roles.ctl("role", "history", "a", json=True)["items"]]
    assert rows == [
        ("slug", None, "a"), ("title", None, "Head of A"),
        ("title", "Head of A", "Head of All"), ("reports_to", None, "b"),
        ("holder", None, "Ann"), ("from_on", None, "2017-08-01"), ("basis", None, "permanent"),
        ("to_on", None, "2017-08-31"),
        ("holder", None, "Bob"), ("from_on", None, "2017-09-01"), ("basis", None, "permanent")]
    who = {i["who"] for i in roles.ctl("role", "history", "a", json=True)["items"]}
    assert len(who) == 1 and who.pop()


def test_history_of_a_person(roles):
    one = roles.ctl("person", "add", "Ann", "--email", "ann@x.example", json=True)
    roles.ctl("person", "update", str(one["id"]), "--email", "ann@y.example")
    rows = [(i["field"], i["was"], i["value"])
            for i in roles.ctl("person", "history", str(one["id"]), json=True)["items"]]
    assert rows == [("name", None, "Ann"), ("email", None, "ann@x.example"), ("email", "ann@x.example", "ann@y.example")]
