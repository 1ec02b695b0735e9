"""Relays that lie, stall in odd places or never come to an end: bare sockets, for no server library would do so."""

import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

from test_courier import BODY, Outbox


class Relay:
    """A relay on a socket: `said` maps a command's verb (CONNECT, EHLO, …, DOT) to what is answered: bytes, or
    what makes them bit by bit."""

    ORDINARY = {"CONNECT": b"220 relay\r\n", "EHLO": b"250-relay\r\n250 8BITMIME\r\n", "DATA": b"354 go on\r\n",
                "QUIT": b"221 bye\r\n"}

    def __init__(self, said, address="127.0.0.1", context=None):
        self.said, self.context = {**self.ORDINARY, **said}, context
        self.steps, self.taken, self.over = [], [], threading.Event()
        self.listening = socket.create_server((address, 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"smtp://{address}:{self.port}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.over.is_set():
            try:
                one, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(one,), daemon=True).start()

    def answer(self, one, step):
        self.steps.append(step)
        said = self.said.get(step, b"250 ok\r\n")
        if said is None:
            return False
        for piece in [said] if isinstance(said, bytes) else said():
            one.sendall(piece)
        return True

    def talk(self, one):
        try:
            lines = one.makefile("rb")
            going = self.answer(one, "CONNECT")
            while going and (line := lines.readline()):
                verb = line.split()[0].decode().upper()
                going = self.answer(one, verb)
                if going and verb == "DATA" and self.said["DATA"].startswith(b"354"):
                    body = b""
                    while not body.endswith(b"\r\n.\r\n"):
                        body += lines.readline()
                    self.taken.append(body)
                    going = self.answer(one, "DOT")
        except (OSError, IndexError):
            pass
        one.close()

    def stop(self):
        self.over.set()
        self.listening.close()


@pytest.fixture
def relay():
    made = []

    def make(said, **more):
        made.append(Relay(said, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def outbox(folder):
    return Outbox(folder)


def lines_without_end():
    while True:
        yield b"250-and on\r\n" * 1000


def line_without_end():
    yield b"250 "
    while True:
        yield b"x" * 10000


def drip(said):
    return lambda: (said[i:i + 1] for i in range(len(said)))


@pytest.mark.parametrize("endless", [lines_without_end, line_without_end], ids=["lines", "line"])
@pytest.mark.parametrize("step,state", [("CONNECT", "queued"), ("EHLO", "queued"), ("RCPT", "retry"), ("DOT", "in-doubt")])
def test_a_reply_without_end(outbox, relay, endless, step, state):
    begun = time.monotonic()
    one = relay({step: endless})
    (row,) = outbox.run(one.url, *outbox.add())
    assert row["state"] == state, row
    assert time.monotonic() - begun < 10


def test_a_byte_at_a_time(outbox, relay):
    one = relay({"EHLO": drip(b"250-relay\r\n250-SIZE 10\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 8BITMIME\r\n"),
                 "DOT": drip(b"250-2.0.0 taken\r\n250 2.0.0 whole\r\n")})
    (row,) = outbox.run(one.url, *outbox.add())
    assert row["state"] == "accepted" and row["reason"] == "250-2.0.0 taken 250 2.0.0 whole"
    assert one.steps[:6] == ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"], "neither BDAT nor commands in advance"


def test_two_answers_to_the_dot(outbox, relay):
    """The second would be taken for the answer to the next mail's first command."""
    one = relay({"DOT": b"250 taken\r\n250 taken\r\n"})
    rows = outbox.run(one.url, *[w for _ in range(3) for w in outbox.add("ann@x.example")])
    assert [r["state"] for r in rows] == ["accepted"] * 3
    assert len(one.taken) == 3


@pytest.mark.parametrize("said,state,word", [
    ({"EHLO": b"250 relay\r\n", "HELO": b"250 relay\r\n"}, "accepted", ""),
    ({"EHLO": b"502 no\r\n"}, "accepted", ""),
    ({"EHLO": b"502 no\r\n", "HELO": b"502 no\r\n"}, "queued", "502"),
    ({"DATA": b"250 ok\r\n"}, "retry", ""),
    ({"DATA": b"354-more\r\n354 go on\r\n"}, "accepted", ""),
    ({"DOT": b"354 go on\r\n"}, "in-doubt", ""),
    ({"DOT": b"199 what\r\n"}, "in-doubt", ""),
    ({"DOT": None}, "in-doubt", ""),
])
def test_odd_answers(outbox, relay, said, state, word):
    (row,) = outbox.run(relay(said).url, *outbox.add())
    assert row["state"] == state and word in (row["reason"] or ""), row


def outside():
    """An address of this machine that is not loopback; None: it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
            return s.getsockname()[0]
        except OSError:
            return None


@pytest.mark.skipif(outside() is None, reason="this machine has no address but loopback")
@pytest.mark.parametrize("said,state,word", [
    ({"EHLO": b"250-relay\r\n250 STARTTLS\r\n", "STARTTLS": b"454 4.7.0 not now\r\n"}, "queued", "STARTTLS"),
    ({"EHLO": b"250-relay\r\n250 STARTTLS\r\n", "STARTTLS": b"220 go\r\n\x15\x03\x01\x00\x02\x02\x28"}, "queued", ""),
    ({"EHLO": b"250-relay\r\n250 STARTTLS\r\n", "STARTTLS": None}, "queued", ""),
    ({"EHLO": b"250 relay\r\n"}, "queued", ""),
])
def test_no_mail_without_tls(outbox, relay, said, state, word):
    one = relay(said, address=outside())
    (row,) = outbox.run(one.url, *outbox.add())
    assert row["state"] == state and row["attempts"] == 0 and word in row["reason"]
    assert "MAIL" not in one.steps


def test_credentials_are_not_sent_again_to_a_relay_that_refuses(outbox, relay):
    one = relay({"EHLO": b"250-relay\r\n250 AUTH PLAIN\r\n", "AUTH": b"535 5.7.8 no\r\n"})
    (row,) = outbox.run(one.url, "--user", "csi", "s3cr3t", *outbox.add())
    assert row["state"] == "queued" and "535" in row["reason"] and "MAIL" not in one.steps
    assert "held" in outbox.said and "s3cr3t" not in outbox.said


# -- its certificate, and the way there ------------------------------------------------------------


def test_the_relay_is_checked_by_its_own_ca(new_csid, folder):
    """localhost is the only name that is sure to lead here: smtps wants TLS there too."""
    key, ca = folder / "key.pem", folder / "ca.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", ca], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, key)

    class Secure(Relay):
        def talk(self, one):
            try:
                one = self.context.wrap_socket(one, server_side=True)
            except OSError:
                return
            super().talk(one)

    one = Secure({}, context=context)
    mail = {"url": f"smtps://localhost:{one.port}", "administrator": "it@x.example"}
    csid = new_csid(config={"mail": mail})
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("3h")  # to where the next try is hours away
    assert not one.taken and "mail" in csid.ctl("status").stdout and "certificate" in csid.ctl("status").stdout
    csid.write_config({"mail": {**mail, "ca_file": str(ca)}})
    csid.ctl("reload")
    csid.advance("10s")
    assert len(one.taken) == 1, "what waited for a relay that was down is tried with the new settings at once"
    assert csid.sql("SELECT tls FROM attempt ORDER BY id DESC LIMIT 1")[0][0].startswith("TLSv1.")
    csid.write_config({"mail": {**mail, "ca_file": str(key)}})
    said = csid.ctl("reload", check=False)
    assert said.returncode != 0 and "no certificate" in said.stderr
    one.stop()


class Tunnel(Relay):
    """A proxy that CONNECTs to the one place it knows, whatever the name."""

    def __init__(self, to):
        self.to, self.asked = to, []
        super().__init__({})

    def talk(self, one):
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += one.recv(1)
        self.asked.append(asked.split(b"\r\n")[0].decode())
        with socket.create_connection(("127.0.0.1", self.to)) as there:
            one.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self.pump, args=(there, one), daemon=True)
            back.start()
            self.pump(one, there)
            back.join(5)

    @staticmethod
    def pump(here, there):
        try:
            while data := here.recv(65536):
                there.sendall(data)
            there.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_the_way_through_a_proxy(new_csid, relay):
    """The proxy is the configuration's, never the environment's, and it looks the relay's name up."""
    one = relay({})
    tunnel = Tunnel(one.port)
    environment = {"ALL_PROXY": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1", "NO_PROXY": "*"}
    csid = new_csid(config={"mail": {"url": "smtp://localhost:2525", "proxy": f"http://127.0.0.1:{tunnel.port}"}},
                    env=environment)
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("10s")
    assert tunnel.asked == ["CONNECT localhost:2525 HTTP/1.1"] and len(one.taken) == 1
    csid.write_config({"mail": {"url": one.url}})
    csid.ctl("reload")
    csid.ctl("mail", "test", "ann@x.example")
    csid.advance("10s")
    assert len(one.taken) == 2 and len(tunnel.asked) == 1
    tunnel.stop()


def test_body_is_whole(outbox, relay):
    one = relay({})
    outbox.run(one.url, *outbox.add())
    assert one.taken == [re.sub(rb"(?m)^\.", b"..", BODY) + b".\r\n"]
