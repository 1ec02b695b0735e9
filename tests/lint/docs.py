#!/usr/bin/python3
"""docs: holds the manual pages and the README against include/commands.def, errors.def, rule.def and the
source. One line for each rule: "ok NAME" or "FAIL NAME: N", the places above it.

  docs.py                  check
  docs.py --write-readme   write the README's table of commands anew
  docs.py --write-manual   write the manual's entries for the kinds of record.def and the fields of rule.def anew
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import commands

TOP = Path(__file__).resolve().parents[2]
CSICTL = Path(os.environ.get("CSID_BUILD", TOP / "build")) / "csictl"
README, MANUAL, CONFIG, RULES_MANUAL = (TOP / "README.md", *(TOP / "doc" / name for name in ("csictl.1", "csid.yaml.5", "csid-rules.5")))
RULE_DEF, PACKS = TOP / "daemon" / "engine" / "rule.def", TOP / "etc" / "rules"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->"
MANUAL_BEGIN, MANUAL_END = '.\\" records\n', '.\\" /records\n'
FIELDS_BEGIN, FIELDS_END = '.\\" fields\n', '.\\" /fields\n'
EXIT_DONE, EXIT_UNREACHABLE = 0, 6

COMMANDS, TABLE_FAULTS = commands.read()
TYPED = [c for c in COMMANDS if c.words]


def table():
    """Words, ids and routes stand once; an argument in the path is one of the row's."""
    yield from TABLE_FAULTS
    for what in ("id", "words", "route"):
        seen = set()
        for c in COMMANDS:
            key = (c.method, c.path) if what == "route" else getattr(c, what)
            if key in seen and c.words and c.path:
                yield f"include/commands.def: {what} {key} stands twice"
            seen.add(key)
    for c in COMMANDS:
        names = {re.sub(r"=.*", "", word.strip("[].-")).lower().replace("-", "_") for word in c.arguments.split()}
        for member in re.findall(r"\{(\w+)\}", c.path):
            if member not in names:
                yield f"include/commands.def: {c.words}: {{{member}}} is none of its arguments"


def section(title, page=MANUAL):
    """A section of a manual page: lines with their numbers."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(".SH "):
            inside = line == f".SH {title}"
        elif inside:
            yield number, line


def plain(troff):
    return troff.replace(r"\-", "-")


def manual_commands():
    """Each command is there once, with the arguments of the table and something said of it."""
    shown = {}
    lines = list(section("COMMANDS"))
    for (number, line), (_, before), (_, after) in zip(lines[1:], lines, lines[2:]):
        found = re.fullmatch(r'\.BR "([a-z \\-]+)"(?: " ([^"]*)")?', line)
        if not found or before != ".PP" or after != ".RS 4":
            continue
        words, arguments = plain(found.group(1)), plain(found.group(2) or "")
        if words in shown:
            yield f"doc/csictl.1:{number}: {words} stands twice"
        shown[words] = arguments
    for c in TYPED:
        if c.words not in shown:
            yield f"doc/csictl.1: no entry for {c.words}"
        elif shown[c.words] != c.arguments:
            yield f"doc/csictl.1: {c.words}: shows \"{shown[c.words]}\", the table has \"{c.arguments}\""
    for words in sorted(set(shown) - {c.words for c in TYPED}):
        yield f"doc/csictl.1: {words} is no command"


def manual_options():
    """The options of csictl itself are those of `csictl help`."""
    done = subprocess.run([CSICTL, "help"], capture_output=True, text=True, check=False)
    options = done.stdout.partition("\nOptions")[2]
    told = set(re.findall(r"^  (--[a-z-]+(?:=[A-Z]+)?)", options, re.M))
    shown = {plain(line).removeprefix(".BI ").removeprefix(".B ").replace("= ", "=")
             for _, line in section("OPTIONS") if re.match(r"\.BI? \\-\\-[a-z]", line)}
    tags = {line for line in shown if line in told or line == "--dry-run"}
    if not told:
        yield f"{CSICTL}: cannot be asked for its options"
    for missing in sorted(told - tags):
        yield f"doc/csictl.1: no entry for {missing}"
    for extra in sorted(shown - tags):
        yield f"doc/csictl.1: {extra} is no option of csictl"


def manual_exits():
    """The exit statuses are those of errors.def, success and no csid."""
    known = {int(n) for n in re.findall(r"^ERROR\(\w+,\s*\d+,\s*(\d+),", (TOP / "include/errors.def").read_text(), re.M)}
    known |= {EXIT_DONE, EXIT_UNREACHABLE}
    shown = {int(line.split()[1]) for _, line in section("EXIT STATUS") if re.fullmatch(r"\.B \d+", line)}
    for status in sorted(known ^ shown):
        yield f"doc/csictl.1: exit status {status} stands in one of manual and errors.def only"


def tags(title):
    """What a section of csid.yaml.5 explains, entry by entry."""
    return {plain(line).removeprefix(".B ") for (_, before), (_, line)
            in zip(section(title, CONFIG), list(section(title, CONFIG))[1:]) if before == ".TP"}


def manual_checks():
    """The checks that csid.yaml.5 explains are those there are."""
    table = (TOP / "daemon/engine/checks.c").read_text().partition("checks[] = {")[2].partition("\n};")[0]
    names = dict(re.findall(r'define (CHECK_\w+)\s+"([a-z-]+)"', (TOP / "daemon/engine/checks.h").read_text()))
    there = {names.get(word, word.strip('"')) for word in re.findall(r'\{("[a-z-]+"|CHECK_\w+),', table)}
    for name in sorted(there ^ tags("CHECKS")):
        yield f"doc/csid.yaml.5: check {name} stands in one of manual and engine/checks.c only"


def manual_events():
    """The event types that csid.yaml.5 explains are those that csid writes."""
    there = {found for path in (TOP / "daemon").rglob("*.h")
             for found in re.findall(r'#define EVENT_\w+\s+"(csi\.[a-z.-]+)"', path.read_text())}
    for name in sorted(there ^ tags("EVENTS")):
        yield f"doc/csid.yaml.5: event {name} stands in one of manual and source only"


def readme_rows():
    yield "| csictl | who may | does |\n"
    yield "|---|---|---|\n"
    for c in COMMANDS:
        if c.flags in ("ROUTE", "FEED", "PAGE"):
            continue
        usage = f"`{f'{c.words} {c.arguments}'.strip()}`" if c.words else "(no command)"
        where = " (with `--test-clock`)" if "TEST" in c.flags else ""
        yield f"| {usage} | {c.who.lower()} | {c.summary}{where} |\n"


def parts(page, begin, end):
    """A page before, between and behind two marks; None without exactly one pair of them."""
    text = page.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        return None
    before, rest = text.split(begin)
    between, behind = rest.split(end)
    return before, between, behind


def readme_table():
    """The README's table of commands is the table of commands."""
    found = parts(README, BEGIN, END)
    if found is None:
        yield "README.md: no single pair of <!-- commands --> and <!-- /commands -->"
        return
    wanted, there = list(readme_rows()), found[1].splitlines(keepends=True)
    for row in wanted:
        if row not in there:
            yield f"README.md: lacks: {row.strip()}"
    for row in there:
        if row not in wanted:
            yield f"README.md: has: {row.strip()}"
    if not set(wanted) ^ set(there) and wanted != there:
        yield "README.md: the rows stand in another order, or twice"


def manual_entries():
    """What the manual says of each command for a record, one kind after the other."""
    for kind in commands.kinds():
        for c in COMMANDS:
            if c.words.startswith(f"{kind} "):
                arguments = f' " {c.arguments}"'.replace("-", r"\-") if c.arguments else ""
                yield f'.PP\n.BR "{c.words}"{arguments}\n.RS 4\n{c.summary[0].upper()}{c.summary[1:]}.\n.RE\n'


def manual_records():
    """The manual's entries for records are those of the table."""
    found = parts(MANUAL, MANUAL_BEGIN, MANUAL_END)
    if found is None or found[1] != "".join(manual_entries()):
        yield "doc/csictl.1: the entries for records differ: tests/lint/docs.py --write-manual"


def rule_fields():
    """Name, whether needed, type and help of each field of a rule; the types with what they may hold."""
    text = RULE_DEF.read_text(encoding="utf-8")
    types = dict(re.findall(r"^ \* ([A-Z]+) {2,}(\S.*)$", text.partition("\n * TYPE\n")[2], re.M))
    return re.findall(r'^RULE_FIELD\((\w+), +(NEEDED|MAY), +(\w+), +"(.*)"\)$', text, re.M), types


def troff(text):
    return text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...")


def field_entries():
    fields, types = rule_fields()
    for name, need, kind, told in fields:
        yield ".TP\n" + (f'.BR {name} " (needed)"\n' if need == "NEEDED" else f".B {name}\n")
        yield f"{troff(told[0].upper() + told[1:])}.\n.br\nAs: {troff(types[kind])}\n"


def manual_fields():
    """The manual of rule packs tells of each field of a rule, with its help and its type's."""
    fields, types = rule_fields()
    if len(fields) != RULE_DEF.read_text(encoding="utf-8").count("\nRULE_FIELD(") or not fields:
        yield "daemon/engine/rule.def: a row cannot be read"
    for name, _, kind, _ in fields:
        if kind not in types:
            yield f"daemon/engine/rule.def: {name}: nothing is said of {kind}"
            return
    found = parts(RULES_MANUAL, FIELDS_BEGIN, FIELDS_END)
    if found is None or found[1] != "".join(field_entries()):
        yield "doc/csid-rules.5: the fields differ from rule.def: tests/lint/docs.py --write-manual"


def shipped_packs():
    """The shipped packs say what they are for, use the fields there are, and give each rule those it needs."""
    fields, _ = rule_fields()
    names, needed = {name for name, *_ in fields}, {name for name, need, *_ in fields if need == "NEEDED"}
    for path in sorted(PACKS.iterdir()):
        where, text = path.relative_to(TOP), path.read_text(encoding="utf-8")
        if not text.startswith("# "):
            yield f"{where}:1: does not begin with what it is for"
        if f"\npack: {path.stem}\n" not in text:
            yield f"{where}: is not named as its pack"
        for rule in re.split(r"^  - ", text, flags=re.M)[1:]:
            given = re.findall(r"^(?:    )?(\w+):", rule, re.M)
            for name in sorted(needed - set(given)):
                yield f"{where}: {rule.splitlines()[0]}: lacks {name}"
            for name in sorted(set(given) - names):
                yield f"{where}: {rule.splitlines()[0]}: {name} is no field of rule.def"


def write(page, begin, end, lines):
    found = parts(page, begin, end)
    if found is None:
        sys.exit(f"{page.name}: no single pair of {begin.strip()} and {end.strip()}")
    page.write_text(found[0] + begin + "".join(lines) + end + found[2], encoding="utf-8")


RULES = [table, manual_commands, manual_records, manual_options, manual_exits, manual_checks, manual_events,
         readme_table, manual_fields, shipped_packs]


def main():
    if sys.argv[1:] == ["--write-readme"]:
        write(README, BEGIN, END, readme_rows())
        return 0
    if sys.argv[1:] == ["--write-manual"]:
        write(MANUAL, MANUAL_BEGIN, MANUAL_END, manual_entries())
        write(RULES_MANUAL, FIELDS_BEGIN, FIELDS_END, field_entries())
        return 0
    if sys.argv[1:]:
        sys.exit(__doc__)
    failed = 0
    for rule in RULES:
        what = rule.__name__.replace("_", "-")
        faults = list(rule())
        for fault in faults:
            print(fault)
        print(f"FAIL {what}: {len(faults)}" if faults else f"ok {what}", flush=True)
        failed += bool(faults)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
