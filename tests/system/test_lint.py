"""lint finds what it is there to find: a small tree without a fault, and each rule's fault in it."""

import shutil
import subprocess
import sys

import pytest

import harness

HEADER = "/*\n * err: errors.\n */\n#ifndef E_H\n#define E_H\n/* Sets it. */\nint err_set(int code);\n#endif\n"
SOUND = {
    "Makefile": "base_MODULES := err\nstore_MODULES := db\napi_MODULES :=\ncourier_MODULES :=\n"
                "LAYERS := base store api courier\n",
    "daemon/base/err.h": HEADER,
    "daemon/base/err.c": '#include "base/err.h"\n\nint err_set(int code)\n{\n    return code; /* no malloc( */\n}\n',
    "daemon/store/db.c": '#include <sqlite3.h>\n\n#include "base/err.h"\n',
    "client/main.c": '#include <stdio.h>\n',
    ".ci/run": "#!/bin/sh\ntrue\n",
    "etc/csictl.bash": "# nothing\n",
}


@pytest.fixture
def tree(folder):
    for path, text in SOUND.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for path in ("tests/lint/run", "tests/lint/options.py", "doc/csid.yaml.5", "etc/csid.yaml", ".clang-format"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(harness.TOP / path, folder / path)
    return folder


def lint(tree, *rules):
    done = subprocess.run([sys.executable, tree / "tests/lint/run", *rules], capture_output=True, text=True,
                          check=False, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_a_sound_tree_passes(tree):
    status, said = lint(tree)
    assert status == 0 and "FAIL" not in said and said.count("ok ") >= 12, said


BODY = "    code++;\n"
FAULTS = {
    "upwards": ("layers", "daemon/base/err.c", '#include "store/db.h"\n'),
    "side by side": ("layers", "daemon/api/x.c", '#include "courier/y.h"\n'),
    "not a layer": ("layers", "daemon/odd/x.c", "int x;\n"),
    "library elsewhere": ("libraries", "daemon/base/err.c", "#include <sqlite3.h>\n"),
    "unknown library": ("libraries", "daemon/store/db.c", "#include <zlib.h>\n"),
    "client": ("client", "client/main.c", '#include "store/db.h"\n'),
    "client's library": ("client", "client/main.c", "#include <jansson.h>\n"),
    "unlisted": ("modules", "daemon/store/more.c", "int x;\n"),
    "long function": ("lengths", "client/main.c", "int f(int code)\n{\n" + BODY * 61 + "}\n"),
    "long file": ("lengths", "client/main.c", "\n" * 501),
    "strcpy": ("banned", "client/main.c", "strcpy(a, b);\n"),
    "time": ("banned", "daemon/base/err.c", "x = time(NULL);\n"),
    "malloc": ("banned", "daemon/store/db.c", "p = malloc (3);\n"),
    "unfinished": ("unfinished", "client/main.c", "/* TO" "DO: this */\n"),
    "unexplained": ("headers", "daemon/base/more.h", "/*\n * more\n */\n\nint\nmore_do(int x,\n        int y);\n"),
    "layout": ("clang_format", "client/main.c", "int  f( void ) ;\n"),
    "cppcheck": ("cppcheck", "client/main.c", "int f(void)\n{\n    int a[2];\n\n    return a[2];\n}\n"),
    "shell": ("shell", ".ci/run", "#!/bin/sh\nrm -rf $1/*\n"),
    "manual": ("manuals", "doc/x.8", ".TH X 8\n.NOSUCH macro\n"),
    "options": ("manuals", "etc/csid.yaml", "# x\n\n# y\nsocket: /tmp\n"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_rule_finds_its_fault(tree, fault):
    rule, path, text = FAULTS[fault]
    where = tree / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_text(text)
    status, said = lint(tree, rule)
    assert status == 1 and f"FAIL {rule.replace('_', '-')}: " in said, said
