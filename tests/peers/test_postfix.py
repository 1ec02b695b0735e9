"""csid with a Postfix of its own: STARTTLS and smtps with a CA nobody else knows, SMTP AUTH, mails that arrive, and one
that comes back and is piped to csictl bounce by the line that the manual gives. Run by `make check-peers`, as root."""

import os
import re
import subprocess
from pathlib import Path

import pytest

import harness
from relays import certificates, free_ports, remind, states, until
from test_relay import outside

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix has to be started as root")

USER, PASSWORD = "csi@bromley.example", "a password of csi's"
MASTER = """\
submission inet n - n - - smtpd
{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
{old} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_tls_mandatory_protocols=TLSv1.2
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
local unix - n n - - local
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
myhostname = localhost
mydestination = x.example, bromley.example
mynetworks =
inet_interfaces = all
inet_protocols = ipv4
maillog_file = /var/log/csid-peers-{pid}.log
local_recipient_maps =
recipient_delimiter = +
alias_maps = hash:{folder}/aliases
alias_database =
smtpd_tls_cert_file = {folder}/relay.pem
smtpd_tls_key_file = {folder}/relay.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
cyrus_sasl_config_path = {folder}/sasl
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
"""


class Postfix:
    def __init__(self, folder, csid_folder):
        self.folder = folder
        self.port, self.smtps, self.old = free_ports(3)
        self.log = Path(f"/var/log/csid-peers-{os.getpid()}.log")
        self.inbox = folder / "inbox" / "ann"
        for name in ("queue", "data", "sasl", "inbox"):
            (folder / name).mkdir()
        (folder / "inbox").chmod(0o777)
        certificates(folder)
        (folder / "main.cf").write_text(MAIN.format(folder=folder, pid=os.getpid()))
        (folder / "master.cf").write_text(MASTER.format(smtps=self.smtps, old=self.old).replace("submission", str(self.port), 1))
        (folder / "aliases").write_text(
            f'ann: "{self.inbox}"\npostmaster: /dev/null\n'
            f'csi-bounce: "|{harness.CSICTL} --socket={csid_folder}/csid.sock bounce || exit 75"\n')
        subprocess.run(["postalias", "-c", folder, f"hash:{folder}/aliases"], check=True)
        (folder / "sasl" / "smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {folder}/sasldb2\nmech_list: PLAIN LOGIN\n")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", folder / "sasldb2", "-u", "bromley.example", "csi"],
                       input=PASSWORD.encode(), check=True)
        subprocess.run(["chown", "-R", "postfix", folder / "data"], check=True)
        (folder / "sasldb2").chmod(0o644)
        self.run("start")

    def run(self, *words):
        done = subprocess.run(["postfix", "-c", self.folder, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + self.said()

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def stop(self):
        subprocess.run(["postfix", "-c", self.folder, "stop"], capture_output=True, check=False)
        os.environ.get("CSID_KEEP") or self.log.unlink(missing_ok=True)


@pytest.fixture
def postfix(folder, relay_folder):
    one = Postfix(relay_folder, folder)
    yield one
    one.stop()


@pytest.fixture
def new_csid(mailing_csid):
    def make(url, password=PASSWORD, **more):
        return mailing_csid(url, USER, password, bounce_to="csi-bounce@bromley.example", **more)

    return make


@pytest.mark.parametrize("way,version", [("smtps", "TLSv1.3"), ("old", "TLSv1.2"), ("starttls", "TLSv1.3")])
def test_a_mail_arrives(postfix, new_csid, way, version):
    if way == "starttls" and not outside():
        pytest.skip("this machine has no address but loopback, where csid wants no STARTTLS")
    address, port = (outside(), postfix.port) if way == "starttls" else ("127.0.0.1", getattr(postfix, way))
    csid = new_csid(f"smtp://{address}:{port}" if way == "starttls" else f"smtps://localhost:{port}")
    proof = remind(csid, "ann@x.example")
    (item,), (attempt,) = proof["items"], proof["attempts"]
    assert item["state"] == attempt["outcome"] == "accepted" and states(csid) == ["accepted"], csid.stderr + postfix.said()
    queued = re.search(r"250 .*queued as (\w+)", attempt["reply"])[1]
    until(lambda: re.search(rf"{queued}: to=<ann@x\.example>.* status=sent", postfix.said()))  # the mailbox is whole now
    got = harness.mail(postfix.inbox.read_bytes().split(b"\n", 1)[1])  # below the mailbox's From_ line
    assert got["Message-ID"] == f"<{item['message_id']}>" and "café" in got["Subject"] and "sasl_username" in postfix.said()
    # as Postfix notes it: using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
    tls = re.search(r"using (\S+) with cipher (\S+)", got["Received"])
    assert f"with ESMTPSA id {queued}" in got["Received"] and tls[1] == version
    assert (attempt["peer"], attempt["tls"]) == (f"{address}:{port}", f"{tls[1]} / {tls[2]}")


def test_a_wrong_password_holds_the_mail(postfix, new_csid):
    csid = new_csid(f"smtps://localhost:{postfix.smtps}", password="another")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("1h")
    assert states(csid) == ["queued"] and "535" in csid.ctl("status").stdout
    new_csid(f"smtps://localhost:{postfix.smtps}", csid=csid)
    csid.advance("1m")
    assert states(csid) == ["accepted"]


def test_what_comes_back_is_piped_to_csictl(postfix, new_csid):
    csid = new_csid(f"smtps://localhost:{postfix.smtps}")
    csid.ctl("role", "assign", "director", "--name", "No", "--email", "nobody-there@x.example")
    csid.ctl("mail", "test", "nobody-there@x.example")
    csid.advance("1s")
    (row,) = until(lambda: csid.ctl("bounce", "list", json=True)["items"])
    assert (row["address"], row["status"]) == ("nobody-there@x.example", "5.1.1")
    assert "unknown user" in row["said"] and states(csid) == ["failed"]
    assert "5.1.1" in csid.ctl("role", "show", "director", json=True)["bounced"]
    who = csid.sql("SELECT who FROM journal WHERE what LIKE 'bounce.mark %'")
    assert who == [("nobody",)]
    subprocess.run(["sendmail", "-C", postfix.folder / "main.cf", "-f", "ann@x.example", "csi-bounce+1-0123456789abcdef@bromley.example"],
                   input=b"Subject: Away\nAuto-Submitted: auto-replied\n\nI am away.\n", check=True,
                   env={**os.environ, "MAIL_CONFIG": str(postfix.folder)})
    until(lambda: "to=<csi-bounce+1-0123456789abcdef@bromley.example>" in postfix.said())
    assert "status=sent (delivered to command" in postfix.said().split("csi-bounce+1-0123456789abcdef")[-1]
    assert len(csid.ctl("bounce", "list", json=True)["items"]) == 1
