"""Who may do what: callers of other users and groups, as the kernel tells them, against csid's configuration.
Users and groups are numbers, which the configuration takes like names."""

import json
import os
import re
import subprocess

import pytest

import harness

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="calling as other users takes root")

VIEWER, OFFICER, ADMIN, STRANGER = 54101, 54102, 54103, 54104
VIEWERS, OFFICERS, ADMINS, OTHERS = 54201, 54202, 54203, 54204
ACCESS = {"admin": ["root", str(ADMIN), f"@{ADMINS}"], "officer": [str(OFFICER), f"@{OFFICERS}"],
          "viewer": [str(VIEWER), f"@{VIEWERS}"]}

READ, WRITE, RULE = ["status"], ["role", "add", "some-role", "--title", "Some role"], ["clock", "advance", "1h"]


@pytest.fixture
def open_csid(new_csid):
    """A csid whose socket anybody may open, so that its own rules decide."""
    def make(access=None, **options):
        csid = new_csid(start=False, config={"socket_mode": "0666", "access": access or ACCESS, **options})
        csid.folder.chmod(0o755)
        return csid.start()
    return make


def call(csid, words, user, group=OTHERS, extra=()):
    """csictl as another user, with these groups and no others."""
    done = subprocess.run([str(w) for w in (harness.CSICTL, *words)], user=user, group=group,
                          extra_groups=list(extra), capture_output=True, text=True, timeout=20, check=False,
                          cwd="/", env=harness.environment({"CSID_SOCKET": str(csid.socket), "HOME": "/"}))
    assert not harness.SANITIZER_SAYS.search(done.stderr), done.stderr
    return done


@pytest.mark.parametrize("user, group, extra, may", [
    (VIEWER, OTHERS, [], "r"), (OFFICER, OTHERS, [], "rw"), (ADMIN, OTHERS, [], "rwa"),
    (STRANGER, VIEWERS, [], "r"), (STRANGER, OFFICERS, [], "rw"), (STRANGER, ADMINS, [], "rwa"),
    (STRANGER, OTHERS, [VIEWERS], "r"), (STRANGER, OTHERS, [OTHERS, OFFICERS], "rw"),
    (STRANGER, OTHERS, [ADMINS, VIEWERS], "rwa"),
    # the highest of several counts, whichever comes first
    (VIEWER, OFFICERS, [], "rw"), (OFFICER, VIEWERS, [ADMINS], "rwa"), (ADMIN, VIEWERS, [], "rwa"),
    # a group beyond those that a first buffer holds
    (STRANGER, OTHERS, [*range(60000, 60200), OFFICERS], "rw"),
    (STRANGER, OTHERS, [], ""), (STRANGER, OTHERS, [OTHERS, *range(60000, 60064)], ""),
    # a user's number is no group's, nor the other way round
    (OFFICERS, OTHERS, [], ""), (STRANGER, OFFICER, [ADMIN], ""),
    (0, OTHERS, [], "rwa"), (65534, 65534, [], ""),
])
def test_roles(open_csid, user, group, extra, may):
    csid = open_csid()
    for letter, words in zip("rwa", (READ, WRITE, RULE)):
        done = call(csid, words, user, group, extra)
        assert done.returncode == (0 if letter in may else 4), (words, done)


DENIED = [
    (READ, STRANGER, ["status", "viewer", "none", f"@{VIEWERS}", "access.viewer"]),
    (WRITE, STRANGER, ["role add", "officer", "none", f"@{OFFICERS}", "access.officer"]),
    (WRITE, VIEWER, ["role add", "officer", "viewer", f"@{OFFICERS}", "access.officer"]),
    (["reload"], OFFICER, ["reload", "administrator", "officer", f"@{ADMINS}", "access.admin"]),
    ([], STRANGER, ["/v1/overview", "viewer", "none", f"@{VIEWERS}", "access.viewer"]),
]


@pytest.mark.parametrize("words, user, texts", DENIED, ids=[" ".join([*d[0], str(d[1])]) for d in DENIED])
def test_denial_says_what_is_needed(open_csid, words, user, texts):
    csid = open_csid()
    done = call(csid, ["--json", *words], user)
    assert done.returncode == 4
    problem = json.loads(done.stdout)
    assert (problem["status"], problem["type"]) == (403, "urn:csid:problem:not-allowed")
    for text in [*texts, f"uid {user}"]:
        assert text in problem["detail"] and text in done.stderr, problem


def test_denied_request_is_not_carried_out(open_csid):
    csid = open_csid()
    before = csid.database_dump()
    for words in (WRITE, RULE, ["reload"]):
        for user in (VIEWER, STRANGER):
            assert call(csid, words, user).returncode == 4
    assert csid.database_dump() == before
    assert csid.now() == csid.clock


def test_denied_import_is_not_carried_out(open_csid):
    csid = open_csid()
    sheet = harness.BROMLEY_2016.read_bytes()
    script = ("import http.client, socket, sys\n"
              "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
              "c = http.client.HTTPConnection('csid'); c.sock = s\n"
              "c.request('POST', '/v1/plans/import?plan=x', sys.stdin.buffer.read())\n"
              "print(c.getresponse().status)\n")
    done = subprocess.run(["/usr/bin/python3", "-c", script, str(csid.socket)], input=sheet, user=VIEWER,
                          group=OTHERS, extra_groups=[], capture_output=True, timeout=20, check=True, cwd="/")
    assert done.stdout == b"403\n"
    assert csid.ctl("plan", "list", json=True)["items"] == []


def test_no_entry_at_all_is_said_so(open_csid):
    csid = open_csid(access={"admin": ["root"]})
    done = call(csid, READ, STRANGER)
    assert done.returncode == 4 and "root" in done.stderr and "access.viewer" in done.stderr


def test_nobody_at_all(open_csid):
    csid = open_csid(access={"admin": []})
    done = call(csid, READ, STRANGER)
    assert done.returncode == 4 and "nobody" in done.stderr


@pytest.mark.parametrize("where", ["socket", "folder"])
def test_socket_that_may_not_be_opened(new_csid, where):
    csid = new_csid(start=False, config={"socket_mode": "0660", "access": ACCESS})
    csid.folder.chmod(0o755)
    csid.start()
    os.chown(csid.socket, 0, OFFICERS)
    if where == "folder":
        csid.socket.chmod(0o666)
        os.chown(csid.folder, 0, OFFICERS)
        csid.folder.chmod(0o750)
    done = call(csid, READ, VIEWER)
    assert done.returncode == 4 and done.stdout == ""
    assert str(csid.socket) in done.stderr and f"group {OFFICERS}" in done.stderr, done.stderr
    assert call(csid, READ, STRANGER, OTHERS, [OFFICERS]).returncode == 0


def test_journal_holds_the_callers_name(open_csid):
    csid = open_csid(access={**ACCESS, "officer": [str(OFFICER), "daemon", f"@{OFFICERS}"]})
    for number, (user, name) in enumerate([(OFFICER, f"uid {OFFICER}"), (0, "root"), (1, "daemon"),
                                           (STRANGER, f"uid {STRANGER}")]):
        done = call(csid, ["role", "add", f"role-{number}", "--title", "A role"], user, OTHERS, [OFFICERS])
        assert done.returncode == 0, done
        assert csid.ctl("journal", "list", json=True)["items"][-1]["who"] == name
    table = csid.ctl("journal", "list").stdout
    assert re.search(rf"\tuid {OFFICER}\trole\.add role-0\t", table), table


def test_update_names_who_rated(open_csid):
    csid = open_csid()
    csid.import_plan()
    done = call(csid, ["action", "update", "5.12", "--rating", "amber", "--note", "Slipping"], OFFICER)
    assert done.returncode == 0, done
    history = csid.ctl("action", "history", "5.12", json=True)
    assert history["items"][-1]["who"] == f"uid {OFFICER}" or history["items"][0]["who"] == f"uid {OFFICER}", history


def test_idempotency_keys_are_each_callers_own(open_csid):
    """A key that another caller used is no key of mine, or one could read the other's answers."""
    csid = open_csid()
    script = ("import http.client, json, socket, sys\n"
              "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
              "c = http.client.HTTPConnection('csid'); c.sock = s\n"
              "c.request('POST', '/v1/people', json.dumps({'name': sys.argv[2], 'email': sys.argv[3]}),\n"
              "          {'Idempotency-Key': 'the-same'})\n"
              "r = c.getresponse(); print(r.status, json.load(r)['name'])\n")
    for user, name, email in ((OFFICER, "Ann", "ann@x.example"), (ADMIN, "Bob", "bob@x.example")):
        done = subprocess.run(["/usr/bin/python3", "-c", script, str(csid.socket), name, email], user=user,
                              group=OTHERS, extra_groups=[], capture_output=True, text=True, timeout=20,
                              check=True, cwd="/")
        assert done.stdout.split()[1] == name, done.stdout
