"""csid with an OpenSMTPD: STARTTLS and smtps with a CA nobody else knows, SMTP AUTH, mails that arrive byte for byte,
what it refuses. It runs in a root of its own that .ci/opensmtpd has unpacked, with its users in there: this machine gets
no package, no user and no file of it. Run by `make check-peers`, as root, for it wants chroot."""

import os
import re
import shutil
import socket
import subprocess

import pytest

import harness
from relays import certificates, free_ports, remind, states, until
from test_relay import outside

ROOT = harness.BUILD / "peers" / "opensmtpd"
pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="OpenSMTPD has to be started as root"),
              pytest.mark.skipif(not (ROOT / "unpacked").exists(), reason="make check-peers fetches OpenSMTPD")]

USER, PASSWORD = "csi@bromley.example", "a password of csi's"
USERS = {"root": 0, "opensmtpd": 64901, "opensmtpq": 64902, "ann": 64903}
CONFIG = """\
pki here cert "/etc/relay.pem"
pki here key "/etc/relay.key"
table users file:/etc/users
smtp max-message-size "64K"
listen on {address} port {port} tls-require pki here auth <users>
listen on 127.0.0.1 port {smtps} smtps pki here auth <users>
action "box" maildir "/mail/box"
match auth from any for any action "box"
"""


class OpenSMTPD:
    def __init__(self, folder):
        self.port, self.smtps = free_ports(2)
        self.log, self.inbox = folder / "log", ROOT / "mail" / "box" / "new"
        certificates(folder)
        self.furnish(folder)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["chroot", ROOT, "/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        until(self.listens)

    def furnish(self, folder):
        """All that is not of the packages, anew."""
        for name in ("dev", "etc", "mail", "run", "tmp", "var"):
            shutil.rmtree(ROOT / name, ignore_errors=True)
        for name, mode in (("dev", 0o755), ("etc/ssl/certs", 0o755), ("mail", 0o700), ("run", 0o755), ("tmp", 0o1777),
                           ("var/lib/opensmtpd/empty", 0o755), ("var/spool/smtpd", 0o711)):
            (ROOT / name).mkdir(parents=True)
            (ROOT / name).chmod(mode)
        os.chown(ROOT / "mail", USERS["ann"], -1)
        (ROOT / "var" / "run").symlink_to("../run")
        if subprocess.run(["mknod", "-m", "666", ROOT / "dev" / "null", "c", "1", "3"], check=False).returncode != 0:
            pytest.skip("its root wants a /dev/null, and this machine lets root make none")
        crypted = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True, capture_output=True,
                                 check=True).stdout.strip()
        files = {"passwd": "".join(f"{name}:x:{uid}:{uid}::/nowhere:/bin/sh\n" for name, uid in USERS.items()),
                 "group": "".join(f"{name}:x:{uid}:\n" for name, uid in USERS.items()),
                 "hosts": "127.0.0.1 localhost\n", "mailname": "localhost\n", "users": f"{USER} {crypted}\n",
                 "smtpd.conf": CONFIG.format(address=outside() or "lo", port=self.port, smtps=self.smtps),
                 "ssl/certs/ca-certificates.crt": (folder / "ca.pem").read_text(),
                 "relay.pem": (folder / "relay.pem").read_text(), "relay.key": (folder / "relay.key").read_text()}
        for name, text in files.items():
            (ROOT / "etc" / name).write_text(text)
            (ROOT / "etc" / name).chmod(0o600 if name == "relay.key" else 0o644)

    def listens(self):
        assert self.process.poll() is None, self.said()
        try:
            socket.create_connection(("127.0.0.1", self.smtps), 1).close()
            return True
        except OSError:
            return False

    def said(self):
        return self.log.read_text()

    def mails(self):
        return [path.read_bytes() for path in sorted(self.inbox.glob("*"))]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def relay(relay_folder):
    one = OpenSMTPD(relay_folder)
    yield one
    one.stop()


@pytest.fixture
def new_csid(mailing_csid, relay):
    """A csid whose mail goes to the relay by smtps, or by `url`."""
    def make(url=None, password=PASSWORD, **mail):
        return mailing_csid(url or f"smtps://localhost:{relay.smtps}", USER, password, **mail)

    return make


@pytest.mark.parametrize("way", ["smtps", "starttls"])
def test_a_mail_arrives(relay, new_csid, way):
    if way == "starttls" and not outside():
        pytest.skip("this machine has no address but loopback, where csid wants no STARTTLS")
    address, port = (outside(), relay.port) if way == "starttls" else ("127.0.0.1", relay.smtps)
    csid = new_csid(f"smtp://{address}:{port}" if way == "starttls" else None)
    proof = remind(csid, "ann@x.example")
    (item,), (attempt,) = proof["items"], proof["attempts"]
    assert item["state"] == attempt["outcome"] == "accepted", csid.stderr + relay.said()
    (got,) = until(relay.mails)
    head, _, sent = got.replace(b"\r\n", b"\n").partition(b"(UTC)\n")  # its own headers end with the date of Received
    assert sent.decode() == item["body"].replace("\r\n", "\n")
    # as OpenSMTPD notes it: with ESMTPSA id 17945c3b (TLSv1.3:TLS_AES_256_GCM_SHA384:256:NO)
    queued, version, cipher = re.search(r"with ESMTPSA id (\w+) \(([^:]+):([^:]+):", head.decode()).groups()
    assert queued in attempt["reply"] and f"user={USER} result=ok" in relay.said()
    assert (attempt["peer"], attempt["tls"]) == (f"{address}:{port}", f"{version} / {cipher}") and version == "TLSv1.3"


def test_many_share_connections(relay, new_csid):
    csid = new_csid()
    for _ in range(12):
        csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert states(csid) == ["accepted"] * 12, csid.stderr
    assert len(until(lambda: len(relay.mails()) == 12 and relay.mails())) == 12
    assert relay.said().count("smtp authentication") <= 4  # mail connections at once, by default


@pytest.mark.parametrize("fault,mail,words", [
    ("another password", {"password": "another"}, "535"),
    ("a CA that the system does not know", {"ca_file": None}, "certificate"),
])
def test_what_holds_the_mail_until_it_is_mended(relay, new_csid, fault, mail, words):
    csid = new_csid(**mail)
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1h")
    assert states(csid) == ["queued"] and words in csid.ctl("status").stdout, fault
    assert not relay.mails() and "smtp message" not in relay.said()
    new_csid(csid=csid)
    csid.advance("1m")
    assert states(csid) == ["accepted"], csid.ctl("status").stdout


def test_a_recipient_it_does_not_know(relay, new_csid):
    csid = new_csid()
    (attempt,) = remind(csid, "nobody-there@x.example")["attempts"]
    assert attempt["outcome"] == "failed" and "550" in attempt["reply"] and "RCPT" in attempt["reply"]
    (row,) = csid.ctl("bounce", "list", json=True)["items"]
    assert row["address"] == "nobody-there@x.example" and row["status"].startswith("5.")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert sorted(states(csid)) == ["accepted", "failed"] and until(relay.mails), "others go on"


def test_one_that_is_too_large_stops_no_other(relay, new_csid):
    csid = new_csid()
    csid.ctl("role", "assign", "director", "--name", "Ann", "--email", "ann@x.example")
    for i in range(40):
        csid.ctl("deadline", "add", f"Return {i} " + "x" * 150, "--due", "2017-09-29", "--role", "director")
    csid.advance("2017-09-01T07:40:00Z")
    (digest,) = csid.sql("SELECT state, reason, length(body) FROM message WHERE channel = 'mail'")
    assert digest[0] == "failed" and re.search(r"\b5\d\d\b", digest[1]) and digest[2] > 64 * 1024, digest
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1s")
    assert len(until(relay.mails)) == 1 and not csid.ctl("bounce", "list", json=True)["items"]
