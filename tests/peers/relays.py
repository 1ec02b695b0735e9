"""What the tests with real mail servers share: certificates, ports, and what csid says of a mail it has sent."""

import socket
import subprocess
import time

from test_relay import outside


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def certificates(folder):
    """A CA of one's own (ca.pem) and a certificate by it for this machine's names (relay.pem, relay.key)."""
    names = "DNS:localhost,IP:127.0.0.1" + (f",IP:{outside()}" if outside() else "")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Bromley CA",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=relay", "-keyout", folder / "relay.key",
            "-out", folder / "relay.csr")
    (folder / "names").write_text(f"subjectAltName={names}\n")
    openssl("x509", "-req", "-days", "2", "-in", folder / "relay.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-extfile", folder / "names", "-out", folder / "relay.pem")


def free_ports(count):
    held = [socket.create_server(("0.0.0.0", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def until(what, seconds=20):
    """A mail server has a clock of its own: until it is so."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it has not come to that"
        time.sleep(0.05)
    return found


def states(csid):
    return [n["state"] for n in csid.ctl("notice", "list", json=True)["items"]]


def remind(csid, address, name="Ann"):
    """Has csid remind somebody of a deadline, at once; what is then proved of it."""
    csid.ctl("role", "assign", "director", "--name", name, "--email", address)
    due = csid.ctl("deadline", "add", "Return to the board: café", "--due", "2017-09-29", "--role", "director", json=True)["id"]
    csid.advance("2017-09-01T07:40:00Z")
    return csid.ctl("notice", "proof", "--about", f"deadline:{due}", json=True)
