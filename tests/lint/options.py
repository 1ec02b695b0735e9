#!/usr/bin/python3
"""The options in doc/csid.yaml.5 are made from etc/csid.yaml (which is what --print-config prints).
Exits 1 when the page differs; with --write writes them into it."""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
YAML, PAGE = TOP / "etc" / "csid.yaml", TOP / "doc" / "csid.yaml.5"
FROM, TO = '.\\" options\n', '.\\" /options\n'
NO_DEFAULT = ("organisation", "mail.from")


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def option(key, value, comments):
    """One option: its name and default, what it is, and the members of an entry as they are written."""
    prose = [c for c in comments if not c.startswith("  ")]
    members = [c[2:] for c in comments if c.startswith("  ")]
    default = "no default" if key in NO_DEFAULT else f"default: {value}" if value else ""
    default = roff(default).replace('"', "\\(dq")
    yield ".TP"
    yield f'.BR {roff(key)} " ({default})"' if default else f".B {roff(key)}"
    yield roff(" ".join(prose)).removesuffix(".").removesuffix(":") + (":" if members else ".")
    if members:
        yield from [".nf", *map(roff, members), ".fi"]


def options():
    section, comments = "", []
    lines = YAML.read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"( *)([a-z_]+):(?: (.*))?$", line)
        if line.lstrip().startswith("#"):
            comments.append(line.lstrip()[2:])
        elif found:
            indent, name, value = found.groups()
            section = section if indent else ""
            below = lines[number + 1] if number + 1 < len(lines) else ""
            if not value and not below.startswith("  -"):
                section = f"{name}."
                yield ".SS " + roff(name)
                yield roff(" ".join(comments)) + "."
            else:
                yield from option(section + name, value, comments)
            if not value and below.startswith("  -"):
                yield from [".IP", "The default:", ".nf"]
        elif line.startswith("  - "):
            yield roff(line.strip())
        if not line.lstrip().startswith("#"):
            comments = []
    yield ".fi"


def main():
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(FROM)
    middle, after = rest.split(TO)
    made = "\n".join(options()) + "\n"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(before + FROM + made + TO + after, encoding="utf-8")
    elif middle != made:
        print("doc/csid.yaml.5 differs from etc/csid.yaml; tests/lint/options.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
