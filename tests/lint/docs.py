#!/usr/bin/python3
"""docs: holds the manual page of csictl and the README against include/commands.def and errors.def.
One line for each rule: "ok NAME" or "FAIL NAME: N", the places above it.

  docs.py                  check
  docs.py --write-readme   write the README's table of commands anew
"""

import os
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CSICTL = Path(os.environ.get("CSID_BUILD", TOP / "build")) / "csictl"
README, MANUAL = TOP / "README.md", TOP / "doc" / "csictl.1"
BEGIN, END = "<!-- commands -->\n", "<!-- /commands -->"
EXIT_DONE, EXIT_UNREACHABLE = 0, 6

ROW = re.compile(r'^COMMAND\((\w+), "([^"]*)", (GET|POST|PATCH), "([^"]*)", (\w+), ([\w| ]+), "([^"]*)", "([^"]*)"\)$')


class Command:
    def __init__(self, found):
        self.id, self.words, self.method, self.path, self.who, flags, self.arguments, self.summary = found.groups()
        self.flags = {flag.strip() for flag in flags.split("|")} - {"0"}

    @property
    def usage(self):
        return f"{self.words} {self.arguments}".strip()


def read_table():
    """Every row; a line that looks like one and cannot be read is a fault, not a row less."""
    commands, faults = [], []
    for number, line in enumerate((TOP / "include/commands.def").read_text().splitlines(), 1):
        found = ROW.match(line)
        if found:
            commands.append(Command(found))
        elif line.startswith("COMMAND("):
            faults.append(f"include/commands.def:{number}: cannot be read: {line[:60]}")
    return commands, faults


COMMANDS, TABLE_FAULTS = read_table()
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


def section(title):
    """A section of the manual: lines with their numbers."""
    inside = False
    for number, line in enumerate(MANUAL.read_text(encoding="utf-8").splitlines(), 1):
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
        found = re.fullmatch(r'\.BR "([a-z ]+)"(?: " ([^"]*)")?', line)
        if not found or before != ".PP" or after != ".RS 4":
            continue
        words, arguments = found.group(1), plain(found.group(2) or "")
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


def readme_rows():
    yield "| csictl | who may | does |\n"
    yield "|---|---|---|\n"
    for c in COMMANDS:
        if "ROUTE" in c.flags:
            continue
        usage = f"`{c.usage}`" if c.words else "(no command)"
        where = " (with `--test-clock`)" if "TEST" in c.flags else ""
        yield f"| {usage} | {c.who.lower()} | {c.summary}{where} |\n"


def readme_parts():
    """The README before, between and behind the marks; None without exactly one pair of them."""
    text = README.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        return None
    before, rest = text.split(BEGIN)
    between, behind = rest.split(END)
    return before, between, behind


def readme_table():
    """The README's table of commands is the table of commands."""
    parts = readme_parts()
    if parts is None:
        yield "README.md: no single pair of <!-- commands --> and <!-- /commands -->"
        return
    wanted, there = list(readme_rows()), parts[1].splitlines(keepends=True)
    for row in wanted:
        if row not in there:
            yield f"README.md: lacks: {row.strip()}"
    for row in there:
        if row not in wanted:
            yield f"README.md: has: {row.strip()}"
    if not set(wanted) ^ set(there) and wanted != there:
        yield "README.md: the rows stand in another order, or twice"


def write_readme():
    parts = readme_parts()
    if parts is None:
        sys.exit("README.md: no single pair of <!-- commands --> and <!-- /commands -->")
    README.write_text(parts[0] + BEGIN + "".join(readme_rows()) + END + parts[2], encoding="utf-8")


RULES = [table, manual_commands, manual_options, manual_exits, readme_table]


def main():
    if sys.argv[1:] == ["--write-readme"]:
        write_readme()
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
