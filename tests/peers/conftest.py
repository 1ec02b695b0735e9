"""Fixtures of the tests against programs of others. They stand on the harness of the system tests."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
os.environ.setdefault("CSID_SEED", str(random.randrange(1 << 32)))
import harness  # noqa: E402


@pytest.fixture
def folder():
    """An empty scratch folder with a short name."""
    path = harness.scratch()
    yield path
    harness.remove(path)


@pytest.fixture(scope="session")
def node():
    """Runs a program in JavaScript that may require the libraries of package.json: node(text, *words, input=…) is what
    it printed. They are fetched when package.json has changed."""
    where = harness.BUILD / "peers"
    wanted, fetched = HERE / "package.json", where / "fetched.json"
    if not fetched.exists() or fetched.read_bytes() != wanted.read_bytes():
        where.mkdir(parents=True, exist_ok=True)
        shutil.copy(wanted, where / "package.json")
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", where], check=True,
                       timeout=300)
        shutil.copy(wanted, fetched)

    def run(program, *words, **more):
        done = subprocess.run(["node", "-e", program, *words], env={**os.environ, "NODE_PATH": str(where / "node_modules")},
                              capture_output=True, text=True, timeout=120, check=False, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def relay_folder():
    """A scratch folder that the users of a mail server may enter."""
    path = harness.scratch()
    path.chmod(0o755)
    yield path
    subprocess.run(["rm", "-rf", path], check=True)


@pytest.fixture
def mailing_csid(folder, relay_folder):
    """A csid whose mail goes to a relay: mailing_csid(url, user, password, …options of mail). It is started, or `csid`,
    which runs, is given these settings. The relay's CA is relay_folder/ca.pem; the socket is for every user."""
    made = []
    folder.chmod(0o755)

    def make(url, user, password, csid=None, **mail):
        (folder / "password").write_text(password + "\n")
        config = {"access": {"admin": [harness.me()], "officer": ["nobody"]}, "socket_mode": "0666",
                  "mail": {"url": url, "username": user, "password_file": str(folder / "password"),
                           "ca_file": str(relay_folder / "ca.pem"), **mail}}
        if csid:
            csid.write_config(config)
            csid.ctl("reload")
            return csid
        made.append(harness.Csid(folder, config=config))
        return made[-1].start()

    yield make
    for one in made:
        one.stop()
