"""Rule packs: the shipped ones against the law's own figures and against a YAML reader that is not csid's; a
council's own, its faults, and what a reload does with them."""

import re

import pytest
import yaml

import harness

SHIPPED = harness.TOP / "etc" / "rules"
CONFIG, STATUTE = 78, re.compile(r"\bAct \d{4}|\bSI \d{4}/\d+")

# What csid ships, as the field counts it: id, offset, unit, who owes it or hears of it, pack. A window is
# (opens, offset), BACK counts back.
RULES = [
    ("STMT-70", 70, "working-days", "director", "ilacs sif-2015"),
    ("RPT-PUB-30", 30, "working-days", "director", "ilacs sif-2015"),
    ("FV-DRAFT-20", 20, "working-days", "director", "ilacs"),
    ("FV-FINAL-70", 70, "working-days", "director", "ilacs"),
    ("JTAI-70", 70, "working-days", "director", "jtai"),
    ("APM", (0, 30), "working-days", "director", "ilacs sif-2015"),
    ("PLAN-DRAFT", 0, "days", "director", "ilacs sif-2015"),
    ("PLAN-APPROVE", -10, "working-days", "director", "ilacs sif-2015"),
    ("MV-FIRST", (3, 9), "months", "director", "ilacs"),
    ("MV-FIRST-SIF", (0, 4), "weeks", "director", "sif-2015"),
    ("MV-NEXT", (3, 4), "months", "director", "ilacs sif-2015"),
    ("MV-LETTER", (16, 30), "working-days", "director", "ilacs sif-2015"),
    ("REINSP", (0, 24), "months", "director", "ilacs sif-2015"),
    ("CHAIR-QTR", 0, "days", "improvement-board-chair", "intervention"),
    ("DFE-6M", 6, "months", "director", "intervention"),
    ("ADV-6M", 6, "months", "adviser", "intervention"),
    ("COMM-3M", 3, "months", "commissioner", "intervention"),
    ("COMM-TERM", 0, "days", "director", "intervention"),
    ("EXIT-12M", 6, "months", "director", "intervention"),
    ("AEM-LETTER", (0, 1), "months", "director", "ilacs"),
    ("REG44-FIRST", 0, "month-ends", "home.independent_person director", "homes"),
    ("REG44", 1, "month-ends", "home.independent_person director", "homes"),
    ("REQUIREMENT", 0, "days", "requirement.role director", "intervention"),
    ("RESOLUTION", 0, "days", "resolution.owner programme-office", "governance"),
    ("REG45-FIRST", 6, "months", "home.registered_person director", "homes"),
    ("REG45", 6, "months", "home.registered_person director", "homes"),
    ("REG45-RPT", 28, "days", "home.registered_person director", "homes"),
    ("BOARD", 0, "days", "programme-office", "governance"),
    ("EXC-RPT", 0, "days", "programme-office", "governance"),
    ("COMM-5", -5, "clear-working-days", "meeting.author programme-office", "governance"),
    ("STANDING", -5, "clear-working-days", "resolution.owner meeting.author programme-office", "governance"),
    ("KEY-28", -28, "clear-days", "democratic-services", "governance"),
]
# What comes back, how often and until when; and the law with the day it came into force.
SERIES = {
    "CHAIR-QTR": ("instrument.every 3m", None, "instrument.lifted_on"),
    "DFE-6M": ("6m", None, "instrument.lifted_on"),
    "ADV-6M": ("6m", None, "instrument.lifted_on instrument.term_ends_on"),
    "EXIT-12M": ("6m", "2", None),
}
LAW = {
    "STMT-70": ("SI 2007/462", "2007-04-01"), "RPT-PUB-30": ("SI 2007/462", "2007-04-01"),
    "FV-FINAL-70": ("SI 2007/462", "2018-01-01"), "JTAI-70": ("SI 2015/1792", "2015-11-09"),
    "CHAIR-QTR": ("Education Act 1996 s497A(4B)", None), "COMM-5": ("Local Government Act 1972 s100B", "2002-10-01"),
    "KEY-28": ("SI 2012/2089 reg 9", "2012-09-10"), "REG44": ("SI 2015/541 reg 44", None),
    "REG45-FIRST": ("SI 2015/541 reg 45", "2015-04-01"), "REG45": ("SI 2015/541 reg 45", "2015-04-01"),
    "REG45-RPT": ("SI 2015/541 reg 45", "2015-04-01"),
}
EXPECTED_ONLY = ["APM", "PLAN-DRAFT", "PLAN-APPROVE", "FV-DRAFT-20", "MV-FIRST", "MV-FIRST-SIF", "MV-NEXT", "MV-LETTER",
                 "REINSP", "DFE-6M", "EXIT-12M", "AEM-LETTER", "BOARD", "EXC-RPT"]


def shipped():
    """The packs as PyYAML reads them, every value a text."""
    return [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for path in sorted(SHIPPED.iterdir())]


PACKS = shipped()
BY_ID = {rule["id"]: rule for pack in PACKS for rule in pack["rules"]}
HOMES = {rule["id"]: [pack["pack"], *(other["pack"] for other in PACKS if rule["id"] in other.get("also", "").split())]
         for pack in PACKS for rule in pack["rules"]}

# -- the shipped packs -------------------------------------------------------------------------------


def test_every_rule_is_there_once():
    assert [p["pack"] for p in PACKS] == ["governance", "homes", "ilacs", "intervention", "jtai", "sif-2015"]
    assert sum(len(p["rules"]) for p in PACKS) == len(BY_ID) == len(RULES)
    assert set(BY_ID) == {id for id, *_ in RULES}


@pytest.mark.parametrize("id, offset, unit, role, packs", RULES, ids=[r[0] for r in RULES])
def test_figures(id, offset, unit, role, packs):
    rule = BY_ID[id]
    opens, offset = offset if isinstance(offset, tuple) else (None, offset)
    assert (rule.get("opens"), rule["offset"], rule["unit"], rule["role"]) == (
        None if opens is None else str(opens), str(offset), unit, role)
    assert HOMES[id] == packs.split()
    assert (rule.get("every"), rule.get("times"), rule.get("until")) == SERIES.get(
        id, (None, None, rule.get("until")))
    assert rule["roll"] == "none"


@pytest.mark.parametrize("id", sorted(BY_ID))
def test_citations(id):
    """What is law names it, and the day it came into force; what is not says so."""
    cited, in_force = BY_ID[id]["citation"], BY_ID[id].get("in_force_from")
    if id in LAW:
        assert LAW[id][0] in cited and in_force == LAW[id][1] and BY_ID[id]["missed"]
    if id in EXPECTED_ONLY:
        assert "not law" in cited.lower() and not STATUTE.search(cited)
    assert "in_force_to" not in BY_ID[id]


def test_what_a_rule_counts_from_applies_with_its_packs():
    """A plan may be under one pack alone."""
    for id, rule in BY_ID.items():
        if rule["from"].startswith("rule:"):
            assert set(HOMES[id]) <= set(HOMES[rule["from"].removeprefix("rule:")]), id


def test_the_checks_that_tell():
    told = {id: rule["check"] for id, rule in BY_ID.items() if "check" in rule}
    assert told == {"MV-LETTER": "letters-awaited", "AEM-LETTER": "letters-awaited", "BOARD": "board-papers",
                    "EXC-RPT": "board-papers", "COMM-5": "committee-publication",
                    "STANDING": "committee-publication"}


def test_the_chair_is_reminded_with_the_draft():
    chair = BY_ID["CHAIR-QTR"]
    assert (chair["copy"], chair["draft"], chair["cut"], chair["ladder"]) == (
        "director programme-office", "chair", "previous-month-end", "28 14 7 1 0")


def test_csid_reads_what_another_reader_reads(csid):
    listed = {row["id"]: row["pack"] for row in csid.ctl("rules", "list", json=True)["items"]}
    assert {id: packs.split() for id, packs in listed.items()} == HOMES
    for id, rule in BY_ID.items():
        shown = {row["field"]: row["value"] for row in csid.ctl("rules", "show", id, json=True)["fields"]}
        assert shown.pop("pack") == " ".join(HOMES[id])
        assert shown == rule


# -- a council's own ---------------------------------------------------------------------------------

OWN = """# Ours
pack: bromley
title: What Bromley does besides
also: CHAIR-QTR
rules:
  - id: LEAD-MEMBER
    title: Statement shown to the lead member
    from: rule:STMT-70
    offset: -15
    unit: working-days
    role: director
    citation: Practice; not law
  - id: RPT-PUB-30
    title: The report on our site
    from: inspection.received_on
    offset: 20
    unit: working-days
    role: programme-office
    citation: Our own promise; not law
"""


@pytest.fixture
def own(new_csid, folder):
    """A csid with OWN beside it, not started; its folder of packs."""
    packs = folder / "rules"
    packs.mkdir()
    (packs / "own.yaml").write_text(OWN)
    return new_csid(config={"rules": str(packs)}, start=False), packs


def in_force(csid):
    return {row["id"]: row for row in csid.ctl("rules", "list", json=True)["items"]}


def test_own_rules_and_overrides(own):
    csid, _ = own
    assert csid.to_its_end("--check").stderr == ""
    csid.start()
    rules = in_force(csid)
    assert set(rules) == set(BY_ID) | {"LEAD-MEMBER"}
    assert rules["LEAD-MEMBER"]["pack"] == "bromley"
    assert rules["CHAIR-QTR"]["pack"] == "intervention bromley"
    assert (rules["RPT-PUB-30"]["title"], rules["RPT-PUB-30"]["pack"]) == ("The report on our site", "ilacs sif-2015")
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-10", "--to", "2018-09-21",
             "--received-on", "2018-10-24", "--yes")
    due = {d["title"]: d["due_on"] for d in csid.ctl("deadline", "list", json=True)["items"]}
    # 70 working days from 24 Oct 2018 are 4 Feb 2019; 15 before that, 14 Jan; 20 from receipt, 21 Nov
    assert due["Statement of proposed action"] == "2019-02-04"
    assert due["Statement shown to the lead member"] == "2019-01-14"
    assert due["The report on our site"] == "2018-11-21"


FAULTY = OWN.replace("-15", "fifteen").replace("title: The", "titel: The").replace("CHAIR-QTR", "CHAIR-QRT")
FAULTS = """\
own.yaml:4:7: also: there is no rule "CHAIR-QRT"
own.yaml:9:13: rules[1].offset: "fifteen" is no whole number from -999 to 999
own.yaml:13:5: rules[2].title: is missing; add what is owed, or expected; {title}, {date} of what it counts from, {per}
own.yaml:14:5: rules[2].titel: unknown key; did you mean rules[2].title?
"""


def test_check_tells_every_fault_with_its_place(own):
    csid, packs = own
    (packs / "own.yaml").write_text(FAULTY)
    (packs / "two.yaml").write_text("- not a pack\n")
    (packs / "three.yml").write_text(OWN)
    done = csid.to_its_end("--check")
    assert done.returncode == CONFIG
    assert done.stderr.replace(f"{packs}/", "") == FAULTS + (
        'two.yaml:1:1: the file is a list; it is to be lines of "key: value"\n'
        "warning: three.yml:1:1: is not read; let its name end in .yaml\n")


def test_csid_does_not_start_with_a_faulty_pack(own):
    csid, packs = own
    (packs / "own.yaml").write_text(FAULTY)
    with pytest.raises(harness.CsidError) as failed:
        csid.start()
    assert failed.value.status == CONFIG and 'there is no rule "CHAIR-QRT"' in failed.value.stderr


@pytest.mark.parametrize("where, why", [("/nowhere/rules", "No such file or directory"), ("FILE", "Not a directory"),
                                        ("rules", "is no whole path; begin it with /")])
def test_a_folder_that_is_none_is_a_fault_of_the_option(new_csid, folder, where, why):
    csid = new_csid(start=False, config={"rules": where.replace("FILE", str(folder / "csid.yaml"))})
    line = csid.config_file.read_text().splitlines().index(
        next(l for l in csid.config_file.read_text().splitlines() if l.startswith("rules:"))) + 1
    done = csid.to_its_end("--check")
    assert done.returncode == CONFIG
    assert re.fullmatch(rf"{csid.config_file}:{line}:8: rules: .*{why}\n", done.stderr)


def test_a_faulty_pack_leaves_the_old_in_force(own):
    csid, packs = own
    csid.start()
    before = in_force(csid)
    (packs / "own.yaml").write_text(FAULTY)
    csid.write_config({"organisation": "Elsewhere", "rules": str(packs)})
    done = csid.ctl("reload", check=False)
    assert done.returncode != 0 and "own.yaml:9:13: rules[1].offset" in done.stderr
    assert in_force(csid) == before
    assert csid.get("/v1/status").json()["organisation"] == "London Borough of Bromley"


def test_a_reload_reads_the_packs_again(own):
    csid, packs = own
    csid.start()
    assert in_force(csid)["RPT-PUB-30"]["title"] == "The report on our site"
    (packs / "own.yaml").unlink()
    (packs / "new.yaml").write_text("pack: new\ntitle: All that the chair owes\nalso: CHAIR-QTR\n")
    csid.ctl("reload")
    rules = in_force(csid)
    assert set(rules) == set(BY_ID)
    assert rules["RPT-PUB-30"]["title"] == BY_ID["RPT-PUB-30"]["title"]
    assert rules["CHAIR-QTR"]["pack"] == "intervention new"


def test_a_changed_pack_is_shown_before_it_is_adopted(own):
    csid, packs = own
    csid.start()
    csid.ctl("inspection", "add", "--framework", "ilacs", "--from", "2018-09-10", "--to", "2018-09-21",
             "--received-on", "2018-10-24", "--yes")
    (packs / "own.yaml").write_text(OWN.replace("offset: 20", "offset: 25"))
    csid.ctl("reload")
    assert csid.ctl("rules", "diff", json=True)["items"] == [
        {"rule": "RPT-PUB-30", "field": "offset", "was": "20", "is": "25"}]


def test_a_copy_of_a_shipped_pack_says_what_to_change(own):
    """An officer copies a pack to begin from: every rule of it is an override, but its name is taken."""
    csid, packs = own
    (packs / "own.yaml").unlink()
    text = (SHIPPED / "jtai.yaml").read_text()
    (packs / "copy.yaml").write_text(text)
    line = text.splitlines().index("pack: jtai") + 1
    done = csid.to_its_end("--check")
    assert done.stderr == (f'{packs}/copy.yaml:{line}:7: pack: "jtai" is the name of jtai.yaml (built in) already; '
                           "choose another\n")
    (packs / "copy.yaml").write_text(text.replace("pack: jtai", "pack: jtai-bromley"))
    assert csid.to_its_end("--check").returncode == 0
