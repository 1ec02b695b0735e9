"""The table of commands, include/commands.def, as the compiler's preprocessor reads it: the rows that stand there
and those that come from include/record.def."""

import os
import re
import subprocess
from collections import namedtuple
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[2] / "include"

Command = namedtuple("Command", "id words method path who flags arguments summary")

TEXT = r'((?:"[^"]*"\s*)+)'  # literals side by side are one text
ROW = re.compile(rf"COMMAND\((\w+), {TEXT}, (GET|POST|PATCH), {TEXT}, (\w+), ([\w| ]+), {TEXT}, {TEXT}\)")


def preprocessed():
    compiler = os.environ.get("CC", "cc").split()
    done = subprocess.run([*compiler, "-E", "-P", "-undef", "-x", "c", "-I", INCLUDE, INCLUDE / "commands.def"],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def kinds():
    """The kinds of record.def, in its order."""
    return re.findall(r"^RECORD\((\w+),", (INCLUDE / "record.def").read_text(), re.M)


def read():
    """Every row, and a fault for what looks like a row and cannot be read."""
    rest, commands = preprocessed(), []
    for found in ROW.finditer(rest):
        fields = ["".join(re.findall(r'"([^"]*)"', field)).strip() if field.lstrip().startswith('"') else field.strip()
                  for field in found.groups()]
        commands.append(Command(*fields))
    return commands, [f"include/commands.def: cannot be read: {row[:60]}"
                      for row in re.findall(r"COMMAND\(.*", ROW.sub("", rest))]


def table():
    commands, faults = read()
    assert not faults, faults
    return commands
